// Indexing, gathering, masks and grids, as tsx/ops/indexing.py, index_from_end.py, gather.py, masks.py and
// meshgrid.py.
#include <algorithm>
#include <numeric>
#include <utility>

#include "core/dims.h"
#include "rules/geometry.h"

namespace tsx::engine::rules {
namespace {

using OptionalShape = std::optional<Shape>;

Operands of_items(const Operands& in, const Items& items) {
  return in.with({items.data(), items.size()});
}

Dim rank_dim(const OptionalShape& shape) {
  return shape ? Dim::known(static_cast<std::int64_t>(shape->size())) : Dim();
}

// --- index lists --------------------------------------------------------------------------------

bool is_mask(DType dtype) { return dtype == DType::kBool || dtype == DType::kUInt8; }

/// The sizes that indexing gives; a mask gives one unknown size for the dimensions it covers.
OptionalShape indexed_shape(std::string_view op, const Shape& shape, const Operands& indices) {
  std::vector<OptionalShape> found;
  std::vector<std::size_t> places, kept;
  std::size_t dim = 0;
  for (std::size_t i = 0; i < indices.size(); ++i) {
    if (indices[i].is_none()) {
      kept.push_back(dim++);
      continue;
    }
    const Type& facts = indices.type(i);
    if (!facts.dtype) return std::nullopt;  // an index or a mask
    const bool masks = is_mask(*facts.dtype);
    if (masks && !facts.shape) return std::nullopt;
    if (!masks && !is_integer(*facts.dtype)) {
      mismatch(op, "an index of integers or bools", std::string(name(*facts.dtype)));
    }
    places.push_back(dim);
    found.push_back(masks ? OptionalShape(Shape(1)) : facts.shape);
    dim += masks ? facts.shape->size() : 1;
  }
  if (dim > shape.size()) {
    mismatch(op, "at most " + std::to_string(shape.size()) + " indices", std::to_string(dim));
  }
  for (; dim < shape.size(); ++dim)
    kept.push_back(dim);
  const OptionalShape front = broadcast(op, found);
  if (!front) return std::nullopt;
  if (places.empty()) return shape;
  const std::size_t first = places.front(), last = places.back();
  const bool is_apart = std::any_of(kept.begin(), kept.end(),
                                    [&](std::size_t k) { return first <= k && k < last; });
  Shape result;
  for (const std::size_t k : kept)
    if (!is_apart && k < first) result.push_back(shape[k]);
  result.insert(result.end(), front->begin(), front->end());
  for (const std::size_t k : kept)
    if (is_apart || k >= first) result.push_back(shape[k]);
  return result;
}

/// How many dimensions the indices take; nothing when one may be an index or a mask.
std::optional<std::size_t> width_of(const Operands& indices) {
  std::size_t total = 0;
  for (std::size_t i = 0; i < indices.size(); ++i) {
    const Type& facts = indices.type(i);
    if (!indices[i].is_none() && !facts.dtype) return std::nullopt;
    const bool masks = !indices[i].is_none() && is_mask(*facts.dtype);
    if (masks && !facts.shape) return std::nullopt;
    total += masks ? facts.shape->size() : 1;
  }
  return total;
}

void need_same_dtype(const Operands& in, std::string_view op, std::size_t values) {
  const std::optional<DType> own = in.dtype(0), other = in.dtype(values);
  if (own && other && *own != *other)
    mismatch(op, "values of dtype " + std::string(name(*own)), std::string(name(*other)));
}

// --- grids --------------------------------------------------------------------------------------

std::optional<DType> power_dtype(std::optional<DType> dtype) {
  const bool is_whole = dtype && (is_integer(*dtype) || *dtype == DType::kBool);
  return is_whole ? DType::kInt64 : dtype;
}

/// The numbers of elements of the tensors in a list.
Shape lengths(const Operands& tensors) {
  Shape sizes;
  for (std::size_t i = 0; i < tensors.size(); ++i)
    sizes.push_back(numel(tensors.shape(i)));
  return sizes;
}

/// How many ways there are to choose `count` of `size`; unknown beyond 64 bits.
Dim choices(const Dim& size, std::int64_t count) {
  if (!size.is_known()) return {};
  if (size.size < count) return Dim::known(0);
  std::int64_t total = 1;
  for (std::int64_t i = 1; i <= count; ++i) {
    // total * (size - count + i) / i, which leaves no rest, without going beyond the result.
    const std::int64_t shared = std::gcd(total, i);
    const std::int64_t factor = (size.size - count + i) / (i / shared);
    if (__builtin_mul_overflow(total / shared, factor, &total)) return {};
  }
  return Dim::known(total);
}

}  // namespace
}  // namespace tsx::engine::rules

