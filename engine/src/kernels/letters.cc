// What Python's strings say of letters, and make of them (tsx/ops/python_strings.py, strings.py).
#include <algorithm>

#include "base/quote.h"
#include "base/unicode.h"
#include "core/format.h"
#include "kernels/text.h"

namespace tsx::engine {
namespace {

using unicode::Case;

// --- questions ----------------------------------------------------------------------------------

/// Whether there is a character, and all of them are one of these.
template <unsigned any_of> void all_are(Call& call) {
  const Text text = decoded(call.string(0));
  call.give(!text.empty() && std::all_of(text.begin(), text.end(),
                                         [](char32_t c) { return unicode::is(c, any_of); }));
}

void is_printable(Call& call) {
  const Text text = decoded(call.string(0));
  call.give(std::all_of(text.begin(), text.end(),
                        [](char32_t c) { return unicode::is(c, unicode::kPrintable); }));
}

void is_identifier(Call& call) {
  const Text text = decoded(call.string(0));
  call.give(!text.empty() && unicode::is(text[0], unicode::kStart) &&
            std::all_of(text.begin(), text.end(),
                        [](char32_t c) { return unicode::is(c, unicode::kContinue); }));
}

/// Whether there is one of `wanted`, and none of `refused`.
template <unsigned wanted, unsigned refused> void some_are(Call& call) {
  const Text text = decoded(call.string(0));
  const auto has = [&](unsigned any_of) {
    return std::any_of(text.begin(), text.end(),
                       [any_of](char32_t c) { return unicode::is(c, any_of); });
  };
  call.give(has(wanted) && !has(refused));
}

/// Words begin with a capital, and no letter behind the first is one.
void is_title(Call& call) {
  bool is_found = false, is_inside = false;
  for (const char32_t c : decoded(call.string(0))) {
    const bool is_capital = unicode::is(c, unicode::kUpper | unicode::kTitle);
    const bool is_small = unicode::is(c, unicode::kLower);
    if (is_capital ? is_inside : is_small && !is_inside) return call.give(false);
    is_inside = is_capital || is_small;
    is_found = is_found || is_inside;
  }
  call.give(is_found);
}

// --- letters ------------------------------------------------------------------------------------

/// Whether the sigma at `place` ends a word: a cased letter before it, none behind.
bool is_final(TextView text, std::size_t place) {
  const auto is_passed = [&](std::size_t at) { return unicode::is(text[at], unicode::kIgnorable); };
  std::size_t before = place;
  while (before > 0 && is_passed(before - 1))
    --before;
  if (before == 0 || !unicode::is(text[before - 1], unicode::kCased)) return false;
  std::size_t behind = place + 1;
  while (behind < text.size() && is_passed(behind))
    ++behind;
  return behind == text.size() || !unicode::is(text[behind], unicode::kCased);
}

void append_lower(Text& out, TextView text, std::size_t place) {
  if (text[place] == U'\u03a3')
    out += is_final(text, place) ? U'\u03c2' : U'\u03c3';
  else
    unicode::append_mapped(out, text[place], Case::kLower);
}

/// Each character by itself: append(out, text, place).
template <void (*append)(Text&, TextView, std::size_t)> void changed(Call& call) {
  const Text text = decoded(call.string(0));
  Text out;
  for (std::size_t i = 0; i < text.size(); ++i)
    append(out, text, i);
  call.give(text_value(out));
}

template <Case to> void append_as(Text& out, TextView text, std::size_t place) {
  unicode::append_mapped(out, text[place], to);
}

void append_swapped(Text& out, TextView text, std::size_t place) {
  const unsigned flags = unicode::flags(text[place]);
  if (flags & unicode::kUpper)
    append_lower(out, text, place);
  else if (flags & unicode::kLower)
    unicode::append_mapped(out, text[place], Case::kUpper);
  else
    out += text[place];
}

void append_capitalized(Text& out, TextView text, std::size_t place) {
  if (place == 0)
    unicode::append_mapped(out, text[0], Case::kTitle);
  else
    append_lower(out, text, place);
}

void append_titled(Text& out, TextView text, std::size_t place) {
  if (place > 0 && unicode::is(text[place - 1], unicode::kCased))
    append_lower(out, text, place);
  else
    unicode::append_mapped(out, text[place], Case::kTitle);
}

// --- TorchScript's own: the letters of ASCII ----------------------------------------------------

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_letter(char c) { return is_upper(c) || is_lower(c); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

template <bool (*holds)(char)> void bytes_are(Call& call) {
  const std::string& text = call.string(0);
  call.give(!text.empty() && std::all_of(text.begin(), text.end(), holds));
}

enum class Letters : std::uint8_t { kUpper, kLower, kCapitalized, kTitle };

template <Letters to> void bytes_changed(Call& call) {
  std::string text = call.string(0);
  bool is_first = true;  // of the text, or of a word
  for (char& c : text) {
    const bool is_large = to == Letters::kUpper || (to != Letters::kLower && is_first);
    is_first = to == Letters::kTitle && !is_letter(c);
    if (is_large ? is_lower(c) : is_upper(c)) c = static_cast<char>(c ^ 0x20);
  }
  call.give(std::string_view(text));
}

void ascii_of(Call& call) { call.give(std::string_view(ascii(repr(call[0])))); }

constexpr unsigned kAlnum =
    unicode::kAlpha | unicode::kDecimal | unicode::kDigit | unicode::kNumeric;

}  // namespace
}  // namespace tsx::engine

TSX_KERNELS(letters) {
  registry.add("tsx::isalnum", all_are<kAlnum>);
  registry.add("tsx::isalpha", all_are<unicode::kAlpha>);
  registry.add("tsx::isdecimal", all_are<unicode::kDecimal>);
  registry.add("tsx::isdigit", all_are<unicode::kDigit>);
  registry.add("tsx::isnumeric", all_are<unicode::kNumeric>);
  registry.add("tsx::isspace", all_are<unicode::kSpace>);
  registry.add("tsx::isprintable", is_printable);
  registry.add("tsx::isidentifier", is_identifier);
  registry.add("tsx::islower", some_are<unicode::kLower, unicode::kUpper | unicode::kTitle>);
  registry.add("tsx::isupper", some_are<unicode::kUpper, unicode::kLower | unicode::kTitle>);
  registry.add("tsx::istitle", is_title);
  registry.add("tsx::lower", changed<append_lower>);
  registry.add("tsx::upper", changed<append_as<Case::kUpper>>);
  registry.add("tsx::casefold", changed<append_as<Case::kFold>>);
  registry.add("tsx::swapcase", changed<append_swapped>);
  registry.add("tsx::capitalize", changed<append_capitalized>);
  registry.add("tsx::title", changed<append_titled>);
  registry.add("tsx::ascii", ascii_of);
  registry.add("aten::isalpha", bytes_are<is_letter>);
  registry.add("aten::isdigit", bytes_are<is_digit>);
  registry.add("aten::isspace", bytes_are<is_blank>);
  registry.add("aten::upper", bytes_changed<Letters::kUpper>);
  registry.add("aten::lower", bytes_changed<Letters::kLower>);
  registry.add("aten::capitalize", bytes_changed<Letters::kCapitalized>);
  registry.add("aten::title", bytes_changed<Letters::kTitle>);
}
