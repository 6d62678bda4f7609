// The functions of Python's cmath, with their errors (tsx/ops/python_math.py).
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "kernels/numbers.h"

namespace tsx::engine {
namespace {

[[noreturn]] void domain_error() { throw Raised("ValueError", "math domain error"); }
[[noreturn]] void range_error() { throw Raised("OverflowError", "math range error"); }

bool is_finite(Complex64 z) { return std::isfinite(z.real()) && std::isfinite(z.imag()); }
bool is_nan(Complex64 z) { return std::isnan(z.real()) || std::isnan(z.imag()); }

template <Complex64 (*function)(const Complex64&)> Complex64 checked(Complex64 z) {
  const Complex64 result = function(z);
  if (is_finite(z) && !is_finite(result)) {
    // of log, of atanh and of atan
    const bool is_at_pole = z == Complex64() || (std::fabs(z.real()) == 1 && z.imag() == 0) ||
                            (z.real() == 0 && std::fabs(z.imag()) == 1);
    if (is_nan(result) || is_at_pole) domain_error();
    range_error();
  }
  if (!is_nan(z) && is_nan(result)) domain_error();
  return result;
}

template <Complex64 (*function)(const Complex64&)> void complex(Call& call) {
  call.give(checked<function>(complex_number(call, 0)));
}

void complex_log_to_base(Call& call) {
  const Complex64 numerator = std::log(complex_number(call, 0));  // of 0, too, as Python
  const Complex64 divisor = checked<std::log>(complex_number(call, 1));
  if (divisor == Complex64()) domain_error();
  call.give(python_quotient(numerator, divisor));
}

double size_of(Complex64 z) {
  const double size = std::hypot(z.real(), z.imag());
  if (std::isinf(size) && is_finite(z)) range_error();
  return size;
}

double angle_of(Complex64 z) { return std::atan2(z.imag(), z.real()); }

void phase(Call& call) {
  const Complex64 z = complex_number(call, 0);
  const double angle = angle_of(z);
  // Python takes C's word for it when the angle is too small for a double.
  if (angle == 0 && z.imag() != 0 && std::isfinite(z.real())) range_error();
  call.give(double{angle});
}

void polar(Call& call) {
  const Complex64 z = complex_number(call, 0);
  call.give(size_of(z), angle_of(z));
}

void rect(Call& call) {
  const double r = call.real(0);
  const double angle = call.real(1);
  if (std::isinf(angle) && r != 0 && !std::isnan(r)) domain_error();
  if (std::isinf(r) && std::isnan(angle)) return call.give(Complex64(std::fabs(r), angle));
  if (r == 0 && !std::isfinite(angle)) return call.give(Complex64(0, 0));
  if (angle == 0)
    return call.give(Complex64(r, std::isfinite(r) ? r * angle
                                  : std::isnan(r)
                                      ? 0.0
                                      : std::copysign(0.0, r) * std::copysign(1.0, angle)));
  call.give(Complex64(r * std::cos(angle), r * std::sin(angle)));
}

void is_nan_of(Call& call) { call.give(is_nan(complex_number(call, 0))); }
void is_finite_of(Call& call) { call.give(is_finite(complex_number(call, 0))); }
void is_inf_of(Call& call) {
  const Complex64 z = complex_number(call, 0);
  call.give(std::isinf(z.real()) || std::isinf(z.imag()));
}

void is_close(Call& call) {
  const Complex64 a = complex_number(call, 0);
  const Complex64 b = complex_number(call, 1);
  const double relative = call.real(2);
  const double absolute = call.real(3);
  if (relative < 0 || absolute < 0) throw Raised("ValueError", "tolerances must be non-negative");
  if (a == b) return call.give(true);
  const auto is_infinite = [](Complex64 z) { return std::isinf(z.real()) || std::isinf(z.imag()); };
  if (is_infinite(a) || is_infinite(b)) return call.give(false);
  const auto size = [](Complex64 z) { return std::hypot(z.real(), z.imag()); };
  const double gap = size(a - b);
  call.give(gap <= relative * size(b) || gap <= relative * size(a) || gap <= absolute);
}

/// To the bit as cmath has it; infinities and NaN as C has them.
Complex64 square_root(const Complex64& z) {
  const double real = std::fabs(z.real()), imaginary = std::fabs(z.imag());
  if (!std::isfinite(real) || !std::isfinite(imaginary)) return std::sqrt(z);
  if (real == 0 && imaginary == 0) return Complex64(0.0, z.imag());
  constexpr double kSmallest = std::numeric_limits<double>::min();
  constexpr int kUp = 53, kDown = -27;  // what is tiny is scaled on the way
  double s;
  if (real < kSmallest && imaginary < kSmallest) {
    const double scaled = std::ldexp(real, kUp);
    s = std::ldexp(std::sqrt(scaled + std::hypot(scaled, std::ldexp(imaginary, kUp))), kDown);
  } else {
    s = 2.0 * std::sqrt(real / 8.0 + std::hypot(real / 8.0, imaginary / 8.0));
  }
  const double d = imaginary / (2.0 * s);
  return z.real() >= 0 ? Complex64(s, std::copysign(d, z.imag()))
                       : Complex64(d, std::copysign(s, z.imag()));
}

// --- out of a text ------------------------------------------------------------------------------

/// The number at the start of a text, which goes; false when there is none.
bool take_float(std::string_view& text, double& value) {
  std::size_t end = !text.empty() && (text[0] == '+' || text[0] == '-') ? 1 : 0;
  const auto skip = [&] {
    const std::size_t start = end;
    while (end < text.size() && text[end] >= '0' && text[end] <= '9')
      ++end;
    return end > start;
  };
  bool has_digits = false;
  for (const std::string_view word : {"infinity", "inf", "nan"})
    if (!has_digits && text.size() - end >= word.size() &&
        std::equal(word.begin(), word.end(), text.begin() + static_cast<std::ptrdiff_t>(end),
                   [](char a, char b) { return a == (b | 0x20); })) {
      end += word.size();
      has_digits = true;
    }
  if (!has_digits) {
    has_digits = skip();
    if (end < text.size() && text[end] == '.') {
      ++end;
      has_digits = skip() || has_digits;
    }
    if (!has_digits) return false;
    const std::size_t mantissa = end;
    if (end < text.size() && (text[end] | 0x20) == 'e') {
      ++end;
      if (end < text.size() && (text[end] == '+' || text[end] == '-')) ++end;
      if (!skip()) end = mantissa;
    }
  }
  const bool is_read = parse_float(text.substr(0, end), value);
  text.remove_prefix(end);
  return is_read;
}

/// Python's complex(text): a number with j, or one without, or both.
bool parse_complex(std::string_view text, double& real, double& imag) {
  text = stripped(text);
  const bool has_brackets = !text.empty() && text.front() == '(';
  if (has_brackets) {
    if (text.back() != ')') return false;
    text = stripped(text.substr(1, text.size() - 2));
  }
  const auto take_j = [&] {
    const bool has = !text.empty() && (text[0] | 0x20) == 'j';
    if (has) text.remove_prefix(1);
    return has;
  };
  const auto take_unit = [&](double& value) {
    value = 1;
    if (text.empty() || (text[0] != '+' && text[0] != '-')) return;
    value = text[0] == '-' ? -1 : 1;
    text.remove_prefix(1);
  };
  double first = 0;
  if (!take_float(text, first)) {
    take_unit(imag);
    return take_j() && text.empty();
  }
  if (take_j()) {
    imag = first;
    return text.empty();
  }
  real = first;
  if (text.empty()) return true;
  if (text[0] != '+' && text[0] != '-') return false;
  if (!take_float(text, imag)) take_unit(imag);
  return take_j() && text.empty();
}

void complex_of_text(Call& call) {
  double real = 0, imag = 0;
  std::string digits;
  if (!without_underscores(stripped(call.string(0)), digits) ||
      !parse_complex(digits, real, imag))
    throw Raised("ValueError", "complex() arg is a malformed string");
  call.give(Complex64(real, imag));
}

}  // namespace
}  // namespace tsx::engine

