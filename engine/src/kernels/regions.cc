// Mirrors tsx/ops/regions.py: torchvision's operators on boxes. Arithmetic is done step by step in
// the operands' dtype, in torchvision's order, so results are the same to the bit.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "base/error.h"
#include "base/refusal.h"
#include "kernels/regions.h"
#include "kernels/places.h"
#include "kernels/views.h"
#include "threads/pool.h"

namespace tsx::engine {
namespace {

// --- which boxes to keep -------------------------------------------------------------------------

template <typename T> T greater(T a, T b) { return a < b ? b : a; }
template <typename T> T lesser(T a, T b) { return b < a ? b : a; }

template <typename T> struct Boxes {
  const T* corners; // four a box
  std::vector<T> areas;

  Boxes(const T* from, std::int64_t count) : corners(from) {
    areas.reserve(static_cast<std::size_t>(count));
    for (const T* box = from; box < from + 4 * count; box += 4)
      areas.push_back((box[2] - box[0]) * (box[3] - box[1]));
  }

  T overlap(std::int64_t i, std::int64_t j) const {
    const T *a = corners + 4 * i, *b = corners + 4 * j;
    const T width = lesser(a[2], b[2]) - greater(a[0], b[0]);
    const T height = lesser(a[3], b[3]) - greater(a[1], b[1]);
    const T shared = greater(T(0), width) * greater(T(0), height);
    return shared /
           (areas[static_cast<std::size_t>(i)] + areas[static_cast<std::size_t>(j)] - shared);
  }
};

/// Places of the scores, the largest first; NaN counts as the largest, equal ones keep their order.
template <typename T> std::vector<std::int64_t> ranked(const T* scores, std::int64_t count) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
    const T left = scores[a], right = scores[b];
    return std::isnan(left) ? !std::isnan(right) : left > right;
  });
  return order;
}

template <typename T>
std::vector<std::int64_t> kept(const Tensor& boxes, const Tensor& scores, double threshold) {
  const std::int64_t count = scores.count();
  const Boxes<T> all(boxes.data<T>(), count);
  const std::vector<std::int64_t> order = ranked(scores.data<T>(), count);
  std::vector<std::uint8_t> is_out(static_cast<std::size_t>(count));
  std::vector<std::int64_t> best;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (is_out[i]) continue;
    best.push_back(order[i]);
    for (std::size_t j = i + 1; j < order.size(); ++j) {
      if (!is_out[j] && static_cast<double>(all.overlap(order[i], order[j])) > threshold)
        is_out[j] = 1;
    }
  }
  return best;
}

void nms(Call& call) {
  need_rank(call.tensor(0), 2, 2);
  need_rank(call.tensor(1), 1, 1);
  const TensorRef boxes = contiguous(call.tensor_ref(0)), scores = contiguous(call.tensor_ref(1));
  need_same_dtype(*boxes, *scores);
  if (boxes->dtype() != DType::kFloat32 && boxes->dtype() != DType::kFloat64)
    refuse("takes float32 or float64 tensors, got " + std::string(name(boxes->dtype())));
  if (boxes->size(1) != 4 || boxes->size(0) != scores->size(0))
    refuse("expected boxes of 4 numbers and one score for each, got " + text_of(boxes->sizes()) +
           " and " + text_of(scores->sizes()));
  const double threshold = call.real(2);
  const std::vector<std::int64_t> best = boxes->dtype() == DType::kFloat64
                                             ? kept<double>(*boxes, *scores, threshold)
                                             : kept<float>(*boxes, *scores, threshold);
  const TensorRef result =
      Tensor::empty(DType::kInt64, {static_cast<std::int64_t>(best.size())});
  std::copy(best.begin(), best.end(), result->mutable_data<std::int64_t>());
  call.give(result);
}

// --- the values inside boxes ---------------------------------------------------------------------

constexpr double kMostSamples = 2147483647;

struct Pooling {
  TensorRef input, rois;
  std::int64_t height, width, ratio = 0;
  double scale;
  bool is_positional; // each place of a region has channels of its own

  std::int64_t places() const { return height * width; }
  std::int64_t channels() const { return input->size(1) / (is_positional ? places() : 1); }
  Dims sizes() const { return {rois->size(0), channels(), height, width}; }

  std::int64_t image(std::int64_t region, double number) const {
    if (!(number > -1 && number < static_cast<double>(input->size(0))))
      refuse("expected images from 0 to " + std::to_string(input->size(0) - 1) + ", got " +
             std::to_string(number) + " for region " + std::to_string(region));
    return static_cast<std::int64_t>(number);
  }
};

