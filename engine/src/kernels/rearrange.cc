// Mirrors tsx/ops/rearrange.py and complex_views.py: elements in other places, and other views of
// them.
#include "base/error.h"
#include "kernels/support.h"
#include "kernels/views.h"
#include "tile/promote.h"
#include "tile/run.h"

namespace tsx::engine {
namespace {

/// Channels, rows and columns, each a multiple of its divisor; the batch as one dimension.
Dims image_of(const Tensor& x, std::int64_t channels, std::int64_t rows, std::int64_t columns) {
  const std::int64_t divisors[] = {channels, rows, columns};
  bool fits = x.rank() >= 3;
  Dims sizes{1};
  for (std::size_t i = 0; fits && i < x.rank(); ++i) {
    if (i + 3 < x.rank()) {
      sizes[0] *= x.size(i);
      continue;
    }
    const std::int64_t divisor = divisors[i + 3 - x.rank()];
    fits = divisor >= 1 && x.size(i) % divisor == 0;
    sizes.push_back(x.size(i));
  }
  if (!fits)
    refuse("expected channels, rows and columns divisible by " +
           text_of(Dims{channels, rows, columns}) + ", got " + text_of(x.sizes()));
  return sizes;
}

Dims with_image(const Tensor& x, std::int64_t channels, std::int64_t rows, std::int64_t columns) {
  Dims sizes = x.sizes();
  sizes[x.rank() - 3] = channels;
  sizes[x.rank() - 2] = rows;
  sizes[x.rank() - 1] = columns;
  return sizes;
}

std::int64_t factor_of(Call& call) {
  const std::int64_t factor = call.integer(1);
  if (factor < 1 || factor > (1 << 20))
    refuse("expected a factor of 1 or more, got " + std::to_string(factor));
  return factor;
}

void pixel_shuffle_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  const std::int64_t f = factor_of(call);
  const Dims s = image_of(*x, f * f, 1, 1);
  const TensorRef parts = reshape(x, {s[0], s[1] / (f * f), f, f, s[2], s[3]});
  call.give(reshape(copy(*permute(*parts, {0, 1, 4, 2, 5, 3})),
                    with_image(*x, s[1] / (f * f), s[2] * f, s[3] * f)));
}

void pixel_unshuffle_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  const std::int64_t f = factor_of(call);
  const Dims s = image_of(*x, 1, f, f);
  const TensorRef parts = reshape(x, {s[0], s[1], s[2] / f, f, s[3] / f, f});
  call.give(reshape(copy(*permute(*parts, {0, 1, 3, 5, 2, 4})),
                    with_image(*x, s[1] * f * f, s[2] / f, s[3] / f)));
}

void channel_shuffle_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  const std::int64_t groups = call.integer(1);
  if (x->rank() < 3 || groups < 1 || x->size(1) % groups != 0) {
    refuse("expected channels divisible by " + std::to_string(groups) + ", got " +
           text_of(x->sizes()));
  }
  Dims sizes = {x->size(0), groups, x->size(1) / groups};
  for (std::size_t i = 2; i < x->rank(); ++i) sizes.push_back(x->size(i));
  call.give(reshape(copy(*transpose(*reshape(x, sizes), 1, 2)), x->sizes()));
}

// --- complex numbers as pairs, and pairs as complex numbers --------------------------------------

void need_complex(const Tensor& x) {
  if (!is_complex(x.dtype()))
    refuse("expected a complex tensor, got " + std::string(name(x.dtype())));
}

/// The parts of a complex tensor in a last dimension of 2.
TensorRef as_real(const Tensor& x) {
  need_complex(x);
  Dims sizes = x.sizes(), strides = x.strides();
  for (std::int64_t& stride : strides)
    stride *= 2;
  sizes.push_back(2);
  strides.push_back(1);
  return make_ref<Tensor>(x.storage(), tile::real_of(x.dtype()), sizes, strides, x.offset() * 2,
                          x.is_writable());
}

void view_as_real_kernel(Call& call) { call.give(as_real(call.tensor(0))); }

void view_as_complex_kernel(Call& call) {
  const Tensor& x = call.tensor(0);
  const bool is_pair = x.rank() != 0 && x.size(x.rank() - 1) == 2 && x.stride(x.rank() - 1) == 1;
  if (!is_pair || (x.dtype() != DType::kFloat32 && x.dtype() != DType::kFloat64)) {
    refuse("expected floats with a last dimension of 2, got " + std::string(name(x.dtype())) +
           " of sizes " + text_of(x.sizes()));
  }
  Dims sizes = x.sizes(), strides = x.strides();
  sizes.erase(x.rank() - 1);
  strides.erase(x.rank() - 1);
  for (std::int64_t& stride : strides) {
    if (stride % 2 != 0) refuse("expected pairs that lie at even places");
    stride /= 2;
  }
  if (x.offset() % 2 != 0) refuse("expected pairs that lie at even places");
  call.give(make_ref<Tensor>(x.storage(), tile::complex_of(x.dtype()), sizes, strides,
                             x.offset() / 2, x.is_writable()));
}

template <std::int64_t which> void part_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  if (which == 0 && !is_complex(x->dtype())) return call.give(x);
  call.give(select(*as_real(*x), -1, which));
}

} // namespace
} // namespace tsx::engine

TSX_KERNELS(rearrange) {
  registry.add("aten::pixel_shuffle", pixel_shuffle_kernel);
  registry.add("aten::pixel_unshuffle", pixel_unshuffle_kernel);
  registry.add("aten::channel_shuffle", channel_shuffle_kernel);
  registry.add("aten::native_channel_shuffle", channel_shuffle_kernel);
  registry.add("aten::view_as_real", view_as_real_kernel);
  registry.add("aten::view_as_complex", view_as_complex_kernel);
  registry.add("aten::real", part_kernel<0>);
  registry.add("aten::imag", part_kernel<1>);
}
