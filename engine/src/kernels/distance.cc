// Mirrors tsx/ops/distance.py: cdist, pdist, pairwise_distance, cosine_similarity.
#include <cmath>

#include "base/error.h"
#include "kernels/elementwise.h"
#include "kernels/gemm.h"
#include "kernels/joining.h"
#include "kernels/places.h"
#include "kernels/reductions.h"
#include "kernels/rows.h"
#include "kernels/vector_norms.h"
#include "kernels/views.h"
#include "threads/pool.h"
#include "tile/run.h"
#include "tile/space.h"

namespace tsx::engine {
namespace {

// torch computes Euclidean distances by a product when there are more rows than this.
constexpr std::int64_t kProductRows = 25;

TensorRef minus(const TensorRef& a, const TensorRef& b) {
  return evaluate("aten::sub.Tensor", {Value(a), Value(b), Value(std::int64_t{1})});
}
TensorRef times(const TensorRef& a, const TensorRef& b) {
  return evaluate("aten::mul.Tensor", {Value(a), Value(b)});
}

/// |a - b| of every pair of rows of float32 or float64, one after the other.
template <typename T>
void pair_distances(const T* a, const T* b, std::int64_t rows, std::int64_t width, double p,
                    T* gaps, T* to) {
  for (std::int64_t j = 0; j < rows; ++j) {
    for (std::int64_t k = 0; k < width; ++k)
      gaps[k] = std::abs(a[k] - b[j * width + k]);
    to[j] = row_norm(gaps, static_cast<std::size_t>(width), p);
  }
}

/// sqrt(|a|² + |b|² - 2ab) as one product of extended rows.
TensorRef euclidean_product(const TensorRef& a, const TensorRef& b) {
  const auto extended = [](const TensorRef& x, double factor, bool is_left) {
    const TensorRef sums = sum_over(times(x, x), one_axis(-1, x->rank()));
    const TensorRef squares = unsqueeze(*sums, sums->rank());
    const TensorRef ones = Tensor::empty(x->dtype(), squares->sizes());
    tile::assign(*ones, Tensor::scalar<std::uint8_t>(DType::kBool, 1));
    const TensorRef scaled = evaluate("aten::mul.Tensor", {Value(x), Value(factor)});
    return cat(is_left ? std::vector<TensorRef>{scaled, squares, ones}
                       : std::vector<TensorRef>{scaled, ones, squares},
               -1);
  };
  const TensorRef right = transpose(*extended(b, 1, false), -2, -1);
  const TensorRef squares = matmul(extended(a, -2, true), right);
  const TensorRef kept = evaluate("aten::clamp_min", {Value(squares), Value(std::int64_t{0})});
  return evaluate("aten::sqrt", {Value(kept)});
}

TensorRef direct_distances(const TensorRef& a, const TensorRef& b, const Dims& batch, double p) {
  const auto with_batch = [&](const TensorRef& x) {
    Dims sizes = batch;
    sizes.push_back(x->size(x->rank() - 2));
    sizes.push_back(x->size(x->rank() - 1));
    return contiguous(expand(x, sizes));
  };
  const TensorRef left = with_batch(a), right = with_batch(b);
  const std::size_t last = batch.size() + 1;
  const std::int64_t rows = right->size(last - 1), width = right->size(last);
  Dims sizes = batch;
  sizes.push_back(left->size(last - 1));
  sizes.push_back(rows);
  const TensorRef result = Tensor::empty(a->dtype(), sizes);
  if (result->count() == 0) return result;
  const std::int64_t per_batch = left->size(last - 1);
  for_float(a->dtype(), [&](auto zero) {
    using T = decltype(zero);
    T* const to = result->mutable_data<T>();
    threads::parallel(
        static_cast<std::size_t>(result->count() / rows), 1,
        [&](std::size_t begin, std::size_t end) {
          std::vector<T> gaps(static_cast<std::size_t>(width));
          for (auto i = static_cast<std::int64_t>(begin); i < static_cast<std::int64_t>(end); ++i)
            pair_distances(left->data<T>() + i * width,
                           right->data<T>() + i / per_batch * rows * width, rows, width, p,
                           gaps.data(), to + i * rows);
        });
  });
  return result;
}

void cdist_kernel(Call& call) {
  const TensorRef x1 = call.tensor_ref(0), x2 = call.tensor_ref(1);
  need_same_dtype(*x1, *x2);
  const DType work = float_work(x1->dtype());
  const double p = call.real(2);
  if (p < 0) refuse("expected p of 0 or more, got " + std::to_string(p));
  need_rank(*x1, 2, kMaxRank);
  need_rank(*x2, 2, kMaxRank);
  if (x1->size(x1->rank() - 1) != x2->size(x2->rank() - 1))
    refuse("expected matrices with equal last sizes, got " + text_of(x1->sizes()) + " and " +
           text_of(x2->sizes()));
  const auto batch_of = [](const Tensor& x) {
    return Dims(Span<const std::int64_t>(x.sizes()).subspan(0, x.rank() - 2));
  };
  const Dims batch = tile::broadcast(batch_of(*x1), batch_of(*x2));
  const TensorRef a = tile::cast(x1, work), b = tile::cast(x2, work);
  const bool is_many =
      a->size(a->rank() - 2) > kProductRows || b->size(b->rank() - 2) > kProductRows;
  const std::int64_t mode = call.optional_integer(3).value_or(0);
  const bool by_product = p == 2 && (mode == 1 || (mode == 0 && is_many));
  call.give(tile::cast(by_product ? euclidean_product(a, b) : direct_distances(a, b, batch, p),
                       x1->dtype()));
}

void pdist_kernel(Call& call) {
  const TensorRef given = call.tensor_ref(0);
  const DType work = float_work(given->dtype());
  need_rank(*given, 2, 2);
  const TensorRef x = plain(given, work);
  const std::int64_t rows = x->size(0), width = x->size(1);
  const Size pairs = rows == 0 ? Size(0) : Size(rows) * Size(rows - 1);
  const TensorRef result = Tensor::empty(work, {pairs.value() / 2});
  for_float(work, [&](auto zero) {
    using T = decltype(zero);
    T* to = result->mutable_data<T>();
    std::vector<T> gaps(static_cast<std::size_t>(width));
    for (std::int64_t i = 0; i + 1 < rows; ++i) {
      const T* const row = x->data<T>() + i * width;
      pair_distances(row, row + width, rows - 1 - i, width, call.real(1), gaps.data(), to);
      to += rows - 1 - i;
    }
  });
  call.give(tile::cast(result, given->dtype()));
}

/// The promoted dtype of two tensors; whole numbers become float32 where `takes_whole`.
DType float_result(Call& call, bool takes_whole) {
  const TensorRef both[] = {call.tensor_ref(0), call.tensor_ref(1)};
  const DType dtype = joined_dtype(both);
  if (is_float(dtype) || is_complex(dtype)) return dtype;
  if (!takes_whole) refuse("expected a floating-point tensor, got " + std::string(name(dtype)));
  return DType::kFloat32;
}

/// The norm of x1 - x2 + eps along the last dimension. Whole numbers are subtracted as such.
void pairwise_kernel(Call& call) {
  const TensorRef both[] = {call.tensor_ref(0), call.tensor_ref(1)};
  const DType dtype = float_result(call, true), work = compute_dtype(dtype);
  const DType joined = joined_dtype(both), inner = joined == dtype ? work : joined;
  const TensorRef gap = minus(tile::cast(both[0], inner), tile::cast(both[1], inner));
  const TensorRef moved = at_least_1d(evaluate(
      "aten::add.Scalar",
      {Value(tile::cast(gap, work)), Value(call.real(3)), Value(std::int64_t{1})}));
  const bool has_dims = gap->rank() > 0;  // the norm of a number has none either way
  const TensorRef norm = norm_over(magnitudes_of(moved), call.real(2),
                                   one_axis(-1, moved->rank()), call.boolean(4) && has_dims);
  call.give(tile::cast(norm, tile::real_of(dtype)));
}

/// Both vectors are divided by their norms, which are at least eps, before they are multiplied.
void cosine_kernel(Call& call) {
  const DType dtype = float_result(call, false), work = compute_dtype(dtype);
  const Dims sizes = tile::broadcast(call.tensor(0).sizes(), call.tensor(1).sizes());
  TensorRef units[2];
  for (std::size_t i = 0; i < 2; ++i) {
    const TensorRef x = at_least_1d(expand(tile::cast(call.tensor_ref(i), work), sizes));
    const TensorRef size =
        norm_over(magnitudes_of(x), 2, one_axis(call.integer(2), x->rank()), true);
    const TensorRef least = evaluate("aten::clamp_min", {Value(size), Value(call.real(3))});
    units[i] = evaluate("aten::div.Tensor", {Value(x), Value(least)});
  }
  const TensorRef product = times(units[0], units[1]);
  call.give(
      tile::cast(sum_over(product, one_axis(call.integer(2), product->rank())), dtype));
}

} // namespace
} // namespace tsx::engine

TSX_KERNELS(distance) {
  registry.add("aten::cdist", cdist_kernel);
  registry.add("aten::_cdist_forward", cdist_kernel);
  registry.add("aten::pdist", pdist_kernel);
  registry.add("aten::_pdist_forward", pdist_kernel);
  registry.add("aten::pairwise_distance", pairwise_kernel);
  registry.add("aten::cosine_similarity", cosine_kernel);
}
