#include "read/format.h"

#include <algorithm>
#include <cstring>
#include <unordered_set>

#include "base/quote.h"
#include "base/size.h"
#include "read/limits.h"

namespace tsx::engine {
namespace {

constexpr char kMagic[] = "\x89TSX\0\r\n\x1a\n";  // and the NUL that ends the literal
constexpr std::size_t kMagicBytes = 10;
constexpr std::int64_t kPreambleBytes = 64;
constexpr std::int64_t kUndigestedBytes = 32;  // the preamble without its digest
constexpr int kMajor = 1;
constexpr int kMinor = 0;

struct Preamble {
  std::int64_t file_bytes = 0;
  std::int64_t header_bytes = 0;
  Digest digest{};
};

std::uint64_t little_endian(const std::uint8_t* bytes, unsigned width) {
  std::uint64_t value = 0;
  for (unsigned i = width; i > 0; --i)
    value = (value << 8) | bytes[i - 1];
  return value;
}

Error damaged(std::string_view what) { return failure("TSX6002", {{"what", what}}); }

Error too_new(const std::string& needed) {
  const std::string have = "format " + std::to_string(kMajor) + "." + std::to_string(kMinor);
  return failure("TSX6003", {{"needed", needed}, {"have", have}});
}

Preamble read_preamble(Bytes head, std::int64_t file_bytes) {
  if (head.size() < kPreambleBytes)
    throw damaged("it ends after " + std::to_string(file_bytes) + " bytes, within the preamble");
  const auto major = static_cast<int>(little_endian(head.data() + 10, 2));
  const auto minor = static_cast<int>(little_endian(head.data() + 12, 2));
  const auto least_minor = static_cast<int>(little_endian(head.data() + 14, 2));
  const std::uint64_t length = little_endian(head.data() + 16, 8);
  const auto header_bytes = static_cast<std::int64_t>(little_endian(head.data() + 24, 4));
  if (major > kMajor || (major == kMajor && least_minor > kMinor))
    throw too_new("format " + std::to_string(major) + "." + std::to_string(least_minor));
  if (major < 1 || least_minor > minor || little_endian(head.data() + 28, 4) != 0)
    throw damaged("the preamble contradicts itself");
  if (length != static_cast<std::uint64_t>(file_bytes))
    throw damaged("it has " + std::to_string(file_bytes) + " bytes and should have " +
                  std::to_string(length));
  limits::within("the header", header_bytes, limits::kHeaderBytes);
  if (kPreambleBytes + header_bytes > file_bytes)
    throw damaged("the header is longer than the file");
  Preamble preamble{file_bytes, header_bytes, {}};
  std::memcpy(preamble.digest.data(), head.data() + kUndigestedBytes, preamble.digest.size());
  return preamble;
}

/// Sections of format 1.0: whether they are critical.
bool is_known(std::string_view name, bool& critical) {
  critical = name == "program" || name == "weights";
  return critical || name == "debug";
}

std::vector<Section> read_sections(Reader rows) {
  const std::uint32_t count = rows.array("sections");
  limits::within("the number of sections", count, limits::kSections);
  std::vector<Section> sections;
  std::unordered_set<std::string_view> seen;
  bool is_unique = true;
  for (std::uint32_t i = 0; i < count; ++i) {
    rows.array("a section", 5);
    Section section;
    section.name = rows.name("the name of a section");
    const std::string what = "section " + quote(section.name);
    section.critical = rows.boolean("criticality of " + what);
    bool is_critical = false;
    if (!is_known(section.name, is_critical) && section.critical) throw too_new(what);
    if (section.critical != is_critical) throw malformed(what + " has the wrong criticality");
    Reader offset = rows;
    rows.skip();
    section.length = rows.integer("the length of " + what, 0);
    if (section.name != "weights") limits::within(what, section.length, limits::kSectionBytes);
    section.offset = offset.integer("the offset of " + what, 0);
    section.digest = rows.digest("the digest of " + what);
    if (!seen.insert(section.name).second) seen.insert({});  // told below
    sections.push_back(section);
  }
  if (!is_unique) throw malformed("the section table has a name twice");
  if (seen.count("program") == 0) throw malformed("there is no section 'program'");
  return sections;
}

std::optional<Quantization> read_quantization(Reader& row, const WeightEntry& entry,
                                              const std::string& what) {
  const bool is_absent = row.take_nil();
  if (is_absent == is_quantized(entry.dtype))
    throw malformed(what + " of " + std::string(name(entry.dtype)) +
                    " and its quantization do not go together");
  if (is_absent) return std::nullopt;
  Quantization how;
  row.array("the quantization of " + what, 3);
  std::int64_t count = 1;
  if (!row.take_nil()) {
    const auto rank = static_cast<std::int64_t>(entry.sizes.size());
    how.axis = row.integer("the axis of " + what, 0, rank - 1);
    count = entry.sizes[static_cast<std::size_t>(*how.axis)];
  }
  if (row.array("the scales of " + what) != count)
    throw malformed("the scales of " + what + " are not one for each index");
  for (std::int64_t i = 0; i < count; ++i)
    how.scales.push_back(row.floating("a scale of " + what));
  if (row.array("the zero points of " + what) != count)
    throw malformed("the zero points of " + what + " are not one for each index");
  for (std::int64_t i = 0; i < count; ++i)
    how.zero_points.push_back(row.integer("a zero point of " + what));
  return how;
}

/// The bytes of a tensor; refused (TSX6004) over the limit, so the product can't wrap.
std::int64_t bytes_of(const WeightEntry& entry, const std::string& what) {
  for (const std::int64_t size : entry.sizes)
    if (size == 0) return 0;
  auto total = static_cast<std::int64_t>(item_size(entry.dtype));
  for (const std::int64_t size : entry.sizes) {
    if (__builtin_mul_overflow(total, size, &total)) total = INT64_MAX;
    limits::within("the bytes of " + what, total, limits::kTensorBytes);
  }
  return total;
}

WeightEntry read_tensor(Reader& row) {
  row.array("a tensor", 7);
  WeightEntry entry;
  entry.name = row.name("the name of a tensor");
  const std::string what = "tensor " + quote(entry.name);
  const std::string_view dtype = row.string("the dtype of " + what);
  const std::optional<DType> known = dtype_of_name(dtype);
  if (!known) throw malformed(what + " has the unknown dtype " + quote(dtype));
  entry.dtype = *known;
  const std::uint32_t rank = row.array("the shape of " + what);
  for (std::uint32_t i = 0; i < rank; ++i) {
    const std::int64_t size = row.integer("a size of " + what, 0);
    if (i < kMaxRank) entry.sizes.push_back(size);
  }
  limits::within("the rank of " + what, rank, limits::kRank);
  const std::int64_t expected = bytes_of(entry, what);
  Reader offset = row;
  row.skip();
  entry.length = row.integer("the length of " + what, 0);
  if (entry.length != expected)
    throw malformed(what + " has " + std::to_string(entry.length) + " bytes, its shape needs " +
                    std::to_string(expected));
  entry.offset = offset.integer("the offset of " + what, 0);
  entry.digest = row.digest("the digest of " + what);
  entry.quantization = read_quantization(row, entry, what);
  return entry;
}

template <typename Rows, typename NameOf>
void check_ascending(const Rows& rows, NameOf name_of, std::string_view what) {
  for (std::size_t i = 1; i < rows.size(); ++i)
    if (name_of(rows[i - 1]) >= name_of(rows[i]))
      throw malformed("the names of " + std::string(what) + " have to ascend");
}

std::vector<WeightEntry> read_tensors(Reader rows) {
  const std::uint32_t count = rows.array("tensors");
  limits::within("the number of tensors", count, limits::kTensors);
  std::vector<WeightEntry> entries;
  for (std::uint32_t i = 0; i < count; ++i)
    entries.push_back(read_tensor(rows));
  check_ascending(
      entries, [](const WeightEntry& e) { return e.name; }, "the tensors");
  return entries;
}

/// Offsets follow from lengths; lengths are below 2^63, so a sum that wraps can't fit the file.
std::int64_t placed(std::int64_t at, std::int64_t alignment, std::int64_t offset,
                    const std::string& what) {
  const std::int64_t start = Size(at).aligned(alignment).value();
  if (offset != start) throw malformed(what + " does not follow what is before it");
  return start;
}

std::int64_t ended(std::int64_t start, std::int64_t length, std::int64_t file_bytes) {
  if (length > file_bytes - start) throw malformed("the sections end behind the file");
  return start + length;
}

void check_layout(const Header& header, std::int64_t header_bytes) {
  std::int64_t at = kPreambleBytes + header_bytes;
  for (const Section& section : header.sections) {
    const std::int64_t alignment = section.name == "weights" ? 4096 : 64;
    at = placed(at, alignment, section.offset, "section " + quote(section.name));
    at = ended(at, section.length, header.file_bytes);
  }
  if (at != header.file_bytes)
    throw malformed("the sections end at " + std::to_string(at) + ", the file at " +
                    std::to_string(header.file_bytes));
}

void check_tensor_layout(const Header& header) {
  const Section* weights = header.section("weights");
  if ((weights == nullptr) != header.tensors.empty())
    throw malformed("there is a section 'weights' exactly if there are tensors");
  if (!weights) return;
  std::int64_t at = weights->offset;
  Blake2b digests;
  for (const WeightEntry& entry : header.tensors) {
    at = placed(at, 64, entry.offset, "tensor " + quote(entry.name));
    at = ended(at, entry.length, header.file_bytes);
    digests.update(entry.digest.data(), entry.digest.size());
  }
  if (at != weights->end()) throw malformed("section 'weights' does not end with its last tensor");
  if (!is_digest(digests.finish(), weights->digest))
    throw damaged("the tensor digests do not match that of their section");
}

void read_operators(Header& header, Reader rows, Reader required) {
  const std::uint32_t count = rows.array("the operators");
  for (std::uint32_t i = 0; i < count; ++i) {
    rows.array("a row of operators", 2);
    const std::string_view kind = rows.kind_name("an operator");
    const std::int64_t version = rows.integer("the version of " + std::string(kind), 1);
    header.operators.emplace_back(kind, version);
  }
  check_ascending(
      header.operators, [](const auto& row) { return row.first; }, "the operators");
  const std::uint32_t wanted = required.array("the required operators");
  for (std::uint32_t i = 0; i < wanted; ++i)
    header.required.push_back(required.kind_name("a required operator"));
  check_ascending(
      header.required, [](std::string_view kind) { return kind; }, "the required operators");
  for (const std::string_view kind : header.required) {
    const auto place =
        std::lower_bound(header.operators.begin(), header.operators.end(), kind,
                         [](const auto& row, std::string_view k) { return row.first < k; });
    if (place == header.operators.end() || place->first != kind)
      throw malformed("a required operator is not among the operators");
  }
}

void read_metadata(Header& header, Reader pairs) {
  const std::uint32_t count = pairs.map("the metadata");
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::string_view key = pairs.name("a key of the metadata");
    header.metadata.emplace_back(key, pairs.string("metadata " + quote(key)));
  }
}

/// Encodes the identity of a program, in canonical msgpack.
class Encoder {
 public:
  void array(std::size_t count) { head(count, 0x90, 16, 0xdc, 0); }
  void text(std::string_view text) {
    head(text.size(), 0xa0, 32, 0xda, 0xd9);
    bytes(text.data(), text.size());
  }
  void digest(const Digest& digest) {
    byte(0xc4), byte(static_cast<std::uint8_t>(digest.size()));
    bytes(digest.data(), digest.size());
  }
  /// A version: from 1 on.
  void number(std::int64_t value) {
    const auto bits = static_cast<std::uint64_t>(value);
    if (bits < 0x80) return byte(static_cast<std::uint8_t>(bits));
    const unsigned width = bits <= 0xff ? 1 : bits <= 0xffff ? 2 : bits <= 0xffffffff ? 4 : 8;
    byte(static_cast<std::uint8_t>(width == 1   ? 0xcc
                                   : width == 2 ? 0xcd
                                   : width == 4 ? 0xce
                                                : 0xcf));
    big_endian(bits, width);
  }
  Digest finish() { return hasher_.finish(); }

