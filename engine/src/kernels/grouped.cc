// Mirrors tsx/ops/grouped.py: products of many matrices of different sizes in one call.
#include "base/error.h"
#include "kernels/gemm.h"
#include "kernels/places.h"
#include "kernels/rows.h"
#include "kernels/views.h"
#include "tile/run.h"

namespace tsx::engine {
namespace {

[[noreturn]] void refuse_pair(const std::string& expected, const Tensor& a, const Tensor& b) {
  refuse("expected " + expected + ", got " + text_of(a.sizes()) + " and " + text_of(b.sizes()));
}

/// The ends of the groups in what is cut; null when both operands are stacks.
TensorRef ends_of(Call& call, const Tensor& a, const Tensor& b) {
  const bool is_cut = a.rank() == 2 || b.rank() == 2;
  if (call.is_none(2) == is_cut)
    refuse_pair("offsets exactly where an operand is a matrix", a, b);
  if (!is_cut) return {};
  const TensorRef ends = call.tensor_ref(2);
  if (ends->dtype() != DType::kInt32)
    refuse("expected int32 offsets, got " + std::string(name(ends->dtype())));
  need_rank(*ends, 1, 1);
  const std::int64_t stacked = a.rank() == 3 ? a.size(0) : b.rank() == 3 ? b.size(0) : -1;
  if (stacked >= 0 && stacked != ends->size(0))
    refuse_pair(std::to_string(stacked) + " offsets", a, b);
  return plain(ends, DType::kInt64);
}

/// One product for each group, written to its part of the result.
TensorRef grouped(const TensorRef& a, const TensorRef& b, const TensorRef& ends) {
  Dims sizes{a->size(a->rank() - 2), b->size(b->rank() - 1)};
  if (a->rank() == b->rank()) sizes.insert(0, ends->count());
  const TensorRef result = Tensor::zeros(a->dtype(), sizes);
  std::int64_t start = 0;
  for (std::int64_t group = 0; group < ends->count(); ++group) {
    const std::int64_t end = ends->data<std::int64_t>()[group];
    const auto cut = [&](const TensorRef& x, std::int64_t dim) {
      return slice(*x, dim, start, end, 1);
    };
    TensorRef left, right, to;
    if (a->rank() == 3) {
      left = select(*a, 0, group);
      right = cut(b, 1);
      to = cut(result, 1);
    } else if (b->rank() == 3) {
      left = cut(a, 0);
      right = select(*b, 0, group);
      to = cut(result, 0);
    } else {
      left = cut(a, 1);
      right = cut(b, 0);
      to = select(*result, 0, group);
    }
    tile::assign(*to, matmul(left, right));
    start = end;
  }
  return result;
}

void grouped_kernel(Call& call) {
  const TensorRef a = call.tensor_ref(0), b = call.tensor_ref(1);
  need_same_dtype(*a, *b);
  const DType dtype = a->dtype();
  if (!is_float(dtype) || dtype == DType::kFloat64)
    refuse("expected float32, float16 or bfloat16, got " + std::string(name(dtype)));
  if (call.optional_dtype(4).value_or(dtype) != dtype)
    refuse("expected a result of the same dtype");
  if (!call.is_none(3)) refuse("expected no bias, got one");
  need_rank(*a, 2, 3);
  need_rank(*b, 2, 3);
  if (a->size(a->rank() - 1) != b->size(b->rank() - 2))
    refuse_pair("the last size of the first to equal the inner size of the second", *a, *b);
  if (a->rank() == 3 && b->rank() == 3 && a->size(0) != b->size(0))
    refuse_pair("equal batch sizes", *a, *b);
  const TensorRef ends = ends_of(call, *a, *b);
  const TensorRef left = tile::cast(a, DType::kFloat32), right = tile::cast(b, DType::kFloat32);
  call.give(tile::cast(ends ? grouped(left, right, ends) : matmul(left, right), dtype));
}

} // namespace
} // namespace tsx::engine

TSX_KERNELS(grouped) { registry.add("aten::_grouped_mm", grouped_kernel); }
