// DType: the element types, with torch's numbers, as tsx/ir/types.py has them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/span.h"

namespace tsx::engine {

enum class DType : std::uint8_t {
  kUInt8 = 0, kInt8, kInt16, kInt32, kInt64, kFloat16, kFloat32, kFloat64, kComplex32, kComplex64,
  kComplex128, kBool, kQInt8, kQUInt8, kQInt32, kBFloat16,
};
constexpr int kDTypes = 16;

/// "float32", as torch and NumPy say.
std::string_view name(DType dtype);
/// "Float", as types are written.
std::string_view type_name(DType dtype);
std::size_t item_size(DType dtype);

std::optional<DType> dtype_of_code(std::int64_t code);
std::optional<DType> dtype_of_name(std::string_view name);
std::optional<DType> dtype_of_type_name(std::string_view name);

bool is_float(DType dtype);
bool is_complex(DType dtype);
bool is_quantized(DType dtype);
/// A signed or unsigned integer; bool and quantised types are not.
bool is_integer(DType dtype);
/// Whether the engine computes with it: quantised types and complex32 only stand in types.
bool is_runnable(DType dtype);

}  // namespace tsx::engine
