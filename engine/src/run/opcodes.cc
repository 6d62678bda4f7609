#include "run/opcodes.h"

#include <array>

#include "base/error.h"

namespace tsx::engine {
namespace {

constexpr std::string_view kKindNames[] = {"",     "slot", "constant", "operator", "function", "tile",
                                           "name", "type", "guard",    "target",   "count",    "index"};

OperandKind kind_of(std::string_view name) {
  for (std::size_t i = 1; i < std::size(kKindNames); ++i)
    if (kKindNames[i] == name) return static_cast<OperandKind>(i);
  bug("the instruction table has an unknown operand");
}

/// The first word of `text`, which then starts behind it.
std::string_view next_word(std::string_view& text) {
  const std::size_t end = text.find(' ');
  const std::string_view word = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  return word;
}

Picture picture_of(std::string_view text) {
  Picture picture;
  picture.fixed = static_cast<std::uint32_t>(next_word(text)[0] - '0');
  if (!text.empty()) picture.more = kind_of(text);
  return picture;
}

OpcodeRow row_of(std::string_view name, std::string_view operands, std::string_view pops,
                 std::string_view pushes, std::string_view taken) {
  OpcodeRow row{name, {}, picture_of(pops), picture_of(pushes), {}};
  for (std::size_t i = 0; !operands.empty(); ++i) row.operands[i] = kind_of(next_word(operands));
  row.taken = taken.empty() ? row.pushes : picture_of(taken);
  return row;
}

std::array<OpcodeRow, kOpcodes> made() {
  return {
#define TSX_OPCODE(name, operands, pops, pushes, taken) row_of(#name, operands, pops, pushes, taken),
#include "opcodes.inc"
#undef TSX_OPCODE
  };
}

const std::array<OpcodeRow, kOpcodes>& rows() {
  static const std::array<OpcodeRow, kOpcodes> kRows = made();
  return kRows;
}

}  // namespace

std::size_t OpcodeRow::operand_count() const {
  std::size_t count = 0;
  while (count < 3 && operands[count] != OperandKind::kNone) ++count;
  return count;
}

const OpcodeRow& row(Opcode opcode) { return rows()[static_cast<std::size_t>(opcode)]; }

std::optional<Opcode> opcode_of(std::string_view name) {
  for (std::size_t i = 0; i < kOpcodes; ++i)
    if (rows()[i].name == name) return static_cast<Opcode>(i);
  return {};
}

}  // namespace tsx::engine
