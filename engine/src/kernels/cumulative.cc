// Mirrors tsx/ops/cumulative.py as far as running sums and products go. They are carried in
// float64.
#include "base/error.h"
#include "kernels/gemm.h"
#include "kernels/rows.h"
#include "kernels/support.h"
#include "kernels/views.h"
#include "tile/run.h"

namespace tsx::engine {
namespace {

struct Sum {
  template <typename T> static T of(T a, T b) { return a + b; }
  static std::int64_t of(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
  }
};
struct Product1 {
  template <typename T> static T of(T a, T b) { return a * b; }
  static std::int64_t of(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
  }
};

template <typename Step> void running_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  const std::size_t axis = axis_of(call.integer(1), x->rank());
  const DType own = x->dtype();
  const DType natural = is_integer(own) || own == DType::kBool ? DType::kInt64 : own;
  const DType target = call.optional_dtype(2).value_or(natural);
  const DType work = is_float(target)     ? DType::kFloat64
                     : is_complex(target) ? DType::kComplex128
                                          : DType::kInt64;
  Axes axes;
  if (x->rank() != 0) axes.has[axis] = true;
  const Rows rows = rows_over(tile::cast(x, target), axes, work);
  const TensorRef result = copy(*rows.tensor);
  for_product_type(work, [&](auto zero) {
    using T = decltype(zero);
    if (result->count() == 0) return;
    T* row = result->mutable_data<T>();
    for (std::int64_t i = 0; i < rows.count; ++i, row += rows.width) {
      for (std::int64_t j = 1; j < rows.width; ++j)
        row[j] = Step::of(row[j - 1], row[j]);
    }
  });
  call.give(tile::cast(contiguous(axes_back(result, axes, x->rank())), target));
}

} // namespace
} // namespace tsx::engine

TSX_KERNELS(cumulative) {
  registry.add("aten::cumsum", running_kernel<Sum>);
  registry.add("aten::cumsum_", stored<running_kernel<Sum>>);
  registry.add("aten::cumprod", running_kernel<Product1>);
  registry.add("aten::cumprod_", stored<running_kernel<Product1>>);
}
