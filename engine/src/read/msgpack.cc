#include "read/msgpack.h"

#include <cstring>
#include <utility>
#include <vector>

#include "base/utf8.h"
#include "read/limits.h"

namespace tsx::engine {
namespace {

using Kind = Reader::Kind;

/// What the first byte of a value, and the length behind it, say.
struct Head {
  Kind kind = Kind::kNil;
  bool exists = true;        // whether an archive has such values
  unsigned bytes = 1;        // of the head itself, with its length or number
  std::uint64_t number = 0;  // the length, the count, or the bits of a number
};

std::uint64_t big_endian(const std::uint8_t* bytes, unsigned width) {
  std::uint64_t value = 0;
  for (unsigned i = 0; i < width; ++i)
    value = (value << 8) | bytes[i];
  return value;
}

struct Tag {
  Kind kind;
  std::uint8_t width;  // bytes behind the tag
  bool exists = true;
};

/// Tags 0xc0 to 0xdf. Float32 and extensions do not exist in an archive.
constexpr Tag kTags[32] = {
    {Kind::kNil, 0},        {Kind::kNil, 0, false},   {Kind::kBool, 0},
    {Kind::kBool, 0},       {Kind::kBinary, 1},       {Kind::kBinary, 2},
    {Kind::kBinary, 4},     {Kind::kNil, 0, false},   {Kind::kNil, 0, false},
    {Kind::kNil, 0, false}, {Kind::kFloat, 4, false}, {Kind::kFloat, 8},
    {Kind::kInt, 1},        {Kind::kInt, 2},          {Kind::kInt, 4},
    {Kind::kInt, 8},        {Kind::kInt, 1},          {Kind::kInt, 2},
    {Kind::kInt, 4},        {Kind::kInt, 8},          {Kind::kNil, 0, false},
    {Kind::kNil, 0, false}, {Kind::kNil, 0, false},   {Kind::kNil, 0, false},
    {Kind::kNil, 0, false}, {Kind::kString, 1},       {Kind::kString, 2},
    {Kind::kString, 4},     {Kind::kArray, 2},        {Kind::kArray, 4},
    {Kind::kMap, 2},        {Kind::kMap, 4},
};

/// The head at `at`; bytes beyond `left` count as missing (the caller compares `bytes` with it).
Head head_of(const std::uint8_t* at, std::size_t left) {
  const std::uint8_t tag = at[0];
  if (tag < 0x80) return {Kind::kInt, true, 1, tag};
  if (tag < 0x90) return {Kind::kMap, true, 1, tag & 0x0fu};
  if (tag < 0xa0) return {Kind::kArray, true, 1, tag & 0x0fu};
  if (tag < 0xc0) return {Kind::kString, true, 1, tag & 0x1fu};
  if (tag >= 0xe0) return {Kind::kInt, true, 1, ~std::uint64_t{0xff} | tag};
  const Tag& row = kTags[tag - 0xc0];
  Head head{row.kind, row.exists, 1u + row.width, 0};
  if (row.kind == Kind::kBool) head.number = tag - 0xc2u;
  if (head.bytes > left) return head;
  head.number = row.width ? big_endian(at + 1, row.width) : head.number;
  const bool is_signed = tag >= 0xd0 && tag <= 0xd3;
  const unsigned unused = 64 - 8u * row.width;
  if (is_signed && unused)  // extends the sign
    head.number =
        static_cast<std::uint64_t>(static_cast<std::int64_t>(head.number << unused) >> unused);
  return head;
}

bool is_shortest_int(std::uint8_t tag, std::uint64_t number) {
  switch (tag) {
  case 0xcc:
    return number >= 0x80;
  case 0xcd:
    return number > 0xff;
  case 0xce:
    return number > 0xffff;
  case 0xcf:
    return number > 0xffffffff;
  default:
    break;
  }
  if (tag < 0xd0 || tag > 0xd3) return true;
  // Numbers from 0 on are written unsigned.
  const auto value = static_cast<std::int64_t>(number);
  constexpr std::int64_t kBelow[] = {-32, -128, -32768, -2147483648};
  return value < kBelow[tag - 0xd0];
}

bool is_shortest_length(std::uint8_t tag, std::uint64_t number) {
  switch (tag) {
  case 0xc5:
    return number > 0xff;
  case 0xc6:
    return number > 0xffff;
  case 0xd9:
    return number >= 32;
  case 0xda:
    return number > 0xff;
  case 0xdb:
    return number > 0xffff;
  case 0xdc:
  case 0xde:
    return number >= 16;
  case 0xdd:
  case 0xdf:
    return number > 0xffff;
  default:
    return true;
  }
}

/// An infinity, a number, or the one NaN.
bool is_plain_float(std::uint64_t bits) {
  constexpr std::uint64_t kExponent = 0x7ff0000000000000;
  constexpr std::uint64_t kMantissa = 0x000fffffffffffff;
  return (bits & kExponent) != kExponent || (bits & kMantissa) == 0 || bits == 0x7ff8000000000000;
}

/// One walk over the bytes. What a look at the structure alone can tell is refused at once; what
/// the values say (text, order of keys, shortest forms) only when the structure holds, as in
/// Python.
class Scan {
 public:
  Scan(Bytes data, std::string_view what) : data_(data), what_(what) {}

