// Mirrors tsx/ops/matmul.py and blas.py: matrix products, linear, and products added to a tensor.
#include <algorithm>

#include "base/error.h"
#include "base/refusal.h"
#include "kernels/elementwise.h"
#include "kernels/gemm.h"
#include "kernels/support.h"
#include "kernels/views.h"
#include "threads/pool.h"
#include "tile/run.h"
#include "tile/space.h"

namespace tsx::engine {
namespace {

/// A batch of matrices: the last two dimensions, and the strides of those before.
struct Batch {
  TensorRef tensor;
  Dims strides; // of the broadcast batch dimensions, in elements

  std::int64_t rows() const { return tensor->size(tensor->rank() - 2); }
  std::int64_t columns() const { return tensor->size(tensor->rank() - 1); }
  std::int64_t row() const { return tensor->stride(tensor->rank() - 2); }
  std::int64_t column() const { return tensor->stride(tensor->rank() - 1); }
};

Dims batch_sizes(const Tensor& tensor) {
  return Dims(Span<const std::int64_t>(tensor.sizes().begin(), tensor.rank() - 2));
}

Batch batch_over(const TensorRef& tensor, const Dims& sizes) {
  Batch batch{tensor, Dims::filled(sizes.size(), 0)};
  const std::size_t own = tensor->rank() - 2, extra = sizes.size() - own;
  for (std::size_t i = 0; i < own; ++i) {
    batch.strides[i + extra] = tensor->size(i) == 1 ? 0 : tensor->stride(i);
  }
  return batch;
}

std::int64_t place(const Batch& batch, const Dims& sizes, std::size_t index) {
  std::int64_t offset = 0;
  for (std::size_t d = sizes.size(); d-- > 0;) {
    offset +=
        static_cast<std::int64_t>(index % static_cast<std::size_t>(sizes[d])) * batch.strides[d];
    index /= static_cast<std::size_t>(sizes[d]);
  }
  return offset;
}

template <typename T>
void multiply_batches(const Batch& a, const Batch& b, const Dims& sizes, const Tensor& result) {
  const auto rows = static_cast<std::size_t>(a.rows()),
             columns = static_cast<std::size_t>(b.columns());
  const auto depth = static_cast<std::size_t>(a.columns());
  T* const c = result.mutable_data<T>();
  const auto one = [&](std::size_t i) {
    const T* const left = a.tensor->data<T>() + place(a, sizes, i);
    const T* const right = b.tensor->data<T>() + place(b, sizes, i);
    multiply(Product<T>{rows, columns, depth, left, static_cast<std::size_t>(a.row()),
                        c + i * rows * columns, columns},
             Matrix<T>{right, b.row(), b.column()});
  };
  const auto count = static_cast<std::size_t>(count_of(sizes).value());
  if (count < threads::count()) { // each product is split over the threads
    for (std::size_t i = 0; i < count; ++i)
      one(i);
    return;
  }
  const std::size_t grain = (1 << 16) / std::max<std::size_t>(rows * columns * depth, 1) + 1;
  threads::parallel(count, grain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i)
      one(i);
  });
}

/// Rows of A lie one after the other, at a distance that isn't negative.
TensorRef with_plain_rows(const TensorRef& a) {
  const std::size_t last = a->rank() - 1;
  const bool fits = (a->stride(last) == 1 || a->size(last) <= 1) && a->stride(last - 1) >= 0;
  return fits ? a : copy(*a);
}

[[noreturn]] void refuse_sizes(const Tensor& a, const Tensor& b) {
  refuse_as("TSX4050", "expected the last size of the first to equal the inner size of the second, got sizes " +
                           text_of(a.sizes()) + " and " + text_of(b.sizes()));
}

} // namespace

