// Mirrors tsx/ops/reductions.py and moments.py: sums, means, products, any and all, variances.
#include <cmath>
#include <complex>

#include "base/error.h"
#include "kernels/gemm.h"
#include "kernels/reductions.h"
#include "kernels/rows.h"
#include "kernels/support.h"
#include "kernels/views.h"
#include "threads/pool.h"
#include "tile/promote.h"
#include "tile/run.h"

namespace tsx::engine {
namespace {

using Wide = std::complex<double>;

constexpr std::size_t kGrain = 1 << 14; // elements for which another thread pays

/// A list of dimensions, one, or None: nothing means all.
Axes axes_in(Call& call, std::size_t i, std::size_t rank) {
  const std::optional<Dims> dims = call.optional_ints(i);
  return axes_of(dims ? Span<const std::int64_t>(*dims) : Span<const std::int64_t>(), rank);
}

/// The result of one row after another, shaped as the dimensions that are left.
template <typename R, typename T, typename Function>
TensorRef reduce(const Rows& rows, DType dtype, bool keepdim, Function function) {
  const TensorRef result = Tensor::empty(dtype, keepdim ? rows.kept_ones : rows.kept);
  const T* const x = rows.tensor->data<T>();
  R* const to = result->mutable_data<R>();
  const auto width = static_cast<std::size_t>(rows.width);
  threads::parallel(static_cast<std::size_t>(rows.count), kGrain / (width + 1) + 1,
                    [&](std::size_t begin, std::size_t end) {
                      for (std::size_t i = begin; i < end; ++i)
                        to[i] = function(x + i * width, width);
                    });
  return result;
}

double row_total(const float* x, std::size_t count) { return row_sum(x, count); }
double row_total(const double* x, std::size_t count) { return row_sum(x, count); }
Wide row_total(const Wide* x, std::size_t count) {
  Wide sum = 0;
  for (std::size_t i = 0; i < count; ++i)
    sum += x[i];
  return sum;
}
std::int64_t row_total(const std::int64_t* x, std::size_t count) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < count; ++i)
    sum += static_cast<std::uint64_t>(x[i]);
  return static_cast<std::int64_t>(sum);
}

template <typename T> T row_product(const T* x, std::size_t count) {
  T product(1);
  for (std::size_t i = 0; i < count; ++i)
    product *= x[i];
  return product;
}
template <> std::int64_t row_product(const std::int64_t* x, std::size_t count) {
  std::uint64_t product = 1;
  for (std::size_t i = 0; i < count; ++i)
    product *= static_cast<std::uint64_t>(x[i]);
  return static_cast<std::int64_t>(product);
}

/// The dtype a sum runs in and gives: int64 for integers and bools, unless told otherwise.
DType sum_dtype(DType own, std::optional<DType> wanted) {
  if (wanted) return *wanted;
  return is_integer(own) || own == DType::kBool ? DType::kInt64 : own;
}

DType sum_work(DType dtype) { return dtype == DType::kBool ? DType::kInt64 : product_dtype(dtype); }

TensorRef sum(const TensorRef& x, const Axes& axes, bool keepdim, DType target) {
  const DType work = sum_work(target);
  const Rows rows = rows_over(tile::cast(x, target), axes, work);
  TensorRef result;
  for_product_type(work, [&](auto zero) {
    using T = decltype(zero);
    result = reduce<T, T>(rows, work, keepdim, [](const T* row, std::size_t n) {
      return static_cast<T>(row_total(row, n));
    });
  });
  return tile::cast(result, target);
}

TensorRef product(const TensorRef& x, const Axes& axes, bool keepdim, DType target) {
  const DType work = sum_work(target);
  const Rows rows = rows_over(tile::cast(x, target), axes, work);
  TensorRef result;
  for_product_type(work, [&](auto zero) {
    using T = decltype(zero);
    result = reduce<T, T>(rows, work, keepdim, row_product<T>);
  });
  return tile::cast(result, target);
}

void need_inexact(DType dtype) {
  if (!is_float(dtype) && !is_complex(dtype)) {
    refuse("expected a floating-point or complex tensor, got " + std::string(name(dtype)));
  }
}

TensorRef mean(const TensorRef& x, const Axes& axes, bool keepdim, DType target) {
  need_inexact(target);
  const DType work = product_dtype(target);
  const Rows rows = rows_over(tile::cast(x, target), axes, work);
  TensorRef result;
  for_product_type(work, [&](auto zero) {
    using T = decltype(zero);
    if constexpr (!std::is_same_v<T, std::int64_t>) {
      result = reduce<T, T>(rows, work, keepdim, [](const T* row, std::size_t n) {
        return static_cast<T>(row_total(row, n) / static_cast<double>(n));
      });
    }
  });
  return tile::cast(result, target);
}

template <std::size_t dim, std::size_t keep, std::size_t dtype, auto reduction>
void dims_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  Axes axes = axes_of({}, x->rank());
  if constexpr (dim != 0) axes = axes_in(call, dim, x->rank());
  const bool keepdim = keep != 0 && call.boolean(keep);
  call.give(reduction(x, axes, keepdim, call.optional_dtype(dtype)));
}

