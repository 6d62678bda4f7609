// What rules of operators share that make tensors from sizes: operands by name, sizes, dtypes.
#pragma once

#include <optional>
#include <string_view>

#include "rules/support.h"

namespace tsx::engine::rules {

/// Where the schema has an argument of that name.
std::optional<std::size_t> argument(const Operands& in, std::string_view name);
/// The operand `dtype`: what it says, `fallback` for None, nothing when unknown.
std::optional<DType> dtype_or(const Operands& in, std::optional<DType> fallback);
/// A tensor of the given sizes, which are an `int[]`.
Abstract sized(const Operands& in, const Abstract& size, std::optional<DType> dtype);
/// As sized, of the operand `size` and the dtype that dtype_or gives.
Abstract sized(const Operands& in, std::optional<DType> fallback);
/// A tensor of operand 0's sizes, and of its dtype unless `dtype` says another.
Abstract like_self(const Operands& in);

/// How many numbers range(start, end, step) has; `step` isn't zero.
Dim range_count(std::int64_t start, std::int64_t end, std::int64_t step);

}  // namespace tsx::engine::rules
