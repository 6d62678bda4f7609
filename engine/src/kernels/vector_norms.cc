// Mirrors tsx/ops/vector_norms.py: vector norms of any order, matrix norms, distances made of them.
#include "kernels/vector_norms.h"

#include <cmath>

#include "base/error.h"
#include "kernels/elementwise.h"
#include "kernels/places.h"
#include "kernels/rows.h"
#include "kernels/singular.h"
#include "kernels/views.h"
#include "threads/pool.h"
#include "tile/promote.h"
#include "tile/run.h"

namespace tsx::engine {

/// Sums are carried in float64; what is summed, and the sum, are rounded to the row's own dtype.
template <typename T> T row_norm(const T* row, std::size_t count, double p) {
  if (std::isinf(p)) {
    T best = p > 0 ? T(0) : static_cast<T>(INFINITY);
    for (std::size_t i = 0; i < count; ++i)
      if (row[i] != row[i] || (best == best && (p > 0 ? row[i] > best : row[i] < best)))
        best = row[i];
    return best;
  }
  const T power = static_cast<T>(p);
  double sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const T x = row[i];
    sum += static_cast<double>(p == 0   ? T(x != 0)
                               : p == 1 ? x
                               : p == 2 ? x * x
                                        : std::pow(x, power));
  }
  const T total = static_cast<T>(sum);
  if (p == 0 || p == 1) return total;
  return p == 2 ? std::sqrt(total) : std::pow(total, static_cast<T>(1 / p));
}
template float row_norm(const float*, std::size_t, double);
template double row_norm(const double*, std::size_t, double);

TensorRef norm_over(const TensorRef& magnitudes, double p, const Axes& axes, bool keepdim) {
  const DType work = magnitudes->dtype();
  const Rows rows = rows_over(magnitudes, axes, work);
  const TensorRef result = Tensor::empty(work, keepdim ? rows.kept_ones : rows.kept);
  for_float(work, [&](auto zero) {
    using T = decltype(zero);
    const T* const from = rows.tensor->data<T>();
    T* const to = result->mutable_data<T>();
    const auto width = static_cast<std::size_t>(rows.width);
    threads::parallel(static_cast<std::size_t>(rows.count), (1 << 14) / (width + 1) + 1,
                      [&](std::size_t begin, std::size_t end) {
                        for (std::size_t i = begin; i < end; ++i)
                          to[i] = row_norm(from + i * width, width, p);
                      });
  });
  return result;
}

TensorRef magnitudes_of(const TensorRef& x) {
  return evaluate("aten::abs", {Value(tile::cast(x, compute_dtype(x->dtype())))});
}

