// The element types that NumPy computes in, for the kernel and the rule of tsx::numpy_type.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/dtype.h"

namespace tsx::engine::numpy {

/// An operand, as the table of NumPy's answers counts them: a dtype of arrays, or a Python number.
using Operand = std::size_t;
/// Nothing for a dtype that NumPy doesn't have.
std::optional<Operand> operand_of(DType dtype);
Operand int_operand();
Operand float_operand();
Operand complex_operand();

/// What NumPy answers.
struct Answer {
  std::optional<DType> dtype;     // nothing: its TypeError, or the next
  std::string_view missing = {};  // the name of an element type that programs don't have
};

/// The dtype in which `function` is computed of one operand or more; "fill" is that of the first.
Answer computed(std::string_view function, const std::vector<Operand>& operands);
/// Whether Python's ints must fit into the dtype, rather than be compared or converted.
bool needs_room(std::string_view function);

bool holds(DType dtype, std::int64_t number);
/// The words of NumPy's OverflowError.
std::string beyond(DType dtype, std::int64_t number);

}  // namespace tsx::engine::numpy
