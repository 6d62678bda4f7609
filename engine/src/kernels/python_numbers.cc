// Arithmetic with Python's meaning and Python's exceptions (tsx/ops/python_numbers.py).
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <numeric>

#include "base/error.h"
#include "base/quote.h"
#include "core/compare.h"
#include "core/format.h"
#include "kernels/containers.h"
#include "kernels/numbers.h"

namespace tsx::engine {
namespace {

[[noreturn]] void zero_division(const char* words) { throw Raised("ZeroDivisionError", words); }

// --- division -----------------------------------------------------------------------------------

unsigned bits_in(std::uint64_t x) { return x ? 64 - static_cast<unsigned>(__builtin_clzll(x)) : 0; }

std::uint64_t magnitude(std::int64_t x) {
  return x < 0 ? -static_cast<std::uint64_t>(x) : static_cast<std::uint64_t>(x);
}

/// a / b rounded once, also where an int has more digits than a double.
double int_quotient(std::int64_t a, std::int64_t b) {
  if (b == 0) zero_division("division by zero");
  if (a == 0) return b < 0 ? -0.0 : 0.0;
  __extension__ typedef unsigned __int128 Unsigned;
  const std::uint64_t x = magnitude(a);
  const std::uint64_t y = magnitude(b);
  const int shift = 63 - static_cast<int>(bits_in(x)) + static_cast<int>(bits_in(y));
  const Unsigned scaled = static_cast<Unsigned>(x) << shift;
  const auto quotient = static_cast<std::uint64_t>(scaled / y);
  const bool has_rest = scaled % y != 0;
  const double rounded = std::ldexp(static_cast<double>(quotient | has_rest), -shift);
  return (a < 0) != (b < 0) ? -rounded : rounded;
}

void divide(Call& call) {
  const Number a = number(call, 0);
  const Number b = number(call, 1);
  if (a.is_complex() || b.is_complex()) return call.give(python_quotient(a.value, b.value));
  if (a.is_int() && b.is_int()) return call.give(int_quotient(a.integer, b.integer));
  if (b.real() == 0) zero_division("float division by zero");
  call.give(a.real() / b.real());
}

struct FloorDivision {
  double quotient;
  double rest;
};

/// As Python's float_divmod: the quotient is the floor of the exact one, the rest has b's sign.
FloorDivision floor_division(double a, double b, const char* words) {
  if (b == 0) zero_division(words);
  double rest = std::fmod(a, b);
  double quotient = (a - rest) / b;
  if (rest != 0) {
    if ((b < 0) != (rest < 0)) {
      rest += b;
      quotient -= 1;
    }
  } else {
    rest = std::copysign(0.0, b);
  }
  if (quotient == 0) return {std::copysign(0.0, a / b), rest};
  double whole = std::floor(quotient);
  if (quotient - whole > 0.5) whole += 1;
  return {whole, rest};
}

void floordiv(Call& call) {
  const Number a = number(call, 0);
  const Number b = number(call, 1);
  if (!a.is_int() || !b.is_int())
    return call.give(
        floor_division(real_number(call, 0), real_number(call, 1), "float floor division by zero")
            .quotient);
  if (b.integer == 0) zero_division("integer division or modulo by zero");
  call.give(fit("floordiv", floor_divide(a.integer, b.integer)));
}

void remainder(Call& call) {
  const Number a = number(call, 0);
  const Number b = number(call, 1);
  if (!a.is_int() || !b.is_int())
    return call.give(
        floor_division(real_number(call, 0), real_number(call, 1), "float modulo").rest);
  if (b.integer == 0) zero_division("integer modulo by zero");
  call.give(floor_rest(a.integer, b.integer));
}

void divmod(Call& call) {
  const FloorDivision found =
      floor_division(real_number(call, 0), real_number(call, 1), "float divmod()");
  call.give(found.quotient, found.rest);
}

// --- bits ---------------------------------------------------------------------------------------

void need_shift(std::int64_t count) {
  if (count < 0) throw Raised("ValueError", "negative shift count");
}

void shift_left(Call& call) {
  const std::int64_t a = call.integer(0);
  const std::int64_t b = call.integer(1);
  need_shift(b);
  if (a != 0 && b >= 64) overflows("lshift");
  call.give(a == 0 ? std::int64_t{0} : fit("lshift", Wide{a} * (Wide{1} << b)));
}

void shift_right(Call& call) {
  need_shift(call.integer(1));
  call.give(call.integer(0) >> std::min<std::int64_t>(call.integer(1), 63));
}

void invert(Call& call) { call.give(~call.integer(0)); }
void bit_length(Call& call) { call.give(std::int64_t{bits_in(magnitude(call.integer(0)))}); }
void bit_count(Call& call) {
  call.give(std::int64_t{__builtin_popcountll(magnitude(call.integer(0)))});
}

// --- conversions --------------------------------------------------------------------------------

void int_of_text(Call& call) {
  const std::string& text = call.string(0);
  const std::int64_t base = call.integer(1);
  if (base != 0 && (base < 2 || base > 36))
    throw Raised("ValueError", "int() base must be >= 2 and <= 36, or 0");
  std::int64_t value = 0;
  const Parsed parsed = parse_int(text, static_cast<int>(base), value);
  if (parsed == Parsed::kTooLarge) overflows("int");
  if (parsed == Parsed::kNoNumber)
    throw Raised("ValueError", "invalid literal for int() with base " + std::to_string(base) +
                                   ": " + quote(text));
  call.give(value);
}

void complex_of_parts(Call& call) {
  call.give(complex_number(call, 0) + complex_product(complex_number(call, 1), {0, 1}));
}

void real_part(Call& call) { call.give(complex_number(call, 0).real()); }
void imaginary_part(Call& call) { call.give(complex_number(call, 0).imag()); }
void conjugate(Call& call) { call.give(std::conj(complex_number(call, 0))); }

constexpr std::uint64_t kHashPrime = (std::uint64_t{1} << 61) - 1;

std::int64_t hash_of_int(std::int64_t value) {
  const auto rest = static_cast<std::int64_t>(magnitude(value) % kHashPrime);
  const std::int64_t hash = value < 0 ? -rest : rest;
  return hash == -1 ? -2 : hash;
}

/// Equal numbers have equal hashes: a float's is its value modulo the prime, in powers of two.
std::int64_t hash_of_float(double value) {
  if (std::isnan(value)) return 0;
  if (std::isinf(value)) return value > 0 ? 314159 : -314159;
  int exponent = 0;
  double fraction = std::frexp(std::fabs(value), &exponent);
  std::uint64_t hash = 0;
  while (fraction != 0) {
    hash = ((hash << 28) & kHashPrime) | hash >> 33;
    fraction *= 268435456.0;  // 2^28
    exponent -= 28;
    const auto digits = static_cast<std::uint64_t>(fraction);
    fraction -= static_cast<double>(digits);
    hash += digits;
    if (hash >= kHashPrime) hash -= kHashPrime;
  }
  const int turn = exponent >= 0 ? exponent % 61 : 60 - ((-1 - exponent) % 61);
  hash = ((hash << turn) & kHashPrime) | hash >> (61 - turn);
  const auto found = static_cast<std::int64_t>(hash);
  const std::int64_t result = value < 0 ? -found : found;
  return result == -1 ? -2 : result;
}

void hash(Call& call) {
  const Number a = number(call, 0);
  if (a.is_int()) return call.give(hash_of_int(a.integer));
  if (!a.is_complex()) return call.give(hash_of_float(a.real()));
  const auto result = static_cast<std::int64_t>(
      static_cast<std::uint64_t>(hash_of_float(a.value.real())) +
      1000003u * static_cast<std::uint64_t>(hash_of_float(a.value.imag())));
  call.give(result == -1 ? std::int64_t{-2} : result);
}

// --- the larger and the smaller, sums -----------------------------------------------------------

/// Python keeps the first operand unless the second is larger.
template <bool takes_larger> bool takes_second(const Call& call) {
  if (call[0].is(Tag::kString))
    return takes_larger ? is_less(call[0], call[1]) : is_less(call[1], call[0]);
  if (call[0].is(Tag::kComplex) || call[1].is(Tag::kComplex)) {
    throw Raised("TypeError", std::string("'") + (takes_larger ? '>' : '<') +
                                  "' not supported between instances of '" + type_text(call[1]) +
                                  "' and '" + type_text(call[0]) + "'");
  }
  return compare_numbers(call[1], call[0]) == (takes_larger ? 1 : -1);
}

template <bool takes_larger> void pick_float(Call& call) {
  call.give(real_number(call, takes_second<takes_larger>(call) ? 1 : 0));
}

template <bool takes_larger> void pick(Call& call) {
  call.give(Value(call[takes_second<takes_larger>(call) ? 1 : 0]));
}

void sum_of_ints(Call& call) {
  Wide total = call.integer(1);
  for (const Value& item : elements_of(call, 0))
    total += item.integer();
  call.give(fit("sum", total));
}

void sum_of_floats(Call& call) {
  double total = real_number(call, 1);
  for (const Value& item : elements_of(call, 0))
    total += item.real();
  call.give(total);
}

void sum_of_complexes(Call& call) {
  Complex64 total = complex_number(call, 1);
  for (const Value& item : elements_of(call, 0))
    total += item.complex();
  call.give(total);
}

void gcd(Call& call) {
  call.give(fit("gcd", Wide{std::gcd(magnitude(call.integer(0)), magnitude(call.integer(1)))}));
}

void lcm(Call& call) {
  const std::uint64_t a = magnitude(call.integer(0));
  const std::uint64_t b = magnitude(call.integer(1));
  if (a == 0 || b == 0) return call.give(std::int64_t{0});
  const Wide part = Wide{a / std::gcd(a, b)};
  if (part > INT64_MAX || b > static_cast<std::uint64_t>(INT64_MAX)) overflows("lcm");
  call.give(fit("lcm", part * Wide{b}));
}

}  // namespace
}  // namespace tsx::engine

