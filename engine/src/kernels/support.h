// What kernels share: dimensions counted from either end, lists of dimensions, texts for refusals.
#pragma once

#include <string>

#include "core/call.h"

namespace tsx::engine {

/// "[2, 3]".
std::string text_of(Span<const std::int64_t> numbers);

/// A dimension counted from the front; a 0-dim tensor takes -1 and 0. `extra`: places for a new
/// one.
std::size_t axis_of(std::int64_t dim, std::size_t rank, std::size_t extra = 0);
/// Several different dimensions, as flags; none given means all of them.
struct Axes {
  bool has[kMaxRank] = {};
  bool operator[](std::size_t axis) const { return has[axis]; }
};
Axes axes_of(Span<const std::int64_t> dims, std::size_t rank);
/// One dimension; a 0-dim tensor has none.
Axes one_axis(std::int64_t dim, std::size_t rank);

/// Refuses negative sizes.
void need_sizes(Span<const std::int64_t> sizes);
/// Refuses a tensor that isn't of the dtype class.
void need_rank(const Tensor& tensor, std::size_t least, std::size_t most);

/// The dtype that tensors joined into one have.
DType joined_dtype(Span<const TensorRef> tensors);
/// Row-major, of that dtype: as most loops want their operands.
TensorRef plain(const TensorRef& tensor, DType dtype);
TensorRef plain(const TensorRef& tensor);

/// An in-place operator's last step: `value` into all of `target`, converted to its dtype.
void store_result(const Tensor& target, const TensorRef& value);

/// The result of another operator's kernel. All operands are given, in schema order.
Value invoke(Call& call, std::string_view kind, std::vector<Value> operands);

/// The in-place form of a kernel of one result: runs it and stores the result in operand 0.
template <Kernel kernel> void stored(Call& call) {
  const TensorRef target = call.tensor_ref(0);
  std::vector<Value> operands;
  for (std::size_t i = 0; i < call.size(); ++i)
    operands.push_back(call[i]);
  Value result;
  Call inner(operands.data(), operands.size(), &result, 1, call.context());
  kernel(inner);
  store_result(*target, result.tensor_ref());
  call.give(target);
}

/// Calls visit(T{}) with the C++ type that holds elements of a dtype as they lie in memory: copies,
/// moves and comparisons by bits need no more than its size.
template <typename Visit> void for_item_size(std::size_t bytes, Visit visit) {
  struct Two {
    std::uint64_t halves[2];
  };
  switch (bytes) {
  case 1:
    return visit(std::uint8_t{});
  case 2:
    return visit(std::uint16_t{});
  case 4:
    return visit(std::uint32_t{});
  case 8:
    return visit(std::uint64_t{});
  default:
    return visit(Two{});
  }
}

} // namespace tsx::engine
