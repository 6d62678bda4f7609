// Mirrors tsx/ops/quantized_arithmetic.py.
#include "kernels/elementwise.h"
#include "kernels/quantized_support.h"
#include "kernels/support.h"
#include "kernels/views.h"
#include "tile/run.h"

namespace tsx::engine {
namespace {

struct Pair {
  Quantized a, b;
  TensorRef left, right;  // the integers as int64, broadcast together and row-major
  explicit Pair(Call& call) : a(Quantized::of(call[0])), b(Quantized::of(call[1])) {
    if (a.values->dtype() != b.values->dtype()) refuse("expected two tensors of one dtype");
    const Value zero(std::int64_t{0});
    const TensorRef x = tile::cast(a.values, DType::kInt64);
    const TensorRef y = tile::cast(b.values, DType::kInt64);
    const TensorRef like = evaluate("aten::add.Tensor", {Value(x), Value(y), zero});
    left = contiguous(expand(x, like->sizes()));
    right = contiguous(expand(y, like->sizes()));
  }
};

/// scale * stored - scale * zero_point, rounded once, as torch's vectors compute it.
float fused(const Quantized& q, std::int64_t stored) {
  const auto scale = static_cast<float>(q.scale());
  const float premultiplied = -scale * static_cast<float>(q.zero_point());
  return static_cast<float>(static_cast<double>(stored) * static_cast<double>(scale) +
                            static_cast<double>(premultiplied));
}

/// As doubles, since products of qint32 need more than 64 bits.
double steps(std::int64_t stored, std::int64_t zero_point) {
  return static_cast<double>(stored - zero_point);
}

template <bool is_product, bool is_relu> void pair_kernel(Call& call) {
  const Pair pair(call);
  const double scale = call.real(2);
  const std::int64_t zero_point = zero_point_of(call.integer(3));
  const float inverse = 1.0F / static_cast<float>(scale);
  const float factor =
      static_cast<float>(pair.a.scale()) * static_cast<float>(pair.b.scale()) * inverse;
  const std::int64_t a_zero = pair.a.zero_point(), b_zero = pair.b.zero_point();
  const auto *const left = pair.left->data<std::int64_t>(),
             *const right = pair.right->data<std::int64_t>();
  const TensorRef values = Tensor::empty(pair.a.values->dtype(), pair.left->sizes());
  for_stored(values->dtype(), [&](auto zero) {
    using T = decltype(zero);
    T* const to = values->mutable_data<T>();
    for (std::int64_t i = 0; i < values->count(); ++i) {
      const float real =
          is_product ? static_cast<float>(steps(left[i], a_zero) * steps(right[i], b_zero)) * factor
                     : (fused(pair.a, left[i]) + fused(pair.b, right[i]));
      const std::int64_t whole = rounded(is_product ? real : real * inverse) + zero_point;
      to[i] = saturated<T>(is_relu ? std::max(whole, zero_point) : whole);
    }
  });
  call.give(Quantized::by_tensor(values, scale, zero_point).value());
}

void cat(Call& call) {
  if (!call[0].is(Tag::kList) || call[0].elements().size() == 0)
    refuse("expected a list of quantised tensors");
  std::vector<TensorRef> reals;
  for (const Value& value : call[0].elements())
    reals.push_back(dequantized(Quantized::of(value)));
  const Quantized first = Quantized::of(call[0].elements()[0]);
  const double scale = call.optional_real(2).value_or(first.scale());
  const std::int64_t zero_point = zero_point_of(call.optional_integer(3).value_or(first.zero_point()));
  const Value joined = invoke(call, "aten::cat", {list_of(Span<const TensorRef>(reals)), call[1]});
  call.give(quantized(*contiguous(joined.tensor_ref()), scale, zero_point, first.values->dtype())
                .value());
}

}  // namespace
}  // namespace tsx::engine

TSX_KERNELS(quantized_arithmetic) {
  registry.add("quantized::add", pair_kernel<false, false>);
  registry.add("quantized::add_relu", pair_kernel<false, true>);
  registry.add("quantized::mul", pair_kernel<true, false>);
  registry.add("quantized::mul_relu", pair_kernel<true, true>);
  registry.add("quantized::cat", cat);
}
