// Elementwise operators: formulas as kernels. Other kernels compute with them too.
#pragma once

#include "core/call.h"
#include "tile/formula.h"
#include "tile/run.h"

namespace tsx::engine {

/// The result of a formula on the operands of a call, in schema order.
TensorRef evaluate(const tile::FormulaRow& row, Span<const Value> operands);
/// The same by the operator's name: evaluate("aten::mul.Tensor", {a, b}).
TensorRef evaluate(std::string_view kind, std::initializer_list<Value> operands);

// What a tile program depends on, and where its numbers stand; fusion groups use it too.

/// A bool, int, float or complex number; nothing for anything else.
std::optional<tile::Number> as_number(const Value& value);
/// Appends what a program depends on: a tensor's dtype and whether it is 0-dim, a number's type,
/// and the value of what is part of the program (`is_baked`).
void append_signature(std::string& key, const Value& value, bool is_baked);
/// An operand of a formula, loaded from `slot` when it is a tensor or a number that isn't baked.
tile::Operand load_operand(tile::Builder& builder, std::size_t slot, const Value& value,
                           bool is_baked);
/// The dtype that a cast becomes: by a tensor, by a dtype's number, or none.
std::optional<DType> cast_target(const Value& wanted, DType own);

/// Numbers in memory as their loads read them.
union NumberMemory {
  std::uint8_t flag;
  std::int64_t integer;
  double real[2];
};
NumberMemory in_memory(const Value& value);

/// Writes what an operator gave into the tensor that its in-place form changes, by torch's rules.
void write_result(const Tensor& target, const TensorRef& value);

} // namespace tsx::engine
