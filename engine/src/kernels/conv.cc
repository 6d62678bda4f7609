// Mirrors tsx/ops/conv.py: convolutions as matrix products whose right factor is read from the
// image, window by window, as it is packed; depthwise ones directly.
#include <algorithm>

#include "base/error.h"
#include "base/refusal.h"
#include "kernels/gemm.h"
#include "kernels/support.h"
#include "kernels/views.h"
#include "kernels/windows.h"
#include "threads/pool.h"
#include "tile/run.h"

namespace tsx::engine {
namespace {

struct Convolution {
  Windows windows;
  std::int64_t groups = 1, batch = 1, inputs = 0, outputs = 0; // channels of all groups
  std::int64_t extra[3] = {0, 0, 0};                           // padding at the end only
  std::int64_t output_padding[3] = {0, 0, 0};
};

/// First and last output place of a row whose input place at * stride + offset lies in 0 … size
/// - 1.
struct Inside {
  std::int64_t from, to;

  Inside(std::int64_t offset, std::int64_t stride, std::int64_t size, std::int64_t count) {
    from = offset >= 0 ? 0 : (-offset + stride - 1) / stride;
    to = offset >= size ? 0 : std::min(count, (size - 1 - offset) / stride + 1);
    from = std::min(from, count);
    to = std::max(to, from);
  }
};

/// The windows of one image as the columns of a matrix: depth is channel, then the place in the
/// kernel.
template <typename T> class ImagePacker final : public Packer<T> {
 public:
  ImagePacker(const T* image, std::int64_t channels, const Windows& windows)
      : image_(image), channels_(channels), w_(windows) {}

  void pack(T* to, std::size_t first, std::size_t count, std::size_t width) const override {
    std::vector<Piece> pieces =
        pieces_of(static_cast<std::int64_t>(first), static_cast<std::int64_t>(count));
    for (std::int64_t c = 0; c < channels_; ++c) {
      const T* const channel = image_ + c * w_.inputs();
      for (std::int64_t d = 0; d < w_.kernel[0]; ++d) {
        for (std::int64_t h = 0; h < w_.kernel[1]; ++h) {
          for (std::int64_t x = 0; x < w_.kernel[2]; ++x) {
            for (const Piece& piece : pieces)
              row(to, channel, piece, d, h, x);
            std::fill(to + count, to + width, T{});
            to += width;
          }
        }
      }
    }
  }

 private:
  /// Neighbouring columns that lie in one row of the result.
  struct Piece {
    std::int64_t column, count, depth, height, width;
  };

  std::vector<Piece> pieces_of(std::int64_t first, std::int64_t count) const {
    std::vector<Piece> pieces;
    for (std::int64_t column = 0; column < count;) {
      const std::int64_t at = first + column, x = at % w_.out[2], rows = at / w_.out[2];
      const std::int64_t many = std::min(count - column, w_.out[2] - x);
      pieces.push_back({column, many, rows / w_.out[1], rows % w_.out[1], x});
      column += many;
    }
    return pieces;
  }

  void row(T* to, const T* channel, const Piece& piece, std::int64_t d, std::int64_t h,
           std::int64_t x) const {
    const std::int64_t depth = piece.depth * w_.stride[0] - w_.pad[0] + d * w_.dilation[0];
    const std::int64_t height = piece.height * w_.stride[1] - w_.pad[1] + h * w_.dilation[1];
    T* const target = to + piece.column;
    if (depth < 0 || depth >= w_.in[0] || height < 0 || height >= w_.in[1]) {
      std::fill_n(target, piece.count, T{});
      return;
    }
    const std::int64_t offset = piece.width * w_.stride[2] - w_.pad[2] + x * w_.dilation[2];
    const Inside inside(offset, w_.stride[2], w_.in[2], piece.count);
    const T* const line = channel + (depth * w_.in[1] + height) * w_.in[2];
    std::fill(target, target + inside.from, T{});
    if (w_.stride[2] == 1) {
      std::copy_n(line + offset + inside.from, inside.to - inside.from, target + inside.from);
    } else {
      for (std::int64_t i = inside.from; i < inside.to; ++i)
        target[i] = line[offset + i * w_.stride[2]];
    }
    std::fill(target + inside.to, target + piece.count, T{});
  }

  const T* image_;
  std::int64_t channels_;
  const Windows& w_;
};

bool is_pointwise(const Windows& w) {
  for (int a = 0; a < 3; ++a) {
    if (w.kernel[a] != 1 || w.stride[a] != 1 || w.pad[a] != 0 || w.out[a] != w.in[a]) return false;
  }
  return true;
}

/// Runs over images and groups: over the threads when there are enough of them, else each over all
/// threads.
template <typename Function> void for_parts(const Convolution& c, Function function) {
  const auto parts = static_cast<std::size_t>(c.batch * c.groups);
  const auto one = [&](std::size_t i) {
    function(static_cast<std::int64_t>(i) / c.groups, static_cast<std::int64_t>(i) % c.groups);
  };
  if (parts < 2 * threads::count()) {
    for (std::size_t i = 0; i < parts; ++i)
      one(i);
    return;
  }
  threads::parallel(parts, 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i)
      one(i);
  });
}

