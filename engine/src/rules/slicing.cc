// Parts of a tensor: an element of a dimension, slices, diagonals and windows, as tsx/ops/view_rules.py
// and slicing.py.
#include <algorithm>
#include <utility>

#include "rules/view_rules.h"

namespace tsx::engine::rules {
namespace {

/// The length of a diagonal, when it is certain.
Dim diagonal_size(const Dim& rows, const Dim& cols, const Dim& offset) {
  if (!offset.is_known()) return {};
  const Dim shortest =
      offset.size >= 0 ? smaller(rows, cols - offset) : smaller(rows + offset, cols);
  if (shortest.kind == Dim::Kind::kUnknown || is_at_least(shortest, 0)) return shortest;
  return shortest.is_known() ? Dim::known(0) : Dim();
}

Abstract narrowed(const Operands& in) {
  const Type& x = in.type(0);
  if (!x.shape) return in.tensor(x.dtype, std::nullopt);
  const auto place = wrap_dim("narrow", in[1], x.shape->size());
  if (!place || x.shape->empty()) return ranked(in, x.dtype, x.shape->size());
  const Dim &size = (*x.shape)[*place], count = in[3].as_dim();
  if (size.is_known() && count.is_known() && !(0 <= count.size && count.size <= size.size))
    mismatch("narrow", "a length from 0 to " + to_text(size), to_text(count));
  return in.tensor(x.dtype, resized(*x.shape, *place, count));
}

}  // namespace

Abstract selected(const Operands& in, const Type& x, const Abstract& dim, const Abstract& index) {
  if (!x.shape) return in.tensor(x.dtype, std::nullopt);
  need_dimension("select", *x.shape);
  const auto place = wrap_dim("select", dim, x.shape->size());
  if (!place) return ranked(in, x.dtype, x.shape->size() - 1);
  const Dim &size = (*x.shape)[*place], low = 0 - size;
  if (index.known_int() && low.is_known()) {
    const std::int64_t at = *index.known_int();
    if (at < low.size || at >= size.size) {
      mismatch("select", "an index from " + to_text(low) + " to " + to_text(size - 1),
                     to_text(index));
    }
  }
  return in.tensor(x.dtype, without(*x.shape, *place));
}

Abstract sliced(const Operands& in, const Type& x, const Abstract& dim, const Abstract& start,
                const Abstract& end, const Abstract& step) {
  if (step.known_int() && *step.known_int() <= 0)
    mismatch("slice", "a step of 1 or more", to_text(step));
  if (!x.shape) return in.tensor(x.dtype, std::nullopt);
  need_dimension("slice", *x.shape);
  const auto place = wrap_dim("slice", dim, x.shape->size());
  if (!place) return ranked(in, x.dtype, x.shape->size());
  const Dim size = slice_size((*x.shape)[*place], start, end, step);
  return in.tensor(x.dtype, resized(*x.shape, *place, size));
}

Abstract diagonal_of(const Operands& in, const Type& x, const Abstract& offset,
                     const Abstract& dim1, const Abstract& dim2) {
  if (!x.shape) return in.tensor(x.dtype, std::nullopt);
  const std::size_t rank = x.shape->size();
  const auto a = wrap_dim("diagonal", dim1, rank), b = wrap_dim("diagonal", dim2, rank);
  if (!a || !b) return ranked(in, x.dtype, std::max<std::size_t>(rank, 1) - 1);
  if (*a == *b) {
    mismatch("diagonal", "two different dimensions", to_text(dim1) + " and " + to_text(dim2));
  }
  Shape sizes;
  for (std::size_t i = 0; i < rank; ++i)
    if (i != *a && i != *b) sizes.push_back((*x.shape)[i]);
  sizes.push_back(diagonal_size((*x.shape)[*a], (*x.shape)[*b], offset.as_dim()));
  return in.tensor(x.dtype, std::move(sizes));
}

}  // namespace tsx::engine::rules

TSX_RULE(view_rules_select) { return selected(in, in.type(0), in[1], in[2]); }

TSX_RULE(view_rules_slice) { return sliced(in, in.type(0), in[1], in[2], in[3], in[4]); }

TSX_RULE(view_rules_narrow) { return narrowed(in); }

TSX_RULE(slicing_narrow_tensor_rule) { return narrowed(in); }

TSX_RULE(view_rules_diagonal) { return diagonal_of(in, in.type(0), in[1], in[2], in[3]); }

TSX_RULE(slicing_linalg_diagonal_rule) { return diagonal_of(in, in.type(0), in[1], in[2], in[3]); }

TSX_RULE(slicing_as_strided_rule) { return in.tensor(in.dtype(0), dims_of(in[1])); }

TSX_RULE(slicing_unfold_rule) {
  const Type& x = in.type(0);
  if (!x.shape) return in.tensor(x.dtype, std::nullopt);
  const auto place = wrap_dim("unfold", in[1], x.shape->size());
  const Dim size = in[2].as_dim();
  const std::optional<std::int64_t> step = in[3].known_int();
  Shape sizes = *x.shape;
  if (!sizes.empty()) {
    const bool is_told = place && step && size.is_known();
    if (!is_told) sizes.assign(sizes.size(), Dim());
    if (is_told) {
      const Dim& whole = sizes[*place];
      if (whole.is_known() && !(0 <= size.size && size.size <= whole.size))
        mismatch("unfold", "a size from 0 to " + to_text(whole), to_text(size));
      if (*step < 1) mismatch("unfold", "a step of 1 or more", to_text(in[3]));
      sizes[*place] = floor_div(whole - size, *step) + 1;
    }
  }
  sizes.push_back(size);
  return in.tensor(x.dtype, std::move(sizes));
}
