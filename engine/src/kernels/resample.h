// Which elements along an axis each element of a resampled one is made of, and with which weights.
#pragma once

#include "core/call.h"

namespace tsx::engine {

enum class Resampling { kNearest, kNearestExact, kLinear, kCubic, kLinearSmooth, kCubicSmooth };

/// For each output `count` places and weights, one output after the other. Without weights there is
/// one place, whose element is copied.
struct Taps {
  std::size_t count = 1;
  std::vector<std::int64_t> places;
  std::vector<double> weights;
};

/// From an axis of `size` elements to `outputs`; `factor` is the scale factor, if one was given.
/// `is_double`: places are computed in float64, else in float32, as torch computes them.
Taps taps_of(Resampling kind, std::int64_t size, std::int64_t outputs, std::optional<double> factor,
             bool corners, bool is_double);

/// Keys' kernel: the weight of an element at distance `x`, with the free parameter `a`.
double cubic_weight(double x, double a);

/// The tensor resampled along an axis, in its own dtype: float32, float64, any for nearest; uint8
/// is rounded.
TensorRef resample(const TensorRef& tensor, std::size_t axis, const Taps& taps);

} // namespace tsx::engine
