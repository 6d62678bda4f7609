// Mirrors tsx/ops/slicing.py and splitting.py: parts of a tensor, as views.
#include <algorithm>
#include <optional>

#include "base/error.h"
#include "base/refusal.h"
#include "kernels/support.h"
#include "kernels/views.h"
#include "tile/run.h"

namespace tsx::engine {

TensorRef part(const Tensor& tensor, std::size_t axis, std::int64_t start, std::int64_t size,
               std::int64_t step) {
  Dims sizes = tensor.sizes(), strides = tensor.strides();
  const std::int64_t offset = tensor.offset() + (size > 0 ? start * strides[axis] : 0);
  sizes[axis] = size;
  strides[axis] *= step;
  return tensor.view(sizes, strides, offset);
}

TensorRef select(const Tensor& tensor, std::int64_t dim, std::int64_t index) {
  const std::size_t axis = axis_of(dim, tensor.rank());
  if (tensor.rank() == 0) refuse("expected a tensor with a dimension, got a 0-dim tensor");
  const std::int64_t size = tensor.size(axis);
  if (index < -size || index >= size) {
    refuse_as("TSX4032", "expected indices from " + std::to_string(-size) + " to " + std::to_string(size - 1) +
           ", got " + std::to_string(index));
  }
  Dims sizes = tensor.sizes(), strides = tensor.strides();
  const std::int64_t offset = tensor.offset() + (index < 0 ? index + size : index) * strides[axis];
  sizes.erase(axis);
  strides.erase(axis);
  return tensor.view(sizes, strides, tensor.count() == 0 ? tensor.offset() : offset);
}

TensorRef slice(const Tensor& tensor, std::int64_t dim, std::optional<std::int64_t> start,
                std::optional<std::int64_t> end, std::int64_t step) {
  const std::size_t axis = axis_of(dim, tensor.rank());
  if (tensor.rank() == 0) refuse("expected a tensor with a dimension, got a 0-dim tensor");
  if (step <= 0) refuse("expected a step of 1 or more, got " + std::to_string(step));
  const std::int64_t size = tensor.size(axis);
  const auto place = [size](std::int64_t at) {
    return std::clamp<std::int64_t>(at < 0 ? at + size : at, 0, size);
  };
  const std::int64_t from = place(start.value_or(0)), to = place(end.value_or(size));
  const std::int64_t length = std::max<std::int64_t>(to - from, 0);
  return part(tensor, axis, from, length / step + (length % step != 0 ? 1 : 0),
              length == 0 ? 1 : step);
}

TensorRef narrow(const Tensor& tensor, std::int64_t dim, std::int64_t start, std::int64_t length) {
  const std::size_t axis = axis_of(dim, tensor.rank());
  if (tensor.rank() == 0) refuse("expected a tensor with a dimension, got a 0-dim tensor");
  const std::int64_t size = tensor.size(axis);
  if (start < -size || start > size) {
    refuse_as("TSX4032", "expected indices from " + std::to_string(-size) + " to " + std::to_string(size) +
           ", got " + std::to_string(start));
  }
  const std::int64_t first = start < 0 ? start + size : start;
  if (length < 0 || length > size - first) {
    refuse("expected a length from 0 to " + std::to_string(size - first) + ", got " +
           std::to_string(length));
  }
  return part(tensor, axis, first, length);
}

TensorRef diagonal(const Tensor& tensor, std::int64_t offset, std::int64_t dim1,
                   std::int64_t dim2) {
  const std::size_t a = axis_of(dim1, tensor.rank()), b = axis_of(dim2, tensor.rank());
  if (a == b) refuse_as("TSX4035", "got a dimension twice in " + text_of(Dims{dim1, dim2}));
  const std::int64_t rows = tensor.size(a), columns = tensor.size(b);
  const std::int64_t down = offset < 0 ? std::min(-std::max(offset, -rows), rows) : 0;
  const std::int64_t right = offset > 0 ? std::min(offset, columns) : 0;
  const std::int64_t length = std::min(rows - down, columns - right);
  Dims sizes = tensor.sizes(), strides = tensor.strides();
  const std::int64_t step = strides[a] + strides[b];
  const std::int64_t start = length > 0 ? down * strides[a] + right * strides[b] : 0;
  for (const std::size_t axis : {std::max(a, b), std::min(a, b)}) {
    sizes.erase(axis);
    strides.erase(axis);
  }
  sizes.push_back(length);
  strides.push_back(step);
  return tensor.view(sizes, strides, tensor.offset() + start);
}

TensorRef unfold(const Tensor& tensor, std::int64_t dim, std::int64_t size, std::int64_t step) {
  const std::size_t axis = axis_of(dim, tensor.rank());
  const std::int64_t whole = tensor.rank() == 0 ? 1 : tensor.size(axis);
  if (size < 0 || size > whole || step < 1) {
    refuse("expected a size from 0 to " + std::to_string(whole) + " and a step of 1 or more");
  }
  if (tensor.rank() == 0) return tensor.view({size}, {1}, tensor.offset());
  Dims sizes = tensor.sizes(), strides = tensor.strides();
  sizes[axis] = (whole - size) / step + 1;
  strides[axis] = tensor.stride(axis) * (sizes[axis] == 1 ? 1 : step);
  sizes.push_back(size);
  strides.push_back(tensor.stride(axis));
  return tensor.view(sizes, strides, tensor.offset());
}

std::vector<TensorRef> split_by_sizes(const Tensor& tensor, std::int64_t dim,
                                      Span<const std::int64_t> sizes) {
  const std::size_t axis = axis_of(dim, tensor.rank());
  if (tensor.rank() == 0) refuse("expected a tensor with a dimension, got a 0-dim tensor");
  Size total;
  for (const std::int64_t size : sizes) {
    if (size < 0) refuse("expected sizes of 0 or more, got " + text_of(sizes));
    total += Size(size);
  }
  if (total.value() != tensor.size(axis)) {
    refuse("expected sizes that add up to " + std::to_string(tensor.size(axis)) + ", got " +
           text_of(sizes));
  }
  std::vector<TensorRef> parts;
  std::int64_t start = 0;
  for (const std::int64_t size : sizes) {
    parts.push_back(part(tensor, axis, start, size));
    start += size;
  }
  return parts;
}

namespace {

constexpr std::int64_t kMostParts = 1 << 24;

Ref<List> listed(const std::vector<TensorRef>& tensors) {
  return make_ref<List>(std::vector<Value>(tensors.begin(), tensors.end()));
}

std::int64_t size_along(const Tensor& x, std::int64_t dim) {
  const std::size_t axis = axis_of(dim, x.rank());
  if (x.rank() == 0) refuse("expected a tensor with a dimension, got a 0-dim tensor");
  return x.size(axis);
}

/// Pieces of `size`, the last one with what is left; one piece of an empty dimension.
std::vector<std::int64_t> chunk_sizes(std::int64_t whole, std::int64_t size) {
  if (size == 0 || whole == 0) return {0};
  if (whole / size > kMostParts) throw failure("TSX5020", {{"op", "split"}});
  std::vector<std::int64_t> sizes;
  for (std::int64_t start = 0; start < whole; start += size)
    sizes.push_back(std::min(size, whole - start));
  return sizes;
}

std::vector<TensorRef> sections(const Tensor& x, std::int64_t count, std::int64_t dim) {
  const std::int64_t whole = size_along(x, dim);
  if (count < 1) refuse("expected 1 section or more, got " + std::to_string(count));
  if (count > kMostParts) throw failure("TSX5020", {{"op", "tensor_split"}});
  std::vector<std::int64_t> sizes;
  for (std::int64_t i = 0; i < count; ++i)
    sizes.push_back(whole / count + (i < whole % count ? 1 : 0));
  return split_by_sizes(x, dim, sizes);
}

std::vector<TensorRef> at_indices(const Tensor& x, Span<const std::int64_t> places,
                                  std::int64_t dim) {
  std::vector<TensorRef> parts;
  for (std::size_t i = 0; i <= places.size(); ++i) {
    const std::int64_t from = i == 0 ? 0 : places[i - 1];
    const auto to = i == places.size() ? std::optional<std::int64_t>() : places[i];
    parts.push_back(slice(x, dim, from, to, 1));
  }
  return parts;
}

void select_kernel(Call& call) {
  call.give(select(call.tensor(0), call.integer(1), call.integer(2)));
}

void slice_kernel(Call& call) {
  call.give(slice(call.tensor(0), call.integer(1), call.optional_integer(2),
                  call.optional_integer(3), call.integer(4)));
}

void narrow_kernel(Call& call) {
  call.give(narrow(call.tensor(0), call.integer(1), call.integer(2), call.integer(3)));
}

void narrow_tensor_kernel(Call& call) {
  if (call.tensor(2).rank() != 0 || !is_integer(call.tensor(2).dtype()))
    refuse("expected a 0-dim tensor of a whole number as the start");
  const TensorRef start = plain(call.tensor_ref(2), DType::kInt64);
  call.give(narrow(call.tensor(0), call.integer(1), *start->data<std::int64_t>(), call.integer(3)));
}

void diagonal_kernel(Call& call) {
  call.give(diagonal(call.tensor(0), call.integer(1), call.integer(2), call.integer(3)));
}

void unfold_kernel(Call& call) {
  call.give(unfold(call.tensor(0), call.integer(1), call.integer(2), call.integer(3)));
}

void as_strided_kernel(Call& call) {
  const Tensor& x = call.tensor(0);
  const Dims sizes = call.ints(1), strides = call.ints(2);
  bool is_right = sizes.size() == strides.size(), overlaps = false;
  for (const std::int64_t number : sizes)
    is_right = is_right && number >= 0;
  for (const std::int64_t number : strides)
    is_right = is_right && number >= 0;
  if (!is_right) {
    refuse("expected as many strides as sizes, none negative, got " + text_of(sizes) + " and " +
           text_of(strides));
  }
  for (std::size_t i = 0; i < sizes.size(); ++i)
    overlaps = overlaps || (strides[i] == 0 && sizes[i] > 1);
  call.give(make_ref<Tensor>(x.storage(), x.dtype(), sizes, strides,
                             call.optional_integer(3).value_or(x.offset()),
                             x.is_writable() && !overlaps));
}

void unbind_kernel(Call& call) {
  const Tensor& x = call.tensor(0);
  const std::int64_t size = size_along(x, call.integer(1));
  std::vector<TensorRef> parts;
  for (std::int64_t i = 0; i < size; ++i)
    parts.push_back(select(x, call.integer(1), i));
  call.give(listed(parts));
}

void split_kernel(Call& call) {
  const Tensor& x = call.tensor(0);
  const std::int64_t whole = size_along(x, call.integer(2)), size = call.integer(1);
  if (size < 0 || (size == 0 && whole != 0))
    refuse("expected a size of 1 or more, got " + std::to_string(size));
  call.give(listed(split_by_sizes(x, call.integer(2), chunk_sizes(whole, size))));
}

void split_sizes_kernel(Call& call) {
  call.give(listed(split_by_sizes(call.tensor(0), call.integer(2), call.long_ints(1))));
}

void chunk_kernel(Call& call) {
  const Tensor& x = call.tensor(0);
  const std::int64_t chunks = call.integer(1), whole = size_along(x, call.integer(2));
  if (chunks < 1) refuse("expected 1 chunk or more of a dimension, got " + std::to_string(chunks));
  if (whole == 0 && chunks > kMostParts) throw failure("TSX5020", {{"op", "chunk"}});
  const std::vector<std::int64_t> sizes =
      whole == 0 ? std::vector<std::int64_t>(static_cast<std::size_t>(chunks), 0)
                 : chunk_sizes(whole, whole / chunks + (whole % chunks != 0 ? 1 : 0));
  call.give(listed(split_by_sizes(x, call.integer(2), sizes)));
}

void sections_kernel(Call& call) {
  call.give(listed(sections(call.tensor(0), call.integer(1), call.integer(2))));
}

void indices_kernel(Call& call) {
  call.give(listed(at_indices(call.tensor(0), call.long_ints(1), call.integer(2))));
}

void tensor_sections_kernel(Call& call) {
  const Tensor& given = call.tensor(1);
  if (given.dtype() != DType::kInt64 || given.rank() > 1)
    refuse("expected indices or sections in an int64 tensor of 0 or 1 dimensions, got " +
           std::string(name(given.dtype())) + " of " + std::to_string(given.rank()) + " dimensions");
  const TensorRef where = plain(call.tensor_ref(1), DType::kInt64);
  const Span<const std::int64_t> places(where->data<std::int64_t>(),
                                        static_cast<std::size_t>(where->count()));
  call.give(listed(where->rank() == 0 ? sections(call.tensor(0), places[0], call.integer(2))
                                      : at_indices(call.tensor(0), places, call.integer(2))));
}

/// hsplit and its like: along `axis`, or along `lone` of a 1-D tensor.
template <int axis, int lone> void even_sections_kernel(Call& call) {
  const Tensor& x = call.tensor(0);
  const std::int64_t dim = x.rank() == 1 ? lone : axis, count = call.integer(1);
  const std::int64_t whole = size_along(x, dim);
  if (count < 1 || whole % count != 0)
    refuse("expected sections that divide " + std::to_string(whole));
  call.give(listed(sections(x, count, dim)));
}

template <int axis, int lone> void cut_kernel(Call& call) {
  const Tensor& x = call.tensor(0);
  call.give(listed(at_indices(x, call.long_ints(1), x.rank() == 1 ? lone : axis)));
}

} // namespace
} // namespace tsx::engine

