// Whole archives: the container, then everything in it, up to the verifier.
#include <cstddef>
#include <cstdint>

#include "base/error.h"
#include "read/archive.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tsx::engine;
  try {
    load_archive(open_bytes({data, size}));
  } catch (const Error&) {
  }
  return 0;
}
