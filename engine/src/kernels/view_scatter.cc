// Mirrors tsx/ops/view_scatter.py: copies with one part replaced, and tensors built around a
// diagonal.
#include <algorithm>

#include "base/error.h"
#include "base/refusal.h"
#include "kernels/places.h"
#include "kernels/views.h"
#include "tile/run.h"

namespace tsx::engine {
namespace {

/// (self, src, …): a copy of self with src in the part that a view, called with the rest, shows.
template <typename View> void replaced_kernel(Call& call) {
  const TensorRef result = copy(call.tensor(0)), source = call.tensor_ref(1);
  std::vector<Value> operands{Value(result)};
  for (std::size_t i = 2; i < call.size(); ++i)
    operands.push_back(call[i]);
  const TensorRef part = invoke(call, View::kind, std::move(operands)).tensor_ref();
  if (part->sizes() != source->sizes())
    refuse("expected a source of sizes " + text_of(part->sizes()) + ", got " +
           text_of(source->sizes()));
  tile::assign(*part, source);
  call.give(result);
}

struct Select {
  static constexpr std::string_view kind = "aten::select.int";
};
struct Slice {
  static constexpr std::string_view kind = "aten::slice.Tensor";
};
struct Diagonal {
  static constexpr std::string_view kind = "aten::diagonal";
};
struct Strided {
  static constexpr std::string_view kind = "aten::as_strided";
};

/// Matrices with the last dimension of `x` on a diagonal, in dimensions dim1 and dim2.
TensorRef embedded(const TensorRef& x, std::int64_t offset, std::int64_t dim1, std::int64_t dim2) {
  const std::size_t rank = x->rank() + 1;
  if (x->rank() == 0) refuse("expected a tensor with a dimension, got a 0-dim tensor");
  const std::size_t a = axis_of(dim1, rank), b = axis_of(dim2, rank);
  if (a == b) refuse_as("TSX4035", "got a dimension twice in " + text_of(Dims{dim1, dim2}));
  if (offset == INT64_MIN) refuse("expected a smaller offset");
  const std::int64_t side = (Size(x->size(x->rank() - 1)) + Size(std::abs(offset))).value();
  Dims sizes;
  for (std::size_t i = 0, next = 0; i < rank; ++i)
    sizes.push_back(i == a || i == b ? side : x->size(next++));
  const TensorRef result = Tensor::zeros(x->dtype(), sizes);
  tile::assign(*diagonal(*result, offset, dim1, dim2), x);
  return result;
}

void diag_embed_kernel(Call& call) {
  call.give(embedded(call.tensor_ref(0), call.integer(1), call.integer(2), call.integer(3)));
}

void diag_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  need_rank(*x, 1, 2);
  call.give(x->rank() == 1 ? embedded(x, call.integer(1), -2, -1)
                           : copy(*diagonal(*x, call.integer(1), 0, 1)));
}

void diagflat_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  call.give(embedded(reshape(x, {x->count()}), call.integer(1), -2, -1));
}

/// A view of the diagonal of a matrix or a tensor of equal sizes.
TensorRef diagonal_of(const Tensor& x) {
  const Dims& sizes = x.sizes();
  const bool is_cube = std::all_of(sizes.begin(), sizes.end(),
                                   [&](std::int64_t size) { return size == sizes[0]; });
  if (sizes.size() < 2 || (sizes.size() > 2 && !is_cube))
    refuse("expected a matrix, or equal sizes, got " + text_of(sizes));
  std::int64_t step = 0;
  for (const std::int64_t stride : x.strides())
    step += stride;
  return x.view({*std::min_element(sizes.begin(), sizes.end())}, {step}, x.offset());
}

void fill_diagonal_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  const TensorRef value = plain(number_tensor(call[1]), x->dtype());
  x->mutable_raw(); // refuses what can't be written
  tile::assign(*diagonal_of(*x), value);
  if (x->rank() == 2 && call.boolean(2)) { // the diagonal starts again, one row below its end
    const std::int64_t rows = x->size(0), columns = x->size(1);
    for (std::int64_t first = columns + 1; first < rows; first += columns + 1)
      tile::assign(*diagonal_of(*part(*x, 0, first, rows - first)), value);
  }
  call.give(x);
}

} // namespace
} // namespace tsx::engine

TSX_KERNELS(view_scatter) {
  registry.add("aten::select_scatter", replaced_kernel<Select>);
  registry.add("aten::slice_scatter", replaced_kernel<Slice>);
  registry.add("aten::diagonal_scatter", replaced_kernel<Diagonal>);
  registry.add("aten::as_strided_scatter", replaced_kernel<Strided>);
  registry.add("aten::diag_embed", diag_embed_kernel);
  registry.add("aten::diag", diag_kernel);
  registry.add("aten::diagflat", diagflat_kernel);
  registry.add("aten::fill_diagonal_", fill_diagonal_kernel);
}
