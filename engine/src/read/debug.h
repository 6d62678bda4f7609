// The debug section: names of values, origins of nodes, spans of pins (docs/archive.md, section 7).
// Nothing in it changes a result.
#pragma once

#include <vector>

#include "ir/module.h"
#include "read/msgpack.h"

namespace tsx::engine {

/// Puts what the checked section tells into `module` and the `graphs` of its unit.
void read_debug(ir::Module& module, const std::vector<ir::Graph*>& graphs, Reader section);

}  // namespace tsx::engine
