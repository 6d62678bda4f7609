// Sums, extremes, moments, norms and running sums, as tsx/ops/reductions.py, reduce_rules.py, extrema.py,
// moments.py, vector_norms.py and cumulative.py.
#include <algorithm>
#include <utility>

#include "rules/geometry.h"

namespace tsx::engine::rules {
namespace {

using Dtype = std::optional<DType>;

const Abstract kNone = Abstract::none(), kNo = Abstract::boolean(false);

/// An operand that not every operator of a rule has.
Abstract operand(const Operands& in, std::size_t place, const Abstract& fallback) {
  return place < in.size() ? in[place] : fallback;
}

// --- sums ---------------------------------------------------------------------------------------

Abstract total(const Operands& in, const Abstract& dim, const Abstract& keepdim,
               const Abstract& dtype) {
  const Dtype chosen = dtype_arg(dtype, sum_dtype(in.dtype(0)));
  return in.tensor(chosen, reduced_shape("sum", in.shape(0), dim, keepdim));
}

/// Of floats only, unless a float dtype is given.
Abstract average(const Operands& in, const Abstract& dim, const Abstract& keepdim,
                 const Abstract& dtype) {
  const Dtype chosen = need_float("mean", dtype_arg(dtype, in.dtype(0)));
  return in.tensor(chosen, reduced_shape("mean", in.shape(0), dim, keepdim));
}

/// any and all: uint8 keeps its dtype.
Abstract logical(const Operands& in, const Abstract& dim, const Abstract& keepdim) {
  Dtype dtype = in.dtype(0);
  if (dtype && *dtype != DType::kUInt8) dtype = DType::kBool;
  return in.tensor(dtype, reduced_shape(in.base(), in.shape(0), dim, keepdim));
}

// --- extremes -----------------------------------------------------------------------------------

void refuse_empty(std::string_view op, const Shape& shape, const Abstract& dim) {
  const Dim zero = Dim::known(0);
  const Items alone = {dim};
  bool is_all = true, is_empty = false;
  for (const Abstract& one : dim.has_items() ? dim.items() : alone) {
    const auto place = wrap_dim(op, one, shape.size());
    is_all = is_all && !place;
    is_empty = is_empty || (place && shape[*place] == zero);
  }
  if (is_all) is_empty = std::find(shape.begin(), shape.end(), zero) != shape.end();
  if (is_empty) mismatch(op, "a dimension that is not empty", shape_text(shape));
}

Abstract extreme(const Operands& in, const Abstract& dim, const Abstract& keepdim) {
  const std::string_view op = in.base();
  const Dtype dtype = in.dtype(0);
  if (dtype && is_complex(*dtype))
    mismatch(op, "numbers that have an order", std::string(name(*dtype)));
  const std::optional<Shape>& shape = in.shape(0);
  std::optional<Shape> left = reduced_shape(op, shape, dim, keepdim);
  const bool may_be_empty =
      shape && std::find(shape->begin(), shape->end(), Dim::known(0)) != shape->end();
  if (may_be_empty && keepdim.known_bool() && is_known(dim)) refuse_empty(op, *shape, dim);
  return in.tensor(dtype, std::move(left));
}

Abstract places_of(const Operands& in, const Abstract& values) {
  return in.tensor(DType::kInt64, values.type()->shape);
}

// --- moments ------------------------------------------------------------------------------------

/// Variance or deviation, real and of floats only; with the mean for operators of two results.
Abstract moments(const Operands& in, const Abstract& dim, const Abstract& keepdim) {
  const std::string_view op = in.base();
  const Dtype dtype = real_dtype(need_float(op, in.dtype(0)));
  const Abstract spread = in.tensor(dtype, reduced_shape(op, in.shape(0), dim, keepdim));
  if (in.schema().results.size() == 1) return spread;
  return in.tuple({spread, in.tensor(in.dtype(0), spread.type()->shape)});
}

// --- norms --------------------------------------------------------------------------------------

Abstract norm(const Operands& in, const Abstract& dim, const Abstract& keepdim,
              const Abstract& dtype) {
  const Dtype chosen = real_dtype(need_float("norm", dtype_arg(dtype, in.dtype(0))));
  return in.tensor(chosen, reduced_shape("norm", in.shape(0), dim, keepdim));
}

Abstract matrix_norm(const Operands& in, const Abstract& dim, const Abstract& keepdim,
                     const Abstract& dtype) {
  const std::optional<Shape>& shape = in.shape(0);
  if (shape && shape->size() < 2) {
    mismatch("linalg_matrix_norm", "a matrix or a batch of matrices",
                   std::to_string(shape->size()));
  }
  return norm(in, dim, keepdim, dtype);
}

// --- running sums -------------------------------------------------------------------------------

/// The size along `place` of pieces that are put one after the other.
Dim joined_size(const Operands& pieces, std::size_t place) {
  std::vector<std::size_t> ranks;
  for (std::size_t i = 0; i < pieces.size(); ++i)
    if (pieces.shape(i)) ranks.push_back(pieces.shape(i)->size());
  std::sort(ranks.begin(), ranks.end());
  ranks.erase(std::unique(ranks.begin(), ranks.end()), ranks.end());
  if (ranks.size() > 1) {
    std::string text;
    for (const std::size_t rank : ranks)
      text += (text.empty() ? "" : " and ") + std::to_string(rank);
    mismatch("diff", "pieces of equal rank", text);
  }
  Dim total = Dim::known(0);
  for (std::size_t i = 0; i < pieces.size(); ++i)
    total = total + (pieces.shape(i) ? (*pieces.shape(i))[place] : Dim());
  return total;
}

/// torch gives zeros of the values' own dtype where there is no area, unless it is running.
Dtype area_dtype(Dtype own, bool is_running, const Dim& size) {
  if (!own || is_float(*own) || is_complex(*own)) return own;
  if (is_running) return DType::kFloat32;
  if (size.kind == Dim::Kind::kUnknown) return std::nullopt;
  return size == Dim::known(0) ? own : DType::kFloat32;
}

}  // namespace
}  // namespace tsx::engine::rules