namespace {

void need_inexact(DType dtype) {
  if (!is_float(dtype) && !is_complex(dtype))
    refuse("expected a floating-point or complex tensor, got " + std::string(name(dtype)));
}

/// The norm of magnitudes as norm operators have it: a largest or smallest of nothing is refused.
TensorRef checked_norm(const TensorRef& magnitudes, double p, const Axes& axes, bool keepdim) {
  if (magnitudes->rank() == 0 && p != 0)
    return std::isnan(p) ? evaluate("aten::mul.Tensor", {Value(magnitudes), Value(p)})
                         : copy(*magnitudes);
  std::int64_t kept = 1;
  bool is_empty = false;
  for (std::size_t i = 0; i < magnitudes->rank(); ++i) {
    if (axes[i])
      is_empty = is_empty || magnitudes->size(i) == 0;
    else
      kept = std::min<std::int64_t>(kept, magnitudes->size(i));
  }
  if (std::isinf(p) && is_empty && (p < 0 || kept != 0))
    refuse("expected a dimension that is not empty, got " + text_of(magnitudes->sizes()));
  return norm_over(magnitudes, p, axes, keepdim);
}

TensorRef vector_norm(const TensorRef& x, double p, const Axes& axes, bool keepdim,
                      std::optional<DType> dtype) {
  const DType source = dtype.value_or(x->dtype());
  need_inexact(source);
  return tile::cast(checked_norm(magnitudes_of(tile::cast(x, source)), p, axes, keepdim),
                    tile::real_of(source));
}

Axes axes_in(const std::optional<Dims>& dims, std::size_t rank) {
  if (!dims || dims->empty()) return axes_of({}, rank);
  Axes axes = axes_of(*dims, rank);
  return rank == 0 ? Axes() : axes;
}

// --- matrix norms --------------------------------------------------------------------------------

/// An order of a matrix norm: "fro", "nuc", or a number.
struct Order {
  std::string word;
  double number = 0;
};

/// The largest of each row (0 of none), or the smallest.
TensorRef best_of(const TensorRef& rows, bool is_smallest) {
  const std::size_t last = rows->rank() - 1;
  if (is_smallest && rows->size(last) == 0)
    refuse("expected a dimension that is not empty, got " + text_of(rows->sizes()));
  return norm_over(rows, is_smallest ? -INFINITY : INFINITY,
                   one_axis(static_cast<std::int64_t>(last), rows->rank()), false);
}

/// The norms of matrices in the last two dimensions, in the real dtype that they are computed in.
TensorRef norms_of_matrices(const TensorRef& matrices, const Order& order) {
  const bool is_nuclear = order.word == "nuc";
  const double size = std::abs(order.number);
  if (!order.word.empty() ? !is_nuclear : size != 1 && size != 2 && !std::isinf(size))
    refuse("expected an order of 1, 2, inf, fro or nuc, got " +
           (order.word.empty() ? std::to_string(order.number) : "'" + order.word + "'"));
  const bool is_smallest = order.number < 0;
  const auto rank = matrices->rank();
  if (is_nuclear || size == 2) {
    const TensorRef values = singular_values(matrices);
    if (!is_nuclear) return best_of(values, is_smallest);
    return norm_over(values, 1, one_axis(-1, values->rank()), false);
  }
  const TensorRef sums =
      norm_over(magnitudes_of(matrices), 1, one_axis(size == 1 ? -2 : -1, rank), false);
  return best_of(sums, is_smallest);
}

TensorRef matrix_norm(const TensorRef& x, const Order& order, const Dims& dims, bool keepdim,
                      std::optional<DType> dtype) {
  if (x->rank() < 2 || dims.size() != 2)
    refuse("expected matrices and two dimensions, got " + text_of(x->sizes()) + " and " +
           text_of(dims));
  const Axes axes = axes_of(dims, x->rank());
  if (order.word == "fro") return vector_norm(x, 2, axes, keepdim, dtype);
  const DType source = dtype.value_or(x->dtype());
  need_inexact(source);
  Dims turned;
  for (std::size_t i = 0; i < x->rank(); ++i)
    if (!axes[i]) turned.push_back(static_cast<std::int64_t>(i));
  Dims sizes;
  for (const std::int64_t i : turned)
    sizes.push_back(x->size(static_cast<std::size_t>(i)));
  for (const std::int64_t dim : dims)
    turned.push_back(static_cast<std::int64_t>(axis_of(dim, x->rank())));
  const TensorRef wide = tile::cast(tile::cast(x, source), compute_dtype(source));
  const TensorRef found = norms_of_matrices(permute(*wide, turned), order);
  if (keepdim) {
    sizes = x->sizes();
    for (std::size_t i = 0; i < sizes.size(); ++i)
      if (axes[i]) sizes[i] = 1;
  }
  return tile::cast(shaped(found, sizes), tile::real_of(source));
}

// --- kernels -------------------------------------------------------------------------------------

/// (self, p, …): the places of the dimensions, of keepdim and of the dtype; 0 for none.
template <std::size_t dim, std::size_t keep, std::size_t dtype> void vector_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  const auto dims = dim != 0 ? call.optional_ints(dim) : std::nullopt;
  call.give(vector_norm(x, call.optional_real(1).value_or(2), axes_in(dims, x->rank()),
                        keep != 0 && call.boolean(keep),
                        dtype != 0 ? call.optional_dtype(dtype) : std::nullopt));
}

void frobenius_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  call.give(vector_norm(x, 2, axes_in(call.ints(1), x->rank()), call.boolean(2), {}));
}

/// Without a place for the dimensions: the last two.
template <std::size_t dim, std::size_t keep> void nuclear_kernel(Call& call) {
  call.give(matrix_norm(call.tensor_ref(0), {"nuc"}, dim != 0 ? call.ints(dim) : Dims{-2, -1},
                        call.boolean(keep), {}));
}

