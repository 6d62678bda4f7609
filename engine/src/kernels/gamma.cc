#include "kernels/gamma.h"

#include <cmath>

namespace tsx::engine {
namespace {

constexpr double kG = 6.024680040776729583740234375;
constexpr double kGMinusHalf = 5.524680040776729583740234375;
constexpr double kLogPi = 1.144729885849400174143427351353058711647;
constexpr int kTerms = 13;

constexpr double kNumerator[kTerms] = {
    23531376880.410759688572007674451636754734846804940,
    42919803642.649098768957899047001988850926355848959,
    35711959237.355668049440185451547166705960488635843,
    17921034426.037209699919755754458931112671403265390,
    6039542586.3520280050642916443072979210699388420708,
    1439720407.3117216736632230727949123939715485786372,
    248874557.86205415651146038641322942321632125127801,
    31426415.585400194380614231628318205362874684987640,
    2876370.6289353724412254090516208496135991145378768,
    186056.26539522349504029498971604569928220784236328,
    8071.6720023658162106380029022722506138218516325024,
    210.82427775157934587250973392071336271166969580291,
    2.5066282746310002701649081771338373386264310793408};
constexpr double kDenominator[kTerms] = {
    0.0,       39916800.0, 120543840.0, 150917976.0, 105258076.0, 45995730.0, 13339535.0,
    2637558.0, 357423.0,   32670.0,     1925.0,      66.0,        1.0};

/// Of a positive number: from the side on which the powers stay small.
double lanczos_sum(double x) {
  double numerator = 0, denominator = 0;
  if (x < 5) {
    for (int i = kTerms - 1; i >= 0; --i) {
      numerator = numerator * x + kNumerator[i];
      denominator = denominator * x + kDenominator[i];
    }
  } else {
    for (int i = 0; i < kTerms; ++i) {
      numerator = numerator / x + kNumerator[i];
      denominator = denominator / x + kDenominator[i];
    }
  }
  return numerator / denominator;
}

/// sin(pi * x) of a positive number, exact at the multiples of a half.
double sine_of_pi_times(double x) {
  const double y = std::fmod(x, 2.0);
  switch (static_cast<int>(std::round(2.0 * y))) {
  case 0: return std::sin(M_PI * y);
  case 1: return std::cos(M_PI * (y - 0.5));
  case 2: return std::sin(M_PI * (1.0 - y));
  case 3: return -std::cos(M_PI * (y - 1.5));
  default: return std::sin(M_PI * (y - 2.0));
  }
}

double factorial_below(int n) {
  double product = 1;  // exact up to 22!
  for (int i = 2; i < n; ++i) product *= i;
  return product;
}

}  // namespace

double gamma_function(double x) {
  constexpr int kMostExact = 23;
  if (x == std::floor(x) && x > 0 && x <= kMostExact) return factorial_below(static_cast<int>(x));
  const double size = std::fabs(x);
  if (size < 1e-20) return 1.0 / x;
  if (size > 200.0) return x < 0 ? 0.0 / -sine_of_pi_times(size) : double{INFINITY};

  const double y = size + kGMinusHalf;
  // What was rounded away in the sum.
  const double lost = size > kGMinusHalf ? (y - size) - kGMinusHalf : (y - kGMinusHalf) - size;
  const double correction = lost * kG / y;
  const bool is_in_one = size < 140.0;  // else the power is taken in two steps
  const double power = is_in_one ? std::pow(y, size - 0.5) : std::pow(y, size / 2.0 - 0.25);
  double result;
  if (x < 0) {
    result = -M_PI / sine_of_pi_times(size) / size * std::exp(y) / lanczos_sum(size);
    result -= correction * result;
    result /= power;
    if (!is_in_one) result /= power;
  } else {
    result = lanczos_sum(size) / std::exp(y);
    result += correction * result;
    result *= power;
    if (!is_in_one) result *= power;
  }
  return result;
}

double log_gamma_function(double x) {
  if (x == 1 || x == 2) return 0.0;
  const double size = std::fabs(x);
  if (size < 1e-20) return -std::log(size);
  double result = std::log(lanczos_sum(size)) - kG;
  result += (size - 0.5) * (std::log(size + kG - 0.5) - 1);
  if (x < 0)
    result = kLogPi - std::log(std::fabs(sine_of_pi_times(size))) - std::log(size) - result;
  return result;
}

}  // namespace tsx::engine
