#include "core/dtype.h"

namespace tsx::engine {
namespace {

enum class Kind : std::uint8_t { kInteger, kFloat, kComplex, kBool, kQuantized };

struct Row {
  std::string_view name;
  std::string_view type_name;
  std::size_t item_size;
  Kind kind;
};

constexpr Row kRows[kDTypes] = {
    {"uint8", "Byte", 1, Kind::kInteger},
    {"int8", "Char", 1, Kind::kInteger},
    {"int16", "Short", 2, Kind::kInteger},
    {"int32", "Int", 4, Kind::kInteger},
    {"int64", "Long", 8, Kind::kInteger},
    {"float16", "Half", 2, Kind::kFloat},
    {"float32", "Float", 4, Kind::kFloat},
    {"float64", "Double", 8, Kind::kFloat},
    {"complex32", "ComplexHalf", 4, Kind::kComplex},
    {"complex64", "ComplexFloat", 8, Kind::kComplex},
    {"complex128", "ComplexDouble", 16, Kind::kComplex},
    {"bool", "Bool", 1, Kind::kBool},
    {"qint8", "QInt8", 1, Kind::kQuantized},
    {"quint8", "QUInt8", 1, Kind::kQuantized},
    {"qint32", "QInt32", 4, Kind::kQuantized},
    {"bfloat16", "BFloat16", 2, Kind::kFloat},
};

const Row& row(DType dtype) { return kRows[static_cast<std::size_t>(dtype)]; }

template <typename Field> std::optional<DType> find(std::string_view text, Field field) {
  for (std::size_t i = 0; i < kDTypes; ++i)
    if (kRows[i].*field == text) return static_cast<DType>(i);
  return {};
}

}  // namespace

std::string_view name(DType dtype) { return row(dtype).name; }
std::string_view type_name(DType dtype) { return row(dtype).type_name; }
std::size_t item_size(DType dtype) { return row(dtype).item_size; }

std::optional<DType> dtype_of_code(std::int64_t code) {
  if (code < 0 || code >= kDTypes) return {};
  return static_cast<DType>(code);
}
std::optional<DType> dtype_of_name(std::string_view text) { return find(text, &Row::name); }
std::optional<DType> dtype_of_type_name(std::string_view text) {
  return find(text, &Row::type_name);
}

bool is_float(DType dtype) { return row(dtype).kind == Kind::kFloat; }
bool is_complex(DType dtype) { return row(dtype).kind == Kind::kComplex; }
bool is_quantized(DType dtype) { return row(dtype).kind == Kind::kQuantized; }
bool is_integer(DType dtype) { return row(dtype).kind == Kind::kInteger; }
bool is_runnable(DType dtype) { return !is_quantized(dtype) && dtype != DType::kComplex32; }

}  // namespace tsx::engine
