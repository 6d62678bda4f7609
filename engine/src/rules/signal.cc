// Signals in frames, as tsx/ops/signal.py.
#include "rules/factory.h"
#include "tile/promote.h"

namespace tsx::engine::rules {
namespace {

bool is_flag(const Abstract& value) { return value.is_none() || value.known_bool(); }

/// Where a transform's operands stand: `later` is how many more there are before the flags.
struct Frames {
  const Operands& in;
  std::size_t later;
  std::optional<std::int64_t> margin;  // what padding adds to a signal, if that is known

  const Abstract& n_fft() const { return in[1]; }
  const Abstract& hop_length() const { return in[2]; }
  const Abstract& window() const { return in[4]; }
  const Abstract& onesided() const { return in[6 + later]; }
  const Abstract& return_complex() const { return in[7 + later]; }

  /// Complex signals and windows have both sides, so what isn't known to be real decides nothing.
  bool is_real(DType dtype) const {
    return !is_complex(dtype) && (!window().is_tensor() || window().type()->dtype == dtype);
  }

  Dim count(const Dim& size, std::int64_t points) const {
    const Abstract hop =
        hop_length().is_none() ? Abstract::integer(floor_div(Dim::known(points), 4).size) : hop_length();
    if (!margin || !hop.known_int() || *hop.known_int() <= 0) return {};
    const Dim spare = size + (Dim::known(*margin) - points);
    return is_at_least(spare, 0) ? floor_div(spare, *hop.known_int()) + 1 : Dim();
  }

  Abstract spectra() const {
    const std::optional<DType> dtype = need_float("stft", in.dtype(0));
    if (dtype == DType::kFloat16 || dtype == DType::kBFloat16)
      mismatch("stft", "float32, float64 or complex", std::string(name(*dtype)));
    const std::optional<Shape>& shape = in.shape(0);
    if (shape && shape->size() != 1 && shape->size() != 2)
      mismatch("stft", "signals of 1 or 2 dimensions", std::to_string(shape->size()));
    const bool is_told = shape && dtype && is_real(*dtype) && n_fft().known_int() &&
                         is_flag(onesided()) && is_flag(return_complex());
    if (!is_told) return in.tensor(std::nullopt, std::nullopt);
    const std::int64_t points = *n_fft().known_int();
    const bool is_half = onesided().is_none() || onesided().as_bool();
    Shape sizes(shape->begin(), shape->end() - 1);
    sizes.push_back(is_half ? floor_div(Dim::known(points), 2) + 1 : Dim::known(points));
    sizes.push_back(count(shape->back(), points));
    if (return_complex().known_bool() == true)
      return in.tensor(tile::complex_of(*dtype), std::move(sizes));
    sizes.push_back(Dim::known(2));
    return in.tensor(dtype, std::move(sizes));
  }
};

}  // namespace
}  // namespace tsx::engine::rules

TSX_RULE(signal_window_rule) {
  return in.tensor(dtype_or(in, DType::kFloat32), Shape{in[0].as_dim()});
}

TSX_RULE(signal_stft_rule) { return Frames{in, 0, 0}.spectra(); }

TSX_RULE(signal_stft_centred_rule) {
  const std::optional<bool> is_centred = in[5].known_bool();
  std::optional<std::int64_t> margin;
  if (is_centred) margin = 0;
  if (is_centred == true && in[1].known_int())
    margin = floor_div(Dim::known(*in[1].known_int()), 2).size * 2;
  return Frames{in, 2, margin}.spectra();
}

TSX_RULE(signal_istft_rule) {
  const std::optional<DType> dtype = in.dtype(0);
  if (dtype && !is_complex(*dtype))
    mismatch("istft", "a complex tensor", std::string(name(*dtype)));
  const std::optional<bool> is_complex_result = in[9].known_bool();
  if (!dtype || !is_complex_result) return in.tensor(std::nullopt, std::nullopt);
  const DType chosen = *is_complex_result ? *dtype : tile::real_of(*dtype);
  if (!in.shape(0)) return in.tensor(chosen, std::nullopt);
  Shape shape = *in.shape(0);
  shape.resize(shape.size() > 2 ? shape.size() - 2 : 0);
  shape.push_back(in[8].as_dim());
  return in.tensor(chosen, std::move(shape));
}