 private:
  /// `tag16` and the one behind it take lengths of 16 and 32 bits, `tag8` (if any) of 8.
  void head(std::size_t length, unsigned fix, std::size_t fix_limit, unsigned tag16,
            unsigned tag8) {
    if (length < fix_limit) return byte(static_cast<std::uint8_t>(fix | length));
    if (tag8 && length <= 0xff) return byte(static_cast<std::uint8_t>(tag8)), big_endian(length, 1);
    const bool is_short = length <= 0xffff;
    byte(static_cast<std::uint8_t>(is_short ? tag16 : tag16 + 1));
    big_endian(length, is_short ? 2 : 4);
  }
  void big_endian(std::uint64_t value, unsigned width) {
    for (unsigned i = width; i > 0; --i)
      byte(static_cast<std::uint8_t>(value >> (8 * (i - 1))));
  }
  void byte(std::uint8_t value) { bytes(&value, 1); }
  void bytes(const void* data, std::size_t length) { hasher_.update(data, length); }

  Blake2b hasher_;
};

void check_program_digest(const Header& header) {
  Encoder identity;
  identity.array(5);
  identity.text("tsx program");
  identity.digest(header.section("program")->digest);
  identity.array(header.operators.size());
  for (const auto& [kind, version] : header.operators) {
    identity.array(2);
    identity.text(kind);
    identity.number(version);
  }
  identity.array(header.required.size());
  for (const std::string_view kind : header.required)
    identity.text(kind);
  identity.array(header.tensors.size());
  for (const WeightEntry& entry : header.tensors) {
    identity.array(2);
    identity.text(entry.name);
    identity.digest(entry.digest);
  }
  if (!is_digest(identity.finish(), header.program_digest))
    throw malformed("the program digest is wrong");
}

}  // namespace

