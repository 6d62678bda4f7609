// Mirrors tsx/ops/joining.py: cat, stack and their relatives.
#include <algorithm>

#include "base/error.h"
#include "kernels/joining.h"
#include "kernels/support.h"
#include "kernels/views.h"
#include "tile/run.h"

namespace tsx::engine {

TensorRef cat(Span<const TensorRef> tensors, std::int64_t dim) {
  if (tensors.empty()) refuse("expected one tensor or more, got an empty list");
  std::size_t rank = 0;
  for (const TensorRef& tensor : tensors)
    rank = std::max(rank, tensor->rank());
  if (rank == 0) refuse("expected tensors with a dimension, got 0-dim tensors");
  const std::size_t axis = axis_of(dim, rank);
  const Dims* sizes = nullptr;
  Size along;
  std::vector<TensorRef> counted;
  for (const TensorRef& tensor : tensors) {
    if (tensor->rank() == 1 && rank != 1 && tensor->count() == 0) continue; // counts for nothing
    if (sizes == nullptr) sizes = &tensor->sizes();
    bool fits = tensor->rank() == rank;
    for (std::size_t i = 0; fits && i < rank; ++i)
      fits = i == axis || tensor->size(i) == (*sizes)[i];
    if (!fits)
      refuse("expected equal sizes, got " + text_of(*sizes) + " and " + text_of(tensor->sizes()));
    along += Size(tensor->size(axis));
    counted.push_back(tensor);
  }
  Dims whole = *sizes;
  whole[axis] = along.value();
  const TensorRef result = Tensor::empty(joined_dtype(tensors), whole);
  std::int64_t start = 0;
  for (const TensorRef& tensor : counted) {
    tile::assign(*part(*result, axis, start, tensor->size(axis)), tensor);
    start += tensor->size(axis);
  }
  return result;
}

TensorRef stack(Span<const TensorRef> tensors, std::int64_t dim) {
  if (tensors.empty()) refuse("expected one tensor or more, got an empty list");
  const std::size_t axis = axis_of(dim, tensors[0]->rank(), 1);
  std::vector<TensorRef> opened;
  for (const TensorRef& tensor : tensors) {
    if (tensor->sizes() != tensors[0]->sizes()) {
      refuse("expected tensors of equal sizes, got " + text_of(tensors[0]->sizes()) + " and " +
             text_of(tensor->sizes()));
    }
    opened.push_back(unsqueeze(*tensor, axis));
  }
  // The dtype counts 0-dim tensors as such, which they are no more.
  const DType dtype = joined_dtype(tensors);
  for (TensorRef& tensor : opened)
    tensor = tile::cast(tensor, dtype);
  return cat(opened, static_cast<std::int64_t>(axis));
}

namespace {

void cat_kernel(Call& call) { call.give(cat(call.tensors(0), call.integer(1))); }
void stack_kernel(Call& call) { call.give(stack(call.tensors(0), call.integer(1))); }

/// hstack and its like: tensors of at least `rank` dimensions, joined along `axis` (`lone` when
/// they have one).
template <std::size_t rank, int axis, int lone, bool as_column = false>
void stacks_kernel(Call& call) {
  std::vector<TensorRef> wide = call.tensors(0);
  if (wide.empty()) refuse("expected one tensor or more, got an empty list");
  for (TensorRef& tensor : wide) {
    Dims sizes = tensor->sizes();
    if (sizes.empty()) sizes.push_back(1);
    if (as_column && sizes.size() == 1) {
      sizes.push_back(1);
    } else if (rank > 1 && sizes.size() == 1) {
      sizes.insert(0, 1);
    }
    if (rank == 3 && sizes.size() == 2) sizes.push_back(1);
    tensor = reshape(tensor, sizes);
  }
  call.give(cat(wide, wide[0]->rank() == 1 ? lone : axis));
}

void block_diag_kernel(Call& call) {
  std::vector<TensorRef> blocks = call.tensors(0);
  if (blocks.empty()) return call.give(Tensor::zeros(DType::kFloat32, {1, 0}));
  const DType dtype = joined_dtype(blocks);
  Size rows, columns;
  for (TensorRef& block : blocks) {
    if (block->rank() > 2) refuse("expected tensors of at most 2 dimensions");
    if (block->rank() < 2) block = reshape(block, {1, block->count()});
    rows += Size(block->size(0));
    columns += Size(block->size(1));
  }
  const TensorRef result = Tensor::zeros(dtype, {rows.value(), columns.value()});
  std::int64_t row = 0, column = 0;
  for (const TensorRef& block : blocks) {
    const TensorRef band = part(*result, 0, row, block->size(0));
    tile::assign(*part(*band, 1, column, block->size(1)), block);
    row += block->size(0);
    column += block->size(1);
  }
  call.give(result);
}

} // namespace
} // namespace tsx::engine

TSX_KERNELS(joining) {
  registry.add("aten::cat", cat_kernel);
  registry.add("aten::concat", cat_kernel);
  registry.add("aten::concatenate", cat_kernel);
  registry.add("aten::stack", stack_kernel);
  registry.add("aten::hstack", stacks_kernel<1, 1, 0>);
  registry.add("aten::vstack", stacks_kernel<2, 0, 0>);
  registry.add("aten::row_stack", stacks_kernel<2, 0, 0>);
  registry.add("aten::dstack", stacks_kernel<3, 2, 2>);
  registry.add("aten::column_stack", stacks_kernel<2, 1, 1, true>);
  registry.add("aten::block_diag", block_diag_kernel);
}
