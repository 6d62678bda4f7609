// Mirrors the counting of tsx/ops/searching.py: histc, histogram. Counts and weights add up in
// float64.
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "kernels/places.h"
#include "tile/run.h"

namespace tsx::engine {
namespace {

/// The elements in one row, as float64, which holds every value but large integers exactly; those
/// are compared as NumPy compares them with floats.
TensorRef real_row(const TensorRef& x) {
  if (!is_float(x->dtype()) && !is_integer(x->dtype()))
    refuse("expected a tensor of real numbers, got " + std::string(name(x->dtype())));
  return plain(x, DType::kFloat64);
}

/// A number as the nearest one of a float dtype; whole numbers are compared with it as it is.
double rounded(double number, DType dtype) {
  if (!is_float(dtype)) return number;
  const TensorRef exact = Tensor::scalar<double>(DType::kFloat64, number);
  return *plain(tile::cast(exact, dtype), DType::kFloat64)->data<double>();
}

/// How many elements lie in each of `bins` equal parts; those outside are not counted.
void histc_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  const std::int64_t bins = call.integer(1), count = x->count();
  if (bins < 1) refuse("expected 1 bin or more, got " + std::to_string(bins));
  const TensorRef row = real_row(x);
  const double* const values = row->data<double>();
  double low = call.real(2), high = call.real(3);
  if (low == high && count > 0) {
    const bool has_nan = std::any_of(values, values + count, [](double v) { return v != v; });
    low = has_nan ? NAN : *std::min_element(values, values + count);
    high = has_nan ? NAN : *std::max_element(values, values + count);
  }
  if (low == high) {
    low -= 1;
    high += 1;
  }
  if (!std::isfinite(low) || !std::isfinite(high) || low > high)
    refuse("expected a finite range, got " + std::to_string(low) + " to " + std::to_string(high));
  const double least = rounded(low, x->dtype()), most = rounded(high, x->dtype());
  const TensorRef counts = Tensor::zeros(DType::kInt64, {bins});
  auto* const to = counts->mutable_data<std::int64_t>();
  for (std::int64_t i = 0; i < count; ++i) {
    if (!(values[i] >= least && values[i] <= most)) continue;
    const double place = (values[i] - low) / (high - low) * static_cast<double>(bins);
    const double inside = std::clamp(place, 0.0, static_cast<double>(bins - 1));
    ++to[std::min(static_cast<std::int64_t>(inside), bins - 1)];
  }
  call.give(tile::cast(counts, x->dtype()));
}

// --- histogram -----------------------------------------------------------------------------------

/// Counts (or weights) between edges that ascend; the last bin holds its upper edge too.
TensorRef counted(const TensorRef& x, const TensorRef& edges, const TensorRef& weights) {
  const TensorRef row = real_row(x), ends = plain(edges, DType::kFloat64);
  const double* const first = ends->data<double>();
  const double* const last = first + ends->count();
  if (!std::all_of(first, last, [](double v) { return v == v; }) || !std::is_sorted(first, last))
    refuse("expected bin edges that ascend");
  const TensorRef result = Tensor::zeros(DType::kFloat64, {ends->count() - 1});
  double* const to = result->mutable_data<double>();
  for (std::int64_t i = 0; i < row->count(); ++i) {
    const double value = row->data<double>()[i];
    if (!(value >= *first && value <= last[-1])) continue;
    const std::int64_t bin = std::upper_bound(first, last, value) - first - 1;
    if (result->count() == 0) continue;
    to[std::min(bin, result->count() - 1)] += weights ? weights->data<double>()[i] : 1;
  }
  return result;
}

/// Each count by the width of its bin and the sum of all.
void make_dense(const Tensor& counts, const Tensor& edges) {
  double* const to = counts.mutable_data<double>();
  const double* const ends = edges.data<double>();
  double sum = 0;
  for (std::int64_t i = 0; i < counts.count(); ++i)
    sum += to[i];
  for (std::int64_t i = 0; i < counts.count(); ++i)
    to[i] = to[i] / (ends[i + 1] - ends[i]) / sum;
}

void give_histogram(Call& call, const TensorRef& edges, std::size_t weight_place) {
  const TensorRef x = call.tensor_ref(0);
  TensorRef weights;
  if (!call.is_none(weight_place)) {
    const TensorRef given = call.tensor_ref(weight_place);
    if (given->sizes() != x->sizes())
      refuse("expected weights of sizes " + text_of(x->sizes()) + ", got " +
             text_of(given->sizes()));
    weights = real_row(given);
  }
  const TensorRef counts = counted(x, edges, weights);
  if (call.boolean(weight_place + 1)) make_dense(*counts, *plain(edges, DType::kFloat64));
  call.give(tile::cast(counts, x->dtype()), edges);
}

void histogram_edges_kernel(Call& call) {
  const TensorRef edges = call.tensor_ref(1);
  if (edges->rank() != 1 || edges->count() == 0)
    refuse("expected 1-D bin edges, got " + text_of(edges->sizes()));
  need_same_dtype(call.tensor(0), *edges);
  give_histogram(call, contiguous(edges), 2);
}

/// The two ends of the range: as given, else of the values; never of no width.
std::pair<double, double> ends_in(Call& call) {
  double low = 0, high = 1;
  const TensorRef row = real_row(call.tensor_ref(0));
  const double* const values = row->data<double>();
  if (!call.is_none(2)) {
    const Span<const Value> range = call[2].elements();
    if (range.size() != 2 || !range[0].is(Tag::kFloat) || !range[1].is(Tag::kFloat))
      refuse("expected a range of two numbers");
    low = range[0].real();
    high = range[1].real();
  } else if (row->count() > 0) {
    low = high = values[0];
    for (std::int64_t i = 0; i < row->count(); ++i) {
      if (values[i] != values[i]) refuse("expected a finite range, got one of NaN");
      low = std::min(low, values[i]);
      high = std::max(high, values[i]);
    }
  }
  return low == high ? std::make_pair(low - 0.5, high + 0.5) : std::make_pair(low, high);
}

void histogram_count_kernel(Call& call) {
  const std::int64_t bins = call.integer(1);
  if (bins < 1) refuse("expected 1 bin or more, got " + std::to_string(bins));
  const auto [low, high] = ends_in(call);
  if (!std::isfinite(low) || !std::isfinite(high)) refuse("expected a finite range");
  const TensorRef edges = Tensor::empty(DType::kFloat64, {(Size(bins) + Size(1)).value()});
  double* const to = edges->mutable_data<double>();
  const double step = (high - low) / static_cast<double>(bins);
  for (std::int64_t i = 0; i < bins; ++i)
    to[i] = static_cast<double>(i) * step + low;
  to[bins] = high;
  give_histogram(call, tile::cast(edges, call.tensor(0).dtype()), 3);
}

} // namespace
} // namespace tsx::engine

TSX_KERNELS(histograms) {
  registry.add("aten::histc", histc_kernel);
  registry.add("aten::histogram.bins_tensor", histogram_edges_kernel);
  registry.add("aten::histogram.bin_ct", histogram_count_kernel);
}
