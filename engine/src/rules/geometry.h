// The sizes that slices, windows and products give, as tsx/ops/view_rules.py, windows.py and matmul.py
// have them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rules/support.h"

namespace tsx::engine::rules {

/// The quotient rounded up, by a divisor above 0.
inline Dim ceil_div(const Dim& dim, std::int64_t divisor) {
  return floor_div(dim - 1, divisor) + 1;
}

// --- slices -------------------------------------------------------------------------------------

/// Refuses a 0-dim tensor.
void need_dimension(std::string_view op, const Shape& shape);
/// The sizes with another one at `place` (of a 0-dim tensor that one alone).
Shape resized(Shape shape, std::size_t place, const Dim& size);
/// The sizes but the one at `place`.
Shape without(Shape shape, std::size_t place);
/// How many elements [start:end:step] takes of `size`; unknown when it can't be told for every binding.
Dim slice_size(const Dim& size, const Abstract& start, const Abstract& end, const Abstract& step);

// --- windows ------------------------------------------------------------------------------------

using Ints = std::vector<std::int64_t>;

/// An int (a bool is one) or a list of ints, when all of it is known. Bools in a list are no ints.
std::optional<Ints> window_ints(const Abstract& value);
/// One or `count` ints as `count` ints, each at least `least` (else TSX4052).
Ints spread_ints(std::string_view op, std::string_view what, Ints values, std::size_t count,
                 std::int64_t least);

/// A sliding window: kernel, stride and dilation are positive, padding isn't negative.
struct Window {
  Ints kernel, stride, padding, dilation;

  /// How many places it spans along an axis.
  Dim reach(std::size_t axis) const;
  /// The number of windows along each axis; unknown where it isn't known. TSX4053 when there is none.
  Shape output(std::string_view op, const Shape& sizes, bool ceil = false) const;
};

/// The window that the operands mean; an empty stride is the kernel's size.
Window window(std::string_view op, const Ints& kernel, const Ints& stride, const Ints& padding,
              const Ints& dilation, std::size_t count);

// --- products -----------------------------------------------------------------------------------

/// The shape of a @ b; nothing when a rank is unknown.
std::optional<Shape> matmul_shape(std::string_view op, const std::optional<Shape>& a,
                                  const std::optional<Shape>& b);

}  // namespace tsx::engine::rules
