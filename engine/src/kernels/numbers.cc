// Operators on Python numbers: arithmetic, bits, conversions, the larger and the smaller
// (tsx/ops/numbers.py). Comparisons and functions of one number have files of their own.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "base/quote.h"
#include "core/compare.h"
#include "kernels/numbers.h"

namespace tsx::engine {
namespace {

// --- arithmetic ---------------------------------------------------------------------------------

struct Add {
  static constexpr const char* kName = "add";
  static Wide of(Wide a, Wide b) { return a + b; }
  static double of(double a, double b) { return a + b; }
  static Complex64 of(Complex64 a, Complex64 b) { return a + b; }
};
struct Sub {
  static constexpr const char* kName = "sub";
  static Wide of(Wide a, Wide b) { return a - b; }
  static double of(double a, double b) { return a - b; }
  static Complex64 of(Complex64 a, Complex64 b) { return a - b; }
};
struct Mul {
  static constexpr const char* kName = "mul";
  static Wide of(Wide a, Wide b) { return a * b; }
  static double of(double a, double b) { return a * b; }
  static Complex64 of(Complex64 a, Complex64 b) { return complex_product(a, b); }
};

/// Of numbers of any kinds, in the wider kind.
template <typename Op> void arithmetic(Call& call) {
  const Number a = number(call, 0);
  const Number b = number(call, 1);
  if (a.is_complex() || b.is_complex()) return call.give(Op::of(a.value, b.value));
  if (!a.is_int() || !b.is_int()) return call.give(Op::of(a.real(), b.real()));
  call.give(fit(Op::kName, Op::of(Wide{a.integer}, Wide{b.integer})));
}

void divide(Call& call) { call.give(real_number(call, 0) / real_number(call, 1)); }

void divide_complex(Call& call) {
  call.give(complex_quotient(complex_number(call, 0), complex_number(call, 1)));
}

std::int64_t checked_floor_divide(std::int64_t a, std::int64_t b) {
  if (b == 0) divides_by_zero("floordiv", "integer division or modulo by zero");
  return fit("floordiv", floor_divide(a, b));
}

std::int64_t checked_rest(std::int64_t a, std::int64_t b) {
  if (b == 0) divides_by_zero("remainder", "integer modulo by zero");
  return floor_rest(a, b);
}

/// Of floats the floor of the quotient, as TorchScript: 1.0 // 0.1 is 10.
void floordiv(Call& call) {
  const Number a = number(call, 0);
  const Number b = number(call, 1);
  if (a.is_int() && b.is_int()) return call.give(checked_floor_divide(a.integer, b.integer));
  call.give(std::floor(real_number(call, 0) / real_number(call, 1)));
}

/// Of floats with the sign of b, computed as torch does.
void remainder(Call& call) {
  const Number a = number(call, 0);
  const Number b = number(call, 1);
  if (a.is_int() && b.is_int()) return call.give(checked_rest(a.integer, b.integer));
  const double x = real_number(call, 0);
  const double y = real_number(call, 1);
  call.give(std::fmod(std::fmod(x, y) + y, y));
}

void divmod(Call& call) {
  const std::int64_t a = call.integer(0);
  const std::int64_t b = call.integer(1);
  const std::int64_t quotient = checked_floor_divide(a, b);
  call.give(quotient, floor_rest(a, b));
}

template <double (*function)(double, double)> void of_two(Call& call) {
  call.give(function(real_number(call, 0), real_number(call, 1)));
}

double log_to_base(double a, double base) { return std::log(a) / std::log(base); }

void power_of_ints(Call& call) {
  const std::int64_t a = call.integer(0);
  const std::int64_t b = call.integer(1);
  if (b >= 0) return call.give(int_power(a, b));
  if (a == 0) divides_by_zero("pow", "division by zero");
  call.give(static_cast<std::int64_t>(std::pow(static_cast<double>(a), static_cast<double>(b))));
}

void power_complex(Call& call) {
  const Complex64 base = complex_number(call, 0);
  const Complex64 exponent = complex_number(call, 1);
  const double whole = exponent.real();
  if (exponent == Complex64(0, 0)) return call.give(Complex64(1, 0));
  if (base == Complex64(0, 0)) {  // as NumPy: zero has positive powers only
    return call.give(whole > 0 ? Complex64(0, 0) : Complex64(NAN, NAN));
  }
  if (exponent.imag() != 0 || whole != std::trunc(whole) || std::fabs(whole) >= 100)
    return call.give(std::pow(base, exponent));
  Complex64 result(1, 0);
  Complex64 factor = base;
  for (auto left = static_cast<unsigned>(std::fabs(whole)); left > 0; left >>= 1) {
    if (left & 1) result = complex_product(result, factor);
    factor = complex_product(factor, factor);
  }
  call.give(whole < 0 ? complex_quotient({1, 0}, result) : result);
}

void gcd(Call& call) {
  const auto magnitude = [&](std::size_t i) {
    const Wide value = call.integer(i);
    return static_cast<std::uint64_t>(value < 0 ? -value : value);
  };
  call.give(fit("gcd", static_cast<Wide>(std::gcd(magnitude(0), magnitude(1)))));
}

void negate(Call& call) {
  const Number a = number(call, 0);
  if (a.is_complex()) return call.give(-a.value);
  if (!a.is_int()) return call.give(-a.real());
  call.give(fit("neg", -Wide{a.integer}));
}

void absolute(Call& call) {
  const Number a = number(call, 0);
  if (a.is_complex()) return call.give(std::hypot(a.value.real(), a.value.imag()));
  if (!a.is_int()) return call.give(std::fabs(a.real()));
  call.give(fit("abs", a.integer < 0 ? -Wide{a.integer} : Wide{a.integer}));
}

// --- bits ---------------------------------------------------------------------------------------

template <typename Op> void bits(Call& call) {
  const std::int64_t result = Op::of(call.integer(0), call.integer(1));
  if (call[0].is(Tag::kBool) && call[1].is(Tag::kBool)) return call.give(result != 0);
  call.give(result);
}
struct And {
  static std::int64_t of(std::int64_t a, std::int64_t b) { return a & b; }
};
struct Or {
  static std::int64_t of(std::int64_t a, std::int64_t b) { return a | b; }
};
struct Xor {
  static std::int64_t of(std::int64_t a, std::int64_t b) { return a ^ b; }
};

void shift_left(Call& call) {
  const std::int64_t a = call.integer(0);
  const std::int64_t b = call.integer(1);
  if (a != 0 && (b < 0 || b >= 64)) overflows("lshift");
  call.give(a == 0 ? std::int64_t{0} : fit("lshift", Wide{a} * (Wide{1} << b)));
}

void shift_right(Call& call) {
  call.give(call.integer(0) >> std::clamp<std::int64_t>(call.integer(1), 0, 63));
}

/// `is`: the same object, or equal numbers or strings of one type.
bool is_one(const Value& a, const Value& b) {
  if (a.tag() != b.tag()) return false;
  if (a.is(Tag::kString)) return a.string() == b.string();
  if (a.is(Tag::kFloat)) return a.real() == b.real();
  return a.is_counted() ? a.identity() == b.identity() : a.integer() == b.integer() || a.is_none();
}

template <bool wanted> void is_operator(Call& call) {
  call.give(is_one(call[0], call[1]) == wanted);
}

// --- conversions --------------------------------------------------------------------------------

void to_int(Call& call) {
  const Number a = number(call, 0);
  call.give(a.is_int() ? a.integer : truncated("Int", real_number(call, 0)));
}

void int_of_text(Call& call) {
  const std::string& text = call.string(0);
  std::int64_t value = 0;
  const Parsed parsed = parse_int(text, 10, value);
  if (parsed == Parsed::kTooLarge) overflows("Int");
  if (parsed == Parsed::kNoNumber)
    throw Raised("ValueError", "invalid literal for int() with base 10: " + quote(text));
  call.give(value);
}

void to_float(Call& call) { call.give(real_number(call, 0)); }

void float_of_text(Call& call) {
  const std::string& text = call.string(0);
  double value = 0;
  if (!parse_float(text, value))
    throw Raised("ValueError", "could not convert string to float: " + quote(text));
  call.give(value);
}

void to_bool(Call& call) { call.give(number(call, 0).value != Complex64(0, 0)); }

void to_complex(Call& call) {
  if (call.size() == 1) return call.give(complex_number(call, 0));
  call.give(Complex64(real_number(call, 0), real_number(call, 1)));
}

// --- the larger and the smaller -----------------------------------------------------------------

/// C++'s: a NaN on the left loses, on the right wins.
template <bool takes_larger> void pick(Call& call) {
  const Number a = number(call, 0);
  const Number b = number(call, 1);
  const int order = compare_numbers(call[0], call[1]);
  const bool takes_first = order == 0 || order == (takes_larger ? 1 : -1);
  const Number& best = takes_first ? a : b;
  if (a.is_int() && b.is_int()) return call.give(best.integer);
  call.give(best.real());
}

}  // namespace

}  // namespace tsx::engine

