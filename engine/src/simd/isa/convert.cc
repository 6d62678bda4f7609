// Between dtypes in memory and registers: float16 and bfloat16 are float32 in a register, every
// integer is int64. Casts convert as C does on x86 and NumPy does there; what doesn't fit wraps.
#include "simd/isa/levels.h"
#include "simd/isa/vector.h"

namespace tsx::engine::simd::TSX_LEVEL {
namespace {

using Byte = unsigned char;

struct Half {
  std::uint16_t bits;
};
struct Brain {
  std::uint16_t bits;
};
struct Bool {
  std::uint8_t bits;
};
template <typename T> struct Pair {
  T real, imag;
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

template <typename R, typename M> struct Element {
  static R in(M value) { return static_cast<R>(value); }
  static M out(R value) { return static_cast<M>(value); }
};
template <> struct Element<float, Half> {
  static float in(Half value) { return half_to_float(value.bits); }
  static Half out(float value) { return {float_to_half(value)}; }
};
template <> struct Element<float, Brain> {
  static float in(Brain value) { return brain_to_float(value.bits); }
  static Brain out(float value) { return {float_to_brain(value)}; }
};
template <> struct Element<std::uint8_t, Bool> {
  static std::uint8_t in(Bool value) { return value.bits != 0; }
  static Bool out(std::uint8_t value) { return {value}; }
};
template <typename T> struct Element<Pair<T>, Pair<T>> {
  static Pair<T> in(Pair<T> value) { return value; }
  static Pair<T> out(Pair<T> value) { return value; }
};

template <typename R, typename M>
void load_all(void* to, const void* from, std::ptrdiff_t stride, std::size_t count) {
  auto* result = static_cast<R*>(to);
  if (stride == static_cast<std::ptrdiff_t>(sizeof(M))) {
    const auto* x = static_cast<const M*>(from);
    for (std::size_t i = 0; i < count; ++i)
      result[i] = Element<R, M>::in(x[i]);
    return;
  }
  const auto* place = static_cast<const Byte*>(from);
  for (std::size_t i = 0; i < count; ++i) {
    result[i] = Element<R, M>::in(*reinterpret_cast<const M*>(place));
    place += stride;
  }
}

template <typename R, typename M>
void store_all(void* to, std::ptrdiff_t stride, const void* from, std::size_t count) {
  const auto* x = static_cast<const R*>(from);
  if (stride == static_cast<std::ptrdiff_t>(sizeof(M))) {
    auto* result = static_cast<M*>(to);
    for (std::size_t i = 0; i < count; ++i)
      result[i] = Element<R, M>::out(x[i]);
    return;
  }
  auto* place = static_cast<Byte*>(to);
  for (std::size_t i = 0; i < count; ++i) {
    *reinterpret_cast<M*>(place) = Element<R, M>::out(x[i]);
    place += stride;
  }
}

// --- between registers ---------------------------------------------------------------------------

template <typename To, typename From> struct Convert {
  static To of(From value) { return static_cast<To>(value); }
};
/// Out of range gives the least int64, as the processor's instruction does.
template <typename From> std::int64_t to_int(From value) {
  const bool fits = value >= From(-9223372036854775808.0) && value < From(9223372036854775808.0);
  return fits ? static_cast<std::int64_t>(value) : INT64_MIN;
}
template <> struct Convert<std::int64_t, float> {
  static std::int64_t of(float value) { return to_int(value); }
};
template <> struct Convert<std::int64_t, double> {
  static std::int64_t of(double value) { return to_int(value); }
};
template <typename From> struct Convert<Bool, From> {
  static Bool of(From value) { return {static_cast<std::uint8_t>(value != From(0))}; }
};
template <> struct Convert<Bool, Bool> {
  static Bool of(Bool value) { return value; }
};
template <typename To> struct Convert<To, Bool> {
  static To of(Bool value) { return static_cast<To>(value.bits); }
};
template <typename To, typename From> struct Convert<Pair<To>, From> {
  static Pair<To> of(From value) { return {Convert<To, From>::of(value), To(0)}; }
};
template <typename To, typename From> struct Convert<To, Pair<From>> {
  static To of(Pair<From> value) { return Convert<To, From>::of(value.real); }
};
template <typename To, typename From> struct Convert<Pair<To>, Pair<From>> {
  static Pair<To> of(Pair<From> value) {
    return {static_cast<To>(value.real), static_cast<To>(value.imag)};
  }
};
template <typename To> struct Convert<Pair<To>, Bool> {
  static Pair<To> of(Bool value) { return {static_cast<To>(value.bits), To(0)}; }
};
template <typename From> struct Convert<Bool, Pair<From>> {
  static Bool of(Pair<From> value) {
    return {static_cast<std::uint8_t>(value.real != From(0) || value.imag != From(0))};
  }
};

template <typename To, typename From> void cast_all(void* to, const void* from, std::size_t count) {
  auto* result = static_cast<To*>(to);
  const auto* x = static_cast<const From*>(from);
  for (std::size_t i = 0; i < count; ++i)
    result[i] = Convert<To, From>::of(x[i]);
}

template <typename From> void fill_casts(CastOp (*casts)[kComputes], Compute from) {
  const auto row = static_cast<std::size_t>(from);
  const auto set = [&](Compute to, CastOp op) { casts[row][static_cast<std::size_t>(to)] = op; };
  set(Compute::kF32, cast_all<float, From>);
  set(Compute::kF64, cast_all<double, From>);
  set(Compute::kI64, cast_all<std::int64_t, From>);
  set(Compute::kBool, cast_all<Bool, From>);
  set(Compute::kC64, cast_all<Pair<float>, From>);
  set(Compute::kC128, cast_all<Pair<double>, From>);
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
  fill_memory<Pair<float>, Pair<float>>(table, 9);
  fill_memory<Pair<double>, Pair<double>>(table, 10);
  fill_memory<std::uint8_t, Bool>(table, 11);
  fill_memory<float, Brain>(table, 15);
  fill_casts<float>(table.cast, Compute::kF32);
  fill_casts<double>(table.cast, Compute::kF64);
  fill_casts<Int>(table.cast, Compute::kI64);
  fill_casts<Bool>(table.cast, Compute::kBool);
  fill_casts<Pair<float>>(table.cast, Compute::kC64);
  fill_casts<Pair<double>>(table.cast, Compute::kC128);
  table.narrow[0] = narrow_int<std::uint8_t>;
  table.narrow[1] = narrow_int<std::int8_t>;
  table.narrow[2] = narrow_int<std::int16_t>;
  table.narrow[3] = narrow_int<std::int32_t>;
  table.narrow[5] = narrow_float<Half>;
  table.narrow[15] = narrow_float<Brain>;
  table.double_to_half = double_to_half;
}

} // namespace tsx::engine::simd::TSX_LEVEL
