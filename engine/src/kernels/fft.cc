#include "kernels/fft.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "threads/pool.h"

namespace tsx::engine {
namespace {

using Complex = Fourier::Complex;

constexpr std::size_t kLargestRadix = 50;
constexpr std::size_t kGrain = 1 << 13;  // numbers a thread takes at least
constexpr double kQuarter = 1.57079632679489661923;

/// Without the corrections for infinities that C's product makes.
Complex times(Complex a, Complex b) {
  return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
}

/// exp(-2 pi i k / n), exact to the last place: only the first eighth of the turn is computed.
Complex root(std::size_t k, std::size_t n) {
  const std::size_t quarter = 4 * k / n, rest = 4 * k % n;
  const auto angle = [n](std::size_t part) {
    return kQuarter * (static_cast<double>(part) / static_cast<double>(n));
  };
  const bool is_low = 2 * rest <= n;
  const double near = std::cos(angle(is_low ? rest : n - rest));
  const double far = std::sin(angle(is_low ? rest : n - rest));
  const double c = is_low ? near : far, s = is_low ? far : near;
  switch (quarter % 4) {
  case 0:
    return {c, -s};
  case 1:
    return {-s, -c};
  case 2:
    return {-c, s};
  default:
    return {s, c};
  }
}

/// Fours first, then the other primes.
std::vector<std::size_t> factors(std::size_t n) {
  std::vector<std::size_t> found;
  for (; n % 4 == 0; n /= 4)
    found.push_back(4);
  for (std::size_t p = 2; p * p <= n; ++p)
    for (; n % p == 0; n /= p)
      found.push_back(p);
  if (n > 1) found.push_back(n);
  return found;
}

}  // namespace

Fourier::Fourier(std::size_t length) : length_(length), radices_(factors(length)) {
  const bool is_smooth =
      radices_.empty() || *std::max_element(radices_.begin(), radices_.end()) <= kLargestRadix;
  if (!is_smooth) prepare_chirp();
  if (!is_smooth) return;
  roots_.reserve(length);
  for (std::size_t k = 0; k < length; ++k)
    roots_.push_back(root(k, length));
}

void Fourier::transform(Complex* line, Complex* scratch) const {
  if (!inner_.empty()) return transform_by_chirp(line, scratch);
  std::copy_n(line, length_, scratch);
  recurse(scratch, 1, line, 0);
}

/// Decimation in time: `radix` transforms of every radix-th number, then their combination.
void Fourier::recurse(const Complex* from, std::size_t step, Complex* to,
                      std::size_t level) const {
  if (level == radices_.size()) {
    *to = *from;
    return;
  }
  const std::size_t radix = radices_[level], part = length_ / step / radix;
  for (std::size_t q = 0; q < radix; ++q)
    recurse(from + q * step, step * radix, to + q * part, level + 1);
  combine(to, radix, part);
}

void Fourier::combine(Complex* to, std::size_t radix, std::size_t part) const {
  const std::size_t turn = length_ / (radix * part);  // roots_[turn * k] is that of this length
  if (radix == 2) {
    for (std::size_t k = 0; k < part; ++k) {
      const Complex b = times(to[k + part], roots_[turn * k]);
      to[k + part] = to[k] - b;
      to[k] += b;
    }
    return;
  }
  if (radix == 4) {
    for (std::size_t k = 0; k < part; ++k) {
      const Complex a = to[k], b = times(to[k + part], roots_[turn * k]);
      const Complex c = times(to[k + 2 * part], roots_[2 * turn * k]);
      const Complex d = times(to[k + 3 * part], roots_[3 * turn * k]);
      const Complex even = a + c, odd = a - c, sum = b + d;
      const Complex difference(b.imag() - d.imag(), d.real() - b.real());  // -i (b - d)
      to[k] = even + sum;
      to[k + part] = odd + difference;
      to[k + 2 * part] = even - sum;
      to[k + 3 * part] = odd - difference;
    }
    return;
  }
  Complex own[kLargestRadix];
  for (std::size_t k = 0; k < part; ++k) {
    for (std::size_t q = 0; q < radix; ++q)
      own[q] = times(to[k + q * part], roots_[turn * k * q]);
    for (std::size_t r = 0; r < radix; ++r) {
      Complex sum = own[0];
      std::size_t place = 0;
      for (std::size_t q = 1; q < radix; ++q) {
        place = (place + turn * part * r) % length_;
        sum += times(own[q], roots_[place]);
      }
      to[k + r * part] = sum;
    }
  }
}

/// With w = exp(-i pi k^2 / n): X[k] = w[k] sum(x[j] w[j] conj(w[k - j])).
void Fourier::prepare_chirp() {
  std::size_t padded = 1;
  while (padded < 2 * length_ - 1)
    padded *= 2;
  inner_.emplace_back(padded);
  std::size_t square = 0;  // k^2 modulo 2 n
  for (std::size_t k = 0; k < length_; ++k) {
    chirp_.push_back(root(square, 2 * length_));
    square = (square + 2 * k + 1) % (2 * length_);
  }
  chirp_spectrum_.assign(padded, Complex());
  for (std::size_t k = 0; k < length_; ++k) {
    chirp_spectrum_[k] = std::conj(chirp_[k]);
    chirp_spectrum_[(padded - k) % padded] = std::conj(chirp_[k]);
  }
  std::vector<Complex> scratch(padded);
  inner_[0].transform(chirp_spectrum_.data(), scratch.data());
}

void Fourier::transform_by_chirp(Complex* line, Complex* scratch) const {
  const std::size_t padded = inner_[0].length_;
  Complex* const work = scratch;
  std::fill_n(work, padded, Complex());
  for (std::size_t k = 0; k < length_; ++k)
    work[k] = times(line[k], chirp_[k]);
  inner_[0].transform(work, scratch + padded);
  // The inverse of the product: the conjugate of the transform of its conjugate.
  for (std::size_t k = 0; k < padded; ++k)
    work[k] = std::conj(times(work[k], chirp_spectrum_[k]));
  inner_[0].transform(work, scratch + padded);
  for (std::size_t k = 0; k < length_; ++k)
    line[k] = times(std::conj(work[k]), chirp_[k]) / static_cast<double>(padded);
}

namespace {

/// A tensor as [outer][size][inner] around an axis.
struct Lines {
  std::size_t outer = 1, size, inner = 1;