template <typename T>
void convolve(const Convolution& c, const T* x, const T* weight, const T* bias, T* out) {
  const Windows& w = c.windows;
  const std::int64_t channels = c.inputs / c.groups, filters = c.outputs / c.groups;
  for_parts(c, [&](std::int64_t n, std::int64_t g) {
    const T* const image = x + (n * c.inputs + g * channels) * w.inputs();
    Product<T> product{static_cast<std::size_t>(filters),
                       static_cast<std::size_t>(w.outputs()),
                       static_cast<std::size_t>(channels * w.places()),
                       weight + g * filters * channels * w.places(),
                       static_cast<std::size_t>(channels * w.places()),
                       out + (n * c.outputs + g * filters) * w.outputs(),
                       static_cast<std::size_t>(w.outputs())};
    if (bias != nullptr) {
      product.start = Epilogue::Start::kRowBias;
      product.bias = bias + g * filters;
    }
    if (is_pointwise(w)) return multiply(product, Matrix<T>{image, w.inputs(), 1});
    multiply(product, static_cast<const Packer<T>&>(ImagePacker<T>(image, channels, w)));
  });
}

void add_scaled(float* to, const float* from, float factor, std::int64_t count) {
  simd::table().row_axpy(to, from, factor, static_cast<std::size_t>(count));
}
template <typename T> void add_scaled(T* to, const T* from, T factor, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i)
    to[i] += factor * from[i];
}

/// One plane of a depthwise convolution, a place of the kernel at a time.
template <typename T>
void depthwise_plane(const Windows& w, const T* x, const T* weight, T start, T* out) {
  std::fill_n(out, w.outputs(), start);
  for (std::int64_t place = 0; place < w.places(); ++place) {
    const std::int64_t d = place / (w.kernel[1] * w.kernel[2]),
                       h = place / w.kernel[2] % w.kernel[1];
    const std::int64_t offset = place % w.kernel[2] * w.dilation[2] - w.pad[2];
    const Inside inside(offset, w.stride[2], w.in[2], w.out[2]);
    for (std::int64_t row = 0; row < w.out[0] * w.out[1]; ++row) {
      const std::int64_t depth = row / w.out[1] * w.stride[0] - w.pad[0] + d * w.dilation[0];
      const std::int64_t height = row % w.out[1] * w.stride[1] - w.pad[1] + h * w.dilation[1];
      if (depth < 0 || depth >= w.in[0] || height < 0 || height >= w.in[1]) continue;
      const T* const line = x + (depth * w.in[1] + height) * w.in[2] + offset;
      T* const to = out + row * w.out[2];
      if (w.stride[2] == 1) {
        add_scaled(to + inside.from, line + inside.from, weight[place], inside.to - inside.from);
      } else {
        for (std::int64_t i = inside.from; i < inside.to; ++i)
          to[i] += weight[place] * line[i * w.stride[2]];
      }
    }
  }
}

