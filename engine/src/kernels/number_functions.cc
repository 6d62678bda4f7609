// Functions of one number, with C's answers: inf and nan, no errors (tsx/ops/numbers.py).
#include <cmath>

#include "kernels/numbers.h"

namespace tsx::engine {
namespace {

using Real = double (*)(double);

/// Of an int, a float or a Scalar; the result is a float.
template <Real function> void real(Call& call) { call.give(function(real_number(call, 0))); }

/// The overload in std:: that takes complex numbers.
template <Complex64 (*function)(const Complex64&)> void complex(Call& call) {
  call.give(function(complex_number(call, 0)));
}

double degrees(double x) { return x * (180.0 / M_PI); }
double radians(double x) { return x * (M_PI / 180.0); }

/// log(|gamma(x)|). lgamma_r, since lgamma keeps the sign in a place that all threads share.
double log_gamma(double x) {
  int sign = 0;
  return ::lgamma_r(x, &sign);
}

template <Real function> void whole(Call& call, std::string_view name) {
  const Number a = number(call, 0);
  call.give(a.is_int() ? a.integer : truncated(name, function(real_number(call, 0))));
}
void floor(Call& call) { whole<std::floor>(call, "floor"); }
void ceil(Call& call) { whole<std::ceil>(call, "ceil"); }

void is_nan(Call& call) { call.give(std::isnan(call.real(0))); }
void is_inf(Call& call) { call.give(std::isinf(call.real(0))); }
void is_finite(Call& call) { call.give(std::isfinite(call.real(0))); }

}  // namespace

}  // namespace tsx::engine

