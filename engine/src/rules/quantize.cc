// Quantisation, of plain tensors and of quantised ones, as tsx/ops/quantize.py, quantized.py,
// quantized_arithmetic.py and quantized_layers.py.
#include <algorithm>

#include "rules/support.h"

namespace tsx::engine::rules {
namespace {

using DTypes = std::initializer_list<DType>;

constexpr DTypes kFloats = {DType::kFloat32, DType::kFloat16, DType::kBFloat16};
constexpr DTypes kAllFloats = {DType::kFloat32, DType::kFloat16, DType::kBFloat16,
                               DType::kFloat64};
constexpr DTypes kStored = {DType::kUInt8, DType::kInt8, DType::kInt16, DType::kInt32};

bool is_in(DTypes many, DType dtype) {
  return std::find(many.begin(), many.end(), dtype) != many.end();
}

[[noreturn]] void wrong_dtype(std::string_view op, std::string_view expected,
                              std::string_view found) {
  throw failure("TSX4056", {{"op", op}, {"expected", expected}, {"found", found}});
}

std::string text_of(std::optional<DType> dtype) {
  return dtype ? std::string(name(*dtype)) : "None";
}

void check_dtype(std::string_view op, std::optional<DType> dtype, DTypes allowed) {
  if (!dtype || is_in(allowed, *dtype)) return;
  std::string expected;
  for (const DType one : allowed)
    expected += (expected.empty() ? "" : " or ") + std::string(name(one));
  wrong_dtype(op, expected, text_of(dtype));
}

/// The dtype of the integers; their range must lie in it.
std::optional<DType> stored(std::string_view op, const Abstract& dtype, const Abstract& low,
                            const Abstract& high) {
  const std::optional<DType> found = dtype_arg(dtype, std::nullopt);
  if (!found) return std::nullopt;
  if (!is_in(kStored, *found))
    wrong_dtype(op, "uint8, int8, int16 or int32", text_of(found));
  const bool is_signed = *found != DType::kUInt8;
  const std::int64_t count = std::int64_t{1} << (8 * item_size(*found));
  const std::int64_t least = is_signed ? -count / 2 : 0, most = least + count - 1;
  const bool is_outside = low.known_int().value_or(least) < least ||
                          high.known_int().value_or(most) > most;
  if (is_outside) {
    mismatch(op, "a range inside that of " + text_of(found),
                   to_text(low) + " to " + to_text(high));
  }
  return found;
}

/// One scale and one zero point, operands 1 and 2, for each index of the axis.
void check_axis(const Operands& in, std::string_view op, const Abstract& axis) {
  const std::optional<Shape>& shape = in.shape(0);
  const std::optional<std::size_t> place = wrap_dim(op, axis, rank_of(shape));
  for (const std::size_t i : {std::size_t{1}, std::size_t{2}}) {
    const std::optional<Shape>& terms = in.shape(i);
    if (!terms || !place) continue;
    if (terms->size() != 1 || shape->empty() || differ((*terms)[0], (*shape)[*place])) {
      unfit(op,
                  "one scale and zero point for each index of dimension " + std::to_string(*place) +
                      " of " + shape_text(*shape),
                  shape_text(*terms));
    }
  }
}

void check_single(const Operands& in, std::string_view op,
                  std::initializer_list<std::size_t> places) {
  for (const std::size_t i : places) {
    const std::optional<Shape>& shape = in.shape(i);
    for (const Dim& size : shape ? *shape : Shape())
      if (size.is_known() && size.size != 1)
        unfit(op, "tensors of one element", shape_text(*shape));
  }
}

void check_range(std::string_view op, const Abstract& low, const Abstract& high) {
  if (low.known_int() && high.known_int() && *low.known_int() > *high.known_int())
    mismatch(op, "quant_min <= quant_max", to_text(low) + " and " + to_text(high));
}

void check_stored(std::string_view op, std::optional<DType> dtype,
                  std::optional<DType> stored) {
  if (!stored) return check_dtype(op, dtype, kStored);
  check_dtype(op, dtype, {*stored});
}

/// The first sizes of operand 0, then one that isn't known.
std::optional<Shape> with_unknown_last(const Operands& in) {
  if (!in.shape(0)) return std::nullopt;
  Shape shape = *in.shape(0);
  shape.resize(std::max<std::size_t>(shape.size(), 1));
  shape.back() = Dim();
  return shape;
}

/// A quantised dtype and the integers that hold it.
struct Pair {
  DType quantized, stored;
};
constexpr Pair kPairs[] = {{DType::kQInt8, DType::kInt8},
                           {DType::kQUInt8, DType::kUInt8},
                           {DType::kQInt32, DType::kInt32}};

}  // namespace
}  // namespace tsx::engine::rules

