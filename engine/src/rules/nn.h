// What the rules of contractions and of network operators share beside support.h and geometry.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rules/geometry.h"

namespace tsx::engine::rules {

// --- shapes -------------------------------------------------------------------------------------

/// The sizes from place `from` up to `to`, as far as there are any.
Shape part(const Shape& shape, std::size_t from, std::size_t to = SIZE_MAX);
/// All but the last `count` sizes.
inline Shape without_last(const Shape& shape, std::size_t count) {
  return part(shape, 0, shape.size() > count ? shape.size() - count : 0);
}
Shape joined(Shape first, const Shape& second);
/// Whether the ranks differ, or sizes at one place are known to.
bool misfits(const Shape& found, const Shape& wanted);
bool has_zero(const Shape& shape, std::size_t from = 0);

// --- dtypes and numbers ---------------------------------------------------------------------------

/// The dtype in which an operator on `dtype` computes: float32 for the halves.
std::optional<DType> compute_dtype(std::optional<DType> dtype);
/// The dtype in which norms give means and deviations: the input's, or float32 when half meets float32
/// in a term at one of `terms`.
std::optional<DType> statistics_dtype(const Operands& in, std::initializer_list<std::size_t> terms);
/// An int, bool or float that is known; nothing else.
std::optional<double> known_real(const Abstract& value);
/// TSX4056: the operator takes tensors of other dtypes.
[[noreturn]] void wrong_dtype(std::string_view op, std::string_view expected, DType found);

/// How many spatial dimensions an operator's name tells: the digit in "max_pool2d".
std::size_t spatial_dims(const Operands& in);
/// Its base without what stands around such a name: "max_pool2d_with_indices" is max_pool2d.
std::string_view spatial_name(const Operands& in);

/// TSX4050: two operands whose sizes don't fit together.
[[noreturn]] void unequal(std::string_view op, std::string_view expected, const Shape& left,
                          const Shape& right);

}  // namespace tsx::engine::rules