TensorRef matmul(const TensorRef& left, const TensorRef& right) {
  if (left->rank() == 0 || right->rank() == 0)
    refuse("expected two tensors of 1 or more dimensions, got a scalar");
  const TensorRef a = left->rank() == 1 ? unsqueeze(*left, 0) : left;
  const TensorRef b = right->rank() == 1 ? unsqueeze(*right, 1) : right;
  const std::size_t inner = b->rank() - 2;
  if (a->size(a->rank() - 1) != b->size(inner)) refuse_sizes(*left, *right);
  Dims sizes = tile::broadcast(batch_sizes(*a), batch_sizes(*b));
  Dims shape = sizes;
  shape.push_back(a->size(a->rank() - 2));
  shape.push_back(b->size(b->rank() - 1));
  const TensorRef result = Tensor::empty(a->dtype(), shape);
  TensorRef rows = with_plain_rows(a);
  if (b->rank() == 2 && rows->rank() > 2 && rows->is_contiguous()) {
    // One large product instead of one for each batch entry; the inner size may be 0.
    rows = reshape(rows, {result->count() == 0 ? 0 : result->count() / shape[shape.size() - 1],
                          rows->size(rows->rank() - 1)});
    sizes = {};
  }
  if (result->count() != 0) {
    for_product_type(a->dtype(), [&](auto zero) {
      multiply_batches<decltype(zero)>(batch_over(rows, sizes), batch_over(b, sizes), sizes,
                                       *result);
    });
  }
  TensorRef given = result;
  if (right->rank() == 1) given = squeeze_axis(*given, given->rank() - 1);
  if (left->rank() == 1) given = squeeze_axis(*given, given->rank() - (right->rank() == 1 ? 1 : 2));
  return given;
}

TensorRef linear(const TensorRef& input, const TensorRef& weight, const TensorRef& bias) {
  need_rank(*weight, 1, 2);
  const std::size_t last = weight->rank() - 1;
  if (input->rank() == 0 || input->size(input->rank() - 1) != weight->size(last)) {
    refuse("expected an input whose last size is " + std::to_string(weight->size(last)) + ", got " +
           text_of(input->sizes()));
  }
  const bool is_vector = weight->rank() == 1;
  const TensorRef matrix = is_vector ? unsqueeze(*weight, 0) : weight;
  const std::int64_t outputs = matrix->size(0), depth = matrix->size(1);
  Dims shape = input->sizes();
  shape[shape.size() - 1] = outputs;
  TensorRef added = bias;
  if (bias && !is_vector) {
    if (bias->rank() > 1 || (bias->rank() == 1 && bias->size(0) != 1 && bias->size(0) != outputs)) {
      refuse("expected a bias of " + std::to_string(outputs) + " elements, got " +
             text_of(bias->sizes()));
    }
    added = contiguous(expand(bias, {outputs}));
  }
  const TensorRef rows = contiguous(input);
  const TensorRef result = Tensor::empty(input->dtype(), shape);
  for_product_type(input->dtype(), [&](auto zero) {
    using T = decltype(zero);
    const auto count = static_cast<std::size_t>(outputs == 0 ? 0 : result->count() / outputs);
    Product<T> product{count,
                       static_cast<std::size_t>(outputs),
                       static_cast<std::size_t>(depth),
                       rows->data<T>(),
                       static_cast<std::size_t>(depth),
                       result->mutable_data<T>(),
                       static_cast<std::size_t>(outputs)};
    if (added && !is_vector) {
      product.start = Epilogue::Start::kColumnBias;
      product.bias = added->data<T>();
    }
    multiply(product, Matrix<T>{matrix->data<T>(), matrix->stride(1), matrix->stride(0)});
  });
  if (!is_vector) return result;
  const TensorRef given = squeeze_axis(*result, result->rank() - 1);
  return bias ? evaluate("aten::add.Tensor", {Value(given), Value(bias), Value(std::int64_t{1})})
              : given;
}

