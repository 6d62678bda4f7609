// Norms of rows.
#pragma once

#include "core/call.h"
#include "kernels/support.h"

namespace tsx::engine {

/// The p-norm over `axes` of magnitudes, which are float32 or float64: (sum of x**p) ** (1/p), the
/// largest for infinity, the smallest for -infinity, how many are not zero for 0.
TensorRef norm_over(const TensorRef& magnitudes, double p, const Axes& axes, bool keepdim);
/// The same of one row.
template <typename T> T row_norm(const T* row, std::size_t count, double p);
/// |x|, of a float or complex tensor in the dtype that it is computed in.
TensorRef magnitudes_of(const TensorRef& x);

}  // namespace tsx::engine
