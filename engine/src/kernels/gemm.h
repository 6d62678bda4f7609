// Matrix products on panels: C = start + A·B, for float, double, int64 and complex double.
//
// B is read through a Packer, which lays out panels of columns as the micro-kernels want them: a
// matrix in memory, the windows of an image, or weights that were packed before. The start of the
// sums (a bias, what stands in C) is part of the product.
#pragma once

#include <complex>
#include <cstdint>

#include "core/tensor.h"
#include "simd/table.h"

namespace tsx::engine {

using simd::Epilogue;

/// Lays out columns of B: pack(to, first, count, width) writes `count` columns from `first` on to
/// to[depth][width], and zeros in the rest of the width.
template <typename T> class Packer {
 public:
  virtual ~Packer() = default;
  virtual void pack(T* to, std::size_t first, std::size_t count, std::size_t width) const = 0;
};

/// A matrix in memory; strides count elements.
template <typename T> struct Matrix {
  const T* data;
  std::int64_t row, column;
};

/// Everything of a product but B.
template <typename T> struct Product {
  std::size_t rows, columns, depth;
  const T* a; // rows of `depth` elements, one after the other
  std::size_t a_stride;
  T* c;
  std::size_t c_stride;
  Epilogue::Start start = Epilogue::Start::kZero;
  const T* bias = nullptr;
};

template <typename T> void multiply(const Product<T>& product, const Packer<T>& b);
template <typename T> void multiply(const Product<T>& product, const Matrix<T>& b);

/// The dtype that products of `dtype` are computed in; refuses bool.
DType product_dtype(DType dtype);
/// Refuses tensors of several dtypes; gives the one.
DType need_same_dtype(Span<const Tensor* const> tensors);

/// Calls visit(T{}) with the type of a product dtype.
template <typename Visit> void for_product_type(DType dtype, Visit visit) {
  switch (dtype) {
  case DType::kFloat32:
    return visit(float{});
  case DType::kFloat64:
    return visit(double{});
  case DType::kInt64:
    return visit(std::int64_t{});
  default:
    return visit(std::complex<double>{});
  }
}

/// a @ b by numpy.matmul's rules for sizes, in a product dtype, row-major.
TensorRef matmul(const TensorRef& a, const TensorRef& b);
/// input @ weight.T + bias, in a product dtype; bias may be null.
TensorRef linear(const TensorRef& input, const TensorRef& weight, const TensorRef& bias);

} // namespace tsx::engine
