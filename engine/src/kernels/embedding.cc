// Mirrors tsx/ops/embedding.py and dropout.py, and the activations that prepare their operands.
#include <cstring>

#include "base/error.h"
#include "base/refusal.h"
#include "kernels/elementwise.h"
#include "kernels/support.h"
#include "kernels/views.h"
#include "threads/pool.h"
#include "tile/promote.h"
#include "tile/run.h"

namespace tsx::engine {
namespace {

void embedding_kernel(Call& call) {
  const TensorRef weight = plain(call.tensor_ref(0));
  const DType kind = call.tensor(1).dtype();
  need_rank(*weight, 2, 2);
  if (kind != DType::kInt32 && kind != DType::kInt64) {
    refuse("expected int32 or int64 indices, got " + std::string(name(kind)));
  }
  const TensorRef places = plain(call.tensor_ref(1), DType::kInt64);
  const auto* const at = places->data<std::int64_t>();
  const std::int64_t rows = weight->size(0);
  for (std::int64_t i = 0; i < places->count(); ++i) {
    if (at[i] < 0 || at[i] >= rows) {
      refuse_as("TSX4057", "expected indices from 0 to " + std::to_string(rows - 1) + ", got " +
             std::to_string(at[i]));
    }
  }
  Dims sizes = places->sizes();
  sizes.push_back(weight->size(1));
  const TensorRef result = Tensor::empty(weight->dtype(), sizes);
  const std::size_t bytes = static_cast<std::size_t>(weight->size(1)) * weight->item_size();
  const std::byte* const from = weight->raw();
  std::byte* const to = result->mutable_raw();
  threads::parallel(static_cast<std::size_t>(places->count()), (1 << 16) / (bytes + 1) + 1,
                    [&](std::size_t begin, std::size_t end) {
                      for (std::size_t i = begin; i < end; ++i) {
                        std::memcpy(to + i * bytes, from + static_cast<std::size_t>(at[i]) * bytes,
                                    bytes);
                      }
                    });
  call.give(result);
}

// --- dropout -------------------------------------------------------------------------------------

/// Whether everything is kept; refuses what draws random numbers.
bool keeps_all(Call& call, bool train) {
  const double p = call.real(1);
  if (!(p >= 0 && p <= 1)) refuse("expected a probability from 0 to 1, got " + std::to_string(p));
  if (train && p != 0 && p != 1) refuse("with train=True draws random numbers");
  return !train || p == 0;
}

/// Zeros where numbers are finite.
TensorRef dropped(const TensorRef& x) {
  return tile::cast(evaluate("aten::mul.Scalar", {Value(x), Value(std::int64_t{0})}), x->dtype());
}

void dropout_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  call.give(keeps_all(call, call.boolean(2)) ? tile::clone(*x) : dropped(x));
}

void dropout_inplace_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  if (!keeps_all(call, call.boolean(2))) tile::assign(*x, dropped(x));
  call.give(x);
}

void native_dropout_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  const bool keeps = keeps_all(call, !call.is_none(2) && call.boolean(2));
  const TensorRef mask = Tensor::zeros(DType::kBool, x->sizes());
  if (keeps) tile::assign(*mask, Tensor::scalar<std::uint8_t>(DType::kBool, 1));
  call.give(keeps ? tile::clone(*x) : dropped(x), mask);
}

// --- activations ---------------------------------------------------------------------------------

void glu_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  const std::size_t axis = axis_of(call.integer(1), x->rank());
  if (x->rank() == 0 || x->size(axis) % 2 != 0)
    refuse("expected an even size to halve, got " + text_of(x->sizes()));
  const DType work = tile::opmath(x->dtype());
  const std::int64_t half = x->size(axis) / 2;
  const TensorRef values = tile::cast(part(*x, axis, 0, half), work);
  const TensorRef gates =
      evaluate("aten::sigmoid", {Value(tile::cast(part(*x, axis, half, half), work))});
  call.give(tile::cast(evaluate("aten::mul.Tensor", {Value(values), Value(gates)}), x->dtype()));
}

void prelu_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  TensorRef weight = call.tensor_ref(1);
  need_rank(*weight, 0, 1);
  if (weight->count() == 1) {
    weight = reshape(weight, {});
  } else {
    if (x->rank() < 2 || weight->count() != x->size(1))
      refuse("expected one weight, or one for each channel");
    Dims sizes = Dims::filled(x->rank() - 1, 1);
    sizes[0] = weight->count();
    weight = reshape(weight, sizes);
  }
  const TensorRef scaled = evaluate("aten::mul.Tensor", {Value(x), Value(weight)});
  const TensorRef is_above = evaluate("aten::gt.Scalar", {Value(x), Value(std::int64_t{0})});
  call.give(evaluate("aten::where.self", {Value(is_above), Value(x), Value(scaled)}));
}

} // namespace
} // namespace tsx::engine

TSX_KERNELS(embedding) {
  registry.add("aten::embedding", embedding_kernel);
  registry.add("aten::dropout", dropout_kernel);
  registry.add("aten::dropout_", dropout_inplace_kernel);
  registry.add("aten::feature_dropout", dropout_kernel);
  registry.add("aten::feature_dropout_", dropout_inplace_kernel);
  registry.add("aten::alpha_dropout", dropout_kernel);
  registry.add("aten::alpha_dropout_", dropout_inplace_kernel);
  registry.add("aten::feature_alpha_dropout", dropout_kernel);
  registry.add("aten::feature_alpha_dropout_", dropout_inplace_kernel);
  registry.add("aten::native_dropout", native_dropout_kernel);
  registry.add("aten::glu", glu_kernel);
  registry.add("aten::prelu", prelu_kernel);
}
