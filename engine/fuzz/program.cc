// Program sections: decoding and the verifier, without a container around them.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/error.h"
#include "ir/verify.h"
#include "read/operators.h"
#include "read/program.h"

namespace {

using namespace tsx::engine;

/// A header that lists every operator there is, and one weight.
Header make_header() {
  Header header;
  for (const Operator& op : operators())
    header.operators.emplace_back(op.kind, op.version);
  WeightEntry weight;
  weight.name = "w";
  weight.sizes = {2, 3};
  weight.length = 24;
  header.tensors.push_back(weight);
  return header;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Header header = make_header();
  ir::Module module;
  module.text.emplace_back(data, data + size);
  module.origins.emplace_back();
  try {
    check_canonical(module.text[0], "the input");
    const ProgramParts parts = read_program(module, Reader(module.text[0]));
    settle_operators(module, header, parts.bodies);
    module.weights = std::make_shared<const Weights>(nullptr, header.tensors, false);
    ir::check(module);
  } catch (const Error&) {
  }
  return 0;
}
