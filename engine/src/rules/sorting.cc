// Sorting, distinct elements, searching and statistics of sorted rows, as tsx/ops/sorting.py, unique.py,
// searching.py and order_stats.py.
#include <utility>

#include "rules/geometry.h"

namespace tsx::engine::rules {
namespace {

/// The tensor operand `i` itself; nothing is known of what is no tensor.
Abstract own(const Operands& in, std::size_t i) { return in.unknown(&in.type(i)); }

Abstract with_index(const Operands& in, const Abstract& values) {
  return in.tuple({values, in.tensor(DType::kInt64, values.type()->shape)});
}

// --- sorting ------------------------------------------------------------------------------------

/// sort: the dimension stands at `dim`.
Abstract sorted(const Operands& in, std::size_t dim) {
  const std::optional<DType> dtype = in.dtype(0);
  if (dtype && is_complex(*dtype))
    mismatch("sort", "numbers that have an order", std::string(name(*dtype)));
  wrap_dim("sort", in[dim], rank_of(in.shape(0)));
  return with_index(in, own(in, 0));
}

/// The rule of operators that pick one element along a dimension: its value and its place.
Abstract one_of_each_row(const Operands& in, std::string_view op, const Abstract& dim,
                         const Abstract& keepdim) {
  const std::optional<Shape>& shape = in.shape(0);
  const auto place = wrap_dim(op, dim, rank_of(shape));
  if (shape && shape->empty()) return with_index(in, own(in, 0));
  const std::optional<bool> keeps = keepdim.known_bool();
  std::optional<Shape> left;
  if (shape && keeps && place) {
    left = *keeps ? resized(*shape, *place, Dim::known(1)) : without(*shape, *place);
  } else if (shape && keeps) {
    left = Shape(*keeps ? shape->size() : shape->size() - 1);
  }
  return with_index(in, in.tensor(in.dtype(0), std::move(left)));
}

// --- distinct elements --------------------------------------------------------------------------

/// The inverse, of `shape`; empty when not asked for.
Abstract inverse_of(const Operands& in, const std::optional<Shape>& shape, const Abstract& wanted) {
  const std::optional<bool> wants = wanted.known_bool();
  if (!wants) return in.tensor(DType::kInt64, std::nullopt);
  return in.tensor(DType::kInt64, *wants ? shape : Shape{Dim::known(0)});
}

Abstract counts_of(const Operands& in, const Abstract& wanted) {
  const bool is_none = wanted.known_bool() == false;
  return in.tensor(DType::kInt64, Shape{is_none ? Dim::known(0) : Dim()});
}

Abstract distinct(const Operands& in, const Abstract& inverse, const Abstract& counts) {
  return in.tuple({in.tensor(in.dtype(0), Shape(1)), inverse_of(in, in.shape(0), inverse),
                   counts_of(in, counts)});
}

Abstract nothing_told(const Operands& in) {
  const Abstract places = in.tensor(DType::kInt64, std::nullopt);
  return in.tuple({in.tensor(in.dtype(0), std::nullopt), places, places});
}

Abstract distinct_along(const Operands& in, const Abstract& dim) {
  const std::optional<Shape>& shape = in.shape(0);
  const auto place = wrap_dim("unique_dim", dim, rank_of(shape));
  if (!shape || shape->empty() || !place) return nothing_told(in);
  return in.tuple({in.tensor(in.dtype(0), resized(*shape, *place, {})),
                   in.tensor(DType::kInt64, Shape{(*shape)[*place]}),
                   in.tensor(DType::kInt64, Shape(1))});
}

// --- searching ----------------------------------------------------------------------------------

/// Places in `values`' shape (one for a number).
Abstract searched(const Operands& in, std::size_t values) {
  const std::optional<bool> is_short = in[2].known_bool();
  const std::optional<DType> dtype =
      is_short ? std::optional(*is_short ? DType::kInt32 : DType::kInt64) : std::nullopt;
  return in.tensor(dtype, in[values].is_tensor() ? in.shape(values) : Shape());
}

}  // namespace
}  // namespace tsx::engine::rules

// --- sorting ------------------------------------------------------------------------------------

TSX_RULE(sorting_sort_rule) { return sorted(in, 1); }
TSX_RULE(sorting_sort_stable_rule) { return sorted(in, 2); }
TSX_RULE(sorting_argsort_rule) { return sorted(in, 1).items()[1]; }
TSX_RULE(sorting_argsort_stable_rule) { return sorted(in, 2).items()[1]; }
TSX_RULE(sorting_msort_rule) { return in[0]; }

