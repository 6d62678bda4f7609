#include "base/quote.h"

#include "base/utf8.h"

namespace tsx::engine {
namespace {

/// Controls, separators, and marks that turn the direction of writing.
bool is_printable(char32_t point) {
  return point >= 0x20 && !(point >= 0x7f && point < 0xa0) && point != 0xad &&
         !(point >= 0x200b && point <= 0x200f) && !(point >= 0x2028 && point <= 0x202e) &&
         !(point >= 0x2060 && point <= 0x206f) && !(point >= 0xd800 && point <= 0xf8ff) &&
         point != 0xfeff && !(point >= 0xfff0 && point <= 0xfffb) && point < 0xe0000;
}

std::string hex(char32_t point) {
  constexpr char kDigits[] = "0123456789abcdef";
  const int width = point < 0x100 ? 2 : point < 0x10000 ? 4 : 8;
  std::string out = width == 2 ? "\\x" : width == 4 ? "\\u" : "\\U";
  for (int shift = 4 * (width - 1); shift >= 0; shift -= 4) out += kDigits[(point >> shift) & 15];
  return out;
}

void append(std::string& out, char32_t point, char mark) {
  switch (point) {
  case '\n': out += "\\n"; return;
  case '\r': out += "\\r"; return;
  case '\t': out += "\\t"; return;
  case '\\': out += mark ? "\\\\" : "\\"; return;
  default:
    if (mark && point == static_cast<unsigned char>(mark)) out += '\\';
    if (is_printable(point))
      utf8::append(out, point);
    else
      out += hex(point);
  }
}

std::string escaped(std::string_view text, char mark) {
  std::string out;
  out.reserve(text.size() + 2);
  for (std::size_t at = 0; at < text.size();) append(out, utf8::next(text, at), mark);
  return out;
}

}  // namespace

std::string quote(std::string_view text) {
  const bool has_single = text.find('\'') != std::string_view::npos;
  const bool has_double = text.find('"') != std::string_view::npos;
  const char mark = has_single && !has_double ? '"' : '\'';
  return mark + escaped(text, mark) + mark;
}

std::string escape(std::string_view text) { return escaped(text, '\0'); }

}  // namespace tsx::engine
