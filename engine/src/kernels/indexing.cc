// Advanced indexing: x[a, None, mask] and writing through it (tsx/ops/indexing.py).
#include <algorithm>
#include <cstring>
#include <optional>

#include "kernels/places.h"
#include "kernels/selection.h"
#include "tile/run.h"

namespace tsx::engine {
namespace {

Span<const Value> list_of_indices(const Call& call, std::size_t operand) {
  const Value& list = call[operand];
  if (!list.is(Tag::kList) && !list.is(Tag::kTuple)) refuse("the indices must be a list");
  return list.elements();
}

/// An index list against a tensor: for each indexed dimension a row-major tensor of places.
class Selection {
 public:
  Selection(const TensorRef& x, Span<const Value> indices) : x_(x) {
    for (const Value& entry : indices) {
      if (entry.is_none()) {
        ++dim_;
        continue;
      }
      if (!entry.is(Tag::kTensor)) refuse("an index must be a tensor or None");
      add(entry.tensor_ref());
    }
    if (dim_ > x->rank())
      refuse("expected at most " + std::to_string(x->rank()) + " indices, got " +
             std::to_string(dim_));
    broadcast();
    arrange();
  }

  /// The sizes of x[indices].
  const Dims& sizes() const { return sizes_; }
  /// Whether the places are those of a view, so that nothing is selected.
  bool is_whole() const { return places_.empty(); }

  /// Visits, in the order of the result, the start of each run of `run()` elements that lie
  /// together.
  template <typename Visit> void each_run(Visit visit) const {
    for (const std::int64_t outer : outer_)
      for (const std::int64_t chosen : chosen_)
        for (const std::int64_t inner : inner_)
          visit(outer + chosen + inner);
  }
  std::int64_t run() const { return run_; }

 private:
  struct Place {
    std::size_t dim;
    TensorRef index;
  };

  void add(const TensorRef& index) {
    const bool is_mask = index->dtype() == DType::kBool || index->dtype() == DType::kUInt8;
    if (!is_mask) {
      if (dim_ >= x_->rank())
        refuse("expected at most " + std::to_string(x_->rank()) + " indices, got " +
               std::to_string(dim_ + 1));
      const TensorRef places = index_tensor(index);
      need_indices(*places, x_->size(dim_), -x_->size(dim_));
      places_.push_back({dim_++, places});
      return;
    }
    Dims covered;
    for (std::size_t d = dim_; d < std::min(dim_ + index->rank(), x_->rank()); ++d)
      covered.push_back(x_->size(d));
    if (covered != index->sizes())
      refuse("expected a mask of sizes " + text_of(covered) + ", got " + text_of(index->sizes()));
    if (index->rank() == 0) {
      // A lone bool adds a dimension of size 0 or 1 and indexes none.
      lone_ = *plain(index)->data<std::uint8_t>() ? 1 : 0;
      has_lone_ = true;
      lone_dim_ = dim_;
      return;
    }
    for (const TensorRef& places : nonzero_by_dim(index))
      places_.push_back({dim_++, places});
  }

  /// Gives all indices the sizes that they broadcast to.
  void broadcast() {
    if (has_lone_) common_.push_back(lone_);
    for (const Place& place : places_) {
      const Dims& sizes = place.index->sizes();
      while (common_.size() < sizes.size())
        common_.insert(0, 1);
      for (std::size_t i = 0; i < sizes.size(); ++i) {
        std::int64_t& size = common_[common_.size() - sizes.size() + i];
        if (size == 1) size = sizes[i];
        if (sizes[i] != 1 && sizes[i] != size)
          refuse("the sizes of the indices do not broadcast: " + text_of(sizes) + " and " +
                 text_of(common_));
      }
    }
    chosen_.assign(count_of(common_).count(), 0);
    const Dims strides = row_major(x_->sizes());
    for (const Place& place : places_) {
      const Dims& sizes = place.index->sizes();
      const Dims own = row_major(sizes);
      Dims steps = Dims::filled(common_.size(), 0);
      for (std::size_t i = 0; i < sizes.size(); ++i)
        if (sizes[i] != 1) steps[common_.size() - sizes.size() + i] = own[i];
      const auto* numbers = place.index->data<std::int64_t>();
      std::size_t at = 0;
      walk(common_, steps, [&](std::int64_t offset) {
        const std::int64_t number = numbers[offset];
        const std::int64_t wrapped = number < 0 ? number + x_->size(place.dim) : number;
        chosen_[at++] += wrapped * strides[place.dim];
      });
    }
  }

