// Mirrors tsx/ops/creation.py: tensors from sizes and numbers. empty gives zeros, so that a program
// gives the same result every time it runs.
#include "kernels/creation.h"

#include "base/error.h"
#include "kernels/support.h"
#include "tile/promote.h"
#include "tile/run.h"

namespace tsx::engine {

DType dtype_of_number(const Value& value) {
  switch (value.tag()) {
  case Tag::kBool:
    return DType::kBool;
  case Tag::kInt:
    return DType::kInt64;
  case Tag::kFloat:
    return DType::kFloat32;
  case Tag::kComplex:
    return DType::kComplex64;
  default:
    refuse("expected a number");
  }
}

TensorRef exact_scalar(const Value& value) {
  switch (value.tag()) {
  case Tag::kBool:
    return Tensor::scalar<std::uint8_t>(DType::kBool, value.boolean());
  case Tag::kInt:
    return Tensor::scalar<std::int64_t>(DType::kInt64, value.integer());
  case Tag::kFloat:
    return Tensor::scalar<double>(DType::kFloat64, value.real());
  case Tag::kComplex:
    return Tensor::scalar<std::complex<double>>(DType::kComplex128, value.complex());
  default:
    refuse("expected a number");
  }
}

TensorRef filled(const Dims& sizes, const Value& value, DType dtype) {
  need_sizes(sizes);
  tile::compute_type(dtype); // refuses what holds no numbers
  const TensorRef made = Tensor::empty(dtype, sizes);
  tile::assign(*made, exact_scalar(value));
  return made;
}

namespace {

const Value kZero(std::int64_t{0}), kOne(std::int64_t{1});

template <int number> const Value& constant() { return number == 0 ? kZero : kOne; }

template <int number> void sized_kernel(Call& call) {
  call.give(
      filled(call.ints(0), constant<number>(), call.optional_dtype(1).value_or(DType::kFloat32)));
}

template <int number> void new_kernel(Call& call) {
  call.give(filled(call.ints(1), constant<number>(),
                   call.optional_dtype(2).value_or(call.tensor(0).dtype())));
}

template <int number> void like_kernel(Call& call) {
  const Tensor& x = call.tensor(0);
  call.give(filled(x.sizes(), constant<number>(), call.optional_dtype(1).value_or(x.dtype())));
}

/// The strides that it asks for say nothing about the values.
void empty_strided_kernel(Call& call) {
  call.give(filled(call.ints(0), kZero, call.optional_dtype(2).value_or(DType::kFloat32)));
}

void new_empty_strided_kernel(Call& call) {
  call.give(filled(call.ints(1), kZero, call.optional_dtype(3).value_or(call.tensor(0).dtype())));
}

void full_kernel(Call& call) {
  const DType natural = dtype_of_number(call[1]);
  call.give(filled(call.ints(0), call[1], call.optional_dtype(2).value_or(natural)));
}

void new_full_kernel(Call& call) {
  call.give(filled(call.ints(1), call[2], call.optional_dtype(3).value_or(call.tensor(0).dtype())));
}

void full_like_kernel(Call& call) {
  const Tensor& x = call.tensor(0);
  call.give(filled(x.sizes(), call[1], call.optional_dtype(2).value_or(x.dtype())));
}

void scalar_tensor_kernel(Call& call) {
  call.give(filled({}, call[0], call.optional_dtype(1).value_or(DType::kFloat32)));
}

void number_kernel(Call& call) {
  call.give(filled({}, call[0], call.optional_dtype(1).value_or(dtype_of_number(call[0]))));
}

/// The numbers of nested lists, flat, and the shape of the lists. 0-dim tensors count as their
/// number.
class Nested {
 public:
  explicit Nested(const Value& data) { visit(data, 0); }

