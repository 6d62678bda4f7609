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

namespace tsx::engine {
struct Operator;
}

namespace tsx::engine::tile {

/// An operand of a formula: a register, a number that is part of the program, a string, or None.
using Operand = std::variant<std::monostate, Register, Number, std::string_view>;

/// A row of the table; -1 stands for none. Bits and places count the schema's arguments.
struct FormulaRow {
  std::uint16_t promotes; // bits of those that take part in promotion
  std::uint16_t first_case;
  std::uint8_t cases;
  std::uint8_t first_kind, kinds; // how the case decides the dtype, if it does
  std::uint8_t arguments;
  std::int8_t fixed, fixed_dtype; // the argument that is loaded as one dtype
  std::int8_t select;             // the argument whose value picks the case
  std::uint8_t refuses;           // 1 bool, 2 integer, 4 float, 8 complex: classes of promoted dtype
  std::int8_t compute;            // instead of the promoted dtype
  std::int8_t becomes;            // a cast: the argument that says the dtype
  Kind kind_of_dtype;

  /// Whether the value of a number is part of the program; one that takes part in promotion is
  /// loaded.
  bool bakes(int argument) const { return (promotes >> argument & 1) == 0 || argument == select; }
};

/// What a case makes of the dtype.
struct KindRow {
  char name[7];
  Kind kind;
};
/// Those that the case decides between; none where it doesn't.
Span<const KindRow> kinds_of(const FormulaRow& row);

/// Null when the operator has no formula.
const FormulaRow* formula_of(const Operator& op);
const FormulaRow* find_formula(std::string_view kind);

/// Appends the operator's instructions; gives its result, rounded to the operator's result dtype.
/// `target` is the dtype that a cast becomes.
Register emit(Builder& builder, const FormulaRow& row, Span<const Operand> operands,
              std::optional<DType> target = {});

/// The dtype that a number is loaded as.
DType number_dtype(const Number& number);

} // namespace tsx::engine::tile
