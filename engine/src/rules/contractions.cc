// Matrix products and what is built of them, as tsx/ops/matmul.py, blas.py, grouped.py and attention.py.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string_view>
#include <utility>

#include "rules/nn.h"

namespace tsx::engine::rules {
namespace {

/// The ranks that a product's operands must have; 0 for any.
struct Ranks {
  std::string_view name;
  std::size_t left, right;
};
constexpr Ranks kProducts[] = {{"mm", 2, 2},  {"bmm", 3, 3},   {"mv", 2, 1},      {"dot", 1, 1},
                               {"vdot", 1, 1}, {"matmul", 0, 0}, {"linalg_matmul", 0, 0}};
constexpr Ranks kAdded[] = {
    {"addmm", 2, 2}, {"addmv", 2, 1}, {"addr", 1, 1}, {"baddbmm", 3, 3}, {"addbmm", 3, 3}};

template <std::size_t N>
const Ranks& ranks_of(const Ranks (&rows)[N], std::string_view name) {
  return *std::find_if(rows, rows + N - 1, [&](const Ranks& row) { return row.name == name; });
}

const std::optional<Shape>& factor(const Operands& in, std::string_view name, std::size_t place,
                                   std::size_t rank, const char* what) {
  return rank == 0 ? in.shape(place) : need_rank(in, name, place, {rank}, what);
}

// --- sums with a product ------------------------------------------------------------------------

Shape product_shape(std::string_view name, const Shape& x, const Shape& y) {
  if (name == "addr") return {x[0], y[0]};
  if (x.size() == 3 && differ(x[0], y[0])) unequal(name, "equal batch sizes", x, y);
  const Shape shape = *matmul_shape(name, x, y);
  return name == "addbmm" ? part(shape, 1) : shape;
}

void check_added(std::string_view name, const Shape& added, const Shape& shape) {
  const std::optional<Shape> both = broadcast(name, {added, shape});
  if (!misfits(*both, shape)) return;
  unfit(name, "a tensor to add that expands to " + shape_text(shape), shape_text(added));
}

// --- grouped products ---------------------------------------------------------------------------

constexpr const char* kGrouped = "_grouped_mm";

/// How many products there are: the size of what is stacked, or of the offsets, which must agree.
Dim groups_of(const Shape& a, const Shape& b, const Abstract& offsets,
              const std::optional<Shape>& ends) {
  const bool is_left = a.size() == 3, is_right = b.size() == 3;
  if (is_left && is_right && differ(a[0], b[0])) unequal(kGrouped, "equal batch sizes", a, b);
  if (offsets.is_none() != (is_left && is_right))
    unequal(kGrouped, "offsets exactly where an operand is a matrix", a, b);
  const bool has_ends = ends && !ends->empty();
  if (!is_left && !is_right) return has_ends ? (*ends)[0] : Dim();
  const Dim& stacked = is_left ? a[0] : b[0];
  if (has_ends && differ(stacked, (*ends)[0]))
    unequal(kGrouped, to_text(stacked) + " offsets", a, b);
  return stacked;
}

// --- attention ----------------------------------------------------------------------------------

constexpr const char* kAttention = "scaled_dot_product_attention";

/// "%g" as Python has it.
std::string short_text(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", value);
  return std::isnan(value) ? "nan" : text;
}

void check_heads(const Shape& q, const Shape& other) {
  const Dim &ours = q[q.size() - 3], &theirs = other[other.size() - 3];
  if (!ours.is_known() || !theirs.is_known()) return;
  if (ours.size % std::max<std::int64_t>(theirs.size, 1) == 0) return;
  throw failure("TSX4062", {{"op", kAttention},
                            {"what", "query heads"},
                            {"groups", theirs.size},
                            {"found", ours.size}});
}

/// The shape of the result; errors when query, key and value don't fit together.
Shape attended(const Shape& q, const Shape& k, const Shape& v, bool is_grouped) {
  const std::size_t least = is_grouped && q.size() > 2 ? 3 : 2;
  if (std::min({q.size(), k.size(), v.size()}) < least) {
    unfit(kAttention,
                "query, key and value of " + std::to_string(least) + " or more dimensions",
                shape_text(q) + ", " + shape_text(k) + ", " + shape_text(v));
  }
  if (differ(q.back(), k.back()))
    unequal(kAttention, "query and key with equal last sizes", q, k);
  if (differ(k[k.size() - 2], v[v.size() - 2]))
    unequal(kAttention, "key and value of equal lengths (dimension -2)", k, v);
  Shape result = without_last(q, 2);
  if (least == 3) {
    check_heads(q, k);
    check_heads(q, v);
  } else {
    result = *broadcast(kAttention, {result, without_last(k, 2), without_last(v, 2)});
  }
  result.push_back(q[q.size() - 2]);
  result.push_back(v.back());
  return result;
}

/// The places of the operands beyond query, key and value.
Abstract attention(const Operands& in, std::size_t mask, std::size_t dropout, std::size_t causal,
                   const Abstract& grouped) {
  const std::optional<DType> dtype = one_dtype(in, kAttention, {0, 1, 2});
  if (in[dropout].is(Abstract::Kind::kFloat) && in[dropout].as_real() != 0) {
    throw failure("TSX4058", {{"op", std::string(kAttention) + " with dropout_p=" +
                                         short_text(in[dropout].as_real())}});
  }
  if (in[mask].is_tensor() && in[causal].known_bool() == true)
    unfit(kAttention, "attn_mask or is_causal", "both");
  const std::optional<Shape>&q = in.shape(0), &k = in.shape(1), &v = in.shape(2);
  if (!q || !k || !v || !grouped.known_bool()) return in.tensor(dtype, std::nullopt);
  const Shape result = attended(*q, *k, *v, grouped.as_bool());
  if (const std::optional<Shape>& hidden = in.shape(mask)) {
    Shape scores = without_last(result, 1);
    scores.push_back((*k)[k->size() - 2]);
    broadcast(std::string(kAttention) + " (scores and attn_mask)", {scores, hidden});
  }
  return in.tensor(dtype, result);
}

}  // namespace
}  // namespace tsx::engine::rules

