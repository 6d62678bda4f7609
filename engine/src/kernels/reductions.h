// Sums over axes.
#pragma once

#include <complex>

#include "core/call.h"
#include "kernels/support.h"

namespace tsx::engine {

/// The sum over `axes`, which go, in the tensor's own dtype.
TensorRef sum_over(const TensorRef& tensor, const Axes& axes);
/// log(sum(exp(row))), of one element at least.
std::complex<double> log_sum(const std::complex<double>* row, std::size_t count);

}  // namespace tsx::engine
