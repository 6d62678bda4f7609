// The short-time Fourier transform and its inverse (tsx/ops/signal.py), computed in double.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "kernels/fft.h"
#include "kernels/support.h"
#include "kernels/views.h"
#include "tile/promote.h"
#include "tile/run.h"

namespace tsx::engine {
namespace {

using Complex = Fourier::Complex;

/// Whether numbers of a dtype, beside float32, are computed in double by NumPy.
bool is_wide(DType dtype) {
  return dtype == DType::kFloat64 || dtype == DType::kComplex128 || dtype == DType::kInt64 ||
         dtype == DType::kInt32;
}

/// How the operands of both transforms say what a frame is.
struct Frames {
  std::int64_t length, hop;
  std::vector<Complex> window;  // of `length`: padded on both sides
  bool is_complex = false;      // the window
  bool is_double = false;

  explicit Frames(const Call& call)
      : length(call.integer(1)), hop(call.optional_integer(2).value_or(length / 4)) {
    const std::int64_t own = call.optional_integer(3).value_or(length);
    const Tensor* given = call.optional_tensor(4);
    if (own < 1 || own > length || (given && given->sizes() != Dims{own}))
      refuse("expected a window of " + std::to_string(own) + " points, at most " +
             std::to_string(length) + ", got " +
             (given ? text_of(given->sizes()) : std::to_string(own)));
    window.assign(Size(length).count(), Complex());
    const auto begin = window.begin() + (length - own) / 2;
    if (!given) {
      std::fill_n(begin, own, Complex(1));
      return;
    }
    is_complex = engine::is_complex(given->dtype());
    is_double = is_wide(given->dtype());
    const TensorRef values = plain(call.tensor_ref(4), DType::kComplex128);
    std::copy_n(values->data<Complex>(), own, begin);
  }
};

TensorRef spectra_of(const TensorRef& x, const Frames& frames, bool is_one_sided, double scale) {
  const std::int64_t size = x->sizes().back(), length = frames.length;
  const std::int64_t count = (size - length) / frames.hop + 1;
  const std::int64_t batch = x->rank() == 2 ? x->size(0) : 1;
  const TensorRef cut = Tensor::empty(DType::kComplex128, {batch, count, length});
  const TensorRef source = plain(x, DType::kComplex128);
  auto* to = cut->mutable_data<Complex>();
  for (std::int64_t i = 0; i < batch * count; ++i) {
    const Complex* from = source->data<Complex>() + i / count * size + i % count * frames.hop;
    for (const Complex& weight : frames.window)
      *to++ = weight.imag() == 0 ? *from++ * weight.real() : *from++ * weight;
  }
  TensorRef found = transformed(cut, 2, length, false, scale);
  if (is_one_sided) found = part(*found, 2, 0, length / 2 + 1);
  found = transpose(*found, 1, 2);
  return plain(x->rank() == 2 ? found : squeeze_axis(*found, 0));
}

/// Operands behind the window: normalized, onesided, return_complex, align_to_window.
void give_spectra(Call& call, const TensorRef& x, const Frames& frames, std::size_t at) {
  const DType real = tile::real_of(x->dtype());
  if (real != DType::kFloat32 && real != DType::kFloat64)
    refuse("expected float32, float64 or complex, got " + std::string(name(x->dtype())));
  if (!call.is_none(at + 3) && call.boolean(at + 3))
    refuse("expected align_to_window None or False, got True");
  if (x->rank() < 1 || x->rank() > 2 || frames.length > x->sizes().back() || frames.hop < 1)
    refuse("expected 1-D or 2-D signals of n_fft samples or more, got " + text_of(x->sizes()) +
           ", n_fft " + std::to_string(frames.length) + ", hop " + std::to_string(frames.hop));
  const bool is_complex = frames.is_complex || engine::is_complex(x->dtype());
  const bool is_one_sided = call.is_none(at + 1) ? !is_complex : call.boolean(at + 1);
  if (is_one_sided && is_complex) refuse("expected real frames for one side of the spectrum");
  const double scale = call.boolean(at) ? 1 / std::sqrt(static_cast<double>(frames.length)) : 1;
  const DType parts =
      frames.is_double || real == DType::kFloat64 ? DType::kFloat64 : DType::kFloat32;
  const TensorRef found =
      tile::cast(spectra_of(x, frames, is_one_sided, scale), tile::complex_of(parts));
  if (call.is_none(at + 2) ? is_complex : call.boolean(at + 2)) return call.give(found);
  Dims sizes = found->sizes();
  sizes.push_back(2);
  call.give(make_ref<Tensor>(found->storage(), parts, sizes, row_major(sizes)));
}

void stft_kernel(Call& call) { give_spectra(call, call.tensor_ref(0), Frames(call), 5); }

/// Half a frame is added at both ends.
TensorRef centred(Call& call, const TensorRef& x) {
  const std::int64_t half[] = {call.integer(1) / 2, call.integer(1) / 2};
  const Value result = invoke(call, "aten::pad",
                              {Value(x->rank() == 1 ? unsqueeze(*x, 0) : x),
                               list_of(Span<const std::int64_t>(half)), call[6], Value()});
  return x->rank() == 1 ? squeeze_axis(result.tensor(), 0) : result.tensor_ref();
}

void stft_centred_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  need_rank(*x, 1, 2);
  const Frames frames(call);
  give_spectra(call, call.boolean(5) ? centred(call, x) : x, frames, 7);
}

// --- the inverse --------------------------------------------------------------------------------

/// Frames added up where they stand, and what their windows add up to.
struct Sums {
  std::vector<Complex> total;  // [batch][length]
  std::vector<Complex> weight;
};

Sums added(const Tensor& frames, const Frames& shape, std::int64_t batch, std::int64_t count,
           bool is_real) {
  const Size length = Size(shape.length + shape.hop * (count - 1));
  Sums sums{std::vector<Complex>((Size(batch) * length).count()),
            std::vector<Complex>(length.count())};
  const auto* from = frames.data<Complex>();
  for (std::int64_t i = 0; i < batch * count; ++i) {
    Complex* to = sums.total.data() + i / count * length.value() + i % count * shape.hop;
    for (const Complex& weight : shape.window) {
      const Complex number = is_real ? Complex(from->real()) : *from;
      *to++ += weight.imag() == 0 ? number * weight.real() : number * weight;
      ++from;
    }
  }
  for (std::int64_t i = 0; i < count; ++i)
    for (std::size_t k = 0; k < shape.window.size(); ++k)
      sums.weight[static_cast<std::size_t>(i * shape.hop) + k] += shape.window[k] * shape.window[k];
  return sums;
}

/// The frames that `x` (batch, frequency, frame) has the spectra of. A real signal has half of a
/// two-sided spectrum: torch reads the first half, whatever the second says.
TensorRef frames_of(const TensorRef& x, const Frames& shape, bool is_one_sided, bool is_real,
                    double scale) {
  const TensorRef lines = plain(transpose(*x, 1, 2), DType::kComplex128);
  if (!is_one_sided && x->size(1) != shape.length)
    refuse("expected " + std::to_string(shape.length) + " frequencies, got " +
           std::to_string(x->size(1)));
  if (!is_one_sided && !is_real) return transformed(lines, 2, shape.length, true, scale);
  return plain(real_transformed(lines, 2, shape.length, true, scale), DType::kComplex128);
}

void istft_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  if (!is_complex(x->dtype()) || x->rank() < 2 || x->rank() > 3)
    refuse("expected a complex tensor of 2 or 3 dimensions, got " + std::string(name(x->dtype())) +
           " of sizes " + text_of(x->sizes()));
  const Frames shape(call);
  const TensorRef batched = x->rank() == 3 ? x : unsqueeze(*x, 0);
  const std::int64_t batch = batched->size(0), count = batched->size(2);
  if (shape.hop < 0 || count < 1) refuse("expected one frame or more");
  const bool is_one_sided =
      call.is_none(7) ? batched->size(1) != shape.length : call.boolean(7);
  const bool is_real = !call.boolean(9);
  const double length = static_cast<double>(shape.length);
  const double scale = (call.boolean(6) ? std::sqrt(length) : 1) / length;
  const TensorRef frames = frames_of(batched, shape, is_one_sided, is_real, scale);
  const Sums sums = added(*frames, shape, batch, count, is_real);

