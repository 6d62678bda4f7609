#include "tile/promote.h"

#include <string>

#include "base/error.h"

namespace tsx::engine::tile {
namespace {

bool is_whole(DType dtype) { return is_integer(dtype) || dtype == DType::kBool; }

/// What a dtype counts for beside a complex one: integers raise no precision.
DType part(DType dtype) {
  if (is_complex(dtype)) return real_of(dtype);
  return is_float(dtype) ? dtype : DType::kFloat16;
}

/// A lower category changes the dtype only when it is of a higher kind (bool, integer, float,
/// complex).
std::optional<DType> combine(std::optional<DType> higher, std::optional<DType> lower) {
  if (!higher || !lower) return higher ? higher : lower;
  if (is_complex(*higher)) return higher;
  if (is_float(*higher)) return is_complex(*lower) ? complex_of(*higher) : *higher;
  if (*higher == DType::kBool || is_float(*lower) || is_complex(*lower))
    return promote(*higher, *lower);
  return higher;
}

} // namespace

DType real_of(DType dtype) {
  switch (dtype) {
  case DType::kComplex32:
    return DType::kFloat16;
  case DType::kComplex64:
    return DType::kFloat32;
  case DType::kComplex128:
    return DType::kFloat64;
  default:
    return dtype;
  }
}

DType complex_of(DType dtype) {
  if (is_complex(dtype)) return dtype;
  if (dtype == DType::kFloat16) return DType::kComplex32;
  return dtype == DType::kFloat64 ? DType::kComplex128 : DType::kComplex64;
}

DType opmath(DType dtype) {
  if (dtype == DType::kFloat16 || dtype == DType::kBFloat16) return DType::kFloat32;
  return dtype == DType::kComplex32 ? DType::kComplex64 : dtype;
}

DType promote(DType a, DType b) {
  if (a == b) return a;
  if (is_complex(a) || is_complex(b)) return complex_of(promote(part(a), part(b)));
  if (is_float(a) || is_float(b)) {
    if (!is_float(a)) return b;
    if (!is_float(b) || item_size(a) > item_size(b)) return a;
    return item_size(b) > item_size(a) ? b : DType::kFloat32; // float16 with bfloat16
  }
  if (a == DType::kBool) return b;
  if (b == DType::kBool) return a;
  if (a == DType::kUInt8 || b == DType::kUInt8) {
    const DType other = a == DType::kUInt8 ? b : a;
    return other == DType::kInt8 ? DType::kInt16 : other;
  }
  return item_size(a) > item_size(b) ? a : b;
}

bool can_cast(DType from, DType to) {
  if (is_complex(from) && !is_complex(to)) return false;
  if ((is_float(from) || is_complex(from)) && is_whole(to)) return false;
  return to != DType::kBool || from == DType::kBool;
}

void Promotion::add(DType dtype, Category category) {
  std::optional<DType>& best = best_[static_cast<std::size_t>(category)];
  best = best ? promote(*best, dtype) : dtype;
}

DType Promotion::result() const {
  const std::optional<DType> found = combine(best_[0], combine(best_[1], best_[2]));
  if (!found) bug("promotion of no operands");
  return *found;
}

ComputeAndResult dtypes_of(Kind kind, DType common) {
  if (kind == Kind::INT_TO_FLOAT && is_whole(common)) common = DType::kFloat32;
  if (kind == Kind::DOUBLE) common = is_complex(common) ? DType::kComplex128 : DType::kFloat64;
  if (kind == Kind::BOOL_TO_LONG && common == DType::kBool) common = DType::kInt64;
  if (kind == Kind::ALWAYS_BOOL) return {opmath(common), DType::kBool};
  if (kind == Kind::COMPLEX_TO_FLOAT && is_complex(common))
    return {opmath(common), real_of(common)};
  return {kind == Kind::NO_OPMATH ? common : opmath(common), common};
}

simd::Compute compute_type(DType dtype) {
  using simd::Compute;
  switch (dtype) {
  case DType::kFloat64:
    return Compute::kF64;
  case DType::kBool:
    return Compute::kBool;
  case DType::kComplex64:
    return Compute::kC64;
  case DType::kComplex128:
    return Compute::kC128;
  case DType::kFloat16:
  case DType::kBFloat16:
  case DType::kFloat32:
    return Compute::kF32;
  default:
    break;
  }
  if (!is_integer(dtype)) refuse("no arithmetic on " + std::string(name(dtype)));
  return Compute::kI64;
}

} // namespace tsx::engine::tile