TSX_KERNELS(numbers) {
  registry.add("aten::add", arithmetic<Add>);
  registry.add("aten::add.complex", arithmetic<Add>);
  registry.add("aten::add.complex_float", arithmetic<Add>);
  registry.add("aten::add.complex_int", arithmetic<Add>);
  registry.add("aten::add.float_complex", arithmetic<Add>);
  registry.add("aten::add.float_int", arithmetic<Add>);
  registry.add("aten::add.int_complex", arithmetic<Add>);
  registry.add("aten::add.int_float", arithmetic<Add>);
  registry.add("aten::sub", arithmetic<Sub>);
  registry.add("aten::sub.complex", arithmetic<Sub>);
  registry.add("aten::sub.complex_float", arithmetic<Sub>);
  registry.add("aten::sub.complex_int", arithmetic<Sub>);
  registry.add("aten::sub.float_complex", arithmetic<Sub>);
  registry.add("aten::sub.float_int", arithmetic<Sub>);
  registry.add("aten::sub.int_complex", arithmetic<Sub>);
  registry.add("aten::sub.int_float", arithmetic<Sub>);
  registry.add("aten::mul", arithmetic<Mul>);
  registry.add("aten::mul.complex", arithmetic<Mul>);
  registry.add("aten::mul.complex_float", arithmetic<Mul>);
  registry.add("aten::mul.complex_int", arithmetic<Mul>);
  registry.add("aten::mul.float_complex", arithmetic<Mul>);
  registry.add("aten::mul.float_int", arithmetic<Mul>);
  registry.add("aten::mul.int_complex", arithmetic<Mul>);
  registry.add("aten::mul.int_float", arithmetic<Mul>);
  registry.add("aten::div", divide);
  registry.add("aten::div.int", divide);
  registry.add("aten::div.complex", divide_complex);
  registry.add("aten::floordiv", floordiv);
  registry.add("aten::floordiv.float", floordiv);
  registry.add("aten::floordiv.float_int", floordiv);
  registry.add("aten::floordiv.int_float", floordiv);
  registry.add("aten::remainder", remainder);
  registry.add("aten::remainder.float", remainder);
  registry.add("aten::remainder.float_int", remainder);
  registry.add("aten::remainder.int_float", remainder);
  registry.add("aten::divmod.int", divmod);
  registry.add("aten::fmod", of_two<std::fmod>);
  registry.add("aten::fmod.float", of_two<std::fmod>);
  registry.add("aten::fmod.float_int", of_two<std::fmod>);
  registry.add("aten::fmod.int", of_two<std::fmod>);
  registry.add("aten::fmod.int_float", of_two<std::fmod>);
  registry.add("aten::pow.complex", power_complex);
  registry.add("aten::pow.int_to_int", power_of_ints);
  registry.add("aten::pow.Scalar_Scalar", of_two<std::pow>);
  registry.add("aten::pow.float", of_two<std::pow>);
  registry.add("aten::pow.float_int", of_two<std::pow>);
  registry.add("aten::pow.int", of_two<std::pow>);
  registry.add("aten::pow.int_float", of_two<std::pow>);
  registry.add("aten::atan2.float", of_two<std::atan2>);
  registry.add("aten::atan2.float_int", of_two<std::atan2>);
  registry.add("aten::atan2.int", of_two<std::atan2>);
  registry.add("aten::atan2.int_float", of_two<std::atan2>);
  registry.add("aten::copysign.float", of_two<std::copysign>);
  registry.add("aten::copysign.float_int", of_two<std::copysign>);
  registry.add("aten::copysign.int", of_two<std::copysign>);
  registry.add("aten::copysign.int_float", of_two<std::copysign>);
  registry.add("aten::log.float_float", of_two<log_to_base>);
  registry.add("aten::log.float_int", of_two<log_to_base>);
  registry.add("aten::log.int_float", of_two<log_to_base>);
  registry.add("aten::log.int_int", of_two<log_to_base>);
  registry.add("aten::gcd.int", gcd);
  registry.add("aten::neg.Scalar", negate);
  registry.add("aten::neg.complex", negate);
  registry.add("prim::abs.Scalar", absolute);
  registry.add("prim::abs.complex", absolute);
  registry.add("prim::abs.float", absolute);
  registry.add("prim::abs.int", absolute);
  registry.add("aten::__and__.bool", bits<And>);
  registry.add("aten::__and__.int", bits<And>);
  registry.add("aten::__or__.bool", bits<Or>);
  registry.add("aten::__or__.int", bits<Or>);
  registry.add("aten::__xor__.bool", bits<Xor>);
  registry.add("aten::__xor__.int", bits<Xor>);
  registry.add("aten::__lshift__.int", shift_left);
  registry.add("aten::__rshift__.int", shift_right);
  registry.add("aten::__is__", is_operator<true>);
  registry.add("aten::__isnot__", is_operator<false>);
  registry.add("aten::Int.Scalar", to_int);
  registry.add("aten::Int.bool", to_int);
  registry.add("aten::Int.float", to_int);
  registry.add("aten::Int.str", int_of_text);
  registry.add("aten::Float.Scalar", to_float);
  registry.add("aten::Float.bool", to_float);
  registry.add("aten::Float.int", to_float);
  registry.add("aten::Float.str", float_of_text);
  registry.add("aten::Bool.float", to_bool);
  registry.add("aten::Bool.int", to_bool);
  registry.add("aten::Complex.Scalar", to_complex);
  registry.add("aten::Complex.bool_bool", to_complex);
  registry.add("aten::Complex.bool_float", to_complex);
  registry.add("aten::Complex.bool_int", to_complex);
  registry.add("aten::Complex.float_bool", to_complex);
  registry.add("aten::Complex.float_float", to_complex);
  registry.add("aten::Complex.float_int", to_complex);
  registry.add("aten::Complex.int_bool", to_complex);
  registry.add("aten::Complex.int_float", to_complex);
  registry.add("aten::Complex.int_int", to_complex);
  registry.add("prim::max", pick<true>);
  registry.add("prim::max.float", pick<true>);
  registry.add("prim::max.float_int", pick<true>);
  registry.add("prim::max.int", pick<true>);
  registry.add("prim::max.int_float", pick<true>);
  registry.add("prim::min", pick<false>);
  registry.add("prim::min.float", pick<false>);
  registry.add("prim::min.float_int", pick<false>);
  registry.add("prim::min.int", pick<false>);
  registry.add("prim::min.int_float", pick<false>);
}
