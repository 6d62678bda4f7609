// Program sections that the verifier passes, run with limits: each call ends with results or with
// an error that is none of ours, whatever the program does.
#include <cstdlib>
#include <optional>

#include "base/error.h"
#include "run/border.h"
#include "section.h"

namespace {

using namespace tsx::engine;

constexpr std::int64_t kMostElements = 4096;

/// A tensor of the type: small where its sizes are open. None when it would be large.
std::optional<Value> tensor_of(const Type& type) {
  const DType dtype = type.dtype.value_or(DType::kFloat32);
  if (!is_runnable(dtype)) return {};
  Dims sizes;
  std::int64_t count = 1;
  if (!type.shape) sizes = {2, 3};
  if (type.shape && type.shape->size() > kMaxRank) return {};
  for (std::size_t i = 0; type.shape && i < type.shape->size(); ++i) {
    const Dim& dim = (*type.shape)[i];
    const std::int64_t size = dim.is_known() ? dim.size : 2 + static_cast<std::int64_t>(i % 2);
    if (size > kMostElements) return {};
    count *= size;
    if (count > kMostElements) return {};
    sizes.push_back(size);
  }
  const TensorRef made = Tensor::zeros(dtype, sizes);
  std::byte* bytes = made->mutable_raw();
  for (std::size_t i = 0; i < made->bytes().count(); ++i) {
    const bool is_low = i % made->item_size() == 0;
    if (dtype == DType::kBool || (is_integer(dtype) && is_low)) bytes[i] = std::byte(i % 2);
    if (!is_integer(dtype) && dtype != DType::kBool) bytes[i] = std::byte(i % 64);
  }
  return Value(made);
}

/// A value of the type; none for what has no simple one.
std::optional<Value> value_of_type(const Type& type) {
  switch (type.kind) {
  case TypeKind::kInt:
  case TypeKind::kNumber: return Value(std::int64_t{2});
  case TypeKind::kFloat: return Value(1.5);
  case TypeKind::kBool: return Value(true);
  case TypeKind::kStr: return Value(std::string_view("tsx"));
  case TypeKind::kComplex: return Value(std::complex<double>(1, 2));
  case TypeKind::kNone: return Value();
  case TypeKind::kTensor: return tensor_of(type);
  case TypeKind::kOptional: return value_of_type(*type.element());
  case TypeKind::kList: {
    std::vector<Value> items;
    for (int i = 0; i < 2; ++i) {
      const std::optional<Value> item = value_of_type(*type.element());
      if (!item) return {};
      items.push_back(*item);
    }
    return Value(make_ref<List>(std::move(items)));
  }
  case TypeKind::kTuple: {
    std::vector<Value> items;
    for (const Type* part : type.parts) {
      const std::optional<Value> item = value_of_type(*part);
      if (!item) return {};
      items.push_back(*item);
    }
    return tuple_of(std::move(items));
  }
  case TypeKind::kDict: {
    const auto key = value_of_type(*type.parts[0]), item = value_of_type(*type.parts[1]);
    if (!key || !item || key->is(Tag::kTensor) || key->is(Tag::kList)) return {};
    Ref<Dict> made = make_ref<Dict>();
    made->set(*key, *item);
    return Value(std::move(made));
  }
  default: return {};
  }
}

void run(const Executable& executable, std::shared_ptr<const Executable> shared,
         const ir::Method& method) {
  const ir::Graph& graph = *method.graph;
  std::vector<Value> inputs;
  for (std::uint32_t i = method.has_self() ? 1 : 0; i < graph.inputs().size(); ++i) {
    const std::optional<Value> input = value_of_type(*graph.values[graph.inputs()[i]].type);
    if (!input) return;
    inputs.push_back(*input);
  }
  CallOptions options;
  options.limits = {200'000, std::int64_t{64} << 20, 64, 5};
  options.context.write = [](std::string_view) {};
  Session session(std::move(shared));
  for (Session* state : {static_cast<Session*>(nullptr), &session}) {
    try {
      call_flat(executable, method.name, inputs, options, state);
    } catch (const Error& error) {
      if (error.code()[3] == '9') throw;  // a bug of ours
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::shared_ptr<const ir::Module> module = fuzz::read_section(data, size);
  if (!module) return 0;
  std::shared_ptr<const Executable> executable;
  try {
    executable = std::make_shared<const Executable>(module);
  } catch (const Error& error) {
    if (error.code() == "TSX5031") return 0;  // an operator without a kernel
    throw;
  }
  for (const auto& [name, method] : module->methods) run(*executable, executable, method);
  return 0;
}