  bool is_indexed(std::size_t dim) const {
    return std::any_of(places_.begin(), places_.end(),
                       [dim](const Place& place) { return place.dim == dim; });
  }

  /// Where the indexed dimensions come out: where the indices stand if these are adjacent, else
  /// first.
  void arrange() {
    const std::size_t rank = x_->rank();
    std::size_t first = has_lone_ ? lone_dim_ : rank;
    std::size_t last = first;
    if (!places_.empty()) {
      first = std::min(first, places_.front().dim);
      last = has_lone_ ? std::max(lone_dim_, places_.back().dim + 1) : places_.back().dim + 1;
    }
    bool is_apart = false;
    for (std::size_t d = first; d < last; ++d)
      is_apart = is_apart || !is_indexed(d);
    const Dims strides = row_major(x_->sizes());
    // The last dimensions that are kept whole lie together.
    std::size_t tail = rank;
    while (tail > last && !is_indexed(tail - 1))
      run_ *= x_->size(--tail);
    Dims before, before_strides, after, after_strides;
    for (std::size_t d = 0; d < rank; ++d) {
      if (is_indexed(d)) continue;
      const bool is_before = d < first && !is_apart;
      (is_before ? before : after).push_back(x_->size(d));
      (is_before ? before_strides : after_strides).push_back(strides[d]);
    }
    for (const std::int64_t size : before)
      sizes_.push_back(size);
    for (const std::int64_t size : common_)
      sizes_.push_back(size);
    for (const std::int64_t size : after)
      sizes_.push_back(size);
    if (places_.empty() && !has_lone_) chosen_ = {0};
    for (std::size_t d = tail; d < rank; ++d) {
      after.erase(after.size() - 1);
      after_strides.erase(after_strides.size() - 1);
    }
    walk(before, before_strides, [&](std::int64_t offset) { outer_.push_back(offset); });
    walk(after, after_strides, [&](std::int64_t offset) { inner_.push_back(offset); });
    if (run_ == 0) outer_.clear();
  }

