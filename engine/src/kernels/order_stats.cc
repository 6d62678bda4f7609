// Mirrors tsx/ops/order_stats.py: median, mode, quantile and their like.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "kernels/places.h"
#include "kernels/rows.h"
#include "tile/run.h"

namespace tsx::engine {
namespace {

template <typename T> bool is_nan(T value) {
  if constexpr (std::is_floating_point_v<T>) return std::isnan(value);
  return false;
}

/// NaN is the largest; places make the order strict, so that any sort is stable.
template <typename T> struct Before {
  const T* row;
  bool operator()(std::int64_t a, std::int64_t b) const {
    if (is_nan(row[a]) != is_nan(row[b])) return is_nan(row[b]);
    if (row[a] < row[b] || row[b] < row[a]) return row[a] < row[b];
    return a < b;
  }
};

void in_places(std::vector<std::int64_t>& places, std::int64_t width) {
  places.resize(static_cast<std::size_t>(width));
  std::iota(places.begin(), places.end(), 0);
}

/// The place of the lower median; of the first NaN when there is one, unless NaN is skipped.
template <bool skips_nan> struct Median {
  template <typename T>
  static std::int64_t place(const T* row, std::int64_t width, std::vector<std::int64_t>& places) {
    std::int64_t numbers = 0;
    for (std::int64_t i = 0; i < width; ++i) {
      if (!is_nan(row[i]))
        ++numbers;
      else if (!skips_nan)
        return i;
    }
    in_places(places, width);
    const auto middle = places.begin() + std::max<std::int64_t>(numbers - 1, 0) / 2;
    std::nth_element(places.begin(), middle, places.end(), Before<T>{row});
    return *middle;
  }
};

/// The last place of the most frequent element, the smallest of several; each NaN is its own.
struct Mode {
  template <typename T>
  static std::int64_t place(const T* row, std::int64_t width, std::vector<std::int64_t>& places) {
    in_places(places, width);
    std::sort(places.begin(), places.end(), Before<T>{row});
    std::int64_t best = places[0], longest = 1, length = 1;
    for (std::size_t i = 1; i < places.size(); ++i) {
      length = row[places[i]] == row[places[i - 1]] ? length + 1 : 1;
      if (length <= longest) continue;
      longest = length;
      best = places[i];
    }
    return best;
  }
};

struct Found {
  TensorRef values, places;
};

/// One element of each row.
template <typename Choice>
Found one_of_each_row(const TensorRef& x, const Axes& axes, bool keepdim) {
  const DType work = exact_dtype(x->dtype());
  const Rows rows = rows_over(x, axes, work);
  if (rows.width == 0) refuse("expected a dimension that is not empty, got " + text_of(x->sizes()));
  const Dims& sizes = keepdim ? rows.kept_ones : rows.kept;
  const Found found{Tensor::empty(work, sizes), Tensor::empty(DType::kInt64, sizes)};
  auto* const places = found.places->mutable_data<std::int64_t>();
  for_exact_order(work, [&](auto zero) {
    using T = decltype(zero);
    std::vector<std::int64_t> order;
    T* const values = found.values->mutable_data<T>();
    for (std::int64_t i = 0; i < rows.count; ++i) {
      const T* const row = rows.tensor->data<T>() + i * rows.width;
      places[i] = Choice::place(row, rows.width, order);
      values[i] = row[places[i]];
    }
  });
  return {tile::cast(found.values, x->dtype()), found.places};
}

template <typename Choice> void dim_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  const Found found =
      one_of_each_row<Choice>(x, one_axis(call.integer(1), x->rank()), call.boolean(2));
  call.give(found.values, found.places);
}

template <typename Choice> void whole_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  if (x->count() == 0 && is_float(x->dtype()))
    return call.give(tile::cast(Tensor::scalar<double>(DType::kFloat64, NAN), x->dtype()));
  call.give(one_of_each_row<Choice>(x, axes_of({}, x->rank()), false).values);
}

// --- quantiles -----------------------------------------------------------------------------------

enum class Between : std::uint8_t { kLinear, kLower, kHigher, kMidpoint, kNearest };

