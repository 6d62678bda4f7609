// Mirrors tsx/ops/quantized_forms.py.
#include "kernels/quantized_forms.h"

#include <algorithm>
#include <iterator>

#include "ir/op.h"
#include "kernels/quantized_support.h"
#include "kernels/views.h"

namespace tsx::engine {
namespace {

void plain_call(Call& call) { Registry::all().find(call.op().kind())(call); }

/// The plain operator on the integers.
Value on_integers(Call& call, const Quantized& q) {
  std::vector<Value> operands{Value(q.values)};
  for (std::size_t i = 1; i < call.size(); ++i)
    operands.push_back(call[i]);
  Value result;
  Call inner(operands.data(), operands.size(), &result, 1, call.context(), &call.op());
  plain_call(inner);
  return result;
}

void moved_form(Call& call) {
  if (!Quantized::is(call[0])) return plain_call(call);
  const Quantized q = Quantized::of(call[0]);
  call.give(q.like(contiguous(on_integers(call, q).tensor_ref())).value());
}

void asked_form(Call& call) {
  if (!Quantized::is(call[0])) return plain_call(call);
  call.give(on_integers(call, Quantized::of(call[0])));
}

/// Real numbers below zero are stored ones below the zero point.
void relu_form(Call& call) {
  if (!Quantized::is(call[0])) return plain_call(call);
  const Quantized q = Quantized::of(call[0]);
  const TensorRef values = Tensor::empty(q.values->dtype(), q.values->sizes());
  const std::int64_t zero_point = q.zero_point();
  for_stored(values->dtype(), [&](auto zero) {
    using T = decltype(zero);
    T* const to = values->mutable_data<T>();
    each_step(q, [&](std::int64_t i, std::int64_t step, std::int64_t) {
      to[i] = saturated<T>(std::max<std::int64_t>(step, 0) + zero_point);
    });
  });
  call.give(q.like(values).value());
}

}  // namespace

bool makes_quantized(std::string_view kind) {
  static constexpr std::string_view kMakers[] = {
      "aten::quantize_per_tensor", "aten::quantize_per_tensor.tensor_qparams",
      "aten::quantize_per_channel", "aten::_make_per_tensor_quantized_tensor",
      "aten::_make_per_channel_quantized_tensor"};
  return std::find(std::begin(kMakers), std::end(kMakers), kind) != std::end(kMakers);
}

bool takes_quantized(std::string_view kind) {
  static constexpr std::string_view kReaders[] = {
      "aten::dequantize.self", "aten::int_repr", "aten::q_scale", "aten::q_zero_point",
      "aten::q_per_channel_axis", "aten::q_per_channel_scales", "aten::q_per_channel_zero_points"};
  const std::string_view space = kind.substr(0, kind.find(':'));
  return space == "quantized" || space == "prim" || space == "tsx" || quantized_form(kind) ||
         std::find(std::begin(kReaders), std::end(kReaders), kind) != std::end(kReaders);
}

bool is_quantized_tensor(const Value& value) { return Quantized::is(value); }

Kernel quantized_form(std::string_view kind) {
  static constexpr std::string_view kMoves[] = {
      "aten::view", "aten::reshape", "aten::flatten.using_ints", "aten::permute",
      "aten::transpose.int", "aten::contiguous", "aten::clone", "aten::detach", "aten::squeeze",
      "aten::squeeze.dim", "aten::unsqueeze", "aten::slice.Tensor", "aten::select.int",
      "aten::max_pool2d"};
  static constexpr std::string_view kQuestions[] = {"aten::size", "aten::size.int", "aten::dim",
                                                    "aten::numel", "aten::len.Tensor"};
  const auto has = [kind](const auto& kinds) {
    return std::find(std::begin(kinds), std::end(kinds), kind) != std::end(kinds);
  };
  if (has(kMoves)) return moved_form;
  if (has(kQuestions)) return asked_form;
  return kind == "aten::relu" ? relu_form : nullptr;
}

}  // namespace tsx::engine
