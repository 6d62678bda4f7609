// Mirrors tsx/ops/attention.py: softmax(q k^T * scale + mask) v, some queries at a time, so that
// their scores stay in the cache and long sequences need no memory for all of them.
#include <cmath>

#include "base/error.h"
#include "kernels/gemm.h"
#include "kernels/rows.h"
#include "kernels/softmax.h"
#include "kernels/support.h"
#include "kernels/views.h"
#include "threads/pool.h"
#include "tile/run.h"
#include "tile/space.h"

namespace tsx::engine {
namespace {

constexpr std::int64_t kQueries = 64; // whose scores are made at a time

struct Attention {
  TensorRef q, k, v; // [heads, L, E], [heads, S, E], [heads, S, V], row-major
  TensorRef mask;    // [heads, L, S], bool or the dtype of the scores, any strides; or null
  bool causal = false;
  double scale = 1;
  Dims lead; // the sizes that heads stand for
};

Dims lead_of(const Tensor& tensor) {
  return Dims(Span<const std::int64_t>(tensor.sizes().begin(), tensor.rank() - 2));
}

/// [*lead, rows, columns], one head after the other.
TensorRef heads_of(const TensorRef& tensor, const Dims& lead, DType work) {
  Dims sizes = lead;
  sizes.push_back(tensor->size(tensor->rank() - 2));
  sizes.push_back(tensor->size(tensor->rank() - 1));
  const TensorRef whole = plain(expand(tensor, sizes), work);
  return reshape(whole, {count_of(lead).value(), sizes[sizes.size() - 2], sizes[sizes.size() - 1]});
}

/// A key and value head for each query head.
TensorRef shared_heads(const TensorRef& tensor, std::int64_t heads) {
  const std::size_t axis = tensor->rank() - 3;
  const std::int64_t own = tensor->size(axis);
  if (own == 0 || heads % own != 0)
    refuse("expected query heads that " + std::to_string(own) + " divides");
  Dims sizes = tensor->sizes();
  sizes.insert(axis + 1, heads / own);
  const TensorRef repeated = expand(unsqueeze(*tensor, axis + 1), sizes);
  Dims joined = tensor->sizes();
  joined[axis] = heads;
  return reshape(repeated, joined);
}

Attention attention_of(const TensorRef& query, TensorRef key, TensorRef value,
                       const TensorRef& mask, double dropout, bool causal,
                       std::optional<double> scale, bool gqa) {
  const Tensor* const all[] = {query.get(), key.get(), value.get()};
  const DType work = float_work(need_same_dtype(all));
  if (dropout != 0) refuse("with dropout_p draws random numbers");
  if (mask && causal) refuse("expected attn_mask or is_causal, got both");
  for (const Tensor* tensor : all)
    need_rank(*tensor, 2, kMaxRank);
  if (gqa && query->rank() > 2) {
    need_rank(*key, query->rank(), query->rank());
    need_rank(*value, query->rank(), query->rank());
    key = shared_heads(key, query->size(query->rank() - 3));
    value = shared_heads(value, query->size(query->rank() - 3));
  }
  const std::int64_t width = query->size(query->rank() - 1), length = key->size(key->rank() - 2);
  if (width != key->size(key->rank() - 1)) refuse("expected query and key with equal last sizes");
  if (length != value->size(value->rank() - 2))
    refuse("expected key and value of equal lengths (dimension -2)");
  Attention a;
  a.lead = tile::broadcast(tile::broadcast(lead_of(*query), lead_of(*key)), lead_of(*value));
  a.q = heads_of(query, a.lead, work);
  a.k = heads_of(key, a.lead, work);
  a.v = heads_of(value, a.lead, work);
  a.causal = causal;
  a.scale = scale ? *scale : width == 0 ? 0 : 1 / std::sqrt(static_cast<double>(width));
  if (mask) {
    Dims sizes = a.lead;
    sizes.push_back(a.q->size(1));
    sizes.push_back(length);
    if (tile::broadcast(mask->sizes(), sizes) != sizes) {
      refuse("expected a mask that expands to " + text_of(sizes) + ", got " +
             text_of(mask->sizes()));
    }
    const TensorRef typed = mask->dtype() == DType::kBool ? mask : tile::cast(mask, work);
    a.mask = reshape(expand(typed, sizes), {count_of(a.lead).value(), a.q->size(1), length});
  }
  return a;
}

/// Hides what the mask hides: -inf, or the mask's number added.
template <typename T> void apply_mask(const Attention& a, std::int64_t head, std::int64_t first,
                                      std::int64_t rows, T* scores) {
  const std::int64_t length = a.k->size(1);
  for (std::int64_t i = 0; i < rows; ++i, scores += length) {
    if (a.causal) {
      for (std::int64_t j = first + i + 1; j < length; ++j)
        scores[j] = -INFINITY;
    }
    if (!a.mask) continue;
    const std::int64_t start = head * a.mask->stride(0) + (first + i) * a.mask->stride(1),
                       step = a.mask->stride(2);
    if (a.mask->dtype() == DType::kBool) {
      const auto* const keeps = a.mask->data<std::uint8_t>() + start;
      for (std::int64_t j = 0; j < length; ++j)
        scores[j] = keeps[j * step] != 0 ? scores[j] : -INFINITY;
    } else {
      const T* const added = a.mask->data<T>() + start;
      for (std::int64_t j = 0; j < length; ++j)
        scores[j] += added[j * step];
    }
  }
}

/// Some queries of one head. `weights` and `logs` are what others want besides the result; they may
/// be null.
template <typename T> void some_queries(const Attention& a, std::int64_t head, std::int64_t first,
                                        std::int64_t rows, T* result, T* weights, T* logs) {
  const std::int64_t width = a.q->size(2), length = a.k->size(1), values = a.v->size(2),
                     queries = a.q->size(1);
  const T* const q = a.q->data<T>() + (head * queries + first) * width;
  std::vector<T> scaled(static_cast<std::size_t>(rows * width)),
      scores(static_cast<std::size_t>(rows * length));
  for (std::size_t i = 0; i < scaled.size(); ++i)
    scaled[i] = q[i] * static_cast<T>(a.scale);
  const auto r = static_cast<std::size_t>(rows), n = static_cast<std::size_t>(length);
  multiply(Product<T>{r, n, static_cast<std::size_t>(width), scaled.data(),
                      static_cast<std::size_t>(width), scores.data(), n},
           Matrix<T>{a.k->data<T>() + head * length * width, 1, width});
  apply_mask(a, head, first, rows, scores.data());
  for (std::int64_t i = 0; logs != nullptr && i < rows; ++i) {
    const T* const row = scores.data() + i * length;
    T top = row_max(row, n);
    if (top == -INFINITY) top = 0;
    double sum = 0;
    for (std::int64_t j = 0; j < length; ++j)
      sum += std::exp(static_cast<double>(row[j] - top));
    logs[head * queries + first + i] = static_cast<T>(std::log(sum) + static_cast<double>(top));
  }
  softmax_rows(Softmax::kSafe, scores.data(), scores.data(), r, n);
  if (weights != nullptr)
    std::copy(scores.begin(), scores.end(), weights + (head * queries + first) * length);
  multiply(Product<T>{r, static_cast<std::size_t>(values), n, scores.data(), n,
                      result + (head * queries + first) * values, static_cast<std::size_t>(values)},
           Matrix<T>{a.v->data<T>() + head * length * values, values, 1});
}

struct Attended {
  TensorRef result, weights, logs;
};

Attended attend(const Attention& a, DType dtype, bool wants_weights, bool wants_logs) {
  const DType work = a.q->dtype();
  const std::int64_t heads = a.q->size(0), queries = a.q->size(1);
  Dims sizes = a.lead, scores = a.lead, rows = a.lead;
  for (Dims* shape : {&sizes, &scores, &rows})
    shape->push_back(queries);
  sizes.push_back(a.v->size(2));
  scores.push_back(a.k->size(1));
  Attended made{Tensor::empty(work, sizes),
                wants_weights ? Tensor::empty(work, scores) : TensorRef(),
                wants_logs ? Tensor::empty(work, rows) : TensorRef()};
  const std::int64_t blocks = (queries + kQueries - 1) / kQueries;
  for_float(work, [&](auto zero) {
    using T = decltype(zero);
    T* const result = made.result->mutable_data<T>();
    T* const weights = made.weights ? made.weights->mutable_data<T>() : nullptr;
    T* const logs = made.logs ? made.logs->mutable_data<T>() : nullptr;
    threads::parallel(
        static_cast<std::size_t>(heads * blocks), 1, [&](std::size_t begin, std::size_t end) {
          for (auto i = static_cast<std::int64_t>(begin); i < static_cast<std::int64_t>(end); ++i) {
            const std::int64_t first = i % blocks * kQueries;
            some_queries(a, i / blocks, first, std::min(kQueries, queries - first), result, weights,
                         logs);
          }
        });
  });
  made.result = tile::cast(made.result, dtype);
  if (wants_weights) made.weights = tile::cast(made.weights, dtype);
  return made;
}

TensorRef optional_ref(Call& call, std::size_t i) {
  return call.is_none(i) ? TensorRef() : call.tensor_ref(i);
}

void attention_kernel(Call& call) {
  const TensorRef q = call.tensor_ref(0);
  const Attention a =
      attention_of(q, call.tensor_ref(1), call.tensor_ref(2), optional_ref(call, 3), call.real(4),
                   call.boolean(5), call.optional_real(6), call.boolean(7));
  call.give(attend(a, q->dtype(), false, false).result);
}

void flash_kernel(Call& call) {
  const TensorRef q = call.tensor_ref(0);
  const Attention a = attention_of(q, call.tensor_ref(1), call.tensor_ref(2), optional_ref(call, 5),
                                   call.real(3), call.boolean(4), call.optional_real(6), false);
  const Attended made = attend(a, q->dtype(), false, true);
  call.give(made.result, made.logs);
}

void math_kernel(Call& call) {
  const TensorRef q = call.tensor_ref(0);
  if (!call.is_none(6)) refuse("with a dropout mask draws random numbers");
  const Attention a =
      attention_of(q, call.tensor_ref(1), call.tensor_ref(2), optional_ref(call, 3), call.real(4),
                   call.boolean(5), call.optional_real(7), call.boolean(8));
  const Attended made = attend(a, q->dtype(), true, false);
  call.give(made.result, made.weights);
}

} // namespace
} // namespace tsx::engine

TSX_KERNELS(attention) {
  registry.add("aten::scaled_dot_product_attention", attention_kernel);
  registry.add("aten::_scaled_dot_product_flash_attention_for_cpu", flash_kernel);
  registry.add("aten::_scaled_dot_product_attention_math", math_kernel);
}