TSX_KERNELS(python_complex) {
  registry.add("tsx::acos.complex", complex<std::acos>);
  registry.add("tsx::acosh.complex", complex<std::acosh>);
  registry.add("tsx::asin.complex", complex<std::asin>);
  registry.add("tsx::asinh.complex", complex<std::asinh>);
  registry.add("tsx::atan.complex", complex<std::atan>);
  registry.add("tsx::atanh.complex", complex<std::atanh>);
  registry.add("tsx::cos.complex", complex<std::cos>);
  registry.add("tsx::cosh.complex", complex<std::cosh>);
  registry.add("tsx::exp.complex", complex<std::exp>);
  registry.add("tsx::log.complex", complex<std::log>);
  registry.add("tsx::log10.complex", complex<std::log10>);
  registry.add("tsx::sin.complex", complex<std::sin>);
  registry.add("tsx::sinh.complex", complex<std::sinh>);
  registry.add("tsx::sqrt.complex", complex<square_root>);
  registry.add("tsx::tan.complex", complex<std::tan>);
  registry.add("tsx::tanh.complex", complex<std::tanh>);
  registry.add("tsx::log.complex_base", complex_log_to_base);
  registry.add("tsx::Complex.str", complex_of_text);
  registry.add("tsx::phase", phase);
  registry.add("tsx::polar", polar);
  registry.add("tsx::rect", rect);
  registry.add("tsx::isnan.complex", is_nan_of);
  registry.add("tsx::isinf.complex", is_inf_of);
  registry.add("tsx::isfinite.complex", is_finite_of);
  registry.add("tsx::isclose.complex", is_close);
  registry.add("tsx::isclose.float", is_close);
}
