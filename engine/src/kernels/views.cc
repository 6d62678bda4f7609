// Mirrors tsx/ops/views.py: sizes and strides change, the memory stays.
#include "kernels/views.h"

#include <optional>

#include "base/error.h"
#include "base/refusal.h"
#include "kernels/support.h"
#include "tile/run.h"
#include "tile/space.h"

namespace tsx::engine {
namespace {

/// The strides under which `tensor`'s memory has `sizes`, if there are any.
std::optional<Dims> view_strides(const Tensor& tensor, const Dims& sizes) {
  if (tensor.count() == 0 || tensor.is_contiguous()) return row_major(sizes);
  Dims strides = Dims::filled(sizes.size(), 1);
  std::size_t to = sizes.size();
  for (std::size_t d = tensor.rank(); d > 0;) {
    // The longest run of dimensions that lie in memory as one whose elements are `step` apart.
    const std::int64_t step = tensor.stride(d - 1);
    std::int64_t run = 1, taken = 1;
    do {
      run *= tensor.size(--d);
    } while (d > 0 && (tensor.size(d - 1) == 1 || tensor.stride(d - 1) == run * step));
    while (to > 0 && (taken < run || sizes[to - 1] == 1)) {
      strides[--to] = taken * step;
      taken *= sizes[to];
    }
    if (taken != run) return {};
  }
  return strides;
}

TensorRef with(const Tensor& tensor, const Dims& sizes, const Dims& strides) {
  return tensor.view(sizes, strides, tensor.offset());
}

} // namespace

Dims resolved_sizes(const Tensor& tensor, const Dims& sizes) {
  const auto wrong = [&]() {
    refuse_as("TSX4037", "can't make " + text_of(sizes) + " of a tensor of sizes " + text_of(tensor.sizes()));
  };
  Dims result = sizes;
  std::optional<std::size_t> free;
  Size known = 1;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] < -1 || (sizes[i] == -1 && free)) wrong();
    if (sizes[i] == -1) {
      free = i;
    } else {
      known *= Size(sizes[i]);
    }
  }
  if (free) {
    if (known.value() == 0 || tensor.count() % known.value() != 0) wrong();
    result[*free] = tensor.count() / known.value();
  } else if (known.value() != tensor.count()) {
    wrong();
  }
  return result;
}

TensorRef reshape(const TensorRef& tensor, const Dims& wanted) {
  const Dims sizes = resolved_sizes(*tensor, wanted);
  if (const std::optional<Dims> strides = view_strides(*tensor, sizes))
    return with(*tensor, sizes, *strides);
  const TensorRef copied = copy(*tensor);
  return with(*copied, sizes, row_major(sizes));
}

TensorRef view(const TensorRef& tensor, const Dims& wanted) {
  const Dims sizes = resolved_sizes(*tensor, wanted);
  const std::optional<Dims> strides = view_strides(*tensor, sizes);
  if (!strides) {
    refuse("a tensor of sizes " + text_of(tensor->sizes()) + " and strides " +
           text_of(tensor->strides()) + " can't be seen as " + text_of(wanted) + " without a copy");
  }
  return with(*tensor, sizes, *strides);
}

TensorRef alias(const Tensor& tensor) { return with(tensor, tensor.sizes(), tensor.strides()); }

TensorRef permute(const Tensor& tensor, const Dims& order) {
  if (order.size() != tensor.rank()) {
    refuse("expected " + std::to_string(tensor.rank()) + " dimensions, got " + text_of(order));
  }
  Dims sizes, strides;
  axes_of(order, tensor.rank()); // each once
  for (const std::int64_t dim : order) {
    const std::size_t axis = axis_of(dim, tensor.rank());
    sizes.push_back(tensor.size(axis));
    strides.push_back(tensor.stride(axis));
  }
  return with(tensor, sizes, strides);
}

TensorRef transpose(const Tensor& tensor, std::int64_t a, std::int64_t b) {
  const std::size_t x = axis_of(a, tensor.rank()), y = axis_of(b, tensor.rank());
  Dims sizes = tensor.sizes(), strides = tensor.strides();
  if (tensor.rank() != 0) {
    std::swap(sizes[x], sizes[y]);
    std::swap(strides[x], strides[y]);
  }
  return with(tensor, sizes, strides);
}

TensorRef unsqueeze(const Tensor& tensor, std::size_t axis) {
  Dims sizes = tensor.sizes(), strides = tensor.strides();
  const bool is_last = axis == tensor.rank();
  strides.insert(axis, is_last ? 1 : tensor.size(axis) * tensor.stride(axis));
  sizes.insert(axis, 1);
  return with(tensor, sizes, strides);
}

TensorRef squeeze_axis(const Tensor& tensor, std::size_t axis) {
  Dims sizes = tensor.sizes(), strides = tensor.strides();
  sizes.erase(axis);
  strides.erase(axis);
  return with(tensor, sizes, strides);
}

