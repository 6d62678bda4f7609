// Mirrors max_unpool2d and max_unpool3d of tsx/ops/pooling.py.
#include "base/error.h"
#include "kernels/places.h"
#include "tile/run.h"

namespace tsx::engine {
namespace {

/// Each element at the place that its index names in a plane of zeros; of several the last.
template <std::size_t dims> void unpool_kernel(Call& call) {
  const TensorRef x = contiguous(call.tensor_ref(0)), given = call.tensor_ref(1);
  need_rank(*x, dims + 1, dims + 2);
  if (given->sizes() != x->sizes())
    refuse("expected indices of sizes " + text_of(x->sizes()) + ", got " + text_of(given->sizes()));
  const Dims size = call.ints(2);
  need_sizes(size);
  Dims sizes;
  Size width = 1;
  for (std::size_t i = 0; i < x->rank(); ++i) {
    if (i + dims < x->rank())
      sizes.push_back(x->size(i));
    else
      width *= Size(x->size(i));
  }
  for (const std::int64_t length : size)
    sizes.push_back(length);
  const std::int64_t places = count_of(size).value();
  const TensorRef index = index_tensor(given);
  need_indices(*index, places);
  const TensorRef result = Tensor::zeros(x->dtype(), sizes);
  if (x->count() == 0) return call.give(result);
  for_item_size(x->item_size(), [&](auto sample) {
    using T = decltype(sample);
    T* const to = result->mutable_data<T>();
    for (std::int64_t i = 0; i < x->count(); ++i)
      to[i / width.value() * places + index->data<std::int64_t>()[i]] = x->data<T>()[i];
  });
  call.give(result);
}

} // namespace
} // namespace tsx::engine

TSX_KERNELS(unpooling) {
  registry.add("aten::max_unpool2d", unpool_kernel<2>);
  registry.add("aten::max_unpool3d", unpool_kernel<3>);
}
