// Structured values and their leaves, by the tree of a parameter or result. As tsx/runtime/tree.py.
//
// Named tuples and records are dicts here, with their fields as keys, in order.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/containers.h"
#include "ir/module.h"

namespace tsx::engine {

using Leaf = std::pair<std::string, Value>;  // path (batch["ids"]) and value

/// Appends the leaves of `value`; TSX5017 or TSX5018 where it doesn't fit.
void flatten(const ir::Module& module, ir::TreeId tree, const Value& value, const std::string& path,
             std::vector<Leaf>& leaves);

/// The structured value that the leaves from `next` on make up.
Value unflatten(const ir::Module& module, ir::TreeId tree, const std::vector<Value>& leaves,
                std::size_t& next);

}  // namespace tsx::engine
