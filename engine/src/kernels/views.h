// Views: tensors over the memory of another, as kernels and other views need them.
#pragma once

#include "core/call.h"

namespace tsx::engine {

/// `sizes` with its -1 replaced; refuses what doesn't hold as many elements.
Dims resolved_sizes(const Tensor& tensor, const Dims& sizes);
/// A view when the strides allow it, else a copy.
TensorRef reshape(const TensorRef& tensor, const Dims& sizes);
/// A view; refused when the strides don't allow it.
TensorRef view(const TensorRef& tensor, const Dims& sizes);
TensorRef permute(const Tensor& tensor, const Dims& order);
TensorRef transpose(const Tensor& tensor, std::int64_t a, std::int64_t b);
TensorRef unsqueeze(const Tensor& tensor, std::size_t axis);
TensorRef squeeze_axis(const Tensor& tensor, std::size_t axis);
/// Elements start, start + step, … of an axis; the caller has checked them.
TensorRef part(const Tensor& tensor, std::size_t axis, std::int64_t start, std::int64_t size,
               std::int64_t step = 1);
TensorRef select(const Tensor& tensor, std::int64_t dim, std::int64_t index);
/// Python's slice of an axis.
TensorRef slice(const Tensor& tensor, std::int64_t dim, std::optional<std::int64_t> start,
                std::optional<std::int64_t> end, std::int64_t step);
TensorRef narrow(const Tensor& tensor, std::int64_t dim, std::int64_t start, std::int64_t length);
TensorRef diagonal(const Tensor& tensor, std::int64_t offset, std::int64_t dim1, std::int64_t dim2);
/// Broadcast to sizes, where -1 keeps one; not writable when an element appears more than once.
TensorRef expand(const TensorRef& tensor, const Dims& sizes);
TensorRef unfold(const Tensor& tensor, std::int64_t dim, std::int64_t size, std::int64_t step);
std::vector<TensorRef> split_by_sizes(const Tensor& tensor, std::int64_t dim,
                                      Span<const std::int64_t> sizes);
/// The same tensor as another object over the same memory.
TensorRef alias(const Tensor& tensor);

} // namespace tsx::engine
