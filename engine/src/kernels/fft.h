// Discrete Fourier transforms of lines, in double: mixed radix, and Bluestein's way where the
// length has a large prime factor.
#pragma once

#include <complex>
#include <vector>

#include "core/tensor.h"

namespace tsx::engine {

/// Transforms lines of one length, forward and unscaled. Immutable once made: threads share it.
class Fourier {
 public:
  using Complex = std::complex<double>;

  /// `length` is 1 or more.
  explicit Fourier(std::size_t length);

  /// The line, in place; `scratch` has room for scratch_size() numbers.
  void transform(Complex* line, Complex* scratch) const;
  std::size_t scratch_size() const { return inner_.empty() ? length_ : 2 * inner_[0].length_; }

 private:
  void recurse(const Complex* from, std::size_t step, Complex* to, std::size_t level) const;
  void combine(Complex* to, std::size_t radix, std::size_t part) const;
  void prepare_chirp();
  void transform_by_chirp(Complex* line, Complex* scratch) const;

  std::size_t length_;
  std::vector<std::size_t> radices_;
  std::vector<Complex> roots_;  // exp(-2 pi i k / length)
  // Bluestein: a convolution with a chirp, by transforms of a length that is a power of two.
  std::vector<Fourier> inner_;  // none or one
  std::vector<Complex> chirp_, chirp_spectrum_;
};

/// The transform of a complex128, row-major tensor along an axis that is cropped or padded with
/// zeros to `length` (1 or more).
TensorRef transformed(const TensorRef& x, std::size_t axis, std::int64_t length, bool is_inverse,
                      double scale);
/// The real numbers (float64) of which `x` has the first half of the spectrum.
TensorRef real_transformed(const TensorRef& x, std::size_t axis, std::int64_t length,
                           bool is_inverse, double scale);

}  // namespace tsx::engine
