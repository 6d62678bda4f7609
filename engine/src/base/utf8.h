// UTF-8: strings of a program are valid UTF-8 and are indexed by code points, as Python's are.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tsx::engine::utf8 {

/// Whether `text` is well-formed: shortest forms, no surrogates, nothing beyond U+10FFFF.
bool is_valid(std::string_view text);

/// The code point at byte `at`, which moves behind it. Of malformed text a byte is U+FFFD.
char32_t next(std::string_view text, std::size_t& at);

void append(std::string& out, char32_t point);

/// The number of code points.
std::size_t length(std::string_view text);

/// The byte where code point number `index` starts; the size of `text` when there are fewer.
std::size_t offset(std::string_view text, std::size_t index);

}  // namespace tsx::engine::utf8
