// Literals of a graph: as keys, as text, and as the values that they stand for.
#pragma once

#include <string>

#include "run/program.h"

namespace tsx::engine {

class Value;

/// The parts of a tuple literal; of a constant that lowering made there are none.
Span<const ir::Literal> items_of(const ir::Literal& literal, const ir::Graph* graph);

/// Equal for equal constants only: it tells 1, True, 1.0 and the two zeros apart.
std::string key_of(const Constant& constant);

/// As the disassembler shows it; a string in double quotes.
std::string literal_text(const ir::Literal& literal, const ir::Graph* graph);

/// A none, bool, int, float, complex or string; a tuple becomes a tuple.
Value value_of(const ir::Literal& literal, const ir::Graph* graph);
/// The same of a literal whose parts are among `literals`.
Value value_of(const ir::Literal& literal, const std::vector<ir::Literal>& literals);

}  // namespace tsx::engine