  const auto whole = static_cast<std::int64_t>(sums.weight.size());
  const std::int64_t margin = call.boolean(5) ? shape.length / 2 : 0;
  const std::optional<std::int64_t> wanted = call.optional_integer(8);
  if (wanted) need_sizes(Dims{*wanted});
  const std::int64_t start = std::min(margin, whole);
  const std::int64_t end =
      std::clamp(wanted ? (Size(start) + Size(*wanted)).value() : whole - margin, start, whole);
  Dims sizes = Dims{batch, wanted.value_or(end - start)};
  const TensorRef signal = Tensor::zeros(DType::kComplex128, sizes);
  auto* const to = signal->mutable_data<Complex>();
  for (std::int64_t i = start; i < end; ++i) {
    const Complex weight = sums.weight[static_cast<std::size_t>(i)];
    if (std::abs(weight) < 1e-11)
      refuse("expected windows that overlap everywhere, got a hop of " +
             std::to_string(shape.hop));
    for (std::int64_t row = 0; row < batch; ++row)
      to[row * sizes[1] + i - start] =
          sums.total[static_cast<std::size_t>(row * whole + i)] / weight;
  }
  const TensorRef made = tile::cast(signal, is_real ? tile::real_of(x->dtype()) : x->dtype());
  call.give(x->rank() == 3 ? made : squeeze_axis(*made, 0));
}

}  // namespace
}  // namespace tsx::engine

TSX_KERNELS(signal) {
  registry.add("aten::stft", stft_kernel);
  registry.add("aten::stft.center", stft_centred_kernel);
  registry.add("aten::istft", istft_kernel);
}
