// The primitives on complex64 and complex128: the same on every instruction set.
#include <cmath>
#include <complex>
#include <limits>

#include "simd/isa/levels.h"

namespace tsx::engine::simd {
namespace {

template <typename T> using C = std::complex<T>;

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
  for (std::size_t i = 0; i < count; ++i) {
    result[i] = static_cast<const T*>(condition[i] != 0 ? b : c)[i];
  }
  return true;
}

#define TSX_OF_ONE(name, expression)                                                               \
  struct name {                                                                                    \
    template <typename T> static auto of(const C<T>& x) { return expression; }                     \
  }
#define TSX_OF_TWO(name, expression)                                                               \
  struct name {                                                                                    \
    template <typename T> static auto of(const C<T>& x, const C<T>& y) { return expression; }      \
  }

template <typename T> C<T> product(const C<T>& x, const C<T>& y) {
  return {x.real() * y.real() - x.imag() * y.imag(), x.real() * y.imag() + x.imag() * y.real()};
}

/// By the larger part of the divisor, so that squares don't overflow.
template <typename T> C<T> quotient(const C<T>& x, const C<T>& y) {
  const T a = std::abs(y.real()), b = std::abs(y.imag());
  if (a >= b) {
    if (a == 0 && b == 0) return {x.real() / a, x.imag() / a};
    const T ratio = y.imag() / y.real(), scale = T(1) / (y.real() + y.imag() * ratio);
    return {(x.real() + x.imag() * ratio) * scale, (x.imag() - x.real() * ratio) * scale};
  }
  const T ratio = y.real() / y.imag(), scale = T(1) / (y.imag() + y.real() * ratio);
  return {(x.real() * ratio + x.imag()) * scale, (x.imag() * ratio - x.real()) * scale};
}

/// Whole exponents below 100 by products, as they are exact then where they can be.
template <typename T> C<T> power(const C<T>& x, const C<T>& y) {
  if (y == C<T>(0)) return C<T>(1);
  if (x == C<T>(0)) {
    if (y.real() > 0 && y.imag() == 0) return C<T>(0);
    return {std::numeric_limits<T>::quiet_NaN(), std::numeric_limits<T>::quiet_NaN()};
  }
  const T n = y.real();
  if (y.imag() != 0 || n != std::floor(n) || std::abs(n) >= 100) return std::pow(x, y);
  C<T> result(1), base = x;
  for (int left = static_cast<int>(std::abs(n)); left != 0; left >>= 1) {
    if ((left & 1) != 0) result = product(result, base);
    base = product(base, base);
  }
  return n < 0 ? quotient(C<T>(1), result) : result;
}

TSX_OF_TWO(Add, x + y);
TSX_OF_TWO(Sub, x - y);
TSX_OF_TWO(Mul, product(x, y));
TSX_OF_TWO(Div, quotient(x, y));
TSX_OF_TWO(Pow, power(x, y));
TSX_OF_TWO(Eq, x == y);
TSX_OF_TWO(Ne, x != y);
TSX_OF_ONE(Neg, -x);
TSX_OF_ONE(Abs, std::hypot(x.real(), x.imag()));
TSX_OF_ONE(IsNan, x != x);
TSX_OF_ONE(Sqrt, std::sqrt(x));
TSX_OF_ONE(Exp, std::exp(x));
TSX_OF_ONE(Exp2, std::exp(x* static_cast<T>(0.693147180559945309417L)));
TSX_OF_ONE(Log, std::log(x));
TSX_OF_ONE(Log2, std::log(x) * static_cast<T>(1.442695040888963407360L));
TSX_OF_ONE(Log10, std::log10(x));
TSX_OF_ONE(Sin, std::sin(x));
TSX_OF_ONE(Cos, std::cos(x));
TSX_OF_ONE(Tan, std::tan(x));
TSX_OF_ONE(Asin, std::asin(x));
TSX_OF_ONE(Acos, std::acos(x));
TSX_OF_ONE(Atan, std::atan(x));
TSX_OF_ONE(Sinh, std::sinh(x));
TSX_OF_ONE(Cosh, std::cosh(x));
TSX_OF_ONE(Tanh, std::tanh(x));
TSX_OF_ONE(Asinh, std::asinh(x));
TSX_OF_ONE(Acosh, std::acosh(x));
TSX_OF_ONE(Atanh, std::atanh(x));

struct Expm1 {
  template <typename T> static C<T> of(const C<T>& x) {
    const T half = std::sin(x.imag() / 2);
    return {std::expm1(x.real()) * std::cos(x.imag()) - 2 * half * half,
            std::exp(x.real()) * std::sin(x.imag())};
  }
};
struct Log1p {
  template <typename T> static C<T> of(const C<T>& x) {
    return {std::log(std::hypot(x.real() + 1, x.imag())), std::atan2(x.imag(), x.real() + 1)};
  }
};

template <typename T> void fill(Table& table, Compute compute) {
  using Bool = std::uint8_t;
  const auto set = [&](Primitive primitive, TileOp op) {
    table.tile[static_cast<std::size_t>(primitive)][static_cast<std::size_t>(compute)] = op;
  };
  set(Primitive::add_, binary<C<T>, C<T>, Add>);
  set(Primitive::sub_, binary<C<T>, C<T>, Sub>);
  set(Primitive::mul_, binary<C<T>, C<T>, Mul>);
  set(Primitive::div_, binary<C<T>, C<T>, Div>);
  set(Primitive::pow_, binary<C<T>, C<T>, Pow>);
  set(Primitive::neg_, unary<C<T>, C<T>, Neg>);
  set(Primitive::abs_, unary<C<T>, T, Abs>);
  set(Primitive::sqrt_, unary<C<T>, C<T>, Sqrt>);
  set(Primitive::exp_, unary<C<T>, C<T>, Exp>);
  set(Primitive::exp2_, unary<C<T>, C<T>, Exp2>);
  set(Primitive::expm1_, unary<C<T>, C<T>, Expm1>);
  set(Primitive::log_, unary<C<T>, C<T>, Log>);
  set(Primitive::log2_, unary<C<T>, C<T>, Log2>);
  set(Primitive::log10_, unary<C<T>, C<T>, Log10>);
  set(Primitive::log1p_, unary<C<T>, C<T>, Log1p>);
  set(Primitive::sin_, unary<C<T>, C<T>, Sin>);
  set(Primitive::cos_, unary<C<T>, C<T>, Cos>);
  set(Primitive::tan_, unary<C<T>, C<T>, Tan>);
  set(Primitive::asin_, unary<C<T>, C<T>, Asin>);
  set(Primitive::acos_, unary<C<T>, C<T>, Acos>);
  set(Primitive::atan_, unary<C<T>, C<T>, Atan>);
  set(Primitive::sinh_, unary<C<T>, C<T>, Sinh>);
  set(Primitive::cosh_, unary<C<T>, C<T>, Cosh>);
  set(Primitive::tanh_, unary<C<T>, C<T>, Tanh>);
  set(Primitive::asinh_, unary<C<T>, C<T>, Asinh>);
  set(Primitive::acosh_, unary<C<T>, C<T>, Acosh>);
  set(Primitive::atanh_, unary<C<T>, C<T>, Atanh>);
  set(Primitive::eq_, binary<C<T>, Bool, Eq>);
  set(Primitive::ne_, binary<C<T>, Bool, Ne>);
  set(Primitive::isnan_, unary<C<T>, Bool, IsNan>);
  set(Primitive::where_, select<C<T>>);
}

} // namespace

void fill_complex(Table& table) {
  fill<float>(table, Compute::kC64);
  fill<double>(table, Compute::kC128);
}

} // namespace tsx::engine::simd
