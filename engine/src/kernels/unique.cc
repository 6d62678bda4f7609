// Mirrors tsx/ops/unique.py, and isin of masks.py. Each NaN is distinct from every other.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "kernels/places.h"
#include "kernels/views.h"
#include "tile/promote.h"
#include "tile/run.h"

namespace tsx::engine {
namespace {

using Places = std::vector<std::int64_t>;

template <typename T> constexpr bool kIsComplex = false;
template <typename T> constexpr bool kIsComplex<std::complex<T>> = true;

/// NaN is the largest; complex numbers by their real parts first.
template <typename T> bool is_less(T a, T b) {
  if constexpr (kIsComplex<T>) {
    if (is_less(a.real(), b.real()) || is_less(b.real(), a.real()))
      return is_less(a.real(), b.real());
    return is_less(a.imag(), b.imag());
  } else if constexpr (std::is_floating_point_v<T>) {
    return std::isnan(a) ? false : std::isnan(b) || a < b;
  } else {
    return a < b;
  }
}

/// Rows of `width` elements of an exact dtype.
struct Table {
  TensorRef keys;
  std::int64_t rows, width;
};

/// Places of the rows in lexicographic order, equal ones as they stand.
Places sorted_rows(const Table& table) {
  Places order(static_cast<std::size_t>(table.rows));
  std::iota(order.begin(), order.end(), 0);
  for_exact_type(table.keys->dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* const keys = table.keys->data<T>();
    std::sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
      const T* const left = keys + a * table.width;
      const T* const right = keys + b * table.width;
      for (std::int64_t i = 0; i < table.width; ++i) {
        if (is_less(left[i], right[i])) return true;
        if (is_less(right[i], left[i])) return false;
      }
      return a < b; // which makes any sort stable
    });
  });
  return order;
}

/// Runs of equal rows in an order of rows.
struct Runs {
  Places first;   // of each run, a row
  Places inverse; // of each row, its run
  Places counts;
};

Runs runs_of(const Table& table, const Places& order) {
  Runs runs;
  runs.inverse.resize(order.size());
  for_exact_type(table.keys->dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* const keys = table.keys->data<T>();
    for (std::size_t i = 0; i < order.size(); ++i) {
      const T* const row = keys + order[i] * table.width;
      if (i == 0 || !std::equal(row, row + table.width, keys + order[i - 1] * table.width)) {
        runs.first.push_back(order[i]);
        runs.counts.push_back(0);
      }
      runs.inverse[static_cast<std::size_t>(order[i])] =
          static_cast<std::int64_t>(runs.first.size()) - 1;
      ++runs.counts.back();
    }
  });
  return runs;
}

TensorRef tensor_of(const Places& places, const Dims& sizes) {
  const TensorRef result = Tensor::empty(DType::kInt64, sizes);
  std::copy(places.begin(), places.end(), result->mutable_data<std::int64_t>());
  return result;
}

TensorRef tensor_of(const Places& places) {
  return tensor_of(places, {static_cast<std::int64_t>(places.size())});
}

Table table_of(const TensorRef& x, std::int64_t rows) {
  const TensorRef keys = plain(x, exact_dtype(x->dtype()));
  return {keys, rows, rows == 0 ? 0 : keys->count() / rows};
}

struct Unique {
  TensorRef values, inverse, counts;
};

Runs runs_in(const Table& table, bool sorts) {
  Places order;
  if (sorts) return runs_of(table, sorted_rows(table));
  order.resize(static_cast<std::size_t>(table.rows));
  std::iota(order.begin(), order.end(), 0);
  return runs_of(table, order);
}

/// Of the elements.
Unique unique_elements(Call& call, bool sorts, bool wants_inverse, bool wants_counts) {
  const TensorRef x = call.tensor_ref(0);
  const Runs runs = runs_in(table_of(x, x->count()), sorts);
  const TensorRef flat = reshape(x, {x->count()});
  const Value values = invoke(call, "aten::index_select",
                              {Value(flat), Value(std::int64_t{0}), Value(tensor_of(runs.first))});
  return {values.tensor_ref(),
          wants_inverse ? tensor_of(runs.inverse, x->sizes()) : tensor_of({}),
          wants_counts ? tensor_of(runs.counts) : tensor_of({})};
}

