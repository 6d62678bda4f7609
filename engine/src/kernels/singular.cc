// Singular values by one-sided Jacobi rotations, inverses by elimination with row exchanges. Both
// compute in float64.
#include "kernels/singular.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <vector>

#include "base/error.h"
#include "kernels/gemm.h"
#include "kernels/support.h"
#include "kernels/views.h"
#include "tile/promote.h"
#include "tile/run.h"

namespace tsx::engine {
namespace {

using Wide = std::complex<double>;

double conj_of(double x) { return x; }
Wide conj_of(Wide x) { return std::conj(x); }

/// Rotates two vectors so that they become orthogonal; false when they are already.
template <typename T> bool rotate(T* a, T* b, std::size_t length) {
  double alpha = 0, beta = 0;
  T inner = 0;
  for (std::size_t i = 0; i < length; ++i) {
    alpha += std::norm(a[i]);
    beta += std::norm(b[i]);
    inner += conj_of(a[i]) * b[i];
  }
  const double size = std::abs(inner);
  if (size <= 1e-15 * std::sqrt(alpha * beta) || size == 0) return false;
  const T turn = conj_of(inner) / size; // makes the inner product real
  const double zeta = (beta - alpha) / (2 * size);
  const double tangent = std::copysign(1, zeta) / (std::abs(zeta) + std::hypot(1, zeta));
  const double cosine = 1 / std::hypot(1, tangent), sine = cosine * tangent;
  for (std::size_t i = 0; i < length; ++i) {
    const T x = a[i], y = turn * b[i];
    a[i] = cosine * x - sine * y;
    b[i] = sine * x + cosine * y;
  }
  return true;
}

constexpr int kMostSweeps = 60; // about ten are enough

/// The lengths of `count` vectors once all are orthogonal, the largest first.
template <typename T>
void orthogonal_lengths(std::vector<T>& vectors, std::size_t count, double* lengths) {
  const std::size_t length = count == 0 ? 0 : vectors.size() / count;
  double largest = 0;
  for (const T& x : vectors) {
    if (!std::isfinite(std::real(x)) || !std::isfinite(std::imag(x)))
      refuse("expected matrices of finite numbers");
    largest = std::max({largest, std::abs(std::real(x)), std::abs(std::imag(x))});
  }
  if (largest > 0)
    for (T& x : vectors)
      x /= largest;
  bool is_turned = largest > 0;
  for (int sweep = 0; is_turned && sweep < kMostSweeps; ++sweep) {
    is_turned = false;
    for (std::size_t i = 0; i + 1 < count; ++i)
      for (std::size_t j = i + 1; j < count; ++j)
        is_turned |= rotate(&vectors[i * length], &vectors[j * length], length);
  }
  for (std::size_t i = 0; i < count; ++i) {
    double sum = 0;
    for (std::size_t k = 0; k < length; ++k)
      sum += std::norm(vectors[i * length + k]);
    lengths[i] = std::sqrt(sum) * largest;
  }
  std::sort(lengths, lengths + count, std::greater<>());
}

DType wide_of(DType dtype) { return is_complex(dtype) ? DType::kComplex128 : DType::kFloat64; }

/// Calls visit(T{}) for float64 or complex128.
template <typename Visit> void for_wide(DType dtype, Visit visit) {
  return is_complex(dtype) ? visit(Wide{}) : visit(double{});
}

/// Replaces a square matrix by its inverse.
template <typename T> void invert(const T* matrix, T* inverse, std::size_t n) {
  std::vector<T> left(matrix, matrix + n * n);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j)
      inverse[i * n + j] = i == j ? T(1) : T(0);
  for (std::size_t column = 0; column < n; ++column) {
    std::size_t pivot = column;
    for (std::size_t i = column + 1; i < n; ++i)
      if (std::abs(left[i * n + column]) > std::abs(left[pivot * n + column])) pivot = i;
    const T divisor = left[pivot * n + column];
    if (divisor == T(0)) refuse("expected an invertible matrix, got a singular one");
    for (std::size_t j = 0; j < n; ++j) {
      std::swap(left[pivot * n + j], left[column * n + j]);
      std::swap(inverse[pivot * n + j], inverse[column * n + j]);
      left[column * n + j] /= divisor;
      inverse[column * n + j] /= divisor;
    }
    for (std::size_t i = 0; i < n; ++i) {
      const T factor = left[i * n + column];
      if (i == column || factor == T(0)) continue;
      for (std::size_t j = 0; j < n; ++j) {
        left[i * n + j] -= factor * left[column * n + j];
        inverse[i * n + j] -= factor * inverse[column * n + j];
      }
    }
  }
}

} // namespace

TensorRef singular_values(const TensorRef& matrices) {
  const std::size_t rank = matrices->rank();
  const bool is_wide = matrices->size(rank - 2) < matrices->size(rank - 1);
  // Vectors one after the other: the rows, or the columns where there are fewer of them.
  const TensorRef vectors =
      plain(is_wide ? matrices : transpose(*matrices, -2, -1), wide_of(matrices->dtype()));
  Dims sizes = vectors->sizes();
  const auto count = static_cast<std::size_t>(sizes[rank - 2]);
  const auto length = static_cast<std::size_t>(sizes[rank - 1]);
  sizes.erase(rank - 1);
  const TensorRef result = Tensor::zeros(DType::kFloat64, sizes);
  const std::size_t batch = count == 0 ? 0 : static_cast<std::size_t>(result->count()) / count;
  for_wide(matrices->dtype(), [&](auto zero) {
    using T = decltype(zero);
    for (std::size_t i = 0; i < batch; ++i) {
      const T* const from = vectors->data<T>() + i * count * length;
      std::vector<T> own(from, from + count * length);
      orthogonal_lengths(own, count, result->mutable_data<double>() + i * count);
    }
  });
  return tile::cast(result, tile::real_of(matrices->dtype()));
}

TensorRef inverses(const TensorRef& matrices) {
  const TensorRef from = contiguous(matrices);
  const TensorRef result = Tensor::empty(from->dtype(), from->sizes());
  const auto n = static_cast<std::size_t>(from->size(from->rank() - 1));
  const std::size_t batch = n == 0 ? 0 : static_cast<std::size_t>(from->count()) / (n * n);
  for_wide(from->dtype(), [&](auto zero) {
    using T = decltype(zero);
    for (std::size_t i = 0; i < batch; ++i)
      invert(from->data<T>() + i * n * n, result->mutable_data<T>() + i * n * n, n);
  });
  return result;
}

} // namespace tsx::engine
