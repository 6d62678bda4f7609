// The program as text, equal to what tsx/runtime/disassemble.py gives.
#include "base/error.h"
#include "run/literal.h"
#include "run/program.h"

namespace tsx::engine {
namespace {

constexpr std::size_t kWhole = SIZE_MAX;  // types are not cut short

std::string slot_name(const Function& function, std::uint32_t slot) {
  const std::string_view name = function.slot_names[slot];
  return name.empty() ? "$" + std::to_string(slot) : std::string(name);
}

std::string type_list(const TypeEntry& entry) {
  if (!entry.is_union) return to_text(*entry.types[0], kWhole);
  std::string text;
  for (const Type* type : entry.types) text += (text.empty() ? "" : ", ") + to_text(*type, kWhole);
  return "Union[" + text + "]";
}

std::string operand_text(const Program& program, const Function& function, OperandKind kind,
                         std::uint32_t operand) {
  switch (kind) {
  case OperandKind::kSlot: return slot_name(function, operand);
  case OperandKind::kConstant: {
    const Constant& constant = program.constants[operand];
    return literal_text(constant.value, constant.graph);
  }
  case OperandKind::kOperator: return std::string(program.operators[operand].kind);
  case OperandKind::kFunction: return program.functions[operand].name;
  case OperandKind::kTile: return program.tiles[operand].label;
  case OperandKind::kName: return program.names[operand];
  case OperandKind::kType: return type_list(program.types[operand]);
  case OperandKind::kGuard: {
    const Guard& guard = program.guards[operand];
    return std::string(guard.kind) + " " + literal_text(guard.expect.value, guard.expect.graph) +
           " " + literal_text(ir::Literal::of_string(guard.source), nullptr);
  }
  default: return std::to_string(operand);
  }
}

std::string tile_operand(const TileOperand& operand) {
  return operand.is_constant ? literal_text(operand.constant.value, operand.constant.graph)
                             : "%" + std::to_string(operand.reg);
}

std::string joined(const std::vector<TileOperand>& operands) {
  std::string text;
  for (const TileOperand& operand : operands)
    text += (text.empty() ? "" : ", ") + tile_operand(operand);
  return text;
}

std::string tile_text(const Tile& tile) {
  std::string text = "tile " + tile.label + "(";
  for (std::uint32_t i = 0; i < tile.operands; ++i) text += (i ? ", %" : "%") + std::to_string(i);
  text += ")\n";
  std::size_t reg = tile.operands;
  for (const TileStep& step : tile.steps)
    text += "  %" + std::to_string(reg++) + " = " + std::string(step.kind) + "(" +
            joined(step.operands) + ")\n";
  return text + "  return " + joined(tile.outputs);
}

}  // namespace

std::string instruction_text(const Program& program, const Function& function,
                             const Instruction& instruction) {
  const OpcodeRow& opcode = row(instruction.opcode);
  std::string text(opcode.name);
  for (std::size_t i = 0; i < opcode.operand_count(); ++i)
    text += " " + operand_text(program, function, opcode.operands[i], instruction.operands[i]);
  return text;
}

std::string disassemble(const Program& program, const Function& function) {
  std::string text = "function " + function.name + "(";
  for (std::uint32_t i = 0; i < function.inputs; ++i)
    text += (i ? ", " : "") + slot_name(function, i);
  text += ")  # outputs " + std::to_string(function.outputs) + ", slots " +
          std::to_string(function.slots()) + ", stack " + std::to_string(function.depth);
  const std::size_t width = std::to_string(function.code.size() - 1).size();
  for (std::size_t place = 0; place < function.code.size(); ++place) {
    const std::string number = std::to_string(place);
    text += "\n  " + std::string(width - number.size(), ' ') + number + "  " +
            instruction_text(program, function, function.code[place]);
  }
  return text;
}

std::string disassemble(const Program& program) {
  std::string text;
  for (std::size_t i = 0; i < program.listed; ++i)
    text += (text.empty() ? "" : "\n\n") + disassemble(program, program.functions[i]);
  for (const Tile& tile : program.tiles) text += (text.empty() ? "" : "\n\n") + tile_text(tile);
  return text + "\n";
}

}  // namespace tsx::engine