TensorRef sum_of(const TensorRef& x, const Axes& axes, bool keepdim, std::optional<DType> dtype) {
  return sum(x, axes, keepdim, sum_dtype(x->dtype(), dtype));
}
TensorRef product_of(const TensorRef& x, const Axes& axes, bool keepdim,
                     std::optional<DType> dtype) {
  return product(x, axes, keepdim, sum_dtype(x->dtype(), dtype));
}
TensorRef mean_of(const TensorRef& x, const Axes& axes, bool keepdim, std::optional<DType> dtype) {
  return mean(x, axes, keepdim, dtype.value_or(x->dtype()));
}

/// Sum and count of what isn't NaN.
template <bool is_mean> TensorRef without_nan(const TensorRef& x, const Axes& axes, bool keepdim,
                                              std::optional<DType> dtype) {
  const DType target = is_mean ? dtype.value_or(x->dtype()) : sum_dtype(x->dtype(), dtype);
  if (is_mean) need_inexact(target);
  const DType work = sum_work(target);
  const Rows rows = rows_over(tile::cast(x, target), axes, work);
  TensorRef result;
  for_product_type(work, [&](auto zero) {
    using T = decltype(zero);
    using Sum = std::conditional_t<std::is_floating_point_v<T>, double, T>;
    result = reduce<T, T>(rows, work, keepdim, [](const T* row, std::size_t n) {
      Sum total{};
      double count = 0;
      for (std::size_t i = 0; i < n; ++i) {
        if (row[i] != row[i]) continue;
        total += row[i];
        count += 1;
      }
      if constexpr (std::is_same_v<T, std::int64_t>) {
        return total;
      } else {
        return static_cast<T>(is_mean ? total / count : total);
      }
    });
  });
  return tile::cast(result, target);
}

// --- any, all, count_nonzero ---------------------------------------------------------------------

template <bool is_any> TensorRef logical(const TensorRef& x, const Axes& axes, bool keepdim) {
  const Rows rows = rows_over(x, axes, DType::kBool);
  const TensorRef result = reduce<std::uint8_t, std::uint8_t>(
      rows, DType::kBool, keepdim, [](const std::uint8_t* row, std::size_t n) {
        bool found = !is_any;
        for (std::size_t i = 0; i < n && found != is_any; ++i)
          found = row[i] != 0;
        return static_cast<std::uint8_t>(found);
      });
  return tile::cast(result, x->dtype() == DType::kUInt8 ? DType::kUInt8 : DType::kBool);
}

template <bool is_any> void logical_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  call.give(logical<is_any>(x, axes_of({}, x->rank()), false));
}

template <bool is_any> void logical_dim_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  call.give(logical<is_any>(x, axes_of(call.ints(1), x->rank()), call.boolean(2)));
}

/// Here, unlike elsewhere, no dimensions means none at all.
template <bool is_any> void logical_dims_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  const std::optional<Dims> dims = call.optional_ints(1);
  Axes axes = dims && dims->empty() ? Axes() : axes_in(call, 1, x->rank());
  call.give(logical<is_any>(x, axes, call.boolean(2)));
}

void count_nonzero_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  const Rows rows = rows_over(x, axes_in(call, 1, x->rank()), DType::kBool);
  call.give(reduce<std::int64_t, std::uint8_t>(rows, DType::kInt64, false,
                                               [](const std::uint8_t* row, std::size_t n) {
                                                 std::int64_t count = 0;
                                                 for (std::size_t i = 0; i < n; ++i)
                                                   count += row[i];
                                                 return count;
                                               }));
}

// --- logsumexp, trace ----------------------------------------------------------------------------

template <typename T> T log_sum_of(const T* row, std::size_t n) {
  double top = -INFINITY;
  for (std::size_t i = 0; i < n; ++i) {
    const double real = std::real(row[i]);
    top = real > top || std::isnan(real) ? real : top;
  }
  if (std::isinf(top)) top = 0; // an infinite one must not give inf - inf
  using Sum = std::conditional_t<std::is_floating_point_v<T>, double, Wide>;
  Sum sum = 0;
  for (std::size_t i = 0; i < n; ++i)
    sum += std::exp(static_cast<Sum>(row[i]) - top);
  return static_cast<T>(std::log(sum) + top);
}

void logsumexp_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  const DType own = x->dtype(), target = is_float(own) || is_complex(own) ? own : DType::kFloat32;
  const DType work = product_dtype(target);
  const Rows rows = rows_over(tile::cast(x, target), axes_in(call, 1, x->rank()), work);
  TensorRef result;
  for_product_type(work, [&](auto zero) {
    using T = decltype(zero);
    if constexpr (!std::is_same_v<T, std::int64_t>) {
      result = reduce<T, T>(rows, work, call.boolean(2), log_sum_of<T>);
    }
  });
  call.give(tile::cast(result, target));
}

void trace_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  need_rank(*x, 2, 2);
  call.give(sum(diagonal(*x, 0, 0, 1), axes_of({}, 1), false, sum_dtype(x->dtype(), {})));
}

// --- variances -----------------------------------------------------------------------------------

