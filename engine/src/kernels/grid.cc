// Mirrors tsx/ops/grid_sample.py: sampling at computed places, and the grids of affine maps.
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "kernels/gemm.h"
#include "kernels/places.h"
#include "kernels/resample.h"
#include "kernels/rows.h"
#include "kernels/views.h"
#include "threads/pool.h"
#include "tile/run.h"

namespace tsx::engine {
namespace {

enum class Mode : std::uint8_t { kLinear, kNearest, kCubic };
enum class Padding : std::uint8_t { kZeros, kBorder, kReflection };

/// How an axis of the input is sampled.
struct Axis {
  std::int64_t size;
  Padding padding;
  bool corners; // -1 and 1 are the first and the last element, not their outer edges

  template <typename T> T place(T coordinate) const {
    const T whole = static_cast<T>(size);
    return corners ? (coordinate + 1) / 2 * (whole - 1) : ((coordinate + 1) * whole - 1) / 2;
  }

  /// Mirrors at low / 2 and high / 2 until the place lies between.
  template <typename T> static T reflected(T place, std::int64_t low, std::int64_t high) {
    if (low == high) return 0;
    const T start = static_cast<T>(low) / 2, span = static_cast<T>(high - low) / 2;
    const T distance = std::abs(place - start), extra = std::fmod(distance, span);
    const bool is_even = std::fmod(std::floor(distance / span), T(2)) == 0;
    return is_even ? extra + start : span - extra + start;
  }

