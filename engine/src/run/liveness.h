// Where values die: last loads become moves, unused stores become drops, and slots dead on one path
// are freed there. As tsx/runtime/liveness.py.
#pragma once

#include <cstdint>
#include <vector>

#include "ir/graph.h"
#include "run/opcodes.h"

namespace tsx::engine {

constexpr std::uint32_t kNoLabel = UINT32_MAX;

/// An instruction before its jump target has an index, or the place of a label.
struct Emitted {
  Opcode opcode = Opcode::LOAD;
  std::uint32_t operands[3] = {0, 0, 0};
  ir::OriginId origin = 0;
  std::uint32_t target = kNoLabel;  // of a jump; of a place, the label
  bool is_label = false;
};

/// The code with MOVE, DROP and FREE in place. `holds_memory`: for which slots freeing matters.
std::vector<Emitted> kill_dead(const std::vector<Emitted>& items, std::uint32_t labels,
                               const std::vector<bool>& holds_memory);

}  // namespace tsx::engine
