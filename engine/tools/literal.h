// Values as Python writes them: 3, 2.5, True, None, 'text', [1, 2], (1, 'a'), {'k': 1}.
#pragma once

#include <string>

#include "tsx/tsx.h"

namespace tsx::tools {

/// Throws FileError when the text is no such value.
Value parse_literal(const std::string& text);

/// A result with its type, all elements written out: Float(2) [1.0, 2.0]. A tensor with more than
/// `most` elements shows only its type.
std::string shown(const Value& value, std::int64_t most);

}  // namespace tsx::tools
