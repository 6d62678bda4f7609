// Window functions (tsx/ops/signal.py): shapes over one turn, computed in double.
#include <cmath>

#include "base/error.h"
#include "kernels/support.h"
#include "tile/run.h"

namespace tsx::engine {
namespace {

constexpr double kTurn = 6.283185307179586476925;

/// w0 - w1 cos(t) + w2 cos(2t).
double cosines(double turn, double w0, double w1, double w2) {
  return w0 - w1 * std::cos(kTurn * turn) + w2 * std::cos(2 * kTurn * turn);
}

double hann(double turn, double, double) { return cosines(turn, 0.5, 0.5, 0); }
double hamming(double turn, double alpha, double beta) { return cosines(turn, alpha, beta, 0); }
double blackman(double turn, double, double) { return cosines(turn, 0.42, 0.5, 0.08); }
double bartlett(double turn, double, double) { return 1 - std::abs(2 * turn - 1); }

/// The modified Bessel function of order zero, by its power series, whose terms are positive.
double bessel(double x) {
  const double square = x * x / 4;
  double sum = 1, term = 1;
  for (double k = 1; term > sum * 1e-17; ++k) {
    term *= square / (k * k);
    sum += term;
  }
  return sum;
}

double kaiser(double turn, double beta, double) {
  const double place = 2 * turn - 1;
  return bessel(beta * std::sqrt(std::max(1 - place * place, 0.0))) / bessel(beta);
}

using Shape = double (*)(double turn, double first, double second);

/// A periodic window leaves out the last point of one that is one longer.
TensorRef window(Shape shape, std::int64_t length, bool is_periodic, double first, double second,
                 DType dtype) {
  need_sizes(Dims{length});
  const TensorRef made = Tensor::empty(DType::kFloat64, {length});
  auto* const to = made->mutable_data<double>();
  const auto steps =
      static_cast<double>(std::max<std::int64_t>(is_periodic ? length : length - 1, 1));
  for (std::int64_t i = 0; i < length; ++i)
    to[i] = length == 1 ? 1 : shape(static_cast<double>(i) / steps, first, second);
  return tile::cast(made, dtype);
}

/// What a window's parameters are where they are not given.
struct Usual {
  double first = 0, second = 0;
};
constexpr Usual usual(Shape shape) {
  return shape == hamming ? Usual{0.54, 0.46} : shape == kaiser ? Usual{12, 0} : Usual{};
}

template <Shape shape> void plain_kernel(Call& call) {
  const Usual own = usual(shape);
  call.give(window(shape, call.integer(0), true, own.first, own.second,
                   call.optional_dtype(1).value_or(DType::kFloat32)));
}

/// With `given` parameters behind the flag.
template <Shape shape, std::size_t given> void flag_kernel(Call& call) {
  const Usual own = usual(shape);
  call.give(window(shape, call.integer(0), call.boolean(1), given > 0 ? call.real(2) : own.first,
                   given > 1 ? call.real(3) : own.second,
                   call.optional_dtype(2 + given).value_or(DType::kFloat32)));
}

}  // namespace
}  // namespace tsx::engine

TSX_KERNELS(window_functions) {
  registry.add("aten::hann_window", plain_kernel<hann>);
  registry.add("aten::hann_window.periodic", flag_kernel<hann, 0>);
  registry.add("aten::hamming_window", plain_kernel<hamming>);
  registry.add("aten::hamming_window.periodic", flag_kernel<hamming, 0>);
  registry.add("aten::hamming_window.periodic_alpha", flag_kernel<hamming, 1>);
  registry.add("aten::hamming_window.periodic_alpha_beta", flag_kernel<hamming, 2>);
  registry.add("aten::blackman_window", plain_kernel<blackman>);
  registry.add("aten::blackman_window.periodic", flag_kernel<blackman, 0>);
  registry.add("aten::bartlett_window", plain_kernel<bartlett>);
  registry.add("aten::bartlett_window.periodic", flag_kernel<bartlett, 0>);
  registry.add("aten::kaiser_window", plain_kernel<kaiser>);
  registry.add("aten::kaiser_window.periodic", flag_kernel<kaiser, 0>);
  registry.add("aten::kaiser_window.beta", flag_kernel<kaiser, 1>);
}
