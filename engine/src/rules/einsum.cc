// Contractions by label: einsum, tensordot, bilinear, as tsx/ops/einsum.py.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/quote.h"
#include "rules/geometry.h"

namespace tsx::engine::rules {
namespace {

/// The code of a letter; of a dimension of an ellipsis, counted from its end, kDots and more.
using Label = std::size_t;
using Labels = std::vector<Label>;
constexpr Label kDots = 1000;

bool has(const Labels& labels, Label label) {
  return std::find(labels.begin(), labels.end(), label) != labels.end();
}

std::string text_of(Label label) {
  if (label >= kDots) return "." + std::to_string(label - kDots);
  return std::string(1, static_cast<char>(label));
}

/// The labels of each operand and of the result.
struct Plan {
  std::vector<Labels> operands;
  Labels output;
};

/// The sizes of the result; TSX4050 when two operands disagree on a label. `label_text` names one.
template <typename LabelText>
Shape sizes_of(const Plan& plan, const std::vector<Shape>& shapes, LabelText label_text) {
  const Dim one = Dim::known(1);
  Labels labels;
  Shape sizes;
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    for (std::size_t axis = 0; axis < shapes[i].size(); ++axis) {
      const Label label = plan.operands[i][axis];
      const Dim& size = shapes[i][axis];
      const auto at = std::find(labels.begin(), labels.end(), label);
      if (at == labels.end()) {
        labels.push_back(label);
        sizes.push_back(size);
        continue;
      }
      Dim& before = sizes[static_cast<std::size_t>(at - labels.begin())];
      if (before != one && size != one && differ(before, size)) {
        throw failure("TSX4050", {{"op", "einsum"},
                                  {"expected", "one size for " + quote(label_text(label))},
                                  {"left", to_text(before)},
                                  {"right", to_text(size)}});
      }
      before = before == one ? size : size == one ? before : either(before, size);
    }
  }
  Shape result;
  for (const Label label : plan.output) {
    const auto at = std::find(labels.begin(), labels.end(), label) - labels.begin();
    result.push_back(sizes[static_cast<std::size_t>(at)]);
  }
  return result;
}

// --- equations ----------------------------------------------------------------------------------

Error bad(const std::string& equation, const std::string& detail) {
  return failure("TSX4061", {{"equation", quote(equation)}, {"detail", detail}});
}

bool is_letters(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
}

/// What stands before and after the first "...", if there is one.
struct Term {
  explicit Term(const std::string& text) : before(text.substr(0, text.find("..."))) {
    has_dots = before.size() < text.size();
    if (has_dots) after = text.substr(before.size() + 3);
  }
  /// Its labels; `dots` are those of the ellipsis.
  Labels labels(const Labels& dots) const {
    Labels all(before.begin(), before.end());
    all.insert(all.end(), dots.begin(), dots.end());
    all.insert(all.end(), after.begin(), after.end());
    return all;
  }

