// Mirrors tsx/ops/deformable.py: a convolution whose taps are moved by an offset each. The moved
// image is sampled into columns in the operands' dtype; columns and weight meet in one product.
#include <cmath>

#include "base/error.h"
#include "kernels/elementwise.h"
#include "kernels/gemm.h"
#include "kernels/places.h"
#include "kernels/regions.h"
#include "kernels/rows.h"
#include "kernels/views.h"
#include "kernels/windows.h"
#include "threads/pool.h"
#include "tile/run.h"

namespace tsx::engine {
namespace {

/// Everything of a call but the elements. Windows keep their two axes in the last places.
struct Layout {
  Windows windows;
  std::int64_t groups, offset_groups, images, channels, filters;

  std::int64_t taps() const { return windows.places(); }
  std::int64_t outputs() const { return windows.outputs(); }
};

/// The bilinear value of a plane; elements outside of it are zero.
template <typename T> T sampled(const T* plane, const Windows& w, T y, T x) {
  const auto wide_y = static_cast<double>(y), wide_x = static_cast<double>(x);
  const auto height = static_cast<double>(w.in[1]), width = static_cast<double>(w.in[2]);
  if (!(wide_y > -1 && wide_y < height && wide_x > -1 && wide_x < width)) return T(0.0);
  const double top = std::floor(wide_y), left = std::floor(wide_x);
  const auto row = static_cast<std::int64_t>(top), column = static_cast<std::int64_t>(left);
  const auto at = [&](std::int64_t i, std::int64_t j) {
    return i < 0 || i >= w.in[1] || j < 0 || j >= w.in[2] ? T(0.0) : plane[i * w.in[2] + j];
  };
  const T ly = y - T(top), lx = x - T(left), hy = T(1.0) - ly, hx = T(1.0) - lx;
  return hy * hx * at(row, column) + hy * lx * at(row, column + 1) + ly * hx * at(row + 1, column) +
         ly * lx * at(row + 1, column + 1);
}

/// The operands of one image.
template <typename T> struct Image {
  const T *pixels, *offsets, *scales; // scales may be null

  /// What the kernel meets: [channels][taps][outputs].
  void columns(const Layout& layout, T* to) const {
    const Windows& w = layout.windows;
    const std::int64_t taps = layout.taps(), outputs = layout.outputs();
    const std::int64_t each = layout.channels / layout.offset_groups;
    threads::parallel(static_cast<std::size_t>(layout.channels * taps), 1,
                      [&](std::size_t begin, std::size_t end) {
                        for (auto i = static_cast<std::int64_t>(begin);
                             i < static_cast<std::int64_t>(end); ++i)
                          row(w, i / taps, i / taps / each * taps + i % taps, i % taps,
                              to + i * outputs);
                      });
  }

 private:
  void row(const Windows& w, std::int64_t channel, std::int64_t move, std::int64_t tap,
           T* to) const {
    const std::int64_t outputs = w.outputs(), plane = w.in[1] * w.in[2];
    const T *const down = offsets + 2 * move * outputs, *const right = down + outputs;
    const std::int64_t i = tap / w.kernel[2], j = tap % w.kernel[2];
    for (std::int64_t at = 0; at < outputs; ++at) {
      const std::int64_t y = at / w.out[2] * w.stride[1] - w.pad[1] + i * w.dilation[1];
      const std::int64_t x = at % w.out[2] * w.stride[2] - w.pad[2] + j * w.dilation[2];
      const T value = sampled(pixels + channel * plane, w, T(static_cast<double>(y)) + down[at],
                              T(static_cast<double>(x)) + right[at]);
      to[at] = scales ? scales[move * outputs + at] * value : value;
    }
  }
};

void need_sizes_of(const char* what, const Tensor& tensor, const Dims& sizes) {
  if (tensor.sizes() != sizes)
    refuse("expected " + std::string(what) + " of sizes " + text_of(sizes) + ", got " +
           text_of(tensor.sizes()));
}

Layout layout_of(Call& call) {
  const Tensor &x = call.tensor(0), &weight = call.tensor(1);
  for (const std::size_t i : {std::size_t{0}, std::size_t{1}, std::size_t{2}})
    need_rank(call.tensor(i), 4, 4);
  Layout layout{{}, call.integer(11), call.integer(12), x.size(0), x.size(1), weight.size(0)};
  if (layout.groups < 1 || layout.offset_groups < 1) refuse("needs groups of at least 1");
  if ((Size(weight.size(1)) * Size(layout.groups)) != Size(layout.channels))
    refuse("expected an input with " + std::to_string(weight.size(1) * layout.groups) +
           " channels, got " + text_of(x.sizes()));
  if (layout.filters % layout.groups != 0 || layout.channels % layout.offset_groups != 0)
    refuse("expected channels to divide into groups");
  Windows& w = layout.windows;
  w.dims = 2;
  for (std::size_t a = 0; a < 2; ++a) {
    w.in[1 + a] = x.size(2 + a);
    w.kernel[1 + a] = weight.size(2 + a);
    w.stride[1 + a] = call.integer(5 + a);
    w.pad[1 + a] = call.integer(7 + a);
    w.dilation[1 + a] = call.integer(9 + a);
    if (w.kernel[1 + a] < 1 || w.stride[1 + a] < 1 || w.dilation[1 + a] < 1 || w.pad[1 + a] < 0)
      refuse("needs kernel, stride and dilation of at least 1 and padding of at least 0");
  }
  return layout;
}

void check_operands(Call& call, const Layout& layout, bool use_mask) {
  const Windows& w = layout.windows;
  const std::int64_t moves = (Size(layout.offset_groups) * Size(layout.taps())).value();
  need_sizes_of("an offset", call.tensor(2), {layout.images, (Size(2) * Size(moves)).value(), w.out[1], w.out[2]});
  if (use_mask)
    need_sizes_of("a mask", call.tensor(3), {layout.images, moves, w.out[1], w.out[2]});
  need_sizes_of("a bias", call.tensor(4), {layout.filters});
  for (const std::size_t i : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{4}})
    if (i != 3 || use_mask) need_same_dtype(call.tensor(0), call.tensor(i));
}

/// weight @ columns of each group, for all images, in the dtype that products compute in.
template <typename T>
void convolve(const Layout& layout, Call& call, bool use_mask, const TensorRef& weight,
              const Tensor& result) {
  const TensorRef x = contiguous(call.tensor_ref(0)), offset = contiguous(call.tensor_ref(2));
  const TensorRef mask = use_mask ? contiguous(call.tensor_ref(3)) : nullptr;
  const std::int64_t outputs = layout.outputs(), taps = layout.taps();
  const std::int64_t depth = layout.channels / layout.groups * taps;
  const std::int64_t filters = layout.filters / layout.groups;
  const std::int64_t moves = layout.offset_groups * taps * outputs;
  const TensorRef columns = Tensor::empty(x->dtype(), {layout.groups, depth, outputs});
  for (std::int64_t n = 0; n < layout.images; ++n) {
    const std::int64_t plane = layout.windows.in[1] * layout.windows.in[2];
    const Image<T> image{x->data<T>() + n * layout.channels * plane,
                         offset->data<T>() + 2 * n * moves,
                         mask ? mask->data<T>() + n * moves : nullptr};
    image.columns(layout, columns->mutable_data<T>());
    const TensorRef wide = tile::cast(columns, weight->dtype());
    const TensorRef product =
        matmul(reshape(weight, {layout.groups, filters, depth}), wide);
    copy_elements(*reshape(product, {layout.filters, outputs}),
                  *reshape(select(result, 0, n), {layout.filters, outputs}));
  }
}

void deform_conv2d(Call& call) {
  Layout layout = layout_of(call);
  count_windows(layout.windows, false, {0, 0, 0});
  const bool use_mask = call.boolean(13);
  check_operands(call, layout, use_mask);
  const DType dtype = call.tensor(0).dtype(), work = float_work(dtype);
  const TensorRef weight = plain(call.tensor_ref(1), work);
  const TensorRef result = Tensor::empty(
      work, {layout.images, layout.filters, layout.windows.out[1], layout.windows.out[2]});
  for_region_type(dtype, [&](auto zero) {
    convolve<decltype(zero)>(layout, call, use_mask, weight, *result);
  });
  // torch adds the bias to a tensor of the operands' dtype
  const TensorRef product = tile::cast(result, dtype);
  const TensorRef bias = reshape(call.tensor_ref(4), {layout.filters, 1, 1});
  call.give(evaluate("aten::add.Tensor", {Value(product), Value(bias), Value(std::int64_t{1})}));
}

} // namespace
} // namespace tsx::engine

TSX_KERNELS(deformable) { registry.add("torchvision::deform_conv2d", deform_conv2d); }
