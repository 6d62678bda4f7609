// The functions of Python's math with their errors (tsx/ops/python_math.py).
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "kernels/containers.h"
#include "kernels/gamma.h"
#include "kernels/numbers.h"

namespace tsx::engine {
namespace {

[[noreturn]] void domain_error() { throw Raised("ValueError", "math domain error"); }
[[noreturn]] void range_error() { throw Raised("OverflowError", "math range error"); }
[[noreturn]] void value_error(std::string words) { throw Raised("ValueError", std::move(words)); }

// --- of one number ------------------------------------------------------------------------------

using Real = double (*)(double);

/// NaN from a number has no domain; an infinity from a number is too large, or a pole.
template <Real function, bool can_overflow> void of_one(Call& call) {
  const double x = call.real(0);
  const double result = function(x);
  if (std::isnan(result) && !std::isnan(x)) domain_error();
  if (std::isinf(result) && std::isfinite(x)) {
    if (can_overflow) range_error();
    domain_error();
  }
  call.give(result);
}

/// Products, of which Python checks nothing.
void degrees(Call& call) { call.give(call.real(0) * (180.0 / M_PI)); }
void radians(Call& call) { call.give(call.real(0) * (M_PI / 180.0)); }

bool is_pole(double x) { return x <= 0 && x == std::floor(x); }

void gamma(Call& call) {
  const double x = call.real(0);
  if (x == -INFINITY || (std::isfinite(x) && is_pole(x))) domain_error();
  if (!std::isfinite(x)) return call.give(x);
  const double result = gamma_function(x);
  if (std::isinf(result)) range_error();
  call.give(result);
}

void log_gamma(Call& call) {
  const double x = call.real(0);
  if (std::isinf(x)) return call.give(double{INFINITY});
  if (is_pole(x)) domain_error();
  if (std::isnan(x)) return call.give(x);
  const double result = log_gamma_function(x);
  if (std::isinf(result)) range_error();
  call.give(result);
}

/// The distance to the next larger number.
void ulp(Call& call) {
  const double x = std::fabs(call.real(0));
  if (!std::isfinite(x)) return call.give(double{x});
  const double next = std::nextafter(x, double{INFINITY});
  call.give(std::isinf(next) ? x - std::nextafter(x, 0.0) : next - x);
}

// --- of two -------------------------------------------------------------------------------------

template <double (*function)(double, double)> void of_two(Call& call) {
  call.give(function(call.real(0), call.real(1)));
}

void fmod(Call& call) {
  const double x = call.real(0);
  const double y = call.real(1);
  const double result = std::isinf(y) && std::isfinite(x) ? x : std::fmod(x, y);
  if (std::isnan(result) && !std::isnan(x) && !std::isnan(y)) domain_error();
  call.give(result);
}

void ieee_remainder(Call& call) {
  const double x = call.real(0);
  const double y = call.real(1);
  const double result = std::remainder(x, y);
  if (std::isnan(result) && !std::isnan(x) && !std::isnan(y)) domain_error();
  call.give(result);
}

double checked_log(double x) {
  if (x <= 0) domain_error();
  return std::log(x);
}

void log_to_base(Call& call) {
  const double numerator = checked_log(call.real(0));
  const double divisor = checked_log(call.real(1));
  if (divisor == 0) throw Raised("ZeroDivisionError", "float division by zero");
  call.give(numerator / divisor);
}

void power(Call& call) {
  const double x = call.real(0);
  const double y = call.real(1);
  const double result = std::pow(x, y);
  if (std::isfinite(x) && std::isfinite(y)) {
    if (std::isnan(result) || (std::isinf(result) && x == 0)) domain_error();
    if (std::isinf(result)) range_error();
  }
  call.give(result);
}

void split_exponent(Call& call) {
  const double x = call.real(0);
  int exponent = 0;
  const double fraction = std::isfinite(x) ? std::frexp(x, &exponent) : x;
  call.give(fraction, std::int64_t{exponent});
}

void split_whole(Call& call) {
  const double x = call.real(0);
  double whole = 0;
  const double fraction = std::modf(x, &whole);
  call.give(fraction, whole);
}

void scale(Call& call) {
  const double x = call.real(0);
  const auto exponent =
      static_cast<int>(std::clamp<std::int64_t>(call.integer(1), -100000, 100000));
  const double result = std::ldexp(x, exponent);
  if (std::isinf(result) && std::isfinite(x)) range_error();
  call.give(result);
}

// --- whole numbers ------------------------------------------------------------------------------

void root(Call& call) {
  const std::int64_t n = call.integer(0);
  if (n < 0) value_error("isqrt() argument must be nonnegative");
  auto guess = static_cast<std::int64_t>(std::sqrt(static_cast<double>(n)));
  while (Wide{guess} * guess > n)
    --guess;
  while (Wide{guess + 1} * (guess + 1) <= n)
    ++guess;
  call.give(guess);
}

void factorial(Call& call) {
  const std::int64_t n = call.integer(0);
  if (n < 0) value_error("factorial() not defined for negative values");
  if (n > 20) overflows("factorial");
  std::int64_t product = 1;
  for (std::int64_t i = 2; i <= n; ++i)
    product *= i;
  call.give(product);
}

void need_counts(std::int64_t n, std::int64_t k) {
  if (n < 0) value_error("n must be a non-negative integer");
  if (k < 0) value_error("k must be a non-negative integer");
}

void combinations(Call& call) {
  const std::int64_t n = call.integer(0);
  const std::int64_t k = call.integer(1);
  need_counts(n, k);
  if (k > n) return call.give(std::int64_t{0});
  Wide total = 1;
  for (std::int64_t i = 0; i < std::min(k, n - k); ++i)
    total = fit("comb", total * (n - i) / (i + 1));
  call.give(static_cast<std::int64_t>(total));
}

void permutations(Call& call) {
  const std::int64_t n = call.integer(0);
  const std::int64_t k = call.integer(1);
  need_counts(n, k);
  if (k > n) return call.give(std::int64_t{0});
  Wide total = 1;
  for (std::int64_t i = 0; i < k; ++i)
    total = fit("perm", total * (n - i));
  call.give(static_cast<std::int64_t>(total));
}

void product_of_ints(Call& call) {
  const Span<const Value> items = elements_of(call, 0);
  const auto is_zero = [](const Value& item) { return item.integer() == 0; };
  if (call.integer(1) == 0 || std::any_of(items.begin(), items.end(), is_zero))
    return call.give(std::int64_t{0});
  // A product of others than zero only grows, so the first that is too large decides.
  Wide total = call.integer(1);
  for (const Value& item : items)
    total = fit("prod", total * item.integer());
  call.give(static_cast<std::int64_t>(total));
}

void product_of_floats(Call& call) {
  double total = call.real(1);
  for (const Value& item : elements_of(call, 0))
    total *= item.real();
  call.give(total);
}

// --- many numbers -------------------------------------------------------------------------------

/// The length of a vector, without overflow on the way.
double length_of(const std::vector<double>& values) {
  double largest = 0;
  bool has_nan = false;
  for (const double value : values) {
    if (std::isinf(value)) return INFINITY;
    has_nan = has_nan || std::isnan(value);
    largest = std::max(largest, std::fabs(value));
  }
  if (has_nan) return NAN;
  if (largest == 0) return 0;
  int exponent = 0;
  std::frexp(largest, &exponent);
  long double total = 0;
  for (const double value : values) {
    const long double scaled = std::ldexp(value, -exponent);
    total += scaled * scaled;
  }
  return std::ldexp(static_cast<double>(std::sqrt(total)), exponent);
}

std::vector<double> floats(const Call& call, std::size_t i) {
  std::vector<double> values;
  for (const Value& item : elements_of(call, i))
    values.push_back(item.real());
  return values;
}

void hypot(Call& call) { call.give(length_of(floats(call, 0))); }

void distance(Call& call) {
  std::vector<double> p = floats(call, 0);
  const std::vector<double> q = floats(call, 1);
  if (p.size() != q.size()) value_error("both points must have the same number of dimensions");
  for (std::size_t i = 0; i < p.size(); ++i)
    p[i] -= q[i];
  call.give(length_of(p));
}

/// The exact sum, rounded once: partial sums that do not overlap, as Shewchuk keeps them.
void exact_sum(Call& call) {
  std::vector<double> partials;
  double special = 0;     // the sum of what isn't finite
  double infinities = 0;  // of the infinities alone
  bool is_special = false;
  for (const double value : floats(call, 0)) {
    if (!std::isfinite(value)) {
      is_special = true;
      special += value;
      if (std::isinf(value)) infinities += value;
      continue;
    }
    double x = value;
    std::size_t kept = 0;
    for (double y : partials) {
      if (std::fabs(x) < std::fabs(y)) std::swap(x, y);
      const double high = x + y;
      const double low = y - (high - x);
      if (low != 0) partials[kept++] = low;
      x = high;
    }
    if (std::isinf(x)) throw Raised("OverflowError", "intermediate overflow in fsum");
    partials.resize(kept);
    partials.push_back(x);
  }
  if (std::isnan(infinities)) value_error("-inf + inf in fsum");
  if (is_special) return call.give(double{special});
  double high = 0;
  double low = 0;
  std::size_t left = partials.size();
  if (left > 0) high = partials[--left];
  while (left > 0) {
    const double x = high;
    const double y = partials[--left];
    high = x + y;
    low = y - (high - x);
    if (low != 0) break;
  }
  // What is left may decide a tie between two numbers.
  if (left > 0 && ((low < 0 && partials[left - 1] < 0) || (low > 0 && partials[left - 1] > 0))) {
    const double twice = low * 2;
    const double x = high + twice;
    if (twice == x - high) high = x;
  }
  call.give(high);
}

}  // namespace
}  // namespace tsx::engine

