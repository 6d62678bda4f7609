// Sums over axes.
#pragma once

#include "core/call.h"
#include "kernels/support.h"

namespace tsx::engine {

/// The sum over `axes`, which go, in the tensor's own dtype.
TensorRef sum_over(const TensorRef& tensor, const Axes& axes);

}  // namespace tsx::engine
