#include "section.h"

#include <vector>

#include "base/error.h"
#include "ir/verify.h"
#include "read/operators.h"
#include "read/program.h"
#include "read/source.h"

namespace tsx::engine::fuzz {
namespace {

Header make_header() {
  Header header;
  for (const Operator& op : operators())
    header.operators.emplace_back(op.kind(), op.version);
  WeightEntry b;
  b.name = "b";
  b.dtype = DType::kInt64;
  b.sizes = {4};
  b.length = 32;
  header.tensors.push_back(b);
  WeightEntry w;
  w.name = "w";
  w.sizes = {2, 3};
  w.offset = 64;
  w.length = 24;
  header.tensors.push_back(w);
  return header;
}

}  // namespace

std::shared_ptr<const ir::Module> read_section(const std::uint8_t* data, std::size_t size) {
  static const Header header = make_header();
  static const std::vector<std::uint8_t> numbers(88, 1);
  auto module = std::make_shared<ir::Module>();
  module->text.emplace_back(data, data + size);
  module->origins.emplace_back();
  try {
    check_canonical(module->text[0], "the input");
    const ProgramParts parts = read_program(*module, Reader(module->text[0]));
    settle_operators(*module, header, parts.bodies);
    module->weights = std::make_shared<const Weights>(open_bytes(numbers), header.tensors, false);
    ir::check(*module);
  } catch (const Error& error) {
    if (error.code()[3] == '9') throw;  // a bug of ours
    return nullptr;
  }
  return module;
}

}  // namespace tsx::engine::fuzz
