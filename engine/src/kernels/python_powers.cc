// Powers and rounding with Python's meaning and Python's exceptions (tsx/ops/python_numbers.py).
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "base/error.h"
#include "core/format.h"
#include "kernels/numbers.h"

namespace tsx::engine {
namespace {

[[noreturn]] void zero_division(const char* words) { throw Raised("ZeroDivisionError", words); }

// --- powers -------------------------------------------------------------------------------------

[[noreturn]] void other_type(const Call& call, const char* found, const char* expected,
                             std::string way_out) {
  const std::string expression = repr(call[0]) + " ** " + repr(call[1]);
  throw failure("TSX5024", {{"expression", expression}, {"found", found}, {"expected", expected}},
                {}, {}, std::move(way_out));
}

void power_of_ints(Call& call) {
  if (call.integer(1) < 0)
    other_type(call, "a float", "an int", "write float(x) ** n where n may be negative");
  call.give(int_power(call.integer(0), call.integer(1)));
}

bool gives_complex(double a, double b) {
  return a < 0 && std::isfinite(a) && std::isfinite(b) && b != std::floor(b);
}

double float_power(double a, double b) {
  if (a == 0 && b < 0 && std::isfinite(b))
    zero_division("0.0 cannot be raised to a negative power");
  const double result = std::pow(a, b);
  if (std::isinf(result) && std::isfinite(a) && std::isfinite(b))
    throw Raised("OverflowError", "(34, 'Numerical result out of range')");
  return result;
}

Complex64 whole_power(Complex64 base, unsigned exponent) {
  Complex64 result(1, 0);
  for (unsigned mask = 1; mask != 0 && exponent >= mask; mask <<= 1) {
    if (exponent & mask) result = complex_product(result, base);
    base = complex_product(base, base);
  }
  return result;
}

Complex64 complex_power(Complex64 a, Complex64 b) {
  const bool is_whole = b.imag() == 0 && b.real() == std::floor(b.real());
  Complex64 result;
  if (a == Complex64() && (b.imag() != 0 || b.real() < 0))
    zero_division("0.0 to a negative or complex power");
  if (b == Complex64()) {
    result = {1, 0};
  } else if (is_whole && std::fabs(b.real()) <= 100) {
    const Complex64 whole = whole_power(a, static_cast<unsigned>(std::fabs(b.real())));
    result = b.real() > 0 ? whole : python_quotient({1, 0}, whole);
  } else if (a != Complex64()) {
    const double size = std::hypot(a.real(), a.imag());
    const double angle = std::atan2(a.imag(), a.real());
    double length = std::pow(size, b.real());
    double phase = angle * b.real();
    if (b.imag() != 0) {
      length *= std::exp(-angle * b.imag());
      phase += b.imag() * std::log(size);
    }
    if (std::isinf(phase)) zero_division("0.0 to a negative or complex power");  // Python's words
    result = {length * std::cos(phase), length * std::sin(phase)};
  }
  if (std::isinf(result.real()) || std::isinf(result.imag()))
    throw Raised("OverflowError", "complex exponentiation");
  return result;
}

void power_of_floats(Call& call) {
  const double a = real_number(call, 0);
  const double b = real_number(call, 1);
  if (gives_complex(a, b)) {
    complex_power({a, 0}, {b, 0});  // may be too large first
    other_type(call, "a complex number", "a float", "write complex(x) ** y, or abs(x) ** y");
  }
  call.give(float_power(a, b));
}

void power_of_complexes(Call& call) {
  call.give(complex_power(complex_number(call, 0), complex_number(call, 1)));
}

void power(Call& call) {
  const Number a = number(call, 0);
  const Number b = number(call, 1);
  if (a.is_int() && b.is_int() && b.integer >= 0) return call.give(int_power(a.integer, b.integer));
  if (a.is_complex() || b.is_complex() || gives_complex(a.real(), b.real()))
    return power_of_complexes(call);
  call.give(float_power(a.real(), b.real()));
}

/// The inverse of `a` modulo `modulus`, by Euclid.
Wide inverse(Wide a, Wide modulus) {
  Wide rest = modulus, next_rest = a % modulus;
  Wide factor = 0, next_factor = 1;
  while (next_rest != 0) {
    const Wide quotient = rest / next_rest;
    rest = std::exchange(next_rest, rest - quotient * next_rest);
    factor = std::exchange(next_factor, factor - quotient * next_factor);
  }
  if (rest != 1 && rest != -1)
    throw Raised("ValueError", "base is not invertible for the given modulus");
  return rest == 1 ? factor : -factor;
}

void power_modulo(Call& call) {
  const Wide given = call.integer(2);
  if (given == 0) throw Raised("ValueError", "pow() 3rd argument cannot be 0");
  const Wide modulus = given < 0 ? -given : given;
  const auto reduced = [&](Wide x) { return (x % modulus + modulus) % modulus; };
  Wide base = reduced(call.integer(0));
  Wide exponent = call.integer(1);
  if (exponent < 0) {
    base = reduced(inverse(base, modulus));
    exponent = -exponent;
  }
  Wide result = reduced(1);
  for (; exponent > 0; exponent /= 2) {
    if (exponent % 2 != 0) result = reduced(result * base);
    base = reduced(base * base);
  }
  if (given < 0 && result != 0) result -= modulus;
  call.give(static_cast<std::int64_t>(result));
}

// --- rounding -----------------------------------------------------------------------------------

std::int64_t rounded(double value) {
  if (std::isnan(value)) throw Raised("ValueError", "cannot convert float NaN to integer");
  if (std::isinf(value)) throw Raised("OverflowError", "cannot convert float infinity to integer");
  return truncated("round", std::nearbyint(value));
}

void round_number(Call& call) {
  const Number a = number(call, 0);
  call.give(a.is_int() ? a.integer : rounded(real_number(call, 0)));
}

/// Rounds the exact decimal digits of a value to tens, hundreds, …; ties go to the even digit.
double rounded_to_tens(double value, int zeros) {
  char text[1500];
  const int length = std::snprintf(text, sizeof text, "%.1074f", std::fabs(value));
  const int whole = length - 1075;  // digits before the point
  if (zeros > whole) return std::copysign(0.0, value);
  std::string digits(text, static_cast<std::size_t>(whole - zeros));
  std::string rest(text + whole - zeros, static_cast<std::size_t>(zeros));
  rest += text + whole + 1;
  const bool is_half = rest[0] == '5' && rest.find_first_not_of('0', 1) == std::string::npos;
  const bool is_odd = !digits.empty() && (digits.back() - '0') % 2 == 1;
  const bool goes_up = is_half ? is_odd : rest[0] >= '5';
  digits = "0" + digits;
  for (std::size_t i = digits.size(); goes_up && i > 0; --i) {
    if (digits[i - 1] != '9') {
      ++digits[i - 1];
      break;
    }
    digits[i - 1] = '0';
  }
  const std::string shown = digits + std::string(static_cast<std::size_t>(zeros), '0');
  return std::copysign(std::strtod(shown.c_str(), nullptr), value);
}

void round_to(Call& call) {
  const double value = real_number(call, 0);
  const std::int64_t digits = call.integer(1);
  if (!std::isfinite(value) || digits > 323) return call.give(value);
  if (digits < -308) return call.give(std::copysign(0.0, value));
  double result = 0;
  if (digits <= 0) {
    result =
        digits == 0 ? std::nearbyint(value) : rounded_to_tens(value, static_cast<int>(-digits));
  } else {
    char text[800];
    std::snprintf(text, sizeof text, "%.*f", static_cast<int>(digits), value);
    result = std::strtod(text, nullptr);
  }
  if (std::isinf(result)) throw Raised("OverflowError", "rounded value too large to represent");
  call.give(result);
}

void round_int_to(Call& call) {
  const std::int64_t value = call.integer(0);
  const std::int64_t digits = call.integer(1);
  if (digits >= 0) return call.give(value);
  if (digits < -20) return call.give(std::int64_t{0});
  Wide unit = 1;
  for (std::int64_t i = digits; i < 0; ++i)
    unit *= 10;
  const Wide size = value < 0 ? -Wide{value} : Wide{value};
  Wide count = size / unit;
  const Wide rest = size % unit;
  if (2 * rest > unit || (2 * rest == unit && count % 2 == 1)) ++count;
  call.give(fit("round", value < 0 ? -count * unit : count * unit));
}

void absolute_complex(Call& call) {
  const Complex64 a = complex_number(call, 0);
  const double size = std::hypot(a.real(), a.imag());
  if (std::isinf(size) && std::isfinite(a.real()) && std::isfinite(a.imag()))
    throw Raised("OverflowError", "absolute value too large");
  call.give(size);
}

void is_integer(Call& call) {
  const double a = call.real(0);
  call.give(std::isfinite(a) && a == std::floor(a));
}

}  // namespace
}  // namespace tsx::engine

TSX_KERNELS(python_powers) {
  registry.add("tsx::pow.int", power_of_ints);
  registry.add("tsx::pow.float", power_of_floats);
  registry.add("tsx::pow.float_int", power_of_floats);
  registry.add("tsx::pow.int_float", power_of_floats);
  registry.add("tsx::pow.complex", power_of_complexes);
  registry.add("tsx::pow.complex_float", power_of_complexes);
  registry.add("tsx::pow.complex_int", power_of_complexes);
  registry.add("tsx::pow.float_complex", power_of_complexes);
  registry.add("tsx::pow.int_complex", power_of_complexes);
  registry.add("tsx::pow", power);
  registry.add("tsx::pow.modulo", power_modulo);
  registry.add("tsx::round", round_number);
  registry.add("tsx::round.float", round_number);
  registry.add("tsx::round.float_to", round_to);
  registry.add("tsx::round.int_to", round_int_to);
  registry.add("tsx::abs.complex", absolute_complex);
  registry.add("tsx::is_integer", is_integer);
}
