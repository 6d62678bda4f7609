// Quantised tensors while a program runs: an object of integers, scales and zero points, as tsx/ops/quantized_tensor.py has
// them. It is no tensor on purpose: a kernel that doesn't know it refuses it, and can't take the integers for numbers.
#pragma once

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "core/call.h"

namespace tsx::engine {

struct Quantized {
  TensorRef values;       // int8, uint8 or int32, row-major
  TensorRef scales;       // float64: one, or one for each index of `axis`
  TensorRef zero_points;  // int64
  std::optional<std::int64_t> axis;

  /// The operand, which must be one.
  static Quantized of(const Value& value);
  static Quantized by_tensor(TensorRef values, double scale, std::int64_t zero_point);
  static bool is(const Value& value);
  Value value() const;

  /// Of a tensor quantised by one scale; refuses any other.
  double scale() const;
  std::int64_t zero_point() const;
  /// Other integers of the same scale.
  Quantized like(const TensorRef& other) const;
  /// Elements between those of neighbouring indices of the axis; all of them for one scale.
  std::int64_t inner() const;
  std::int64_t channels() const { return scales->count(); }
};

/// A class that only kernels make objects of.
std::shared_ptr<const ClassInfo> made_class(const char* name, std::initializer_list<const char*> attributes);
Value object_of(const std::shared_ptr<const ClassInfo>& info, std::vector<Value> attributes);
bool is_of(const Value& value, const std::shared_ptr<const ClassInfo>& info);

/// To nearest even; what 32 bits can't hold is cut, NaN is the lowest.
std::int64_t rounded(float value);
const Tensor& need_float32(const Tensor& x);
/// A zero point, which 32 bits must hold: so the sums of 64 bits here don't overflow.
std::int64_t zero_point_of(double value);
std::int64_t zero_point_of(std::int64_t value);
/// A float32 operand, row-major.
TensorRef float32_of(Call& call, std::size_t i);
/// Writes a float32 tensor, row-major, in steps of each channel.
void fill(const Tensor& x, const Quantized& to);
/// By one scale: x / scale + zero point, rounded to float32 once, then to nearest even.
Quantized quantized(const Tensor& x, double scale, std::int64_t zero_point, DType stored);
/// The same where the zero point is added to whole steps: what layers do with their operand.
Quantized stepped(const Tensor& x, double scale, std::int64_t zero_point, DType stored);
/// float32: the scale times the steps.
TensorRef dequantized(const Quantized& q);

/// Calls visit(T{}) with the type of stored integers.
template <typename Visit> void for_stored(DType dtype, Visit visit) {
  switch (dtype) {
  case DType::kInt8: return visit(std::int8_t{});
  case DType::kUInt8: return visit(std::uint8_t{});
  case DType::kInt32: return visit(std::int32_t{});
  default: refuse("expected integers of int8, uint8 or int32, got " + std::string(name(dtype)));
  }
}

template <typename T> T saturated(std::int64_t whole) {
  using Range = std::numeric_limits<T>;
  return static_cast<T>(std::clamp<std::int64_t>(whole, Range::min(), Range::max()));
}

/// visit(element, stored integer - zero point, channel).
template <typename Visit> void each_step(const Quantized& q, Visit visit) {
  if (q.values->count() == 0) return;
  const auto* const zeros = q.zero_points->data<std::int64_t>();
  const std::int64_t inner = q.inner(), channels = q.channels();
  for_stored(q.values->dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* const from = q.values->data<T>();
    for (std::int64_t i = 0; i < q.values->count(); ++i) {
      const std::int64_t c = i / inner % channels;
      visit(i, static_cast<std::int64_t>(from[i]) - zeros[c], c);
    }
  });
}

}  // namespace tsx::engine
