// Operators whose result depends on which elements hold (tsx/ops/masks.py).
#include <algorithm>
#include <cstring>

#include "kernels/places.h"
#include "kernels/selection.h"
#include "tile/run.h"

namespace tsx::engine {

std::vector<bool> nonzero_mask(const TensorRef& tensor) {
  const TensorRef x = plain(tensor, compute_dtype(tensor->dtype()));
  std::vector<bool> mask(static_cast<std::size_t>(x->count()));
  for_compute_type(x->dtype(), [&](auto sample) {
    using T = decltype(sample);
    const T* values = x->data<T>();
    for (std::size_t i = 0; i < mask.size(); ++i)
      mask[i] = values[i] != T(0);
  });
  return mask;
}

std::vector<TensorRef> nonzero_by_dim(const TensorRef& tensor) {
  const std::vector<bool> mask = nonzero_mask(tensor);
  const auto count = static_cast<std::int64_t>(std::count(mask.begin(), mask.end(), true));
  std::vector<TensorRef> places;
  for (std::size_t d = 0; d < tensor->rank(); ++d)
    places.push_back(Tensor::empty(DType::kInt64, {count}));
  const Dims strides = row_major(tensor->sizes());
  for (std::size_t d = 0; d < tensor->rank(); ++d) {
    auto* target = places[d]->mutable_data<std::int64_t>();
    for (std::size_t i = 0; i < mask.size(); ++i)
      if (mask[i]) *target++ = static_cast<std::int64_t>(i) / strides[d] % tensor->size(d);
  }
  return places;
}

namespace {

/// One row for each place, `rows` of them at most.
TensorRef place_rows(const TensorRef& x, std::int64_t rows, std::int64_t fill) {
  const std::vector<TensorRef> places = nonzero_by_dim(x);
  const auto rank = static_cast<std::int64_t>(x->rank());
  const TensorRef result = Tensor::empty(DType::kInt64, {rows, rank});
  auto* target = result->mutable_data<std::int64_t>();
  for (std::int64_t row = 0; row < rows; ++row)
    for (const TensorRef& column : places)
      *target++ = row < column->count() ? column->data<std::int64_t>()[row] : fill;
  return result;
}

void nonzero(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  const std::vector<bool> mask = nonzero_mask(x);
  call.give(place_rows(x, std::count(mask.begin(), mask.end(), true), 0));
}

void nonzero_static(Call& call) {
  need_sizes(Dims{call.integer(1)});
  call.give(place_rows(call.tensor_ref(0), call.integer(1), call.integer(2)));
}

void nonzero_lists(Call& call) {
  const std::vector<TensorRef> places = nonzero_by_dim(at_least_1d(call.tensor_ref(0)));
  call.give(list_of(Span<const TensorRef>(places)));
}

/// The mask as bools; refuses other dtypes.
TensorRef mask_of(const TensorRef& mask) {
  if (mask->dtype() != DType::kBool && mask->dtype() != DType::kUInt8)
    refuse("expected a mask of bools, got " + std::string(name(mask->dtype())));
  return mask;
}

Dims common_sizes(const Dims& a, const Dims& b) {
  Dims common = a.size() >= b.size() ? a : b;
  const Dims& other = a.size() >= b.size() ? b : a;
  const std::size_t shift = common.size() - other.size();
  for (std::size_t i = 0; i < other.size(); ++i) {
    std::int64_t& size = common[shift + i];
    if (size == 1) size = other[i];
    if (other[i] != 1 && other[i] != size)
      refuse("expected sizes that broadcast, got " + text_of(a) + " and " + text_of(b));
  }
  return common;
}

/// A view of the sizes, with stride 0 where the tensor has size 1; `sizes` are known to fit.
TensorRef expanded(const TensorRef& tensor, const Dims& sizes) {
  Dims strides = Dims::filled(sizes.size(), 0);
  const std::size_t shift = sizes.size() - tensor->rank();
  for (std::size_t d = 0; d < tensor->rank(); ++d)
    if (tensor->size(d) != 1) strides[shift + d] = tensor->stride(d);
  return tensor->view(sizes, strides, tensor->offset());
}

void masked_select(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  const TensorRef mask = mask_of(call.tensor_ref(1));
  const Dims sizes = common_sizes(x->sizes(), mask->sizes());
  const TensorRef where = plain(expanded(mask, sizes));
  const TensorRef from = plain(expanded(x, sizes));
  const auto* holds = where->data<std::uint8_t>();
  const std::int64_t count =
      std::count_if(holds, holds + where->count(), [](std::uint8_t h) { return h != 0; });
  const TensorRef result = Tensor::empty(x->dtype(), {count});
  for_item_size(x->item_size(), [&](auto sample) {
    using T = decltype(sample);
    const T* source = from->data<T>();
    T* target = result->mutable_data<T>();
    for (std::int64_t i = 0; i < from->count(); ++i)
      if (holds[i]) *target++ = source[i];
  });
  call.give(result);
}

TensorRef masked_scattered(const TensorRef& x, const TensorRef& mask, const TensorRef& source) {
  need_same_dtype(*x, *source);
  if (mask->dtype() != DType::kBool)
    refuse("expected a mask of bools, got " + std::string(name(mask->dtype())));
  const Dims sizes = common_sizes(x->sizes(), mask->sizes());
  const TensorRef where = plain(expanded(mask, sizes));
  const TensorRef result = copy(*expanded(x, sizes));
  const TensorRef values = plain(source);
  const auto* holds = where->data<std::uint8_t>();
  const std::int64_t count =
      std::count_if(holds, holds + where->count(), [](std::uint8_t h) { return h != 0; });
  if (values->count() < count)
    refuse("expected a source of " + std::to_string(count) + " elements, got " +
           std::to_string(values->count()));
  for_item_size(x->item_size(), [&](auto sample) {
    using T = decltype(sample);
    const T* from = values->data<T>();
    T* target = result->mutable_data<T>();
    for (std::int64_t i = 0; i < result->count(); ++i)
      if (holds[i]) target[i] = *from++;
  });
  return result;
}

void masked_scatter(Call& call) {
  call.give(masked_scattered(call.tensor_ref(0), call.tensor_ref(1), call.tensor_ref(2)));
}

void masked_scatter_in_place(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  if (common_sizes(x->sizes(), call.tensor(1).sizes()) != x->sizes())
    refuse("the mask is larger than the tensor that is written");
  store_result(*x, masked_scattered(x, call.tensor_ref(1), call.tensor_ref(2)));
  call.give(x);
}

void one_hot(Call& call) {
  const TensorRef x = plain(call.tensor_ref(0));
  if (x->dtype() != DType::kInt64)
    refuse("expected a tensor of int64, got " + std::string(name(x->dtype())));
  const auto* numbers = x->data<std::int64_t>();
  std::int64_t classes = call.integer(1);
  if (classes == -1) {
    if (x->count() == 0) refuse("expected num_classes for an empty tensor, got -1");
    const std::int64_t largest = *std::max_element(numbers, numbers + x->count());
    if (largest == INT64_MAX) refuse("the largest class is beyond 63 bits");
    classes = largest + 1;
  }
  need_sizes(Dims{classes});
  need_indices(*x, classes);
  Dims sizes = x->sizes();
  sizes.push_back(classes);
  const TensorRef result = Tensor::zeros(DType::kInt64, sizes);
  auto* target = result->mutable_data<std::int64_t>();
  for (std::int64_t i = 0; i < x->count(); ++i)
    target[i * classes + numbers[i]] = 1;
  call.give(result);
}

}  // namespace
}  // namespace tsx::engine

TSX_KERNELS(masks) {
  registry.add("aten::nonzero", nonzero);
  registry.add("aten::argwhere", nonzero);
  registry.add("aten::nonzero_static", nonzero_static);
  registry.add("aten::nonzero_numpy", nonzero_lists);
  registry.add("aten::where", nonzero_lists);
  registry.add("aten::masked_select", masked_select);
  registry.add("aten::masked_scatter", masked_scatter);
  registry.add("aten::masked_scatter_", masked_scatter_in_place);
  registry.add("aten::one_hot", one_hot);
}
