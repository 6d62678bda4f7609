// Whether a program may write what it keeps: a quick answer that errs on the safe side. The alias
// analysis of tsx/runtime/state.py knows better; nobody needs to ask it when this says no.
#pragma once

#include "ir/module.h"

namespace tsx::engine {

/// Whether some graph sets an attribute, or writes into a tensor, list or dict.
bool may_write(const ir::Module& module);

}  // namespace tsx::engine