TSX_RULE(sorting_topk_rule) {
  const std::optional<Shape>& shape = in.shape(0);
  const auto place = wrap_dim("topk", in[2], rank_of(shape));
  if (!shape) return with_index(in, in.tensor(in.dtype(0), std::nullopt));
  if (shape->empty()) return with_index(in, own(in, 0));
  if (!place) return with_index(in, in.tensor(in.dtype(0), Shape(shape->size())));
  const Dim count = in[1].as_dim(), &whole = (*shape)[*place];
  if (count.is_known() && whole.is_known() && (count.size < 0 || count.size > whole.size))
    mismatch("topk", "a k from 0 to " + to_text(whole), to_text(count));
  return with_index(in, in.tensor(in.dtype(0), resized(*shape, *place, count)));
}

TSX_RULE(sorting_kthvalue_rule) { return one_of_each_row(in, "kthvalue", in[2], in[3]); }

// --- statistics of sorted rows ------------------------------------------------------------------

TSX_RULE(order_stats_define_median_along_rule) {
  return one_of_each_row(in, in.base(), in[1], in[2]);
}

TSX_RULE(order_stats_define_median_whole_rule) { return in.tensor(in.dtype(0), Shape()); }

TSX_RULE(order_stats_mode_rule) { return one_of_each_row(in, "mode", in[1], in[2]); }

TSX_RULE(order_stats_define_quantile_rule) {
  const std::optional<DType> dtype = in.dtype(0);
  if (dtype && item_size(*dtype) < 4)
    mismatch(in.base(), "float32 or float64", std::string(name(*dtype)));
  const std::optional<Shape> shape = reduced_shape(in.base(), in.shape(0), in[2], in[3]);
  std::optional<Shape> points = in[1].is_tensor() ? in.shape(1) : Shape();
  if (!shape || !points) return in.tensor(dtype, std::nullopt);
  points->insert(points->end(), shape->begin(), shape->end());
  return in.tensor(dtype, std::move(points));
}

// --- distinct elements --------------------------------------------------------------------------

TSX_RULE(unique_unique2_rule) { return distinct(in, in[2], in[3]); }

TSX_RULE(unique_unique_rule) {
  return in.tuple({in.tensor(in.dtype(0), Shape(1)), inverse_of(in, in.shape(0), in[2])});
}

TSX_RULE(unique_unique_dim_rule) { return distinct_along(in, in[1]); }
TSX_RULE(unique_dim_consecutive_rule) { return distinct_along(in, in[1]); }

TSX_RULE(unique_consecutive_rule) {
  const std::optional<Shape>& shape = in.shape(0);
  const bool is_first = in[3].known_int() == 0;
  if (is_first && !shape) return nothing_told(in);
  if (in[3].is_none() || (is_first && shape->size() == 1)) return distinct(in, in[1], in[2]);
  return distinct_along(in, in[3]);
}

// --- searching ----------------------------------------------------------------------------------

TSX_RULE(searching_searched_rule) { return searched(in, 1); }

TSX_RULE(searching_bucketize_rule) {
  const std::optional<Shape>& boundaries = in.shape(1);
  if (boundaries && boundaries->size() != 1)
    mismatch("bucketize", "1-D boundaries", std::to_string(boundaries->size()));
  return searched(in, 0);
}

TSX_RULE(searching_bincount_rule) {
  std::optional<DType> dtype = DType::kInt64;
  if (!in[1].is_none()) dtype = in.dtype(1);
  if (!in[1].is_none() && dtype && *dtype != DType::kFloat32) dtype = DType::kFloat64;
  return in.tensor(dtype, Shape(1));
}

TSX_RULE(searching_histc_rule) { return in.tensor(in.dtype(0), Shape{in[1].as_dim()}); }

TSX_RULE(searching_histogram_rule) {
  const std::optional<Shape>& edges = in.shape(1);
  if (edges && (edges->size() != 1 || (*edges)[0] == Dim::known(0)))
    mismatch("histogram", "1-D bin edges", std::to_string(edges->size()));
  const Dim count = edges ? (*edges)[0] : Dim();
  return in.tuple({in.tensor(in.dtype(0), Shape{count - 1}), in.tensor(in.dtype(0), Shape{count})});
}

TSX_RULE(searching_histogram_count_rule) {
  const Dim count = in[1].as_dim();
  if (count.is_known() && count.size < 1)
    mismatch("histogram", "1 bin or more", to_text(count));
  return in.tuple({in.tensor(in.dtype(0), Shape{count}), in.tensor(in.dtype(0), Shape{count + 1})});
}
