// Mirrors im2col and col2im of tsx/ops/rearrange.py: windows of images as columns, and back.
#include "base/error.h"
#include "kernels/combine.h"
#include "kernels/places.h"
#include "kernels/windows.h"
#include "tile/run.h"

namespace tsx::engine {
namespace {

/// The windows over an image of rows and columns; operands from `first` on are the kernel's sizes,
/// dilation, padding and stride.
Windows windows_of(Call& call, std::size_t first, std::int64_t rows, std::int64_t columns) {
  Windows w;
  w.dims = 2;
  w.in[1] = rows;
  w.in[2] = columns;
  for (std::size_t i = first; i < first + 4; ++i)
    if (call.ints(i).size() != 2) refuse("expected two sizes each, got " + text_of(call.ints(i)));
  spread_numbers(w.kernel, call.ints(first), 2, 1, "a kernel size");
  spread_numbers(w.dilation, call.ints(first + 1), 2, 1, "a dilation");
  spread_numbers(w.pad, call.ints(first + 2), 2, 0, "padding");
  spread_numbers(w.stride, call.ints(first + 3), 2, 1, "a stride");
  count_windows(w, false, {0, 0, 0});
  return w;
}

/// Visits, for each element of the columns of one plane in turn, its place in the plane; -1 in the
/// padding.
template <typename Visit> void each_element(const Windows& w, Visit visit) {
  for (std::int64_t i = 0; i < w.kernel[1]; ++i) {
    for (std::int64_t j = 0; j < w.kernel[2]; ++j) {
      for (std::int64_t row = 0; row < w.out[1]; ++row) {
        const std::int64_t y = row * w.stride[1] - w.pad[1] + i * w.dilation[1];
        for (std::int64_t column = 0; column < w.out[2]; ++column) {
          const std::int64_t x = column * w.stride[2] - w.pad[2] + j * w.dilation[2];
          const bool is_inside = y >= 0 && y < w.in[1] && x >= 0 && x < w.in[2];
          visit(is_inside ? y * w.in[2] + x : -1);
        }
      }
    }
  }
}

/// Every window as a column: (N, C, H, W) to (N, C·kernel, windows).
void im2col_kernel(Call& call) {
  const TensorRef x = contiguous(call.tensor_ref(0));
  need_rank(*x, 3, 4);
  const std::size_t last = x->rank() - 1;
  const Windows w = windows_of(call, 1, x->size(last - 1), x->size(last));
  Dims sizes = x->sizes();
  sizes.erase(last);
  const std::int64_t planes = x->count() / std::max<std::int64_t>(w.inputs(), 1);
  sizes[last - 2] = (Size(sizes[last - 2]) * Size(w.kernel[1]) * Size(w.kernel[2])).value();
  sizes[last - 1] = (Size(w.out[1]) * Size(w.out[2])).value();
  const TensorRef result = Tensor::empty(x->dtype(), sizes);
  for_item_size(x->item_size(), [&](auto sample) {
    using T = decltype(sample);
    T* to = result->mutable_data<T>();
    const T* const from = x->data<T>();
    if (result->count() == 0) return;
    for (std::int64_t plane = 0; plane < planes; ++plane)
      each_element(w, [&](std::int64_t place) {
        *to++ = place < 0 ? T{} : from[plane * w.inputs() + place];
      });
  });
  call.give(result);
}

/// Sums columns back into the image they were taken from.
void col2im_kernel(Call& call) {
  const TensorRef given = call.tensor_ref(0);
  const Dims size = call.ints(1);
  if (size.size() != 2) refuse("expected two sizes, got " + text_of(size));
  need_sizes(size);
  const Windows w = windows_of(call, 2, size[0], size[1]);
  need_rank(*given, 2, 3);
  const std::size_t last = given->rank() - 1;
  const Size area = Size(w.kernel[1]) * Size(w.kernel[2]);
  const Size windows = Size(w.out[1]) * Size(w.out[2]);
  if (given->size(last - 1) % area.value() != 0 || given->size(last) != windows.value())
    refuse("expected columns of " + std::to_string(area.value()) + " times channels and " +
           std::to_string(windows.value()) + ", got " + text_of(given->sizes()));
  const DType work = compute_dtype(given->dtype());
  const TensorRef x = plain(given, work);
  Dims sizes{x->size(last - 1) / area.value(), size[0], size[1]};
  if (last == 2) sizes.insert(0, x->size(0));
  const TensorRef result = Tensor::zeros(work, sizes);
  const std::int64_t planes = x->count() / (area * windows).value();
  for_compute_type(work, [&](auto sample) {
    using T = decltype(sample);
    const bool is_bool = work == DType::kBool;
    T* const to = result->mutable_data<T>();
    const T* from = x->data<T>();
    for (std::int64_t plane = 0; plane < planes; ++plane) {
      T* const image = to + plane * w.inputs();
      each_element(w, [&](std::int64_t place) {
        if (place >= 0)
          image[place] =
              reducing::combined(reducing::Reduce::kSum, is_bool, image[place], *from);
        ++from;
      });
    }
  });
  call.give(tile::cast(result, given->dtype()));
}

} // namespace
} // namespace tsx::engine

TSX_KERNELS(columns) {
  registry.add("aten::im2col", im2col_kernel);
  registry.add("aten::col2im", col2im_kernel);
}
