// Rows of float32: sums, maxima, exponentials and what softmax and the normalisations need.
//
// Sums are taken in float32 vectors over blocks of 512 elements, and the blocks' in float64: the
// error stays that of a short sum however long the row is.
#include "simd/isa/levels.h"
#include "simd/isa/math.h"

namespace tsx::engine::simd::TSX_LEVEL {
namespace {

constexpr std::size_t kStep = kLanes<float>;
constexpr std::size_t kBlock = 512;

float lanes_sum(F32 v) {
  float lanes[kStep];
  store(lanes, v);
  for (std::size_t width = kStep / 2; width != 0; width /= 2) {
    for (std::size_t i = 0; i < width; ++i)
      lanes[i] += lanes[i + width];
  }
  return lanes[0];
}

/// The last elements of a row, padded with `padding`.
F32 rest_of(const float* x, std::size_t count, float padding) {
  float lanes[kStep];
  for (std::size_t i = 0; i < kStep; ++i)
    lanes[i] = i < count ? x[i] : padding;
  return load<F32>(lanes);
}

void store_rest(float* to, F32 value, std::size_t count) {
  float lanes[kStep];
  store(lanes, value);
  for (std::size_t i = 0; i < count; ++i)
    to[i] = lanes[i];
}

float row_max(const float* x, std::size_t count) {
  const float lowest = -__builtin_inff();
  F32 most = splat<F32>(lowest);
  I32 nan = {};
  std::size_t i = 0;
  for (; i < count; i += kStep) {
    const F32 v = i + kStep <= count ? load<F32>(x + i) : rest_of(x + i, count - i, lowest);
    most = v > most ? v : most;
    nan |= v != v;
  }
  float lanes[kStep], result = lowest;
  store(lanes, most);
  for (const float lane : lanes)
    result = lane > result ? lane : result;
  std::int32_t flags[kStep];
  store(flags, nan);
  for (const std::int32_t flag : flags) {
    if (flag != 0) return __builtin_nanf("");
  }
  return result;
}

/// The sum of term(v) over a row, where term(padding) is 0.
template <typename Term>
double sum_of(const float* x, std::size_t count, float padding, Term term) {
  double total = 0;
  for (std::size_t from = 0; from < count; from += kBlock) {
    const std::size_t to = from + kBlock < count ? from + kBlock : count;
    F32 a = {}, b = {};
    std::size_t i = from;
    for (; i + 2 * kStep <= to; i += 2 * kStep) {
      a += term(load<F32>(x + i));
      b += term(load<F32>(x + i + kStep));
    }
    for (; i < to; i += kStep) {
      a += term(i + kStep <= to ? load<F32>(x + i) : rest_of(x + i, to - i, padding));
    }
    total += static_cast<double>(lanes_sum(a + b));
  }
  return total;
}

double row_sum(const float* x, std::size_t count) {
  return sum_of(x, count, 0, [](F32 v) { return v; });
}

double row_square_sum(const float* x, float mean, std::size_t count) {
  return sum_of(x, count, mean, [mean](F32 v) { return (v - mean) * (v - mean); });
}

double row_exp(float* to, const float* x, float shift, std::size_t count) {
  double total = 0;
  for (std::size_t from = 0; from < count; from += kBlock) {
    const std::size_t end = from + kBlock < count ? from + kBlock : count;
    F32 sum = {};
    std::size_t i = from;
    for (; i + kStep <= end; i += kStep) {
      const F32 v = exp_of(load<F32>(x + i) - shift);
      store(to + i, v);
      sum += v;
    }
    if (i < end) {
      const F32 v = exp_of(rest_of(x + i, end - i, -__builtin_inff()) - shift);
      store_rest(to + i, v, end - i);
      for (std::size_t j = i; j < end; ++j)
        total += static_cast<double>(to[j]);
    }
    total += static_cast<double>(lanes_sum(sum));
  }
  return total;
}

template <typename Function>
void map(float* to, const float* x, std::size_t count, Function function) {
  std::size_t i = 0;
  for (; i + kStep <= count; i += kStep)
    store(to + i, function(load<F32>(x + i)));
  if (i < count) store_rest(to + i, function(rest_of(x + i, count - i, 0)), count - i);
}

void row_scale(float* to, const float* x, float factor, std::size_t count) {
  map(to, x, count, [factor](F32 v) { return v * factor; });
}

void row_affine(float* to, const float* x, float factor, float offset, std::size_t count) {
  map(to, x, count, [=](F32 v) { return fma(v, splat<F32>(factor), splat<F32>(offset)); });
}

void row_normal(float* to, const float* x, float mean, float scale, const float* weight,
                const float* bias, std::size_t count) {
  for (std::size_t i = 0; i < count; i += kStep) {
    const bool is_whole = i + kStep <= count;
    const auto read = [&](const float* from) {
      return is_whole ? load<F32>(from + i) : rest_of(from + i, count - i, 0);
    };
    F32 v = (read(x) - mean) * scale;
    if (weight != nullptr) v = v * read(weight);
    if (bias != nullptr) v = v + read(bias);
    if (is_whole) {
      store(to + i, v);
    } else {
      store_rest(to + i, v, count - i);
    }
  }
}

float row_dot(const float* a, const float* b, std::size_t count) {
  F32 sums[4] = {};
  std::size_t i = 0;
  for (; i + 4 * kStep <= count; i += 4 * kStep) {
    _Pragma("GCC unroll 4") for (std::size_t j = 0; j < 4; ++j) {
      sums[j] = fma(load<F32>(a + i + j * kStep), load<F32>(b + i + j * kStep), sums[j]);
    }
  }
  for (; i + kStep <= count; i += kStep) {
    sums[0] = fma(load<F32>(a + i), load<F32>(b + i), sums[0]);
  }
  if (i < count) {
    sums[1] = fma(rest_of(a + i, count - i, 0), rest_of(b + i, count - i, 0), sums[1]);
  }
  return lanes_sum((sums[0] + sums[1]) + (sums[2] + sums[3]));
}

void row_axpy(float* to, const float* x, float factor, std::size_t count) {
  std::size_t i = 0;
  for (; i + kStep <= count; i += kStep) {
    store(to + i, fma(load<F32>(x + i), splat<F32>(factor), load<F32>(to + i)));
  }
  for (; i < count; ++i)
    to[i] += factor * x[i];
}

} // namespace

void fill_rows(Table& table) {
  table.row_max = row_max;
  table.row_sum = row_sum;
  table.row_square_sum = row_square_sum;
  table.row_exp = row_exp;
  table.row_scale = row_scale;
  table.row_affine = row_affine;
  table.row_normal = row_normal;
  table.row_dot = row_dot;
  table.row_axpy = row_axpy;
}

} // namespace tsx::engine::simd::TSX_LEVEL
