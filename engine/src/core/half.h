// float16 and bfloat16 to float and back, rounded to nearest even.
#pragma once

#include <cstdint>
#include <cstring>

namespace tsx::engine {

inline float float_of_bits(std::uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

inline std::uint32_t bits_of_float(float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

inline float float_of_bfloat16(std::uint16_t bits) {
  return float_of_bits(static_cast<std::uint32_t>(bits) << 16);
}

/// Every NaN becomes the quiet NaN 0x7fc0.
inline std::uint16_t bfloat16_of_float(float value) {
  if (value != value) return 0x7fc0;
  const std::uint32_t bits = bits_of_float(value);
  return static_cast<std::uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

inline float float_of_half(std::uint16_t half) {
  const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000) << 16;
  const std::uint32_t exponent = (half >> 10) & 0x1f, fraction = half & 0x3ff;
  if (exponent == 0x1f) return float_of_bits(sign | 0x7f800000 | (fraction << 13));
  if (exponent != 0) return float_of_bits(sign | ((exponent + 112) << 23) | (fraction << 13));
  const float value = static_cast<float>(fraction) * 0x1p-24f;  // zero or subnormal
  return sign ? -value : value;
}

inline std::uint16_t half_of_float(float value) {
  const std::uint32_t bits = bits_of_float(value);
  const auto sign = static_cast<std::uint16_t>((bits >> 16) & 0x8000);
  const std::uint32_t rest = bits & 0x7fffffff;
  if (rest > 0x7f800000)  // NaN keeps its upper bits, as the hardware and NumPy do
    return static_cast<std::uint16_t>(sign | 0x7e00 | ((rest >> 13) & 0x3ff));
  if (rest >= 0x477ff000) return static_cast<std::uint16_t>(sign | 0x7c00);  // 65520 and more
  if (rest < 0x38800000) {  // below the smallest normal: a sum rounds it to a multiple of 2^-24
    const float sum = float_of_bits(rest) + 0.5f;
    return static_cast<std::uint16_t>(sign | (bits_of_float(sum) - bits_of_float(0.5f)));
  }
  const std::uint32_t rounded = rest + 0xfff + ((rest >> 13) & 1);
  return static_cast<std::uint16_t>(sign | ((rounded - 0x38000000) >> 13));
}

}  // namespace tsx::engine
