// Mirrors tsx/ops/einsum.py and the outer products of products.py: contractions by labels, each
// pair of operands as one batch of matrix products, from left to right.
#include <algorithm>
#include <string>

#include "base/error.h"
#include "kernels/elementwise.h"
#include "kernels/gemm.h"
#include "kernels/reductions.h"
#include "kernels/support.h"
#include "kernels/views.h"
#include "tile/promote.h"
#include "tile/run.h"

namespace tsx::engine {
namespace {

/// Letters are labels; the dimensions of an ellipsis count from its end, from kDots on.
using Label = int;
using Labels = std::vector<Label>;
constexpr Label kDots = 1000;

bool has(const Labels& labels, Label label) {
  return std::find(labels.begin(), labels.end(), label) != labels.end();
}

std::size_t place_of(const Labels& labels, Label label) {
  return static_cast<std::size_t>(std::find(labels.begin(), labels.end(), label) - labels.begin());
}

struct Term {
  TensorRef tensor;
  Labels labels;
};

struct Plan {
  std::vector<Labels> operands;
  Labels output;
};

[[noreturn]] void bad(const std::string& equation, const std::string& detail) {
  refuse("can't read the equation '" + equation + "': " + detail);
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// The labels of a term; `dots` dimensions stand for its ellipsis.
Labels labels_of(const std::string& equation, const std::string& term, std::size_t dots) {
  Labels labels;
  const std::size_t ellipsis = term.find("...");
  for (std::size_t i = 0; i < term.size(); ++i) {
    if (i == ellipsis) {
      for (std::size_t d = dots; d-- > 0;)
        labels.push_back(kDots + static_cast<Label>(d));
      i += 2;
    } else if (!is_letter(term[i])) {
      bad(equation, "'" + term + "' is no list of letters");
    } else {
      labels.push_back(term[i]);
    }
  }
  return labels;
}

Plan parse(std::string equation, const std::vector<TensorRef>& tensors) {
  equation.erase(std::remove(equation.begin(), equation.end(), ' '), equation.end());
  const std::size_t arrow = equation.find("->");
  std::string left = equation.substr(0, arrow);
  Plan plan;
  std::size_t dots = 0;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const std::size_t comma = left.find(',');
    if ((comma == std::string::npos) != (i + 1 == tensors.size())) {
      bad(equation, "the number of terms isn't that of the operands");
    }
    const std::string term = left.substr(0, comma);
    left = comma == std::string::npos ? "" : left.substr(comma + 1);
    const bool has_dots = term.find("...") != std::string::npos;
    const std::size_t named = term.size() - (has_dots ? 3 : 0), rank = tensors[i]->rank();
    if (named > rank || (named < rank && !has_dots)) {
      bad(equation, "'" + term + "' for an operand of " + std::to_string(rank) + " dimensions");
    }
    plan.operands.push_back(labels_of(equation, term, rank - named));
    if (has_dots) dots = std::max(dots, rank - named);
  }
  Labels used;
  for (const Labels& labels : plan.operands)
    used.insert(used.end(), labels.begin(), labels.end());
  if (arrow != std::string::npos) {
    plan.output = labels_of(equation, equation.substr(arrow + 2), dots);
    for (const Label label : plan.output) {
      if (std::count(plan.output.begin(), plan.output.end(), label) > 1 || !has(used, label)) {
        bad(equation, "each label of the result must occur once, and in an operand");
      }
    }
    return plan;
  }
  for (std::size_t d = dots; d-- > 0;)
    plan.output.push_back(kDots + static_cast<Label>(d));
  Labels once;
  for (const Label label : used) {
    if (label < kDots && std::count(used.begin(), used.end(), label) == 1) once.push_back(label);
  }
  std::sort(once.begin(), once.end());
  plan.output.insert(plan.output.end(), once.begin(), once.end());
  return plan;
}

/// An operand in which every label occurs once: repeated ones become a diagonal.
void take_diagonals(Term& term) {
  for (std::size_t i = 0; i < term.labels.size();) {
    const Label label = term.labels[i];
    const auto again = std::find(term.labels.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                                 term.labels.end(), label);
    if (again == term.labels.end()) {
      ++i;
      continue;
    }
    const std::size_t j = static_cast<std::size_t>(again - term.labels.begin());
    if (term.tensor->size(i) != term.tensor->size(j))
      refuse("expected one size for a label that occurs twice");
    term.tensor =
        diagonal(*term.tensor, 0, static_cast<std::int64_t>(i), static_cast<std::int64_t>(j));
    term.labels.erase(again);
    term.labels.erase(term.labels.begin() + static_cast<std::ptrdiff_t>(i));
    term.labels.push_back(label);
  }
}

/// Sums the dimensions whose labels nobody needs.
template <typename Needed> void sum_away(Term& term, Needed is_needed) {
  Axes axes;
  bool any = false;
  Labels kept;
  for (std::size_t i = 0; i < term.labels.size(); ++i) {
    axes.has[i] = !is_needed(term.labels[i]);
    any = any || axes.has[i];
    if (!axes.has[i]) kept.push_back(term.labels[i]);
  }
  if (any) term.tensor = sum_over(term.tensor, axes);
  term.labels = kept;
}

/// A shared label of size 1 on one side only is the other side's alone.
void drop_units(Term& a, Term& b) {
  for (std::size_t i = a.labels.size(); i-- > 0;) {
    if (!has(b.labels, a.labels[i])) continue;
    const std::size_t j = place_of(b.labels, a.labels[i]);
    const std::int64_t x = a.tensor->size(i), y = b.tensor->size(j);
    if (x == y) continue;
    if (x != 1 && y != 1)
      refuse("expected one size for each label, got " + std::to_string(x) + " and " +
             std::to_string(y));
    Term& single = x == 1 ? a : b;
    const std::size_t place = x == 1 ? i : j;
    single.tensor = squeeze_axis(*single.tensor, place);
    single.labels.erase(single.labels.begin() + static_cast<std::ptrdiff_t>(place));
  }
}

TensorRef arranged(const Term& term, std::initializer_list<const Labels*> groups) {
  Dims order;
  for (const Labels* labels : groups) {
    for (const Label label : *labels)
      order.push_back(static_cast<std::int64_t>(place_of(term.labels, label)));
  }
  return permute(*term.tensor, order);
}

std::int64_t append_sizes(Dims& sizes, const Term& term, const Labels& labels) {
  std::int64_t product = 1;
  for (const Label label : labels) {
    sizes.push_back(term.tensor->size(place_of(term.labels, label)));
    product *= sizes.back();
  }
  return product;
}

Term pair(Term a, Term b, const Labels& keep) {
  const auto needed_beside = [&](const Term& other) {
    return [&](Label label) { return has(keep, label) || has(other.labels, label); };
  };
  sum_away(a, needed_beside(b));
  sum_away(b, needed_beside(a));
  drop_units(a, b);
  sum_away(a, needed_beside(b));
  sum_away(b, needed_beside(a));
  Labels batch, summed, left, right;
  for (const Label label : a.labels) {
    (!has(b.labels, label) ? left : has(keep, label) ? batch : summed).push_back(label);
  }
  for (const Label label : b.labels) {
    if (!has(a.labels, label)) right.push_back(label);
  }
  Dims sizes, unused;
  const std::int64_t many = append_sizes(sizes, a, batch), rows = append_sizes(sizes, a, left);
  const std::int64_t columns = append_sizes(sizes, b, right),
                     depth = append_sizes(unused, a, summed);
  const TensorRef x = reshape(arranged(a, {&batch, &left, &summed}), {many, rows, depth});
  const TensorRef y = reshape(arranged(b, {&batch, &summed, &right}), {many, depth, columns});
  Term made{reshape(matmul(x, y), sizes), batch};
  made.labels.insert(made.labels.end(), left.begin(), left.end());
  made.labels.insert(made.labels.end(), right.begin(), right.end());
  return made;
}

/// The contraction of tensors of one product dtype; row-major.
TensorRef contract(const std::vector<TensorRef>& tensors, const Plan& plan) {
  std::vector<Term> terms;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    terms.push_back({tensors[i], plan.operands[i]});
    take_diagonals(terms.back());
  }
  Term result = terms[0];
  for (std::size_t i = 1; i < terms.size(); ++i) {
    Labels keep = plan.output;
    for (std::size_t j = i + 1; j < terms.size(); ++j)
      keep.insert(keep.end(), terms[j].labels.begin(), terms[j].labels.end());
    result = pair(result, terms[i], keep);
  }
  sum_away(result, [&](Label label) { return has(plan.output, label); });
  return copy(*arranged(result, {&plan.output}));
}

/// torch sums what a single operand has beyond the output, and whole numbers are summed in int64.
DType einsum_dtype(const Plan& plan, DType dtype) {
  if (plan.operands.size() > 1 || is_float(dtype) || is_complex(dtype)) return dtype;
  for (const Label label : plan.operands[0])
    if (!has(plan.output, label)) return DType::kInt64;
  return dtype;
}

TensorRef contract_as(const std::vector<TensorRef>& tensors, const Plan& plan) {
  std::vector<const Tensor*> all;
  for (const TensorRef& tensor : tensors)
    all.push_back(tensor.get());
  const DType dtype = need_same_dtype(all);
  const bool is_bool = dtype == DType::kBool && tensors.size() == 1;
  const DType work = is_bool ? DType::kInt64 : product_dtype(dtype);
  std::vector<TensorRef> wide;
  for (const TensorRef& tensor : tensors)
    wide.push_back(tile::cast(tensor, work));
  return tile::cast(contract(wide, plan), einsum_dtype(plan, dtype));
}

void einsum_kernel(Call& call) {
  const std::vector<TensorRef> tensors = call.tensors(1);
  if (tensors.empty()) refuse("expected one operand or more");
  call.give(contract_as(tensors, parse(call.string(0), tensors)));
}

void tensordot_kernel(Call& call) {
  const TensorRef a = call.tensor_ref(0), b = call.tensor_ref(1);
  const Dims from = call.ints(2), to = call.ints(3);
  if (from.size() != to.size()) refuse("expected as many dimensions of both operands");
  if (!from.empty()) {
    axes_of(from, a->rank());
    axes_of(to, b->rank());
  }
  Plan plan{{{}, {}}, {}};
  for (std::size_t i = 0; i < a->rank(); ++i)
    plan.operands[0].push_back(static_cast<Label>(i));
  for (std::size_t i = 0; i < b->rank(); ++i)
    plan.operands[1].push_back(static_cast<Label>(100 + i));
  for (std::size_t i = 0; i < from.size(); ++i) {
    plan.operands[1][axis_of(to[i], b->rank())] = static_cast<Label>(axis_of(from[i], a->rank()));
  }
  for (const Label label : plan.operands[0]) {
    if (!has(plan.operands[1], label)) plan.output.push_back(label);
  }
  for (const Label label : plan.operands[1]) {
    if (!has(plan.operands[0], label)) plan.output.push_back(label);
  }
  call.give(contract_as({a, b}, plan));
}

void bilinear_kernel(Call& call) {
  const std::vector<TensorRef> tensors{call.tensor_ref(0), call.tensor_ref(2), call.tensor_ref(1)};
  need_rank(*tensors[1], 3, 3);
  if (tensors[0]->rank() != tensors[2]->rank() || tensors[0]->rank() == 0)
    refuse("expected inputs of equal sizes but the last");
  TensorRef result = contract_as(tensors, parse("...i,oij,...j->...o", tensors));
  if (!call.is_none(3)) {
    result = evaluate("aten::add.Tensor",
                      {Value(result), Value(call.tensor_ref(3)), Value(std::int64_t{1})});
  }
  call.give(result);
}

/// Of two vectors in their promoted dtype.
void outer_kernel(Call& call) {
  need_rank(call.tensor(0), 1, 1);
  need_rank(call.tensor(1), 1, 1);
  call.give(evaluate("aten::mul.Tensor",
                     {Value(unsqueeze(call.tensor(0), 1)), Value(call.tensor_ref(1))}));
}

} // namespace
} // namespace tsx::engine

TSX_KERNELS(einsum) {
  registry.add("aten::einsum", einsum_kernel);
  registry.add("aten::tensordot", tensordot_kernel);
  registry.add("aten::bilinear", bilinear_kernel);
  registry.add("aten::outer", outer_kernel);
  registry.add("aten::ger", outer_kernel);
}