TSX_KERNELS(python_math) {
  registry.add("tsx::acos", of_one<std::acos, false>);
  registry.add("tsx::acosh", of_one<std::acosh, false>);
  registry.add("tsx::asin", of_one<std::asin, false>);
  registry.add("tsx::asinh", of_one<std::asinh, false>);
  registry.add("tsx::atan", of_one<std::atan, false>);
  registry.add("tsx::atanh", of_one<std::atanh, false>);
  registry.add("tsx::cbrt", of_one<std::cbrt, false>);
  registry.add("tsx::cos", of_one<std::cos, false>);
  registry.add("tsx::cosh", of_one<std::cosh, true>);
  registry.add("tsx::erf", of_one<std::erf, false>);
  registry.add("tsx::erfc", of_one<std::erfc, false>);
  registry.add("tsx::exp", of_one<std::exp, true>);
  registry.add("tsx::exp2", of_one<std::exp2, true>);
  registry.add("tsx::expm1", of_one<std::expm1, true>);
  registry.add("tsx::fabs", of_one<std::fabs, false>);
  registry.add("tsx::log", of_one<std::log, false>);
  registry.add("tsx::log10", of_one<std::log10, false>);
  registry.add("tsx::log1p", of_one<std::log1p, false>);
  registry.add("tsx::log2", of_one<std::log2, false>);
  registry.add("tsx::sin", of_one<std::sin, false>);
  registry.add("tsx::sinh", of_one<std::sinh, true>);
  registry.add("tsx::sqrt", of_one<std::sqrt, false>);
  registry.add("tsx::tan", of_one<std::tan, false>);
  registry.add("tsx::tanh", of_one<std::tanh, false>);
  registry.add("tsx::degrees", degrees);
  registry.add("tsx::radians", radians);
  registry.add("tsx::gamma", gamma);
  registry.add("tsx::lgamma", log_gamma);
  registry.add("tsx::ulp", ulp);
  registry.add("tsx::atan2", of_two<std::atan2>);
  registry.add("tsx::copysign", of_two<std::copysign>);
  registry.add("tsx::nextafter", of_two<std::nextafter>);
  registry.add("tsx::fmod", fmod);
  registry.add("tsx::ieee_remainder", ieee_remainder);
  registry.add("tsx::log.base", log_to_base);
  registry.add("tsx::math_pow", power);
  registry.add("tsx::frexp", split_exponent);
  registry.add("tsx::modf", split_whole);
  registry.add("tsx::ldexp", scale);
  registry.add("tsx::isqrt", root);
  registry.add("tsx::factorial", factorial);
  registry.add("tsx::comb", combinations);
  registry.add("tsx::perm", permutations);
  registry.add("tsx::prod.int", product_of_ints);
  registry.add("tsx::prod.float", product_of_floats);
  registry.add("tsx::hypot", hypot);
  registry.add("tsx::dist", distance);
  registry.add("tsx::fsum", exact_sum);
}
