// Mirrors tsx/ops/resample.py.
#include "kernels/resample.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "kernels/support.h"
#include "threads/pool.h"

namespace tsx::engine {
namespace {

struct Axis {
  std::int64_t size, outputs;
  std::optional<double> factor;
  bool corners;

  template <typename K> K scale() const {
    const double exact =
        factor && *factor > 0
            ? 1 / *factor
            : static_cast<double>(size) / static_cast<double>(std::max<std::int64_t>(outputs, 1));
    return static_cast<K>(exact);
  }
  template <typename K> K corner_scale() const {
    return static_cast<K>(
        outputs > 1 ? static_cast<double>(size - 1) / static_cast<double>(outputs - 1) : 0);
  }
  /// Where output `i` lies in the input.
  template <typename K> K source(std::int64_t i) const {
    if (corners) return static_cast<K>(i) * corner_scale<K>();
    return (static_cast<K>(i) + K(0.5)) * scale<K>() - K(0.5);
  }
};

Taps nearest(const Axis& axis, bool is_exact) {
  Taps taps;
  const float scale = axis.scale<float>();
  for (std::int64_t i = 0; i < axis.outputs; ++i) {
    const auto at = static_cast<float>(i);
    const float place = std::floor(is_exact ? (at + 0.5f) * scale : at * scale);
    const bool is_same = axis.size == axis.outputs && !axis.factor;
    const double limit = static_cast<double>(axis.size - 1);
    taps.places.push_back(
        is_same ? i
                : static_cast<std::int64_t>(std::clamp(static_cast<double>(place), 0.0, limit)));
  }
  return taps;
}

template <typename K> Taps linear(const Axis& axis) {
  Taps taps;
  taps.count = 2;
  for (std::int64_t i = 0; i < axis.outputs; ++i) {
    const K source = std::max(axis.source<K>(i), K(0));
    const std::int64_t first = std::min(static_cast<std::int64_t>(source), axis.size - 1);
    const K share = std::clamp(source - static_cast<K>(first), K(0), K(1));
    taps.places.insert(taps.places.end(), {first, std::min(first + 1, axis.size - 1)});
    taps.weights.insert(taps.weights.end(),
                        {static_cast<double>(1 - share), static_cast<double>(share)});
  }
  return taps;
}

template <typename K> Taps cubic(const Axis& axis) {
  Taps taps;
  taps.count = 4;
  for (std::int64_t i = 0; i < axis.outputs; ++i) {
    const K source = axis.source<K>(i), first = std::floor(source), share = source - first;
    for (std::int64_t offset = -1; offset < 3; ++offset) {
      taps.places.push_back(
          std::clamp<std::int64_t>(static_cast<std::int64_t>(first) + offset, 0, axis.size - 1));
      taps.weights.push_back(static_cast<double>(static_cast<K>(
          cubic_weight(static_cast<double>(share - static_cast<K>(offset)), -0.75))));
    }
  }
  return taps;
}

/// A kernel of `reach` elements that widens with the scale when shrinking.
Taps smooth(const Axis& axis, int reach, bool is_double) {
  const double scale =
      axis.corners ? (is_double ? axis.corner_scale<double>()
                                : static_cast<double>(axis.corner_scale<float>()))
                   : (is_double ? axis.scale<double>() : static_cast<double>(axis.scale<float>()));
  const double wide = std::max(scale, 1.0), support = reach / 2.0 * wide;
  std::vector<std::int64_t> firsts, lasts;
  std::int64_t most = 1;
  for (std::int64_t i = 0; i < axis.outputs; ++i) {
    const double centre = scale * (static_cast<double>(i) + 0.5);
    firsts.push_back(std::max<std::int64_t>(static_cast<std::int64_t>(centre - support + 0.5), 0));
    lasts.push_back(
        std::min<std::int64_t>(static_cast<std::int64_t>(centre + support + 0.5), axis.size));
    most = std::max(most, lasts.back() - firsts.back());
  }
  Taps taps;
  taps.count = static_cast<std::size_t>(most);
  for (std::size_t i = 0; i < firsts.size(); ++i) {
    const double centre = scale * (static_cast<double>(i) + 0.5);
    double sum = 0;
    for (std::int64_t k = 0; k < most; ++k) {
      const std::int64_t place = firsts[i] + k;
      const double x = (static_cast<double>(place) - centre + 0.5) / wide;
      const double shape = reach == 2 ? std::max(1 - std::abs(x), 0.0) : cubic_weight(x, -0.5);
      taps.places.push_back(std::min(place, axis.size - 1));
      taps.weights.push_back(place < lasts[i] ? shape : 0);
      sum += taps.weights.back();
    }
    for (std::size_t k = 0; k < taps.count; ++k) {
      double& weight = taps.weights[i * taps.count + k];
      weight /= sum;
      if (!is_double) weight = static_cast<double>(static_cast<float>(weight));
    }
  }
  return taps;
}

/// A tensor around an axis: rows before it, and bytes or elements within one place of it.
struct Layout {
  std::size_t outer = 1, inner = 1, size = 0, outputs = 0;
};

Layout layout_of(const Tensor& x, std::size_t axis, const Taps& taps) {
  Layout layout;
  for (std::size_t i = 0; i < axis; ++i)
    layout.outer *= static_cast<std::size_t>(x.size(i));
  for (std::size_t i = axis + 1; i < x.rank(); ++i)
    layout.inner *= static_cast<std::size_t>(x.size(i));
  layout.size = static_cast<std::size_t>(x.size(axis));
  layout.outputs = taps.places.size() / taps.count;
  return layout;
}

void copy_places(const Layout& layout, const Taps& taps, std::size_t item, const std::byte* from,
                 std::byte* to) {
  const std::size_t bytes = layout.inner * item;
  threads::parallel(layout.outer, 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t o = begin; o < end; ++o) {
      for (std::size_t i = 0; i < layout.outputs; ++i) {
        const auto place = static_cast<std::size_t>(taps.places[i]);
        std::memcpy(to + (o * layout.outputs + i) * bytes, from + (o * layout.size + place) * bytes,
                    bytes);
      }
    }
  });
}

