// The element types that NumPy computes in, as tsx/ops/numpy_types.py.
#include "kernels/numpy_types.h"

#include "rules/support.h"

namespace tsx::engine::rules {
namespace {

/// An abstract array's dtype, or the type of an abstract number; nothing when it isn't known.
std::optional<numpy::Operand> operand_of(const Abstract& value) {
  if (value.is_tensor()) {
    const std::optional<DType> dtype = value.type()->dtype;
    if (!dtype || *dtype == DType::kBFloat16) return std::nullopt;
    const std::optional<numpy::Operand> found = numpy::operand_of(*dtype);
    if (!found) throw failure("TSX4004", {{"dtype", name(*dtype)}});
    return found;
  }
  if (value.is(Abstract::Kind::kSize)) return std::nullopt;  // as in Python
  switch (number_type(value)) {
  case TypeKind::kBool:
    return numpy::operand_of(DType::kBool);
  case TypeKind::kInt:
    return numpy::int_operand();
  case TypeKind::kFloat:
    return numpy::float_operand();
  case TypeKind::kComplex:
    return numpy::complex_operand();
  default:
    return std::nullopt;
  }
}

std::string text_of(numpy::Operand operand) {
  if (operand == numpy::int_operand()) return "int";
  if (operand == numpy::float_operand()) return "float";
  if (operand == numpy::complex_operand()) return "complex";
  return std::string(name(*numpy::computed("fill", {operand}).dtype));
}

std::string text_of(const std::vector<numpy::Operand>& operands) {
  std::string text;
  for (const numpy::Operand one : operands)
    text += (text.empty() ? "" : ", ") + text_of(one);
  return text;
}

}  // namespace
}  // namespace tsx::engine::rules

TSX_RULE(numpy_types_rule) {
  Items items(in.values().begin() + 1, in.values().end());
  if (in[1].is(Abstract::Kind::kList)) items = in[1].items();
  std::vector<numpy::Operand> operands;
  for (const Abstract& item : items)
    if (const std::optional<numpy::Operand> one = operand_of(item)) operands.push_back(*one);
  if (!in[0].is(Abstract::Kind::kString) || operands.size() != items.size() || items.empty())
    return in.unknown(TypeKind::kInt);
  const std::string function(in[0].as_string()), op = "numpy." + function;
  const numpy::Answer found = numpy::computed(function, operands);
  if (!found.missing.empty()) throw failure("TSX4004", {{"dtype", found.missing}});
  if (!found.dtype) mismatch(op, "operands that NumPy takes together", text_of(operands));
  const DType dtype = *found.dtype;
  for (const Abstract& item : numpy::needs_room(function) ? items : Items()) {
    if (item.is(Abstract::Kind::kInt) && !numpy::holds(dtype, item.as_int()))
      mismatch(op, "a number that the type holds", numpy::beyond(dtype, item.as_int()));
    const bool is_open = item.is_unknown() || item.is(Abstract::Kind::kSize);
    if (is_integer(dtype) && is_open) return in.unknown(TypeKind::kInt);  // a run tells
  }
  return Abstract::integer(static_cast<std::int64_t>(dtype));
}
