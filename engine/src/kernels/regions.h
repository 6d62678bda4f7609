// What torchvision's operators share: one dtype, which may be float16 computed step by step.
#pragma once

#include "base/error.h"
#include "core/call.h"
#include "kernels/rounded_half.h"

namespace tsx::engine {

/// Calls visit(T{}) with the C++ type that holds and computes elements of a dtype.
template <typename Visit> void for_region_type(DType dtype, Visit visit) {
  switch (dtype) {
  case DType::kFloat16: return visit(RoundedHalf{});
  case DType::kFloat32: return visit(float{});
  case DType::kFloat64: return visit(double{});
  default:
    refuse("takes float16, float32 or float64 tensors, got " + std::string(name(dtype)));
  }
}

} // namespace tsx::engine
