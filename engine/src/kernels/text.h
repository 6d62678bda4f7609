// What kernels on strings share: strings as code points, which is how Python counts, and the
// searches that TorchScript's and Python's strings have in common.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/call.h"

namespace tsx::engine {

using Text = std::u32string;
using TextView = std::u32string_view;

Text decoded(std::string_view utf8);
std::string encoded(TextView text);
Value text_value(TextView text);
Value text_list(const std::vector<Text>& texts);

/// As str.isspace says.
bool is_space(char32_t c);

/// text[start:end] with Python's bounds; a start behind the end finds nothing, not even "".
struct Within {
  TextView text;
  std::size_t start = 0;
  bool is_valid = true;
};
Within within(TextView text, std::optional<std::int64_t> start, std::optional<std::int64_t> end);

/// The first or last place of `part`, -1 when there is none.
std::int64_t find(const Within& in, TextView part, bool from_right);
std::int64_t count(const Within& in, TextView part);
bool starts_with(TextView text, TextView part);
bool ends_with(TextView text, TextView part);

Text replaced(TextView text, TextView old, TextView made, std::int64_t most);
/// At white space, or at a separator that isn't empty; `most` < 0: everywhere.
std::vector<Text> split_at_space(TextView text, std::int64_t most, bool from_right);
std::vector<Text> split_at(TextView text, TextView separator, std::int64_t most, bool from_right);
std::vector<Text> lines_of(TextView text, bool keep_ends);
/// Without the characters at the ends that are in `chars` (white space when there are none given).
Text stripped_of(TextView text, const std::optional<Text>& chars, bool left, bool right);
Text zero_filled(TextView text, std::int64_t width);
Text repeated(TextView text, std::int64_t times);

/// An int in a base that is a power of two, as Python's hex, oct and bin write it.
std::string in_base(std::int64_t value, unsigned bits_a_digit, char letter);

}  // namespace tsx::engine
