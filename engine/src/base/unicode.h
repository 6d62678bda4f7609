// Unicode's letters, as the Python that wrote gen/unicode.inc has them.
#pragma once

#include <string>

namespace tsx::engine::unicode {

/// What a character is, in the order of tools/engine_unicode.py.
enum Flag : unsigned {
  kAlpha = 1 << 0,
  kDecimal = 1 << 1,
  kDigit = 1 << 2,
  kNumeric = 1 << 3,
  kLower = 1 << 4,
  kUpper = 1 << 5,
  kTitle = 1 << 6,
  kPrintable = 1 << 7,
  kSpace = 1 << 8,
  kStart = 1 << 9,      // of an identifier
  kContinue = 1 << 10,  // an identifier
  kCased = 1 << 11,
  kIgnorable = 1 << 12,  // when the end of a word is looked for
};

/// All flags of a character.
unsigned flags(char32_t c);
inline bool is(char32_t c, unsigned any_of) { return (flags(c) & any_of) != 0; }

/// The value of a decimal digit of any script; -1 for what is none.
int decimal_value(char32_t c);

enum class Case : unsigned char { kLower, kUpper, kTitle, kFold };

/// Appends what the character becomes: one character or several.
void append_mapped(std::u32string& out, char32_t c, Case to);

/// The version of Unicode.
const char* version();

}  // namespace tsx::engine::unicode
