// Which elements hold: shared by indexing with masks and by nonzero and its like.
#pragma once

#include <vector>

#include "core/tensor.h"

namespace tsx::engine {

/// For each element in row-major order whether it is other than zero.
std::vector<bool> nonzero_mask(const TensorRef& tensor);
/// The places of the elements other than zero: one 1-D tensor of int64 for each dimension.
std::vector<TensorRef> nonzero_by_dim(const TensorRef& tensor);

}  // namespace tsx::engine
