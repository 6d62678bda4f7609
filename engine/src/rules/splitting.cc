// A tensor split into a list of views, as tsx/ops/splitting.py: the pieces are told apart only where
// every binding of the symbols gives as many.
#include <algorithm>
#include <utility>

#include "rules/view_rules.h"

namespace tsx::engine::rules {
namespace {

Abstract piece(const Operands& in, const Type& x, std::size_t place, const Dim& size) {
  return in.tensor(x.dtype, resized(*x.shape, place, size));
}

/// How many pieces of `size` there are, when every binding gives as many.
std::optional<std::int64_t> piece_count(const Dim& whole, const Dim& size) {
  if (whole.is_known() && size.is_known()) {
    if (size.size == 0) return 1;
    if (whole.size == INT64_MIN && size.size == -1) return std::nullopt;
    const std::int64_t quotient = whole.size / size.size, rest = whole.size % size.size;
    const bool is_short = rest != 0 && (rest < 0) == (size.size < 0);
    return std::max<std::int64_t>(quotient + (is_short ? 1 : 0), 1);
  }
  if (size.kind != Dim::Kind::kSymbolic || whole.kind == Dim::Kind::kUnknown) return std::nullopt;
  for (std::int64_t count = 1; count <= 64; ++count)  // size * count == whole
    if (whole - size * (count - 1) == size) return count;
  return std::nullopt;
}

/// `count` pieces of `size`, the last with the rest.
Abstract pieces(const Operands& in, const Type& x, std::size_t place, const Dim& size,
                std::optional<std::int64_t> count) {
  const Dim& whole = (*x.shape)[place];
  const bool is_unknown =
      size.kind == Dim::Kind::kUnknown || whole.kind == Dim::Kind::kUnknown;
  if (!count || *count > kMostKnown || is_unknown)
    return unknown_list(in, x.dtype, resized(*x.shape, place, Dim()));
  Items all(static_cast<std::size_t>(*count - 1), piece(in, x, place, size));
  all.push_back(piece(in, x, place, whole - size * (*count - 1)));
  return in.list(std::move(all));
}

Abstract in_sections(const Operands& in, const Abstract& sections, const Abstract& dim) {
  const Type& x = in.type(0);
  const auto place = wrap_dim("tensor_split", dim, rank_of(x.shape));
  const std::optional<std::int64_t> count = sections.known_int();
  if (!count || !x.shape || !place) return unknown_list(in, x.dtype);
  if (*count < 1 || x.shape->empty())
    mismatch("tensor_split", "1 section or more", to_text(sections));
  if (*count > kMostKnown) return unknown_list(in, x.dtype);
  const Dim& whole = (*x.shape)[*place];
  // The first pieces take what is left over.
  Items all;
  for (std::int64_t i = 0; i < *count; ++i)
    all.push_back(piece(in, x, *place, ceil_div(whole - i, *count)));
  return in.list(std::move(all));
}

Abstract at_indices(const Operands& in, const Abstract& indices, const Abstract& dim) {
  const Type& x = in.type(0);
  if (!indices.has_items()) return unknown_list(in, x.dtype);
  const Abstract one = Abstract::integer(1);
  Items all;
  Abstract start = Abstract::integer(0);
  for (const Abstract& end : indices.items()) {
    all.push_back(sliced(in, x, dim, start, end, one));
    start = end;
  }
  all.push_back(sliced(in, x, dim, start, Abstract::none(), one));
  return in.list(std::move(all));
}

/// The dimension that hsplit and its like split.
Abstract split_dim(const Operands& in) {
  const std::optional<Shape>& shape = in.shape(0);
  if (!shape) return in.unknown(TypeKind::kInt);
  switch (in.base()[0]) {
  case 'h':
    return Abstract::integer(shape->size() == 1 ? 0 : 1);
  case 'v':
    return Abstract::integer(0);
  default:  // dsplit
    return Abstract::integer(2);
  }
}

}  // namespace
}  // namespace tsx::engine::rules

