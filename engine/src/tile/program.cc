#include "tile/program.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"

namespace tsx::engine::tile {
namespace {

constexpr PrimitiveRow kRows[] = {
#define TSX_PRIMITIVE(name, arity, gives_bool, rounds) {#name, arity, gives_bool, rounds},
#include "primitives.inc"
#undef TSX_PRIMITIVE
};
constexpr std::size_t kMostInstructions = 4096;

bool same_bits(double a, double b) { return std::memcmp(&a, &b, sizeof a) == 0; }

bool same(const Instruction& a, const Instruction& b) {
  return a.opcode == b.opcode && a.primitive == b.primitive && a.dtype == b.dtype &&
         a.slot == b.slot && a.integer == b.integer && same_bits(a.real.real(), b.real.real()) &&
         same_bits(a.real.imag(), b.real.imag()) &&
         std::memcmp(a.registers, b.registers, sizeof a.registers) == 0;
}

std::int64_t as_integer(const Number& value) {
  if (const bool* flag = std::get_if<bool>(&value)) return *flag;
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return *whole;
  const double real = as_complex(value).real();
  if (!(real >= -9223372036854775808.0 && real < 9223372036854775808.0)) {
    refuse("a number that is not a finite int64 where an integer is wanted");
  }
  return static_cast<std::int64_t>(real);
}

/// An int that the dtype can't hold wraps, as torch's does.
std::int64_t wrapped(std::int64_t value, DType dtype) {
  switch (dtype) {
  case DType::kUInt8:
    return static_cast<std::uint8_t>(value);
  case DType::kInt8:
    return static_cast<std::int8_t>(value);
  case DType::kInt16:
    return static_cast<std::int16_t>(value);
  case DType::kInt32:
    return static_cast<std::int32_t>(value);
  default:
    return value;
  }
}

} // namespace

std::complex<double> as_complex(const Number& value) {
  if (const bool* flag = std::get_if<bool>(&value)) return *flag ? 1.0 : 0.0;
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
  if (const double* real = std::get_if<double>(&value)) return *real;
  return std::get<std::complex<double>>(value);
}

const PrimitiveRow& row_of(simd::Primitive primitive) {
  return kRows[static_cast<std::size_t>(primitive)];
}

Register Builder::load(std::size_t slot, DType dtype, Category category) {
  compute_type(dtype); // refuses what can't be held
  program_.slots = std::max(program_.slots, slot + 1);
  Instruction made{Opcode::kLoad, {}, dtype};
  made.slot = static_cast<std::uint16_t>(slot);
  made.is_single = category != Category::kTensor;
  return add(made, category);
}

Register Builder::constant(const Number& value, DType dtype) {
  Instruction made{Opcode::kConstant, {}, dtype};
  if (is_float(dtype)) {
    made.real = as_complex(value).real();
  } else if (is_complex(dtype)) {
    made.real = as_complex(value);
  } else if (dtype == DType::kBool) {
    made.integer = as_complex(value) != 0.0;
  } else {
    made.integer = wrapped(as_integer(value), dtype);
  }
  return add(made, Category::kNumber);
}

Register Builder::cast(Register value, DType dtype) {
  if (value.dtype == dtype) return value;
  Instruction made{Opcode::kCast, {}, dtype, {value.index}};
  made.arity = 1;
  return add(made, value.category);
}

Register Builder::apply(simd::Primitive primitive, Span<const Register> operands) {
  const PrimitiveRow& row = row_of(primitive);
  const bool is_select = primitive == simd::Primitive::where_;
  const Span<const Register> values = operands.subspan(is_select ? 1 : 0);
  for (const Register& operand : values) {
    if (operand.dtype != values[0].dtype || (is_select && operands[0].dtype != DType::kBool)) {
      bug(std::string("operands of several dtypes for ") + row.name);
    }
  }
  const DType dtype = values[0].dtype;
  if (row.rounds && !is_float(dtype) && !is_complex(dtype)) return operands[0];
  Category category = operands[0].category;
  Instruction made{Opcode::kPrimitive, primitive, dtype};
  if (row.gives_bool) made.dtype = DType::kBool;
  if (primitive == simd::Primitive::abs_) made.dtype = real_of(dtype);
  for (const Register& operand : operands) {
    made.registers[made.arity++] = operand.index;
    category = std::min(category, operand.category);
  }
  return add(made, category);
}

void Builder::store(Register value) {
  Instruction made{Opcode::kStore, {}, value.dtype, {value.index}};
  made.arity = 1;
  made.slot = static_cast<std::uint16_t>(program_.results++);
  program_.instructions.push_back(made);
}

Register Builder::add(Instruction instruction, Category category) {
  auto& all = program_.instructions;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (same(all[i], instruction)) {
      return {static_cast<std::uint16_t>(i), instruction.dtype, category};
    }
  }
  if (all.size() == kMostInstructions) refuse("a fused group of more than 4096 instructions");
  all.push_back(instruction);
  return {static_cast<std::uint16_t>(all.size() - 1), instruction.dtype, category};
}

} // namespace tsx::engine::tile
