// Lowering: a verified module becomes a program for the stack VM, as tsx/runtime/lower.py does it.
#pragma once

#include <memory>

#include "run/program.h"

namespace tsx::engine {

/// The program whose entries are the methods of `module`, which must be verified.
Program lower(std::shared_ptr<const ir::Module> module);

}  // namespace tsx::engine
