// Softmax along an axis.
#pragma once

#include "core/call.h"

namespace tsx::engine {

/// kSafe gives zeros for a row that is -inf throughout, the others NaN.
enum class Softmax { kPlain, kLog, kSafe };

TensorRef softmax(Softmax kind, const TensorRef& tensor, std::int64_t dim, DType dtype);
/// Rows of float or double that lie one after the other; `to` may be `x`, but for kLog.
template <typename T>
void softmax_rows(Softmax kind, const T* x, T* to, std::size_t rows, std::size_t width);

} // namespace tsx::engine