// --- plain tensors ------------------------------------------------------------------------------

TSX_RULE(quantize_quantize_rule_rule) {
  const std::string_view op = in.base();
  check_dtype(op, in.dtype(0), kFloats);
  check_single(in, op, {1, 2, 3, 4});
  return in.tensor(stored(op, in[5], in[3], in[4]), in.shape(0));
}

TSX_RULE(quantize_dequantize_rule_rule) {
  const std::string_view op = in.base();
  check_stored(op, in.dtype(0), stored(op, in[5], in[3], in[4]));
  check_single(in, op, {1, 2, 3, 4});
  return in.tensor(dtype_arg(in[6], DType::kFloat32), in.shape(0));
}

TSX_RULE(quantize_quantize_channels_rule) {
  const std::string_view op = in.base();
  check_dtype(op, in.dtype(0), kFloats);
  check_axis(in, op, in[3]);
  return in.tensor(stored(op, in[6], in[4], in[5]), in.shape(0));
}

TSX_RULE(quantize_dequantize_channels_rule) {
  const std::string_view op = in.base();
  check_stored(op, in.dtype(0), stored(op, in[6], in[4], in[5]));
  check_axis(in, op, in[3]);
  return in.tensor(dtype_arg(in[7], DType::kFloat32), in.shape(0));
}

TSX_RULE(quantize_fake_rule) {
  const std::string_view op = in.base();
  check_dtype(op, in.dtype(0), kAllFloats);
  check_single(in, op, {1, 2});
  check_range(op, in[3], in[4]);
  return Abstract(&in.type(0));
}

TSX_RULE(quantize_fake_channels_rule) {
  const std::string_view op = in.base();
  check_dtype(op, in.dtype(0), kAllFloats);
  check_dtype(op, in.dtype(2), {DType::kInt32, DType::kInt64});
  check_axis(in, op, in[3]);
  check_range(op, in[4], in[5]);
  return Abstract(&in.type(0));
}

// --- quantised tensors --------------------------------------------------------------------------

TSX_RULE(quantized_quantize_rule_rule) {
  const std::optional<DType> own = in.dtype(0);
  if (own && *own != DType::kFloat32) wrong_dtype(in.base(), "float32", text_of(own));
  const Abstract& wanted = in[in.size() - 1];
  const std::optional<DType> dtype = dtype_arg(wanted, std::nullopt);
  if (wanted.known_int() && !(dtype && is_quantized(*dtype)))
    wrong_dtype(in.base(), "qint8, quint8 or qint32", text_of(dtype));
  return in.tensor(dtype, in.shape(0));
}

TSX_RULE(quantized_made_rule) {
  std::optional<DType> dtype;
  for (const Pair& pair : kPairs)
    if (in.dtype(0) == pair.stored) dtype = pair.quantized;
  return in.tensor(dtype, in.shape(0));
}

TSX_RULE(quantized_int_repr_rule) {
  std::optional<DType> dtype;
  for (const Pair& pair : kPairs)
    if (in.dtype(0) == pair.quantized) dtype = pair.stored;
  return in.tensor(dtype, in.shape(0));
}

TSX_RULE(quantized_dequantize_rule) { return in.tensor(DType::kFloat32, in.shape(0)); }
TSX_RULE(quantized_scalar_rule) { return in.result(); }

TSX_RULE(quantized_channel_terms_rule) {
  const bool is_scales = in.base() == "q_per_channel_scales";
  return in.tensor(is_scales ? DType::kFloat64 : DType::kInt64, Shape{Dim()});
}

TSX_RULE(quantized_arithmetic_pair_rule) {
  return in.tensor(in.dtype(0), broadcast("quantized::add", {in.shape(0), in.shape(1)}));
}

// --- layers -------------------------------------------------------------------------------------

TSX_RULE(quantized_layers_class_rule) { return in.result(); }
TSX_RULE(quantized_layers_layer_rule) { return in.tensor(DType::kQUInt8, with_unknown_last(in)); }
TSX_RULE(quantized_layers_dynamic_rule) {
  return in.tensor(DType::kFloat32, with_unknown_last(in));
}

TSX_RULE(quantized_layers_conv_rule) {
  const std::optional<Shape>& shape = in.shape(0);
  if (!shape || shape->size() != 4) return in.tensor(DType::kQUInt8, std::nullopt);
  return in.tensor(DType::kQUInt8, Shape{(*shape)[0], Dim(), Dim(), Dim()});
}
