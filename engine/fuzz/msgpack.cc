// Canonical msgpack: what the check passes, a reader can walk to its end.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/error.h"
#include "read/msgpack.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tsx::engine;
  try {
    check_canonical({data, size}, "the input");
  } catch (const Error&) {
    return 0;
  }
  Reader reader(Bytes(data, size));
  reader.skip();
  if (reader.position() != data + size) std::abort();
  return 0;
}