template <typename T> void mix(const Layout& layout, const Taps& taps, const T* from, T* to) {
  threads::parallel(layout.outer, 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t o = begin; o < end; ++o) {
      for (std::size_t i = 0; i < layout.outputs; ++i) {
        T* const row = to + (o * layout.outputs + i) * layout.inner;
        for (std::size_t k = 0; k < taps.count; ++k) {
          const auto place = static_cast<std::size_t>(taps.places[i * taps.count + k]);
          const T weight = static_cast<T>(taps.weights[i * taps.count + k]);
          const T* const source = from + (o * layout.size + place) * layout.inner;
          for (std::size_t j = 0; j < layout.inner; ++j)
            row[j] = k == 0 ? source[j] * weight : row[j] + source[j] * weight;
        }
      }
    }
  });
}

/// Bytes with 16-bit weights, rounded. Weights of taps that fall on one border element are rounded
/// together.
void mix_bytes(const Layout& layout, const Taps& taps, const std::uint8_t* from, std::uint8_t* to) {
  std::vector<double> weights = taps.weights;
  for (std::size_t i = 1; i < weights.size(); ++i) {
    if (i % taps.count != 0 && taps.places[i] == taps.places[i - 1]) {
      weights[i] += weights[i - 1];
      weights[i - 1] = 0;
    }
  }
  const double largest = *std::max_element(weights.begin(), weights.end());
  int bits = 0;
  while (bits < 22 &&
         static_cast<std::int64_t>(0.5 + largest * static_cast<double>(1 << (bits + 1))) < 1 << 15)
    ++bits;
  std::vector<std::int64_t> whole;
  for (const double weight : weights) {
    whole.push_back(static_cast<std::int64_t>(weight * static_cast<double>(1 << bits) +
                                              std::copysign(0.5, weight)));
  }
  const std::int64_t half = bits == 0 ? 0 : std::int64_t{1} << (bits - 1);
  for (std::size_t o = 0; o < layout.outer; ++o) {
    for (std::size_t i = 0; i < layout.outputs; ++i) {
      for (std::size_t j = 0; j < layout.inner; ++j) {
        std::int64_t sum = half;
        for (std::size_t k = 0; k < taps.count; ++k) {
          const auto place = static_cast<std::size_t>(taps.places[i * taps.count + k]);
          sum += from[(o * layout.size + place) * layout.inner + j] * whole[i * taps.count + k];
        }
        to[(o * layout.outputs + i) * layout.inner + j] =
            static_cast<std::uint8_t>(std::clamp<std::int64_t>(sum >> bits, 0, 255));
      }
    }
  }
}

} // namespace

double cubic_weight(double x, double a) {
  x = std::abs(x);
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}

Taps taps_of(Resampling kind, std::int64_t size, std::int64_t outputs, std::optional<double> factor,
             bool corners, bool is_double) {
  const Axis axis{size, outputs, factor, corners};
  switch (kind) {
  case Resampling::kNearest:
    return nearest(axis, false);
  case Resampling::kNearestExact:
    return nearest(axis, true);
  case Resampling::kLinear:
    return is_double ? linear<double>(axis) : linear<float>(axis);
  case Resampling::kCubic:
    return is_double ? cubic<double>(axis) : cubic<float>(axis);
  case Resampling::kLinearSmooth:
    return smooth(axis, 2, is_double);
  case Resampling::kCubicSmooth:
    return smooth(axis, 4, is_double);
  }
  bug("a way to resample");
}

TensorRef resample(const TensorRef& tensor, std::size_t axis, const Taps& taps) {
  const TensorRef x = contiguous(tensor);
  Dims sizes = x->sizes();
  const Layout layout = layout_of(*x, axis, taps);
  sizes[axis] = static_cast<std::int64_t>(layout.outputs);
  const TensorRef result = Tensor::empty(x->dtype(), sizes);
  if (result->count() == 0) return result;
  if (taps.weights.empty()) {
    copy_places(layout, taps, x->item_size(), x->raw(), result->mutable_raw());
  } else if (x->dtype() == DType::kUInt8) {
    mix_bytes(layout, taps, x->data<std::uint8_t>(), result->mutable_data<std::uint8_t>());
  } else if (x->dtype() == DType::kFloat64) {
    mix(layout, taps, x->data<double>(), result->mutable_data<double>());
  } else {
    mix(layout, taps, x->data<float>(), result->mutable_data<float>());
  }
  return result;
}

} // namespace tsx::engine
