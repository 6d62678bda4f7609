// Combining values into places of a tensor, one after the other: what scatter_add, scatter_reduce,
// index_add and index_reduce share (tsx/ops/gather.py).
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "kernels/places.h"

namespace tsx::engine::reducing {

enum class Reduce : std::uint8_t { kSum, kProduct, kMean, kMax, kMin };

inline Reduce reduce_of(const std::string& word) {
  if (word == "add" || word == "sum") return Reduce::kSum;
  if (word == "multiply" || word == "prod") return Reduce::kProduct;
  if (word == "mean") return Reduce::kMean;
  if (word == "amax") return Reduce::kMax;
  if (word == "amin") return Reduce::kMin;
  refuse("expected one of sum, mean, prod, amax, amin, got '" + word + "'");
}

template <typename T> bool is_not_a_number(T value) {
  if constexpr (std::is_floating_point_v<T>) return std::isnan(value);
  return false;
}

template <typename T> T larger(T a, T b) {
  if (is_not_a_number(a)) return a;
  return is_not_a_number(b) || b > a ? b : a;
}
template <typename T> T smaller(T a, T b) {
  if (is_not_a_number(a)) return a;
  return is_not_a_number(b) || b < a ? b : a;
}

template <typename T> constexpr bool kIsComplex = false;
template <typename T> constexpr bool kIsComplex<std::complex<T>> = true;

template <typename T> T count_as(std::int64_t count) {
  if constexpr (kIsComplex<T>)
    return T(static_cast<typename T::value_type>(count));
  else
    return static_cast<T>(count);
}

/// Integers wrap, as NumPy's do.
template <typename T> T sum_of(T a, T b) {
  if constexpr (std::is_integral_v<T>)
    return static_cast<T>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
  else
    return a + b;
}
template <typename T> T product_of(T a, T b) {
  if constexpr (std::is_integral_v<T>)
    return static_cast<T>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
  else
    return a * b;
}

/// What a place holds before the first value, when its own does not count.
template <typename T> T identity_of(Reduce reduce, bool is_bool) {
  if (reduce == Reduce::kProduct) return T(1);
  if constexpr (!kIsComplex<T>) {
    using Limits = std::numeric_limits<T>;
    if (reduce == Reduce::kMax)
      return is_bool ? T(0) : Limits::has_infinity ? -Limits::infinity() : Limits::lowest();
    if (reduce == Reduce::kMin)
      return is_bool ? T(1) : Limits::has_infinity ? Limits::infinity() : Limits::max();
  }
  return T(0);
}

template <typename T> T combined(Reduce reduce, bool is_bool, T a, T b) {
  switch (reduce) {
  case Reduce::kProduct:
    return product_of(a, b);
  case Reduce::kMax:
  case Reduce::kMin:
    if constexpr (kIsComplex<T>)
      refuse("complex numbers have no order");
    else
      return reduce == Reduce::kMax ? larger(a, b) : smaller(a, b);
  default:
    if constexpr (std::is_same_v<T, std::uint8_t>)
      if (is_bool) return a | b;
    return sum_of(a, b);
  }
}

/// Combines `source` into the places of `target`, one after the other; both are row-major and of a
/// compute dtype. `places` visits each place once for each element of the source.
template <typename Places> void combine(const TensorRef& target, const TensorRef& source,
                                        Reduce reduce, bool include_self, Places places) {
  const bool is_bool = target->dtype() == DType::kBool;
  for_compute_type(target->dtype(), [&](auto sample) {
    using T = decltype(sample);
    T* into = target->mutable_data<T>();
    const T* from = source->data<T>();
    if (!include_self)
      places([&](std::int64_t place) { into[place] = identity_of<T>(reduce, is_bool); });
    places(
        [&](std::int64_t place) { into[place] = combined(reduce, is_bool, into[place], *from++); });
    if (reduce != Reduce::kMean) return;
    std::vector<std::int64_t> counts(static_cast<std::size_t>(target->count()), include_self);
    places([&](std::int64_t place) { ++counts[static_cast<std::size_t>(place)]; });
    for (std::size_t i = 0; i < counts.size(); ++i) {
      const std::int64_t count = std::max<std::int64_t>(counts[i], 1);
      if constexpr (std::is_integral_v<T>) {
        const auto value = static_cast<std::int64_t>(into[i]);
        into[i] = static_cast<T>(value / count - (value % count < 0));
      } else {
        into[i] /= count_as<T>(count);
      }
    }
  });
}

/// A number as a tensor of sizes and dtype.
inline TensorRef filled(const Value& value, const Dims& sizes, DType dtype) {
  const TensorRef scalar = number_tensor(value);
  const TensorRef cast = plain(scalar, dtype);
  return plain(cast->view(sizes, Dims::filled(sizes.size(), 0), cast->offset()));
}

}  // namespace tsx::engine::reducing
