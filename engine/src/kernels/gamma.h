// The gamma function and its logarithm by Lanczos' sums, to the bit as Python's math has them.
#pragma once

namespace tsx::engine {

/// Of a finite number that is no pole; an infinity when the result is too large.
double gamma_function(double x);
/// log |gamma(x)|, under the same conditions.
double log_gamma_function(double x);

}  // namespace tsx::engine