  void run() {
    open_.push_back({1, false, false, {}});
    while (!open_.empty()) {
      if (open_.back().owed == 0) {
        open_.pop_back();
        continue;
      }
      value();
    }
    limits::within("the number of values in " + what_, count_, limits::kSectionElements);
    if (at_ != data_.size())
      throw refusal(std::to_string(data_.size() - at_) + " bytes follow the value");
    if (!complaint_.empty()) throw refusal(complaint_);
  }

 private:
  struct Open {
    std::uint64_t owed;  // values still to come
    bool is_map;
    bool has_key;
    std::string_view last_key;
  };

  Error refusal(const std::string& why) const {
    return malformed(what_ + " is not canonical msgpack: " + why);
  }

  void complain(const char* why) {
    if (complaint_.empty()) complaint_ = why;
  }

  void value() {
    Open& around = open_.back();
    const bool is_key = around.is_map && around.owed % 2 == 0;
    --around.owed;
    --owed_;
    ++count_;
    const std::size_t left = data_.size() - at_;
    if (left == 0) throw refusal("it ends early");
    const std::uint8_t tag = data_[at_];
    const Head head = head_of(data_.data() + at_, left);
    if (!head.exists) throw refusal("there is no value of type " + std::to_string(tag));
    if (is_key && head.kind != Kind::kString) complain("the keys of a map are strings");
    switch (head.kind) {
    case Kind::kArray:
    case Kind::kMap:
      container(head, tag, left);
      break;
    case Kind::kString:
    case Kind::kBinary:
      text(head, tag, left, is_key);
      break;
    default:
      number(head, tag, left);
    }
  }

  void container(const Head& head, std::uint8_t tag, std::size_t left) {
    const bool is_map = head.kind == Kind::kMap;
    const std::uint64_t items = is_map ? 2 * head.number : head.number;
    owed_ += items;
    open_.push_back({items, is_map, false, {}});
    limits::within("the nesting of " + what_, static_cast<std::int64_t>(open_.size()) - 1,
                   limits::kDepth);
    pass(head.bytes, left);
    if (!is_shortest_length(tag, head.number)) complain(kOther);
  }

  void text(const Head& head, std::uint8_t tag, std::size_t left, bool is_key) {
    const std::size_t start = at_ + head.bytes;
    pass(head.bytes + head.number, left);
    if (!is_shortest_length(tag, head.number)) complain(kOther);
    if (head.kind == Kind::kBinary) return;
    const std::string_view text(reinterpret_cast<const char*>(data_.data() + start), head.number);
    if (!utf8::is_valid(text)) complain("a string is not valid UTF-8");
    if (!is_key) return;
    Open& around = open_.back();
    if (around.has_key && text <= around.last_key) complain("the keys of a map ascend, each once");
    around.has_key = true;
    around.last_key = text;
  }

