// Mirrors tsx/ops/softmax.py. Half precision is computed in float32.
#include <cmath>

#include "base/error.h"
#include "kernels/rows.h"
#include "kernels/softmax.h"
#include "kernels/support.h"
#include "threads/pool.h"
#include "tile/run.h"

namespace tsx::engine {
namespace {

constexpr std::size_t kGrain = 1 << 13; // elements for which another thread pays

template <typename T> void one_row(Softmax kind, const T* x, T* to, std::size_t count) {
  T top = row_max(x, count);
  if (kind == Softmax::kSafe && top == -INFINITY) {
    for (std::size_t i = 0; i < count; ++i)
      to[i] = 0;
    return;
  }
  const double total = row_exp(to, x, top, count);
  if (kind == Softmax::kLog) {
    const T log = static_cast<T>(std::log(total));
    for (std::size_t i = 0; i < count; ++i)
      to[i] = (x[i] - top) - log;
    return;
  }
  row_affine(to, to, static_cast<T>(1 / total), T(0), count);
}

} // namespace

template <typename T>
void softmax_rows(Softmax kind, const T* x, T* to, std::size_t rows, std::size_t width) {
  for (std::size_t i = 0; i < rows; ++i)
    one_row(kind, x + i * width, to + i * width, width);
}
template void softmax_rows(Softmax, const float*, float*, std::size_t, std::size_t);
template void softmax_rows(Softmax, const double*, double*, std::size_t, std::size_t);

TensorRef softmax(Softmax kind, const TensorRef& x, std::int64_t dim, DType dtype) {
  const DType work = float_work(dtype);
  const Axes axes = one_axis(dim, x->rank());
  const Rows rows = rows_over(tile::cast(x, dtype), axes, work);
  const TensorRef result = Tensor::empty(work, rows.tensor->sizes());
  const auto width = static_cast<std::size_t>(rows.width);
  if (result->count() != 0) {
    for_float(work, [&](auto zero) {
      using T = decltype(zero);
      const T* const from = rows.tensor->data<T>();
      T* const to = result->mutable_data<T>();
      threads::parallel(static_cast<std::size_t>(rows.count), kGrain / width + 1,
                        [&](std::size_t begin, std::size_t end) {
                          for (std::size_t i = begin; i < end; ++i)
                            one_row(kind, from + i * width, to + i * width, width);
                        });
    });
  }
  return tile::cast(contiguous(axes_back(result, axes, x->rank())), dtype);
}

namespace {

template <Softmax kind> void softmax_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  call.give(softmax(kind, x, call.integer(1), call.optional_dtype(2).value_or(x->dtype())));
}

template <Softmax kind> void native_softmax_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  call.give(softmax(kind, x, call.integer(1), call.boolean(2) ? DType::kFloat32 : x->dtype()));
}

} // namespace
} // namespace tsx::engine

TSX_KERNELS(softmax) {
  registry.add("aten::softmax.int", softmax_kernel<Softmax::kPlain>);
  registry.add("aten::log_softmax.int", softmax_kernel<Softmax::kLog>);
  registry.add("aten::_safe_softmax", softmax_kernel<Softmax::kSafe>);
  registry.add("aten::_softmax", native_softmax_kernel<Softmax::kPlain>);
  registry.add("aten::_log_softmax", native_softmax_kernel<Softmax::kLog>);
}
