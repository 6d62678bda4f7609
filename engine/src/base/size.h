// Size: a count or a number of bytes, never negative, whose arithmetic can't wrap.
//
// Every product and sum of sizes that come from a file or a model goes through it: an overflow is
// an error (TSX5020), never a small number.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tsx::engine {

class Size {
 public:
  constexpr Size() = default;
  /// Throws when `value` is negative.
  constexpr Size(std::int64_t value) : value_(value) {
    if (value < 0) too_large();
  }
  static constexpr Size of(std::size_t value) {
    if (value > static_cast<std::size_t>(INT64_MAX)) too_large();
    return Size(static_cast<std::int64_t>(value));
  }

  constexpr std::int64_t value() const { return value_; }
  constexpr std::size_t count() const { return static_cast<std::size_t>(value_); }

  friend constexpr Size operator+(Size a, Size b) {
    std::int64_t sum = 0;
    if (__builtin_add_overflow(a.value_, b.value_, &sum)) too_large();
    return Size(sum);
  }
  friend constexpr Size operator*(Size a, Size b) {
    std::int64_t product = 0;
    if (__builtin_mul_overflow(a.value_, b.value_, &product)) too_large();
    return Size(product);
  }
  /// Throws when `b` is the larger one.
  friend constexpr Size operator-(Size a, Size b) { return Size(a.value_ - b.value_); }
  Size& operator+=(Size other) { return *this = *this + other; }
  Size& operator*=(Size other) { return *this = *this * other; }

  /// The first multiple of `alignment` (a power of two) that isn't below it.
  constexpr Size aligned(std::int64_t alignment) const {
    return Size((*this + Size(alignment - 1)).value_ & ~(alignment - 1));
  }

  friend constexpr bool operator==(Size a, Size b) { return a.value_ == b.value_; }
  friend constexpr bool operator!=(Size a, Size b) { return a.value_ != b.value_; }
  friend constexpr bool operator<(Size a, Size b) { return a.value_ < b.value_; }
  friend constexpr bool operator>(Size a, Size b) { return a.value_ > b.value_; }
  friend constexpr bool operator<=(Size a, Size b) { return a.value_ <= b.value_; }
  friend constexpr bool operator>=(Size a, Size b) { return a.value_ >= b.value_; }

 private:
  [[noreturn]] static void too_large();

  std::int64_t value_ = 0;
};

}  // namespace tsx::engine