Order order_in(Call& call) {
  if (call[1].is(Tag::kString)) return {call.string(1)};
  return {"", call.real(1)};
}

void matrix_kernel(Call& call) {
  call.give(matrix_norm(call.tensor_ref(0), order_in(call), call.ints(2), call.boolean(3),
                        call.optional_dtype(4)));
}

/// A vector norm of one dimension, or of all when no order is given; else a matrix norm.
void linalg_norm_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  const std::optional<Dims> dims = call.optional_ints(2);
  const std::size_t count = dims ? dims->size() : x->rank();
  if (call[1].is(Tag::kString) || (!call.is_none(1) && count == 2)) {
    return call.give(matrix_norm(x, order_in(call), dims.value_or(Dims{-2, -1}), call.boolean(3),
                                 call.optional_dtype(4)));
  }
  if (!call.is_none(1) && count > 2)
    refuse("expected one or two dimensions with an order, got " + std::to_string(count));
  call.give(vector_norm(x, call.optional_real(1).value_or(2), axes_in(dims, x->rank()),
                        call.boolean(3), call.optional_dtype(4)));
}

void dist_kernel(Call& call) {
  const TensorRef both[] = {call.tensor_ref(0), call.tensor_ref(1)};
  const DType dtype = joined_dtype(both), work = compute_dtype(dtype);
  const TensorRef gap = evaluate("aten::sub.Tensor", {Value(tile::cast(both[0], work)),
                                                      Value(tile::cast(both[1], work)),
                                                      Value(std::int64_t{1})});
  call.give(tile::cast(vector_norm(gap, call.real(2), axes_of({}, gap->rank()), false, {}),
                       tile::real_of(dtype)));
}

/// Scales each slice along a dimension whose norm is above a limit down to it.
void renorm_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  need_rank(*x, 2, kMaxRank);
  need_inexact(x->dtype());
  const Axes kept = one_axis(call.integer(2), x->rank());
  Axes others;
  for (std::size_t i = 0; i < x->rank(); ++i)
    others.has[i] = !kept[i];
  const TensorRef values = tile::cast(x, compute_dtype(x->dtype()));
  const TensorRef size = checked_norm(magnitudes_of(values), call.real(1), others, true);
  const TensorRef scale = copy(*size);
  const double most = call.real(3);
  for_float(size->dtype(), [&](auto zero) {
    using T = decltype(zero);
    T* const factors = scale->mutable_data<T>();
    for (std::int64_t i = 0; i < scale->count(); ++i)
      factors[i] = factors[i] > static_cast<T>(most)
                       ? static_cast<T>(most) / (factors[i] + static_cast<T>(1e-7))
                       : T(1);
  });
  call.give(tile::cast(contiguous(evaluate("aten::mul.Tensor", {Value(values), Value(scale)})),
                       x->dtype()));
}

} // namespace
} // namespace tsx::engine

TSX_KERNELS(vector_norms) {
  registry.add("aten::linalg_vector_norm", vector_kernel<2, 3, 4>);
  registry.add("aten::norm.Scalar", vector_kernel<0, 0, 0>);
  registry.add("aten::norm.ScalarOpt_dtype", vector_kernel<0, 0, 2>);
  registry.add("aten::norm.ScalarOpt_dim", vector_kernel<2, 3, 0>);
  registry.add("aten::norm.ScalarOpt_dim_dtype", vector_kernel<2, 3, 4>);
  registry.add("aten::frobenius_norm.dim", frobenius_kernel);
  registry.add("aten::nuclear_norm", nuclear_kernel<0, 1>);
  registry.add("aten::nuclear_norm.dim", nuclear_kernel<1, 2>);
  registry.add("aten::linalg_matrix_norm", matrix_kernel);
  registry.add("aten::linalg_matrix_norm.str_ord", matrix_kernel);
  registry.add("aten::linalg_norm", linalg_norm_kernel);
  registry.add("aten::linalg_norm.ord_str", linalg_norm_kernel);
  registry.add("aten::dist", dist_kernel);
  registry.add("aten::renorm", renorm_kernel);
}