  void number(const Head& head, std::uint8_t tag, std::size_t left) {
    pass(head.bytes, left);
    if (head.kind == Kind::kFloat && !is_plain_float(head.number))
      throw refusal("a NaN that is not the canonical one");
    if (head.kind == Kind::kInt && !is_shortest_int(tag, head.number)) complain(kOther);
  }

  /// Goes on behind `bytes`; each value that is still owed takes one byte at least.
  void pass(std::uint64_t bytes, std::size_t left) {
    if (bytes > left || owed_ > left - bytes)
      throw refusal("a length exceeds the bytes that are there");
    at_ += bytes;
  }

  static constexpr const char* kOther = "another encoding of the same value exists";

  Bytes data_;
  std::string what_;
  std::size_t at_ = 0;
  std::vector<Open> open_;
  std::uint64_t owed_ = 1;  // over all that is open
  std::int64_t count_ = 0;
  std::string complaint_;
};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_word(char c) { return is_letter(c) || (c >= '0' && c <= '9'); }

bool is_identifier(std::string_view text) {
  if (text.empty() || !(is_letter(text[0]) || text[0] == '$')) return false;
  for (const char c : text)
    if (!is_word(c) && c != '$') return false;
  return true;
}

/// Whether every part of `text` between the dots `fits`; there is one at least.
template <typename Fits> bool all_parts(std::string_view text, Fits fits) {
  while (true) {
    const std::size_t dot = text.find('.');
    if (!fits(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

bool is_dotted(std::string_view text) { return all_parts(text, is_identifier); }

bool are_words(std::string_view text) {
  for (const char c : text)
    if (!is_word(c)) return false;
  return !text.empty();
}

bool is_kind(std::string_view text) {
  const std::size_t colons = text.find("::");
  if (colons == std::string_view::npos) return false;
  const std::string_view space = text.substr(0, colons);
  return are_words(space) && is_letter(space[0]) && all_parts(text.substr(colons + 2), are_words);
}

}  // namespace

Error malformed(std::string_view what) { return failure("TSX6005", {{"what", what}}); }

std::string_view as_name(std::string_view text, std::string_view what) {
  if (text.empty()) throw malformed(std::string(what) + " has to be a name");
  if (text.size() > static_cast<std::size_t>(limits::kName))
    limits::within("the length of " + std::string(what),
                   static_cast<std::int64_t>(utf8::length(text)), limits::kName);
  return text;
}

std::string_view as_kind(std::string_view name, std::string_view what) {
  if (!is_kind(name)) throw malformed(std::string(what) + " has to be namespace::name");
  return name;
}

std::string_view as_identifier(std::string_view name, std::string_view what) {
  if (!is_identifier(name)) throw malformed(std::string(what) + " has to be an identifier");
  return name;
}

void check_canonical(Bytes data, std::string_view what) { Scan(data, what).run(); }

// The bytes are checked, so every head is complete.
static Head head_at(const std::uint8_t* at) { return head_of(at, 9); }

Reader::Kind Reader::kind() const { return head_at(at_).kind; }

bool Reader::take_nil() {
  if (!is(Kind::kNil)) return false;
  ++at_;
  return true;
}

std::string_view Reader::tag() { return is(Kind::kString) ? text() : std::string_view(); }

bool Reader::boolean(std::string_view what) {
  const Head head = head_at(at_);
  if (head.kind != Kind::kBool) throw malformed(std::string(what) + " has to be true or false");
  ++at_;
  return head.number != 0;
}

std::int64_t Reader::integer(std::string_view what, std::int64_t low, std::int64_t high) {
  const Head head = head_at(at_);
  const auto value = static_cast<std::int64_t>(head.number);
  const bool is_beyond = *at_ == 0xcf && value < 0;  // over 63 bits
  if (head.kind != Kind::kInt || is_beyond || value < low || value > high)
    throw malformed(std::string(what) + " has to be an integer from " + std::to_string(low) +
                    " to " + std::to_string(high));
  at_ += head.bytes;
  return value;
}

std::uint32_t Reader::index(std::size_t size, std::string_view what) {
  const Head head = head_at(at_);
  if (head.kind != Kind::kInt || head.number >= size)  // a negative number is beyond any size
    throw malformed(std::string(what) + " is not an index of a table of " + std::to_string(size));
  at_ += head.bytes;
  return static_cast<std::uint32_t>(head.number);
}

double Reader::floating(std::string_view what) {
  const Head head = head_at(at_);
  if (head.kind != Kind::kFloat) throw malformed(std::string(what) + " has to be a float");
  at_ += head.bytes;
  double value = 0;
  std::memcpy(&value, &head.number, sizeof value);
  return value;
}

std::string_view Reader::text() {
  const Head head = head_at(at_);
  const std::string_view found(reinterpret_cast<const char*>(at_ + head.bytes), head.number);
  at_ += head.bytes + head.number;
  return found;
}

std::string_view Reader::string(std::string_view what) {
  if (!is(Kind::kString)) throw malformed(std::string(what) + " has to be a string");
  const std::string_view found = text();
  if (found.size() > static_cast<std::size_t>(limits::kString))
    limits::within("the length of " + std::string(what),
                   static_cast<std::int64_t>(utf8::length(found)), limits::kString);
  return found;
}

std::string_view Reader::name(std::string_view what) { return as_name(tag(), what); }

std::string_view Reader::kind_name(std::string_view what) { return as_kind(name(what), what); }

std::string_view Reader::identifier(std::string_view what) {
  return as_identifier(name(what), what);
}

std::string_view Reader::dotted(std::string_view what) {
  const std::string_view found = name(what);
  if (!is_dotted(found))
    throw malformed(std::string(what) + " has to be identifiers joined by dots");
  return found;
}

Bytes Reader::binary(std::string_view what) {
  const Head head = head_at(at_);
  if (head.kind != Kind::kBinary) throw malformed(std::string(what) + " has to be bytes");
  const Bytes found(at_ + head.bytes, head.number);
  at_ += head.bytes + head.number;
  return found;
}

Digest Reader::digest(std::string_view what) {
  const Bytes bytes = binary(what);
  Digest found{};
  if (bytes.size() != found.size()) throw malformed(std::string(what) + " has to be 32 bytes");
  std::memcpy(found.data(), bytes.data(), found.size());
  return found;
}

std::uint32_t Reader::array(std::string_view what) {
  const Head head = head_at(at_);
  if (head.kind != Kind::kArray) throw malformed(std::string(what) + " has to be an array");
  at_ += head.bytes;
  return static_cast<std::uint32_t>(head.number);
}

void Reader::array(std::string_view what, std::uint32_t wanted) {
  const std::uint32_t found = array(what);
  if (found != wanted)
    throw malformed(std::string(what) + " has " + std::to_string(found) + " elements, not " +
                    std::to_string(wanted));
}

std::uint32_t Reader::map(std::string_view what) {
  const Head head = head_at(at_);
  if (head.kind != Kind::kMap) throw malformed(std::string(what) + " has to be a map");
  at_ += head.bytes;
  return static_cast<std::uint32_t>(head.number);
}

void Reader::skip() {
  for (std::uint64_t owed = 1; owed > 0; --owed) {
    const Head head = head_at(at_);
    at_ += head.bytes;
    if (head.kind == Kind::kString || head.kind == Kind::kBinary) at_ += head.number;
    if (head.kind == Kind::kArray) owed += head.number;
    if (head.kind == Kind::kMap) owed += 2 * head.number;
  }
}

}  // namespace tsx::engine
