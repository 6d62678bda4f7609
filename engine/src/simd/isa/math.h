// Transcendental functions of float32 on whole vectors. The largest error is given in units in the
// last place, over all finite results (tests/engine measures it); NaN, infinities and zeros are
// exact.
//
// The polynomials are least-squares fits at Chebyshev points, made for the ranges named.
#pragma once

#include "simd/isa/vector.h"

namespace tsx::engine::simd::TSX_LEVEL {
namespace {

/// c[0] + x * (c[1] + x * …).
template <std::size_t N> inline F32 polynomial(F32 x, const float (&c)[N]) {
  F32 sum = splat<F32>(c[N - 1]);
  for (std::size_t i = N - 1; i-- > 0;)
    sum = fma(sum, x, splat<F32>(c[i]));
  return sum;
}

inline I32 shifted_left(I32 x, int by) {
  return bits<I32>(bits<U32>(x) << static_cast<unsigned>(by));
}

/// 2^n for n in -126 … 127.
inline F32 power_of_two(I32 n) { return bits<F32>(shifted_left(n + 127, 23)); }

/// e^x: 1 ulp (2 without fused multiply-add); denormal results too.
inline F32 exp_of(F32 x) {
  constexpr float kPoly[] = {5.000000013e-01f, 1.666666672e-01f, 4.166646490e-02f,
                             8.333298466e-03f, 1.393365249e-03f, 1.989928784e-04f};
  const F32 low = splat<F32>(-104.0f), high = splat<F32>(89.0f);
  F32 y = x < low ? low : x; // NaN stays
  y = y > high ? high : y;
  const F32 magic = splat<F32>(12582912.0f); // 1.5 * 2^23: adding it rounds to an integer
  const F32 turned = fma(y, splat<F32>(1.44269504f), magic);
  const I32 n = bits<I32>(turned) - bits<I32>(magic);
  const F32 whole = turned - magic;
  F32 r = fma(whole, splat<F32>(-0.693359375f), y);
  r = fma(whole, splat<F32>(2.12194440e-4f), r);
  const F32 tail = fma(polynomial(r, kPoly) * r, r, r);
  const I32 half = n >> 1; // in two steps, so that neither factor leaves the range
  return (tail + 1.0f) * power_of_two(half) * power_of_two(n - half);
}

/// Natural logarithm: 1 ulp; NaN below zero.
inline F32 log_of(F32 x) {
  constexpr float kPoly[] = {3.333333119e-01f,  -2.499998905e-01f, 2.000070748e-01f,
                             -1.666848024e-01f, 1.424993653e-01f,  -1.241105068e-01f,
                             1.166151107e-01f,  -1.157120073e-01f, 7.149753890e-02f};
  const I32 is_tiny = x < splat<F32>(1.17549435e-38f);
  const F32 scaled = is_tiny ? x * 8388608.0f : x;
  I32 n = is_tiny ? I32{} - 23 : I32{};
  // A mantissa in sqrt(1/2) … sqrt(2).
  const I32 raw = bits<I32>(scaled) - 0x3f3504f3;
  const I32 exponent = raw >> 23;
  n = n + exponent;
  const F32 m = bits<F32>(bits<I32>(scaled) - shifted_left(exponent, 23));
  const F32 f = m - 1.0f, e = __builtin_convertvector(n, F32);
  const F32 square = f * f;
  F32 sum = polynomial(f, kPoly) * f * square;
  sum = fma(e, splat<F32>(-2.12194440e-4f), sum);
  sum = fma(square, splat<F32>(-0.5f), sum) + f;
  F32 result = fma(e, splat<F32>(0.693359375f), sum);
  const F32 infinity = splat<F32>(__builtin_inff());
  result = x == infinity ? infinity : result;
  result = x == F32{} ? -infinity : result;
  return x >= F32{} ? result : splat<F32>(__builtin_nanf(""));
}

/// Hyperbolic tangent: 2 ulp.
inline F32 tanh_of(F32 x) {
  constexpr float kPoly[] = {-3.333333318e-01f, 1.333330428e-01f,  -5.395940591e-02f,
                             2.176996092e-02f,  -8.346980495e-03f, 2.295841263e-03f};
  const F32 a = bits<F32>(bits<I32>(x) & 0x7fffffff);
  const F32 z = x * x;
  const F32 near = fma(polynomial(z, kPoly) * z, x, x);
  const F32 far = 1.0f - 2.0f / (exp_of(a + a) + 1.0f);
  const F32 signed_far =
      bits<F32>(bits<I32>(far) | (bits<I32>(x) & static_cast<std::int32_t>(0x80000000u)));
  return a < splat<F32>(0.625f) ? near : x == x ? signed_far : x;
}

} // namespace
} // namespace tsx::engine::simd::TSX_LEVEL