TensorRef expand(const TensorRef& tensor, const Dims& wanted) {
  const std::size_t rank = tensor->rank();
  const auto wrong = [&] {
    refuse("can't expand a tensor of sizes " + text_of(tensor->sizes()) + " to " + text_of(wanted));
  };
  if (wanted.size() < rank) wrong();
  const std::size_t extra = wanted.size() - rank;
  Dims sizes = wanted, strides = Dims::filled(wanted.size(), 0);
  bool repeats = false;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const std::int64_t own = i < extra ? 1 : tensor->size(i - extra);
    if (sizes[i] == -1 && i >= extra) sizes[i] = own;
    if (sizes[i] < 0 || (own != sizes[i] && own != 1)) wrong();
    if (i >= extra) strides[i] = own == sizes[i] ? tensor->stride(i - extra) : 0;
    repeats = repeats || own != sizes[i];
  }
  return make_ref<Tensor>(tensor->storage(), tensor->dtype(), sizes, strides, tensor->offset(),
                          tensor->is_writable() && !repeats);
}

namespace {

void view_kernel(Call& call) { call.give(view(call.tensor_ref(0), call.ints(1))); }
void view_as_kernel(Call& call) { call.give(view(call.tensor_ref(0), call.tensor(1).sizes())); }
void reshape_kernel(Call& call) { call.give(reshape(call.tensor_ref(0), call.ints(1))); }
void reshape_as_kernel(Call& call) {
  call.give(reshape(call.tensor_ref(0), call.tensor(1).sizes()));
}
void expand_kernel(Call& call) { call.give(expand(call.tensor_ref(0), call.ints(1))); }
void expand_as_kernel(Call& call) { call.give(expand(call.tensor_ref(0), call.tensor(1).sizes())); }
void permute_kernel(Call& call) { call.give(permute(call.tensor(0), call.ints(1))); }
void transpose_kernel(Call& call) {
  call.give(transpose(call.tensor(0), call.integer(1), call.integer(2)));
}
void alias_kernel(Call& call) { call.give(alias(call.tensor(0))); }
void ravel_kernel(Call& call) { call.give(reshape(call.tensor_ref(0), {-1})); }

void reverse_kernel(Call& call) {
  const Tensor& x = call.tensor(0);
  Dims order;
  for (std::size_t i = x.rank(); i-- > 0;)
    order.push_back(static_cast<std::int64_t>(i));
  call.give(permute(x, order));
}

void t_kernel(Call& call) {
  if (call.tensor(0).rank() > 2) refuse("expected a tensor of at most 2 dimensions");
  reverse_kernel(call);
}

TensorRef matrix_transpose(const Tensor& x) {
  if (x.rank() == 1) refuse("expected a matrix or a batch of matrices, got 1 dimension");
  return x.rank() == 0 ? alias(x) : transpose(x, -2, -1);
}

void matrix_transpose_kernel(Call& call) { call.give(matrix_transpose(call.tensor(0))); }

void squeeze_axes(Call& call, const Axes& axes) {
  const Tensor& x = call.tensor(0);
  TensorRef result = alias(x);
  for (std::size_t i = x.rank(); i-- > 0;) {
    if (axes[i] && x.size(i) == 1) result = squeeze_axis(*result, i);
  }
  call.give(result);
}

void squeeze_kernel(Call& call) { squeeze_axes(call, axes_of({}, call.tensor(0).rank())); }

void squeeze_dims_kernel(Call& call) {
  Axes axes;
  for (const std::int64_t dim : call.ints(1))
    axes.has[axis_of(dim, call.tensor(0).rank())] = true;
  squeeze_axes(call, axes);
}

void unsqueeze_kernel(Call& call) {
  const Tensor& x = call.tensor(0);
  call.give(unsqueeze(x, axis_of(call.integer(1), x.rank(), 1)));
}

void flatten_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  if (x->rank() == 0) return call.give(reshape(x, {1}));
  const std::size_t start = axis_of(call.integer(1), x->rank());
  const std::size_t end = axis_of(call.integer(2), x->rank());
  if (start > end) refuse("expected start_dim before end_dim");
  Dims sizes;
  for (std::size_t i = 0; i < x->rank(); ++i) {
    if (i > start && i <= end) {
      sizes[start] *= x->size(i);
    } else {
      sizes.push_back(x->size(i));
    }
  }
  call.give(reshape(x, sizes));
}

void unflatten_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  const std::size_t axis = axis_of(call.integer(1), x->rank());
  Dims parts = call.ints(2);
  const std::int64_t whole = x->rank() == 0 ? 1 : x->size(axis);
  Size product = 1;
  for (const std::int64_t part : parts)
    product *= Size(part == -1 ? 1 : part);
  for (std::int64_t& part : parts) {
    if (part != -1) continue;
    part = product.value() != 0 ? whole / product.value() : -1;
    product *= Size(part);
  }
  if (parts.empty() || product.value() != whole) {
    refuse("can't make " + text_of(parts) + " of a dimension of size " + std::to_string(whole));
  }
  Dims sizes = x->sizes();
  if (!sizes.empty()) sizes.erase(axis);
  for (std::size_t i = parts.size(); i-- > 0;)
    sizes.insert(axis, parts[i]);
  call.give(view(x, sizes));
}

