// The program section: methods, classes, functions and the attribute tree around one unit
// (docs/archive.md, section 5).
#pragma once

#include <vector>

#include "ir/module.h"
#include "read/msgpack.h"

namespace tsx::engine {

/// What of a program section others read on.
struct ProgramParts {
  std::vector<ir::Graph*> graphs;  // of its unit, in order
  Reader bodies;                   // of composite operators
};

/// Reads the checked section into `module`, which still lacks weights and the verifier's check.
ProgramParts read_program(ir::Module& module, Reader section);

}  // namespace tsx::engine