  TensorRef tensor(std::optional<DType> wanted) const {
    const DType natural = leaves_.empty() ? DType::kFloat32 : natural_;
    TensorRef exact = Tensor::empty(natural == DType::kFloat32     ? DType::kFloat64
                                    : natural == DType::kComplex64 ? DType::kComplex128
                                                                   : natural,
                                    sizes_);
    for (std::size_t i = 0; i < leaves_.size(); ++i) {
      const auto place = static_cast<std::int64_t>(i);
      tile::assign(*exact->view({}, {}, place), leaves_[i]);
    }
    return tile::cast(tile::cast(exact, natural), wanted.value_or(natural));
  }

 private:
  void visit(const Value& value, std::size_t depth) {
    if (!value.is(Tag::kList) && !value.is(Tag::kTuple)) {
      if (depth != sizes_.size()) refuse("expected lists of equal lengths");
      return leaf(value);
    }
    const Span<const Value> items = value.elements();
    const auto count = static_cast<std::int64_t>(items.size());
    if (depth == sizes_.size()) {
      if (is_deep_) refuse("expected lists of equal lengths");
      sizes_.push_back(count);
    } else if (sizes_[depth] != count) {
      refuse("expected lists of equal lengths");
    }
    for (const Value& item : items)
      visit(item, depth + 1); // as deep as a tensor's rank, at most 16
  }

  void leaf(const Value& value) {
    is_deep_ = true;
    const bool is_tensor = value.is(Tag::kTensor);
    if (is_tensor && value.tensor().rank() != 0) refuse("expected numbers in the lists");
    const DType own = is_tensor ? value.tensor().dtype() : dtype_of_number(value);
    const DType kind = own == DType::kBool ? own
                       : is_integer(own)   ? DType::kInt64
                       : is_complex(own)   ? DType::kComplex64
                                           : DType::kFloat32;
    natural_ = leaves_.empty() ? kind : tile::promote(natural_, kind);
    leaves_.push_back(is_tensor ? value.tensor_ref() : exact_scalar(value));
  }

  Dims sizes_;
  std::vector<TensorRef> leaves_;
  DType natural_ = DType::kFloat32;
  bool is_deep_ = false;
};

void list_kernel(Call& call) { call.give(Nested(call[0]).tensor(call.optional_dtype(1))); }

void as_tensor_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  call.give(tile::cast(x, call.optional_dtype(1).value_or(x->dtype())));
}

} // namespace
} // namespace tsx::engine

TSX_KERNELS(creation) {
  registry.add("aten::zeros", sized_kernel<0>);
  registry.add("aten::ones", sized_kernel<1>);
  registry.add("aten::empty.memory_format", sized_kernel<0>);
  registry.add("aten::new_zeros", new_kernel<0>);
  registry.add("aten::new_ones", new_kernel<1>);
  registry.add("aten::new_empty", new_kernel<0>);
  registry.add("aten::zeros_like", like_kernel<0>);
  registry.add("aten::ones_like", like_kernel<1>);
  registry.add("aten::empty_like", like_kernel<0>);
  registry.add("aten::empty_strided", empty_strided_kernel);
  registry.add("aten::new_empty_strided", new_empty_strided_kernel);
  registry.add("aten::full", full_kernel);
  registry.add("aten::new_full", new_full_kernel);
  registry.add("aten::full_like", full_like_kernel);
  registry.add("aten::scalar_tensor", scalar_tensor_kernel);
  registry.add("aten::tensor.bool", number_kernel);
  registry.add("aten::tensor.int", number_kernel);
  registry.add("aten::tensor.float", number_kernel);
  registry.add("aten::tensor.complex", number_kernel);
  registry.add("aten::as_tensor.bool", number_kernel);
  registry.add("aten::as_tensor.int", number_kernel);
  registry.add("aten::as_tensor.float", number_kernel);
  registry.add("aten::as_tensor.complex", number_kernel);
  registry.add("aten::tensor", list_kernel);
  registry.add("aten::as_tensor.list", list_kernel);
  registry.add("aten::as_tensor", as_tensor_kernel);
}
