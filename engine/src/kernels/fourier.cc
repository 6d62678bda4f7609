// The fft_ family and the three transforms below it (tsx/ops/fourier.py).
#include <cmath>

#include "base/error.h"
#include "kernels/fft.h"
#include "kernels/support.h"
#include "kernels/views.h"
#include "tile/promote.h"
#include "tile/run.h"

namespace tsx::engine {
namespace {

/// What the input must be and the output is: complex or real (R) numbers.
enum class Kind : std::uint8_t { kC2C, kR2C, kC2R };
enum class Way : std::uint8_t { kForward, kInverse };

/// Integers are transformed as float32; half precision is not.
TensorRef prepared(const TensorRef& x, Kind kind) {
  const bool is_whole = !is_float(x->dtype()) && !is_complex(x->dtype());
  const DType dtype = is_whole ? DType::kFloat32 : x->dtype();
  if (item_size(dtype) < 4)
    refuse("expected float32, float64 or a complex dtype, got " + std::string(name(dtype)));
  if (kind == Kind::kR2C && is_complex(dtype))
    refuse("expected a real tensor, got " + std::string(name(dtype)));
  return tile::cast(x, dtype);
}

DType result_dtype(DType dtype, Kind kind) {
  return kind == Kind::kC2R ? tile::real_of(dtype) : tile::complex_of(tile::real_of(dtype));
}

/// By what a transform of `count` numbers is multiplied.
double scale_of(const Value& norm, Way way, double count) {
  const std::string mode = norm.is_none() ? "backward" : norm.string();
  if (mode == "ortho") return 1 / std::sqrt(count);
  if (mode != "backward" && mode != "forward")
    refuse("expected norm backward, ortho or forward, got '" + mode + "'");
  return (mode == "forward") == (way == Way::kForward) ? 1 / count : 1;
}

/// The transform along one axis of a complex128 tensor; `norm` may be None.
TensorRef along(const TensorRef& x, std::size_t axis, std::int64_t length, Kind kind, Way way,
                const Value& norm) {
  const double scale = scale_of(norm, way, static_cast<double>(length));
  const bool is_inverse = way == Way::kInverse;
  if (kind == Kind::kC2R) return real_transformed(x, axis, length, is_inverse, scale);
  const TensorRef whole = transformed(x, axis, length, is_inverse, scale);
  return kind == Kind::kR2C ? plain(part(*whole, axis, 0, length / 2 + 1)) : whole;
}

template <Kind kind, Way way> void one_kernel(Call& call) {
  const TensorRef x = prepared(call.tensor_ref(0), kind);
  const std::size_t axis = axis_of(call.integer(2), x->rank());
  if (x->rank() == 0) refuse("expected a tensor with a dimension, got a 0-dim tensor");
  const std::int64_t own = kind == Kind::kC2R ? 2 * (x->size(axis) - 1) : x->size(axis);
  const TensorRef result = along(plain(x, DType::kComplex128), axis,
                                 call.optional_integer(1).value_or(own), kind, way, call[3]);
  call.give(tile::cast(result, result_dtype(x->dtype(), kind)));
}

/// The axes of a transform over several dimensions, and the length along each.
struct Extent {
  std::vector<std::size_t> axes;
  std::vector<std::int64_t> lengths;
};

std::vector<std::size_t> places(const Tensor& x, const Dims& dims) {
  axes_of(dims, x.rank());  // each once
  std::vector<std::size_t> found;
  for (std::size_t i = 0; dims.empty() && i < x.rank(); ++i)
    found.push_back(i);
  if (x.rank() == 0 && !dims.empty()) refuse("expected a tensor with a dimension, got a 0-dim tensor");
  for (const std::int64_t dim : dims)
    found.push_back(axis_of(dim, x.rank()));
  return found;
}

Extent extent_of(const Tensor& x, const std::optional<Dims>& sizes, std::optional<Dims> dims,
                 Kind kind) {
  if (dims && dims->empty()) refuse("expected one dimension or more, got none");
  if (!dims && sizes) {
    dims = Dims();
    for (std::size_t i = 0; i < sizes->size(); ++i)
      dims->push_back(static_cast<std::int64_t>(x.rank() + i) -
                      static_cast<std::int64_t>(sizes->size()));
  }
  Extent extent{places(x, dims.value_or(Dims())), {}};
  if (sizes && sizes->size() != extent.axes.size())
    refuse("expected " + std::to_string(extent.axes.size()) + " sizes, got " + text_of(*sizes));
  for (std::size_t i = 0; i < extent.axes.size(); ++i) {
    const bool is_halved = kind == Kind::kC2R && i + 1 == extent.axes.size();
    const std::int64_t own = x.size(extent.axes[i]);
    const bool is_given = sizes && (*sizes)[i] != -1;
    extent.lengths.push_back(is_given ? (*sizes)[i] : is_halved ? 2 * (own - 1) : own);
  }
  return extent;
}

/// Real numbers are transformed along the last axis first, and come out of it last.
TensorRef over(const TensorRef& x, const Extent& extent, Kind kind, Way way, const Value& norm) {
  TensorRef result = plain(x, DType::kComplex128);
  const std::size_t count = extent.axes.size();
  if (count == 0 && kind != Kind::kC2C) refuse("expected a tensor with a dimension");
  if (count == 0) return copy(*result);
  const auto transform = [&](std::size_t i, Kind own) {
    result = along(result, extent.axes[i], extent.lengths[i], own, way, norm);
  };
  if (kind == Kind::kR2C) transform(count - 1, kind);
  for (std::size_t i = kind == Kind::kC2C ? count : count - 1; i-- > 0;)
    transform(i, Kind::kC2C);
  if (kind == Kind::kC2R) transform(count - 1, kind);
  return result;
}

template <Kind kind, Way way> void several_kernel(Call& call) {
  const TensorRef x = prepared(call.tensor_ref(0), kind);
  scale_of(call[3], way, 1);  // refuses another mode
  const Extent extent = extent_of(*x, call.optional_ints(1), call.optional_ints(2), kind);
  call.give(tile::cast(plain(over(x, extent, kind, way, call[3])), result_dtype(x->dtype(), kind)));
}

// --- the transforms below -----------------------------------------------------------------------

/// torch's fft_norm_mode: none, by the root of the number of elements, by the number.
TensorRef normalized(const TensorRef& x, const Extent& extent, std::int64_t mode) {
  double count = 1;
  for (const std::int64_t length : extent.lengths)
    count *= static_cast<double>(length);
  if (mode < 0 || mode > 2) refuse("expected a normalization of 0, 1 or 2, got " + std::to_string(mode));
  const double scale = mode == 0 ? 1 : mode == 1 ? 1 / std::sqrt(count) : 1 / count;
  auto* const parts = x->mutable_data<double>();
  for (std::int64_t i = 0; i < x->count() * (is_complex(x->dtype()) ? 2 : 1); ++i)
    parts[i] *= scale;
  return x;
}

/// Says that nothing is multiplied.
Value unscaled(Way way) {
  return Value(std::string_view(way == Way::kForward ? "backward" : "forward"));
}

void r2c_kernel(Call& call) {
  const TensorRef x = prepared(call.tensor_ref(0), Kind::kR2C);
  const Extent extent = extent_of(*x, {}, call.ints(1), Kind::kR2C);
  const Kind kind = call.boolean(3) ? Kind::kR2C : Kind::kC2C;
  const TensorRef result = over(x, extent, kind, Way::kForward, unscaled(Way::kForward));
  call.give(
      tile::cast(normalized(result, extent, call.integer(2)), result_dtype(x->dtype(), kind)));
}

void c2r_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  if (item_size(x->dtype()) < 4 || (!is_complex(x->dtype()) && !is_float(x->dtype())))
    refuse("expected a complex tensor, got " + std::string(name(x->dtype())));
  Extent extent{places(*x, call.ints(1)), {}};
  for (const std::size_t axis : extent.axes)
    extent.lengths.push_back(x->size(axis));
  if (!extent.lengths.empty()) extent.lengths.back() = call.integer(3);
  const TensorRef result = over(x, extent, Kind::kC2R, Way::kInverse, unscaled(Way::kInverse));
  call.give(tile::cast(normalized(result, extent, call.integer(2)), tile::real_of(x->dtype())));
}

void c2c_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  if (!is_complex(x->dtype()))
    refuse("expected a complex tensor, got " + std::string(name(x->dtype())));
  const Extent extent = extent_of(*x, {}, call.ints(1), Kind::kC2C);
  const Way way = call.boolean(3) ? Way::kForward : Way::kInverse;
  const TensorRef result = over(x, extent, Kind::kC2C, way, unscaled(way));
  call.give(tile::cast(normalized(result, extent, call.integer(2)), x->dtype()));
}