TSX_RULE(splitting_unbind_rule) {
  const Type& x = in.type(0);
  if (!x.shape) return unknown_list(in, x.dtype);
  const Abstract item = selected(in, x, in[1], in.unknown(TypeKind::kInt));
  const auto place = wrap_dim("unbind", in[1], x.shape->size());
  const Dim size = place ? (*x.shape)[*place] : Dim();
  if (!size.is_known() || size.size > kMostKnown)
    return in.unknown(in.types().list(item.type()));
  return in.list(Items(static_cast<std::size_t>(std::max<std::int64_t>(size.size, 0)), item));
}

TSX_RULE(splitting_split_with_sizes_rule) {
  const Type& x = in.type(0);
  const std::optional<Shape> parts = dims_of(in[1]);
  const auto unknown_sizes = [&] {
    return x.shape ? std::optional<Shape>(Shape(x.shape->size())) : std::nullopt;
  };
  if (!parts) return unknown_list(in, x.dtype, unknown_sizes());
  const auto place = wrap_dim("split", in[2], rank_of(x.shape));
  if (!x.shape || !place)
    return in.list(Items(parts->size(), in.tensor(x.dtype, unknown_sizes())));
  need_dimension("split", *x.shape);
  const Dim& whole = (*x.shape)[*place];
  Dim sum = Dim::known(0);
  bool are_counts = true;  // known, and none negative: only their sum may be beyond 64 bits
  for (const Dim& size : *parts) {
    sum = size.is_known() ? sum + size : Dim();
    are_counts = are_counts && size.is_known() && size.size >= 0;
  }
  if (whole.is_known() && (sum.is_known() ? sum != whole : are_counts))
    mismatch("split", "sizes that add up to " + to_text(whole), shape_text(*parts));
  Items all;
  for (const Dim& size : *parts)
    all.push_back(piece(in, x, *place, size));
  return in.list(std::move(all));
}

TSX_RULE(splitting_split_rule) {
  const Type& x = in.type(0);
  const Dim size = in[1].as_dim();
  const auto place = wrap_dim("split", in[2], rank_of(x.shape));
  if (!x.shape || !place) return unknown_list(in, x.dtype);
  if (size.is_known() && size.size < 0)
    mismatch("split", "a size of 1 or more", to_text(size));
  need_dimension("split", *x.shape);
  return pieces(in, x, *place, size, piece_count((*x.shape)[*place], size));
}

TSX_RULE(splitting_chunk_rule) {
  const Type& x = in.type(0);
  const auto place = wrap_dim("chunk", in[2], rank_of(x.shape));
  const std::optional<std::int64_t> chunks = in[1].known_int();
  if (!x.shape || !place || !chunks) return unknown_list(in, x.dtype);
  if (*chunks < 1 || x.shape->empty())
    mismatch("chunk", "1 chunk or more of a dimension", to_text(in[1]));
  const Dim& whole = (*x.shape)[*place];
  if (whole == Dim::known(0) && *chunks <= kMostKnown)
    return in.list(Items(static_cast<std::size_t>(*chunks), same(in, 0)));
  const Dim size = ceil_div(whole, *chunks);
  if (whole.is_known()) return pieces(in, x, *place, size, piece_count(whole, size));
  const bool is_even = modulo(whole, *chunks) == Dim::known(0);
  return pieces(in, x, *place, size, is_even ? chunks : std::nullopt);
}

TSX_RULE(splitting_sections_rule) { return in_sections(in, in[1], in[2]); }

TSX_RULE(splitting_at_indices_rule) { return at_indices(in, in[1], in[2]); }

TSX_RULE(splitting_by_tensor_rule) { return unknown_list(in, in.dtype(0)); }

TSX_RULE(splitting_define_split_along_sections_rule) {
  return in_sections(in, in[1], split_dim(in));
}

TSX_RULE(splitting_define_split_along_indices_rule) { return at_indices(in, in[1], split_dim(in)); }