TSX_KERNELS(python_numbers) {
  registry.add("tsx::div", divide);
  registry.add("tsx::div.complex", divide);
  registry.add("tsx::div.complex_float", divide);
  registry.add("tsx::div.complex_int", divide);
  registry.add("tsx::div.float", divide);
  registry.add("tsx::div.float_complex", divide);
  registry.add("tsx::div.float_int", divide);
  registry.add("tsx::div.int", divide);
  registry.add("tsx::div.int_complex", divide);
  registry.add("tsx::div.int_float", divide);
  registry.add("tsx::floordiv", floordiv);
  registry.add("tsx::floordiv.float", floordiv);
  registry.add("tsx::floordiv.float_int", floordiv);
  registry.add("tsx::floordiv.int_float", floordiv);
  registry.add("tsx::remainder", remainder);
  registry.add("tsx::remainder.float", remainder);
  registry.add("tsx::remainder.float_int", remainder);
  registry.add("tsx::remainder.int_float", remainder);
  registry.add("tsx::divmod.float", divmod);
  registry.add("tsx::divmod.float_int", divmod);
  registry.add("tsx::divmod.int_float", divmod);
  registry.add("tsx::__lshift__.int", shift_left);
  registry.add("tsx::__rshift__.int", shift_right);
  registry.add("tsx::invert.int", invert);
  registry.add("tsx::bit_length", bit_length);
  registry.add("tsx::bit_count", bit_count);
  registry.add("tsx::Int.base", int_of_text);
  registry.add("tsx::Complex.complex", complex_of_parts);
  registry.add("tsx::real.complex", real_part);
  registry.add("tsx::imag.complex", imaginary_part);
  registry.add("tsx::conjugate.complex", conjugate);
  registry.add("tsx::hash.bool", hash);
  registry.add("tsx::hash.complex", hash);
  registry.add("tsx::hash.float", hash);
  registry.add("tsx::hash.int", hash);
  registry.add("tsx::max.float", pick_float<true>);
  registry.add("tsx::max.float_int", pick_float<true>);
  registry.add("tsx::max.int_float", pick_float<true>);
  registry.add("tsx::min.float", pick_float<false>);
  registry.add("tsx::min.float_int", pick_float<false>);
  registry.add("tsx::min.int_float", pick_float<false>);
  registry.add("tsx::max", pick<true>);
  registry.add("tsx::max.str", pick<true>);
  registry.add("tsx::min", pick<false>);
  registry.add("tsx::min.str", pick<false>);
  registry.add("tsx::sum.int", sum_of_ints);
  registry.add("tsx::sum.float", sum_of_floats);
  registry.add("tsx::sum.complex", sum_of_complexes);
  registry.add("tsx::gcd.int", gcd);
  registry.add("tsx::lcm.int", lcm);
}
