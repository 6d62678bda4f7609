// Decompositions of small matrices.
#pragma once

#include "core/tensor.h"

namespace tsx::engine {

/// The singular values of float or complex matrices in the last two dimensions, the largest first;
/// refuses matrices with NaN or infinities.
TensorRef singular_values(const TensorRef& matrices);
/// The inverses of square matrices of float64 or complex128; refuses singular ones.
TensorRef inverses(const TensorRef& matrices);

}  // namespace tsx::engine
