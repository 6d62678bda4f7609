// Mirrors tsx/ops/cumulative.py: running sums, products, extremes and logsumexp. Sums and products
// are carried in float64.
#include <cmath>

#include "base/error.h"
#include "kernels/gemm.h"
#include "kernels/places.h"
#include "kernels/reductions.h"
#include "kernels/rows.h"
#include "kernels/support.h"
#include "kernels/views.h"
#include "tile/run.h"

namespace tsx::engine {
namespace {

struct Sum {
  template <typename T> static T of(T a, T b) { return a + b; }
  static std::int64_t of(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
  }
};
struct Product1 {
  template <typename T> static T of(T a, T b) { return a * b; }
  static std::int64_t of(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
  }
};

/// The rows' results, of the same sizes, as the result of a kernel.
TensorRef finished(const TensorRef& rows, const Axes& axes, const Tensor& x, DType dtype) {
  return tile::cast(contiguous(axes_back(rows, axes, x.rank())), dtype);
}

template <typename Step> void running_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  const DType own = x->dtype();
  const DType natural = is_integer(own) || own == DType::kBool ? DType::kInt64 : own;
  const DType target = call.optional_dtype(2).value_or(natural);
  const DType work = is_float(target)     ? DType::kFloat64
                     : is_complex(target) ? DType::kComplex128
                                          : DType::kInt64;
  const Axes axes = one_axis(call.integer(1), x->rank());
  const Rows rows = rows_over(tile::cast(x, target), axes, work);
  const TensorRef result = copy(*rows.tensor);
  for_product_type(work, [&](auto zero) {
    using T = decltype(zero);
    if (result->count() == 0) return;
    T* row = result->mutable_data<T>();
    for (std::int64_t i = 0; i < rows.count; ++i, row += rows.width) {
      for (std::int64_t j = 1; j < rows.width; ++j)
        row[j] = Step::of(row[j - 1], row[j]);
    }
  });
  call.give(finished(result, axes, *x, target));
}

/// Values and the place of the latest element that equals them; once NaN, always NaN.
template <bool largest> void extreme_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  const Axes axes = one_axis(call.integer(1), x->rank());
  const DType work = exact_dtype(x->dtype());
  const Rows rows = rows_over(x, axes, work);
  const TensorRef values = copy(*rows.tensor);
  const TensorRef places = Tensor::empty(DType::kInt64, values->sizes());
  for_exact_order(work, [&](auto zero) {
    using T = decltype(zero);
    T* row = values->mutable_data<T>();
    auto* place = places->mutable_data<std::int64_t>();
    for (std::int64_t i = 0; i < rows.count; ++i, row += rows.width, place += rows.width) {
      std::int64_t latest = 0;
      for (std::int64_t j = 0; j < rows.width; ++j) {
        const T best = row[latest], own = row[j];
        const bool is_best = best == best && (largest ? own >= best : own <= best);
        if (own != own || is_best) latest = j;
        row[j] = row[latest];
        place[j] = latest;
      }
    }
  });
  call.give(finished(values, axes, *x, x->dtype()), finished(places, axes, *x, DType::kInt64));
}

/// log(exp(a) + exp(b)).
double log_add(double a, double b) {
  if (a == b) return a + std::log(2.0); // infinities too
  return std::isnan(a - b) ? a - b : std::max(a, b) + std::log1p(std::exp(-std::abs(a - b)));
}

void logcumsumexp_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  const Axes axes = one_axis(call.integer(1), x->rank());
  const DType own = x->dtype();
  if (!is_float(own) && !is_complex(own))
    refuse("expected a floating-point or complex tensor, got " + std::string(name(own)));
  const DType work = is_float(own) ? DType::kFloat64 : DType::kComplex128;
  const Rows rows = rows_over(x, axes, work);
  const TensorRef result = copy(*rows.tensor);
  const std::int64_t n = rows.width;
  if (result->count() == 0) return call.give(finished(result, axes, *x, own));
  for (std::int64_t i = 0; i < rows.count; ++i) {
    if (is_float(own)) {
      double* const row = result->mutable_data<double>() + i * n;
      for (std::int64_t j = 1; j < n; ++j)
        row[j] = log_add(row[j - 1], row[j]);
      continue;
    }
    // Each prefix against its own largest real part: exact for the scale.
    using Wide = std::complex<double>;
    const Wide* const from = rows.tensor->data<Wide>() + i * n;
    for (std::int64_t j = 1; j < n; ++j)
      result->mutable_data<Wide>()[i * n + j] = log_sum(from, static_cast<std::size_t>(j + 1));
  }
  call.give(finished(result, axes, *x, own));
}

} // namespace
} // namespace tsx::engine

TSX_KERNELS(cumulative) {
  registry.add("aten::cumsum", running_kernel<Sum>);
  registry.add("aten::cumsum_", stored<running_kernel<Sum>>);
  registry.add("aten::cumprod", running_kernel<Product1>);
  registry.add("aten::cumprod_", stored<running_kernel<Product1>>);
  registry.add("aten::cummax", extreme_kernel<true>);
  registry.add("aten::cummin", extreme_kernel<false>);
  registry.add("aten::logcumsumexp", logcumsumexp_kernel);
}
