// What a file is that is no archive, in words: by its first bytes, never by its name.

#include <algorithm>
#include <string>
#include <string_view>

#include "base/utf8.h"
#include "read/format.h"

namespace tsx::engine {
namespace {

using std::string_view_literals::operator""sv;

struct ByMagic {
  std::string_view magic;
  std::string_view words;
};

constexpr ByMagic kByMagic[] = {
    {"\x93NUMPY"sv, "it is a NumPy array (.npy), an input for `tsx run`"},
    {"\x89HDF\r\n"sv, "it is an HDF5 file"},
    {"\x89PNG"sv, "it is a PNG image"},
    {"GGUF"sv, "it is a GGUF model"},
    {"\x7f"
     "ELF"sv,
     "it is an executable or a shared library"},
    {"MZ"sv, "it is a Windows executable"},
    {"%PDF"sv, "it is a PDF document"},
    {"\x1f\x8b"sv, "it is compressed with gzip; decompress it first"},
    {"\x28\xb5\x2f\xfd"sv, "it is compressed with zstd; decompress it first"},
    {"BZh"sv, "it is compressed with bzip2; decompress it first"},
    {"\xfd"
     "7zXZ"sv,
     "it is compressed with xz; decompress it first"},
    {"7z\xbc\xaf"sv, "it is a 7-Zip archive"},
    {"version https://git-lfs"sv,
     "it is a Git LFS pointer; run `git lfs pull` to get the file itself"},
};

bool starts_with(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

bool holds(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::string_view which_zip(std::string_view head) {
  if (holds(head, "constants.pkl") || holds(head, "/code/"))
    return "it is a TorchScript archive (.pt); `tsx convert` makes an archive of it";
  if (holds(head, "data.pkl"))
    return "it is a zip with a pickle, as torch.save writes; tsx needs the model's source";
  if (holds(head, ".npy")) return "it is a NumPy .npz file, an input for `tsx run`";
  return "it is a zip archive";
}

/// Whether `head` is text; its last character may be cut.
bool is_text(std::string_view head) {
  for (const char c : head) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 32 && "\t\n\f\r\x1b"sv.find(c) == std::string_view::npos) return false;
  }
  for (std::size_t cut = 0; cut < 4 && cut <= head.size(); ++cut)
    if (utf8::is_valid(head.substr(0, head.size() - cut))) return true;
  return false;
}

std::string_view which_text(std::string_view head) {
  if (!is_text(head)) return "its first bytes are not those of one";
  const std::size_t start = std::min(head.find_first_not_of(" \t\n\f\r"), head.size());
  const std::string_view text = head.substr(start);
  for (const auto mark : {"</"sv, "/>"sv, "import React"sv, " from '"sv, " from \""sv, "export "sv})
    if (holds(head, mark)) return "it is TypeScript source (JSX), whose files are called .tsx too";
  if (starts_with(text, "graph(")) return "it is the text of a graph";
  for (const auto word : {"import "sv, "from "sv, "def "sv, "class "sv, "#!"sv, "\"\"\""sv})
    if (starts_with(text, word))
      return "it is Python source; `tsx convert` makes an archive from it";
  if (holds(head, "\ndef ")) return "it is Python source; `tsx convert` makes an archive from it";
  if (starts_with(text, "{") || starts_with(text, "[")) return "it is JSON text";
  return "it is a text file";
}

}  // namespace

std::string what_is_it(Bytes bytes) {
  constexpr std::string_view kMagic = "\x89TSX\0\r\n\x1a\n\0"sv;
  const std::string_view head(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (head.empty()) return "the file is empty";
  if (starts_with(kMagic, head)) return "it ends after " + std::to_string(head.size()) + " bytes";
  if (starts_with(head, "\x89TSX") || starts_with(head, "\xc2\x89TSX") ||
      starts_with(head, "\tTSX"))
    return "its first bytes are those of an archive that was copied as text; copy it in binary "
           "mode";
  for (const ByMagic& row : kByMagic)
    if (starts_with(head, row.magic)) return std::string(row.words);
  if (starts_with(head, "PK\x03\x04") || starts_with(head, "PK\x05\x06"))
    return std::string(which_zip(head));
  if (head.size() > 1 && head[0] == '\x80' && head[1] >= 2 && head[1] <= 5)
    return "it is a Python pickle, which tsx never opens";
  const std::string_view high = head.substr(std::min<std::size_t>(4, head.size()));
  if (starts_with(high, "\0\0\0\0{\""sv))
    return "it is a safetensors file: weights without a program";
  if (starts_with(high, "TFL3") || starts_with(high, "ET12") || starts_with(high, "ET13"))
    return "it is a flatbuffer model of another runtime";
  return std::string(which_text(head));
}

}  // namespace tsx::engine
