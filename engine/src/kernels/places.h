// What kernels that read or write by indices share: walks over sizes, checked indices, one C++ type
// for each dtype that is computed with.
#pragma once

#include <complex>
#include <cstdint>

#include "base/error.h"
#include "core/call.h"
#include "kernels/support.h"

namespace tsx::engine {

/// Visits the offset of every element, in row-major order of `sizes`.
template <typename Visit> void walk(const Dims& sizes, const Dims& strides, Visit visit) {
  for (const std::int64_t size : sizes)
    if (size == 0) return;
  Dims at = Dims::filled(sizes.size(), 0);
  for (std::int64_t offset = 0;;) {
    visit(offset);
    std::size_t dim = sizes.size();
    for (; dim > 0; --dim) {
      offset += strides[dim - 1];
      if (++at[dim - 1] < sizes[dim - 1]) break;
      offset -= sizes[dim - 1] * strides[dim - 1];
      at[dim - 1] = 0;
    }
    if (dim == 0) return;
  }
}

/// A 0-dim tensor as one of one dimension; any other as it is.
TensorRef at_least_1d(const TensorRef& tensor);
/// A row-major tensor with the sizes of `like`.
TensorRef shaped(const TensorRef& tensor, const Dims& sizes);

/// An index of any signed integer type, row-major, as int64; refuses other dtypes.
TensorRef index_tensor(const TensorRef& index);
/// Refuses an index that is not from `low` to `size` - 1.
void need_indices(const Tensor& index, std::int64_t size, std::int64_t low = 0);
/// Refuses tensors of different dtypes.
void need_same_dtype(const Tensor& a, const Tensor& b);

/// A number (or a tensor) as a tensor of no dimensions.
TensorRef number_tensor(const Value& value);

/// The dtype in which elements of `dtype` are computed: float32 for the halves.
DType compute_dtype(DType dtype);

/// int64, float64 or complex128, whichever holds every element of `dtype` exactly: for kernels that
/// only compare elements, which so need no copy for each dtype.
DType exact_dtype(DType dtype);
/// Calls visit(T{}) with the C++ type of a dtype that exact_dtype gives.
template <typename Visit> void for_exact_type(DType dtype, Visit visit) {
  if (dtype == DType::kInt64) return visit(std::int64_t{});
  return dtype == DType::kFloat64 ? visit(double{}) : visit(std::complex<double>{});
}
/// The same without complex numbers, which have no order.
template <typename Visit> void for_exact_order(DType dtype, Visit visit) {
  if (is_complex(dtype)) refuse("complex numbers have no order");
  return dtype == DType::kInt64 ? visit(std::int64_t{}) : visit(double{});
}

/// Calls visit(T{}) with the C++ type of a dtype that compute_dtype gives; bools are uint8.
template <typename Visit> void for_compute_type(DType dtype, Visit visit) {
  switch (dtype) {
  case DType::kBool:
  case DType::kUInt8:
    return visit(std::uint8_t{});
  case DType::kInt8:
    return visit(std::int8_t{});
  case DType::kInt16:
    return visit(std::int16_t{});
  case DType::kInt32:
    return visit(std::int32_t{});
  case DType::kInt64:
    return visit(std::int64_t{});
  case DType::kFloat32:
    return visit(float{});
  case DType::kFloat64:
    return visit(double{});
  case DType::kComplex64:
    return visit(std::complex<float>{});
  case DType::kComplex128:
    return visit(std::complex<double>{});
  default:
    refuse("a tensor of " + std::string(name(dtype)) + " can't be computed with");
  }
}

}  // namespace tsx::engine