  TensorRef x_;
  std::vector<Place> places_;
  std::size_t dim_ = 0;
  bool has_lone_ = false;
  std::int64_t lone_ = 1;
  std::size_t lone_dim_ = 0;
  Dims common_;
  Dims sizes_;
  std::vector<std::int64_t> outer_, chosen_, inner_;  // offsets of kept and chosen dimensions
  std::int64_t run_ = 1;
};

TensorRef indexed(const TensorRef& given, Span<const Value> indices) {
  const TensorRef x = plain(given);
  const Selection selection(x, indices);
  const TensorRef result = Tensor::empty(x->dtype(), selection.sizes());
  const std::size_t bytes = static_cast<std::size_t>(selection.run()) * x->item_size();
  const std::byte* source = x->raw();
  std::byte* target = result->mutable_raw();
  selection.each_run([&](std::int64_t start) {
    std::memcpy(target, source + static_cast<std::size_t>(start) * x->item_size(), bytes);
    target += bytes;
  });
  return result;
}

void index(Call& call) { call.give(indexed(call.tensor_ref(0), list_of_indices(call, 1))); }

/// The values, broadcast to `sizes`, row-major.
TensorRef spread(const TensorRef& values, const Dims& sizes) {
  if (values->sizes() == sizes) return plain(values);
  // Leading dimensions of size 1 may be left over.
  std::size_t extra = values->rank() > sizes.size() ? values->rank() - sizes.size() : 0;
  for (std::size_t d = 0; d < extra; ++d)
    if (values->size(d) != 1)
      refuse("values of sizes " + text_of(values->sizes()) + " do not fit " + text_of(sizes));
  Dims strides = Dims::filled(sizes.size(), 0);
  const std::size_t shift = sizes.size() - (values->rank() - extra);
  for (std::size_t d = extra; d < values->rank(); ++d) {
    const std::int64_t size = values->size(d);
    if (size != 1 && size != sizes[shift + d - extra])
      refuse("values of sizes " + text_of(values->sizes()) + " do not fit " + text_of(sizes));
    if (size != 1) strides[shift + d - extra] = values->stride(d);
  }
  return plain(values->view(sizes, strides, values->offset()));
}

/// Adds runs of `from` into `into`; bools are joined, integers wrap.
template <typename T>
void add_runs(const Selection& selection, T* into, const T* from, bool is_bool) {
  selection.each_run([&](std::int64_t start) {
    for (std::int64_t i = 0; i < selection.run(); ++i, ++from) {
      T& place = into[start + i];
      if constexpr (std::is_integral_v<T>)
        place = static_cast<T>(
            is_bool ? static_cast<std::uint64_t>(place) | static_cast<std::uint64_t>(*from)
                    : static_cast<std::uint64_t>(place) + static_cast<std::uint64_t>(*from));
      else
        place += *from;
    }
  });
}

/// Writes (or adds) values at the indices of a row-major tensor; of repeated places the last stays.
TensorRef put(const TensorRef& x, Span<const Value> indices, const TensorRef& values,
              bool accumulate) {
  need_same_dtype(*x, *values);
  const Selection selection(x, indices);
  // The values may share memory with what is written.
  const bool is_shared = values->storage() == x->storage();
  const TensorRef source = spread(is_shared ? copy(*values) : values, selection.sizes());
  if (!accumulate) {
    const std::size_t bytes = static_cast<std::size_t>(selection.run()) * x->item_size();
    std::byte* target = x->mutable_raw();
    const std::byte* from = source->raw();
    selection.each_run([&](std::int64_t start) {
      std::memcpy(target + static_cast<std::size_t>(start) * x->item_size(), from, bytes);
      from += bytes;
    });
    return x;
  }
  const DType dtype = compute_dtype(x->dtype());
  const bool is_wide = dtype != x->dtype();
  const TensorRef into = is_wide ? plain(x, dtype) : x;
  const TensorRef added = plain(source, dtype);
  for_compute_type(dtype, [&](auto sample) {
    using T = decltype(sample);
    add_runs(selection, into->mutable_data<T>(), added->data<T>(), dtype == DType::kBool);
  });
  if (is_wide) store_result(*x, into);
  return x;
}

void index_put(Call& call) {
  call.give(put(copy(call.tensor(0)), list_of_indices(call, 1), call.tensor_ref(2),
                call.boolean(3)));
}

TensorRef put_in_place_at(const TensorRef& x, Span<const Value> indices, const TensorRef& values,
                          bool accumulate) {
  if (!x->is_writable()) store_result(*x, x);  // refuses, as every write does
  if (x->is_contiguous()) return put(x, indices, values, accumulate);
  store_result(*x, put(copy(*x), indices, values, accumulate));
  return x;
}

void index_put_in_place(Call& call) {
  call.give(put_in_place_at(call.tensor_ref(0), list_of_indices(call, 1), call.tensor_ref(2),
                            call.boolean(3)));
}

// --- with ... : indices of the first and of the last dimensions (tsx/ops/index_from_end.py) ------

/// One list for all dimensions: what lies between the two lists is kept whole.
std::vector<Value> around(const Call& call) {
  const Span<const Value> front = list_of_indices(call, 1), back = list_of_indices(call, 2);
  std::size_t taken = 0;
  for (const Span<const Value> part : {front, back})
    for (const Value& index : part) {
      const bool is_mask = index.is(Tag::kTensor) && (index.tensor().dtype() == DType::kBool ||
                                                      index.tensor().dtype() == DType::kUInt8);
      taken += is_mask ? index.tensor().rank() : 1;
    }
  const std::size_t rank = call.tensor(0).rank();
  if (taken > rank)
    refuse("expected at most " + std::to_string(rank) + " indices, got " + std::to_string(taken));
  std::vector<Value> all(front.begin(), front.end());
  all.resize(all.size() + rank - taken);
  all.insert(all.end(), back.begin(), back.end());
  return all;
}

void index_around(Call& call) { call.give(indexed(call.tensor_ref(0), around(call))); }

void put_around(Call& call) {
  call.give(put_in_place_at(call.tensor_ref(0), around(call), call.tensor_ref(3), false));
}

// --- places of the flattened tensor -------------------------------------------------------------

/// Checked places of a flat tensor, from the front.
std::vector<std::int64_t> flat_places(const Tensor& flat, const TensorRef& index) {
  if (index->dtype() != DType::kInt64)
    refuse("expected an index of int64, got " + std::string(name(index->dtype())));
  const TensorRef places = plain(index);
  need_indices(*places, flat.count(), -flat.count());
  const auto* numbers = places->data<std::int64_t>();
  std::vector<std::int64_t> found(numbers, numbers + places->count());
  for (std::int64_t& place : found)
    if (place < 0) place += flat.count();
  return found;
}

void take(Call& call) {
  const TensorRef x = plain(call.tensor_ref(0));
  const std::vector<std::int64_t> places = flat_places(*x, call.tensor_ref(1));
  const TensorRef result = Tensor::empty(x->dtype(), call.tensor(1).sizes());
  for_item_size(x->item_size(), [&](auto sample) {
    using T = decltype(sample);
    const T* source = x->data<T>();
    T* target = result->mutable_data<T>();
    for (const std::int64_t place : places)
      *target++ = source[place];
  });
  call.give(result);
}

TensorRef put_flat(Call& call) {
  const TensorRef x = copy(call.tensor(0));
  const TensorRef source = plain(call.tensor_ref(2));
  if (call.tensor(1).count() != source->count())
    refuse("expected " + std::to_string(call.tensor(1).count()) + " values, got " +
           std::to_string(source->count()));
  need_same_dtype(*x, *source);
  const std::vector<std::int64_t> places = flat_places(*x, call.tensor_ref(1));
  const DType dtype = compute_dtype(x->dtype());
  const TensorRef into = plain(x, dtype);
  const TensorRef from = plain(source, dtype);
  for_compute_type(dtype, [&](auto sample) {
    using T = decltype(sample);
    T* target = into->mutable_data<T>();
    const T* value = from->data<T>();
    const bool accumulate = call.boolean(3);
    for (const std::int64_t place : places) {
      if (!accumulate)
        target[place] = *value++;
      else if constexpr (std::is_integral_v<T>)
        target[place] = static_cast<T>(static_cast<std::uint64_t>(target[place]) +
                                       static_cast<std::uint64_t>(*value++));
      else
        target[place] += *value++;
    }
  });
  return plain(into, x->dtype());
}

void put_kernel(Call& call) { call.give(put_flat(call)); }

void put_in_place(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  store_result(*x, put_flat(call));
  call.give(x);
}

}  // namespace
}  // namespace tsx::engine

TSX_KERNELS(indexing) {
  registry.add("aten::index.Tensor", index);
  registry.add("aten::index.Tensor_hacked_twin", index);
  registry.add("aten::_unsafe_index.Tensor", index);
  registry.add("aten::_unsafe_index.Tensor_hacked_twin", index);
  registry.add("aten::index_put", index_put);
  registry.add("aten::index_put.hacked_twin", index_put);
  registry.add("aten::_unsafe_index_put", index_put);
  registry.add("aten::_unsafe_index_put.hacked_twin", index_put);
  registry.add("aten::index_put_", index_put_in_place);
  registry.add("aten::index_put_.hacked_twin", index_put_in_place);
  registry.add("aten::_index_put_impl_", index_put_in_place);
  registry.add("aten::_index_put_impl_.hacked_twin", index_put_in_place);
  registry.add("tsx::index.Tensor", index_around);
  registry.add("tsx::index_put_", put_around);
  registry.add("aten::take", take);
  registry.add("aten::put", put_kernel);
  registry.add("aten::put_", put_in_place);
}
