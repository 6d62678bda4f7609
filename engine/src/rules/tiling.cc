// Copies and turns of whole tensors, and tensors around a diagonal, as tsx/ops/tiling.py and
// view_scatter.py.
#include <algorithm>
#include <utility>

#include "rules/view_rules.h"

namespace tsx::engine::rules {
namespace {

Dim product(const Dim& a, const Dim& b) { return numel(Shape{a, b}); }

Abstract repeated(const Operands& in, const Type& x, const Shape& times) {
  const std::size_t rank = x.shape->size();
  if (times.size() < rank)
    mismatch("repeat", "at least " + std::to_string(rank) + " repeats", shape_text(times));
  const std::size_t added = times.size() - rank;
  Shape sizes;
  for (std::size_t i = 0; i < times.size(); ++i)
    sizes.push_back(product(i < added ? Dim::known(1) : (*x.shape)[i - added], times[i]));
  return in.tensor(x.dtype, std::move(sizes));
}

void need_once_each(const Operands& in, const Items& dims, const Abstract& shown) {
  const std::optional<std::size_t> rank = rank_of(in.shape(0));
  std::vector<bool> is_taken(std::max<std::size_t>(rank.value_or(1), 1));
  bool is_unknown = false, is_again = false;
  for (const Abstract& dim : dims) {
    const auto place = wrap_dim("flip", dim, rank);
    is_unknown = is_unknown || !place;
    if (!place) continue;
    is_again = is_again || is_taken[*place];
    is_taken[*place] = true;
  }
  if (is_again && !is_unknown) mismatch("flip", "each dimension once", to_text(shown));
}

Abstract diag_embedded(const Operands& in, const Type& x, const Abstract& offset,
                       const Abstract& dim1, const Abstract& dim2) {
  if (!x.shape) return in.tensor(x.dtype, std::nullopt);
  need_dimension("diag_embed", *x.shape);
  const std::size_t rank = x.shape->size() + 1;
  const auto a = wrap_dim("diag_embed", dim1, rank), b = wrap_dim("diag_embed", dim2, rank);
  if (!a || !b) return ranked(in, x.dtype, rank);
  if (*a == *b) {
    mismatch("diag_embed", "two different dimensions",
                   to_text(dim1) + " and " + to_text(dim2));
  }
  Dim side;
  if (const std::optional<std::int64_t> by = offset.known_int())
    side = *by < 0 ? x.shape->back() - *by : x.shape->back() + *by;
  Shape sizes;
  std::size_t other = 0;
  for (std::size_t i = 0; i < rank; ++i)
    sizes.push_back(i == *a || i == *b ? side : (*x.shape)[other++]);
  return in.tensor(x.dtype, std::move(sizes));
}

}  // namespace
}  // namespace tsx::engine::rules

TSX_RULE(tiling_repeat_rule) {
  const Type& x = in.type(0);
  const std::optional<Shape> times = dims_of(in[1]);
  if (!times) return in.tensor(x.dtype, std::nullopt);
  return x.shape ? repeated(in, x, *times) : ranked(in, x.dtype, times->size());
}

TSX_RULE(tiling_tile_rule) {
  const Type& x = in.type(0);
  std::optional<Shape> times = dims_of(in[1]);
  if (!x.shape || !times) return in.tensor(x.dtype, std::nullopt);
  if (times->size() < x.shape->size())
    times->insert(times->begin(), x.shape->size() - times->size(), Dim::known(1));
  return repeated(in, x, *times);
}

TSX_RULE(tiling_interleave_counts_rule) { return in.tensor(in.dtype(0), Shape{in[1].as_dim()}); }

TSX_RULE(tiling_interleave_rule) {
  const Type& x = in.type(0);
  const Abstract& dim = in[2];
  if (!x.shape || !is_known(dim)) return in.tensor(x.dtype, std::nullopt);
  Shape sizes = dim.is_none()      ? Shape{numel(x.shape)}
                : x.shape->empty() ? Shape{Dim::known(1)}
                                   : *x.shape;
  const std::size_t place =
      dim.is_none() ? 0 : wrap_dim("repeat_interleave", dim, sizes.size()).value_or(0);
  Dim size = in[3].as_dim();
  if (size.kind == Dim::Kind::kUnknown && !in[1].is_tensor())
    size = product(sizes[place], in[1].as_dim());
  sizes[place] = size;
  return in.tensor(x.dtype, std::move(sizes));
}

TSX_RULE(tiling_roll_rule) {
  const std::optional<Shape>& shape = in.shape(0);
  if (in[2].has_items()) {
    for (const Abstract& dim : in[2].items()) {
      wrap_dim("roll", dim, rank_of(shape));
      if (shape) need_dimension("roll", *shape);
    }
  }
  return same(in, 0);
}

TSX_RULE(tiling_flip_rule) {
  if (in[1].has_items()) need_once_each(in, in[1].items(), in[1]);
  return same(in, 0);
}

TSX_RULE(tiling_define_flip_rule) {
  wrap_dim("flip", Abstract::integer(in.base() == "fliplr" ? 1 : 0), rank_of(in.shape(0)));
  return same(in, 0);
}

TSX_RULE(tiling_rot90_rule) {
  const Type& x = in.type(0);
  const Abstract& dims = in[2];
  std::vector<std::optional<std::size_t>> places;
  if (dims.has_items()) {
    for (const Abstract& dim : dims.items())
      places.push_back(wrap_dim("rot90", dim, rank_of(x.shape)));
  }
  const bool is_told = places.size() == 2 && places[0] && places[1];
  if (is_told && *places[0] == *places[1])
    mismatch("rot90", "two different dimensions", to_text(dims));
  if (!x.shape) return in.tensor(x.dtype, std::nullopt);
  const std::optional<std::int64_t> turns = in[1].known_int();
  if (!turns || !is_told) return ranked(in, x.dtype, x.shape->size());
  Shape sizes = *x.shape;
  if (*turns % 2 != 0) std::swap(sizes[*places[0]], sizes[*places[1]]);
  return in.tensor(x.dtype, std::move(sizes));
}

TSX_RULE(view_scatter_diag_embed_rule) {
  return diag_embedded(in, in.type(0), in[1], in[2], in[3]);
}

TSX_RULE(view_scatter_diag_rule) {
  const Type& x = in.type(0);
  if (!x.shape) return in.tensor(x.dtype, std::nullopt);
  const std::size_t rank = x.shape->size();
  if (rank != 1 && rank != 2)
    mismatch("diag", "a tensor of 1 or 2 dimensions", std::to_string(rank));
  if (rank == 1)
    return diag_embedded(in, x, in[1], Abstract::integer(-2), Abstract::integer(-1));
  return diagonal_of(in, x, in[1], Abstract::integer(0), Abstract::integer(1));
}

TSX_RULE(view_scatter_diagflat_rule) {
  const Type& x = in.type(0);
  const Type& flat = *in.types().tensor(x.dtype, Shape{numel(x.shape)});
  return diag_embedded(in, flat, in[1], Abstract::integer(-2), Abstract::integer(-1));
}
