// Formulas: what elementwise operators mean, from gen/formulas.inc, made into tile programs.
//
// A formula's code is walked once for each signature of operands (dtypes, 0-dim or not, which are
// None, the values of numbers that are part of the program), as tsx/ops/formula.py and scalar.py
// do.
#pragma once

#include <optional>
#include <string_view>
#include <variant>

#include "tile/program.h"

namespace tsx::engine::tile {

/// An operand of a formula: a register, a number that is part of the program, a string, or None.
using Operand = std::variant<std::monostate, Register, Number, std::string_view>;

struct KindOfCase {
  const char* name = nullptr;
  Kind kind = Kind::DEFAULT;
};

/// A row of the table; -1 stands for none. Bits and places count the schema's arguments.
struct FormulaRow {
  const char* kind;
  int arguments;
  unsigned promotes;      // bits of those that take part in promotion
  int fixed, fixed_dtype; // the argument that is loaded as one dtype
  int select;             // the argument whose value picks the case
  unsigned refuses;       // 1 bool, 2 integer, 4 float, 8 complex: classes of promoted dtype
  int compute;            // instead of the promoted dtype
  int becomes;            // a cast: the argument that says the dtype
  Kind kind_of_dtype;
  KindOfCase kinds[3]; // by the case, if there are any
  int first_case, cases;

  /// Whether the value of a number is part of the program; one that takes part in promotion is
  /// loaded.
  bool bakes(int argument) const { return (promotes >> argument & 1) == 0 || argument == select; }
};

inline constexpr std::size_t kFormulaCount = 0
#define TSX_OPERATOR(schema, length, operands, results, version, traits, instruction, composite,   \
                     formula, written_form, write_mode)                                            \
  +((formula) >= 0 ? 1 : 0)
#include "operators.inc"
#undef TSX_OPERATOR
    ;
Span<const FormulaRow> formulas();
/// Null when the operator has no formula.
const FormulaRow* find_formula(std::string_view kind);

/// Appends the operator's instructions; gives its result, rounded to the operator's result dtype.
/// `target` is the dtype that a cast becomes.
Register emit(Builder& builder, const FormulaRow& row, Span<const Operand> operands,
              std::optional<DType> target = {});

/// The dtype that a number is loaded as.
DType number_dtype(const Number& number);

} // namespace tsx::engine::tile