Between between_of(const std::string& word) {
  constexpr const char* kWords[] = {"linear", "lower", "higher", "midpoint", "nearest"};
  for (std::size_t i = 0; i < 5; ++i)
    if (word == kWords[i]) return static_cast<Between>(i);
  refuse("expected interpolation linear, lower, higher, midpoint or nearest, got '" + word + "'");
}

/// The element of a sorted row at a fractional rank.
template <typename T> T at_rank(const T* row, T rank, Between how) {
  if (how == Between::kNearest) rank = std::nearbyint(rank);
  const T below = how == Between::kHigher ? std::ceil(rank) : std::floor(rank);
  const T low = row[static_cast<std::int64_t>(below)];
  if (how != Between::kLinear && how != Between::kMidpoint) return low;
  const T high = row[static_cast<std::int64_t>(std::ceil(rank))];
  const T weight = how == Between::kMidpoint ? T(0.5) : rank - below;
  return weight < T(0.5) ? low + weight * (high - low) : high - (high - low) * (1 - weight);
}

template <typename T> void need_shares(const T* points, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i)
    if (!(points[i] >= 0 && points[i] <= 1))
      refuse("expected q from 0 to 1, got " + std::to_string(points[i]));
}

/// `points` of each row; the result has them first.
template <typename T>
TensorRef quantiles(const Rows& rows, const Tensor& points, bool skips_nan, Between how,
                    const Dims& sizes) {
  const TensorRef result = Tensor::empty(rows.tensor->dtype(), sizes);
  T* const to = result->mutable_data<T>();
  const T* const shares = points.data<T>();
  need_shares(shares, points.count());
  std::vector<T> row(static_cast<std::size_t>(rows.width));
  for (std::int64_t i = 0; i < rows.count; ++i) {
    const T* const from = rows.tensor->data<T>() + i * rows.width;
    std::copy(from, from + rows.width, row.begin());
    const auto numbers = std::partition(row.begin(), row.end(), [](T v) { return !std::isnan(v); });
    std::sort(row.begin(), numbers);
    const std::int64_t count = skips_nan ? numbers - row.begin() : rows.width;
    const T last = static_cast<T>(std::max<std::int64_t>(count - 1, 0));
    for (std::int64_t k = 0; k < points.count(); ++k) {
      // A NaN, which is the last of a sorted row, makes the whole row NaN.
      const T rank = !skips_nan && numbers != row.end() ? last : shares[k] * last;
      to[k * rows.count + i] = at_rank(row.data(), rank, how);
    }
  }
  return result;
}

template <bool skips_nan> void quantile_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  const DType dtype = x->dtype();
  if (dtype != DType::kFloat32 && dtype != DType::kFloat64)
    refuse("expected float32 or float64, got " + std::string(name(dtype)));
  if (call[1].is(Tag::kTensor)) need_same_dtype(*x, call.tensor(1));
  const TensorRef points = plain(number_tensor(call[1]), dtype);
  need_rank(*points, 0, 1);
  const Axes axes =
      call.is_none(2) ? axes_of({}, x->rank()) : one_axis(call.integer(2), x->rank());
  const Rows rows = rows_over(x, axes, dtype);
  if (rows.width == 0) refuse("expected a dimension that is not empty, got " + text_of(x->sizes()));
  Dims sizes = call.boolean(3) ? rows.kept_ones : rows.kept;
  if (points->rank() == 1) sizes.insert(0, points->count());
  const Between how = between_of(call.string(4));
  for_float(dtype, [&](auto zero) {
    call.give(quantiles<decltype(zero)>(rows, *points, skips_nan, how, sizes));
  });
}

} // namespace
} // namespace tsx::engine

TSX_KERNELS(order_stats) {
  registry.add("aten::median", whole_kernel<Median<false>>);
  registry.add("aten::median.dim", dim_kernel<Median<false>>);
  registry.add("aten::nanmedian", whole_kernel<Median<true>>);
  registry.add("aten::nanmedian.dim", dim_kernel<Median<true>>);
  registry.add("aten::mode", dim_kernel<Mode>);
  registry.add("aten::quantile", quantile_kernel<false>);
  registry.add("aten::quantile.scalar", quantile_kernel<false>);
  registry.add("aten::nanquantile", quantile_kernel<true>);
  registry.add("aten::nanquantile.scalar", quantile_kernel<true>);
}
