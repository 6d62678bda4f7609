// Python's format(value, spec): the mini-language of format specifications.
#pragma once

#include <string>

#include "core/call.h"
#include "kernels/text.h"

namespace tsx::engine {

/// Raises what Python raises for a specification that the value has no meaning for.
Text formatted(const Value& value, TextView spec);

/// What 's', 'r' or 'a' make of a value: str, repr, ascii.
Text converted(const Value& value, char32_t conversion);

/// What type(value).__name__ gives.
std::string python_type(const Value& value);

}  // namespace tsx::engine
