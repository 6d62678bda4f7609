// Other looks at the same elements: other sizes, another order of dimensions, as tsx/ops/view_rules.py.
#include "rules/view_rules.h"

#include <algorithm>
#include <utility>

namespace tsx::engine::rules {
namespace {

constexpr Dim kOne{Dim::Kind::kKnown, 1, nullptr}, kFree{Dim::Kind::kKnown, -1, nullptr};

/// Sizes after view(sizes): one -1, or one that is not known, follows from the element count.
Shape view_shape(std::string_view op, const std::optional<Shape>& shape, Shape sizes) {
  const bool is_negative = std::any_of(
      sizes.begin(), sizes.end(), [](const Dim& s) { return s.is_known() && s.size < -1; });
  if (is_negative || std::count(sizes.begin(), sizes.end(), kFree) > 1)
    mismatch(op, "sizes of 0 or more, and at most one -1", shape_text(sizes));
  for (Dim& size : sizes)
    if (size.kind == Dim::Kind::kSymbolic && !is_at_least(size, 0)) size = Dim();
  const Dim total = numel(shape);
  Shape told;  // the sizes, without the open one where there is one only
  std::size_t open = 0, opens = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i].kind != Dim::Kind::kUnknown && sizes[i] != kFree) continue;
    open = i;
    ++opens;
  }
  for (std::size_t i = 0; i < sizes.size(); ++i)
    if (opens != 1 || i != open) told.push_back(sizes[i]);
  const Dim wanted = numel(told);
  // Known sizes above 0 whose product is beyond 64 bits.
  const bool is_huge =
      wanted.kind == Dim::Kind::kUnknown &&
      std::all_of(told.begin(), told.end(), [](const Dim& s) { return s.is_known() && s.size > 0; });
  const auto refuse = [&] {
    mismatch(op, "sizes for " + to_text(total) + " elements", shape_text(sizes));
  };
  const bool is_counted = total.is_known() && wanted.is_known();
  if (total.is_known() && is_huge && (opens == 0 || (opens == 1 && total.size != 0))) refuse();
  if (opens == 1) {
    if (is_counted && (wanted.size <= 0 || total.size % wanted.size != 0)) refuse();
    sizes[open] = exact_div(total, wanted);
    return sizes;
  }
  if (is_counted && opens == 0 && total != wanted) refuse();
  std::replace(sizes.begin(), sizes.end(), kFree, Dim());
  return sizes;
}

Dim expanded(const Dim& have, const Dim& want) {
  // Not known to be -1 or a size: both leave a known size other than 1 as it is.
  if (want.kind == Dim::Kind::kUnknown) return have.is_known() && have != kOne ? have : Dim();
  if (want == kFree) return have;
  if (have.is_known() && want.is_known() && have != kOne && have != want)
    mismatch("expand", "a size of " + to_text(have) + " or -1", to_text(want));
  return want;
}

/// Sizes after expand(sizes); -1 keeps a size, and a size of 1 takes any.
Shape expand_shape(const std::optional<Shape>& shape, Shape sizes) {
  if (!shape) {
    std::replace(sizes.begin(), sizes.end(), kFree, Dim());
    return sizes;
  }
  if (sizes.size() < shape->size()) {
    mismatch("expand", "at least " + std::to_string(shape->size()) + " sizes",
                   shape_text(sizes));
  }
  const std::size_t added = sizes.size() - shape->size();
  for (std::size_t i = 0; i < added; ++i) {
    if (sizes[i] == kFree)
      mismatch("expand", "-1 for a dimension that the tensor has", shape_text(sizes));
  }
  for (std::size_t i = 0; i < shape->size(); ++i)
    sizes[added + i] = expanded((*shape)[i], sizes[added + i]);
  return sizes;
}

Abstract transposed(const Operands& in, const Abstract& dim0, const Abstract& dim1) {
  const Type& x = in.type(0);
  if (!x.shape) return same(in, 0);
  const auto a = wrap_dim("transpose", dim0, x.shape->size());
  const auto b = wrap_dim("transpose", dim1, x.shape->size());
  if (!a || !b) return ranked(in, x.dtype, x.shape->size());
  Shape sizes = *x.shape;
  if (!sizes.empty()) std::swap(sizes[*a], sizes[*b]);
  return in.tensor(x.dtype, std::move(sizes));
}

Abstract reversed(const Operands& in) {
  const Type& x = in.type(0);
  if (!x.shape) return in.tensor(x.dtype, std::nullopt);
  return in.tensor(x.dtype, Shape(x.shape->rbegin(), x.shape->rend()));
}

/// Drops the sizes of 1 that are asked for; a size that may be 1 leaves the rank unknown.
Abstract squeezed(const Operands& in, const Type& x, const std::vector<bool>& is_asked) {
  Shape left;
  for (std::size_t i = 0; i < x.shape->size(); ++i) {
    const Dim& size = (*x.shape)[i];
    if (is_asked[i] && size == kOne) continue;
    if (is_asked[i] && !never_one(size)) return in.tensor(x.dtype, std::nullopt);
    left.push_back(size);
  }
  return in.tensor(x.dtype, std::move(left));
}