  template <typename T> T bounded(T place) const {
    if (padding == Padding::kReflection)
      place = corners ? reflected(place, 0, 2 * (size - 1)) : reflected(place, -1, 2 * size - 1);
    if (padding == Padding::kZeros) return place;
    const T last = static_cast<T>(size - 1);
    return place < 0 ? T(0) : place > last ? last : place; // NaN stays
  }
};

/// The elements of a plane that a point is made of, and their weights; place -1 is outside.
template <typename T> struct PointTaps {
  std::size_t count = 0;
  std::int64_t places[16];
  T weights[16];
};

constexpr std::size_t kMostDims = 3;

template <typename T> struct Sampler {
  std::size_t dims;
  Axis axes[kMostDims]; // in the input's order
  Mode mode;

  /// The place in a plane of one element by its whole places; -1 outside.
  std::int64_t flat(const T* at) const {
    std::int64_t place = 0;
    for (std::size_t a = 0; a < dims; ++a) {
      if (!(at[a] >= 0 && at[a] < static_cast<T>(axes[a].size))) return -1;
      place = place * axes[a].size + static_cast<std::int64_t>(at[a]);
    }
    return place;
  }

  /// Steps of `width` elements along each axis, the last one fastest.
  PointTaps<T> spread(const T* floors, const T* shares, int width) const {
    PointTaps<T> taps;
    std::size_t total = 1;
    for (std::size_t a = 0; a < dims; ++a)
      total *= static_cast<std::size_t>(width);
    for (; taps.count < total; ++taps.count) {
      T weight = 1, at[kMostDims];
      std::size_t rest = taps.count, divisor = total;
      for (std::size_t a = 0; a < dims; ++a) {
        divisor /= static_cast<std::size_t>(width);
        const auto step = static_cast<int>(rest / divisor);
        rest %= divisor;
        if (width == 2) {
          weight *= step != 0 ? shares[a] : 1 - shares[a];
          at[a] = floors[a] + static_cast<T>(step);
        } else {
          const T offset = static_cast<T>(step - 1);
          weight *= static_cast<T>(cubic_weight(static_cast<double>(shares[a] - offset), -0.75));
          at[a] = axes[a].bounded(floors[a] + offset);
        }
      }
      taps.places[taps.count] = flat(at);
      taps.weights[taps.count] = weight;
    }
    return taps;
  }

  /// `point` has x first, the input has it last.
  PointTaps<T> taps(const T* point) const {
    T floors[kMostDims], shares[kMostDims];
    for (std::size_t a = 0; a < dims; ++a) {
      const T raw = axes[a].place(point[dims - 1 - a]);
      const T place = mode == Mode::kCubic ? raw : axes[a].bounded(raw);
      floors[a] = mode == Mode::kNearest ? std::nearbyint(place) : std::floor(place);
      shares[a] = place - floors[a];
    }
    if (mode != Mode::kNearest) return spread(floors, shares, mode == Mode::kLinear ? 2 : 4);
    PointTaps<T> taps;
    taps.count = 1;
    taps.places[0] = flat(floors);
    taps.weights[0] = 1;
    return taps;
  }
};

/// What is sampled: `planes` of `inputs` elements for each image, at `points` places.
struct Layout {
  std::int64_t images, planes, inputs = 1, points = 1;
};

template <typename T>
void sample(const Sampler<T>& sampler, const Layout& layout, const T* x, const T* grid, T* to) {
  const auto total = static_cast<std::size_t>(layout.images * layout.points);
  threads::parallel(total, 64, [&](std::size_t begin, std::size_t end) {
    for (auto i = static_cast<std::int64_t>(begin); i < static_cast<std::int64_t>(end); ++i) {
      const PointTaps<T> taps = sampler.taps(grid + i * static_cast<std::int64_t>(sampler.dims));
      const std::int64_t image = i / layout.points, point = i % layout.points;
      for (std::int64_t c = 0; c < layout.planes; ++c) {
        const std::int64_t plane = image * layout.planes + c;
        T sum = 0;
        for (std::size_t k = 0; k < taps.count; ++k) {
          const std::int64_t place = taps.places[k];
          const T value = place < 0 ? T(0) : x[plane * layout.inputs + place];
          sum = k == 0 ? value * taps.weights[k] : sum + value * taps.weights[k];
        }
        to[plane * layout.points + point] = sum;
      }
    }
  });
}

void need_grid(const Tensor& x, const Tensor& grid, std::int64_t mode, std::int64_t padding) {
  const std::size_t dims = x.rank() - 2;
  if (grid.rank() != x.rank() || grid.size(0) != x.size(0) ||
      grid.size(dims + 1) != static_cast<std::int64_t>(dims))
    refuse("expected a grid of " + std::to_string(x.rank()) +
           " dimensions, one for each image, of " + std::to_string(dims) + " coordinates, got " +
           text_of(grid.sizes()));
  for (std::size_t i = 2; i < x.rank(); ++i)
    if (x.size(i) == 0) refuse("expected an input with elements, got " + text_of(x.sizes()));
  if (mode < 0 || mode > 2 || (mode == 2 && dims == 3))
    refuse("expected mode 0 (linear), 1 (nearest) or, in 2-D, 2 (cubic), got " +
           std::to_string(mode));
  if (padding < 0 || padding > 2)
    refuse("expected padding mode 0 (zeros), 1 (border) or 2 (reflection), got " +
           std::to_string(padding));
}

template <std::size_t least, std::size_t most> void sampler_kernel(Call& call) {
  const TensorRef given = call.tensor_ref(0);
  need_same_dtype(*given, call.tensor(1));
  need_rank(*given, least + 2, most + 2);
  const std::int64_t mode = call.integer(2), padding = call.integer(3);
  need_grid(*given, call.tensor(1), mode, padding);
  const DType work = float_work(given->dtype());
  const TensorRef x = plain(given, work), grid = plain(call.tensor_ref(1), work);
  Layout layout{x->size(0), x->size(1)};
  Dims sizes{x->size(0), x->size(1)};
  for (std::size_t i = 1; i + 1 < grid->rank(); ++i) {
    sizes.push_back(grid->size(i));
    layout.points = (Size(layout.points) * Size(grid->size(i))).value();
    layout.inputs = (Size(layout.inputs) * Size(x->size(i + 1))).value();
  }
  const TensorRef result = Tensor::empty(work, sizes);
  for_float(work, [&](auto zero) {
    using T = decltype(zero);
    Sampler<T> sampler{x->rank() - 2, {}, static_cast<Mode>(mode)};
    for (std::size_t i = 0; i < sampler.dims; ++i)
      sampler.axes[i] = {x->size(2 + i), static_cast<Padding>(padding), call.boolean(4)};
    if (result->count() != 0)
      sample(sampler, layout, x->data<T>(), grid->data<T>(), result->mutable_data<T>());
  });
  call.give(tile::cast(result, given->dtype()));
}

// --- affine grids --------------------------------------------------------------------------------

/// From -1 to 1 in `length` steps, whose ends are elements or the outer edges of elements.
double step_of(std::int64_t i, std::int64_t length, bool corners) {
  if (length == 1) return 0;
  const auto last = static_cast<double>(length - 1);
  const double step = i + 1 == length ? 1 : -1 + static_cast<double>(i) * (2 / last);
  return corners ? step : step * last / static_cast<double>(length);
}

/// Where a map takes each place of an image of the sizes: (N, H, W, 2) or (N, D, H, W, 3).
void affine_kernel(Call& call) {
  const TensorRef theta = call.tensor_ref(0);
  const Dims size = call.ints(1);
  need_rank(*theta, 3, 3);
  need_sizes(size);
  const std::int64_t dims = static_cast<std::int64_t>(size.size()) - 2;
  if ((dims != 2 && dims != 3) || theta->size(1) != dims || theta->size(2) != dims + 1)
    refuse("expected theta of sizes [N, 2, 3] for 4 sizes, [N, 3, 4] for 5, got " +
           text_of(theta->sizes()) + " for " + std::to_string(size.size()));
  const DType work = float_work(theta->dtype());
  Dims lengths, sizes{theta->size(0)};
  for (std::size_t i = 2; i < size.size(); ++i) {
    lengths.push_back(size[i]);
    sizes.push_back(size[i]);
  }
  sizes.push_back(dims);
  const std::int64_t points = count_of(lengths).value();
  const TensorRef base = Tensor::empty(DType::kFloat64, {points, dims + 1});
  auto* to = base->mutable_data<double>();
  for (std::int64_t i = 0; i < points; ++i) {
    std::int64_t rest = i;
    for (std::size_t a = lengths.size(); a-- > 0; rest /= lengths[a]) // x is first
      *to++ = step_of(rest % lengths[a], lengths[a], call.boolean(2));
    *to++ = 1;
  }
  const TensorRef found =
      matmul(tile::cast(base, work), transpose(*tile::cast(theta, work), 1, 2));
  call.give(tile::cast(shaped(contiguous(found), sizes), theta->dtype()));
}

} // namespace
} // namespace tsx::engine

TSX_KERNELS(grid) {
  registry.add("aten::grid_sampler", sampler_kernel<2, 3>);
  registry.add("aten::grid_sampler_2d", sampler_kernel<2, 2>);
  registry.add("aten::grid_sampler_3d", sampler_kernel<3, 3>);
  registry.add("aten::affine_grid_generator", affine_kernel);
}
