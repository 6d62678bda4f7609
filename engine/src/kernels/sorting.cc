// Sorting and ranking: sort, argsort, msort, topk, kthvalue (tsx/ops/sorting.py). NaN counts as the
// largest; equal elements keep their order.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernels/places.h"
#include "tile/run.h"

namespace tsx::engine {
namespace {

template <typename T> bool is_not_a_number(T value) {
  if constexpr (std::is_floating_point_v<T>) return std::isnan(value);
  return false;
}

template <typename T> bool comes_before(T a, T b, bool descending) {
  if (descending) return is_not_a_number(a) ? !is_not_a_number(b) : a > b;
  return is_not_a_number(b) ? !is_not_a_number(a) : a < b;
}

/// Rows along an axis of a row-major tensor.
struct Rows {
  TensorRef x;
  std::size_t axis = 0;
  std::int64_t size = 1;
  std::int64_t step = 1;  // between elements of a row

  template <typename Visit> void each(Visit visit) const {
    if (x->count() == 0) return;
    for (std::int64_t outer = 0; outer < x->count() / (size * step); ++outer)
      for (std::int64_t inner = 0; inner < step; ++inner)
        visit(outer * size * step + inner);
  }
};

Rows rows_of(const TensorRef& x, std::int64_t dim) {
  Rows rows;
  rows.axis = axis_of(dim, x->rank());
  rows.x = plain(at_least_1d(x));
  rows.size = rows.x->size(rows.axis);
  for (std::size_t d = rows.axis + 1; d < rows.x->rank(); ++d)
    rows.step *= rows.x->size(d);
  return rows;
}

struct Sorted {
  TensorRef values;
  TensorRef places;
};

/// The first `count` elements of each row from place `first` on, in order, and where they were.
Sorted sorted(const TensorRef& x, const Rows& rows, std::int64_t first, std::int64_t count,
              bool descending) {
  Dims sizes = rows.x->sizes();
  sizes[rows.axis] = count;
  const Sorted result{Tensor::empty(x->dtype(), sizes), Tensor::empty(DType::kInt64, sizes)};
  const TensorRef keys = plain(rows.x, exact_dtype(x->dtype()));
  auto* places = result.places->mutable_data<std::int64_t>();
  std::vector<std::int64_t> order(static_cast<std::size_t>(rows.size));
  for_exact_order(keys->dtype(), [&](auto sample) {
    using T = decltype(sample);
    const T* values = keys->data<T>();
    rows.each([&](std::int64_t start) {
      std::iota(order.begin(), order.end(), 0);
      const auto before = [&](std::int64_t a, std::int64_t b) {
        const T left = values[start + a * rows.step];
        const T right = values[start + b * rows.step];
        if (comes_before(left, right, descending)) return true;
        return !comes_before(right, left, descending) && a < b;  // which makes any sort stable
      };
      const auto end = order.begin() + first + count;
      if (end == order.end())
        std::sort(order.begin(), order.end(), before);
      else
        std::partial_sort(order.begin(), end, order.end(), before);
      const std::int64_t outer = start / (rows.size * rows.step);
      std::int64_t* target = places + outer * count * rows.step + start % rows.step;
      for (std::int64_t i = 0; i < count; ++i)
        target[i * rows.step] = order[static_cast<std::size_t>(first + i)];
    });
  });
  for_item_size(x->item_size(), [&](auto sample) {
    using T = decltype(sample);
    const T* source = rows.x->data<T>();
    T* target = result.values->mutable_data<T>();
    rows.each([&](std::int64_t start) {
      const std::int64_t outer = start / (rows.size * rows.step);
      const std::int64_t at = outer * count * rows.step + start % rows.step;
      for (std::int64_t i = 0; i < count; ++i)
        target[at + i * rows.step] = source[start + places[at + i * rows.step] * rows.step];
    });
  });
  return result;
}

/// Without the dimension that a 0-dim tensor was given.
TensorRef as_given(const TensorRef& result, const TensorRef& x) {
  return x->rank() > 0 ? result : result->view({}, {}, result->offset());
}

Sorted sort_all(const TensorRef& x, std::int64_t dim, bool descending) {
  const Rows rows = rows_of(x, dim);
  const Sorted found = sorted(x, rows, 0, rows.size, descending);
  return {as_given(found.values, x), as_given(found.places, x)};
}

/// Operand 1 is `stable` in some forms; every sort here is.
template <std::size_t first> void sort(Call& call) {
  const Sorted found = sort_all(call.tensor_ref(0), call.integer(first), call.boolean(first + 1));
  call.give(found.values, found.places);
}

template <std::size_t first> void argsort(Call& call) {
  call.give(sort_all(call.tensor_ref(0), call.integer(first), call.boolean(first + 1)).places);
}

void msort(Call& call) { call.give(sort_all(call.tensor_ref(0), 0, false).values); }

void topk(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  const Rows rows = rows_of(x, call.integer(2));
  const std::int64_t count = call.integer(1);
  if (count < 0 || count > rows.size)
    refuse("expected a k from 0 to " + std::to_string(rows.size) + ", got " +
           std::to_string(count));
  if (x->rank() == 0) return call.give(copy(*x), Tensor::scalar<std::int64_t>(DType::kInt64, 0));
  const Sorted found = sorted(x, rows, 0, count, call.boolean(3));
  call.give(found.values, found.places);
}

void kthvalue(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  const Rows rows = rows_of(x, call.integer(2));
  const std::int64_t k = call.integer(1);
  if (k < 1 || k > rows.size)
    refuse("expected a k from 1 to " + std::to_string(rows.size) + ", got " + std::to_string(k));
  const Sorted found = sorted(x, rows, k - 1, 1, false);
  Dims sizes = found.values->sizes();
  if (x->rank() == 0 || !call.boolean(3)) sizes.erase(rows.axis);
  call.give(shaped(found.values, sizes), shaped(found.places, sizes));
}

}  // namespace
}  // namespace tsx::engine

TSX_KERNELS(sorting) {
  registry.add("aten::sort", sort<1>);
  registry.add("aten::sort.stable", sort<2>);
  registry.add("aten::argsort", argsort<1>);
  registry.add("aten::argsort.stable", argsort<2>);
  registry.add("aten::msort", msort);
  registry.add("aten::topk", topk);
  registry.add("aten::kthvalue", kthvalue);
}
