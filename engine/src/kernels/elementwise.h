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

/// Writes what an operator gave into the tensor that its in-place form changes, by torch's rules.
void write_result(const Tensor& target, const TensorRef& value);

} // namespace tsx::engine
