// Program sections: decoding and the verifier, without a container around them.
#include "section.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tsx::engine::fuzz::read_section(data, size);
  return 0;
}
