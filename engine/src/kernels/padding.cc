// Mirrors tsx/ops/padding.py and tiling.py: elements of a tensor laid out again, axis by axis.
#include <algorithm>
#include <cstring>

#include "base/budget.h"
#include "base/error.h"
#include "kernels/creation.h"
#include "kernels/support.h"
#include "kernels/views.h"
#include "tile/run.h"

namespace tsx::engine {
namespace {

using Places = std::vector<std::int64_t>;

/// The elements of an axis at `places`, in that order; the caller has checked them.
TensorRef take(const TensorRef& tensor, std::size_t axis, const Places& places) {
  const TensorRef x = plain(tensor);
  Dims sizes = x->sizes();
  std::size_t outer = 1, inner = x->item_size();
  for (std::size_t i = 0; i < axis; ++i)
    outer *= static_cast<std::size_t>(sizes[i]);
  for (std::size_t i = axis + 1; i < sizes.size(); ++i)
    inner *= static_cast<std::size_t>(sizes[i]);
  const auto whole = static_cast<std::size_t>(sizes[axis]);
  sizes[axis] = static_cast<std::int64_t>(places.size());
  const TensorRef result = Tensor::empty(x->dtype(), sizes);
  const std::byte* const from = x->raw();
  std::byte* to = result->mutable_raw();
  for (std::size_t o = 0; o < outer; ++o) {
    for (const std::int64_t place : places) {
      std::memcpy(to, from + (o * whole + static_cast<std::size_t>(place)) * inner, inner);
      to += inner;
    }
  }
  return result;
}

// --- padding -------------------------------------------------------------------------------------

struct Pads {
  std::int64_t before[kMaxRank] = {}, after[kMaxRank] = {};
};

constexpr std::int64_t kMostPad = std::int64_t{1} << 47;

/// Pads come in pairs, the last dimension's first.
Pads pads_of(Span<const std::int64_t> pad, std::size_t rank) {
  if (pad.size() % 2 != 0 || pad.size() > 2 * rank) {
    refuse("expected at most " + std::to_string(rank) + " pairs of pads, got " + text_of(pad));
  }
  Pads pads;
  for (std::size_t i = 0; i < pad.size() / 2; ++i) {
    pads.before[rank - 1 - i] = std::clamp(pad[2 * i], -kMostPad, kMostPad);
    pads.after[rank - 1 - i] = std::clamp(pad[2 * i + 1], -kMostPad, kMostPad);
  }
  return pads;
}

TensorRef constant_padded(const TensorRef& x, Span<const std::int64_t> pad, const Value& value) {
  const Pads pads = pads_of(pad, x->rank());
  Dims sizes = x->sizes();
  for (std::size_t i = 0; i < sizes.size(); ++i)
    sizes[i] += pads.before[i] + pads.after[i];
  const TensorRef result = filled(sizes, value, x->dtype());
  TensorRef source = x, target = result;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const std::int64_t cut = std::max<std::int64_t>(-pads.before[i], 0);
    const std::int64_t kept = x->size(i) - cut - std::max<std::int64_t>(-pads.after[i], 0);
    if (kept <= 0) return result;
    source = part(*source, i, cut, kept);
    target = part(*target, i, std::max<std::int64_t>(pads.before[i], 0), kept);
  }
  tile::assign(*target, source);
  return result;
}

enum class Edge { kReflect, kReplicate, kCircular };

Places edge_places(std::int64_t size, std::int64_t before, std::int64_t after, Edge edge) {
  const std::int64_t limit = edge == Edge::kReflect    ? size - 1
                             : edge == Edge::kCircular ? size
                                                       : kMostPad;
  if (std::max(before, after) > limit || (size == 0 && (before > 0 || after > 0)) ||
      size + before + after < 0) {
    refuse("expected pads of at most " + std::to_string(limit) + " for a size of " +
           std::to_string(size) + ", got " + text_of(Dims{before, after}));
  }
  count_of({size + before + after});
  const std::int64_t first = std::max<std::int64_t>(-before, 0);
  const std::int64_t kept = std::max<std::int64_t>(
      size + std::min<std::int64_t>(before, 0) + std::min<std::int64_t>(after, 0), 1);
  Places places;
  for (std::int64_t at = -before; at < size + after; ++at) {
    if (edge == Edge::kReflect) {
      places.push_back(size - 1 - std::abs(size - 1 - std::abs(at)));
    } else if (edge == Edge::kReplicate) {
      places.push_back(std::clamp<std::int64_t>(at, 0, size - 1));
    } else { // what cropping left goes round, not the whole
      places.push_back(first + ((at - first) % kept + kept) % kept);
    }
  }
  return places;
}

TensorRef edge_padded(const TensorRef& x, Span<const std::int64_t> pad, Edge edge) {
  const Pads pads = pads_of(pad, x->rank());
  TensorRef result = x;
  for (std::size_t axis = x->rank() - pad.size() / 2; axis < x->rank(); ++axis) {
    result =
        take(result, axis, edge_places(x->size(axis), pads.before[axis], pads.after[axis], edge));
  }
  return result == x ? tile::clone(*x) : result;
}

TensorRef padded(const TensorRef& x, Span<const std::int64_t> pad, const std::string& mode,
                 const Value& value) {
  if (mode == "constant")
    return constant_padded(x, pad, value.is_none() ? Value(std::int64_t{0}) : value);
  const bool is_zero = value.is_none() || (value.is(Tag::kFloat) && value.real() == 0) ||
                       (value.is(Tag::kInt) && value.integer() == 0);
  if (!is_zero) refuse("expected no value with mode " + mode);
  if (pad.size() / 2 + 1 != x->rank() && pad.size() / 2 + 2 != x->rank()) {
    refuse("expected pads for all but the first one or two dimensions, got " + text_of(pad));
  }
  if (mode == "reflect") return edge_padded(x, pad, Edge::kReflect);
  if (mode == "replicate") return edge_padded(x, pad, Edge::kReplicate);
  if (mode == "circular") return edge_padded(x, pad, Edge::kCircular);
  refuse("expected one of constant, reflect, replicate, circular, got '" + mode + "'");
}

void pad_kernel(Call& call) {
  call.give(padded(call.tensor_ref(0), call.long_ints(1), call.string(2), call[3]));
}

void pad_enum_kernel(Call& call) {
  static const std::string kModes[] = {"constant", "reflect", "replicate", "circular"};
  const std::int64_t mode = call.integer(2);
  if (mode < 0 || mode > 3) refuse("expected a mode from 0 to 3, got " + std::to_string(mode));
  call.give(padded(call.tensor_ref(0), call.long_ints(1), kModes[mode], call[3]));
}

void constant_pad_kernel(Call& call) {
  call.give(constant_padded(call.tensor_ref(0), call.long_ints(1), call[2]));
}

template <Edge edge, std::size_t rank> void edge_kernel(Call& call) {
  if (rank != 0) need_rank(call.tensor(0), rank + 1, rank + 2);
  call.give(edge_padded(call.tensor_ref(0), call.long_ints(1), edge));
}

// --- tiling --------------------------------------------------------------------------------------

TensorRef repeated(const TensorRef& x, const Dims& repeats) {
  bool is_right = repeats.size() >= x->rank();
  for (const std::int64_t count : repeats)
    is_right = is_right && count >= 0;
  if (!is_right) {
    refuse("expected at least " + std::to_string(x->rank()) + " repeats of 0 or more, got " +
           text_of(repeats));
  }
  TensorRef wide = x;
  while (wide->rank() < repeats.size())
    wide = unsqueeze(*wide, 0);
  Dims sizes = wide->sizes();
  for (std::size_t i = 0; i < sizes.size(); ++i)
    sizes[i] = (Size(sizes[i]) * Size(repeats[i])).value();
  // Before memory is taken for it; a size beside one of 0 may be any.
  if (count_of(sizes).value() == 0) return Tensor::empty(x->dtype(), sizes);
  TensorRef result = wide;
  for (std::size_t axis = 0; axis < repeats.size(); ++axis) {
    if (repeats[axis] == 1) continue;
    const Charge charge(sizes[axis] * static_cast<std::int64_t>(sizeof(std::int64_t)));
    Places places;
    for (std::int64_t i = 0; i < sizes[axis]; ++i)
      places.push_back(i % wide->size(axis));
    result = take(result, axis, places);
  }
  return result->storage() == x->storage() ? copy(*result) : result;
}

void repeat_kernel(Call& call) { call.give(repeated(call.tensor_ref(0), call.ints(1))); }

void tile_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  Dims repeats = call.ints(1);
  while (repeats.size() < x->rank())
    repeats.insert(0, 1);
  call.give(repeated(x, repeats));
}