// --- index lists --------------------------------------------------------------------------------

TSX_RULE(indexing_index_rule) {
  const OptionalShape& shape = in.shape(0);
  if (!shape || !in[1].has_items()) return in.tensor(in.dtype(0), std::nullopt);
  return in.tensor(in.dtype(0), indexed_shape("index", *shape, of_items(in, in[1].items())));
}

TSX_RULE(indexing_put_rule) {
  need_same_dtype(in, "index_put", 2);
  if (in.shape(0) && in[1].has_items())
    indexed_shape("index_put", *in.shape(0), of_items(in, in[1].items()));
  return in.unknown(&in.type(0));
}

TSX_RULE(index_from_end_index_rule) {
  const OptionalShape& shape = in.shape(0);
  if (!shape || !in[1].is(Abstract::Kind::kList) || !in[2].is(Abstract::Kind::kList))
    return in.tensor(in.dtype(0), std::nullopt);
  const Items &front = in[1].items(), &back = in[2].items();
  Items all = front;
  all.insert(all.end(), back.begin(), back.end());
  const std::optional<std::size_t> width = width_of(of_items(in, all));
  if (!width) return in.tensor(in.dtype(0), std::nullopt);
  const std::size_t rank = shape->size();
  if (*width > rank) {
    mismatch("index", "at most " + std::to_string(rank) + " indices",
                   std::to_string(*width));
  }
  all.insert(all.begin() + static_cast<std::ptrdiff_t>(front.size()), rank - *width,
             Abstract::none());
  return in.tensor(in.dtype(0), indexed_shape("index", *shape, of_items(in, all)));
}

TSX_RULE(index_from_end_put_rule) {
  need_same_dtype(in, "index_put_", 3);
  return in.unknown(&in.type(0));
}

TSX_RULE(indexing_take_rule) { return in.tensor(in.dtype(0), in.shape(1)); }

// --- gather and scatter -------------------------------------------------------------------------

TSX_RULE(gather_gather_rule) {
  wrap_dim("gather", in[1], rank_of(in.shape(0)));
  return in.tensor(in.dtype(0), in.shape(2));
}

TSX_RULE(gather_take_along_rule) {
  const OptionalShape &shape = in.shape(0), &places = in.shape(1);
  if (in[2].is_none()) return in.tensor(in.dtype(0), Shape{numel(places)});
  const auto place = wrap_dim("take_along_dim", in[2], rank_of(shape));
  if (!shape || !places || !place) return in.tensor(in.dtype(0), std::nullopt);
  if (shape->size() != places->size()) {
    mismatch("take_along_dim",
                   "indices of " + std::to_string(shape->size()) + " dimensions",
                   std::to_string(places->size()));
  }
  need_dimension("take_along_dim", *shape);
  const Dim one = Dim::known(1), size = (*places)[*place];
  const OptionalShape common =
      broadcast("take_along_dim", {resized(*shape, *place, one), resized(*places, *place, one)});
  return in.tensor(in.dtype(0), resized(*common, *place, size));
}

TSX_RULE(gather_scatter_rule) {
  wrap_dim("scatter", in[1], rank_of(in.shape(0)));
  return in[0];
}

TSX_RULE(gather_index_select_rule) {
  const OptionalShape &shape = in.shape(0), &places = in.shape(2);
  if (places && places->size() > 1)
    mismatch("index_select", "a 1-D index", to_text(in[2]));
  const auto place = wrap_dim("index_select", in[1], rank_of(shape));
  if (!shape || !place) return in.tensor(in.dtype(0), std::nullopt);
  if (shape->empty()) return in.unknown(&in.type(0));
  const Dim count = !places ? Dim() : places->empty() ? Dim::known(1) : (*places)[0];
  return in.tensor(in.dtype(0), resized(*shape, *place, count));
}

// --- masks --------------------------------------------------------------------------------------

TSX_RULE(masks_nonzero_rule) { return in.tensor(DType::kInt64, Shape{{}, rank_dim(in.shape(0))}); }

TSX_RULE(masks_by_dim_rule) {
  const Abstract places = in.tensor(DType::kInt64, Shape(1));
  const OptionalShape& shape = in.shape(0);
  if (!shape) return in.unknown(in.types().list(places.type()));
  return in.list(Items(std::max<std::size_t>(shape->size(), 1), places));
}

TSX_RULE(masks_nonzero_static_rule) {
  return in.tensor(DType::kInt64, Shape{in[1].as_dim(), rank_dim(in.shape(0))});
}

