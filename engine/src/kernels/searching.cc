// Finding places in sorted rows, and counting (tsx/ops/searching.py).
#include <algorithm>
#include <cmath>

#include "kernels/places.h"
#include "tile/run.h"

namespace tsx::engine {
namespace {

template <typename T> bool is_less(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {  // NaN is the largest, as in sorted rows
    if (std::isnan(a)) return false;
    if (std::isnan(b)) return true;
  }
  return a < b;
}

/// A real number or tensor as doubles or int64, both sides alike, so that they compare exactly.
DType common_dtype(DType a, DType b) {
  const auto is_whole = [](DType dtype) { return is_integer(dtype) || dtype == DType::kBool; };
  if (is_complex(a) || is_complex(b)) refuse("complex numbers have no order");
  return is_whole(a) && is_whole(b) ? DType::kInt64 : DType::kFloat64;
}

struct Search {
  TensorRef rows;
  TensorRef values;
  TensorRef sorter;  // null when the rows are sorted
  bool is_after = false;
  bool is_int32 = false;
};

TensorRef searched(const Search& search) {
  const std::size_t rank = search.rows->rank();
  if (rank == 0) refuse("expected a sorted row, got a 0-dim tensor");
  const std::int64_t length = search.rows->size(rank - 1);
  const DType dtype = common_dtype(search.rows->dtype(), search.values->dtype());
  const TensorRef rows = plain(search.rows, dtype);
  const TensorRef values = plain(search.values, dtype);
  TensorRef sorter;
  if (search.sorter) {
    if (search.sorter->sizes() != search.rows->sizes())
      refuse("expected a sorter of sizes " + text_of(search.rows->sizes()));
    sorter = index_tensor(search.sorter);
    need_indices(*sorter, length);
  }
  std::int64_t per_row = values->count();
  if (rank > 1) {
    Dims wanted = rows->sizes();
    if (values->rank() == rank) wanted[rank - 1] = values->size(rank - 1);
    if (values->sizes() != wanted)
      refuse("expected values of sizes " + text_of(rows->sizes()) + " but for the last, got " +
             text_of(values->sizes()));
    per_row = values->size(rank - 1);
  }
  const TensorRef result = Tensor::empty(DType::kInt64, values->sizes());
  auto* target = result->mutable_data<std::int64_t>();
  for_exact_order(dtype, [&](auto sample) {
    using T = decltype(sample);
    std::vector<T> row(static_cast<std::size_t>(length));
    for (std::int64_t i = 0; i < values->count(); ++i) {
      if (i % per_row == 0) {
        const std::int64_t start = i / per_row * length;
        for (std::int64_t k = 0; k < length; ++k)
          row[static_cast<std::size_t>(k)] =
              rows->data<T>()[start + (sorter ? sorter->data<std::int64_t>()[start + k] : k)];
      }
      const T value = values->data<T>()[i];
      const auto place = search.is_after
                             ? std::upper_bound(row.begin(), row.end(), value, is_less<T>)
                             : std::lower_bound(row.begin(), row.end(), value, is_less<T>);
      target[i] = place - row.begin();
    }
  });
  return search.is_int32 ? plain(result, DType::kInt32) : result;
}

void search_sorted(Call& call) {
  Search search{call.tensor_ref(0), number_tensor(call[1]), {}, call.boolean(3), call.boolean(2)};
  if (!call.is_none(4)) {
    const std::string& side = call.string(4);
    if ((side != "left" && side != "right") || (side == "left" && search.is_after))
      refuse("expected side 'left' or 'right', got '" + side + "'");
    search.is_after = search.is_after || side == "right";
  }
  if (!call.is_none(5)) search.sorter = call.tensor_ref(5);
  call.give(searched(search));
}

void bucketize(Call& call) {
  if (call.tensor(1).rank() != 1)
    refuse("expected 1-D boundaries, got " + std::to_string(call.tensor(1).rank()) + " dimensions");
  call.give(
      searched({call.tensor_ref(1), number_tensor(call[0]), {}, call.boolean(3), call.boolean(2)}));
}

void bin_count(Call& call) {
  const TensorRef given = call.tensor_ref(0);
  if (given->rank() != 1 || !is_integer(given->dtype()))
    refuse("expected a 1-D tensor of whole numbers of 0 or more, got " +
           std::string(name(given->dtype())) + " of sizes " + text_of(given->sizes()));
  const TensorRef x = plain(given, DType::kInt64);
  const auto* numbers = x->data<std::int64_t>();
  std::int64_t bins = call.integer(2);
  if (bins < 0) refuse("expected a minlength of 0 or more, got " + std::to_string(bins));
  for (std::int64_t i = 0; i < x->count(); ++i) {
    if (numbers[i] < 0 || numbers[i] == INT64_MAX)
      refuse("expected whole numbers of 0 or more, got " + std::to_string(numbers[i]));
    bins = std::max(bins, numbers[i] + 1);
  }
  if (call.is_none(1)) {
    const TensorRef counts = Tensor::zeros(DType::kInt64, {bins});
    auto* target = counts->mutable_data<std::int64_t>();
    for (std::int64_t i = 0; i < x->count(); ++i)
      ++target[numbers[i]];
    return call.give(counts);
  }
  const TensorRef weights = call.tensor_ref(1);
  if (weights->sizes() != x->sizes())
    refuse("expected weights of sizes " + text_of(x->sizes()) + ", got " +
           text_of(weights->sizes()));
  const TensorRef wide = plain(weights, DType::kFloat64);
  const TensorRef sums = Tensor::zeros(DType::kFloat64, {bins});
  auto* target = sums->mutable_data<double>();
  for (std::int64_t i = 0; i < x->count(); ++i)
    target[numbers[i]] += wide->data<double>()[i];
  call.give(weights->dtype() == DType::kFloat32 ? plain(sums, DType::kFloat32) : sums);
}

}  // namespace
}  // namespace tsx::engine

TSX_KERNELS(searching) {
  registry.add("aten::searchsorted.Tensor", search_sorted);
  registry.add("aten::searchsorted.Scalar", search_sorted);
  registry.add("aten::bucketize.Tensor", bucketize);
  registry.add("aten::bucketize.Scalar", bucketize);
  registry.add("aten::bincount", bin_count);
}
