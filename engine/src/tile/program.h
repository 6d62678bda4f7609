// Tile programs: elementwise work as flat instructions over virtual registers, as tsx/ops/tile.py.
//
// Every instruction but a store defines the register of its own number. Registers are assigned
// once; the builder never emits the same computation twice.
#pragma once

#include <complex>
#include <cstdint>
#include <variant>
#include <vector>

#include "core/dtype.h"
#include "simd/table.h"
#include "tile/promote.h"

namespace tsx::engine::tile {

enum class Opcode : std::uint8_t { kLoad, kConstant, kCast, kPrimitive, kStore };

/// A number that has no dtype yet.
using Number = std::variant<bool, std::int64_t, double, std::complex<double>>;

std::complex<double> as_complex(const Number& number);

struct Instruction {
  Opcode opcode;
  simd::Primitive primitive = {};  // kPrimitive
  DType dtype;                     // of the register it defines, or stores
  std::uint16_t registers[3] = {}; // what it reads
  std::uint16_t arity = 0;
  std::uint16_t slot = 0;         // kLoad: which operand; kStore: which result
  bool is_single = false;         // kLoad: one element, a number or a 0-dim tensor
  std::complex<double> real = {}; // kConstant, of a float or complex dtype
  std::int64_t integer = 0;       // kConstant, of any other
};

struct Program {
  std::vector<Instruction> instructions;
  std::size_t slots = 0, results = 0;
};

/// What the builder knows of a value; it stands in for an operand in promotion.
struct Register {
  std::uint16_t index;
  DType dtype;
  Category category;
};

struct PrimitiveRow {
  const char* name;
  int arity;
  bool gives_bool, rounds;
};
const PrimitiveRow& row_of(simd::Primitive primitive);

class Builder {
 public:
  Register load(std::size_t slot, DType dtype, Category category);
  Register constant(const Number& value, DType dtype);
  Register cast(Register value, DType dtype);
  Register apply(simd::Primitive primitive, Span<const Register> operands);
  void store(Register value);
  Program finish() { return std::move(program_); }

 private:
  Register add(Instruction instruction, Category category);

  Program program_;
};

} // namespace tsx::engine::tile
