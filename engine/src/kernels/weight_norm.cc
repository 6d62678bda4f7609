// Weight normalisation: a direction v and a length g for each slice (tsx/ops/weight_norm.py).
#include <cmath>

#include "kernels/places.h"
#include "kernels/rows.h"
#include "kernels/views.h"
#include "tile/run.h"

namespace tsx::engine {
namespace {

struct Normed {
  TensorRef weight, norms;
};

/// v * (g / |v|), with a length for each slice along `dim`, or one for all (-1).
Normed normed(const TensorRef& v, const TensorRef& g, std::int64_t dim) {
  need_same_dtype(*v, *g);
  const DType work = float_work(v->dtype());
  const std::size_t axis = dim == -1 ? 0 : axis_of(dim, v->rank());
  // Counted from the end no dimension is meant: every one is summed over.
  const bool is_whole = dim < 0 || v->rank() == 0;
  Dims kept = Dims::filled(v->rank(), 1);
  if (!is_whole) kept[axis] = v->size(axis);
  const TensorRef values = plain(v, work);
  const TensorRef norms = Tensor::zeros(work, kept);
  std::int64_t inner = 1;
  for (std::size_t i = axis + 1; i < v->rank(); ++i)
    inner *= v->size(i);
  const TensorRef factor = plain(expand(plain(g, work), v->sizes()));
  const TensorRef weight = Tensor::empty(work, v->sizes());
  for_float(work, [&](auto sample) {
    using T = decltype(sample);
    const T* from = values->data<T>();
    T* const lengths = norms->mutable_data<T>();
    const auto slice_of = [&](std::int64_t i) { return is_whole ? 0 : i / inner % kept[axis]; };
    std::vector<double> sums(static_cast<std::size_t>(norms->count()));
    for (std::int64_t i = 0; i < v->count(); ++i)
      sums[static_cast<std::size_t>(slice_of(i))] +=
          static_cast<double>(from[i]) * static_cast<double>(from[i]);
    for (std::size_t i = 0; i < sums.size(); ++i)
      lengths[i] = static_cast<T>(std::sqrt(sums[i]));
    const T* scales = factor->data<T>();
    T* const to = weight->mutable_data<T>();
    for (std::int64_t i = 0; i < v->count(); ++i)
      to[i] = from[i] * (scales[i] / lengths[slice_of(i)]);
  });
  return {tile::cast(weight, v->dtype()), norms};
}

void weight_norm_kernel(Call& call) {
  call.give(normed(call.tensor_ref(0), call.tensor_ref(1), call.integer(2)).weight);
}

void weight_norm_interface_kernel(Call& call) {
  const Normed made = normed(call.tensor_ref(0), call.tensor_ref(1), call.integer(2));
  call.give(made.weight, made.norms);
}

}  // namespace
}  // namespace tsx::engine

TSX_KERNELS(weight_norm) {
  registry.add("aten::_weight_norm", weight_norm_kernel);
  registry.add("aten::_weight_norm_interface", weight_norm_interface_kernel);
}
