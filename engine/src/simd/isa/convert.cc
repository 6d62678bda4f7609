// Between dtypes in memory and registers: float16 and bfloat16 are float32 in a register, every
// integer is int64.
#include "simd/elements.h"
#include "simd/isa/levels.h"
#include "simd/isa/vector.h"

namespace tsx::engine::simd {
namespace {

using TSX_LEVEL::bits;

struct Half {
  std::uint16_t bits;
};
struct Brain {
  std::uint16_t bits;
};
// --- one element ---------------------------------------------------------------------------------

float half_to_float(std::uint16_t half) {
  const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000u) << 16;
  const std::uint32_t rest = static_cast<std::uint32_t>(half & 0x7fffu) << 13;
  // The exponent's bias differs by 112; a product also makes denormals right.
  const std::uint32_t finite = bits<std::uint32_t>(bits<float>(rest) * 5.192296858534828e33f);
  const std::uint32_t special = rest | 0x7f800000u;
  return bits<float>(sign | ((half & 0x7c00u) == 0x7c00u ? special : finite));
}

std::uint16_t float_to_half(float value) {
  const std::uint32_t raw = bits<std::uint32_t>(value);
  const std::uint32_t sign = raw & 0x80000000u, x = raw ^ sign;
  // Below 2^-14: adding 0.5 aligns the mantissa with a denormal's, and rounds.
  const std::uint32_t denormal = bits<std::uint32_t>(bits<float>(x) + 0.5f) - 0x3f000000u;
  const std::uint32_t normal = (x - 0x38000000u + 0xfffu + ((x >> 13) & 1u)) >> 13;
  const std::uint32_t special = x > 0x7f800000u ? 0x7e00u : 0x7c00u;
  const std::uint32_t found = x >= 0x47800000u ? special : x < 0x38800000u ? denormal : normal;
  return static_cast<std::uint16_t>(found | sign >> 16);
}

float brain_to_float(std::uint16_t brain) {
  return bits<float>(static_cast<std::uint32_t>(brain) << 16);
}

std::uint16_t float_to_brain(float value) {
  const std::uint32_t raw = bits<std::uint32_t>(value);
  const std::uint32_t rounded = (raw + 0x7fffu + ((raw >> 16) & 1u)) >> 16;
  return static_cast<std::uint16_t>((raw & 0x7fffffffu) > 0x7f800000u ? 0x7fc0u : rounded);
}

/// float64 to float16 in one rounding: to an odd float32 first, which keeps what decides a tie.
float double_rounded_to_half(double value) {
  const float nearest = static_cast<float>(value);
  std::uint32_t raw = bits<std::uint32_t>(nearest);
  const double back = static_cast<double>(nearest);
  if (back != value && value == value && (raw & 0x7fffffffu) < 0x7f800000u) {
    const bool is_above = __builtin_fabs(back) > __builtin_fabs(value);
    if (is_above) raw -= 1;
    raw |= 1u;
  }
  return half_to_float(float_to_half(bits<float>(raw)));
}

// --- memory and registers ------------------------------------------------------------------------

template <> struct Element<float, Half> {
  static float in(Half value) { return half_to_float(value.bits); }
  static Half out(float value) { return {float_to_half(value)}; }
};
template <> struct Element<float, Brain> {
  static float in(Brain value) { return brain_to_float(value.bits); }
  static Brain out(float value) { return {float_to_brain(value)}; }
};
template <typename From> void fill_casts(CastOp (*casts)[kComputes], Compute from) {
  const auto row = static_cast<std::size_t>(from);
  const auto set = [&](Compute to, CastOp op) { casts[row][static_cast<std::size_t>(to)] = op; };
  set(Compute::kF32, cast_all<float, From>);
  set(Compute::kF64, cast_all<double, From>);
  set(Compute::kI64, cast_all<std::int64_t, From>);
  set(Compute::kBool, cast_all<Bool, From>);
}

template <typename M> void narrow_int(void* to, const void* from, std::size_t count) {
  auto* result = static_cast<std::int64_t*>(to);
  const auto* x = static_cast<const std::int64_t*>(from);
  for (std::size_t i = 0; i < count; ++i)
    result[i] = static_cast<M>(x[i]);
}

template <typename M> void narrow_float(void* to, const void* from, std::size_t count) {
  auto* result = static_cast<float*>(to);
  const auto* x = static_cast<const float*>(from);
  for (std::size_t i = 0; i < count; ++i) {
    result[i] = Element<float, M>::in(Element<float, M>::out(x[i]));
  }
}

void double_to_half(void* to, const void* from, std::size_t count) {
  auto* result = static_cast<float*>(to);
  const auto* x = static_cast<const double*>(from);
  for (std::size_t i = 0; i < count; ++i)
    result[i] = double_rounded_to_half(x[i]);
}

template <typename R, typename M> void fill_memory(Table& table, std::size_t dtype) {
  table.load[dtype] = load_all<R, M>;
  table.store[dtype] = store_all<R, M>;
}

} // namespace

namespace TSX_LEVEL {

void fill_convert(Table& table) {
  using Int = std::int64_t;
  fill_memory<Int, std::uint8_t>(table, 0);
  fill_memory<Int, std::int8_t>(table, 1);
  fill_memory<Int, std::int16_t>(table, 2);
  fill_memory<Int, std::int32_t>(table, 3);
  fill_memory<Int, std::int64_t>(table, 4);
  fill_memory<float, Half>(table, 5);
  fill_memory<float, float>(table, 6);
  fill_memory<double, double>(table, 7);
  fill_memory<std::uint8_t, Bool>(table, 11);
  fill_memory<float, Brain>(table, 15);
  fill_casts<float>(table.cast, Compute::kF32);
  fill_casts<double>(table.cast, Compute::kF64);
  fill_casts<Int>(table.cast, Compute::kI64);
  fill_casts<Bool>(table.cast, Compute::kBool);
  table.narrow[0] = narrow_int<std::uint8_t>;
  table.narrow[1] = narrow_int<std::int8_t>;
  table.narrow[2] = narrow_int<std::int16_t>;
  table.narrow[3] = narrow_int<std::int32_t>;
  table.narrow[5] = narrow_float<Half>;
  table.narrow[15] = narrow_float<Brain>;
  table.double_to_half = double_to_half;
}

} // namespace TSX_LEVEL
} // namespace tsx::engine::simd
