// Reads archives from standard input, each behind its length (4 bytes, little-endian), and prints a
// line for each: "ok", or the code of the error that refuses it. The Python suite compares these
// with the codes of its own reader (tests/engine/test_readers.py).
#include <cstdint>
#include <cstdio>
#include <vector>

#include "base/error.h"
#include "read/archive.h"

namespace {

using namespace tsx::engine;

bool read_exactly(std::uint8_t* target, std::size_t count) {
  return std::fread(target, 1, count, stdin) == count;
}

std::string verdict(const std::vector<std::uint8_t>& data) {
  try {
    load_archive(open_bytes(data));
    return "ok";
  } catch (const Error& error) {
    return error.code() + " " + error.message();
  }
}

}  // namespace

int main() {
  std::uint8_t head[4];
  while (read_exactly(head, sizeof head)) {
    std::uint32_t length = 0;
    for (int i = 3; i >= 0; --i)
      length = (length << 8) | head[i];
    std::vector<std::uint8_t> data(length);
    if (!read_exactly(data.data(), length)) return 1;
    std::puts(verdict(data).c_str());
  }
  return 0;
}