Abstract squeezed_at(const Operands& in, const Items& dims) {
  const Type& x = in.type(0);
  if (!x.shape || !std::all_of(dims.begin(), dims.end(), is_known))
    return in.tensor(x.dtype, std::nullopt);
  std::vector<bool> is_asked(x.shape->size());
  for (const Abstract& dim : dims) {
    const auto place = wrap_dim("squeeze", dim, x.shape->size());
    if (place && *place < is_asked.size()) is_asked[*place] = true;
  }
  return squeezed(in, x, is_asked);
}

/// The places that movedim is given; fewer than it is given where some are no ints.
std::vector<std::size_t> moved_places(const Abstract& dims, std::size_t rank) {
  std::vector<std::size_t> places;
  const Items alone = {dims};
  for (const Abstract& dim : dims.has_items() ? dims.items() : alone)
    if (const auto place = wrap_dim("movedim", dim, rank)) places.push_back(*place);
  return places;
}

bool is_once_each(const std::vector<std::size_t>& places, std::size_t rank) {
  std::vector<bool> is_taken(std::max<std::size_t>(rank, 1));
  for (const std::size_t place : places) {
    if (is_taken[place]) return false;
    is_taken[place] = true;
  }
  return true;
}

}  // namespace

Abstract unknown_list(const Operands& in, std::optional<DType> dtype, std::optional<Shape> shape) {
  return in.unknown(in.types().list(in.types().tensor(dtype, std::move(shape))));
}

Abstract flattened(const Operands& in, const Type& x, const Abstract& start, const Abstract& end) {
  if (!x.shape) return in.tensor(x.dtype, std::nullopt);
  const auto first = wrap_dim("flatten", start, x.shape->size());
  const auto last = wrap_dim("flatten", end, x.shape->size());
  if (!first || !last) return in.tensor(x.dtype, std::nullopt);
  if (*first > *last) {
    mismatch("flatten", "start_dim before end_dim", to_text(start) + " and " + to_text(end));
  }
  if (x.shape->empty()) return in.tensor(x.dtype, Shape{kOne});
  const auto at = [&](std::size_t i) {
    return x.shape->begin() + static_cast<std::ptrdiff_t>(i);
  };
  Shape sizes(x.shape->begin(), at(*first));
  sizes.push_back(numel(Shape(at(*first), at(*last + 1))));
  sizes.insert(sizes.end(), at(*last + 1), x.shape->end());
  return in.tensor(x.dtype, std::move(sizes));
}

}  // namespace tsx::engine::rules

TSX_RULE(view_rules_view) {
  const Type& x = in.type(0);
  std::optional<Shape> sizes = dims_of(in[1]);
  if (sizes) sizes = view_shape("view", x.shape, std::move(*sizes));
  return in.tensor(x.dtype, std::move(sizes));
}

TSX_RULE(view_rules_view_like) {
  const Type &x = in.type(0), &like = in.type(1);
  if (!like.shape) return in.tensor(x.dtype, std::nullopt);
  return in.tensor(x.dtype, view_shape("view_as", x.shape, *like.shape));
}

TSX_RULE(view_rules_expand) {
  const Type& x = in.type(0);
  std::optional<Shape> sizes = dims_of(in[1]);
  if (sizes) sizes = expand_shape(x.shape, std::move(*sizes));
  return in.tensor(x.dtype, std::move(sizes));
}

TSX_RULE(view_rules_expand_as) {
  const Type &x = in.type(0), &like = in.type(1);
  if (!like.shape) return in.tensor(x.dtype, std::nullopt);
  return in.tensor(x.dtype, expand_shape(x.shape, *like.shape));
}

TSX_RULE(view_rules_permute) {
  const Type& x = in.type(0);
  const Abstract& dims = in[1];
  if (!dims.has_items() || !is_known(dims))
    return x.shape ? ranked(in, x.dtype, x.shape->size()) : in.tensor(x.dtype, std::nullopt);
  if (!x.shape) return ranked(in, x.dtype, dims.items().size());
  const std::size_t rank = x.shape->size();
  std::vector<std::size_t> order;
  for (const Abstract& dim : dims.items())
    if (const auto place = wrap_dim("permute", dim, rank)) order.push_back(*place);
  if (order.size() != rank || !is_once_each(order, rank)) {
    mismatch("permute", "each of " + std::to_string(rank) + " dimensions once",
                   to_text(in.list(dims.items())));
  }
  Shape sizes;
  for (const std::size_t place : order)
    sizes.push_back((*x.shape)[place]);
  return in.tensor(x.dtype, std::move(sizes));
}

TSX_RULE(view_rules_transpose) { return transposed(in, in[1], in[2]); }

TSX_RULE(view_rules_reverse_dims) { return reversed(in); }

TSX_RULE(view_rules_t) {
  const std::optional<Shape>& shape = in.shape(0);
  if (shape && shape->size() > 2)
    mismatch("t", "a tensor of at most 2 dimensions", shape_text(*shape));
  return reversed(in);
}

