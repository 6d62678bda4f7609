// Mirrors tsx/ops/pooling.py, adaptive.py and fractional.py: maxima and means over windows.
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/refusal.h"
#include "core/half.h"
#include "kernels/rows.h"
#include "kernels/support.h"
#include "kernels/windows.h"
#include "threads/pool.h"
#include "tile/run.h"

namespace tsx::engine {
namespace {

/// One window along one axis, inside of the input: from, from + step, … below to.
struct Span1 {
  std::int64_t from, to, step;
  std::int64_t count() const { return (to - from + step - 1) / step; }
};

/// The windows along each axis: by stride and padding, or adaptive.
struct Pool {
  Windows windows;
  std::vector<Span1> spans[3];
  std::vector<std::int64_t> averaged[3]; // how many elements a mean counts along the axis
};

void make_spans(Pool& pool, bool include_pad) {
  const Windows& w = pool.windows;
  for (int a = 0; a < 3; ++a) {
    for (std::int64_t i = 0; i < w.out[a]; ++i) {
      const std::int64_t start = i * w.stride[a] - w.pad[a], end = start + w.reach(a);
      const std::int64_t skipped = start < 0 ? (-start + w.dilation[a] - 1) / w.dilation[a] : 0;
      const Span1 span{start + skipped * w.dilation[a], std::min(end, w.in[a]), w.dilation[a]};
      pool.spans[a].push_back(span);
      const std::int64_t whole = std::min(start + w.kernel[a], w.in[a] + w.pad[a]) - start;
      pool.averaged[a].push_back(include_pad ? whole
                                             : std::min(start + w.kernel[a], w.in[a]) -
                                                   std::max<std::int64_t>(start, 0));
    }
  }
}

void make_adaptive_spans(Pool& pool) {
  const Windows& w = pool.windows;
  for (int a = 0; a < 3; ++a) {
    for (std::int64_t i = 0; i < w.out[a]; ++i) {
      const std::int64_t from = i * w.in[a] / w.out[a],
                         to = ((i + 1) * w.in[a] + w.out[a] - 1) / w.out[a];
      pool.spans[a].push_back({from, to, 1});
      pool.averaged[a].push_back(to - from);
    }
  }
}

/// Calls visit(result's place, spans) for every window of a plane.
template <typename Visit> void for_windows(const Pool& pool, Visit visit) {
  std::size_t place = 0;
  for (std::size_t d = 0; d < pool.spans[0].size(); ++d) {
    for (std::size_t h = 0; h < pool.spans[1].size(); ++h) {
      for (std::size_t x = 0; x < pool.spans[2].size(); ++x)
        visit(place++, d, h, x);
    }
  }
}

template <typename T>
void max_plane(const Pool& pool, const T* x, T* values, std::int64_t* places) {
  const Windows& w = pool.windows;
  for_windows(pool, [&](std::size_t place, std::size_t i, std::size_t j, std::size_t k) {
    const Span1 &depth = pool.spans[0][i], &height = pool.spans[1][j], &width = pool.spans[2][k];
    std::int64_t best = (depth.from * w.in[1] + height.from) * w.in[2] + width.from;
    T most = std::numeric_limits<T>::has_infinity ? -std::numeric_limits<T>::infinity()
                                                  : std::numeric_limits<T>::lowest();
    for (std::int64_t d = depth.from; d < depth.to; d += depth.step) {
      for (std::int64_t h = height.from; h < height.to; h += height.step) {
        const std::int64_t row = (d * w.in[1] + h) * w.in[2];
        for (std::int64_t at = row + width.from; at < row + width.to; at += width.step) {
          if (x[at] > most || x[at] != x[at]) { // the first maximum, or the last NaN
            most = x[at];
            best = at;
          }
        }
      }
    }
    values[place] = most;
    if (places != nullptr) places[place] = best;
  });
}

template <typename T>
void mean_plane(const Pool& pool, const T* x, std::int64_t divisor, T* values) {
  const Windows& w = pool.windows;
  for_windows(pool, [&](std::size_t place, std::size_t i, std::size_t j, std::size_t k) {
    const Span1 &depth = pool.spans[0][i], &height = pool.spans[1][j], &width = pool.spans[2][k];
    T sum = 0;
    for (std::int64_t d = depth.from; d < depth.to; d += depth.step) {
      for (std::int64_t h = height.from; h < height.to; h += height.step) {
        const std::int64_t row = (d * w.in[1] + h) * w.in[2];
        for (std::int64_t at = row + width.from; at < row + width.to; at += width.step)
          sum += x[at];
      }
    }
    const std::int64_t count =
        divisor != 0 ? divisor : pool.averaged[0][i] * pool.averaged[1][j] * pool.averaged[2][k];
    values[place] = sum / static_cast<T>(count);
  });
}

DType pool_work(DType dtype) {
  if (is_integer(dtype)) return DType::kInt64;
  return float_work(dtype);
}

template <typename Function> void for_pool_type(DType work, Function function) {
  if (work == DType::kInt64) return function(std::int64_t{});
  for_float(work, function);
}

void set_input(Windows& w, const Tensor& x, std::size_t dims) {
  need_rank(x, dims + 1, dims + 2);
  w.dims = dims;
  for (std::size_t i = 0; i < dims; ++i)
    w.in[3 - dims + i] = x.size(x.rank() - dims + i);
}

/// Only the dimensions before `first` may have no elements.
void need_elements(const Tensor& x, std::size_t first) {
  for (std::size_t i = first; i < x.rank(); ++i) {
    if (x.size(i) == 0)
      refuse("expected sizes above 0 beyond the first " + std::to_string(first) + ", got " +
             text_of(x.sizes()));
  }
}

/// Windows by the operands from 1 on: kernel, stride, padding and, for maxima, dilation.
Pool window_pool(Call& call, std::size_t dims, bool has_dilation, bool ceil, bool include_pad) {
  Pool pool;
  Windows& w = pool.windows;
  const Tensor& x = call.tensor(0);
  set_input(w, x, dims);
  need_elements(x, x.rank() - dims - 1);
  const Dims kernel = call.ints(1), stride = call.ints(2);
  spread_numbers(w.kernel, kernel, dims, 1, "a kernel size");
  spread_numbers(w.stride, stride.empty() ? kernel : stride, dims, 1, "a stride");
  spread_numbers(w.pad, call.ints(3), dims, 0, "padding");
  if (has_dilation) spread_numbers(w.dilation, call.ints(4), dims, 1, "a dilation");
  for (int a = 0; a < 3; ++a) {
    if (w.pad[a] > w.reach(a) / 2)
      refuse_as("TSX4055", "expected padding of at most half the window (" + std::to_string(w.reach(a) / 2) +
             ")");
  }
  count_windows(w, ceil, {0, 0, 0});
  make_spans(pool, include_pad);
  return pool;
}

/// torch averages no channels over one or two dimensions, and nothing else of no size.
Pool adaptive_pool(Call& call, std::size_t dims, bool is_mean) {
  Pool pool;
  const Tensor& x = call.tensor(0);
  set_input(pool.windows, x, dims);
  need_elements(x, is_mean && dims < 3 ? x.rank() - dims : 1);
  spread_numbers(pool.windows.out, call.ints(1), dims, 0, "an output size");
  make_adaptive_spans(pool);
  return pool;
}

struct Pooled {
  TensorRef values, places;
};

/// Runs over the planes of the input.
template <typename Plane> TensorRef for_planes(const Pool& pool, const TensorRef& x, Plane plane) {
  const DType work = pool_work(x->dtype());
  const TensorRef from = plain(x, work),
                  result = Tensor::empty(work, with_counts(pool.windows, x->sizes()));
  const Windows& w = pool.windows;
  const std::int64_t outputs = w.outputs();
  if (result->count() == 0) return tile::cast(result, x->dtype());
  for_pool_type(work, [&](auto zero) {
    using T = decltype(zero);
    const T* const source = from->data<T>();
    T* const to = result->mutable_data<T>();
    threads::parallel(static_cast<std::size_t>(result->count() / outputs), 1,
                      [&](std::size_t begin, std::size_t end) {
                        for (auto i = static_cast<std::int64_t>(begin);
                             i < static_cast<std::int64_t>(end); ++i) {
                          plane(source + i * w.inputs(), to + i * outputs, i * outputs);
                        }
                      });
  });
  return tile::cast(result, x->dtype());
}

Pooled max_pool(const Pool& pool, const TensorRef& x, bool with_places) {
  TensorRef places;
  std::int64_t* at = nullptr;
  if (with_places) {
    places = Tensor::empty(DType::kInt64, with_counts(pool.windows, x->sizes()));
    at = places->mutable_data<std::int64_t>();
  }
  const TensorRef values = for_planes(pool, x, [&](auto from, auto to, std::int64_t start) {
    max_plane(pool, from, to, at == nullptr ? nullptr : at + start);
  });
  return {values, places};
}

TensorRef mean_pool(const Pool& pool, const TensorRef& x, std::int64_t divisor) {
  return for_planes(pool, x,
                    [&](auto from, auto to, std::int64_t) { mean_plane(pool, from, divisor, to); });
}

/// What a float of the given dtype holds of a number.
double rounded(DType dtype, double value) {
  switch (dtype) {
  case DType::kFloat16:
    return float_of_half(half_of_float(static_cast<float>(value)));
  case DType::kBFloat16:
    return float_of_bfloat16(bfloat16_of_float(static_cast<float>(value)));
  case DType::kFloat32:
    return static_cast<float>(value);
  default:
    return value;
  }
}

/// The windows along one axis that start where a random sample says; each step rounds to the dtype.
std::vector<Span1> drawn_spans(DType dtype, double sample, std::int64_t in, std::int64_t out,
                               std::int64_t kernel) {
  const auto round = [&](double value) { return rounded(dtype, value); };
  if (!(std::abs(sample) <= 1e6)) refuse("expected samples from 0 up to 1");
  std::vector<Span1> spans;
  double alpha = 0;
  std::int64_t first = 0;
  if (out > 1) {
    alpha = round(round(static_cast<double>(in - kernel)) / round(static_cast<double>(out - 1)));
    first = static_cast<std::int64_t>(round(sample * alpha));
  }
  for (std::int64_t i = 0; i < out; ++i) {
    const double shifted = round(round(round(static_cast<double>(i)) + sample) * alpha);
    const std::int64_t from =
        i + 1 < out ? static_cast<std::int64_t>(shifted) - first : in - kernel;
    if (from < 0 || from > in - kernel) refuse("expected samples from 0 up to 1");
    spans.push_back({from, from + kernel, 1});
  }
  return spans;
}

/// Operands: the tensor, kernel and output sizes, and for each plane a sample for each dimension.
template <std::size_t dims> void fractional_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0), given = call.tensor_ref(3);
  Windows w;
  set_input(w, *x, dims);
  need_elements(*x, x->rank() - dims - 1);
  spread_numbers(w.kernel, call.ints(1), dims, 1, "a kernel size");
  spread_numbers(w.out, call.ints(2), dims, 0, "an output size");
  if (given->dtype() != x->dtype()) refuse("expected samples of the input's dtype");
  const bool is_batch = x->rank() == dims + 2;
  const std::int64_t channels = x->size(is_batch ? 1 : 0), batch = is_batch ? x->size(0) : 1;
  if (given->rank() != 3 || given->size(0) < batch || given->size(1) != channels ||
      given->size(2) != static_cast<std::int64_t>(dims))
    refuse("expected samples for each plane, got " + text_of(given->sizes()));
  for (std::size_t a = 3 - dims; a < 3; ++a) {
    // torch asks for one place more in three dimensions than windows side by side need.
    if (w.out[a] > w.in[a] - w.kernel[a] + (dims == 2 ? 1 : 0))
      refuse("expected windows and a result that fit into " + std::to_string(w.in[a]));
  }
  const TensorRef drawn = plain(given, DType::kFloat64);
  const TensorRef places = Tensor::empty(DType::kInt64, with_counts(w, x->sizes()));
  std::int64_t* const at = places->mutable_data<std::int64_t>();
  Pool frame;
  frame.windows = w;
  std::vector<Pool> planes(static_cast<std::size_t>(batch * channels), frame);
  const double* samples = drawn->data<double>();
  for (Pool& plane : planes) {
    if (dims == 2) plane.spans[0].push_back({0, 1, 1});
    for (std::size_t a = 3 - dims; a < 3; ++a) {
      // In two dimensions the first sample is the width's, in three the depth's.
      const double sample = samples[dims == 2 ? 2 - a : a];
      plane.spans[a] = drawn_spans(x->dtype(), sample, w.in[a], w.out[a], w.kernel[a]);
    }
    samples += dims;
  }
  const TensorRef values = for_planes(frame, x, [&](auto from, auto to, std::int64_t start) {
    max_plane(planes[static_cast<std::size_t>(start / w.outputs())], from, to, at + start);
  });
  call.give(values, places);
}