namespace {

/// The operands in the dtype that products are computed in, the result in theirs again (or in
/// `wanted`).
template <typename Compute> TensorRef in_product_dtype(const TensorRef& a, const TensorRef& b,
                                                       std::optional<DType> wanted,
                                                       Compute compute) {
  const Tensor* const both[] = {a.get(), b.get()};
  const DType dtype = need_same_dtype(both), work = product_dtype(dtype);
  return tile::cast(compute(tile::cast(a, work), tile::cast(b, work)), wanted.value_or(dtype));
}

/// Ranks of the operands, 0 for any; the place of the result's dtype, -1 for none.
template <std::size_t left, std::size_t right, int place = -1> void matmul_kernel(Call& call) {
  const TensorRef a = call.tensor_ref(0), b = call.tensor_ref(1);
  if (left != 0) need_rank(*a, left, left);
  if (right != 0) need_rank(*b, right, right);
  if (left == 3 && a->size(0) != b->size(0)) refuse("expected equal batch sizes");
  std::optional<DType> wanted;
  if constexpr (place >= 0) wanted = call.optional_dtype(place);
  call.give(in_product_dtype(a, b, wanted, matmul));
}

void vdot_kernel(Call& call) {
  need_rank(call.tensor(0), 1, 1);
  need_rank(call.tensor(1), 1, 1);
  call.give(in_product_dtype(call.tensor_ref(0), call.tensor_ref(1), {},
                             [](const TensorRef& a, const TensorRef& b) {
                               if (a->dtype() != DType::kComplex128) return matmul(a, b);
                               const TensorRef turned = copy(*a);
                               auto* const values = turned->mutable_data<std::complex<double>>();
                               for (std::int64_t i = 0; i < turned->count(); ++i)
                                 values[i] = std::conj(values[i]);
                               return matmul(turned, b);
                             }));
}

void inner_kernel(Call& call) {
  const TensorRef a = call.tensor_ref(0), b = call.tensor_ref(1);
  if (a->rank() == 0 || b->rank() == 0) {
    const Tensor* const both[] = {a.get(), b.get()};
    need_same_dtype(both);
    return call.give(evaluate("aten::mul.Tensor", {Value(a), Value(b)}));
  }
  if (a->size(a->rank() - 1) != b->size(b->rank() - 1)) refuse("expected equal last sizes");
  call.give(in_product_dtype(a, b, {}, [](const TensorRef& x, const TensorRef& y) {
    const std::int64_t depth = x->size(x->rank() - 1);
    Dims sizes;
    for (std::size_t i = 0; i + 1 < x->rank(); ++i)
      sizes.push_back(x->size(i));
    for (std::size_t i = 0; i + 1 < y->rank(); ++i)
      sizes.push_back(y->size(i));
    if (depth == 0) return Tensor::zeros(x->dtype(), sizes);
    const TensorRef flat = matmul(reshape(x, {x->count() / depth, depth}),
                                  transpose(*reshape(y, {y->count() / depth, depth}), 0, 1));
    return reshape(flat, sizes);
  }));
}

void linear_kernel(Call& call) {
  const TensorRef input = call.tensor_ref(0), weight = call.tensor_ref(1);
  const TensorRef bias = call.is_none(2) ? TensorRef() : call.tensor_ref(2);
  const Tensor* const all[] = {input.get(), weight.get(), bias ? bias.get() : input.get()};
  const DType dtype = need_same_dtype(all), work = product_dtype(dtype);
  call.give(tile::cast(linear(tile::cast(input, work), tile::cast(weight, work),
                              bias ? tile::cast(bias, work) : bias),
                       dtype));
}

// --- beta * self + alpha * (a @ b) ---------------------------------------------------------------

enum class Form { kMatrix, kOuter, kBatchSum };

TensorRef product_of(Form form, const TensorRef& a, const TensorRef& b) {
  if (form == Form::kOuter)
    return evaluate("aten::mul.Tensor", {Value(unsqueeze(*a, 1)), Value(b)});
  if (form == Form::kMatrix) return matmul(a, b);
  // The sum over the batch is one product over batch and inner dimension together.
  const std::int64_t depth = a->size(0) * a->size(2);
  return matmul(reshape(permute(*a, {1, 0, 2}), {a->size(1), depth}),
                reshape(b, {depth, b->size(2)}));
}

/// torch converts both factors to the dtype: 0.6 is 0 for integers.
Value factor_of(const Value& factor, DType dtype) {
  if (factor.is(Tag::kFloat) && is_integer(dtype))
    return Value(static_cast<std::int64_t>(factor.real()));
  return factor;
}

bool is_number(const Value& value, double number) {
  if (value.is(Tag::kInt)) return static_cast<double>(value.integer()) == number;
  if (value.is(Tag::kBool)) return (value.boolean() ? 1 : 0) == number;
  return value.is(Tag::kFloat) && value.real() == number;
}

void add_product(Call& call, Form form, std::size_t left, std::size_t right, bool has_dtype) {
  const TensorRef self = call.tensor_ref(0), a = call.tensor_ref(1), b = call.tensor_ref(2);
  need_rank(*a, left, left);
  need_rank(*b, right, right);
  if (left == 3 && (a->size(0) != b->size(0) || a->size(2) != b->size(1))) refuse_sizes(*a, *b);
  const Tensor* const factors[] = {a.get(), b.get(), has_dtype ? a.get() : self.get()};
  const DType dtype = need_same_dtype(factors);
  const DType wanted = has_dtype ? call.optional_dtype(3).value_or(dtype) : dtype;
  if (form == Form::kOuter && dtype == DType::kBool) {
    const TensorRef both = product_of(form, a, b);
    return call.give(evaluate("aten::logical_or", {Value(both), Value(self)}));
  }
  const DType work = product_dtype(dtype);
  const Value beta = factor_of(call[has_dtype ? 4 : 3], work),
              alpha = factor_of(call[has_dtype ? 5 : 4], work);
  TensorRef result = product_of(form, tile::cast(a, work), tile::cast(b, work));
  if (!is_number(alpha, 1))
    result = tile::cast(evaluate("aten::mul.Scalar", {Value(result), alpha}), work);
  if (tile::broadcast(self->sizes(), result->sizes()) != result->sizes()) {
    refuse("expected a tensor to add that expands to " + text_of(result->sizes()) + ", got " +
           text_of(self->sizes()));
  }
  if (!is_number(beta, 0)) { // else self isn't read at all, so its NaN doesn't spread
    const TensorRef added = tile::cast(self, work);
    result = evaluate("aten::add.Tensor", {Value(result), Value(added),
                                           is_number(beta, 1) ? Value(std::int64_t{1}) : beta});
  }
  call.give(tile::cast(tile::cast(result, work), wanted));
}

/// `left` and `right`: the ranks of the factors.
template <Form form, std::size_t left, std::size_t right, bool has_dtype = false>
void add_product_kernel(Call& call) {
  add_product(call, form, left, right, has_dtype);
}

} // namespace
} // namespace tsx::engine

