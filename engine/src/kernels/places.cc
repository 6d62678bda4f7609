#include "kernels/places.h"

#include "base/refusal.h"
#include "tile/run.h"

namespace tsx::engine {

TensorRef at_least_1d(const TensorRef& tensor) {
  return tensor->rank() > 0 ? tensor : tensor->view({1}, {1}, tensor->offset());
}

TensorRef shaped(const TensorRef& tensor, const Dims& sizes) {
  return tensor->view(sizes, row_major(sizes), tensor->offset());
}

TensorRef index_tensor(const TensorRef& index) {
  const DType dtype = index->dtype();
  if (!is_integer(dtype) || dtype == DType::kUInt8)
    refuse("expected an index of integers, got " + std::string(name(dtype)));
  return plain(index, DType::kInt64);
}

void need_indices(const Tensor& index, std::int64_t size, std::int64_t low) {
  const auto* places = index.data<std::int64_t>();
  for (std::int64_t i = 0; i < index.count(); ++i)
    if (places[i] < low || places[i] >= size)
      refuse_as("TSX4032", "expected indices from " + std::to_string(low) + " to " + std::to_string(size - 1) +
             ", got " + std::to_string(places[i]));
}

void need_same_dtype(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype())
    refuse("expected a tensor of " + std::string(name(a.dtype())) + ", got " +
           std::string(name(b.dtype())));
}

TensorRef number_tensor(const Value& value) {
  switch (value.tag()) {
  case Tag::kTensor:
    return value.tensor_ref();
  case Tag::kBool:
    return Tensor::scalar<std::uint8_t>(DType::kBool, value.boolean());
  case Tag::kInt:
    return Tensor::scalar<std::int64_t>(DType::kInt64, value.integer());
  case Tag::kFloat:
    return Tensor::scalar<double>(DType::kFloat64, value.real());
  case Tag::kComplex:
    return Tensor::scalar<std::complex<double>>(DType::kComplex128, value.complex());
  default:
    refuse("expected a number or a tensor");
  }
}

DType exact_dtype(DType dtype) {
  if (is_complex(dtype)) return DType::kComplex128;
  return is_float(dtype) ? DType::kFloat64 : DType::kInt64;
}

DType compute_dtype(DType dtype) {
  return dtype == DType::kFloat16 || dtype == DType::kBFloat16 ? DType::kFloat32 : dtype;
}

}  // namespace tsx::engine
