// What quantised tensors are, and how FBGEMM rounds: to nearest even, saturating.
#include "kernels/quantized_support.h"

#include <cmath>

#include "kernels/views.h"

namespace tsx::engine {
namespace {

const std::shared_ptr<const ClassInfo>& tensor_class() {
  static const auto kMade =
      made_class("quantized tensor", {"values", "scales", "zero_points", "axis"});
  return kMade;
}

}  // namespace

std::shared_ptr<const ClassInfo> made_class(const char* name,
                                            std::initializer_list<const char*> attributes) {
  auto made = std::make_shared<ClassInfo>(name);
  for (const char* attribute : attributes)
    made->add(attribute);
  return made;
}

Value object_of(const std::shared_ptr<const ClassInfo>& info, std::vector<Value> attributes) {
  Ref<Object> made = make_ref<Object>(info);
  made->attributes = std::move(attributes);
  return Value(std::move(made));
}

bool is_of(const Value& value, const std::shared_ptr<const ClassInfo>& info) {
  return value.is(Tag::kObject) && value.object().info == info;
}

std::int64_t rounded(float value) {
  constexpr double kLeast = -2147483648.0, kMost = 2147483647.0;
  if (std::isnan(value)) return static_cast<std::int64_t>(kLeast);
  return static_cast<std::int64_t>(
      std::nearbyint(std::clamp(static_cast<double>(value), kLeast, kMost)));
}

const Tensor& need_float32(const Tensor& x) {
  if (x.dtype() != DType::kFloat32)
    refuse("takes float32 tensors, got " + std::string(name(x.dtype())));
  return x;
}

std::int64_t zero_point_of(double value) {
  constexpr double kLeast = -2147483648.0, kMost = 2147483647.0;
  if (!(value >= kLeast && value <= kMost)) refuse("expected a zero point of 32 bits");
  return static_cast<std::int64_t>(value);
}

std::int64_t zero_point_of(std::int64_t value) { return zero_point_of(static_cast<double>(value)); }

TensorRef float32_of(Call& call, std::size_t i) {
  need_float32(call.tensor(i));
  return contiguous(call.tensor_ref(i));
}

void fill(const Tensor& x, const Quantized& to) {
  const float* const from = x.data<float>();
  const auto* const scales = to.scales->data<double>();
  const auto* const zeros = to.zero_points->data<std::int64_t>();
  const std::int64_t inner = to.inner(), channels = to.channels();
  for_stored(to.values->dtype(), [&](auto zero) {
    using T = decltype(zero);
    T* const target = to.values->mutable_data<T>();
    for (std::int64_t i = 0; i < x.count(); ++i) {
      const std::int64_t c = i / inner % channels;
      const float inverse = 1.0F / static_cast<float>(scales[c]);
      target[i] = saturated<T>(rounded(from[i] * inverse) + zeros[c]);
    }
  });
}

Quantized quantized(const Tensor& x, double scale, std::int64_t zero_point, DType stored) {
  const Quantized made = Quantized::by_tensor(Tensor::empty(stored, x.sizes()), scale, zero_point);
  const double inverse = static_cast<double>(1.0F / static_cast<float>(scale));
  const float* const from = x.data<float>();
  for_stored(stored, [&](auto zero) {
    using T = decltype(zero);
    T* const to = made.values->mutable_data<T>();
    for (std::int64_t i = 0; i < x.count(); ++i)
      to[i] = saturated<T>(rounded(static_cast<float>(
          static_cast<double>(from[i]) * inverse + static_cast<double>(zero_point))));
  });
  return made;
}

Quantized stepped(const Tensor& x, double scale, std::int64_t zero_point, DType stored) {
  const Quantized made = Quantized::by_tensor(Tensor::empty(stored, x.sizes()), scale, zero_point);
  if (x.count() != 0) fill(x, made);
  return made;
}

TensorRef dequantized(const Quantized& q) {
  const TensorRef result = Tensor::empty(DType::kFloat32, q.values->sizes());
  auto* const to = result->mutable_data<float>();
  const auto* const scales = q.scales->data<double>();
  each_step(q, [&](std::int64_t i, std::int64_t step, std::int64_t c) {
    to[i] = static_cast<float>(step) * static_cast<float>(scales[c]);
  });
  return result;
}

bool Quantized::is(const Value& value) { return is_of(value, tensor_class()); }

Quantized Quantized::of(const Value& value) {
  if (!is(value)) refuse("expected a quantised tensor");
  const std::vector<Value>& held = value.object().attributes;
  Quantized made{held[0].tensor_ref(), held[1].tensor_ref(), held[2].tensor_ref(), {}};
  if (!held[3].is_none()) made.axis = held[3].integer();
  return made;
}

Quantized Quantized::by_tensor(TensorRef values, double scale, std::int64_t zero_point) {
  return {std::move(values), Tensor::scalar(DType::kFloat64, scale), Tensor::scalar(DType::kInt64, zero_point), {}};
}

Value Quantized::value() const {
  return object_of(tensor_class(), {Value(values), Value(scales), Value(zero_points),
                                    axis ? Value(*axis) : Value()});
}

double Quantized::scale() const {
  if (axis) refuse("expected a tensor quantised by one scale, got one for each channel");
  return *scales->data<double>();
}

std::int64_t Quantized::zero_point() const {
  if (axis) refuse("expected a tensor quantised by one scale, got one for each channel");
  return *zero_points->data<std::int64_t>();
}

Quantized Quantized::like(const TensorRef& other) const {
  return by_tensor(other, scale(), zero_point());
}

std::int64_t Quantized::inner() const {
  if (!axis) return std::max<std::int64_t>(values->count(), 1);
  std::int64_t count = 1;
  for (auto d = static_cast<std::size_t>(*axis) + 1; d < values->rank(); ++d)
    count *= values->size(d);
  return std::max<std::int64_t>(count, 1);
}

}  // namespace tsx::engine
