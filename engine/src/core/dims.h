// Dims: the sizes or strides of a tensor, held in place. A tensor has at most 16 dimensions.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include "base/size.h"
#include "base/span.h"

namespace tsx::engine {

constexpr std::size_t kMaxRank = 16;

class Dims {
 public:
  Dims() = default;
  Dims(std::initializer_list<std::int64_t> values) : Dims(Span(values.begin(), values.size())) {}
  /// Throws when there are more than 16.
  explicit Dims(Span<const std::int64_t> values) {
    for (const std::int64_t value : values) push_back(value);
  }
  static Dims filled(std::size_t rank, std::int64_t value) {
    Dims made;
    while (made.rank_ < rank) made.push_back(value);
    return made;
  }
  Dims(const Dims& other) : rank_(other.rank_) {
    std::copy_n(other.values_, other.rank_, values_);
  }
  Dims& operator=(const Dims& other) {
    rank_ = other.rank_;
    std::copy_n(other.values_, other.rank_, values_);
    return *this;
  }

  std::size_t size() const { return rank_; }
  bool empty() const { return rank_ == 0; }
  std::int64_t operator[](std::size_t i) const { return values_[i]; }
  std::int64_t& operator[](std::size_t i) { return values_[i]; }
  std::int64_t back() const { return values_[rank_ - 1]; }
  const std::int64_t* begin() const { return values_; }
  const std::int64_t* end() const { return values_ + rank_; }
  std::int64_t* begin() { return values_; }
  std::int64_t* end() { return values_ + rank_; }
  operator Span<const std::int64_t>() const { return {values_, rank_}; }

  void push_back(std::int64_t value) {
    if (rank_ == kMaxRank) too_many();
    values_[rank_++] = value;
  }
  void insert(std::size_t at, std::int64_t value) {
    push_back(value);
    std::rotate(begin() + at, end() - 1, end());
  }
  void erase(std::size_t at) {
    std::copy(begin() + at + 1, end(), begin() + at);
    --rank_;
  }

  friend bool operator==(const Dims& a, const Dims& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
  }
  friend bool operator!=(const Dims& a, const Dims& b) { return !(a == b); }

 private:
  [[noreturn]] static void too_many();

  std::size_t rank_ = 0;
  std::int64_t values_[kMaxRank];
};

/// The number of elements; an overflow or a negative size throws.
Size count_of(const Dims& sizes);
/// The strides of a row-major tensor, in elements.
Dims row_major(const Dims& sizes);

}  // namespace tsx::engine