// --- sums ---------------------------------------------------------------------------------------

TSX_RULE(reduce_rules_total) { return total(in, kNone, kNo, operand(in, 1, kNone)); }
TSX_RULE(reductions_sum_rule) { return total(in, in[1], in[2], in[3]); }
TSX_RULE(reductions_mean_all_rule) { return average(in, kNone, kNo, in[1]); }
TSX_RULE(reductions_mean_rule) { return average(in, in[1], in[2], in[3]); }

TSX_RULE(reductions_count_rule) {
  return in.tensor(DType::kInt64, reduced_shape("count_nonzero", in.shape(0), in[1], kNo));
}

TSX_RULE(reductions_logsumexp_rule) {
  Dtype dtype = in.dtype(0);
  if (dtype && !is_float(*dtype) && !is_complex(*dtype)) dtype = DType::kFloat32;
  return in.tensor(dtype, reduced_shape("logsumexp", in.shape(0), in[1], in[2]));
}

TSX_RULE(reductions_define_logical_whole_rule) { return logical(in, kNone, kNo); }
TSX_RULE(reductions_define_logical_along_rule) { return logical(in, in[1], in[2]); }

TSX_RULE(reductions_define_logical_along_all_rule) {
  // Here, unlike elsewhere, no dimensions means none at all.
  if (!in[1].has_items() || !in[1].items().empty()) return logical(in, in[1], in[2]);
  return in.tensor(logical(in, kNone, kNo).type()->dtype, in.shape(0));
}

// --- extremes -----------------------------------------------------------------------------------

TSX_RULE(extrema_define_both_whole_rule) { return extreme(in, kNone, kNo); }
TSX_RULE(extrema_define_both_over_rule) { return extreme(in, in[1], in[2]); }

TSX_RULE(extrema_define_both_along_rule) {
  const Abstract values = extreme(in, in[1], in[2]);
  return in.tuple({values, places_of(in, values)});
}

TSX_RULE(extrema_define_both_index_rule) { return places_of(in, extreme(in, in[1], in[2])); }

TSX_RULE(extrema_aminmax_rule) {
  const Abstract values = extreme(in, in[1], in[2]);
  return in.tuple({values, values});
}

// --- moments ------------------------------------------------------------------------------------

TSX_RULE(moments_define_moments_whole_rule) { return moments(in, kNone, kNo); }
TSX_RULE(moments_define_moments_along_rule) { return moments(in, in[1], in[3]); }

