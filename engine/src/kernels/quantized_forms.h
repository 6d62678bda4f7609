// What operators on plain tensors mean for quantised ones: those that move integers, compare them, or ask for sizes.
#pragma once

#include <string_view>

#include "core/call.h"

namespace tsx::engine {

/// Whether an operator makes quantised tensors of plain ones.
bool makes_quantized(std::string_view kind);
/// Whether a quantised tensor as an operand has a meaning.
bool takes_quantized(std::string_view kind);
bool is_quantized_tensor(const Value& value);
/// The kernel that takes plain and quantised tensors; null for an operator that has no meaning for those.
Kernel quantized_form(std::string_view kind);

}  // namespace tsx::engine