template <std::size_t dims> void max_kernel(Call& call) {
  call.give(
      max_pool(window_pool(call, dims, true, call.boolean(5), true), call.tensor_ref(0), false)
          .values);
}

template <std::size_t dims> void max_places_kernel(Call& call) {
  const Pooled made =
      max_pool(window_pool(call, dims, true, call.boolean(5), true), call.tensor_ref(0), true);
  call.give(made.values, made.places);
}

template <std::size_t dims> void mean_kernel(Call& call) {
  std::int64_t divisor = 0;
  if (dims > 1 && !call.is_none(6)) {
    divisor = call.integer(6);
    if (divisor == 0) refuse("expected a divisor_override other than 0, got 0");
  }
  call.give(mean_pool(window_pool(call, dims, false, call.boolean(4), call.boolean(5)),
                      call.tensor_ref(0), divisor));
}

template <std::size_t dims> void adaptive_mean_kernel(Call& call) {
  call.give(mean_pool(adaptive_pool(call, dims, true), call.tensor_ref(0), 0));
}

template <std::size_t dims> void adaptive_max_kernel(Call& call) {
  const Pooled made = max_pool(adaptive_pool(call, dims, false), call.tensor_ref(0), true);
  call.give(made.values, made.places);
}

} // namespace
} // namespace tsx::engine