/// Of the slices along a dimension.
Unique unique_slices(Call& call, bool sorts, std::int64_t dim) {
  const TensorRef x = at_least_1d(call.tensor_ref(0));
  const auto axis = static_cast<std::int64_t>(axis_of(dim, call.tensor(0).rank()));
  // The order within a slice is that of the other dimensions, as they stand.
  Dims order{axis};
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(x->rank()); ++i)
    if (i != axis) order.push_back(i);
  const TensorRef slices = permute(*x, order);
  const Runs runs = runs_in(table_of(slices, slices->size(0)), sorts);
  const Value values = invoke(call, "aten::index_select",
                              {Value(x), Value(axis), Value(tensor_of(runs.first))});
  return {values.tensor_ref(), tensor_of(runs.inverse), tensor_of(runs.counts)};
}

void give_all(Call& call, const Unique& found) {
  call.give(found.values, found.inverse, found.counts);
}

void unique2_kernel(Call& call) {
  give_all(call, unique_elements(call, true, call.boolean(2), call.boolean(3)));
}

void unique_kernel(Call& call) {
  const Unique found = unique_elements(call, true, call.boolean(2), false);
  call.give(found.values, found.inverse);
}

void unique_dim_kernel(Call& call) { give_all(call, unique_slices(call, true, call.integer(1))); }

void dim_consecutive_kernel(Call& call) {
  give_all(call, unique_slices(call, false, call.integer(1)));
}

void consecutive_kernel(Call& call) {
  const std::optional<std::int64_t> dim = call.optional_integer(3);
  const bool is_flat = !dim || (*dim == 0 && call.tensor(0).rank() == 1);
  give_all(call, is_flat ? unique_elements(call, false, call.boolean(1), call.boolean(2))
                         : unique_slices(call, false, *dim));
}

// --- isin ----------------------------------------------------------------------------------------

void add_operand(tile::Promotion& promotion, const Value& value, const Tensor& tensor) {
  const bool is_number = !value.is(Tag::kTensor);
  promotion.add(tensor.dtype(), is_number            ? tile::Category::kNumber
                                : tensor.rank() == 0 ? tile::Category::kZeroDim
                                                     : tile::Category::kTensor);
}

/// Whether each element is among others, compared in their common dtype.
void isin_kernel(Call& call) {
  const TensorRef elements = number_tensor(call[0]), tests = number_tensor(call[1]);
  tile::Promotion promotion;
  add_operand(promotion, call[0], *elements);
  add_operand(promotion, call[1], *tests);
  const DType dtype = promotion.result(), work = exact_dtype(dtype);
  const TensorRef left = plain(tile::cast(elements, dtype), work);
  const TensorRef right = plain(tile::cast(tests, dtype), work);
  const bool inverts = call.boolean(3);
  const TensorRef result = Tensor::empty(DType::kBool, elements->sizes());
  auto* const to = result->mutable_data<std::uint8_t>();
  for_exact_type(work, [&](auto zero) {
    using T = decltype(zero);
    std::vector<T> sorted(right->data<T>(), right->data<T>() + right->count());
    const auto is_nan = [](T v) { return v != v; };
    sorted.erase(std::remove_if(sorted.begin(), sorted.end(), is_nan), sorted.end());
    std::sort(sorted.begin(), sorted.end(), is_less<T>);
    for (std::int64_t i = 0; i < left->count(); ++i) {
      const T value = left->data<T>()[i];
      const bool is_in = std::binary_search(sorted.begin(), sorted.end(), value, is_less<T>);
      to[i] = (is_in && !is_nan(value)) != inverts;
    }
  });
  call.give(result);
}

} // namespace
} // namespace tsx::engine

TSX_KERNELS(unique) {
  registry.add("aten::_unique2", unique2_kernel);
  registry.add("aten::_unique", unique_kernel);
  registry.add("aten::unique_dim", unique_dim_kernel);
  registry.add("aten::unique_consecutive", consecutive_kernel);
  registry.add("aten::unique_dim_consecutive", dim_consecutive_kernel);
  registry.add("aten::isin.Tensor_Tensor", isin_kernel);
  registry.add("aten::isin.Tensor_Scalar", isin_kernel);
  registry.add("aten::isin.Scalar_Tensor", isin_kernel);
}