  Lines(const Tensor& x, std::size_t axis) : size(static_cast<std::size_t>(x.size(axis))) {
    for (std::size_t i = 0; i < x.rank(); ++i)
      (i < axis ? outer : inner) *= i == axis ? 1 : static_cast<std::size_t>(x.size(i));
  }
  std::size_t start(std::size_t line) const {
    return line / inner * size * inner + line % inner;
  }
};

TensorRef room(const Tensor& x, std::size_t axis, std::int64_t length, DType dtype) {
  if (length < 1) refuse("expected 1 point or more, got " + std::to_string(length));
  Dims sizes = x.sizes();
  sizes[axis] = length;
  return Tensor::empty(dtype, sizes);
}

/// Calls load(line, from, step), transforms, and calls store(line, to, step) for each line.
template <typename To, typename Load, typename Store>
void for_lines(const Tensor& x, const Tensor& result, std::size_t axis, Load load, Store store) {
  if (result.count() == 0) return;
  const Lines in(x, axis), out(result, axis);
  const Fourier plan(out.size);
  To* const to = result.mutable_data<To>();
  const Complex* const from = x.data<Complex>();
  const std::size_t grain = kGrain / out.size + 1;
  threads::parallel(out.outer * out.inner, grain, [&](std::size_t begin, std::size_t end) {
    std::vector<Complex> line(out.size), scratch(plan.scratch_size());
    for (std::size_t i = begin; i < end; ++i) {
      load(line, from + in.start(i), in.inner);
      plan.transform(line.data(), scratch.data());
      store(line, to + out.start(i), out.inner);
    }
  });
}

/// An inverse transform is the conjugate of the transform of the conjugate.
Complex turned(Complex number, bool is_turned) { return is_turned ? std::conj(number) : number; }

}  // namespace

TensorRef transformed(const TensorRef& x, std::size_t axis, std::int64_t length, bool is_inverse,
                      double scale) {
  const TensorRef result = room(*x, axis, length, DType::kComplex128);
  const auto kept = static_cast<std::size_t>(std::min(length, x->size(axis)));
  for_lines<Complex>(
      *x, *result, axis,
      [&](std::vector<Complex>& line, const Complex* from, std::size_t step) {
        std::fill(line.begin(), line.end(), Complex());
        for (std::size_t k = 0; k < kept; ++k)
          line[k] = turned(from[k * step], is_inverse);
      },
      [&](const std::vector<Complex>& line, Complex* to, std::size_t step) {
        for (std::size_t k = 0; k < line.size(); ++k)
          to[k * step] = turned(line[k], is_inverse) * scale;
      });
  return result;
}

TensorRef real_transformed(const TensorRef& x, std::size_t axis, std::int64_t length,
                           bool is_inverse, double scale) {
  const TensorRef result = room(*x, axis, length, DType::kFloat64);
  const auto kept = static_cast<std::size_t>(std::min(length / 2 + 1, x->size(axis)));
  for_lines<double>(
      *x, *result, axis,
      [&](std::vector<Complex>& line, const Complex* from, std::size_t step) {
        std::fill(line.begin(), line.end(), Complex());
        for (std::size_t k = kept; k-- > 0;) {
          const Complex number = turned(from[k * step], is_inverse);
          const std::size_t mirror = (line.size() - k) % line.size();
          line[mirror] = std::conj(number);
          line[k] = mirror == k ? Complex(number.real()) : number;  // those two are real
        }
      },
      [&](const std::vector<Complex>& line, double* to, std::size_t step) {
        for (std::size_t k = 0; k < line.size(); ++k)
          to[k * step] = line[k].real() * scale;
      });
  return result;
}

}  // namespace tsx::engine
