// A float16 number that computes as torch's c10::Half does: each step in float32, rounded.
#pragma once

#include "core/half.h"

namespace tsx::engine {

class RoundedHalf {
 public:
  RoundedHalf() = default;
  explicit RoundedHalf(double value) : RoundedHalf(static_cast<float>(value)) {}
  explicit RoundedHalf(float value) : bits_(half_of_float(value)) {}
  explicit operator float() const { return float_of_half(bits_); }
  explicit operator double() const { return static_cast<double>(float_of_half(bits_)); }

  friend RoundedHalf operator+(RoundedHalf a, RoundedHalf b) {
    return RoundedHalf(static_cast<float>(a) + static_cast<float>(b));
  }
  friend RoundedHalf operator-(RoundedHalf a, RoundedHalf b) {
    return RoundedHalf(static_cast<float>(a) - static_cast<float>(b));
  }
  friend RoundedHalf operator*(RoundedHalf a, RoundedHalf b) {
    return RoundedHalf(static_cast<float>(a) * static_cast<float>(b));
  }
  friend RoundedHalf operator/(RoundedHalf a, RoundedHalf b) {
    return RoundedHalf(static_cast<float>(a) / static_cast<float>(b));
  }
  friend bool operator<(RoundedHalf a, RoundedHalf b) {
    return static_cast<float>(a) < static_cast<float>(b);
  }
  friend bool operator>(RoundedHalf a, RoundedHalf b) { return b < a; }

 private:
  std::uint16_t bits_ = 0;
};
static_assert(sizeof(RoundedHalf) == 2, "it lies in memory as float16 does");

} // namespace tsx::engine
