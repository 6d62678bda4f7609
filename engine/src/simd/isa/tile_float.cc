// The primitives on float32 and float64. Plain loops, which the compiler turns into vectors;
// float32's exp, log and tanh are ours (math.h), what else is transcendental is libm's, within 1
// ulp.
#include "simd/isa/levels.h"
#include "simd/isa/math.h"

namespace tsx::engine::simd::TSX_LEVEL {
namespace {

template <typename T, typename R, typename F>
bool unary(void* to, const void* a, const void*, const void*, std::size_t count) {
  auto* result = static_cast<R*>(to);
  const auto* x = static_cast<const T*>(a);
  for (std::size_t i = 0; i < count; ++i)
    result[i] = static_cast<R>(F::of(x[i]));
  return true;
}

template <typename T, typename R, typename F>
bool binary(void* to, const void* a, const void* b, const void*, std::size_t count) {
  auto* result = static_cast<R*>(to);
  const auto* x = static_cast<const T*>(a);
  const auto* y = static_cast<const T*>(b);
  for (std::size_t i = 0; i < count; ++i)
    result[i] = static_cast<R>(F::of(x[i], y[i]));
  return true;
}

template <typename T>
bool select(void* to, const void* a, const void* b, const void* c, std::size_t count) {
  auto* result = static_cast<T*>(to);
  const auto* condition = static_cast<const std::uint8_t*>(a);
  const auto* x = static_cast<const T*>(b);
  const auto* y = static_cast<const T*>(c);
  for (std::size_t i = 0; i < count; ++i)
    result[i] = condition[i] != 0 ? x[i] : y[i];
  return true;
}

/// A function on vectors; the rest of a row goes through a vector of its own.
template <F32 (*function)(F32)>
bool vector_unary(void* to, const void* a, const void*, const void*, std::size_t count) {
  auto* result = static_cast<float*>(to);
  const auto* x = static_cast<const float*>(a);
  constexpr std::size_t kStep = kLanes<float>;
  std::size_t i = 0;
  for (; i + kStep <= count; i += kStep)
    store(result + i, function(load<F32>(x + i)));
  if (i < count) {
    float rest[kStep] = {};
    std::memcpy(rest, x + i, (count - i) * sizeof(float));
    store(rest, function(load<F32>(rest)));
    std::memcpy(result + i, rest, (count - i) * sizeof(float));
  }
  return true;
}

#define TSX_UNARY(name, expression)                                                                \
  struct name {                                                                                    \
    template <typename T> static auto of(T x) { return expression; }                               \
  }
#define TSX_BINARY(name, expression)                                                               \
  struct name {                                                                                    \
    template <typename T> static auto of(T x, T y) { return expression; }                          \
  }
#define TSX_LIBM(name)                                                                             \
  struct name {                                                                                    \
    static float of(float x) { return __builtin_##name##f(x); }                                    \
    static double of(double x) { return __builtin_##name(x); }                                     \
  }
#define TSX_LIBM_BINARY(name)                                                                      \
  struct name {                                                                                    \
    static float of(float x, float y) { return __builtin_##name##f(x, y); }                        \
    static double of(double x, double y) { return __builtin_##name(x, y); }                        \
  }

TSX_BINARY(Add, x + y);
TSX_BINARY(Sub, x - y);
TSX_BINARY(Mul, x* y);
TSX_BINARY(Div, x / y);
TSX_BINARY(Min, x <= y || x != x ? x : y); // NaN wins: if y is NaN the comparison is false
TSX_BINARY(Max, x >= y || x != x ? x : y);
TSX_UNARY(Neg, -x);
TSX_UNARY(IsNan, x != x);
TSX_BINARY(Eq, x == y);
TSX_BINARY(Ne, x != y);
TSX_BINARY(Lt, x < y);
TSX_BINARY(Le, x <= y);
TSX_BINARY(Gt, x > y);
TSX_BINARY(Ge, x >= y);
TSX_LIBM(fabs);
TSX_LIBM(floor);
TSX_LIBM(ceil);
TSX_LIBM(trunc);
TSX_LIBM(rint);
TSX_LIBM(sqrt);
TSX_LIBM(exp);
TSX_LIBM(exp2);
TSX_LIBM(expm1);
TSX_LIBM(log);
TSX_LIBM(log2);
TSX_LIBM(log10);
TSX_LIBM(log1p);
TSX_LIBM(sin);
TSX_LIBM(cos);
TSX_LIBM(tan);
TSX_LIBM(asin);
TSX_LIBM(acos);
TSX_LIBM(atan);
TSX_LIBM(sinh);
TSX_LIBM(cosh);
TSX_LIBM(tanh);
TSX_LIBM(asinh);
TSX_LIBM(acosh);
TSX_LIBM(atanh);
TSX_LIBM_BINARY(atan2);
TSX_LIBM_BINARY(pow);
TSX_LIBM_BINARY(fmod);
TSX_LIBM_BINARY(copysign);

struct SignBit {
  static bool of(float x) { return bits<std::uint32_t>(x) >> 31 != 0; }
  static bool of(double x) { return bits<std::uint64_t>(x) >> 63 != 0; }
};

/// Has the divisor's sign, as Python's %.
struct Remainder {
  template <typename T> static T of(T x, T y) {
    const T rest = fmod::of(x, y);
    if (rest == T(0)) return copysign::of(rest, y);
    return (rest < T(0)) != (y < T(0)) ? rest + y : rest;
  }
};

template <typename T> void fill(TileOp (*ops)[kComputes], Compute compute) {
  const auto column = static_cast<std::size_t>(compute);
  const auto set = [&](Primitive primitive, TileOp op) {
    ops[static_cast<std::size_t>(primitive)][column] = op;
  };
  set(Primitive::add_, binary<T, T, Add>);
  set(Primitive::sub_, binary<T, T, Sub>);
  set(Primitive::mul_, binary<T, T, Mul>);
  set(Primitive::div_, binary<T, T, Div>);
  set(Primitive::fmod_, binary<T, T, fmod>);
  set(Primitive::remainder_, binary<T, T, Remainder>);
  set(Primitive::pow_, binary<T, T, pow>);
  set(Primitive::neg_, unary<T, T, Neg>);
  set(Primitive::abs_, unary<T, T, fabs>);
  set(Primitive::min_, binary<T, T, Min>);
  set(Primitive::max_, binary<T, T, Max>);
  set(Primitive::floor_, unary<T, T, floor>);
  set(Primitive::ceil_, unary<T, T, ceil>);
  set(Primitive::trunc_, unary<T, T, trunc>);
  set(Primitive::round_, unary<T, T, rint>);
  set(Primitive::sqrt_, unary<T, T, sqrt>);
  set(Primitive::exp_, unary<T, T, exp>);
  set(Primitive::exp2_, unary<T, T, exp2>);
  set(Primitive::expm1_, unary<T, T, expm1>);
  set(Primitive::log_, unary<T, T, log>);
  set(Primitive::log2_, unary<T, T, log2>);
  set(Primitive::log10_, unary<T, T, log10>);
  set(Primitive::log1p_, unary<T, T, log1p>);
  set(Primitive::sin_, unary<T, T, sin>);
  set(Primitive::cos_, unary<T, T, cos>);
  set(Primitive::tan_, unary<T, T, tan>);
  set(Primitive::asin_, unary<T, T, asin>);
  set(Primitive::acos_, unary<T, T, acos>);
  set(Primitive::atan_, unary<T, T, atan>);
  set(Primitive::atan2_, binary<T, T, atan2>);
  set(Primitive::sinh_, unary<T, T, sinh>);
  set(Primitive::cosh_, unary<T, T, cosh>);
  set(Primitive::tanh_, unary<T, T, tanh>);
  set(Primitive::asinh_, unary<T, T, asinh>);
  set(Primitive::acosh_, unary<T, T, acosh>);
  set(Primitive::atanh_, unary<T, T, atanh>);
  set(Primitive::copysign_, binary<T, T, copysign>);
  set(Primitive::signbit_, unary<T, std::uint8_t, SignBit>);
  set(Primitive::isnan_, unary<T, std::uint8_t, IsNan>);
  set(Primitive::eq_, binary<T, std::uint8_t, Eq>);
  set(Primitive::ne_, binary<T, std::uint8_t, Ne>);
  set(Primitive::lt_, binary<T, std::uint8_t, Lt>);
  set(Primitive::le_, binary<T, std::uint8_t, Le>);
  set(Primitive::gt_, binary<T, std::uint8_t, Gt>);
  set(Primitive::ge_, binary<T, std::uint8_t, Ge>);
  set(Primitive::where_, select<T>);
}

} // namespace

void fill_float(Table& table) {
  fill<float>(table.tile, Compute::kF32);
  fill<double>(table.tile, Compute::kF64);
  constexpr auto kColumn = static_cast<std::size_t>(Compute::kF32);
  table.tile[static_cast<std::size_t>(Primitive::exp_)][kColumn] = vector_unary<exp_of>;
  table.tile[static_cast<std::size_t>(Primitive::log_)][kColumn] = vector_unary<log_of>;
  table.tile[static_cast<std::size_t>(Primitive::tanh_)][kColumn] = vector_unary<tanh_of>;
}

} // namespace tsx::engine::simd::TSX_LEVEL
