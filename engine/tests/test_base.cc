#include <vector>

#include "base/blake2b.h"
#include "base/quote.h"
#include "base/ref.h"
#include "base/size.h"
#include "base/unicode.h"
#include "base/utf8.h"
#include "test.h"

using namespace tsx::engine;

namespace {

std::string hex(const Digest& digest) {
  std::string text;
  for (const std::uint8_t byte : digest) {
    constexpr char kDigits[] = "0123456789abcdef";
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::vector<std::uint8_t> counting(std::size_t size) {
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = 0; i < size; ++i) bytes.push_back(static_cast<std::uint8_t>(i));
  return bytes;
}

}  // namespace

// The digests are Python's hashlib.blake2b(data, digest_size=32).
TEST("blake2b is that of RFC 7693") {
  CHECK_EQUAL(hex(blake2b("", 0)),
              "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
  CHECK_EQUAL(hex(blake2b("abc", 3)),
              "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
}

TEST("blake2b takes pieces of any size") {
  const std::vector<std::uint8_t> bytes = counting(1000);
  const Digest whole = blake2b(bytes.data(), bytes.size());
  for (const std::size_t piece : {1u, 3u, 64u, 127u, 128u, 129u, 256u, 999u}) {
    Blake2b hash;
    for (std::size_t at = 0; at < bytes.size(); at += piece)
      hash.update(bytes.data() + at, std::min<std::size_t>(piece, bytes.size() - at));
    CHECK_EQUAL(hex(hash.finish()), hex(whole));
  }
}

TEST("sizes don't wrap") {
  CHECK_EQUAL((Size(3) * Size(4) + Size(5)).value(), 17);
  CHECK_EQUAL(Size(65).aligned(64).value(), 128);
  CHECK_EQUAL(Size(64).aligned(64).value(), 64);
  CHECK_THROWS("refused", Size(-1));
  CHECK_THROWS("refused", Size(INT64_MAX) + Size(1));
  CHECK_THROWS("refused", Size(std::int64_t{1} << 32) * Size(std::int64_t{1} << 32));
  CHECK_THROWS("refused", Size(1) - Size(2));
  CHECK_THROWS("refused", Size::of(SIZE_MAX));
}

TEST("utf-8 is decoded strictly") {
  CHECK(utf8::is_valid("plain, \xc3\xa9, \xe2\x82\xac, \xf0\x9f\x98\x80"));
  CHECK(!utf8::is_valid("\xc0\x80"));          // not the shortest form
  CHECK(!utf8::is_valid("\xed\xa0\x80"));      // a surrogate
  CHECK(!utf8::is_valid("\xf4\x90\x80\x80"));  // beyond U+10FFFF
  CHECK(!utf8::is_valid("\xe2\x82"));          // cut short
  CHECK(!utf8::is_valid("\x80"));
  CHECK_EQUAL(utf8::length("\xc3\xa9\xe2\x82\xac!"), 3u);
  CHECK_EQUAL(utf8::offset("\xc3\xa9\xe2\x82\xac!", 2), 5u);
  CHECK_EQUAL(utf8::offset("ab", 7), 2u);
}

TEST("quoted as Python's repr") {
  CHECK_EQUAL(quote("it's"), "\"it's\"");
  CHECK_EQUAL(quote("a\"b'c"), "'a\"b\\'c'");
  CHECK_EQUAL(quote("a\n\x1b[0m\\"), "'a\\n\\x1b[0m\\\\'");
  CHECK_EQUAL(quote("\xe2\x80\xae\xc3\xa9"), "'\\u202e\xc3\xa9'");
}

TEST("letters of any script, and what they become") {
  using namespace unicode;
  const auto mapped = [](char32_t c, Case to) {
    std::u32string out;
    append_mapped(out, c, to);
    return out;
  };
  CHECK(is(U'\u00e4', kLower) && is(U'\u00e4', kAlpha) && !is(U'\u00e4', kUpper));
  CHECK(is(U'\u2028', kSpace) && !is(U'\u2028', kPrintable));
  CHECK_EQUAL(decimal_value(U'\u0663'), 3);
  CHECK_EQUAL(decimal_value(U'\u00b2'), -1);
  CHECK(mapped(U'\u00df', Case::kUpper) == U"SS");
  CHECK(mapped(U'\u01c6', Case::kTitle) == U"\u01c5");
  CHECK(mapped(U'\u0130', Case::kLower) == U"i\u0307");
  CHECK(mapped(0x10ffff, Case::kFold) == std::u32string(1, 0x10ffff));
}

TEST("errors fill in their sentence") {
  const Error error = failure("TSX1003", {{"spec", "a'b"}}, "here");
  CHECK_EQUAL(error.message(), "expected a shape like 1,3,224,224 or name=1,128:int64, got \"a'b\"");
  CHECK_EQUAL(error.exit_status(), 2);
  CHECK_EQUAL(failure("TSX2011", {{"what", "w"}, {"known", "k"}}).help(),
              "write dynamic={\"x\": [0]} with the names of the model's arguments");
  CHECK_THROWS("TSX9001", failure("TSX0000", {}));
}

namespace {

struct Link final : RefCounted {
  Ref<Link> next;
};

}  // namespace

TEST("a chain of a million objects dies without recursion") {
  Ref<Link> first;
  for (int i = 0; i < 1000000; ++i) {
    Ref<Link> link = make_ref<Link>();
    link->next = std::move(first);
    first = std::move(link);
  }
  CHECK(first->is_unique());
}
