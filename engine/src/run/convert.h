// One input as a caller gives it, as a value of the type that the program expects.
// As tsx/runtime/convert.py: a tensor is never converted to another dtype, while numbers and lists of
// numbers have no dtype of their own and take the expected one.
#pragma once

#include <string>

#include "core/containers.h"
#include "ir/type.h"

namespace tsx::engine {

/// TSX5012 or TSX5013 names the input. Sizes are checked by check_sizes.
Value converted(const std::string& path, const Value& given, const Type& type);

}  // namespace tsx::engine
