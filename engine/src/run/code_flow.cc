#include "run/code_flow.h"

#include "run/code.h"

namespace tsx::engine {

std::vector<bool> Flow::targets() const {
  std::vector<bool> found(function_.code.size() + 1, false);
  for (std::uint32_t place = 0; place < function_.code.size(); ++place) {
    const Instruction& instruction = function_.code[place];
    if (!row(instruction.opcode).is_jump()) continue;
    const bool turns = instruction.opcode == Opcode::JMP &&
                       turned(place, instruction.operands[0]) != kNoRegister;
    if (!turns) found[landing(place, instruction.operands[0])] = true;
    if (instruction.opcode == Opcode::LOOP) found[body_start(place)] = true;
  }
  return found;
}

bool Flow::is_store(std::size_t place) const {
  return place < function_.code.size() && (function_.code[place].opcode == Opcode::STORE ||
                                           function_.code[place].opcode == Opcode::DROP);
}

std::uint32_t Flow::landing(std::size_t place, std::uint32_t target) const {
  if (target <= place || function_.code[place].opcode != Opcode::JMP) return target;
  while (is_store(target)) ++target;
  return target;
}

std::uint32_t Flow::turned(std::uint32_t place, std::uint32_t target) const {
  const std::uint32_t land = landing(place, target);
  const Instruction& there = function_.code[land];
  const std::uint32_t loop = land > place && there.opcode == Opcode::JMP ? there.operands[0] : land;
  const bool turns = loop <= place && function_.code[loop].opcode == Opcode::LOOP;
  return turns && keeps_all(loop) ? loop : kNoRegister;
}

std::uint32_t Flow::body_start(std::uint32_t loop) const {
  std::uint32_t at = loop + 1;
  while (at < function_.code.size() && function_.code[at].opcode == Opcode::FREE) ++at;
  const std::uint32_t stores = function_.code[loop].operands[1] + 1;
  for (std::uint32_t i = 0; i < stores; ++i)
    if (!is_store(at + i)) return 0;
  return at + stores;
}

bool Flow::keeps_all(std::uint32_t loop) const {
  const std::uint32_t start = body_start(loop), count = function_.code[loop].operands[1];
  bool all = start != 0;
  for (std::uint32_t k = 0; all && k < count; ++k)
    all = function_.code[start - 2 - k].opcode == Opcode::STORE;
  return all;
}

}  // namespace tsx::engine
