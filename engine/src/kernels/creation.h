// Tensors full of one value.
#pragma once

#include "core/call.h"

namespace tsx::engine {

/// A number, as a value, in every element; converted as torch converts a number.
TensorRef filled(const Dims& sizes, const Value& value, DType dtype);
/// The dtype that a number has as a tensor: float32 for floats.
DType dtype_of_number(const Value& value);
/// A 0-dim tensor of a number, in the number's full precision.
TensorRef exact_scalar(const Value& value);

} // namespace tsx::engine
