#include "base/unicode.h"

#include <algorithm>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "base/span.h"

namespace tsx::engine::unicode {
namespace {

#include "unicode.inc"

/// Reads the table's bytes: numbers of seven bits a byte, the low ones first.
class Bytes {
 public:
  explicit Bytes(Span<const std::uint8_t> data) : data_(data) {}

  bool has_more() const { return at_ < data_.size(); }
  std::uint32_t byte() { return data_[at_++]; }
  std::uint32_t number() {
    std::uint32_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      const std::uint32_t part = byte();
      value |= (part & 127) << shift;
      if (part < 128) return value;
    }
  }

 private:
  Span<const std::uint8_t> data_;
  std::size_t at_ = 0;
};

/// Code points from `start` on that have the same flags.
struct Run {
  std::uint32_t start;
  std::uint16_t flags;
};

std::vector<Run> read_runs() {
  std::vector<Run> runs;
  std::uint32_t start = 0;
  for (Bytes bytes(kRuns); bytes.has_more();) {
    const std::uint32_t length = bytes.number();
    runs.push_back({start, kCombinations[bytes.byte()]});
    start += length;
  }
  return runs;
}

const Run& run_of(char32_t c) {
  static const std::vector<Run> kAll = read_runs();
  const auto behind = std::upper_bound(kAll.begin(), kAll.end(), c,
                                       [](char32_t at, const Run& run) { return at < run.start; });
  return *(behind - 1);
}

/// What the characters of one mapping become.
struct Mapping {
  std::unordered_map<char32_t, char32_t> one;
  std::unordered_map<char32_t, std::u32string> several;
};

void read_moves(Span<const std::uint8_t> data, Mapping& mapping) {
  std::uint32_t at = 0;
  for (Bytes bytes(data); bytes.has_more();) {
    at += bytes.number();
    const std::uint32_t count = bytes.number(), move = bytes.number();
    const std::uint32_t step = 1 + (count & 1);
    const std::uint32_t distance = move & 1 ? ~(move >> 1) : move >> 1;
    for (std::uint32_t left = count >> 1;; at += step) {
      mapping.one.emplace(at, at + distance);
      if (--left == 0) break;
    }
  }
}

struct Mappings {
  Mapping of[4];

  Mappings() {
    read_moves(kLowerMoves, of[0]);
    read_moves(kUpperMoves, of[1]);
    read_moves(kTitleMoves, of[2]);
    read_moves(kFoldMoves, of[3]);
    for (Bytes bytes(kSpecials); bytes.has_more();) {
      const char32_t c = bytes.number();
      std::u32string& made = of[bytes.byte()].several[c];
      for (std::uint32_t left = bytes.byte(); left > 0; --left)
        made += static_cast<char32_t>(bytes.number());
    }
  }
};

}  // namespace

unsigned flags(char32_t c) { return run_of(c).flags; }

int decimal_value(char32_t c) {
  const Run& run = run_of(c);
  return run.flags & kDecimal ? static_cast<int>((c - run.start) % 10) : -1;
}

void append_mapped(std::u32string& out, char32_t c, Case to) {
  static const Mappings kAll;
  const Mapping& mapping = kAll.of[static_cast<std::size_t>(to)];
  if (const auto one = mapping.one.find(c); one != mapping.one.end())
    out += one->second;
  else if (const auto made = mapping.several.find(c); made != mapping.several.end())
    out += made->second;
  else
    out += c;
}

const char* version() { return kVersion; }

}  // namespace tsx::engine::unicode