// --- shifts and frequencies ---------------------------------------------------------------------

template <Way way> void shift_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  std::vector<std::int64_t> shifts, axes;
  for (const std::size_t axis : places(*x, call.optional_ints(1).value_or(Dims()))) {
    const std::int64_t half = x->size(axis) / 2;
    shifts.push_back(way == Way::kForward ? half : -half);
    axes.push_back(static_cast<std::int64_t>(axis));
  }
  if (axes.empty()) return call.give(copy(*x));
  call.give(invoke(call, "aten::roll",
                   {Value(x), list_of(Span<const std::int64_t>(shifts)),
                    list_of(Span<const std::int64_t>(axes))}));
}

/// `is_real`: without the negative frequencies.
template <bool is_real> void frequencies_kernel(Call& call) {
  const std::int64_t count = call.integer(0);
  const double spacing = call.real(1);
  if (count < 1 || spacing == 0)
    refuse("expected 1 point or more, and a spacing, got " + std::to_string(count));
  const double unit = 1.0 / (static_cast<double>(count) * spacing);
  const TensorRef made = Tensor::empty(DType::kFloat64, {is_real ? count / 2 + 1 : count});
  auto* const to = made->mutable_data<double>();
  for (std::int64_t i = 0; i < made->count(); ++i)
    to[i] = static_cast<double>(is_real || 2 * i < count ? i : i - count) * unit;
  call.give(tile::cast(made, call.optional_dtype(2).value_or(DType::kFloat32)));
}

}  // namespace
}  // namespace tsx::engine