void movedim_kernel(Call& call) {
  const Tensor& x = call.tensor(0);
  const Dims from = call.ints(1), to = call.ints(2);
  if (from.size() != to.size()) refuse("expected as many sources as destinations");
  const Axes moved = axes_of(from, x.rank()), taken = axes_of(to, x.rank());
  if (x.rank() == 0) return call.give(alias(x));
  Dims order = Dims::filled(x.rank(), 0);
  for (std::size_t i = 0; i < from.size(); ++i) {
    order[axis_of(to[i], x.rank())] = static_cast<std::int64_t>(axis_of(from[i], x.rank()));
  }
  std::size_t next = 0;
  for (std::size_t i = 0; i < x.rank(); ++i) {
    if (!from.empty() && taken[i]) continue;
    while (!from.empty() && moved[next])
      ++next;
    order[i] = static_cast<std::int64_t>(next++);
  }
  call.give(permute(x, order));
}

TensorRef at_least(const TensorRef& x, std::size_t rank) {
  Dims sizes = x->sizes();
  if (sizes.size() >= rank) return alias(*x);
  if (sizes.empty()) sizes.push_back(1);
  if (rank > 1 && sizes.size() == 1) sizes.insert(0, 1);
  if (rank == 3 && sizes.size() == 2) sizes.push_back(1);
  return reshape(x, sizes);
}

template <std::size_t rank> void atleast_kernel(Call& call) {
  call.give(at_least(call.tensor_ref(0), rank));
}

template <std::size_t rank> void atleast_list_kernel(Call& call) {
  std::vector<Value> results;
  for (const TensorRef& x : call.tensors(0))
    results.emplace_back(at_least(x, rank));
  call.give(make_ref<List>(std::move(results)));
}

} // namespace
} // namespace tsx::engine

TSX_KERNELS(views) {
  registry.add("aten::view", view_kernel);
  registry.add("aten::view_as", view_as_kernel);
  registry.add("aten::_unsafe_view", view_kernel);
  registry.add("aten::reshape", reshape_kernel);
  registry.add("aten::reshape_as", reshape_as_kernel);
  registry.add("aten::expand", expand_kernel);
  registry.add("aten::broadcast_to", expand_kernel);
  registry.add("aten::expand_as", expand_as_kernel);
  registry.add("aten::permute", permute_kernel);
  registry.add("aten::transpose.int", transpose_kernel);
  registry.add("aten::transpose_", transpose_kernel);
  registry.add("aten::swapaxes", transpose_kernel);
  registry.add("aten::swapaxes_", transpose_kernel);
  registry.add("aten::swapdims", transpose_kernel);
  registry.add("aten::swapdims_", transpose_kernel);
  registry.add("aten::numpy_T", reverse_kernel);
  registry.add("aten::numpy_T.a", reverse_kernel);
  registry.add("aten::t", t_kernel);
  registry.add("aten::t_", t_kernel);
  registry.add("aten::mT", matrix_transpose_kernel);
  registry.add("aten::mT.a", matrix_transpose_kernel);
  registry.add("aten::squeeze", squeeze_kernel);
  registry.add("aten::squeeze_", squeeze_kernel);
  registry.add("aten::squeeze.dim", squeeze_dims_kernel);
  registry.add("aten::squeeze_.dim", squeeze_dims_kernel);
  registry.add("aten::squeeze.dims", squeeze_dims_kernel);
  registry.add("aten::squeeze_.dims", squeeze_dims_kernel);
  registry.add("aten::unsqueeze", unsqueeze_kernel);
  registry.add("aten::unsqueeze_", unsqueeze_kernel);
  registry.add("aten::flatten.using_ints", flatten_kernel);
  registry.add("aten::unflatten.int", unflatten_kernel);
  registry.add("aten::ravel", ravel_kernel);
  registry.add("aten::movedim.int", movedim_kernel);
  registry.add("aten::movedim.intlist", movedim_kernel);
  registry.add("aten::moveaxis.int", movedim_kernel);
  registry.add("aten::moveaxis.intlist", movedim_kernel);
  registry.add("aten::detach", alias_kernel);
  registry.add("aten::detach_", alias_kernel);
  registry.add("aten::alias", alias_kernel);
  registry.add("aten::atleast_1d", atleast_kernel<1>);
  registry.add("aten::atleast_2d", atleast_kernel<2>);
  registry.add("aten::atleast_3d", atleast_kernel<3>);
  registry.add("aten::atleast_1d.Sequence", atleast_list_kernel<1>);
  registry.add("aten::atleast_2d.Sequence", atleast_list_kernel<2>);
  registry.add("aten::atleast_3d.Sequence", atleast_list_kernel<3>);
}