  std::string before, after;
  bool has_dots = false;
};

Labels labels_of(const std::string& equation, const std::string& text, std::size_t rank) {
  const Term term(text);
  if (!is_letters(term.before + term.after))
    throw bad(equation, quote(text) + " is no list of letters");
  const std::size_t named = term.before.size() + term.after.size();
  if (named > rank || (named < rank && !term.has_dots)) {
    throw bad(equation, quote(text) + " for an operand of " + std::to_string(rank) + " dimensions");
  }
  Labels dots;
  for (std::size_t i = rank - named; i-- > 0;)
    dots.push_back(kDots + i);
  return term.labels(dots);
}

/// Without an arrow the result has the labels that occur once, sorted.
Labels implied(const Labels& used, Labels dots) {
  Labels once;
  for (const Label label : used)
    if (label < kDots && std::count(used.begin(), used.end(), label) == 1) once.push_back(label);
  std::sort(once.begin(), once.end());
  dots.insert(dots.end(), once.begin(), once.end());
  return dots;
}

Labels output_of(const std::string& equation, const std::string& right, const Labels& used,
                 const Labels& dots) {
  const Term term(right);
  if (!is_letters(term.before + term.after))
    throw bad(equation, quote(right) + " is no list of letters");
  const Labels named = term.labels({});
  for (const Label label : named) {
    if (std::count(named.begin(), named.end(), label) > 1 || !has(used, label)) {
      throw bad(equation, "the result's " + quote(text_of(label)) +
                              " must occur once, and in an operand");
    }
  }
  return term.labels(term.has_dots ? dots : Labels());
}

Plan parse(const std::string& equation, const std::vector<Shape>& shapes) {
  std::string whole = equation;
  whole.erase(std::remove(whole.begin(), whole.end(), ' '), whole.end());
  const std::size_t arrow = whole.find("->");
  const std::string left = whole.substr(0, arrow);
  const auto terms = static_cast<std::size_t>(std::count(left.begin(), left.end(), ',')) + 1;
  if (terms != shapes.size()) {
    throw bad(equation, std::to_string(terms) + " terms for " + std::to_string(shapes.size()) +
                            " operands");
  }
  Plan plan;
  Labels used;
  std::size_t from = 0, most_dots = 0;
  for (const Shape& shape : shapes) {
    const std::size_t to = std::min(left.find(',', from), left.size());
    plan.operands.push_back(labels_of(equation, left.substr(from, to - from), shape.size()));
    from = to + 1;
    for (const Label label : plan.operands.back()) {
      used.push_back(label);
      if (label >= kDots) most_dots = std::max(most_dots, label - kDots + 1);
    }
  }
  Labels dots;
  for (std::size_t i = most_dots; i-- > 0;)
    dots.push_back(kDots + i);
  plan.output = arrow == std::string::npos
                    ? implied(used, std::move(dots))
                    : output_of(equation, whole.substr(arrow + 2), used, dots);
  return plan;
}

/// torch sums what a single operand has beyond the output, and whole numbers are summed in int64.
bool is_sum(const Plan& plan) {
  if (plan.operands.size() != 1) return false;
  const Labels& own = plan.operands[0];
  return std::any_of(own.begin(), own.end(), [&](Label label) { return !has(plan.output, label); });
}

// --- tensordot ----------------------------------------------------------------------------------

/// Refuses dimensions that `rank` has not, and those that are told twice; gives them from the front.
std::vector<std::size_t> places_of(const Ints& dims, std::size_t rank) {
  const auto count = static_cast<std::int64_t>(rank);
  std::vector<std::size_t> places;
  for (const std::int64_t dim : dims) {
    const bool is_there = -count <= dim && dim < count;
    const auto place = static_cast<std::size_t>(is_there && dim < 0 ? dim + count : dim);
    if (!is_there || std::find(places.begin(), places.end(), place) != places.end()) {
      unfit("tensordot", "different dimensions of " + std::to_string(rank), list_text(dims));
    }
    places.push_back(place);
  }
  return places;
}

/// The labels of the first operand are its dimensions, those of the second come after them.
Plan dot_plan(std::size_t a, std::size_t b, const Ints& dims_a, const Ints& dims_b) {
  if (dims_a.size() != dims_b.size()) {
    unfit("tensordot", "as many dimensions of both operands",
                list_text(dims_a) + " and " + list_text(dims_b));
  }
  const std::vector<std::size_t> left = places_of(dims_a, a), right = places_of(dims_b, b);
  Plan plan;
  plan.operands.resize(2);
  for (Label i = 0; i < a + b; ++i)
    plan.operands[i < a ? 0 : 1].push_back(i);
  for (std::size_t i = 0; i < left.size(); ++i)
    plan.operands[1][right[i]] = left[i];
  for (Label i = 0; i < a + b; ++i) {
    const bool is_left = i < a && std::find(left.begin(), left.end(), i) == left.end();
    const bool is_right =
        i >= a && std::find(right.begin(), right.end(), i - a) == right.end();
    if (is_left || is_right) plan.output.push_back(i);
  }
  return plan;
}

Error disagree(std::string expected, const Shape& left, const Shape& right) {
  return failure("TSX4050", {{"op", "bilinear"},
                             {"expected", std::move(expected)},
                             {"left", shape_text(left)},
                             {"right", shape_text(right)}});
}

}  // namespace
}  // namespace tsx::engine::rules

TSX_RULE(einsum_infer_einsum) {
  if (!in[1].has_items() || !in[0].is(Abstract::Kind::kString))
    return in.tensor(std::nullopt, std::nullopt);
  const Items& items = in[1].items();
  const Operands tensors = in.with({items.data(), items.size()});
  std::optional<DType> dtype = one_dtype(tensors, "einsum");
  std::vector<Shape> shapes;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (!tensors.shape(i)) return in.tensor(dtype, std::nullopt);
    shapes.push_back(*tensors.shape(i));
  }
  const Plan plan = parse(std::string(in[0].as_string()), shapes);
  Shape sizes = sizes_of(plan, shapes, text_of);
  if (dtype && !is_float(*dtype) && !is_complex(*dtype) && is_sum(plan)) dtype = DType::kInt64;
  return in.tensor(dtype, std::move(sizes));
}

TSX_RULE(einsum_infer_tensordot) {
  const std::optional<DType> dtype = one_dtype(in, "tensordot", {0, 1});
  const std::optional<Shape>&a = in.shape(0), &b = in.shape(1);
  const bool has_lists = in[2].has_items() && in[3].has_items();
  const std::optional<Ints> dims_a = window_ints(in[2]), dims_b = window_ints(in[3]);
  if (!a || !b || !has_lists || !dims_a || !dims_b) return in.tensor(dtype, std::nullopt);
  const Plan plan = dot_plan(a->size(), b->size(), *dims_a, *dims_b);
  const auto text = [](Label label) { return "a" + std::to_string(label); };
  return in.tensor(dtype, sizes_of(plan, {*a, *b}, text));
}

TSX_RULE(einsum_infer_bilinear) {
  const std::optional<DType> dtype = one_dtype(in, "bilinear", {0, 1, 2, 3});
  const std::optional<Shape>& w = need_rank(in, "bilinear", 2, {3}, "weight");
  const std::optional<Shape>&x = in.shape(0), &y = in.shape(1);
  if (!w || !x || !y) return in.tensor(dtype, std::nullopt);
  bool is_alike = !x->empty() && x->size() == y->size();
  for (std::size_t i = 0; is_alike && i + 1 < x->size(); ++i)
    is_alike = !differ((*x)[i], (*y)[i]);
  if (!is_alike) throw disagree("inputs of equal sizes but the last", *x, *y);
  for (const std::size_t i : {std::size_t{1}, std::size_t{2}}) {
    const Shape& shape = i == 1 ? *x : *y;
    if (differ(shape.back(), (*w)[i]))
      throw disagree("a last size of " + to_text((*w)[i]), shape, *w);
  }
  return in.tensor(dtype, resized(*x, x->size() - 1, (*w)[0]));
}
