// The instruction table, generated from tsx/runtime/opcodes.py. docs/opcodes.md explains each row.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tsx::engine {

enum class Opcode : std::uint8_t {
#define TSX_OPCODE(name, operands, pops, pushes, taken) name,
#include "opcodes.inc"
#undef TSX_OPCODE
};

constexpr std::size_t kOpcodes = 0
#define TSX_OPCODE(name, operands, pops, pushes, taken) +1
#include "opcodes.inc"
#undef TSX_OPCODE
    ;

/// What an operand of an instruction means: an index into a table of the program, or a number.
enum class OperandKind : std::uint8_t {
  kNone, kSlot, kConstant, kOperator, kFunction, kTile, kName, kType, kGuard, kTarget, kCount, kIndex,
};

/// One side of a stack picture: `fixed` values, and as many as operand `more` says.
struct Picture {
  std::uint32_t fixed = 0;
  OperandKind more = OperandKind::kNone;
};

struct OpcodeRow {
  std::string_view name;
  OperandKind operands[3];  // kNone behind the last
  Picture pops;
  Picture pushes;
  Picture taken;  // what a jump pushes when it is taken

  std::size_t operand_count() const;
  bool is_jump() const { return operands[0] == OperandKind::kTarget; }
};

const OpcodeRow& row(Opcode opcode);
std::optional<Opcode> opcode_of(std::string_view name);
/// Whether the next instruction is never reached from this one.
constexpr bool ends(Opcode opcode) { return opcode == Opcode::RET || opcode == Opcode::JMP; }

}  // namespace tsx::engine
