#include "kernels/support.h"

#include "base/error.h"
#include "base/refusal.h"
#include "ir/op.h"
#include "tile/promote.h"
#include "tile/run.h"

namespace tsx::engine {

std::string text_of(Span<const std::int64_t> numbers) {
  std::string text = "[";
  for (const std::int64_t number : numbers) {
    text += (text.size() > 1 ? ", " : "") + std::to_string(number);
  }
  return text + "]";
}

std::size_t axis_of(std::int64_t dim, std::size_t rank, std::size_t extra) {
  const auto span = static_cast<std::int64_t>(rank + extra == 0 ? 1 : rank + extra);
  if (dim < -span || dim >= span) {
    refuse_as("TSX4030", "expected a dimension from " + std::to_string(-span) + " to " +
           std::to_string(span - 1) + ", got " + std::to_string(dim));
  }
  return static_cast<std::size_t>(dim < 0 ? dim + span : dim);
}

Axes axes_of(Span<const std::int64_t> dims, std::size_t rank) {
  Axes axes;
  if (dims.empty()) {
    for (std::size_t i = 0; i < rank; ++i)
      axes.has[i] = true;
  }
  for (const std::int64_t dim : dims) {
    bool& has = axes.has[axis_of(dim, rank)];
    if (has) refuse_as("TSX4035", "got a dimension twice in " + text_of(dims));
    has = true;
  }
  return axes;
}

Axes one_axis(std::int64_t dim, std::size_t rank) {
  Axes axes;
  const std::size_t axis = axis_of(dim, rank);
  if (rank != 0) axes.has[axis] = true;
  return axes;
}

void need_sizes(Span<const std::int64_t> sizes) {
  for (const std::int64_t size : sizes) {
    if (size < 0) refuse("expected sizes of 0 or more, got " + text_of(sizes));
  }
}

void need_rank(const Tensor& tensor, std::size_t least, std::size_t most) {
  if (tensor.rank() >= least && tensor.rank() <= most) return;
  const std::string wanted =
      least == most ? std::to_string(least) : std::to_string(least) + " to " + std::to_string(most);
  refuse_as("TSX4055", "expected a tensor of " + wanted + " dimensions, got " + text_of(tensor.sizes()));
}

DType joined_dtype(Span<const TensorRef> tensors) {
  tile::Promotion promotion;
  for (const TensorRef& tensor : tensors) {
    promotion.add(tensor->dtype(),
                  tensor->rank() == 0 ? tile::Category::kZeroDim : tile::Category::kTensor);
  }
  return promotion.result();
}

TensorRef plain(const TensorRef& tensor, DType dtype) {
  return contiguous(tile::cast(tensor, dtype));
}

TensorRef plain(const TensorRef& tensor) { return contiguous(tensor); }

Value invoke(Call& call, std::string_view kind, std::vector<Value> operands) {
  const Kernel kernel = Registry::all().find(kind);
  if (kernel == nullptr) bug("no kernel called " + std::string(kind));
  Value result;
  Call inner(operands.data(), operands.size(), &result, 1, call.context(), find_operator(kind));
  kernel(inner);
  return result;
}

void store_result(const Tensor& target, const TensorRef& value) {
  if (value->sizes() != target.sizes()) {
    refuse("expected a result of shape " + text_of(target.sizes()) + ", as self has, got " +
           text_of(value->sizes()));
  }
  tile::assign(target, value);
}

} // namespace tsx::engine
