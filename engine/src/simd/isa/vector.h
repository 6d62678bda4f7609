// Vectors of one instruction set, by the compiler's vector extensions.
//
// Included by the sources of this folder only, each of which is compiled once for each level
// (TSX_LEVEL names the namespace). Everything has internal linkage.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__AVX2__) || defined(__AVX512F__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#include "simd/table.h"

namespace tsx::engine::simd::TSX_LEVEL {
namespace {

#if defined(__AVX512F__)
constexpr std::size_t kVectorBytes = 64;
#elif defined(__AVX2__)
constexpr std::size_t kVectorBytes = 32;
#else
constexpr std::size_t kVectorBytes = 16;
#endif

typedef float F32 __attribute__((vector_size(kVectorBytes)));
typedef double F64 __attribute__((vector_size(kVectorBytes)));
typedef std::int32_t I32 __attribute__((vector_size(kVectorBytes)));
typedef std::uint32_t U32 __attribute__((vector_size(kVectorBytes)));

/// The vector type of an element type.
template <typename T> struct VectorOf;
template <> struct VectorOf<float> {
  using type = F32;
};
template <> struct VectorOf<double> {
  using type = F64;
};
template <typename T> using Vector = typename VectorOf<T>::type;
template <typename T> constexpr std::size_t kLanes = kVectorBytes / sizeof(T);

template <typename V, typename T> inline V load(const T* from) {
  V value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

template <typename V, typename T> inline void store(T* to, V value) {
  std::memcpy(to, &value, sizeof value);
}

template <typename V, typename T> inline V splat(T value) {
  return value - V{}; // -0.0 - 0.0 is -0.0
}

template <typename To, typename From> inline To bits(From value) {
  static_assert(sizeof(To) == sizeof(From));
  To result;
  std::memcpy(&result, &value, sizeof result);
  return result;
}

/// a * b + c, rounded once where the processor can.
inline F32 fma(F32 a, F32 b, F32 c) {
#if defined(__AVX512F__)
  return bits<F32>(_mm512_fmadd_ps(bits<__m512>(a), bits<__m512>(b), bits<__m512>(c)));
#elif defined(__AVX2__)
  return bits<F32>(_mm256_fmadd_ps(bits<__m256>(a), bits<__m256>(b), bits<__m256>(c)));
#elif defined(__aarch64__)
  return vfmaq_f32(c, a, b);
#else
  return a * b + c;
#endif
}

inline F64 fma(F64 a, F64 b, F64 c) {
#if defined(__AVX512F__)
  return bits<F64>(_mm512_fmadd_pd(bits<__m512d>(a), bits<__m512d>(b), bits<__m512d>(c)));
#elif defined(__AVX2__)
  return bits<F64>(_mm256_fmadd_pd(bits<__m256d>(a), bits<__m256d>(b), bits<__m256d>(c)));
#elif defined(__aarch64__)
  return vfmaq_f64(c, a, b);
#else
  return a * b + c;
#endif
}

} // namespace
} // namespace tsx::engine::simd::TSX_LEVEL