TSX_KERNELS(slicing) {
  registry.add("aten::select.int", select_kernel);
  registry.add("aten::slice.Tensor", slice_kernel);
  registry.add("aten::narrow", narrow_kernel);
  registry.add("aten::narrow.Tensor", narrow_tensor_kernel);
  registry.add("aten::diagonal", diagonal_kernel);
  registry.add("aten::linalg_diagonal", diagonal_kernel);
  registry.add("aten::unfold", unfold_kernel);
  registry.add("aten::as_strided", as_strided_kernel);
  registry.add("aten::as_strided_", as_strided_kernel);
  registry.add("aten::unbind.int", unbind_kernel);
  registry.add("aten::split.Tensor", split_kernel);
  registry.add("aten::split.sizes", split_sizes_kernel);
  registry.add("aten::split", split_sizes_kernel);
  registry.add("aten::split_with_sizes", split_sizes_kernel);
  registry.add("aten::chunk", chunk_kernel);
  registry.add("aten::tensor_split.sections", sections_kernel);
  registry.add("aten::tensor_split.indices", indices_kernel);
  registry.add("aten::tensor_split.tensor_indices_or_sections", tensor_sections_kernel);
  registry.add("aten::hsplit.int", even_sections_kernel<1, 0>);
  registry.add("aten::hsplit.array", cut_kernel<1, 0>);
  registry.add("aten::vsplit.int", even_sections_kernel<0, 0>);
  registry.add("aten::vsplit.array", cut_kernel<0, 0>);
  registry.add("aten::dsplit.int", even_sections_kernel<2, 2>);
  registry.add("aten::dsplit.array", cut_kernel<2, 2>);
}