/// Each element of an axis as many times as `counts` says.
TensorRef interleaved(const TensorRef& x, std::size_t axis, const Places& counts,
                      const Value& output_size) {
  const std::int64_t size = x->size(axis);
  if (counts.size() != 1 && static_cast<std::int64_t>(counts.size()) != size) {
    refuse("expected 1 or " + std::to_string(size) + " repeats, got " +
           std::to_string(counts.size()));
  }
  Size total;
  for (std::int64_t i = 0; i < size; ++i) {
    const std::int64_t count = counts[counts.size() == 1 ? 0 : static_cast<std::size_t>(i)];
    if (count < 0) refuse("expected repeats of 0 or more, got " + std::to_string(count));
    total += Size(count);
  }
  if (output_size.is(Tag::kInt) && output_size.integer() != total.value()) {
    refuse("expected " + std::to_string(output_size.integer()) + " elements in all, got " +
           std::to_string(total.value()));
  }
  if (total > Size(Storage::kMaxBytes))
    throw failure("TSX5020", {{"op", "aten::repeat_interleave"}});
  Places places;
  for (std::int64_t i = 0; i < size; ++i) {
    places.insert(
        places.end(),
        static_cast<std::size_t>(counts[counts.size() == 1 ? 0 : static_cast<std::size_t>(i)]), i);
  }
  return take(x, axis, places);
}

