// The element types that NumPy computes in (tsx/ops/numpy_types.py), from a table of its answers.
#include "kernels/numpy_types.h"

#include <algorithm>
#include <iterator>

#include "base/error.h"
#include "kernels/containers.h"

namespace tsx::engine {
namespace numpy {
namespace {

/// A function of NumPy: how many operands decide (0: the first of any number), and where its
/// answers stand, those of name= as well, which writes into the first operand.
struct Function {
  std::string_view name;
  std::uint8_t operands;
  std::uint8_t table;
  std::uint8_t written;
  bool takes_any_int;  // also one beyond the type that it is computed in
};

#include "numpy_types.inc"

constexpr std::size_t kWidth = std::size(kTypes) + 3;  // and int, float, complex
constexpr std::uint8_t kRefused = 255, kNoType = 254;

/// What `name` and `name=` ask for.
struct Asked {
  const Function* function = nullptr;
  bool writes = false;
};

Asked asked(std::string_view name) {
  const bool writes = !name.empty() && name.back() == '=';
  if (writes) name.remove_suffix(1);
  const auto found = std::find_if(std::begin(kFunctions), std::end(kFunctions),
                                  [name](const Function& f) { return f.name == name; });
  const bool is_there = found != std::end(kFunctions);
  // Only ufuncs can be asked to write.
  const bool is_other = is_there && found->takes_any_int && found->written == found->table;
  if (!is_there || (writes && is_other)) return {nullptr, writes};
  return {found, writes};
}

Answer answer(std::size_t table, std::size_t place, std::string_view function) {
  const std::uint8_t code = kAnswers[kStarts[table] + place];
  if (code == kRefused) return {};
  if (code != kNoType) return {static_cast<DType>(code)};
  return {std::nullopt, function == "sum" || function == "prod" ? "uint64" : "object"};
}

/// What np.where, np.concatenate and their like make of several types; numbers are weak.
Answer common(const std::vector<Operand>& operands) {
  static const Function& kMaximum = *asked("maximum").function;
  const auto common_of = [](Operand a, Operand b) {
    return answer(kMaximum.table, a * kWidth + b, "maximum");
  };
  Answer found = common_of(operands[0], operands[0]);
  for (std::size_t i = 1; i < operands.size() && found.dtype; ++i)
    found = common_of(*operand_of(*found.dtype), operands[i]);
  return found;
}

}  // namespace

std::optional<Operand> operand_of(DType dtype) {
  const auto found = std::find(std::begin(kTypes), std::end(kTypes), dtype);
  if (found == std::end(kTypes)) return std::nullopt;
  return static_cast<Operand>(found - std::begin(kTypes));
}

Operand int_operand() { return std::size(kTypes); }
Operand float_operand() { return std::size(kTypes) + 1; }
Operand complex_operand() { return std::size(kTypes) + 2; }

Answer computed(std::string_view name, const std::vector<Operand>& operands) {
  if (name == "fill") {
    constexpr DType kNumbers[] = {DType::kInt64, DType::kFloat64, DType::kComplex128};
    return {operands[0] < std::size(kTypes) ? kTypes[operands[0]]
                                            : kNumbers[operands[0] - std::size(kTypes)]};
  }
  const auto [function, writes] = asked(name);
  if (function == nullptr) return common(operands);
  if (function->operands != 0 && function->operands != operands.size())
    return name == "percentile" ? Answer() : common(operands);
  const std::size_t place =
      function->operands == 2 ? operands[0] * kWidth + operands[1] : operands[0];
  return answer(writes ? function->written : function->table, place, name);
}

bool needs_room(std::string_view name) {
  if (name == "fill") return true;
  const auto [function, writes] = asked(name);
  return function != nullptr && (writes || !function->takes_any_int);
}

bool holds(DType dtype, std::int64_t number) {
  if (!is_integer(dtype)) return true;
  const std::size_t bits = 8 * item_size(dtype);
  const bool is_signed = dtype != DType::kUInt8;
  const std::int64_t most =
      bits == 64 ? INT64_MAX : (std::int64_t{1} << (bits - (is_signed ? 1 : 0))) - 1;
  return number >= (is_signed ? -most - 1 : 0) && number <= most;
}

std::string beyond(DType dtype, std::int64_t number) {
  return "Python integer " + std::to_string(number) + " out of bounds for " +
         std::string(name(dtype));
}

}  // namespace numpy

namespace {

[[noreturn]] void refused() {
  throw Raised("TypeError", "the function is not supported for the input types");
}

/// A tensor's dtype; numbers of Python's stand behind the dtypes, but a bool is an element.
numpy::Operand operand_of(const Value& value) {
  switch (value.tag()) {
  case Tag::kTensor:
    if (const auto found = numpy::operand_of(value.tensor().dtype())) return *found;
    refused();
  case Tag::kBool:
    return *numpy::operand_of(DType::kBool);
  case Tag::kInt:
    return numpy::int_operand();
  case Tag::kFloat:
    return numpy::float_operand();
  case Tag::kComplex:
    return numpy::complex_operand();
  default:
    refuse("expected a tensor or a number");
  }
}

void type_kernel(Call& call) {
  Span<const Value> given(&call[1], call.size() - 1);
  if (!given.empty() && (given[0].is(Tag::kList) || given[0].is(Tag::kTuple)))
    given = given[0].elements();
  std::vector<numpy::Operand> operands;
  for (const Value& value : given)
    operands.push_back(operand_of(value));
  if (operands.empty()) throw Raised("IndexError", "list index out of range");
  const numpy::Answer found = numpy::computed(call.string(0), operands);
  if (!found.missing.empty()) refuse("NumPy computes this in a type that programs don't have");
  if (!found.dtype) refused();
  const bool is_checked = numpy::needs_room(call.string(0));
  for (const Value& value : given) {
    if (is_checked && value.is(Tag::kInt) && !numpy::holds(*found.dtype, value.integer()))
      throw Raised("OverflowError", numpy::beyond(*found.dtype, value.integer()));
  }
  call.give(static_cast<std::int64_t>(*found.dtype));
}

}  // namespace
}  // namespace tsx::engine

TSX_KERNELS(numpy_types) {
  registry.add("tsx::numpy_type", type_kernel);
  registry.add("tsx::numpy_type.Tensor", type_kernel);
  registry.add("tsx::numpy_type.Scalar", type_kernel);
  registry.add("tsx::numpy_type.list", type_kernel);
}
