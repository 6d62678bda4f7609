// Mirrors tsx/ops/quantized_layers.py. Sums are exact integers: float64 holds every integer of 32 bits.
#include <cmath>

#include "kernels/gemm.h"
#include "kernels/places.h"
#include "kernels/quantized_support.h"
#include "kernels/support.h"
#include "kernels/views.h"

namespace tsx::engine {
namespace {

const std::shared_ptr<const ClassInfo>& packed_class() {
  static const auto kMade = made_class(
      "packed parameters", {"weight", "bias", "stride", "padding", "dilation", "groups"});
  return kMade;
}

void need_weight(const Value& value) {
  const Quantized weight = Quantized::of(value);
  if (weight.values->dtype() != DType::kInt8 || weight.axis.value_or(0) != 0)
    refuse("expected a weight of qint8, with one scale or one for each output");
}

void linear_prepack(Call& call) {
  need_weight(call[0]);
  call.give(object_of(packed_class(), {call[0], call[1], Value(), Value(), Value(), Value()}));
}

void conv2d_prepack(Call& call) {
  need_weight(call[0]);
  call.give(object_of(packed_class(), {call[0], call[1], call[2], call[3], call[4], call[5]}));
}

struct Layer {
  Quantized weight;
  TensorRef bias;  // float32, or null
  const Object& options;
  bool is_conv;

  explicit Layer(const Value& value) : Layer(object(value)) {}

  /// x_scale * weight scale of each output, in float32.
  std::vector<float> factors(double x_scale) const {
    std::vector<float> made;
    for (std::int64_t c = 0; c < weight.channels(); ++c)
      made.push_back(static_cast<float>(x_scale) *
                     static_cast<float>(weight.scales->data<double>()[c]));
    return made;
  }

  /// Sums of products of steps, exactly.
  TensorRef sums(Call& call, const Quantized& x) const {
    const TensorRef steps = steps_of(x), own = steps_of(weight);
    if (!is_conv) {
      if (steps->rank() == 0 || own->rank() != 2 || steps->size(steps->rank() - 1) != own->size(1))
        refuse("expected rows of the weight's size, got " + text_of(steps->sizes()) + " and " +
               text_of(own->sizes()));
      return contiguous(linear(steps, own, nullptr));
    }
    const Value found = invoke(call, "aten::conv2d",
                               {Value(steps), Value(own), Value(), options.attributes[2],
                                options.attributes[3], options.attributes[4],
                                options.attributes[5]});
    return contiguous(found.tensor_ref());
  }

 private:
  explicit Layer(const Object& object)
      : weight(Quantized::of(object.attributes[0])), options(object),
        is_conv(!object.attributes[2].is_none()) {
    if (object.attributes[1].is(Tag::kTensor)) {
      bias = plain(object.attributes[1].tensor_ref(), DType::kFloat32);
      if (bias->count() != weight.values->size(0)) refuse("expected one bias for each output");
    }
  }

  static const Object& object(const Value& value) {
    if (!is_of(value, packed_class())) refuse("expected packed parameters");
    return value.object();
  }

