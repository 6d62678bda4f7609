// Mirrors tsx/ops/interpolate.py: images of other sizes, axis by axis.
#include <cmath>

#include "base/error.h"
#include "kernels/resample.h"
#include "kernels/rows.h"
#include "kernels/support.h"
#include "tile/run.h"

namespace tsx::engine {
namespace {

using Factors = std::vector<std::optional<double>>;

constexpr bool is_nearest(Resampling kind) {
  return kind == Resampling::kNearest || kind == Resampling::kNearestExact;
}

TensorRef interpolated(Resampling kind, const TensorRef& x, const Dims& sizes,
                       const Factors& factors, bool corners) {
  const std::size_t dims = sizes.size();
  need_rank(*x, dims + 2, dims + 2);
  for (std::size_t i = 0; i < dims; ++i) {
    if (sizes[i] < 1 || x->size(2 + i) < 1)
      refuse("expected input and output sizes of at least 1, got " + text_of(sizes));
  }
  DType work = x->dtype();
  if (!is_nearest(kind) && work != DType::kUInt8) work = float_work(work);
  Dims shape{x->size(0), x->size(1)};
  for (const std::int64_t size : sizes)
    shape.push_back(size);
  if (x->count() == 0) return Tensor::zeros(x->dtype(), shape);
  count_of(shape);
  // Bytes take their places from float64, as NumPy's do.
  const bool is_double = work == DType::kFloat64 || work == DType::kUInt8;
  TensorRef result = tile::cast(x, work);
  for (std::size_t i = dims; i-- > 0;) { // the last axis first, as bytes are rounded after each
    result = resample(result, 2 + i,
                      taps_of(kind, x->size(2 + i), sizes[i], factors[i], corners, is_double));
  }
  return tile::cast(result, x->dtype());
}

/// floor(size * factor).
std::int64_t scaled(std::int64_t size, double factor) {
  const double exact = static_cast<double>(size) * factor;
  if (!(std::abs(exact) < 9e15)) refuse("expected finite scale factors");
  return static_cast<std::int64_t>(exact);
}

/// (self, output_size, [align_corners,] a scale for each dimension)
template <Resampling kind, std::size_t dims> void sized_kernel(Call& call) {
  constexpr std::size_t first = is_nearest(kind) ? 2 : 3;
  Dims sizes = call.ints(1);
  if (sizes.size() == 1) sizes = Dims::filled(dims, sizes[0]);
  if (sizes.size() != dims)
    refuse("expected " + std::to_string(dims) + " output sizes, got " + text_of(sizes));
  Factors factors;
  for (std::size_t i = 0; i < dims; ++i)
    factors.push_back(call.optional_real(first + i));
  call.give(interpolated(kind, call.tensor_ref(0), sizes, factors, first == 3 && call.boolean(2)));
}

Factors factors_in(const Value& value) {
  Factors factors;
  for (const Value& item : value.elements()) {
    const bool is_number = item.is(Tag::kFloat) || item.is(Tag::kInt);
    if (!is_number) refuse("expected scale factors that are numbers");
    factors.push_back(item.is(Tag::kFloat) ? item.real() : static_cast<double>(item.integer()));
  }
  return factors;
}

/// One of sizes and factors, of which the other is None.
TensorRef by_either(Resampling kind, const TensorRef& x, std::size_t dims, const Value& size,
                    const Value& factor, bool corners) {
  if (size.is_none() == factor.is_none()) {
    refuse(std::string("expected one of size and scale_factor, got ") +
           (size.is_none() ? "none" : "both"));
  }
  need_rank(*x, dims + 2, dims + 2);
  Dims sizes;
  Factors factors;
  if (factor.is_none()) {
    for (const Value& item : size.elements())
      sizes.push_back(item.is(Tag::kInt) ? item.integer() : -1);
    factors.assign(dims, {});
  } else {
    factors = factors_in(factor);
    for (std::size_t i = 0; i < std::min(factors.size(), dims); ++i)
      sizes.push_back(scaled(x->size(2 + i), *factors[i]));
  }
  if (sizes.size() != dims || factors.size() != dims) {
    refuse("expected " + std::to_string(dims) + " output sizes or factors, got " + text_of(sizes));
  }
  return interpolated(kind, x, sizes, factors, corners);
}

/// (input, output_size, [align_corners,] scale_factors)
template <Resampling kind, std::size_t dims> void vec_kernel(Call& call) {
  constexpr std::size_t last = is_nearest(kind) ? 2 : 3;
  call.give(
      by_either(kind, call.tensor_ref(0), dims, call[1], call[last], last == 3 && call.boolean(2)));
}

} // namespace
} // namespace tsx::engine

TSX_KERNELS(interpolate) {
  registry.add("aten::upsample_nearest1d", sized_kernel<Resampling::kNearest, 1>);
  registry.add("aten::upsample_nearest1d.vec", vec_kernel<Resampling::kNearest, 1>);
  registry.add("aten::upsample_nearest2d", sized_kernel<Resampling::kNearest, 2>);
  registry.add("aten::upsample_nearest2d.vec", vec_kernel<Resampling::kNearest, 2>);
  registry.add("aten::upsample_nearest3d", sized_kernel<Resampling::kNearest, 3>);
  registry.add("aten::upsample_nearest3d.vec", vec_kernel<Resampling::kNearest, 3>);
  registry.add("aten::_upsample_nearest_exact1d", sized_kernel<Resampling::kNearestExact, 1>);
  registry.add("aten::_upsample_nearest_exact1d.vec", vec_kernel<Resampling::kNearestExact, 1>);
  registry.add("aten::_upsample_nearest_exact2d", sized_kernel<Resampling::kNearestExact, 2>);
  registry.add("aten::_upsample_nearest_exact2d.vec", vec_kernel<Resampling::kNearestExact, 2>);
  registry.add("aten::_upsample_nearest_exact3d", sized_kernel<Resampling::kNearestExact, 3>);
  registry.add("aten::_upsample_nearest_exact3d.vec", vec_kernel<Resampling::kNearestExact, 3>);
  registry.add("aten::upsample_linear1d", sized_kernel<Resampling::kLinear, 1>);
  registry.add("aten::upsample_linear1d.vec", vec_kernel<Resampling::kLinear, 1>);
  registry.add("aten::upsample_bilinear2d", sized_kernel<Resampling::kLinear, 2>);
  registry.add("aten::upsample_bilinear2d.vec", vec_kernel<Resampling::kLinear, 2>);
  registry.add("aten::upsample_trilinear3d", sized_kernel<Resampling::kLinear, 3>);
  registry.add("aten::upsample_trilinear3d.vec", vec_kernel<Resampling::kLinear, 3>);
  registry.add("aten::upsample_bicubic2d", sized_kernel<Resampling::kCubic, 2>);
  registry.add("aten::upsample_bicubic2d.vec", vec_kernel<Resampling::kCubic, 2>);
  registry.add("aten::_upsample_bilinear2d_aa", sized_kernel<Resampling::kLinearSmooth, 2>);
  registry.add("aten::_upsample_bilinear2d_aa.vec", vec_kernel<Resampling::kLinearSmooth, 2>);
  registry.add("aten::_upsample_bicubic2d_aa", sized_kernel<Resampling::kCubicSmooth, 2>);
  registry.add("aten::_upsample_bicubic2d_aa.vec", vec_kernel<Resampling::kCubicSmooth, 2>);
}
