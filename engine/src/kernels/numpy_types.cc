// The element types that NumPy computes in (tsx/ops/numpy_types.py), from a table of its answers.
#include <algorithm>
#include <iterator>

#include "base/error.h"
#include "kernels/containers.h"

namespace tsx::engine {
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

[[noreturn]] void refused() {
  throw Raised("TypeError", "the function is not supported for the input types");
}

std::size_t place_of_type(DType dtype) {
  const auto found = std::find(std::begin(kTypes), std::end(kTypes), dtype);
  if (found == std::end(kTypes)) refused();
  return static_cast<std::size_t>(found - std::begin(kTypes));
}

/// A tensor's dtype; numbers of Python's stand behind the dtypes, but a bool is an element.
std::size_t place_of_operand(const Value& value) {
  switch (value.tag()) {
  case Tag::kTensor:
    return place_of_type(value.tensor().dtype());
  case Tag::kBool:
    return place_of_type(DType::kBool);
  case Tag::kInt:
    return std::size(kTypes);
  case Tag::kFloat:
    return std::size(kTypes) + 1;
  case Tag::kComplex:
    return std::size(kTypes) + 2;
  default:
    refuse("expected a tensor or a number");
  }
}

const Function* find_function(std::string_view name) {
  const auto found = std::find_if(std::begin(kFunctions), std::end(kFunctions),
                                  [name](const Function& f) { return f.name == name; });
  return found == std::end(kFunctions) ? nullptr : found;
}

DType answer(std::size_t table, std::size_t place) {
  const std::uint8_t code = kAnswers[kStarts[table] + place];
  if (code == kRefused) refused();
  if (code == kNoType) refuse("NumPy computes this in a type that programs don't have");
  return static_cast<DType>(code);
}

DType common_of(std::size_t a, std::size_t b) {
  static const Function& kMaximum = *find_function("maximum");
  return answer(kMaximum.table, a * kWidth + b);
}

/// What np.where, np.concatenate and their like make of several types; numbers are weak.
DType common(const std::vector<std::size_t>& operands) {
  DType found = common_of(operands[0], operands[0]);
  for (std::size_t i = 1; i < operands.size(); ++i)
    found = common_of(place_of_type(found), operands[i]);
  return found;
}

/// Python's OverflowError for an int that an array of integers can't hold.
void need_room(DType dtype, const Value& number) {
  if (!number.is(Tag::kInt) || !is_integer(dtype)) return;
  const std::size_t bits = 8 * item_size(dtype);
  const bool is_signed = dtype != DType::kUInt8;
  const std::int64_t most =
      bits == 64 ? INT64_MAX : (std::int64_t{1} << (bits - (is_signed ? 1 : 0))) - 1;
  const std::int64_t least = is_signed ? -most - 1 : 0;
  if (number.integer() < least || number.integer() > most)
    throw Raised("OverflowError", "Python integer " + std::to_string(number.integer()) +
                                      " out of bounds for " + std::string(name(dtype)));
}

void type_kernel(Call& call) {
  Span<const Value> given(&call[1], call.size() - 1);
  if (!given.empty() && (given[0].is(Tag::kList) || given[0].is(Tag::kTuple)))
    given = given[0].elements();
  std::vector<std::size_t> operands;
  for (const Value& value : given)
    operands.push_back(place_of_operand(value));
  if (operands.empty()) throw Raised("IndexError", "list index out of range");
  std::string_view name = call.string(0);
  const bool is_fill = name == "fill";
  const bool writes = !is_fill && !name.empty() && name.back() == '=';
  if (writes) name.remove_suffix(1);
  const Function* const function = is_fill ? nullptr : find_function(name);
  const bool is_own =
      function && (function->operands == 0 || function->operands == operands.size());
  const std::size_t place = is_own && function->operands == 2 ? operands[0] * kWidth + operands[1]
                                                              : operands[0];
  const DType dtype = is_fill  ? kTypes[std::min(operands[0], std::size(kTypes) - 1)]
                      : is_own ? answer(writes ? function->written : function->table, place)
                               : common(operands);
  const bool is_checked = is_fill || (function && (writes || !function->takes_any_int));
  for (const Value& value : given)
    if (is_checked) need_room(dtype, value);
  call.give(static_cast<std::int64_t>(dtype));
}

}  // namespace
}  // namespace tsx::engine

TSX_KERNELS(numpy_types) {
  registry.add("tsx::numpy_type", type_kernel);
  registry.add("tsx::numpy_type.Tensor", type_kernel);
  registry.add("tsx::numpy_type.Scalar", type_kernel);
  registry.add("tsx::numpy_type.list", type_kernel);
}