const Section* Header::section(std::string_view wanted) const {
  for (const Section& section : sections)
    if (section.name == wanted) return &section;
  return nullptr;
}

std::int64_t Header::tensor_bytes() const {
  std::int64_t total = 0;  // at most the file's length, by check_tensor_layout
  for (const WeightEntry& entry : tensors)
    total += entry.length;
  return total;
}

Header read_header(const Source& source) {
  constexpr std::int64_t kHeadBytes = 4096;  // what_is_it wants to see more than the preamble
  const std::vector<std::uint8_t> head = source.read(0, std::min(source.size(), kHeadBytes));
  if (head.size() < kMagicBytes || std::memcmp(head.data(), kMagic, kMagicBytes) != 0)
    throw failure("TSX6001", {{"what", what_is_it(head)}});
  const Preamble preamble = read_preamble(head, source.size());
  Header header;
  header.bytes = source.read(kPreambleBytes, preamble.header_bytes);
  header.file_bytes = preamble.file_bytes;
  header.file_digest = preamble.digest;
  Blake2b hasher;
  hasher.update(head.data(), kUndigestedBytes);
  hasher.update(header.bytes.data(), header.bytes.size());
  if (!is_digest(hasher.finish(), preamble.digest))
    throw damaged("the header does not match its digest");
  check_canonical(header.bytes, "the header");
  const auto [metadata, name, operators, program_digest, required, sections, tensors] =
      Reader(header.bytes)
          .map("the header", {"metadata", "name", "operators", "program_digest", "requires",
                              "sections", "tensors"});
  header.sections = read_sections(sections);
  header.tensors = read_tensors(tensors);
  check_layout(header, preamble.header_bytes);
  check_tensor_layout(header);
  read_operators(header, operators, required);
  read_metadata(header, metadata);
  header.name = Reader(name).string("the name");
  header.program_digest = Reader(program_digest).digest("the program digest");
  check_program_digest(header);
  return header;
}

}  // namespace tsx::engine
