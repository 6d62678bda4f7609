// Checks our own lowering before it runs, so that the VM may trust it: indices, targets, stack
// depth, slots. As tsx/runtime/check.py; the graph verifier is the boundary to what others made.
#include <algorithm>
#include <map>

#include "base/error.h"
#include "run/program.h"

namespace tsx::engine {
namespace {

[[noreturn]] void wrong(const Function& function, std::size_t place, const std::string& expected) {
  const std::string shown = place < function.code.size()
                                ? std::string(row(function.code[place].opcode).name)
                                : std::string();
  bug("bad lowering of " + function.name + " at " + std::to_string(place) + " (" + shown +
      "): expected " + expected);
}

constexpr std::int64_t kUnknown = -1;

/// The stack depth before each instruction and the deepest after any; every path must agree.
class Depths {
 public:
  Depths(const Program& program, const Function& function)
      : program_(program), function_(function), before_(function.code.size() + 1, kUnknown) {}

  /// The depth before each instruction; `deepest` becomes the greatest.
  std::vector<std::int64_t> all(std::int64_t& deepest) {
    before_[0] = 0;
    deepest = 0;
    for (std::size_t place = 0; place < function_.code.size(); ++place)
      deepest = std::max(deepest, step(place));
    if (before_.back() != kUnknown) wrong(function_, function_.code.size(), "a RET at the end");
    before_.pop_back();
    return std::move(before_);
  }

 private:
  /// The depth behind an instruction.
  std::int64_t step(std::size_t place) {
    const Instruction& instruction = function_.code[place];
    const OpcodeRow& opcode = row(instruction.opcode);
    if (before_[place] == kUnknown) wrong(function_, place, "a way to reach it");
    const std::int64_t left = before_[place] - count(instruction, opcode.pops);
    if (left < 0 || (instruction.opcode == Opcode::RET && left > 0))
      wrong(function_, place, "a stack that fits");
    const std::int64_t after = left + count(instruction, opcode.pushes);
    if (opcode.is_jump()) meet(instruction.operands[0], left + count(instruction, opcode.taken));
    if (!ends(instruction.opcode)) meet(place + 1, after);
    return after;
  }

  std::int64_t count(const Instruction& instruction, const Picture& side) const {
    return program_.count(function_, instruction, side);
  }

  void meet(std::size_t place, std::int64_t depth) {
    if (before_[place] == kUnknown)
      before_[place] = depth;
    else if (before_[place] != depth)
      wrong(function_, place, "one stack depth on all paths");
  }

  const Program& program_;
  const Function& function_;
  std::vector<std::int64_t> before_;
};

std::size_t limit(const Program& program, const Function& function, OperandKind kind) {
  switch (kind) {
  case OperandKind::kSlot: return function.slots();
  case OperandKind::kConstant: return program.constants.size();
  case OperandKind::kOperator: return program.operators.size();
  case OperandKind::kFunction: return program.functions.size();
  case OperandKind::kTile: return program.tiles.size();
  case OperandKind::kName: return program.names.size();
  case OperandKind::kType: return program.types.size();
  case OperandKind::kGuard: return program.guards.size();
  case OperandKind::kTarget: return function.code.size();
  default: return SIZE_MAX;
  }
}

void check_operands(const Program& program, const Function& function) {
  if (function.origins.size() != function.code.size())
    wrong(function, 0, "an origin for each instruction");
  for (std::size_t place = 0; place < function.code.size(); ++place) {
    const Instruction& instruction = function.code[place];
    const OpcodeRow& opcode = row(instruction.opcode);
    for (std::size_t i = 0; i < opcode.operand_count(); ++i)
      if (instruction.operands[i] >= limit(program, function, opcode.operands[i]))
        wrong(function, place, "an operand below its limit");
  }
}

void check_operators(const Program& program) {
  for (const OperatorEntry& entry : program.operators)
    if (!entry.op || (entry.op->operands >= 0 &&
                      static_cast<std::uint32_t>(entry.op->operands) != entry.operands))
      bug("the operator table has " + std::string(entry.kind) + " with " +
          std::to_string(entry.operands) + " operands");
}

}  // namespace

std::uint32_t Program::count(const Function& function, const Instruction& instruction,
                             const Picture& side) const {
  if (side.more == OperandKind::kNone) return side.fixed;
  const OpcodeRow& opcode = row(instruction.opcode);
  const bool is_pops = &side == &opcode.pops;
  if (instruction.opcode == Opcode::RET) return side.fixed + function.outputs;
  std::size_t place = 0;
  while (opcode.operands[place] != side.more) ++place;
  const std::uint32_t index = instruction.operands[place];
  switch (side.more) {
  case OperandKind::kOperator: {
    const OperatorEntry& entry = operators[index];
    return side.fixed + (is_pops ? entry.operands : entry.results);
  }
  case OperandKind::kTile:
    return side.fixed +
           (is_pops ? tiles[index].operands : static_cast<std::uint32_t>(tiles[index].outputs.size()));
  case OperandKind::kFunction:
    return side.fixed + (is_pops ? functions[index].inputs : functions[index].outputs);
  default: return side.fixed + index;
  }
}

std::uint32_t stack_depth(const Program& program, const Function& function) {
  std::int64_t deepest = 0;
  Depths(program, function).all(deepest);
  return static_cast<std::uint32_t>(deepest);
}

std::vector<std::int64_t> stack_depths(const Program& program, const Function& function) {
  std::int64_t deepest = 0;
  return Depths(program, function).all(deepest);
}

void check(const Program& program) {
  check_operators(program);
  for (const auto& [name, index] : program.entries)
    if (index >= program.functions.size()) bug("entry " + std::string(name) + " is no function");
  for (const Function& function : program.functions) {
    check_operands(program, function);
    if (stack_depth(program, function) != function.depth)
      wrong(function, 0, "another stack depth");
  }
}

}  // namespace tsx::engine