Pooling pooling_of(Call& call, bool is_positional) {
  need_rank(call.tensor(0), 4, 4);
  need_rank(call.tensor(1), 2, 2);
  need_same_dtype(call.tensor(0), call.tensor(1));
  Pooling p{contiguous(call.tensor_ref(0)), contiguous(call.tensor_ref(1)), call.integer(3),
            call.integer(4), 0, call.real(2), is_positional};
  if (p.rois->size(1) != 5)
    refuse("expected rois of 5 numbers, the image and a box, got " + text_of(p.rois->sizes()));
  if (p.height < 1 || p.width < 1) refuse("expected output sizes of at least 1");
  if (p.input->size(2) == 0 || p.input->size(3) == 0)
    refuse("expected an input with elements, got " + text_of(p.input->sizes()));
  const std::int64_t places = (Size(p.height) * Size(p.width)).value();
  if (is_positional && p.input->size(1) % places != 0)
    refuse_as("TSX4062", "expected channels to divide into " + std::to_string(places) + " groups, got " +
           std::to_string(p.input->size(1)));
  return p;
}

/// The sampling of a region along one axis: `grid` points in each of `bins`.
template <typename T> struct Axis {
  T start, bin;
  std::int64_t bins, grid, size;

  Axis(T from, T to, std::int64_t count, std::int64_t elements, std::int64_t ratio, bool least_one)
      : start(from), bins(count), size(elements) {
    T length = to - from;
    if (least_one) length = greater(length, T(1.0));
    const T parts = T(static_cast<double>(count));
    bin = length / parts;
    const double wanted =
        ratio > 0 ? static_cast<double>(ratio) : std::ceil(static_cast<double>(length / parts));
    if (!(std::abs(wanted) * static_cast<double>(count) <= kMostSamples))
      refuse("expected regions of finite size, got a side of " +
             std::to_string(static_cast<double>(length)));
    grid = static_cast<std::int64_t>(wanted);
  }
};

/// Where a point lies: the element below and above it, and the share of that.
template <typename T> struct Tap {
  bool is_inside = false;
  std::int64_t low = 0, high = 0;
  T share = T(0.0);

  Tap(const Axis<T>& axis, std::int64_t place, std::int64_t step) {
    const T offset = T(static_cast<double>(step) + 0.5) * axis.bin /
                     T(static_cast<double>(axis.grid));
    const T at = axis.start + T(static_cast<double>(place)) * axis.bin + offset;
    const auto wide = static_cast<double>(at);
    is_inside = wide >= -1 && wide <= static_cast<double>(axis.size);
    if (!is_inside || !(wide > 0)) {
      high = axis.size > 1 ? 1 : 0;
      return;
    }
    low = static_cast<std::int64_t>(wide);
    if (low >= axis.size - 1) {
      low = high = axis.size - 1;
    } else {
      high = low + 1;
      share = at - T(static_cast<double>(low));
    }
  }
};

template <typename T> struct Sample {
  bool is_inside;
  std::int64_t places[4];
  T weights[4];

  Sample(const Tap<T>& y, const Tap<T>& x, std::int64_t width)
      : is_inside(y.is_inside && x.is_inside),
        places{y.low * width + x.low, y.low * width + x.high, y.high * width + x.low,
               y.high * width + x.high} {
    const T hy = T(1.0) - y.share, hx = T(1.0) - x.share;
    weights[0] = hy * hx;
    weights[1] = hy * x.share;
    weights[2] = y.share * hx;
    weights[3] = y.share * x.share;
  }

  T of(const T* plane) const {
    return weights[0] * plane[places[0]] + weights[1] * plane[places[1]] +
           weights[2] * plane[places[2]] + weights[3] * plane[places[3]];
  }
};

