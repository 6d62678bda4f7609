// The container: preamble, header, section table and tensor table (docs/archive.md, sections 1, 3,
// 4).
//
// Everything here is checked against the bytes that are there before it is believed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/blake2b.h"
#include "read/msgpack.h"
#include "read/source.h"
#include "read/weights.h"

namespace tsx::engine {

/// A row of the section table; `offset` counts from the start of the file.
struct Section {
  std::string_view name;
  bool critical = false;
  std::int64_t offset = 0;
  std::int64_t length = 0;
  Digest digest{};

  std::int64_t end() const { return offset + length; }
};

/// What an archive says about itself. All text in it lies in `bytes`.
struct Header {
  std::vector<std::uint8_t> bytes;
  std::string_view name;
  std::vector<std::pair<std::string_view, std::string_view>> metadata;
  std::vector<std::pair<std::string_view, std::int64_t>> operators;  // ascending by kind
  std::vector<std::string_view> required;  // those that the host has to provide
  std::vector<Section> sections;
  std::vector<WeightEntry> tensors;
  Digest program_digest{};
  Digest file_digest{};
  std::int64_t file_bytes = 0;

  const Section* section(std::string_view wanted) const;
  std::int64_t tensor_bytes() const;
};

/// Reads and checks the header of an archive; touches neither program nor weights.
Header read_header(const Source& source);

/// What a file is that starts with `head` and not with the magic, in words.
std::string what_is_it(Bytes head);

}  // namespace tsx::engine
