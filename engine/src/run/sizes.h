// Do the inputs' sizes fit the program: ranks, fixed sizes, pins, and symbols that must agree across
// inputs. As tsx/runtime/sizes.py.
#pragma once

#include <string>
#include <vector>

#include "core/containers.h"
#include "ir/module.h"

namespace tsx::engine {

/// An input: its graph name, its path in the caller's words, its type and its value.
struct Input {
  std::string_view name;
  std::string path;
  const Type* type;
  Value value;
};

/// Throws TSX5014 (rank, fixed size), TSX5015 (pinned) or TSX5016 (symbols that disagree).
void check_sizes(const std::vector<Input>& inputs, const ir::Module& module,
                 const std::vector<ir::Pin>& pins);

}  // namespace tsx::engine
