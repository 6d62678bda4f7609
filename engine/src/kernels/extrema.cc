// Mirrors tsx/ops/extrema.py: largest and smallest. NaN wins; of equal elements the first one.
#include <cmath>

#include "base/error.h"
#include "kernels/rows.h"
#include "kernels/support.h"
#include "kernels/views.h"
#include "threads/pool.h"
#include "tile/run.h"

namespace tsx::engine {
namespace {

/// float32, float64 or int64, in all of which comparisons are those of the dtype.
DType ordered_work(DType dtype) {
  if (is_complex(dtype))
    refuse("expected numbers that have an order, got " + std::string(name(dtype)));
  if (is_float(dtype)) return float_work(dtype);
  return DType::kInt64;
}

struct Extreme {
  TensorRef values, places;
};

template <bool largest, typename T> std::size_t place_in(const T* row, std::size_t count) {
  std::size_t best = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (row[i] != row[i]) return i;
    if (largest ? row[i] > row[best] : row[i] < row[best]) best = i;
  }
  return best;
}

template <bool largest> Extreme extreme(const TensorRef& x, const Axes& axes, bool keepdim) {
  const DType work = ordered_work(x->dtype());
  const Rows rows = rows_over(x, axes, work);
  if (rows.width == 0) refuse("expected a dimension that is not empty, got " + text_of(x->sizes()));
  const Dims& sizes = keepdim ? rows.kept_ones : rows.kept;
  Extreme made{Tensor::empty(work, sizes), Tensor::empty(DType::kInt64, sizes)};
  const auto run = [&](auto zero) {
    using T = decltype(zero);
    const T* const from = rows.tensor->data<T>();
    T* const values = made.values->mutable_data<T>();
    auto* const places = made.places->mutable_data<std::int64_t>();
    const auto width = static_cast<std::size_t>(rows.width);
    threads::parallel(static_cast<std::size_t>(rows.count), (1 << 14) / width + 1,
                      [&](std::size_t begin, std::size_t end) {
                        for (std::size_t i = begin; i < end; ++i) {
                          const std::size_t place = place_in<largest>(from + i * width, width);
                          values[i] = from[i * width + place];
                          places[i] = static_cast<std::int64_t>(place);
                        }
                      });
  };
  if (work == DType::kInt64) {
    run(std::int64_t{});
  } else {
    for_float(work, run);
  }
  made.values = tile::cast(made.values, x->dtype());
  return made;
}

template <bool largest> void whole_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  call.give(extreme<largest>(x, axes_of({}, x->rank()), false).values);
}

template <bool largest> void dim_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  const Extreme made = extreme<largest>(x, one_axis(call.integer(1), x->rank()), call.boolean(2));
  call.give(made.values, made.places);
}

template <bool largest> void over_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  call.give(extreme<largest>(x, axes_of(call.ints(1), x->rank()), call.boolean(2)).values);
}

template <bool largest> void place_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  if (!call.is_none(1)) {
    return call.give(
        extreme<largest>(x, one_axis(call.integer(1), x->rank()), call.boolean(2)).places);
  }
  call.give(extreme<largest>(x, axes_of({}, x->rank()), call.boolean(2)).places);
}

void aminmax_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  const Axes axes = call.is_none(1) ? axes_of({}, x->rank()) : one_axis(call.integer(1), x->rank());
  call.give(extreme<false>(x, axes, call.boolean(2)).values,
            extreme<true>(x, axes, call.boolean(2)).values);
}

} // namespace
} // namespace tsx::engine

TSX_KERNELS(extrema) {
  registry.add("aten::max", whole_kernel<true>);
  registry.add("aten::min", whole_kernel<false>);
  registry.add("aten::max.dim", dim_kernel<true>);
  registry.add("aten::min.dim", dim_kernel<false>);
  registry.add("aten::amax", over_kernel<true>);
  registry.add("aten::amin", over_kernel<false>);
  registry.add("aten::argmax", place_kernel<true>);
  registry.add("aten::argmin", place_kernel<false>);
  registry.add("aten::aminmax", aminmax_kernel);
}