template <typename T> struct Aligner {
  const Pooling& p;
  T scale, offset;
  bool least_one;

  void region(std::int64_t n, T* to) const {
    const T* const roi = p.rois->data<T>() + 5 * n;
    const std::int64_t image = p.image(n, static_cast<double>(roi[0]));
    const Axis<T> rows(roi[2] * scale - offset, roi[4] * scale - offset, p.height,
                       p.input->size(2), p.ratio, least_one);
    const Axis<T> columns(roi[1] * scale - offset, roi[3] * scale - offset, p.width,
                          p.input->size(3), p.ratio, least_one);
    const T* const from =
        p.input->data<T>() + image * p.input->size(1) * rows.size * columns.size;
    for (std::int64_t i = 0; i < p.height; ++i)
      for (std::int64_t j = 0; j < p.width; ++j)
        bin(rows, columns, i, j, from, to);
  }

  void bin(const Axis<T>& rows, const Axis<T>& columns, std::int64_t i, std::int64_t j,
           const T* from, T* to) const {
    const std::int64_t channels = p.channels(), plane = rows.size * columns.size;
    const std::int64_t place = i * p.width + j;
    std::vector<T> sums(static_cast<std::size_t>(channels), T(0.0));
    for (std::int64_t y = 0; y < (columns.grid > 0 ? rows.grid : 0); ++y) {
      const Tap<T> row(rows, i, y);
      for (std::int64_t x = 0; x < columns.grid; ++x) {
        const Sample<T> sample(row, Tap<T>(columns, j, x), columns.size);
        for (std::int64_t c = 0; c < channels; ++c) {
          const T* const own = from + (p.is_positional ? c * p.places() + place : c) * plane;
          // torchvision weighs the first element with 0 there, so that its NaN or infinity shows
          const T outside = p.is_positional ? T(0.0) : T(0.0) * own[0];
          T& sum = sums[static_cast<std::size_t>(c)];
          sum = sum + (sample.is_inside ? sample.of(own) : outside);
        }
      }
    }
    const std::int64_t count = rows.grid * columns.grid;
    const T divisor = T(static_cast<double>(p.is_positional ? count : std::max<std::int64_t>(count, 1)));
    for (std::int64_t c = 0; c < channels; ++c)
      to[c * p.places() + place] = sums[static_cast<std::size_t>(c)] / divisor;
  }
};

template <typename Function> void for_regions(const Pooling& p, Function function) {
  threads::parallel(static_cast<std::size_t>(p.rois->size(0)), 1,
                    [&](std::size_t begin, std::size_t end) {
                      for (std::size_t n = begin; n < end; ++n)
                        function(static_cast<std::int64_t>(n));
                    });
}

TensorRef aligned(const Pooling& p, double offset, bool least_one) {
  const TensorRef result = Tensor::empty(p.input->dtype(), p.sizes());
  for_region_type(p.input->dtype(), [&](auto zero) {
    using T = decltype(zero);
    const Aligner<T> aligner{p, T(p.scale), T(offset), least_one};
    T* const to = result->mutable_data<T>();
    const std::int64_t width = p.channels() * p.places();
    for_regions(p, [&](std::int64_t n) { aligner.region(n, to + n * width); });
  });
  return result;
}

void roi_align(Call& call) {
  Pooling p = pooling_of(call, false);
  p.ratio = call.integer(5);
  const bool is_aligned = call.boolean(6);
  call.give(aligned(p, is_aligned ? 0.5 : 0, !is_aligned));
}

/// Which channel each place of a positional result is made of.
TensorRef mapping(const Pooling& p) {
  const TensorRef result = Tensor::empty(DType::kInt32, p.sizes());
  auto* const to = result->mutable_data<std::int32_t>();
  const std::int64_t width = p.channels() * p.places();
  for (std::int64_t i = 0; i < result->count(); ++i)
    to[i] = static_cast<std::int32_t>(i % width);
  return result;
}

void ps_roi_align(Call& call) {
  Pooling p = pooling_of(call, true);
  p.ratio = call.integer(5);
  call.give(aligned(p, 0.5, false), mapping(p));
}

// --- whole pixels --------------------------------------------------------------------------------

/// Rounded to an integer, halves away from zero; far values are cut to what sums of them allow.
std::int64_t pixel(double value) {
  constexpr double kFarthest = 1 << 30;
  if (std::isnan(value)) return 0;
  return static_cast<std::int64_t>(std::round(std::clamp(value, -kFarthest, kFarthest)));
}

struct Span1D {
  std::int64_t from, to;
};

/// The pixels of one bin, cut to 0 … last.
template <typename T>
Span1D span(std::int64_t start, std::int64_t length, std::int64_t bins, std::int64_t place,
            std::int64_t last) {
  const T size = T(static_cast<double>(length)) / T(static_cast<double>(bins));
  const auto edge = [&](std::int64_t at) {
    return static_cast<double>(T(static_cast<double>(at)) * size);
  };
  const auto cut = [&](double at) {
    return std::clamp(static_cast<std::int64_t>(at) + start, std::int64_t{0}, last);
  };
  return {cut(std::floor(edge(place))), cut(std::ceil(edge(place + 1)))};
}

