// Gather and scatter along one dimension (tsx/ops/gather.py). Indices are checked against their
// dimension, always.
#include <string>

#include "kernels/combine.h"
#include "kernels/places.h"
#include "tile/run.h"

namespace tsx::engine {
namespace {

using namespace reducing;

/// A tensor and an index that fit along an axis; both have a dimension at least.
struct Along {
  std::size_t axis;
  TensorRef source;  // row-major
  TensorRef index;   // row-major, int64
};

/// Refuses an index that is larger than `source` beside the axis, or out of range.
Along along(const TensorRef& x, std::int64_t dim, const TensorRef& index, std::int64_t low = 0) {
  Along found{axis_of(dim, x->rank()), plain(at_least_1d(x)), at_least_1d(index)};
  if (found.index->count() == 0) return found;
  found.index = index_tensor(found.index);
  const std::size_t rank = found.source->rank();
  if (found.index->rank() != rank)
    refuse("expected an index of " + std::to_string(rank) + " dimensions, got " +
           std::to_string(found.index->rank()));
  for (std::size_t d = 0; d < rank; ++d)
    if (d != found.axis && found.index->size(d) > found.source->size(d))
      refuse("expected an index no larger than " + text_of(found.source->sizes()) +
             " beside dimension " + std::to_string(found.axis) + ", got " +
             text_of(found.index->sizes()));
  need_indices(*found.index, found.source->size(found.axis), low);
  return found;
}

/// Visits, for each element of the index in turn, the place in the source that it names.
template <typename Visit> void each_place(const Along& at, Visit visit) {
  Dims strides = at.source->strides();
  const std::int64_t step = strides[at.axis];
  strides[at.axis] = 0;
  const auto* index = at.index->data<std::int64_t>();
  walk(at.index->sizes(), strides, [&](std::int64_t offset) { visit(offset + *index++ * step); });
}

TensorRef gathered(const TensorRef& x, std::int64_t dim, const TensorRef& index) {
  const Along at = along(x, dim, index);
  const TensorRef result = Tensor::empty(x->dtype(), index->sizes());
  if (result->count() == 0) return result;
  for_item_size(x->item_size(), [&](auto sample) {
    using T = decltype(sample);
    const T* source = at.source->data<T>();
    T* target = result->mutable_data<T>();
    each_place(at, [&](std::int64_t place) { *target++ = source[place]; });
  });
  return result;
}

void gather(Call& call) {
  call.give(gathered(call.tensor_ref(0), call.integer(1), call.tensor_ref(2)));
}

/// `tensor` with the sizes `sizes`, except along `axis`: broadcast where it has size 1.
TensorRef widened(const TensorRef& tensor, const Dims& sizes, std::size_t axis) {
  Dims wide = sizes;
  wide[axis] = tensor->size(axis);
  Dims strides = tensor->strides();
  for (std::size_t d = 0; d < wide.size(); ++d) {
    if (tensor->size(d) == wide[d]) continue;
    if (tensor->size(d) != 1) refuse("the sizes of the tensor and its indices do not broadcast");
    strides[d] = 0;
  }
  return tensor->view(wide, strides, tensor->offset());
}

void take_along_dim(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  const TensorRef index = call.tensor_ref(1);
  if (call.is_none(2)) {
    const TensorRef flat = plain(x);
    const TensorRef places = plain(index);
    return call.give(gathered(shaped(flat, {flat->count()}), 0, shaped(places, {places->count()})));
  }
  const std::size_t axis = axis_of(call.integer(2), x->rank());
  if (index->rank() != x->rank())
    refuse("expected indices of " + std::to_string(x->rank()) + " dimensions, got " +
           std::to_string(index->rank()));
  if (x->rank() == 0) refuse("expected a tensor with a dimension, got a 0-dim tensor");
  const std::int64_t size = x->size(axis);
  const TensorRef places = copy(*index_tensor(index));
  need_indices(*places, size, -size);
  auto* numbers = places->mutable_data<std::int64_t>();
  for (std::int64_t i = 0; i < places->count(); ++i)
    if (numbers[i] < 0) numbers[i] += size;
  Dims common = x->sizes();
  for (std::size_t d = 0; d < common.size(); ++d)
    if (common[d] == 1) common[d] = places->size(d);
  call.give(gathered(widened(x, common, axis), static_cast<std::int64_t>(axis),
                     widened(places, common, axis)));
}

/// The source in the order of the index, and no more of it.
TensorRef trimmed(const TensorRef& source, const Dims& sizes) {
  const TensorRef whole = at_least_1d(source);
  if (whole->rank() != sizes.size()) refuse("the source has another number of dimensions");
  for (std::size_t d = 0; d < sizes.size(); ++d)
    if (sizes[d] > whole->size(d))
      refuse("expected an index no larger than " + text_of(whole->sizes()) + ", got " +
             text_of(sizes));
  return plain(whole->view(sizes, whole->strides(), whole->offset()));
}

TensorRef scattered(const TensorRef& x, std::int64_t dim, const TensorRef& index,
                    const TensorRef& source, const std::string& reduce, bool include_self) {
  need_same_dtype(*x, *source);
  const Along at = along(x, dim, index);
  if (at.index->count() == 0) return copy(*x);
  const TensorRef part = trimmed(source, at.index->sizes());
  if (reduce.empty()) {
    const TensorRef result = copy(*x);
    for_item_size(x->item_size(), [&](auto sample) {
      using T = decltype(sample);
      T* into = result->mutable_data<T>();
      const T* from = part->data<T>();
      each_place(at, [&](std::int64_t place) { into[place] = *from++; });
    });
    return result;
  }
  const DType dtype = compute_dtype(x->dtype());
  const TensorRef wide = copy(*plain(x, dtype));
  combine(wide, plain(part, dtype), reduce_of(reduce), include_self,
          [&](auto visit) { each_place(at, visit); });
  return plain(wide, x->dtype());
}

void scatter_source(Call& call) {
  call.give(scattered(call.tensor_ref(0), call.integer(1), call.tensor_ref(2), call.tensor_ref(3),
                      call.size() > 4 ? call.string(4) : "", true));
}

void scatter_value(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  const TensorRef index = call.tensor_ref(2);
  const TensorRef source = filled(call[3], index->sizes(), x->dtype());
  call.give(
      scattered(x, call.integer(1), index, source, call.size() > 4 ? call.string(4) : "", true));
}

void scatter_add(Call& call) {
  call.give(scattered(call.tensor_ref(0), call.integer(1), call.tensor_ref(2), call.tensor_ref(3),
                      "sum", true));
}

void scatter_reduce(Call& call) {
  call.give(scattered(call.tensor_ref(0), call.integer(1), call.tensor_ref(2), call.tensor_ref(3),
                      call.string(4), call.boolean(5)));
}

}  // namespace
}  // namespace tsx::engine

TSX_KERNELS(gather) {
  registry.add("aten::gather", gather);
  registry.add("aten::take_along_dim", take_along_dim);
  registry.add("aten::scatter.src", scatter_source);
  registry.add("aten::scatter.reduce", scatter_source);
  registry.add("aten::scatter.value", scatter_value);
  registry.add("aten::scatter.value_reduce", scatter_value);
  registry.add("aten::scatter_add", scatter_add);
  registry.add("aten::scatter_reduce.two", scatter_reduce);
  registry.add("aten::scatter_.src", stored<scatter_source>);
  registry.add("aten::scatter_.reduce", stored<scatter_source>);
  registry.add("aten::scatter_.value", stored<scatter_value>);
  registry.add("aten::scatter_.value_reduce", stored<scatter_value>);
  registry.add("aten::scatter_add_", stored<scatter_add>);
  registry.add("aten::scatter_reduce_.two", stored<scatter_reduce>);
}
