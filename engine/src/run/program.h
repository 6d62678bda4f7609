// Program: a module lowered for the stack VM: functions of instructions, and the tables they index.
//
// As tsx/runtime/program.py has it: made at load, never saved, immutable. It refers to the module's
// graphs for text and literals, so it keeps the module alive.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ir/module.h"
#include "run/opcodes.h"

namespace tsx::engine {

constexpr std::uint32_t kNoFunction = UINT32_MAX;

struct Instruction {
  Opcode opcode;
  std::uint32_t operands[3] = {0, 0, 0};
};

/// The value of a prim::Constant: a literal, with the graph that holds its parts, and its type. A
/// constant that lowering itself makes (a loop's 0) has no graph.
struct Constant {
  ir::Literal value;
  const ir::Graph* graph = nullptr;
  const Type* type = nullptr;
};

/// An operator with a number of operands. `body` is the function that answers a composite for which
/// there is no kernel, else kNoFunction.
struct OperatorEntry {
  std::string_view kind;
  const Operator* op = nullptr;
  std::uint32_t operands = 0;
  std::uint32_t results = 0;
  std::uint32_t body = kNoFunction;
};

/// What tsx::guard[kind, expect, source] says.
struct Guard {
  std::string_view kind;
  Constant expect;
  std::string_view source;
};

/// Of a step of a fusion group: a register (the group's operands come first, then the result of
/// each step), or a constant.
struct TileOperand {
  std::uint32_t reg = 0;
  bool is_constant = false;
  Constant constant;
};

/// One operator of a fusion group.
struct TileStep {
  std::string_view kind;
  const Operator* op = nullptr;
  std::vector<TileOperand> operands;
};

/// A fusion group: its steps. `label` is its name, for people.
struct Tile {
  std::string label;
  std::uint32_t operands = 0;
  std::vector<TileStep> steps;
  std::vector<TileOperand> outputs;
};

/// The types that ISINSTANCE asks for, or the one that CREATE makes.
struct TypeEntry {
  std::vector<const Type*> types;
  bool is_union = false;
};

/// Code with its frame: inputs arrive in the slots 0 … inputs-1; RET leaves `outputs` values.
struct Function {
  std::string name;
  std::uint32_t inputs = 0;
  std::uint32_t outputs = 0;
  std::uint32_t depth = 0;  // the most values it has on the stack at once
  std::vector<Instruction> code;
  std::vector<ir::OriginId> origins;         // one an instruction
  std::vector<std::string_view> slot_names;  // one a slot
  std::vector<const Type*> slot_types;       // one a slot

  std::uint32_t slots() const { return static_cast<std::uint32_t>(slot_names.size()); }
};

struct Program {
  std::shared_ptr<const ir::Module> module;
  std::vector<Function> functions;
  /// Those that the listing shows; bodies of composites without a kernel follow.
  std::size_t listed = 0;
  std::vector<std::pair<std::string_view, std::uint32_t>> entries;
  std::vector<Constant> constants;
  std::vector<OperatorEntry> operators;
  std::vector<std::string> names;
  std::vector<TypeEntry> types;
  std::vector<Guard> guards;
  std::vector<Tile> tiles;
  /// (class, method) to function, for calls that the object's class decides.
  std::map<std::pair<std::string, std::string>, std::uint32_t> methods;

  /// How many values one side of a stack picture means for an instruction of a function.
  std::uint32_t count(const Function& function, const Instruction& instruction,
                      const Picture& side) const;
};

/// All functions and tiles as text, equal to what Python's disassembler gives.
std::string disassemble(const Program& program);
std::string disassemble(const Program& program, const Function& function);
/// One instruction with its operands as people read them: CALL aten::mul.Tensor.
std::string instruction_text(const Program& program, const Function& function,
                             const Instruction& instruction);

/// Throws TSX9001 on the first thing wrong with a program: the VM trusts what passes.
void check(const Program& program);
/// The most values that a function has on the stack at once.
std::uint32_t stack_depth(const Program& program, const Function& function);
/// How many it has before each instruction.
std::vector<std::int64_t> stack_depths(const Program& program, const Function& function);

}  // namespace tsx::engine