TSX_KERNELS(pooling) {
  registry.add("aten::max_pool1d", max_kernel<1>);
  registry.add("aten::max_pool2d", max_kernel<2>);
  registry.add("aten::max_pool3d", max_kernel<3>);
  registry.add("aten::max_pool1d_with_indices", max_places_kernel<1>);
  registry.add("aten::max_pool2d_with_indices", max_places_kernel<2>);
  registry.add("aten::max_pool3d_with_indices", max_places_kernel<3>);
  registry.add("aten::fractional_max_pool2d", fractional_kernel<2>);
  registry.add("aten::fractional_max_pool3d", fractional_kernel<3>);
  registry.add("aten::avg_pool1d", mean_kernel<1>);
  registry.add("aten::avg_pool2d", mean_kernel<2>);
  registry.add("aten::avg_pool3d", mean_kernel<3>);
  registry.add("aten::adaptive_avg_pool1d", adaptive_mean_kernel<1>);
  registry.add("aten::adaptive_avg_pool2d", adaptive_mean_kernel<2>);
  registry.add("aten::adaptive_avg_pool3d", adaptive_mean_kernel<3>);
  registry.add("aten::_adaptive_avg_pool2d", adaptive_mean_kernel<2>);
  registry.add("aten::_adaptive_avg_pool3d", adaptive_mean_kernel<3>);
  registry.add("aten::adaptive_max_pool1d", adaptive_max_kernel<1>);
  registry.add("aten::adaptive_max_pool2d", adaptive_max_kernel<2>);
  registry.add("aten::adaptive_max_pool3d", adaptive_max_kernel<3>);
}
