// Who defines the operators of an archive: this engine, else the body in the archive, else nobody
// (docs/archive.md, sections 3 and 8).
#pragma once

#include "ir/module.h"
#include "read/format.h"
#include "read/msgpack.h"

namespace tsx::engine {

/// Reads the bodies of composites into `module.bodies`, and turns nodes of operators that only a
/// body defines into calls of it. TSX6007 names all operators that nobody here defines.
void settle_operators(ir::Module& module, const Header& header, Reader bodies);

}  // namespace tsx::engine
