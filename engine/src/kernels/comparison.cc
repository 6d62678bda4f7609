// Whole-tensor comparisons, and tensors made to agree (tsx/ops/comparison.py).
#include <cmath>

#include "core/half.h"
#include "kernels/places.h"
#include "kernels/reductions.h"
#include "kernels/views.h"
#include "tile/run.h"
#include "tile/space.h"

namespace tsx::engine {
namespace {

// --- questions ----------------------------------------------------------------------------------

/// A dtype that holds the elements of both as they compare in NumPy.
DType compared_dtype(DType a, DType b) {
  if (is_complex(a) || is_complex(b)) return DType::kComplex128;
  return is_float(a) || is_float(b) ? DType::kFloat64 : DType::kInt64;
}

bool is_equal(const TensorRef& a, const TensorRef& b) {
  if (a->sizes() != b->sizes()) return false;
  const DType dtype = compared_dtype(a->dtype(), b->dtype());
  const TensorRef left = plain(a, dtype), right = plain(b, dtype);
  bool same = true;
  for_compute_type(dtype, [&](auto sample) {
    using T = decltype(sample);
    same = std::equal(left->data<T>(), left->data<T>() + left->count(), right->data<T>());
  });
  return same;
}

void equal_kernel(Call& call) { call.give(is_equal(call.tensor_ref(0), call.tensor_ref(1))); }

template <bool wanted> void equal_lists_kernel(Call& call) {
  const std::vector<TensorRef> a = call.tensors(0), b = call.tensors(1);
  call.give(std::equal(a.begin(), a.end(), b.begin(), b.end(), is_equal) == wanted);
}

/// As NumPy computes in a dtype: of half precision each step is rounded.
template <bool is_half, typename T> T rounded(T value) {
  if constexpr (is_half) return float_of_half(half_of_float(value));
  return value;
}

bool is_nan(double value) { return std::isnan(value); }
bool is_finite(double value) { return std::isfinite(value); }
template <typename T> bool is_nan(std::complex<T> value) {
  return std::isnan(value.real()) || std::isnan(value.imag());
}
template <typename T> bool is_finite(std::complex<T> value) {
  return std::isfinite(value.real()) && std::isfinite(value.imag());
}

struct Tolerance {
  double relative, absolute;
  bool equal_nan;
};

template <bool is_half, typename T> bool is_close(T a, T b, const Tolerance& within) {
  using R = decltype(std::abs(a));
  if (a == b || (within.equal_nan && is_nan(a) && is_nan(b))) return true;
  if (!is_finite(b)) return false;
  const R distance = std::abs(rounded<is_half>(a - b));
  const auto scaled =
      rounded<is_half>(rounded<is_half>(static_cast<R>(within.relative)) * std::abs(b));
  return distance <= rounded<is_half>(rounded<is_half>(static_cast<R>(within.absolute)) + scaled);
}

template <bool is_half, typename T>
bool all_close(const Tensor& a, const Tensor& b, const Tolerance& within) {
  for (std::int64_t i = 0; i < a.count(); ++i)
    if (!is_close<is_half>(a.data<T>()[i], b.data<T>()[i], within)) return false;
  return true;
}

void close_kernel(Call& call) {
  const TensorRef a = call.tensor_ref(0), b = call.tensor_ref(1);
  need_same_dtype(*a, *b);
  const DType own = a->dtype();
  const DType work = is_float(own) ? compute_dtype(own) : is_complex(own) ? own : DType::kFloat64;
  const Dims sizes = tile::broadcast(a->sizes(), b->sizes());
  const TensorRef left = plain(expand(a, sizes), work), right = plain(expand(b, sizes), work);
  const Tolerance within{call.real(2), call.real(3), call.boolean(4)};
  if (own == DType::kFloat16) return call.give(all_close<true, float>(*left, *right, within));
  switch (work) {
  case DType::kFloat32:
    return call.give(all_close<false, float>(*left, *right, within));
  case DType::kFloat64:
    return call.give(all_close<false, double>(*left, *right, within));
  case DType::kComplex64:
    return call.give(all_close<false, std::complex<float>>(*left, *right, within));
  default:
    return call.give(all_close<false, std::complex<double>>(*left, *right, within));
  }
}

// --- sizes that agree ---------------------------------------------------------------------------

void give_list(Call& call, std::vector<TensorRef> tensors) {
  call.give(list_of(Span<const TensorRef>(tensors)));
}

void broadcast_kernel(Call& call) {
  std::vector<TensorRef> tensors = call.tensors(0);
  Dims sizes;
  for (const TensorRef& x : tensors)
    sizes = tile::broadcast(sizes, x->sizes());
  for (TensorRef& x : tensors)
    x = expand(x, sizes);
  give_list(call, std::move(tensors));
}

/// Sums the dimensions that broadcasting to the tensor's sizes would have spread.
void sum_to_size_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  const Dims sizes = call.ints(1);
  bool fits = sizes.size() <= x->rank(), is_spread = sizes.empty();
  const std::size_t extra = fits ? x->rank() - sizes.size() : 0;
  Axes axes;
  for (std::size_t i = 0; fits && i < x->rank(); ++i) {
    const std::int64_t own = x->size(i);
    fits = i < extra || sizes[i - extra] == own || sizes[i - extra] == 1;
    axes.has[i] = i < extra || (sizes[i - extra] == 1 && own != 1);
    is_spread = is_spread || axes.has[i];
  }
  if (!fits)
    refuse("expected sizes that broadcast to " + text_of(x->sizes()) + ", got " + text_of(sizes));
  if (!is_spread) return call.give(alias(*x));
  const bool is_whole = is_integer(x->dtype()) || x->dtype() == DType::kBool;
  call.give(reshape(sum_over(is_whole ? tile::cast(x, DType::kInt64) : x, axes), sizes));
}

}  // namespace
}  // namespace tsx::engine

TSX_KERNELS(comparison) {
  registry.add("aten::equal", equal_kernel);
  registry.add("aten::eq.Tensor_list", equal_lists_kernel<true>);
  registry.add("aten::ne.Tensor_list", equal_lists_kernel<false>);
  registry.add("aten::allclose", close_kernel);
  registry.add("aten::broadcast_tensors", broadcast_kernel);
  registry.add("aten::sum_to_size", sum_to_size_kernel);
}
