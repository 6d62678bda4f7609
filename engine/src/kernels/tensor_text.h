// Values as torch prints them, with the elements of tensors.
#pragma once

#include <string>

#include "core/containers.h"

namespace tsx::engine {

/// repr(value) with tensors as torch's repr has them, "tensor([1., 2.])": both ends of what has more than
/// 1000 elements.
std::string text_with_tensors(const Value& value);

}  // namespace tsx::engine