TSX_RULE(view_rules_matrix_transpose) {
  const std::optional<Shape>& shape = in.shape(0);
  if (!shape || shape->empty()) return same(in, 0);
  if (shape->size() == 1)
    mismatch("mT", "a matrix or a batch of matrices", shape_text(*shape));
  return transposed(in, Abstract::integer(-2), Abstract::integer(-1));
}

TSX_RULE(view_rules_squeeze) {
  const Type& x = in.type(0);
  if (!x.shape) return same(in, 0);
  return squeezed(in, x, std::vector<bool>(x.shape->size(), true));
}

TSX_RULE(view_rules_squeeze_dim) { return squeezed_at(in, {in[1]}); }

TSX_RULE(view_rules_squeeze_dims) {
  if (!in[1].has_items()) return in.tensor(in.dtype(0), std::nullopt);
  return squeezed_at(in, in[1].items());
}

TSX_RULE(view_rules_unsqueeze) {
  const Type& x = in.type(0);
  if (!x.shape) return in.tensor(x.dtype, std::nullopt);
  const auto place = wrap_dim("unsqueeze", in[1], x.shape->size(), 1);
  if (!place) return ranked(in, x.dtype, x.shape->size() + 1);
  Shape sizes = *x.shape;
  sizes.insert(sizes.begin() + static_cast<std::ptrdiff_t>(*place), kOne);
  return in.tensor(x.dtype, std::move(sizes));
}

TSX_RULE(view_rules_flatten) { return flattened(in, in.type(0), in[1], in[2]); }

TSX_RULE(views_flatten_all) {
  return flattened(in, in.type(0), Abstract::integer(0), Abstract::integer(-1));
}

TSX_RULE(view_rules_unflatten) {
  const Type& x = in.type(0);
  const std::optional<Shape> parts = dims_of(in[2]);
  if (parts && parts->empty()) mismatch("unflatten", "at least one size", "none");
  if (!x.shape || !parts) return in.tensor(x.dtype, std::nullopt);
  const auto place = wrap_dim("unflatten", in[1], x.shape->size());
  if (!place) return ranked(in, x.dtype, x.shape->size() + parts->size() - 1);
  need_dimension("unflatten", *x.shape);
  const Shape inner = view_shape("unflatten", Shape{(*x.shape)[*place]}, *parts);
  Shape sizes = *x.shape;
  const auto at = sizes.erase(sizes.begin() + static_cast<std::ptrdiff_t>(*place));
  sizes.insert(at, inner.begin(), inner.end());
  return in.tensor(x.dtype, std::move(sizes));
}

TSX_RULE(view_rules_movedim) {
  const Type& x = in.type(0);
  if (!x.shape) return in.tensor(x.dtype, std::nullopt);
  const std::size_t rank = x.shape->size();
  if (!is_known(in[1]) || !is_known(in[2])) return ranked(in, x.dtype, rank);
  const std::vector<std::size_t> froms = moved_places(in[1], rank), tos = moved_places(in[2], rank);
  if (froms.size() != tos.size() || !is_once_each(froms, rank) || !is_once_each(tos, rank)) {
    mismatch("movedim", "as many sources as destinations, each once",
                   to_text(in[1]) + " and " + to_text(in[2]));
  }
  if (rank == 0) return in.tensor(x.dtype, Shape());
  // Those that move stand at their places, the others in order.
  std::vector<const Dim*> placed(rank);
  std::vector<bool> is_moved(rank);
  for (std::size_t i = 0; i < froms.size(); ++i) {
    placed[tos[i]] = &(*x.shape)[froms[i]];
    is_moved[froms[i]] = true;
  }
  Shape sizes;
  std::size_t other = 0;
  for (const Dim* moved : placed) {
    if (moved != nullptr) {
      sizes.push_back(*moved);
      continue;
    }
    while (is_moved[other]) ++other;
    sizes.push_back((*x.shape)[other++]);
  }
  return in.tensor(x.dtype, std::move(sizes));
}

// --- at least so many dimensions ------------------------------------------------------------------

namespace tsx::engine::rules {
namespace {

Abstract at_least(const Operands& in, const Type& x, std::size_t rank) {
  if (!x.shape || x.shape->size() >= rank) return Abstract(&x);
  Shape sizes = x.shape->empty() ? Shape{kOne} : *x.shape;
  if (rank > 1 && sizes.size() == 1) sizes.insert(sizes.begin(), kOne);
  if (sizes.size() != rank) sizes.push_back(kOne);
  return in.tensor(x.dtype, std::move(sizes));
}

/// 2 of aten::atleast_2d and its list form.
std::size_t least_rank(const Operands& in) {
  return static_cast<std::size_t>(in.base()[std::string_view("atleast_").size()] - '0');
}

}  // namespace
}  // namespace tsx::engine::rules

TSX_RULE(views_rule_of) { return at_least(in, in.type(0), least_rank(in)); }

TSX_RULE(views_rule_of_list) {
  if (!in[0].has_items()) return in[0];
  const std::size_t rank = least_rank(in);
  Items all;
  for (const Abstract& item : in[0].items())
    all.push_back(at_least(in, item.is_tensor() ? *item.type() : *in.types().tensor(), rank));
  return in.list(std::move(all));
}
