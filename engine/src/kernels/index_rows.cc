// Operators that take a 1-D index: index_select, index_add, … (tsx/ops/gather.py).
#include <cstring>
#include <vector>

#include "kernels/combine.h"
#include "kernels/places.h"
#include "tile/run.h"

namespace tsx::engine {
namespace {

using namespace reducing;

/// Rows of a row-major tensor along an axis: `before` times `size` rows of `row` elements.
struct Rows {
  TensorRef x;
  std::vector<std::int64_t> index;  // within the axis
  std::int64_t before = 1;
  std::int64_t size = 0;
  std::int64_t row = 1;
  Dims sizes;  // with as many rows as the index has
};

Rows rows_of(const TensorRef& x, std::int64_t dim, const TensorRef& index, bool may_be_negative) {
  const std::size_t axis = axis_of(dim, x->rank());
  if (index->rank() > 1) refuse("expected a 1-D index, got sizes " + text_of(index->sizes()));
  const TensorRef places = index_tensor(index);
  Rows rows;
  rows.x = plain(at_least_1d(x));
  rows.sizes = rows.x->sizes();
  rows.size = rows.sizes[axis];
  rows.sizes[axis] = places->count();
  for (std::size_t d = 0; d < axis; ++d)
    rows.before *= rows.sizes[d];
  for (std::size_t d = axis + 1; d < rows.sizes.size(); ++d)
    rows.row *= rows.sizes[d];
  need_indices(*places, rows.size, may_be_negative ? -rows.size : 0);
  for (std::int64_t i = 0; i < places->count(); ++i) {
    const std::int64_t place = places->data<std::int64_t>()[i];
    rows.index.push_back(place < 0 ? place + rows.size : place);
  }
  return rows;
}

/// Visits the first element of each named row.
template <typename Visit> void each_row(const Rows& rows, Visit visit) {
  for (std::int64_t b = 0; b < rows.before; ++b)
    for (const std::int64_t place : rows.index)
      visit((b * rows.size + place) * rows.row);
}

void index_select(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  const Rows rows = rows_of(x, call.integer(1), call.tensor_ref(2), false);
  if (x->rank() == 0 && rows.index.size() != 1) refuse("a 0-dim tensor has one row");
  const TensorRef result = Tensor::empty(x->dtype(), x->rank() ? rows.sizes : Dims());
  const std::size_t bytes = static_cast<std::size_t>(rows.row) * x->item_size();
  std::byte* target = result->mutable_raw();
  each_row(rows, [&](std::int64_t place) {
    std::memcpy(target, rows.x->raw() + static_cast<std::size_t>(place) * x->item_size(), bytes);
    target += bytes;
  });
  call.give(result);
}

/// A copy of x with `source` (row-major, one row for each index) in the named rows.
TensorRef with_rows(const TensorRef& x, const Rows& rows, const TensorRef& source) {
  const TensorRef result = copy(*x);
  const std::size_t bytes = static_cast<std::size_t>(rows.row) * x->item_size();
  std::byte* target = result->mutable_raw();
  const std::byte* from = source->raw();
  each_row(rows, [&](std::int64_t place) {
    std::memcpy(target + static_cast<std::size_t>(place) * x->item_size(), from, bytes);
    from += bytes;
  });
  return result;
}

void index_fill(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  const Rows rows = rows_of(x, call.integer(1), call.tensor_ref(2), true);
  if (call[3].is(Tag::kTensor) && call.tensor(3).rank() != 0) refuse("expected a 0-dim value");
  call.give(with_rows(x, rows, filled(call[3], rows.sizes, x->dtype())));
}

/// The source, whose sizes must be the target's with one row for each index.
TensorRef row_source(const Rows& rows, const TensorRef& source) {
  if (Size(source->count()) != count_of(rows.sizes) ||
      (source->rank() > 0 && source->sizes() != rows.sizes))
    refuse("expected a source of sizes " + text_of(rows.sizes) + ", got " +
           text_of(source->sizes()));
  return plain(source);
}

void index_copy(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  need_same_dtype(*x, call.tensor(3));
  const Rows rows = rows_of(x, call.integer(1), call.tensor_ref(2), false);
  call.give(with_rows(x, rows, row_source(rows, call.tensor_ref(3))));
}

TensorRef reduced_rows(const Rows& rows, const TensorRef& x, const TensorRef& source, Reduce reduce,
                       bool include_self) {
  const DType dtype = compute_dtype(x->dtype());
  const TensorRef wide = copy(*plain(x, dtype));
  combine(wide, plain(source, dtype), reduce, include_self, [&](auto visit) {
    each_row(rows, [&](std::int64_t place) {
      for (std::int64_t i = 0; i < rows.row; ++i)
        visit(place + i);
    });
  });
  return plain(wide, x->dtype());
}

void index_add(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  need_same_dtype(*x, call.tensor(3));
  const Rows rows = rows_of(x, call.integer(1), call.tensor_ref(2), false);
  TensorRef source = plain(row_source(rows, call.tensor_ref(3)), compute_dtype(x->dtype()));
  const bool is_one = call[4].is(Tag::kInt) && call[4].integer() == 1;
  if (!is_one) {
    source = copy(*source);
    const TensorRef alpha = plain(number_tensor(call[4]), source->dtype());
    for_compute_type(source->dtype(), [&](auto sample) {
      using T = decltype(sample);
      T* values = source->mutable_data<T>();
      const T factor = *alpha->data<T>();
      for (std::int64_t i = 0; i < source->count(); ++i)
        values[i] = product_of(values[i], factor);
    });
  }
  call.give(reduced_rows(rows, x, source, Reduce::kSum, true));
}

void index_reduce(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  need_same_dtype(*x, call.tensor(3));
  const Rows rows = rows_of(x, call.integer(1), call.tensor_ref(2), false);
  call.give(reduced_rows(rows, x, row_source(rows, call.tensor_ref(3)), reduce_of(call.string(4)),
                         call.boolean(5)));
}

}  // namespace
}  // namespace tsx::engine

TSX_KERNELS(index_rows) {
  registry.add("aten::index_select", index_select);
  registry.add("aten::index_fill.int_Scalar", index_fill);
  registry.add("aten::index_fill.int_Tensor", index_fill);
  registry.add("aten::index_add", index_add);
  registry.add("aten::index_copy", index_copy);
  registry.add("aten::index_reduce", index_reduce);
  registry.add("aten::index_fill_.int_Scalar", stored<index_fill>);
  registry.add("aten::index_fill_.int_Tensor", stored<index_fill>);
  registry.add("aten::index_add_", stored<index_add>);
  registry.add("aten::index_copy_", stored<index_copy>);
  registry.add("aten::index_reduce_", stored<index_reduce>);
}
