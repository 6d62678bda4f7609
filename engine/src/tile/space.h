// The iteration space of a tile program: the shape that its operands broadcast to, in the order in
// which its results lie in memory, with neighbouring dimensions joined where they can be.
#pragma once

#include "core/tensor.h"

namespace tsx::engine::tile {

/// What sizes broadcast to; refuses those that don't.
Dims broadcast(const Dims& a, const Dims& b);

/// The strides, in bytes, of a tensor as if it had `sizes`: 0 where it is broadcast.
Dims broadcast_strides(const Tensor& tensor, const Dims& sizes);

/// The order of dimensions (outermost first) that walks operands as they lie in memory; row-major
/// where they disagree. It is the order that NumPy gives a ufunc's result ("K").
Dims memory_order(Span<const Dims> strides, std::size_t rank);

/// Strides of a dense tensor whose dimensions lie in `order`, in elements.
Dims strides_in_order(const Dims& sizes, const Dims& order);

/// One operand or result over a space: where it starts and how far its elements are apart.
struct Walk {
  std::byte* data = nullptr;
  Dims strides;           // in bytes, outermost first
  bool is_single = false; // all strides are 0
  bool is_linear = false; // the elements lie one after the other in the space's order
};

/// Reorders and joins dimensions, the same for all walks; gives the sizes that are left.
Dims join_dimensions(const Dims& sizes, const Dims& order, Span<Walk> walks,
                     Span<const std::size_t> item_sizes);

/// Calls visit(place, stride, count) for the runs along the innermost dimension that make up
/// elements begin … end of the space.
template <typename Visit> void for_runs(const Dims& sizes, const Walk& walk, std::size_t begin,
                                        std::size_t end, Visit visit) {
  const std::size_t rank = sizes.size();
  std::int64_t index[kMaxRank];
  std::size_t rest = begin;
  std::byte* place = walk.data;
  for (std::size_t d = rank; d-- > 0;) {
    index[d] = static_cast<std::int64_t>(rest % static_cast<std::size_t>(sizes[d]));
    rest /= static_cast<std::size_t>(sizes[d]);
    place += index[d] * walk.strides[d];
  }
  if (rank == 0) return visit(place, std::ptrdiff_t{0}, std::size_t{1});
  const std::size_t last = rank - 1;
  for (std::size_t at = begin; at < end;) {
    const auto left = static_cast<std::size_t>(sizes[last] - index[last]);
    const std::size_t count = left < end - at ? left : end - at;
    visit(place, static_cast<std::ptrdiff_t>(walk.strides[last]), count);
    at += count;
    if (at == end) return;
    place -= index[last] * walk.strides[last];
    index[last] = 0;
    for (std::size_t d = last; d-- > 0;) {
      place += walk.strides[d];
      if (++index[d] < sizes[d]) break;
      place -= sizes[d] * walk.strides[d];
      index[d] = 0;
    }
  }
}

} // namespace tsx::engine::tile
