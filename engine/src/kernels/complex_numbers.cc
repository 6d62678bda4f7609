// Complex tensors out of parts, conjugates, and the same bytes as another dtype
// (tsx/ops/comparison.py, conjugates.py, complex_views.py).
#include <cmath>

#include "base/error.h"
#include "kernels/places.h"
#include "kernels/views.h"
#include "tile/promote.h"
#include "tile/run.h"
#include "tile/space.h"

namespace tsx::engine {
namespace {

// --- conjugates ---------------------------------------------------------------------------------

/// A fresh tensor with the imaginary parts turned; a real one is copied.
TensorRef conjugated(const Tensor& x) {
  const TensorRef result = copy(x);
  const auto turn = [&](auto* parts) {
    for (std::int64_t i = 0; i < result->count(); ++i)
      parts[2 * i + 1] = -parts[2 * i + 1];
  };
  if (x.dtype() == DType::kComplex64) turn(result->mutable_data<float>());
  if (x.dtype() == DType::kComplex128) turn(result->mutable_data<double>());
  return result;
}

/// torch's shares memory, and a write can't go through this one.
TensorRef read_only(const TensorRef& x) {
  return make_ref<Tensor>(x->storage(), x->dtype(), x->sizes(), x->strides(), x->offset(), false);
}

void conj_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  call.give(is_complex(x->dtype()) ? read_only(conjugated(*x)) : x);
}

void conj_physical_kernel(Call& call) { call.give(conjugated(call.tensor(0))); }

void adjoint_kernel(Call& call) {
  const Tensor& x = call.tensor(0);
  if (x.rank() == 1) refuse("expected a matrix or a batch of matrices, got 1 dimension");
  const TensorRef turned = x.rank() == 0 ? alias(x) : transpose(x, -2, -1);
  call.give(is_complex(x.dtype()) ? read_only(conjugated(*turned)) : turned);
}

// --- out of parts -------------------------------------------------------------------------------

/// Two tensors of one float dtype, broadcast and row-major.
struct Parts {
  TensorRef first, second;
  TensorRef result;  // complex, of their sizes

  explicit Parts(const Call& call) {
    const Tensor& a = call.tensor(0);
    const Tensor& b = call.tensor(1);
    if (a.dtype() != b.dtype() || (a.dtype() != DType::kFloat32 && a.dtype() != DType::kFloat64))
      refuse("expected two float32 or two float64 tensors, got " + std::string(name(a.dtype())) +
             " and " + std::string(name(b.dtype())));
    const Dims sizes = tile::broadcast(a.sizes(), b.sizes());
    first = plain(expand(call.tensor_ref(0), sizes));
    second = plain(expand(call.tensor_ref(1), sizes));
    result = Tensor::empty(tile::complex_of(a.dtype()), sizes);
  }
};

/// make(first, second) gives the two parts of each number.
template <typename T, typename Make> void make_numbers(const Parts& parts, Make make) {
  const T* a = parts.first->data<T>();
  const T* b = parts.second->data<T>();
  T* to = parts.result->mutable_data<T>();
  for (std::int64_t i = 0; i < parts.result->count(); ++i) {
    const std::pair<T, T> number = make(a[i], b[i]);
    to[2 * i] = number.first;
    to[2 * i + 1] = number.second;
  }
}

template <typename Make> void make_kernel(Call& call, Make make) {
  const Parts parts(call);
  if (parts.first->dtype() == DType::kFloat64)
    make_numbers<double>(parts, make);
  else
    make_numbers<float>(parts, make);
  call.give(parts.result);
}

void complex_kernel(Call& call) {
  make_kernel(call, [](auto real, auto imag) { return std::make_pair(real, imag); });
}

void polar_kernel(Call& call) {
  make_kernel(call, [](auto size, auto angle) {
    return std::make_pair(size * std::cos(angle), size * std::sin(angle));
  });
}

// --- the same bytes as another dtype ------------------------------------------------------------

/// `count` elements of `from` bytes each as elements of `to` bytes; refuses what doesn't divide.
std::int64_t regrouped(std::int64_t count, std::size_t from, std::size_t to, const char* what) {
  const auto bytes = Size(count) * Size::of(from);
  if (bytes.value() % static_cast<std::int64_t>(to) != 0)
    refuse(std::string(what) + " of " + std::to_string(bytes.value()) +
           " bytes doesn't divide into elements of " + std::to_string(to) + " bytes");
  return bytes.value() / static_cast<std::int64_t>(to);
}

void view_dtype_kernel(Call& call) {
  const Tensor& x = call.tensor(0);
  const std::optional<DType> dtype = call.optional_dtype(1);
  if (!dtype) refuse("expected a dtype");
  const std::size_t from = x.item_size(), to = item_size(*dtype);
  if (from == to) return call.give(x.reinterpreted(*dtype));
  if (x.rank() == 0) refuse("expected a dtype of the same size for a 0-dim tensor");
  const std::size_t last = x.rank() - 1;
  if (x.count() != 0 && x.size(last) != 1 && x.stride(last) != 1)
    refuse("expected a last dimension that lies together in memory");
  Dims sizes = x.sizes(), strides = x.strides();
  sizes[last] = regrouped(x.size(last), from, to, "a last dimension");
  for (std::size_t i = 0; i < last; ++i)
    strides[i] =
        x.count() == 0 || x.size(i) == 1 ? 0 : regrouped(x.stride(i), from, to, "a stride");
  strides[last] = 1;
  const std::int64_t offset =
      x.count() == 0 ? 0 : regrouped(x.offset(), from, to, "an offset");
  call.give(make_ref<Tensor>(x.storage(), *dtype, sizes, strides, offset, x.is_writable()));
}

}  // namespace
}  // namespace tsx::engine

TSX_KERNELS(complex_numbers) {
  registry.add("aten::conj", conj_kernel);
  registry.add("aten::_conj", conj_kernel);
  registry.add("aten::conj_physical", conj_physical_kernel);
  registry.add("aten::_conj_physical", conj_physical_kernel);
  registry.add("aten::conj_physical_", stored<conj_physical_kernel>);
  registry.add("aten::adjoint", adjoint_kernel);
  registry.add("aten::mH", adjoint_kernel);
  registry.add("aten::mH.a", adjoint_kernel);
  registry.add("aten::matrix_H", adjoint_kernel);
  registry.add("aten::matrix_H.a", adjoint_kernel);
  registry.add("aten::complex", complex_kernel);
  registry.add("aten::polar", polar_kernel);
  registry.add("aten::view.dtype", view_dtype_kernel);
}
