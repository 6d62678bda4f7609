#include "base/quote.h"

#include "base/unicode.h"
#include "base/utf8.h"

namespace tsx::engine {
namespace {

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
    if (unicode::is(point, unicode::kPrintable))
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

std::string ascii(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const char32_t point = utf8::next(text, at);
    if (point < 0x80)
      out += static_cast<char>(point);
    else
      out += hex(point);
  }
  return out;
}

std::string escape(std::string_view text) { return escaped(text, '\0'); }

}  // namespace tsx::engine
