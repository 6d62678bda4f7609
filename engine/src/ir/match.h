// Whether types go together: subtypes, operands with an operator's schema, what is declared with
// what is found. As tsx/ir/types.py and tsx/ir/match.py. Types nest at most 64 deep.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "ir/schema.h"
#include "ir/type.h"

namespace tsx::engine {

/// Whether every value of `sub` is a value of `sup`.
bool is_subtype(const Type* sub, const Type* sup);

/// What the type variables of a schema stand for in one call.
using Bindings = std::vector<std::pair<std::string_view, const Type*>>;

/// Whether an operand of type `actual` may be given for `formal`; learns type variables.
bool accepts(const Argument& formal, const Type* actual, Bindings& bindings);

/// `type` with its variables replaced by what they are bound to (Any when nothing did).
const Type* bound_type(TypeStore& types, const Type* type, const Bindings& bindings);

/// Whether a value may be of both types; of tensors, only a contradiction in what is known counts.
bool agrees(const Type* a, const Type* b);

/// Whether two sizes surely differ, whatever the symbols in them are.
bool surely_differ(const Dim& a, const Dim& b);

}  // namespace tsx::engine
