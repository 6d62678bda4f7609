// Mirrors the bags of tsx/ops/embedding.py: sums, means and maxima over runs of indices, and
// embedding_renorm_.
#include <algorithm>

#include "base/error.h"
#include "kernels/places.h"
#include "kernels/rows.h"
#include "kernels/vector_norms.h"
#include "tile/run.h"

namespace tsx::engine {
namespace {

enum class Mode : std::uint8_t { kSum, kMean, kMax };

/// The operands of a bag operator, in its order.
struct Bags {
  TensorRef table, weights; // float32 or float64; weights may be null
  TensorRef indices, offsets; // int64
  DType index_dtype;
  Mode mode;
  std::int64_t count = 0; // of bags
  std::optional<std::int64_t> skipped; // an index that is left out
  bool has_padding = false;

  std::int64_t width() const { return table->size(1); }
  /// The indices of a bag.
  std::int64_t first(std::int64_t bag) const { return offsets->data<std::int64_t>()[bag]; }
  std::int64_t last(std::int64_t bag) const {
    return bag + 1 < count ? first(bag + 1) : indices->count();
  }
};

TensorRef index_list(const TensorRef& list, std::size_t rank) {
  need_rank(*list, rank, rank);
  return index_tensor(list);
}

void need_offsets(const Bags& bags) {
  const auto* const starts = bags.offsets->data<std::int64_t>();
  const std::int64_t size = bags.offsets->count(), most = bags.indices->count();
  const bool fits = bags.count >= 0 &&
                    (bags.count == 0 ? most == 0 : starts[0] == 0) &&
                    std::is_sorted(starts, starts + size) &&
                    (size == 0 || starts[size - 1] <= most);
  if (!fits) refuse("expected offsets that ascend from 0 to " + std::to_string(most));
}

Bags bags_of(Call& call, std::optional<std::int64_t> padding) {
  Bags bags;
  const TensorRef table = call.tensor_ref(0), indices = call.tensor_ref(1);
  need_rank(*table, 2, 2);
  const DType work = float_work(table->dtype());
  bags.table = plain(table, work);
  bags.index_dtype = indices->dtype();
  if (bags.index_dtype != DType::kInt32 && bags.index_dtype != DType::kInt64)
    refuse("expected indices of int32 or int64, got " + std::string(name(bags.index_dtype)));
  bags.indices = index_list(indices, 1);
  bags.offsets = index_list(call.tensor_ref(2), 1);
  need_indices(*bags.indices, table->size(0));
  const std::int64_t mode = call.integer(4);
  if (mode < 0 || mode > 2)
    refuse("expected mode 0 (sum), 1 (mean) or 2 (max), got " + std::to_string(mode));
  bags.mode = static_cast<Mode>(mode);
  if (!call.is_none(6)) {
    if (bags.mode != Mode::kSum) refuse("expected per_sample_weights with mode 0 (sum) only");
    bags.weights = plain(call.tensor_ref(6), work);
    if (bags.weights->sizes() != bags.indices->sizes())
      refuse("expected weights of sizes " + text_of(bags.indices->sizes()) + ", got " +
             text_of(bags.weights->sizes()));
  }
  bags.count = bags.offsets->count() - (call.boolean(7) ? 1 : 0);
  need_offsets(bags);
  bags.has_padding = padding.has_value();
  if (padding) bags.skipped = *padding < 0 ? *padding + table->size(0) : *padding;
  return bags;
}

/// The results beside the bags themselves, which torch's gradient needs.
struct Extras {
  TensorRef owners, counts, largest; // int64
};

/// One bag: its rows combined into `to`; gives how many there were.
template <typename T>
std::int64_t fill_bag(const Bags& bags, std::int64_t bag, T* to, std::int64_t* largest) {
  const std::int64_t width = bags.width();
  std::int64_t count = 0;
  for (std::int64_t i = bags.first(bag); i < bags.last(bag); ++i) {
    const std::int64_t index = bags.indices->data<std::int64_t>()[i];
    if (bags.skipped && index == *bags.skipped) continue;
    const T* const row = bags.table->data<T>() + index * width;
    const T weight = bags.weights ? bags.weights->data<T>()[i] : T(1);
    for (std::int64_t k = 0; k < width; ++k) {
      if (bags.mode != Mode::kMax) {
        to[k] += bags.weights ? row[k] * weight : row[k];
      } else if (count == 0 || (to[k] == to[k] && !(row[k] <= to[k]))) { // NaN wins
        to[k] = row[k];
        largest[k] = index;
      }
    }
    ++count;
  }
  if (bags.mode == Mode::kMean)
    for (std::int64_t k = 0; k < width; ++k)
      to[k] /= static_cast<T>(std::max<std::int64_t>(count, 1));
  return count;
}

Extras extras_of(const Bags& bags) {
  const bool is_sum = bags.mode == Mode::kSum, is_whole = is_sum && !bags.has_padding;
  Extras extras;
  extras.owners = Tensor::empty(DType::kInt64, {is_whole ? 0 : bags.indices->count()});
  for (std::int64_t bag = 0; !is_whole && bag < bags.count; ++bag)
    std::fill(extras.owners->mutable_data<std::int64_t>() + bags.first(bag),
              extras.owners->mutable_data<std::int64_t>() + bags.last(bag), bag);
  extras.counts =
      Tensor::zeros(DType::kInt64, {is_sum ? bags.offsets->count() : bags.count});
  if (bags.mode == Mode::kMax)
    extras.largest = Tensor::zeros(DType::kInt64, {bags.count, bags.width()});
  return extras;
}

void give_bags(Call& call, const Bags& bags) {
  const TensorRef result = Tensor::zeros(bags.table->dtype(), {bags.count, bags.width()});
  const Extras extras = extras_of(bags);
  for_float(bags.table->dtype(), [&](auto zero) {
    using T = decltype(zero);
    for (std::int64_t bag = 0; bag < bags.count; ++bag) {
      std::int64_t* const largest =
          extras.largest ? extras.largest->mutable_data<std::int64_t>() + bag * bags.width()
                         : nullptr;
      const std::int64_t count =
          fill_bag(bags, bag, result->mutable_data<T>() + bag * bags.width(), largest);
      if (bags.mode != Mode::kSum) extras.counts->mutable_data<std::int64_t>()[bag] = count;
    }
  });
  const auto as_index = [&](const TensorRef& x) { return tile::cast(x, bags.index_dtype); };
  const TensorRef largest = extras.largest ? extras.largest : copy(*extras.counts);
  call.give(tile::cast(result, call.tensor(0).dtype()), as_index(extras.owners),
            as_index(extras.counts), as_index(largest));
}

void bag_kernel(Call& call) {
  give_bags(call, bags_of(call, call.size() > 8 ? call.optional_integer(8) : std::nullopt));
}

/// Here no padding is meant by -1.
void private_bag_kernel(Call& call) {
  const std::int64_t padding = call.integer(8);
  give_bags(call, bags_of(call, padding < 0 ? std::nullopt : std::make_optional(padding)));
}

/// Scales the rows that are looked up down to a norm, in place.
void renorm_kernel(Call& call) {
  const TensorRef self = call.tensor_ref(0);
  need_rank(*self, 2, 2);
  const DType work = float_work(self->dtype());
  const TensorRef indices = index_tensor(call.tensor_ref(1));
  need_indices(*indices, self->size(0));
  std::vector<std::int64_t> rows(indices->data<std::int64_t>(),
                                 indices->data<std::int64_t>() + indices->count());
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  const TensorRef table = copy(*plain(self, work));
  const auto width = static_cast<std::size_t>(table->size(1));
  const double most = call.real(2);
  for_float(work, [&](auto zero) {
    using T = decltype(zero);
    std::vector<T> sizes(width);
    for (const std::int64_t i : rows) {
      T* const row = table->mutable_data<T>() + static_cast<std::size_t>(i) * width;
      std::transform(row, row + width, sizes.begin(), [](T x) { return std::abs(x); });
      const T size = row_norm(sizes.data(), width, call.real(3));
      if (!(size > static_cast<T>(most))) continue;
      const T factor = static_cast<T>(most) / (size + static_cast<T>(1e-7));
      for (std::size_t k = 0; k < width; ++k)
        row[k] *= factor;
    }
  });
  store_result(*self, table);
  call.give(self);
}

} // namespace
} // namespace tsx::engine

TSX_KERNELS(embedding_bags) {
  registry.add("aten::embedding_bag", bag_kernel);
  registry.add("aten::embedding_bag.padding_idx", bag_kernel);
  registry.add("aten::_embedding_bag", private_bag_kernel);
  registry.add("aten::embedding_renorm_", renorm_kernel);
}
