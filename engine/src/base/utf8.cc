#include "base/utf8.h"

namespace tsx::engine::utf8 {
namespace {

constexpr char32_t kBad = 0xfffd;

unsigned byte(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

bool is_continuation(std::string_view text, std::size_t at) {
  return at < text.size() && (byte(text, at) & 0xc0) == 0x80;
}

/// The code point at `at` and its length; length 0 when it is malformed.
char32_t decode(std::string_view text, std::size_t at, std::size_t& length) {
  const unsigned lead = byte(text, at);
  length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (length == 1) return lead;
  if (lead < 0xc2 || lead > 0xf4) return length = 0, kBad;
  char32_t point = lead & (0xffu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if (!is_continuation(text, at + i)) return length = 0, kBad;
    point = (point << 6) | (byte(text, at + i) & 0x3f);
  }
  constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  if (point < kLeast[length] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
    return length = 0, kBad;
  return point;
}

}  // namespace

bool is_valid(std::string_view text) {
  for (std::size_t at = 0, length = 0; at < text.size(); at += length) {
    decode(text, at, length);
    if (length == 0) return false;
  }
  return true;
}

char32_t next(std::string_view text, std::size_t& at) {
  std::size_t length = 0;
  const char32_t point = decode(text, at, length);
  at += length ? length : 1;
  return point;
}

void append(std::string& out, char32_t point) {
  const auto put = [&out](char32_t bits) { out += static_cast<char>(bits); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xc0 | (point >> 6)), put(0x80 | (point & 0x3f));
  } else if (point < 0x10000) {
    put(0xe0 | (point >> 12)), put(0x80 | ((point >> 6) & 0x3f)), put(0x80 | (point & 0x3f));
  } else {
    put(0xf0 | (point >> 18)), put(0x80 | ((point >> 12) & 0x3f));
    put(0x80 | ((point >> 6) & 0x3f)), put(0x80 | (point & 0x3f));
  }
}

std::size_t length(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size(); ++at) count += (byte(text, at) & 0xc0) != 0x80;
  return count;
}

std::size_t offset(std::string_view text, std::size_t index) {
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    if ((byte(text, at) & 0xc0) == 0x80) continue;
    if (index-- == 0) return at;
  }
  return at;
}

}  // namespace tsx::engine::utf8