TSX_KERNELS(matmul) {
  registry.add("aten::matmul", matmul_kernel<0, 0>);
  registry.add("aten::linalg_matmul", matmul_kernel<0, 0>);
  registry.add("aten::mm", matmul_kernel<2, 2>);
  registry.add("aten::mm.dtype", matmul_kernel<2, 2, 2>);
  registry.add("aten::bmm", matmul_kernel<3, 3>);
  registry.add("aten::bmm.dtype", matmul_kernel<3, 3, 2>);
  registry.add("aten::mv", matmul_kernel<2, 1>);
  registry.add("aten::dot", matmul_kernel<1, 1>);
  registry.add("aten::vdot", vdot_kernel);
  registry.add("aten::inner", inner_kernel);
  registry.add("aten::linear", linear_kernel);
  registry.add("aten::addmm", add_product_kernel<Form::kMatrix, 2, 2>);
  registry.add("aten::addmm_", stored<add_product_kernel<Form::kMatrix, 2, 2>>);
  registry.add("aten::addmm.dtype", add_product_kernel<Form::kMatrix, 2, 2, true>);
  registry.add("aten::addmv", add_product_kernel<Form::kMatrix, 2, 1>);
  registry.add("aten::addmv_", stored<add_product_kernel<Form::kMatrix, 2, 1>>);
  registry.add("aten::addr", add_product_kernel<Form::kOuter, 1, 1>);
  registry.add("aten::addr_", stored<add_product_kernel<Form::kOuter, 1, 1>>);
  registry.add("aten::baddbmm", add_product_kernel<Form::kMatrix, 3, 3>);
  registry.add("aten::baddbmm_", stored<add_product_kernel<Form::kMatrix, 3, 3>>);
  registry.add("aten::baddbmm.dtype", add_product_kernel<Form::kMatrix, 3, 3, true>);
  registry.add("aten::addbmm", add_product_kernel<Form::kBatchSum, 3, 3>);
  registry.add("aten::addbmm_", stored<add_product_kernel<Form::kBatchSum, 3, 3>>);
}