// --- norms --------------------------------------------------------------------------------------

TSX_RULE(vector_norms_vector_norm_rule) {
  return norm(in, operand(in, 2, kNone), operand(in, 3, kNo), operand(in, 4, kNone));
}

TSX_RULE(vector_norms_norm_all_dtype_rule) { return norm(in, kNone, kNo, in[2]); }
TSX_RULE(vector_norms_frobenius_rule) { return norm(in, in[1], in[2], kNone); }
TSX_RULE(vector_norms_matrix_norm_rule) { return matrix_norm(in, in[2], in[3], in[4]); }
TSX_RULE(vector_norms_nuclear_dim_rule) { return matrix_norm(in, in[1], in[2], kNone); }

TSX_RULE(vector_norms_nuclear_rule) {
  const Items last_two = {Abstract::integer(-2), Abstract::integer(-1)};
  return matrix_norm(in, Abstract::tuple(&last_two), in[1], kNone);
}

TSX_RULE(vector_norms_dist_rule) {
  broadcast("dist", {in.shape(0), in.shape(1)});
  const Dtype dtype = result_type({in.unknown(&in.type(0)), in.unknown(&in.type(1))});
  return in.tensor(real_dtype(dtype), Shape());
}

TSX_RULE(vector_norms_renorm_rule) {
  const std::optional<std::size_t> rank = rank_of(in.shape(0));
  wrap_dim("renorm", in[2], rank);
  if (rank && *rank < 2)
    mismatch("renorm", "a tensor of 2 dimensions or more", std::to_string(*rank));
  return in[0];
}

// --- running sums -------------------------------------------------------------------------------

TSX_RULE(cumulative_running_rule) {
  wrap_dim("cumsum", in[1], rank_of(in.shape(0)));
  return in.tensor(dtype_arg(in[2], sum_dtype(in.dtype(0))), in.shape(0));
}

TSX_RULE(cumulative_running_extreme_rule) {
  wrap_dim("cummax", in[1], rank_of(in.shape(0)));
  const Abstract values = in.unknown(&in.type(0));
  return in.tuple({values, places_of(in, values)});
}

TSX_RULE(cumulative_same_rule) {
  wrap_dim("logcumsumexp", in[1], rank_of(in.shape(0)));
  return in[0];
}

TSX_RULE(cumulative_diff_rule) {
  const std::optional<Shape>& shape = in.shape(0);
  const auto place = wrap_dim("diff", in[2], rank_of(shape));
  Dtype dtype = in.dtype(0);
  if (!shape || !place) return in.tensor(dtype, std::nullopt);
  need_dimension("diff", *shape);
  Dim size = (*shape)[*place];
  const std::optional<std::int64_t> times = in[1].known_int();
  if (times != 0) {
    Items pieces = {in.unknown(&in.type(0))};
    for (const std::size_t i : {std::size_t{3}, std::size_t{4}})
      if (!in[i].is_none()) pieces.push_back(in.unknown(&in.type(i)));
    size = joined_size(in.with({pieces.data(), pieces.size()}), *place);
    dtype = result_type(pieces);
  }
  Dim left = times ? size - *times : Dim();
  if (!is_at_least(left, 0)) left = no_less(Dim::known(0), left) ? Dim::known(0) : Dim();
  return in.tensor(dtype, resized(*shape, *place, left));
}

TSX_RULE(cumulative_define_trapezoid_rule) {
  const std::string_view op = in.base();
  const bool is_running = op == "cumulative_trapezoid";
  const std::optional<Shape>& shape = in.shape(0);
  const auto place = wrap_dim(op, in[2], rank_of(shape));
  const Dim size = shape && !shape->empty() && place ? (*shape)[*place] : Dim();
  const Dtype dtype = area_dtype(in.dtype(0), is_running, size);
  if (!shape || !place || in[1].is_tensor()) return in.tensor(dtype, std::nullopt);
  need_dimension(op, *shape);
  if (!is_running) return in.tensor(dtype, without(*shape, *place));
  const Abstract one = Abstract::integer(1);
  return in.tensor(dtype, resized(*shape, *place, slice_size(size, one, kNone, one)));
}
