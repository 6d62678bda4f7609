// Mirrors tsx/ops/casts.py: conversions between dtypes, copies, and tensors that are their operand.
#include "base/error.h"
#include "kernels/support.h"
#include "kernels/views.h"
#include "tile/formula.h"
#include "tile/promote.h"
#include "tile/run.h"

namespace tsx::engine {
namespace {

/// The tensor in another dtype: itself when it is that already, unless a copy is wanted.
TensorRef converted(const TensorRef& x, DType dtype, bool copies) {
  const TensorRef result = tile::cast(x, dtype);
  return copies && result == x ? tile::clone(*x) : result;
}

/// Operands: the place of the dtype or of a tensor that has it (-1: none), and of the flag that
/// asks for a copy.
template <int place, int flag> void to_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  DType dtype = x->dtype();
  if constexpr (place > 0) {
    if (call[place].is(Tag::kTensor)) {
      dtype = call.tensor(place).dtype();
    } else {
      dtype = call.optional_dtype(place).value_or(dtype);
    }
  }
  bool copies = false;
  if constexpr (flag > 0) copies = call.boolean(flag);
  call.give(converted(x, dtype, copies));
}

void to_copy_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  call.give(converted(x, call.optional_dtype(1).value_or(x->dtype()), true));
}

/// What the bodies of composites compute with: half precision as float32, anything else copied.
void widen_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  call.give(converted(x, tile::opmath(x->dtype()), true));
}

void same_kernel(Call& call) { call.give(call.tensor_ref(0)); }

void clone_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  call.give(call.optional_integer(1) == 0 ? copy(*x) : tile::clone(*x));
}

void contiguous_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  call.give(call.integer(1) != 0 ? x : contiguous(x));
}

/// A number or tensor as a 0-dim or broadcastable source.
TensorRef source_of(const Value& value) {
  switch (value.tag()) {
  case Tag::kTensor:
    return value.tensor_ref();
  case Tag::kBool:
    return Tensor::scalar<std::uint8_t>(DType::kBool, value.boolean());
  case Tag::kInt:
    return Tensor::scalar<std::int64_t>(DType::kInt64, value.integer());
  case Tag::kFloat:
    return Tensor::scalar<double>(DType::kFloat64, value.real());
  case Tag::kComplex:
    return Tensor::scalar<std::complex<double>>(DType::kComplex128, value.complex());
  default:
    refuse("expected a number or a tensor");
  }
}

void copy_kernel(Call& call) {
  const TensorRef target = call.tensor_ref(0);
  tile::assign(*target, source_of(call[1]));
  call.give(target);
}

void zero_kernel(Call& call) {
  const TensorRef target = call.tensor_ref(0);
  tile::assign(*target, Tensor::scalar<std::uint8_t>(DType::kBool, 0));
  call.give(target);
}

} // namespace
} // namespace tsx::engine

TSX_KERNELS(casts) {
  registry.add("aten::to.dtype", to_kernel<1, 3>);
  registry.add("aten::to.device", to_kernel<2, 4>);
  registry.add("aten::to.other", to_kernel<1, 3>);
  registry.add("aten::to.dtype_layout", to_kernel<1, 5>);
  registry.add("aten::to.prim_Device", to_kernel<2, 4>);
  registry.add("aten::to.prim_dtype", to_kernel<1, 3>);
  registry.add("aten::to.prim_other", to_kernel<-1, 2>);
  registry.add("aten::type_as", to_kernel<1, -1>);
  registry.add("aten::_to_copy", to_copy_kernel);
  registry.add("tsx::widen", widen_kernel);
  registry.add("aten::clone", clone_kernel);
  registry.add("aten::contiguous", contiguous_kernel);
  registry.add("aten::lift", same_kernel);
  registry.add("aten::lift_fresh", same_kernel);
  registry.add("aten::positive", same_kernel);
  registry.add("aten::cpu", same_kernel);
  registry.add("aten::cuda", same_kernel);
  registry.add("aten::data", same_kernel);
  registry.add("prim::data", same_kernel);
  registry.add("aten::resolve_conj", same_kernel);
  registry.add("aten::resolve_neg", same_kernel);
  registry.add("aten::requires_grad_", same_kernel);
  registry.add("aten::copy_", copy_kernel);
  registry.add("aten::copy_.Tensor", copy_kernel);
  registry.add("aten::copy_.int", copy_kernel);
  registry.add("aten::copy_.float", copy_kernel);
  registry.add("aten::fill_.Scalar", copy_kernel);
  registry.add("aten::fill_.Tensor", copy_kernel);
  registry.add("aten::zero_", zero_kernel);
}