TSX_KERNELS(number_functions) {
  registry.add("aten::acos.Scalar", real<std::acos>);
  registry.add("aten::acos.float", real<std::acos>);
  registry.add("aten::acos.int", real<std::acos>);
  registry.add("aten::acos.complex", complex<std::acos>);
  registry.add("aten::acosh.Scalar", real<std::acosh>);
  registry.add("aten::acosh.float", real<std::acosh>);
  registry.add("aten::acosh.int", real<std::acosh>);
  registry.add("aten::acosh.complex", complex<std::acosh>);
  registry.add("aten::asin.Scalar", real<std::asin>);
  registry.add("aten::asin.float", real<std::asin>);
  registry.add("aten::asin.int", real<std::asin>);
  registry.add("aten::asin.complex", complex<std::asin>);
  registry.add("aten::asinh.Scalar", real<std::asinh>);
  registry.add("aten::asinh.float", real<std::asinh>);
  registry.add("aten::asinh.int", real<std::asinh>);
  registry.add("aten::asinh.complex", complex<std::asinh>);
  registry.add("aten::atan.Scalar", real<std::atan>);
  registry.add("aten::atan.float", real<std::atan>);
  registry.add("aten::atan.int", real<std::atan>);
  registry.add("aten::atan.complex", complex<std::atan>);
  registry.add("aten::atanh.Scalar", real<std::atanh>);
  registry.add("aten::atanh.float", real<std::atanh>);
  registry.add("aten::atanh.int", real<std::atanh>);
  registry.add("aten::atanh.complex", complex<std::atanh>);
  registry.add("aten::cos.Scalar", real<std::cos>);
  registry.add("aten::cos.float", real<std::cos>);
  registry.add("aten::cos.int", real<std::cos>);
  registry.add("aten::cos.complex", complex<std::cos>);
  registry.add("aten::cosh.Scalar", real<std::cosh>);
  registry.add("aten::cosh.float", real<std::cosh>);
  registry.add("aten::cosh.int", real<std::cosh>);
  registry.add("aten::cosh.complex", complex<std::cosh>);
  registry.add("aten::erf.Scalar", real<std::erf>);
  registry.add("aten::erf.float", real<std::erf>);
  registry.add("aten::erf.int", real<std::erf>);
  registry.add("aten::erfc.Scalar", real<std::erfc>);
  registry.add("aten::erfc.float", real<std::erfc>);
  registry.add("aten::erfc.int", real<std::erfc>);
  registry.add("aten::exp.Scalar", real<std::exp>);
  registry.add("aten::exp.float", real<std::exp>);
  registry.add("aten::exp.int", real<std::exp>);
  registry.add("aten::exp.complex", complex<std::exp>);
  registry.add("aten::expm1.Scalar", real<std::expm1>);
  registry.add("aten::expm1.float", real<std::expm1>);
  registry.add("aten::expm1.int", real<std::expm1>);
  registry.add("aten::fabs.Scalar", real<std::fabs>);
  registry.add("aten::fabs.float", real<std::fabs>);
  registry.add("aten::fabs.int", real<std::fabs>);
  registry.add("aten::log.Scalar", real<std::log>);
  registry.add("aten::log.float", real<std::log>);
  registry.add("aten::log.int", real<std::log>);
  registry.add("aten::log.complex", complex<std::log>);
  registry.add("aten::log10.Scalar", real<std::log10>);
  registry.add("aten::log10.float", real<std::log10>);
  registry.add("aten::log10.int", real<std::log10>);
  registry.add("aten::log10.complex", complex<std::log10>);
  registry.add("aten::log1p.Scalar", real<std::log1p>);
  registry.add("aten::log1p.float", real<std::log1p>);
  registry.add("aten::log1p.int", real<std::log1p>);
  registry.add("aten::sin.Scalar", real<std::sin>);
  registry.add("aten::sin.float", real<std::sin>);
  registry.add("aten::sin.int", real<std::sin>);
  registry.add("aten::sin.complex", complex<std::sin>);
  registry.add("aten::sinh.Scalar", real<std::sinh>);
  registry.add("aten::sinh.float", real<std::sinh>);
  registry.add("aten::sinh.int", real<std::sinh>);
  registry.add("aten::sinh.complex", complex<std::sinh>);
  registry.add("aten::sqrt.Scalar", real<std::sqrt>);
  registry.add("aten::sqrt.float", real<std::sqrt>);
  registry.add("aten::sqrt.int", real<std::sqrt>);
  registry.add("aten::sqrt.complex", complex<std::sqrt>);
  registry.add("aten::tan.Scalar", real<std::tan>);
  registry.add("aten::tan.float", real<std::tan>);
  registry.add("aten::tan.int", real<std::tan>);
  registry.add("aten::tan.complex", complex<std::tan>);
  registry.add("aten::tanh.Scalar", real<std::tanh>);
  registry.add("aten::tanh.float", real<std::tanh>);
  registry.add("aten::tanh.int", real<std::tanh>);
  registry.add("aten::tanh.complex", complex<std::tanh>);
  registry.add("aten::degrees.Scalar", real<degrees>);
  registry.add("aten::degrees.float", real<degrees>);
  registry.add("aten::degrees.int", real<degrees>);
  registry.add("aten::radians.Scalar", real<radians>);
  registry.add("aten::radians.float", real<radians>);
  registry.add("aten::radians.int", real<radians>);
  registry.add("aten::lgamma.Scalar", real<log_gamma>);
  registry.add("aten::lgamma.float", real<log_gamma>);
  registry.add("aten::lgamma.int", real<log_gamma>);
  registry.add("aten::round.Scalar", real<std::rint>);
  registry.add("aten::round.float", real<std::rint>);
  registry.add("aten::round.int", real<std::rint>);
  registry.add("aten::floor.Scalar", floor);
  registry.add("aten::floor.float", floor);
  registry.add("aten::floor.int", floor);
  registry.add("aten::ceil.Scalar", ceil);
  registry.add("aten::ceil.float", ceil);
  registry.add("aten::ceil.int", ceil);
  registry.add("aten::isnan.float", is_nan);
  registry.add("aten::isinf.float", is_inf);
  registry.add("aten::isfinite.float", is_finite);
}
