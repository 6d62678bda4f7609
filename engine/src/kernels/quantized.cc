// Mirrors tsx/ops/quantized.py: operators that make quantised tensors and read them.
#include "kernels/elementwise.h"
#include "kernels/places.h"
#include "kernels/quantized_support.h"
#include "kernels/views.h"

namespace tsx::engine {
namespace {

/// The integers that the quantised dtype of a code is stored as.
DType stored_as(std::int64_t code) {
  switch (dtype_of_code(code).value_or(DType::kBool)) {
  case DType::kQInt8: return DType::kInt8;
  case DType::kQUInt8: return DType::kUInt8;
  case DType::kQInt32: return DType::kInt32;
  default: refuse("expected a dtype qint8, quint8 or qint32, got " + std::to_string(code));
  }
}

/// An element of a scale or zero point that may be a number or a tensor of one element.
double number(const Call& call, std::size_t i) {
  if (!call[i].is(Tag::kTensor)) return call.real(i);
  if (call.tensor(i).count() != 1) refuse("expected a tensor of one element");
  return *plain(call.tensor_ref(i), DType::kFloat64)->data<double>();
}

void quantize_per_tensor(Call& call) {
  const TensorRef x = float32_of(call, 0);
  const DType dtype = stored_as(call.integer(3));
  call.give(quantized(*x, number(call, 1), zero_point_of(number(call, 2)), dtype).value());
}

/// Integers by channel, from operands 1 to 3: scales, zero points, axis.
Quantized by_channel(Call& call, TensorRef values) {
  const std::size_t axis = axis_of(call.integer(3), values->rank());
  const TensorRef scales = plain(call.tensor_ref(1), DType::kFloat64);
  if (!is_integer(call.tensor(2).dtype())) refuse("expected whole zero points");
  const TensorRef zeros = plain(call.tensor_ref(2), DType::kInt64);
  if (values->rank() == 0 || scales->sizes() != Dims{values->size(axis)} ||
      zeros->sizes() != scales->sizes())
    refuse("expected a scale and a zero point for each index of dimension " +
           std::to_string(axis) + " of " + text_of(values->sizes()));
  for (std::int64_t i = 0; i < zeros->count(); ++i) zero_point_of(zeros->data<std::int64_t>()[i]);
  return {std::move(values), scales, zeros, static_cast<std::int64_t>(axis)};
}

void quantize_per_channel(Call& call) {
  const TensorRef x = float32_of(call, 0);
  const DType dtype = stored_as(call.integer(4));
  const Quantized made = by_channel(call, Tensor::empty(dtype, x->sizes()));
  if (x->count() != 0) fill(*x, made);
  call.give(made.value());
}

void make_per_tensor(Call& call) {
  const TensorRef values = contiguous(call.tensor_ref(0));
  for_stored(values->dtype(), [](auto) {});
  call.give(Quantized::by_tensor(values, call.real(1), zero_point_of(call.integer(2))).value());
}

void make_per_channel(Call& call) {
  const TensorRef values = contiguous(call.tensor_ref(0));
  for_stored(values->dtype(), [](auto) {});
  call.give(by_channel(call, values).value());
}

void dequantize(Call& call) { call.give(dequantized(Quantized::of(call[0]))); }
void int_repr(Call& call) { call.give(copy(*Quantized::of(call[0]).values)); }
void q_scale(Call& call) { call.give(Quantized::of(call[0]).scale()); }
void q_zero_point(Call& call) { call.give(Quantized::of(call[0]).zero_point()); }

Quantized of_channels(const Value& value) {
  Quantized q = Quantized::of(value);
  if (!q.axis) refuse("expected a tensor quantised by channel, got one scale");
  return q;
}

void q_axis(Call& call) { call.give(*of_channels(call[0]).axis); }
void q_scales(Call& call) { call.give(copy(*of_channels(call[0]).scales)); }
void q_zero_points(Call& call) { call.give(copy(*of_channels(call[0]).zero_points)); }

}  // namespace
}  // namespace tsx::engine

TSX_KERNELS(quantized) {
  registry.add("aten::quantize_per_tensor", quantize_per_tensor);
  registry.add("aten::quantize_per_tensor.tensor_qparams", quantize_per_tensor);
  registry.add("aten::quantize_per_channel", quantize_per_channel);
  registry.add("aten::_make_per_tensor_quantized_tensor", make_per_tensor);
  registry.add("aten::_make_per_channel_quantized_tensor", make_per_channel);
  registry.add("aten::dequantize.self", dequantize);
  registry.add("aten::int_repr", int_repr);
  registry.add("aten::q_scale", q_scale);
  registry.add("aten::q_zero_point", q_zero_point);
  registry.add("aten::q_per_channel_axis", q_axis);
  registry.add("aten::q_per_channel_scales", q_scales);
  registry.add("aten::q_per_channel_zero_points", q_zero_points);
}