  static TensorRef steps_of(const Quantized& q) {
    const TensorRef result = Tensor::empty(DType::kFloat64, q.values->sizes());
    auto* const to = result->mutable_data<double>();
    each_step(q, [&](std::int64_t i, std::int64_t step, std::int64_t) {
      to[i] = static_cast<double>(step);
    });
    return result;
  }
};

/// visit(element, output channel) over sums whose channels are last (linear) or second (conv).
template <typename Visit> void each_output(const Layer& layer, const Tensor& sums, Visit visit) {
  if (sums.count() == 0) return;
  const std::int64_t channels = layer.weight.values->size(0);
  std::int64_t inner = 1;
  for (std::size_t d = sums.rank() - (layer.is_conv ? 2 : 0); d < sums.rank(); ++d)
    inner *= sums.size(d);
  for (std::int64_t i = 0; i < sums.count(); ++i)
    visit(i, i / inner % channels);
}

template <bool is_relu> void layer_kernel(Call& call) {
  const Quantized x = Quantized::of(call[0]);
  if (x.values->dtype() != DType::kUInt8) refuse("expected a quint8 tensor");
  const Layer layer(call[1]);
  const auto scale = static_cast<float>(call.real(2));
  const std::int64_t zero_point = zero_point_of(call.integer(3));
  const std::vector<float> factors = layer.factors(x.scale());
  const TensorRef sums = layer.sums(call, x);
  const TensorRef values = Tensor::empty(DType::kUInt8, sums->sizes());
  auto* const to = values->mutable_data<std::uint8_t>();
  const auto* const from = sums->data<double>();
  each_output(layer, *sums, [&](std::int64_t i, std::int64_t c) {
    const float factor = factors[factors.size() == 1 ? 0 : static_cast<std::size_t>(c)];
    auto sum = static_cast<float>(from[i]);
    if (layer.bias) sum += layer.bias->data<float>()[c] / factor;
    const std::int64_t whole = rounded(sum * (factor / scale)) + zero_point;
    to[i] = saturated<std::uint8_t>(is_relu ? std::max(whole, zero_point) : whole);
  });
  call.give(Quantized::by_tensor(values, call.real(2), zero_point).value());
}

struct Chosen {
  float scale;
  std::int64_t zero_point;
};

/// Scale and zero point of quint8 for what a tensor holds (FBGEMM's ChooseQuantizationParams).
Chosen chosen(const Tensor& x, bool reduce_range) {
  constexpr float kSmallScale = 6.1e-5F;
  double least = 0, most = 0;
  for (std::int64_t i = 0; i < x.count(); ++i) {
    least = std::min(least, static_cast<double>(x.data<float>()[i]));
    most = std::max(most, static_cast<double>(x.data<float>()[i]));
  }
  const double high = reduce_range ? 127 : 255;
  auto scale = static_cast<float>((most - least) / high);
  if (scale == 0 || std::isinf(1.0F / scale)) scale = 0.1F;
  if (scale < kSmallScale) {
    const float reach = kSmallScale * static_cast<float>(high), wider = kSmallScale / scale;
    if (least == 0) {
      most = static_cast<double>(reach);
    } else if (most == 0) {
      least = -static_cast<double>(reach);
    } else {
      least = static_cast<double>(static_cast<float>(least) * wider);
      most = static_cast<double>(static_cast<float>(most) * wider);
    }
    scale = kSmallScale;
  }
  const double below = least / static_cast<double>(scale), above = most / static_cast<double>(scale);
  const double zero = std::abs(below) < high + std::abs(above) ? -below : high - above;
  const float nearest = std::nearbyint(static_cast<float>(zero));
  return {scale, static_cast<std::int64_t>(std::clamp(nearest, 0.0F, static_cast<float>(high)))};
}

template <bool is_relu> void dynamic_kernel(Call& call) {
  const TensorRef given = float32_of(call, 0);
  const Layer layer(call[1]);
  const Chosen terms = chosen(*given, call.boolean(2));
  const Quantized x =
      stepped(*given, static_cast<double>(terms.scale), terms.zero_point, DType::kUInt8);
  const std::vector<float> factors = layer.factors(x.scale());
  const TensorRef sums = layer.sums(call, x);
  const TensorRef result = Tensor::empty(DType::kFloat32, sums->sizes());
  auto* const to = result->mutable_data<float>();
  const auto* const from = sums->data<double>();
  each_output(layer, *sums, [&](std::int64_t i, std::int64_t c) {
    const float factor = factors[factors.size() == 1 ? 0 : static_cast<std::size_t>(c)];
    float sum = static_cast<float>(from[i]) * factor;
    if (layer.bias) sum += layer.bias->data<float>()[c];
    to[i] = is_relu && !(sum > 0) ? 0 : sum;
  });
  call.give(result);
}

}  // namespace
}  // namespace tsx::engine

TSX_KERNELS(quantized_layers) {
  registry.add("quantized::linear_prepack", linear_prepack);
  registry.add("quantized::conv2d_prepack", conv2d_prepack);
  registry.add("quantized::linear", layer_kernel<false>);
  registry.add("quantized::linear_relu", layer_kernel<true>);
  registry.add("quantized::conv2d.new", layer_kernel<false>);
  registry.add("quantized::conv2d_relu.new", layer_kernel<true>);
  registry.add("quantized::linear_dynamic", dynamic_kernel<false>);
  registry.add("quantized::linear_relu_dynamic", dynamic_kernel<true>);
}