struct Moments {
  TensorRef spread, mean;
};

double square(double x) { return x * x; }
double square(const Wide& z) { return std::norm(z); }

Moments moments(const TensorRef& x, const Axes& axes, double correction, bool keepdim,
                bool is_root) {
  need_inexact(x->dtype());
  const DType work = product_dtype(x->dtype()), real = tile::real_of(work);
  const Rows rows = rows_over(x, axes, work);
  const double divisor = std::max(static_cast<double>(rows.width) - correction, 0.0);
  Moments made;
  for_product_type(work, [&](auto zero) {
    using T = decltype(zero);
    if constexpr (!std::is_same_v<T, std::int64_t>) {
      using Real = std::conditional_t<std::is_same_v<T, float>, float, double>;
      const auto mean_of_row = [](const T* row, std::size_t n) {
        return static_cast<T>(row_total(row, n) / static_cast<double>(n));
      };
      made.mean = reduce<T, T>(rows, work, keepdim, mean_of_row);
      made.spread = reduce<Real, T>(rows, real, keepdim, [&](const T* row, std::size_t n) {
        const T middle = mean_of_row(row, n);
        double sum = 0;
        for (std::size_t i = 0; i < n; ++i)
          sum += square(row[i] - middle);
        const double variance = sum / divisor;
        return static_cast<Real>(is_root ? std::sqrt(variance) : variance);
      });
    }
  });
  made.spread = tile::cast(made.spread, tile::real_of(x->dtype()));
  made.mean = tile::cast(made.mean, x->dtype());
  return made;
}

template <bool with_mean> void give_moments(Call& call, const Moments& made) {
  if constexpr (with_mean) {
    call.give(made.spread, made.mean);
  } else {
    call.give(made.spread);
  }
}

template <bool is_root, bool with_mean> void moments_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  give_moments<with_mean>(
      call, moments(x, axes_of({}, x->rank()), call.boolean(1) ? 1 : 0, false, is_root));
}

template <bool is_root, bool with_mean> void moments_dim_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  give_moments<with_mean>(call, moments(x, axes_in(call, 1, x->rank()), call.boolean(2) ? 1 : 0,
                                        call.boolean(3), is_root));
}

template <bool is_root, bool with_mean> void moments_correction_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  give_moments<with_mean>(call,
                          moments(x, axes_in(call, 1, x->rank()), call.optional_real(2).value_or(1),
                                  call.boolean(3), is_root));
}

} // namespace

TensorRef sum_over(const TensorRef& tensor, const Axes& axes) {
  return sum(tensor, axes, false, tensor->dtype());
}

std::complex<double> log_sum(const std::complex<double>* row, std::size_t count) {
  return log_sum_of(row, count);
}

} // namespace tsx::engine

TSX_KERNELS(reductions) {
  registry.add("aten::sum", dims_kernel<0, 0, 1, sum_of>);
  registry.add("aten::sum.dim_IntList", dims_kernel<1, 2, 3, sum_of>);
  registry.add("aten::mean", dims_kernel<0, 0, 1, mean_of>);
  registry.add("aten::mean.dim", dims_kernel<1, 2, 3, mean_of>);
  registry.add("aten::prod", dims_kernel<0, 0, 1, product_of>);
  registry.add("aten::prod.dim_int", dims_kernel<1, 2, 3, product_of>);
  registry.add("aten::nansum", dims_kernel<1, 2, 3, without_nan<false>>);
  registry.add("aten::nanmean", dims_kernel<1, 2, 3, without_nan<true>>);
  registry.add("aten::any", logical_kernel<true>);
  registry.add("aten::any.dim", logical_dim_kernel<true>);
  registry.add("aten::any.dims", logical_dims_kernel<true>);
  registry.add("aten::all", logical_kernel<false>);
  registry.add("aten::all.dim", logical_dim_kernel<false>);
  registry.add("aten::all.dims", logical_dims_kernel<false>);
  registry.add("aten::count_nonzero", count_nonzero_kernel);
  registry.add("aten::count_nonzero.dim_IntList", count_nonzero_kernel);
  registry.add("aten::logsumexp", logsumexp_kernel);
  registry.add("aten::special_logsumexp", logsumexp_kernel);
  registry.add("aten::trace", trace_kernel);
  registry.add("aten::var", moments_kernel<false, false>);
  registry.add("aten::var.dim", moments_dim_kernel<false, false>);
  registry.add("aten::var.correction", moments_correction_kernel<false, false>);
  registry.add("aten::std", moments_kernel<true, false>);
  registry.add("aten::std.dim", moments_dim_kernel<true, false>);
  registry.add("aten::std.correction", moments_correction_kernel<true, false>);
  registry.add("aten::var_mean", moments_kernel<false, true>);
  registry.add("aten::var_mean.dim", moments_dim_kernel<false, true>);
  registry.add("aten::var_mean.correction", moments_correction_kernel<false, true>);
  registry.add("aten::std_mean", moments_kernel<true, true>);
  registry.add("aten::std_mean.dim", moments_dim_kernel<true, true>);
  registry.add("aten::std_mean.correction", moments_correction_kernel<true, true>);
}