TSX_RULE(masks_masked_select_rule) {
  broadcast("masked_select", {in.shape(0), in.shape(1)});
  return in.tensor(in.dtype(0), Shape(1));
}

TSX_RULE(masks_masked_scatter_rule) {
  return in.tensor(in.dtype(0), broadcast("masked_scatter", {in.shape(0), in.shape(1)}));
}

TSX_RULE(masks_one_hot_rule) {
  const std::optional<DType> dtype = in.dtype(0);
  if (dtype && *dtype != DType::kInt64)
    mismatch("one_hot", "a tensor of int64", std::string(name(*dtype)));
  if (!in.shape(0)) return in.tensor(DType::kInt64, std::nullopt);
  const Dim classes = in[1].as_dim();
  if (classes.is_known() && classes.size < -1)
    mismatch("one_hot", "0 classes or more, or -1", to_text(classes));
  Shape shape = *in.shape(0);
  shape.push_back(classes == Dim::known(-1) ? Dim() : classes);
  return in.tensor(DType::kInt64, std::move(shape));
}

TSX_RULE(masks_isin_rule) {
  return in.tensor(DType::kBool, in[0].is_tensor() ? in.shape(0) : Shape());
}

// --- grids --------------------------------------------------------------------------------------

TSX_RULE(meshgrid_meshgrid_rule) {
  const bool is_told = in[0].has_items() && in[0].items().size() <= kMaxRank;
  if (!is_told) return in.unknown(in.types().list(in.types().tensor()));
  const Operands tensors = of_items(in, in[0].items());
  Shape sizes = lengths(tensors);
  const Abstract indexing = in.size() > 1 ? in[1] : in.string("ij");
  if (sizes.size() > 1 && !indexing.is(Abstract::Kind::kString)) {
    if (sizes[0] != sizes[1]) sizes[0] = sizes[1] = Dim();
  } else if (sizes.size() > 1 && indexing.as_string() == "xy") {
    std::swap(sizes[0], sizes[1]);
  }
  Items grids;
  for (std::size_t i = 0; i < tensors.size(); ++i)
    grids.push_back(in.tensor(tensors.dtype(i), sizes));
  return in.list(std::move(grids));
}

TSX_RULE(meshgrid_cartesian_rule) {
  if (!in[0].has_items()) return in.tensor(std::nullopt, std::nullopt);
  const Items& items = in[0].items();
  if (items.size() == 1) return items[0];
  const Operands tensors = of_items(in, items);
  const OptionalShape sizes = lengths(tensors);
  const std::optional<DType> dtype = items.empty() ? std::nullopt : tensors.dtype(0);
  return in.tensor(dtype, Shape{numel(sizes), rank_dim(sizes)});
}

TSX_RULE(meshgrid_combinations_rule) {
  const std::optional<std::int64_t> count = in[1].known_int();
  if (!count) return in.tensor(in.dtype(0), std::nullopt);
  if (*count < 0) mismatch("combinations", "r of 0 or more", to_text(in[1]));
  if (*count == 0) return in.tensor(in.dtype(0), Shape{Dim::known(0)});
  const OptionalShape& shape = in.shape(0);
  const Dim size = shape && !shape->empty() ? (*shape)[0] : Dim();
  const std::optional<bool> again = in[2].known_bool();
  const bool is_told = size.is_known() && size.size >= 0 && again && *count <= 64;
  const Dim rows = !is_told ? Dim() : choices(*again ? size + (*count - 1) : size, *count);
  return in.tensor(in.dtype(0), Shape{rows, Dim::known(*count)});
}

TSX_RULE(meshgrid_linalg_vander_rule) {
  const std::optional<DType> dtype = power_dtype(in.dtype(0));
  if (!in.shape(0)) return in.tensor(dtype, std::nullopt);
  Shape shape = *in.shape(0);
  if (shape.empty()) shape.push_back(Dim::known(1));
  if (in[1].known_int() && *in[1].known_int() < 0)
    mismatch("linalg_vander", "N of 0 or more", to_text(in[1]));
  shape.push_back(in[1].is_none() ? Dim(shape.back()) : in[1].as_dim());
  return in.tensor(dtype, std::move(shape));
}

TSX_RULE(meshgrid_vander_rule) {
  const OptionalShape& shape = in.shape(0);
  if (shape && shape->size() != 1)
    mismatch("vander", "a 1-D tensor", std::to_string(shape->size()));
  const Dim size = shape ? (*shape)[0] : Dim();
  return in.tensor(power_dtype(in.dtype(0)),
                   Shape{size, in[1].is_none() ? size : in[1].as_dim()});
}
