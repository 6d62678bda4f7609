// Mirrors tsx/ops/meshgrid.py: grids, choices and powers of vectors.
#include <numeric>

#include "base/error.h"
#include "kernels/gemm.h"
#include "kernels/joining.h"
#include "kernels/places.h"
#include "kernels/views.h"
#include "tile/run.h"

namespace tsx::engine {
namespace {

/// Views of 0-dim or 1-D tensors, each spread over the grid of all.
std::vector<TensorRef> meshed(const std::vector<TensorRef>& tensors, bool is_xy) {
  if (tensors.empty()) refuse("expected 1-D tensors of one dtype, got none");
  Dims sizes;
  for (const TensorRef& x : tensors) {
    need_rank(*x, 0, 1);
    need_same_dtype(*tensors[0], *x);
    sizes.push_back(x->count());
  }
  const bool swaps = is_xy && tensors.size() > 1;
  if (swaps) std::swap(sizes[0], sizes[1]);
  std::vector<TensorRef> grids;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const std::size_t place = swaps && i < 2 ? 1 - i : i;
    Dims own = Dims::filled(sizes.size(), 1), strides = Dims::filled(sizes.size(), 0);
    own[place] = sizes[place];
    if (tensors[i]->rank() != 0) strides[place] = tensors[i]->stride(0);
    grids.push_back(expand(tensors[i]->view(own, strides, tensors[i]->offset()), sizes));
  }
  return grids;
}

void meshgrid_kernel(Call& call) {
  bool is_xy = false;
  if (call.size() > 1) {
    const std::string& indexing = call.string(1);
    if (indexing != "ij" && indexing != "xy")
      refuse("expected indexing 'ij' or 'xy', got '" + indexing + "'");
    is_xy = indexing == "xy";
  }
  call.give(list_of(Span<const TensorRef>(meshed(call.tensors(0), is_xy))));
}

void cartesian_kernel(Call& call) {
  const std::vector<TensorRef> tensors = call.tensors(0);
  if (tensors.size() == 1) return call.give(alias(*tensors[0]));
  std::vector<TensorRef> columns;
  for (const TensorRef& grid : meshed(tensors, false))
    columns.push_back(reshape(grid, {grid->count()}));
  call.give(stack(columns, 1));
}

/// n choose r, and how many choices of r there are when one may come again.
Size choices(std::int64_t n, std::int64_t r, bool comes_again) {
  if (comes_again) n = n == 0 ? 0 : (Size(n) + Size(r - 1)).value();
  if (r > n) return 0;
  r = std::min(r, n - r);
  Size count = 1;
  for (std::int64_t i = 1; i <= r; ++i) // each product of i neighbours is divisible by i!
    count = Size((count * Size(n - r + i)).value() / i);
  return count;
}

/// Every choice of `r` elements of a 1-D tensor, in its order, one a row.
void combinations_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  const std::int64_t r = call.integer(1);
  const bool comes_again = call.boolean(2);
  need_rank(*x, 1, 1);
  if (r < 0) refuse("expected r of 0 or more, got " + std::to_string(r));
  if (r == 0) return call.give(Tensor::empty(x->dtype(), {0}));
  const std::int64_t n = x->count(), rows = choices(n, r, comes_again).value();
  const TensorRef result = Tensor::empty(x->dtype(), {rows, r});
  if (rows == 0) return call.give(result);
  std::vector<std::int64_t> chosen(static_cast<std::size_t>(r), 0);
  if (!comes_again) std::iota(chosen.begin(), chosen.end(), 0);
  const TensorRef source = plain(x);
  for_item_size(x->item_size(), [&](auto sample) {
    using T = decltype(sample);
    T* to = result->mutable_data<T>();
    for (std::int64_t row = 0; row < rows; ++row) {
      for (const std::int64_t place : chosen)
        *to++ = source->data<T>()[place];
      // The next choice: the last place that can go up does, and those behind it follow.
      std::size_t i = chosen.size();
      const auto last = [&] { // that this place can hold
        return comes_again ? n - 1 : n - r + static_cast<std::int64_t>(i) - 1;
      };
      while (i > 0 && chosen[i - 1] == last())
        --i;
      if (i == 0) return;
      std::int64_t next = ++chosen[i - 1];
      for (; i < chosen.size(); ++i)
        chosen[i] = comes_again ? next : ++next;
    }
  });
  call.give(result);
}

/// Powers 0 to n - 1 of each element, in a new last dimension; computed in float64 or int64.
TensorRef powers(const TensorRef& x, std::int64_t n, bool is_increasing) {
  need_sizes(Dims{n});
  const DType own = x->dtype();
  const DType target = is_integer(own) || own == DType::kBool ? DType::kInt64 : own;
  const DType work = is_float(target)     ? DType::kFloat64
                     : is_complex(target) ? DType::kComplex128
                                          : DType::kInt64;
  const TensorRef base = plain(x, work);
  Dims sizes = x->sizes();
  sizes.push_back(n);
  const TensorRef result = Tensor::empty(work, sizes);
  for_product_type(work, [&](auto zero) {
    using T = decltype(zero);
    T* to = result->mutable_data<T>();
    for (std::int64_t i = 0; i < base->count(); ++i, to += n) {
      T power(1);
      for (std::int64_t k = 0; k < n; ++k) {
        to[is_increasing ? k : n - 1 - k] = power;
        if constexpr (std::is_integral_v<T>)
          power = static_cast<T>(static_cast<std::uint64_t>(power) *
                                 static_cast<std::uint64_t>(base->data<T>()[i]));
        else
          power *= base->data<T>()[i];
      }
    }
  });
  return tile::cast(result, target);
}

void linalg_vander_kernel(Call& call) {
  const TensorRef x = at_least_1d(call.tensor_ref(0));
  call.give(powers(x, call.optional_integer(1).value_or(x->size(x->rank() - 1)), true));
}

void vander_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  need_rank(*x, 1, 1);
  call.give(powers(x, call.optional_integer(1).value_or(x->count()), call.boolean(2)));
}

} // namespace
} // namespace tsx::engine

TSX_KERNELS(grids) {
  registry.add("aten::meshgrid", meshgrid_kernel);
  registry.add("aten::meshgrid.indexing", meshgrid_kernel);
  registry.add("aten::cartesian_prod", cartesian_kernel);
  registry.add("aten::combinations", combinations_kernel);
  registry.add("aten::linalg_vander", linalg_vander_kernel);
  registry.add("aten::vander", vander_kernel);
}
