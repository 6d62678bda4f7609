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

/// The sizes of a result, and the factors that were given.
struct Target {
  Dims sizes;
  Factors factors;
};

/// One of sizes and factors, of which the other is None.
Target target_of(const Tensor& x, std::size_t dims, const Value& size, const Value& factor) {
  if (size.is_none() == factor.is_none()) {
    refuse(std::string("expected one of size and scale_factor, got ") +
           (size.is_none() ? "none" : "both"));
  }
  need_rank(x, dims + 2, dims + 2);
  Dims sizes;
  Factors factors;
  if (factor.is_none()) {
    for (const Value& item : size.elements())
      sizes.push_back(item.is(Tag::kInt) ? item.integer() : -1);
    factors.assign(dims, {});
  } else {
    factors = factors_in(factor);
    for (std::size_t i = 0; i < std::min(factors.size(), dims); ++i)
      sizes.push_back(scaled(x.size(2 + i), *factors[i]));
  }
  if (sizes.size() != dims || factors.size() != dims) {
    refuse("expected " + std::to_string(dims) + " output sizes or factors, got " + text_of(sizes));
  }
  return {sizes, factors};
}

/// (input, output_size, [align_corners,] scale_factors)
template <Resampling kind, std::size_t dims> void vec_kernel(Call& call) {
  constexpr std::size_t last = is_nearest(kind) ? 2 : 3;
  const TensorRef x = call.tensor_ref(0);
  const Target target = target_of(*x, dims, call[1], call[last]);
  call.give(interpolated(kind, x, target.sizes, target.factors, last == 3 && call.boolean(2)));
}

// --- TorchScript's __interpolate -----------------------------------------------------------------

/// A single size or factor as one for each dimension.
Value repeated(const Value& value, std::size_t dims) {
  if (value.is_none() || value.is(Tag::kList) || value.is(Tag::kTuple)) return value;
  return Value(make_ref<List>(std::vector<Value>(dims, value)));
}

/// The mode that a word means for `dims` dimensions; none for "area".
std::optional<Resampling> mode_of(const std::string& word, std::size_t dims, bool is_smooth) {
  struct Row {
    const char* word;
    std::size_t dims; // 0: any
    Resampling kind;
  };
  constexpr Row kRows[] = {{"nearest", 0, Resampling::kNearest},
                           {"nearest-exact", 0, Resampling::kNearestExact},
                           {"linear", 1, Resampling::kLinear},
                           {"bilinear", 2, Resampling::kLinear},
                           {"trilinear", 3, Resampling::kLinear},
                           {"bicubic", 2, Resampling::kCubic}};
  if (is_smooth && word != "bilinear" && word != "bicubic")
    refuse("expected antialias with bilinear or bicubic only, got '" + word + "'");
  if (word == "area") return {};
  for (const Row& row : kRows) {
    if (word != row.word || (row.dims != 0 && row.dims != dims)) continue;
    if (!is_smooth) return row.kind;
    return row.kind == Resampling::kLinear ? Resampling::kLinearSmooth : Resampling::kCubicSmooth;
  }
  refuse("expected a mode that fits " + std::to_string(dims + 2) + " dimensions, got '" + word +
         "'");
}

/// (input, size, scale_factor, mode, align_corners, recompute_scale_factor, antialias)
void word_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  need_rank(*x, 3, 5);
  const std::size_t dims = x->rank() - 2;
  const auto kind = mode_of(call.string(3), dims, call.boolean(6));
  const Target target = target_of(*x, dims, repeated(call[1], dims), repeated(call[2], dims));
  if (!kind) {
    const char* const means[] = {"aten::adaptive_avg_pool1d", "aten::adaptive_avg_pool2d",
                                 "aten::adaptive_avg_pool3d"};
    return call.give(invoke(call, means[dims - 1], {Value(x), list_of(target.sizes)}));
  }
  const bool recomputes = !call.is_none(5) && call.boolean(5);
  const bool corners = !is_nearest(*kind) && !call.is_none(4) && call.boolean(4);
  call.give(interpolated(*kind, x, target.sizes, recomputes ? Factors(dims) : target.factors,
                         corners));
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
  registry.add("aten::__interpolate", word_kernel);
  registry.add("aten::__interpolate.size_list", word_kernel);
  registry.add("aten::__interpolate.scale_list", word_kernel);
  registry.add("aten::__interpolate.size_list_scale_list", word_kernel);
}