template <typename T> struct Pooler {
  const Pooling& p;
  T scale;
  T* values;
  std::int32_t* places; // null for averages

  std::int64_t high() const { return p.input->size(2); }
  std::int64_t wide() const { return p.input->size(3); }

  void region(std::int64_t n) const {
    const T* const roi = p.rois->data<T>() + 5 * n;
    const std::int64_t image = p.image(n, static_cast<double>(roi[0]));
    std::int64_t corners[4];
    for (int i = 0; i < 4; ++i)
      corners[i] = pixel(static_cast<double>(roi[1 + i] * scale));
    const std::int64_t extra = p.is_positional ? 0 : 1;
    const std::int64_t width = std::max<std::int64_t>(corners[2] - corners[0] + extra, 1);
    const std::int64_t height = std::max<std::int64_t>(corners[3] - corners[1] + extra, 1);
    const T* const from = p.input->data<T>() + image * p.input->size(1) * high() * wide();
    for (std::int64_t i = 0; i < p.height; ++i) {
      const Span1D rows = span<T>(corners[1], height, p.height, i, high() - 1 + extra);
      for (std::int64_t j = 0; j < p.width; ++j) {
        const Span1D columns = span<T>(corners[0], width, p.width, j, wide() - 1 + extra);
        for (std::int64_t c = 0; c < p.channels(); ++c) {
          const std::int64_t at = ((n * p.channels() + c) * p.height + i) * p.width + j;
          if (p.is_positional)
            average(from + ((c * p.height + i) * p.width + j) * high() * wide(), rows, columns, at);
          else
            largest(from + c * high() * wide(), rows, columns, at);
        }
      }
    }
  }

  void largest(const T* plane, Span1D rows, Span1D columns, std::int64_t at) const {
    const bool is_empty = rows.to <= rows.from || columns.to <= columns.from;
    T best = T(is_empty ? 0.0 : -static_cast<double>(std::numeric_limits<float>::max()));
    std::int64_t place = -1;
    for (std::int64_t y = rows.from; y < rows.to; ++y) {
      for (std::int64_t x = columns.from; x < columns.to; ++x) {
        const T value = plane[y * wide() + x];
        if (value > best) {
          best = value;
          place = y * wide() + x;
        }
      }
    }
    values[at] = best;
    places[at] = static_cast<std::int32_t>(place);
  }

  void average(const T* plane, Span1D rows, Span1D columns, std::int64_t at) const {
    T sum = T(0.0);
    for (std::int64_t y = rows.from; y < rows.to; ++y)
      for (std::int64_t x = columns.from; x < columns.to; ++x)
        sum = sum + plane[y * wide() + x];
    const std::int64_t height = rows.to - rows.from, width = columns.to - columns.from;
    values[at] = height <= 0 || width <= 0 ? T(0.0) : sum / T(static_cast<double>(height * width));
  }
};

void pool(const Pooling& p, const Tensor& values, std::int32_t* places) {
  for_region_type(p.input->dtype(), [&](auto zero) {
    using T = decltype(zero);
    const Pooler<T> pooler{p, T(p.scale), values.mutable_data<T>(), places};
    for_regions(p, [&](std::int64_t n) { pooler.region(n); });
  });
}

void roi_pool(Call& call) {
  const Pooling p = pooling_of(call, false);
  const TensorRef values = Tensor::empty(p.input->dtype(), p.sizes());
  const TensorRef places = Tensor::empty(DType::kInt32, p.sizes());
  pool(p, *values, places->mutable_data<std::int32_t>());
  call.give(values, places);
}

void ps_roi_pool(Call& call) {
  const Pooling p = pooling_of(call, true);
  const TensorRef values = Tensor::empty(p.input->dtype(), p.sizes());
  pool(p, *values, nullptr);
  call.give(values, mapping(p));
}

} // namespace
} // namespace tsx::engine

TSX_KERNELS(regions) {
  registry.add("torchvision::nms", nms);
  registry.add("torchvision::roi_align", roi_align);
  registry.add("torchvision::ps_roi_align", ps_roi_align);
  registry.add("torchvision::roi_pool", roi_pool);
  registry.add("torchvision::ps_roi_pool", ps_roi_pool);
}