Places counts_in(const Tensor& repeats, const TensorRef& ref) {
  if (repeats.rank() > 1 || !is_integer(repeats.dtype()))
    refuse("expected 1-D repeats of 0 or more");
  const TensorRef whole = plain(ref, DType::kInt64);
  return Places(whole->data<std::int64_t>(), whole->data<std::int64_t>() + whole->count());
}

void interleave_kernel(Call& call) {
  TensorRef x = call.tensor_ref(0);
  std::size_t axis = 0;
  if (call.is_none(2)) {
    x = reshape(x, {-1});
  } else {
    axis = axis_of(call.integer(2), x->rank());
    if (x->rank() == 0) x = reshape(x, {1});
  }
  const Places counts = call[1].is(Tag::kTensor) ? counts_in(call.tensor(1), call.tensor_ref(1))
                                                 : Places{call.integer(1)};
  call.give(interleaved(x, axis, counts, call[3]));
}

void interleave_counts_kernel(Call& call) {
  const Places counts = counts_in(call.tensor(0), call.tensor_ref(0));
  const TensorRef places = Tensor::empty(DType::kInt64, {static_cast<std::int64_t>(counts.size())});
  for (std::size_t i = 0; i < counts.size(); ++i)
    places->mutable_data<std::int64_t>()[i] = static_cast<std::int64_t>(i);
  call.give(interleaved(places, 0, counts, call[1]));
}

TensorRef rolled(const TensorRef& x, std::size_t axis, std::int64_t shift) {
  const std::int64_t size = x->size(axis);
  Places places;
  for (std::int64_t i = 0; i < size; ++i)
    places.push_back(((i - shift % size) % size + size) % size);
  return take(x, axis, places);
}

