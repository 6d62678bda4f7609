// Whole archives. Built for fuzzing, the reader takes every digest for right, so that what lies
// behind them is reached.
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
