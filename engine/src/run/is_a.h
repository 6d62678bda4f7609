// Whether a value is of a type, as tsx/runtime/values.py asks it.
#pragma once

#include "core/containers.h"
#include "ir/type.h"

namespace tsx::engine {

/// Sizes don't count. An empty list is of every list type.
bool is_a(const Value& value, const Type& type);

}  // namespace tsx::engine