// --- products -------------------------------------------------------------------------------------

TSX_RULE(matmul_rule_rule) {
  const std::string_view name = in.base();
  const Ranks& ranks = ranks_of(kProducts, name);
  std::optional<DType> dtype = one_dtype(in, name, {0, 1});
  if (in.size() > 2) dtype = dtype_arg(in[2], dtype);
  const std::optional<Shape>& x = factor(in, name, 0, ranks.left, "first operand");
  const std::optional<Shape>& y = factor(in, name, 1, ranks.right, "second operand");
  if (!x || !y) return in.tensor(dtype, std::nullopt);
  if (ranks.left == 3 && differ((*x)[0], (*y)[0])) unequal(name, "equal batch sizes", *x, *y);
  return in.tensor(dtype, matmul_shape(name, *x, *y));
}

TSX_RULE(matmul_infer_inner) {
  const std::optional<DType> dtype = one_dtype(in, "inner", {0, 1});
  const std::optional<Shape>&x = in.shape(0), &y = in.shape(1);
  if (!x || !y) return in.tensor(dtype, std::nullopt);
  if (x->empty() || y->empty()) return in.tensor(dtype, joined(*x, *y));
  if (differ(x->back(), y->back())) unequal("inner", "equal last sizes", *x, *y);
  return in.tensor(dtype, joined(without_last(*x, 1), without_last(*y, 1)));
}

TSX_RULE(matmul_linear_rule) {
  const std::optional<DType> dtype = one_dtype(in, "linear", {0, 1, 2});
  const std::optional<Shape>&x = in.shape(0), &b = in.shape(2);
  const std::optional<Shape>& w = need_rank(in, "linear", 1, {1, 2}, "weight");
  if (!x || !w) return in.tensor(dtype, std::nullopt);
  if (x->empty() || differ(x->back(), w->back()))
    unequal("linear", "an input whose last size is " + to_text(w->back()), *x, *w);
  const Shape out = without_last(*w, 1);
  const bool has_bias = b && !b->empty() && !out.empty();
  if (has_bias && differ(b->back(), out[0]) && b->back() != Dim::known(1)) {
    throw failure("TSX4060", {{"op", "linear"},
                              {"what", "a bias"},
                              {"expected", shape_text(out)},
                              {"found", shape_text(*b)}});
  }
  return in.tensor(dtype, joined(without_last(*x, 1), out));
}

TSX_RULE(blas_rule_rule) {
  std::string_view name = in.base();
  if (name.back() == '_') name.remove_suffix(1);
  const Ranks& ranks = ranks_of(kAdded, name);
  const std::optional<Shape>& x = need_rank(in, name, 1, {ranks.left}, "first factor");
  const std::optional<Shape>& y = need_rank(in, name, 2, {ranks.right}, "second factor");
  std::optional<DType> dtype = one_dtype(in, name, {1, 2});
  // A `.dtype` overload has the wanted dtype before beta and alpha.
  if (in.size() == 6) dtype = dtype_arg(in[3], dtype);
  if (!x || !y) return in.tensor(dtype, std::nullopt);
  const Shape shape = product_shape(name, *x, *y);
  if (in.shape(0)) check_added(name, *in.shape(0), shape);
  return in.tensor(dtype, shape);
}

TSX_RULE(grouped_infer) {
  const std::optional<DType> dtype = dtype_arg(in[4], one_dtype(in, kGrouped, {0, 1}));
  const std::optional<Shape>& a = need_rank(in, kGrouped, 0, {2, 3}, "first operand");
  const std::optional<Shape>& b = need_rank(in, kGrouped, 1, {2, 3}, "second operand");
  if (!a || !b) return in.tensor(dtype, std::nullopt);
  const Dim &rows = (*a)[a->size() - 2], &columns = b->back();
  if (differ(a->back(), (*b)[b->size() - 2])) {
    unequal(kGrouped, "the last size of the first to equal the inner size of the second", *a,
                  *b);
  }
  const Dim groups = groups_of(*a, *b, in[2], in.shape(2));
  if (a->size() != b->size()) return in.tensor(dtype, Shape{rows, columns});
  return in.tensor(dtype, Shape{groups, rows, columns});
}

// --- attention ------------------------------------------------------------------------------------

TSX_RULE(attention_infer) { return attention(in, 3, 4, 5, in[7]); }

TSX_RULE(attention_infer_flash) {
  const Abstract result = attention(in, 5, 3, 4, Abstract::boolean(false));
  const Type& type = *result.type();
  std::optional<Shape> rows;
  if (type.shape) rows = without_last(*type.shape, 1);
  return in.tuple({result, in.tensor(compute_dtype(type.dtype), std::move(rows))});
}

TSX_RULE(attention_infer_math) {
  const Abstract result = attention(in, 3, 4, 5, in[8]);
  const Type& type = *result.type();
  std::optional<Shape> weights;
  if (type.shape) {  // the key's is known then
    const Shape& k = *in.shape(1);
    weights = without_last(*type.shape, 1);
    weights->push_back(k[k.size() - 2]);
  }
  return in.tuple({result, in.tensor(type.dtype, std::move(weights))});
}