void roll_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  const Dims shifts = call.ints(1), dims = call.ints(2);
  if (dims.empty()) {
    if (shifts.size() != 1)
      refuse("expected one shift for the flattened tensor, got " + text_of(shifts));
    return call.give(reshape(rolled(reshape(x, {x->count()}), 0, shifts[0]), x->sizes()));
  }
  if (shifts.size() != dims.size())
    refuse("expected " + std::to_string(dims.size()) + " shifts, got " + text_of(shifts));
  if (x->rank() == 0) refuse("expected a tensor with a dimension, got a 0-dim tensor");
  TensorRef result = copy(*x);
  for (std::size_t i = 0; i < dims.size(); ++i)
    result = rolled(result, axis_of(dims[i], x->rank()), shifts[i]);
  call.give(result);
}

TensorRef flipped(const TensorRef& x, Span<const std::int64_t> dims) {
  TensorRef result = copy(*x);
  if (dims.empty()) return result;
  const Axes axes = axes_of(dims, x->rank());
  for (std::size_t axis = 0; axis < x->rank(); ++axis) {
    if (!axes[axis]) continue;
    Places places;
    for (std::int64_t i = x->size(axis); i-- > 0;)
      places.push_back(i);
    result = take(result, axis, places);
  }
  return result;
}

void flip_kernel(Call& call) { call.give(flipped(call.tensor_ref(0), call.ints(1))); }

template <std::int64_t dim> void flip_dim_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  need_rank(*x, dim + 1, kMaxRank);
  call.give(flipped(x, Dims{dim}));
}

void rot90_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  const Dims dims = call.ints(2);
  if (dims.size() != 2) refuse("expected two dimensions, got " + text_of(dims));
  axes_of(dims, x->rank());
  const std::int64_t turns = (call.integer(1) % 4 + 4) % 4;
  if (turns == 0) return call.give(copy(*x));
  if (turns == 2) return call.give(flipped(x, dims));
  if (turns == 1) return call.give(copy(*transpose(*flipped(x, Dims{dims[1]}), dims[0], dims[1])));
  call.give(flipped(transpose(*x, dims[0], dims[1]), Dims{dims[1]}));
}

} // namespace
} // namespace tsx::engine

TSX_KERNELS(padding) {
  registry.add("aten::pad", pad_kernel);
  registry.add("aten::_pad_enum", pad_enum_kernel);
  registry.add("aten::_pad_circular", edge_kernel<Edge::kCircular, 0>);
  registry.add("aten::constant_pad_nd", constant_pad_kernel);
  registry.add("aten::reflection_pad1d", edge_kernel<Edge::kReflect, 1>);
  registry.add("aten::reflection_pad2d", edge_kernel<Edge::kReflect, 2>);
  registry.add("aten::reflection_pad3d", edge_kernel<Edge::kReflect, 3>);
  registry.add("aten::replication_pad1d", edge_kernel<Edge::kReplicate, 1>);
  registry.add("aten::replication_pad2d", edge_kernel<Edge::kReplicate, 2>);
  registry.add("aten::replication_pad3d", edge_kernel<Edge::kReplicate, 3>);
  registry.add("aten::repeat", repeat_kernel);
  registry.add("aten::tile", tile_kernel);
  registry.add("aten::repeat_interleave.Tensor", interleave_counts_kernel);
  registry.add("aten::repeat_interleave.self_Tensor", interleave_kernel);
  registry.add("aten::repeat_interleave.self_int", interleave_kernel);
  registry.add("aten::roll", roll_kernel);
  registry.add("aten::flip", flip_kernel);
  registry.add("aten::fliplr", flip_dim_kernel<1>);
  registry.add("aten::flipud", flip_dim_kernel<0>);
  registry.add("aten::rot90", rot90_kernel);
}