template <typename T>
void depthwise(const Convolution& c, const T* x, const T* weight, const T* bias, T* out) {
  const Windows& w = c.windows;
  const std::int64_t filters = c.outputs / c.groups;
  threads::parallel(
      static_cast<std::size_t>(c.batch * c.outputs), 1, [&](std::size_t begin, std::size_t end) {
        for (auto i = static_cast<std::int64_t>(begin); i < static_cast<std::int64_t>(end); ++i) {
          const std::int64_t n = i / c.outputs, o = i % c.outputs;
          const T* const plane = x + (n * c.inputs + o / filters) * w.inputs();
          depthwise_plane(w, plane, weight + o * w.places(), bias != nullptr ? bias[o] : T{},
                          out + i * w.outputs());
        }
      });
}

/// Each element of the input adds a scaled kernel; here `w` looks from the result: its windows are
/// the inputs.
template <typename T>
void scatter(const Windows& w, const T* columns, std::int64_t filters, T* out) {
  for (std::int64_t row = 0; row < filters * w.places(); ++row) {
    const std::int64_t o = row / w.places(), place = row % w.places();
    const std::int64_t d = place / (w.kernel[1] * w.kernel[2]),
                       h = place / w.kernel[2] % w.kernel[1];
    const std::int64_t offset = place % w.kernel[2] * w.dilation[2] - w.pad[2];
    const Inside inside(offset, w.stride[2], w.in[2], w.out[2]);
    const T* from = columns + row * w.outputs();
    for (std::int64_t line = 0; line < w.out[0] * w.out[1]; ++line, from += w.out[2]) {
      const std::int64_t depth = line / w.out[1] * w.stride[0] - w.pad[0] + d * w.dilation[0];
      const std::int64_t height = line % w.out[1] * w.stride[1] - w.pad[1] + h * w.dilation[1];
      if (depth < 0 || depth >= w.in[0] || height < 0 || height >= w.in[1]) continue;
      T* const to = out + o * w.inputs() + (depth * w.in[1] + height) * w.in[2] + offset;
      for (std::int64_t i = inside.from; i < inside.to; ++i)
        to[i * w.stride[2]] += from[i];
    }
  }
}

template <typename T>
void convolve_transposed(const Convolution& c, const T* x, const T* turned, const T* bias, T* out) {
  const Windows& w = c.windows;
  const std::int64_t channels = c.inputs / c.groups, filters = c.outputs / c.groups;
  for_parts(c, [&](std::int64_t n, std::int64_t g) {
    std::vector<T> columns(static_cast<std::size_t>(filters * w.places() * w.outputs()));
    const T* const image = x + (n * c.inputs + g * channels) * w.outputs();
    multiply(Product<T>{static_cast<std::size_t>(filters * w.places()),
                        static_cast<std::size_t>(w.outputs()), static_cast<std::size_t>(channels),
                        turned + g * filters * w.places() * channels,
                        static_cast<std::size_t>(channels), columns.data(),
                        static_cast<std::size_t>(w.outputs())},
             Matrix<T>{image, w.outputs(), 1});
    T* const result = out + (n * c.outputs + g * filters) * w.inputs();
    for (std::int64_t o = 0; o < filters; ++o) {
      std::fill_n(result + o * w.inputs(), w.inputs(),
                  bias != nullptr ? bias[g * filters + o] : T{});
    }
    scatter(w, columns.data(), filters, result);
  });
}

// --- operands ------------------------------------------------------------------------------------