TSX_KERNELS(fourier) {
  registry.add("aten::fft_fft", one_kernel<Kind::kC2C, Way::kForward>);
  registry.add("aten::fft_ifft", one_kernel<Kind::kC2C, Way::kInverse>);
  registry.add("aten::fft_rfft", one_kernel<Kind::kR2C, Way::kForward>);
  registry.add("aten::fft_irfft", one_kernel<Kind::kC2R, Way::kInverse>);
  registry.add("aten::fft_hfft", one_kernel<Kind::kC2R, Way::kForward>);
  registry.add("aten::fft_ihfft", one_kernel<Kind::kR2C, Way::kInverse>);
  registry.add("aten::fft_fft2", several_kernel<Kind::kC2C, Way::kForward>);
  registry.add("aten::fft_ifft2", several_kernel<Kind::kC2C, Way::kInverse>);
  registry.add("aten::fft_rfft2", several_kernel<Kind::kR2C, Way::kForward>);
  registry.add("aten::fft_irfft2", several_kernel<Kind::kC2R, Way::kInverse>);
  registry.add("aten::fft_fftn", several_kernel<Kind::kC2C, Way::kForward>);
  registry.add("aten::fft_ifftn", several_kernel<Kind::kC2C, Way::kInverse>);
  registry.add("aten::fft_rfftn", several_kernel<Kind::kR2C, Way::kForward>);
  registry.add("aten::fft_irfftn", several_kernel<Kind::kC2R, Way::kInverse>);
  registry.add("aten::_fft_r2c", r2c_kernel);
  registry.add("aten::_fft_c2r", c2r_kernel);
  registry.add("aten::_fft_c2c", c2c_kernel);
  registry.add("aten::fft_fftshift", shift_kernel<Way::kForward>);
  registry.add("aten::fft_ifftshift", shift_kernel<Way::kInverse>);
  registry.add("aten::fft_fftfreq", frequencies_kernel<false>);
  registry.add("aten::fft_rfftfreq", frequencies_kernel<true>);
}
