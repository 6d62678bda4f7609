#include "core/dims.h"

#include "base/error.h"

namespace tsx::engine {

void Dims::too_many() { refuse("a tensor has at most 16 dimensions"); }

Size count_of(const Dims& sizes) {
  // With a size of 0 the others may be as large as they like.
  if (std::find(sizes.begin(), sizes.end(), 0) != sizes.end()) return Size(0);
  Size count = 1;
  for (const std::int64_t size : sizes) count *= Size(size);
  return count;
}

Dims row_major(const Dims& sizes) {
  Dims strides = sizes;
  std::int64_t step = 1;
  for (std::size_t i = sizes.size(); i-- > 0;) {
    strides[i] = step;
    // Beyond 63 bits only where count_of is 0 or throws: nobody steps that far.
    if (sizes[i] > 1 && __builtin_mul_overflow(step, sizes[i], &step)) step = 1;
  }
  return strides;
}

}  // namespace tsx::engine