void check_channels(const Convolution& c, const Tensor& weight, const Tensor* bias,
                    bool transposed) {
  const std::int64_t expected = transposed ? weight.size(0) : weight.size(1) * c.groups;
  if (c.inputs != expected) {
    refuse_as("TSX4051", "expected an input with " + std::to_string(expected) + " channels, got " +
                             std::to_string(c.inputs));
  }
  if ((transposed ? expected : weight.size(0)) % c.groups != 0) {
    refuse_as("TSX4062", "expected channels to divide into " + std::to_string(c.groups) + " groups, got " +
                             std::to_string(transposed ? expected : weight.size(0)));
  }
  if (bias != nullptr && (bias->rank() != 1 || bias->size(0) != c.outputs)) {
    refuse("expected a bias of " + std::to_string(c.outputs) + " elements, got " +
           text_of(bias->sizes()));
  }
}

void pad_same(Convolution& c, const std::string& padding) {
  if (padding == "valid") return;
  if (padding != "same") refuse("expected padding \"same\" or \"valid\", got '" + padding + "'");
  for (int a = 0; a < 3; ++a) {
    if (c.windows.stride[a] != 1) refuse("expected a stride of 1 with padding \"same\"");
    c.windows.pad[a] = (c.windows.reach(a) - 1) / 2;
    c.extra[a] = (c.windows.reach(a) - 1) % 2;
  }
}

/// A transposed convolution's result, which its windows look at: sizes change places.
void turn_windows(Convolution& c) {
  Windows& w = c.windows;
  for (std::size_t axis = 3 - w.dims; axis < 3; ++axis) {
    const int a = static_cast<int>(axis);
    w.out[a] = w.in[a];
    w.in[a] = (w.out[a] - 1) * w.stride[a] - 2 * w.pad[a] + w.reach(a) + c.output_padding[a];
    if (w.in[a] < 1) refuse("the result would have a size of " + std::to_string(w.in[a]));
  }
}

struct Numbers {
  Dims stride, dilation, output_padding;
  std::int64_t groups = 1;
  bool transposed = false;
};

TensorRef convolution(const TensorRef& input, const TensorRef& weight, const TensorRef& bias,
                      const Value& padding, const Numbers& numbers) {
  const Tensor* const all[] = {input.get(), weight.get(), bias ? bias.get() : input.get()};
  const DType dtype = need_same_dtype(all), work = product_dtype(dtype);
  need_rank(*weight, 3, 5);
  Convolution c;
  Windows& w = c.windows;
  w.dims = weight->rank() - 2;
  need_rank(*input, w.dims + 1, w.dims + 2);
  if (numbers.groups < 1) refuse_as("TSX4052", "needs groups of at least 1, got " + std::to_string(numbers.groups));
  c.groups = numbers.groups;
  const bool is_batch = input->rank() == weight->rank();
  const TensorRef x = plain(is_batch ? input : unsqueeze(*input, 0), work);
  for (std::size_t i = 0; i < w.dims; ++i) {
    w.in[3 - w.dims + i] = x->size(2 + i);
    w.kernel[3 - w.dims + i] = weight->size(2 + i);
    if (weight->size(2 + i) < 1) refuse("expected a kernel that is not empty");
  }
  spread_numbers(w.stride, numbers.stride, w.dims, 1, "a stride");
  spread_numbers(w.dilation, numbers.dilation, w.dims, 1, "a dilation");
  if (padding.is(Tag::kString)) {
    pad_same(c, padding.string());
  } else {
    std::vector<std::int64_t> pads;
    for (const Value& pad : padding.elements())
      pads.push_back(pad.integer());
    spread_numbers(w.pad, Dims(Span<const std::int64_t>(pads)), w.dims, 0, "padding");
  }
  c.batch = x->size(0);
  c.inputs = x->size(1);
  c.outputs = numbers.transposed ? weight->size(1) * c.groups : weight->size(0);
  check_channels(c, *weight, bias.get(), numbers.transposed);
  if (numbers.transposed) {
    spread_numbers(c.output_padding, numbers.output_padding, w.dims, 0, "output padding");
    turn_windows(c);
  } else {
    count_windows(w, false, c.extra);
  }
  Dims sizes{c.batch, c.outputs};
  for (std::size_t axis = 3 - w.dims; axis < 3; ++axis)
    sizes.push_back(numbers.transposed ? w.in[axis] : w.out[axis]);
  const TensorRef result = Tensor::empty(work, sizes);
  const TensorRef term = bias ? plain(bias, work) : bias;
  for_product_type(work, [&](auto zero) {
    using T = decltype(zero);
    const T* const start = term ? term->data<T>() : nullptr;
    if (result->count() == 0) return;
    T* const out = result->mutable_data<T>();
    if (numbers.transposed) {
      // [groups, channels, filters and places] with the channels last.
      const std::int64_t rows = weight->size(1) * w.places();
      const TensorRef grouped = reshape(plain(weight, work), {c.groups, c.inputs / c.groups, rows});
      const TensorRef turned = copy(*transpose(*grouped, 1, 2));
      return convolve_transposed(c, x->data<T>(), turned->data<T>(), start, out);
    }
    const TensorRef kernel = plain(weight, work);
    if constexpr (std::is_floating_point_v<T>) {
      if (c.inputs == c.groups && c.groups > 1)
        return depthwise(c, x->data<T>(), kernel->data<T>(), start, out);
    }
    convolve(c, x->data<T>(), kernel->data<T>(), start, out);
  });
  return tile::cast(is_batch ? result : squeeze_axis(*result, 0), dtype);
}

