// Several tensors as one.
#pragma once

#include "core/call.h"

namespace tsx::engine {

TensorRef cat(Span<const TensorRef> tensors, std::int64_t dim);
TensorRef stack(Span<const TensorRef> tensors, std::int64_t dim);

} // namespace tsx::engine
