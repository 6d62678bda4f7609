// Mirrors tsx/ops/facts.py: what a tensor is, and numbers out of tensors.
#include <cmath>

#include "base/error.h"
#include "kernels/support.h"
#include "tile/run.h"

namespace tsx::engine {
namespace {

Ref<List> listed(Span<const std::int64_t> numbers) {
  std::vector<Value> items;
  for (const std::int64_t number : numbers)
    items.emplace_back(number);
  return make_ref<List>(std::move(items));
}

void sizes_kernel(Call& call) { call.give(listed(call.tensor(0).sizes())); }
void strides_kernel(Call& call) { call.give(listed(call.tensor(0).strides())); }

std::size_t dimension(Call& call) {
  const Tensor& x = call.tensor(0);
  if (x.rank() == 0) refuse("expected a tensor with at least one dimension");
  return axis_of(call.integer(1), x.rank());
}

void size_kernel(Call& call) { call.give(call.tensor(0).size(dimension(call))); }
void stride_kernel(Call& call) { call.give(call.tensor(0).stride(dimension(call))); }

void length_kernel(Call& call) {
  if (call.tensor(0).rank() == 0)
    refuse("expected a tensor with at least one dimension, got a 0-dim tensor");
  call.give(call.tensor(0).size(0));
}

void rank_kernel(Call& call) { call.give(static_cast<std::int64_t>(call.tensor(0).rank())); }
void numel_kernel(Call& call) { call.give(call.tensor(0).count()); }
void contiguous_fact_kernel(Call& call) { call.give(call.tensor(0).is_contiguous()); }
void is_float_kernel(Call& call) { call.give(is_float(call.tensor(0).dtype())); }
void is_complex_kernel(Call& call) { call.give(is_complex(call.tensor(0).dtype())); }
void item_size_kernel(Call& call) {
  call.give(static_cast<std::int64_t>(call.tensor(0).item_size()));
}
void dtype_kernel(Call& call) { call.give(static_cast<std::int64_t>(call.tensor(0).dtype())); }

/// A tensor is on the CPU, strided, and has no gradient.
void device_kernel(Call& call) {
  call.tensor(0);
  call.give(std::string_view("cpu"));
}
void layout_kernel(Call& call) {
  call.tensor(0);
  call.give(std::int64_t{0});
}
template <bool answer> void constant_kernel(Call& call) {
  call.tensor(0);
  call.give(answer);
}

/// The number in a tensor of one element.
Value item(const TensorRef& x) {
  if (x->count() != 1)
    refuse("expected a tensor with one element, got shape " + text_of(x->sizes()));
  if (x->dtype() == DType::kBool) return Value(*plain(x)->data<std::uint8_t>() != 0);
  if (is_integer(x->dtype())) return Value(*plain(x, DType::kInt64)->data<std::int64_t>());
  if (is_complex(x->dtype()))
    return Value(*plain(x, DType::kComplex128)->data<std::complex<double>>());
  return Value(*plain(x, DType::kFloat64)->data<double>());
}

TensorRef implicit(Call& call) {
  if (call.tensor(0).rank() != 0)
    refuse("expected a 0-dim tensor, got shape " + text_of(call.tensor(0).sizes()));
  return call.tensor_ref(0);
}

double as_float(const Value& number) {
  if (number.is(Tag::kComplex)) return number.complex().real();
  if (number.is(Tag::kFloat)) return number.real();
  return number.is(Tag::kBool) ? (number.boolean() ? 1 : 0) : static_cast<double>(number.integer());
}

std::int64_t as_int(const Value& number) {
  if (number.is(Tag::kInt)) return number.integer();
  const double real = as_float(number);
  if (!(std::abs(real) < 9223372036854775808.0))
    refuse("can't make an int of " + std::to_string(real));
  return static_cast<std::int64_t>(real);
}

bool as_bool(const Value& number) {
  if (number.is(Tag::kComplex)) return number.complex() != 0.0;
  return as_float(number) != 0;
}

void item_kernel(Call& call) { call.give(item(call.tensor_ref(0))); }
void scalar_implicit_kernel(Call& call) { call.give(item(implicit(call))); }
void int_kernel(Call& call) { call.give(as_int(item(call.tensor_ref(0)))); }
void int_implicit_kernel(Call& call) { call.give(as_int(item(implicit(call)))); }
void float_kernel(Call& call) { call.give(as_float(item(call.tensor_ref(0)))); }
void float_implicit_kernel(Call& call) { call.give(as_float(item(implicit(call)))); }
void bool_kernel(Call& call) { call.give(as_bool(item(call.tensor_ref(0)))); }
void complex_implicit_kernel(Call& call) {
  const Value number = item(implicit(call));
  call.give(number.is(Tag::kComplex) ? number.complex() : std::complex<double>(as_float(number)));
}

} // namespace
} // namespace tsx::engine

TSX_KERNELS(facts) {
  registry.add("aten::size", sizes_kernel);
  registry.add("aten::sym_size", sizes_kernel);
  registry.add("aten::size.int", size_kernel);
  registry.add("aten::sym_size.int", size_kernel);
  registry.add("aten::stride", strides_kernel);
  registry.add("aten::stride.int", stride_kernel);
  registry.add("aten::len.Tensor", length_kernel);
  registry.add("aten::dim", rank_kernel);
  registry.add("aten::numel", numel_kernel);
  registry.add("aten::sym_numel", numel_kernel);
  registry.add("aten::is_contiguous", contiguous_fact_kernel);
  registry.add("aten::is_floating_point", is_float_kernel);
  registry.add("aten::is_complex", is_complex_kernel);
  registry.add("aten::element_size", item_size_kernel);
  registry.add("prim::dtype", dtype_kernel);
  registry.add("prim::device", device_kernel);
  registry.add("prim::layout", layout_kernel);
  registry.add("prim::is_cuda", constant_kernel<false>);
  registry.add("prim::is_cpu", constant_kernel<true>);
  registry.add("prim::requires_grad", constant_kernel<false>);
  registry.add("aten::item", item_kernel);
  registry.add("aten::_local_scalar_dense", item_kernel);
  registry.add("aten::ScalarImplicit", scalar_implicit_kernel);
  registry.add("aten::Int.Tensor", int_kernel);
  registry.add("aten::IntImplicit", int_implicit_kernel);
  registry.add("aten::Float.Tensor", float_kernel);
  registry.add("aten::FloatImplicit", float_implicit_kernel);
  registry.add("aten::Bool.Tensor", bool_kernel);
  registry.add("aten::is_nonzero", bool_kernel);
  registry.add("aten::ComplexImplicit", complex_implicit_kernel);
}