TensorRef optional_ref(Call& call, std::size_t i) {
  return call.is_none(i) ? TensorRef() : call.tensor_ref(i);
}

template <std::size_t dims> void conv_kernel(Call& call) {
  if (dims != 0) need_rank(call.tensor(1), dims + 2, dims + 2);
  Numbers numbers{call.ints(3), call.ints(5), {}, call.integer(6), false};
  const Value padding =
      call[4].is(Tag::kInt) ? Value(make_ref<List>(std::vector<Value>{call[4]})) : call[4];
  if (!padding.is(Tag::kString)) call.ints(4); // a list of ints
  call.give(
      convolution(call.tensor_ref(0), call.tensor_ref(1), optional_ref(call, 2), padding, numbers));
}

template <std::size_t dims> void conv_transpose_kernel(Call& call) {
  need_rank(call.tensor(1), dims + 2, dims + 2);
  call.ints(4);
  Numbers numbers{call.ints(3), call.ints(7), call.ints(5), call.integer(6), true};
  call.give(
      convolution(call.tensor_ref(0), call.tensor_ref(1), optional_ref(call, 2), call[4], numbers));
}

void convolution_kernel(Call& call) {
  call.ints(4);
  Numbers numbers{call.ints(3), call.ints(5), call.ints(7), call.integer(8), call.boolean(6)};
  call.give(
      convolution(call.tensor_ref(0), call.tensor_ref(1), optional_ref(call, 2), call[4], numbers));
}

} // namespace
} // namespace tsx::engine

TSX_KERNELS(conv) {
  registry.add("aten::conv1d", conv_kernel<1>);
  registry.add("aten::conv1d.padding", conv_kernel<1>);
  registry.add("aten::conv2d", conv_kernel<2>);
  registry.add("aten::conv2d.padding", conv_kernel<2>);
  registry.add("aten::conv3d", conv_kernel<3>);
  registry.add("aten::conv3d.padding", conv_kernel<3>);
  registry.add("aten::_convolution_mode", conv_kernel<0>);
  registry.add("aten::conv_transpose1d", conv_transpose_kernel<1>);
  registry.add("aten::conv_transpose2d.input", conv_transpose_kernel<2>);
  registry.add("aten::conv_transpose3d.input", conv_transpose_kernel<3>);
  registry.add("aten::convolution", convolution_kernel);
  registry.add("aten::_convolution", convolution_kernel);
  registry.add("aten::_convolution.deprecated", convolution_kernel);
}
