#include "core/call.h"

#include "base/error.h"
#include "core/format.h"

namespace tsx::engine {
namespace {

bool is_sequence(const Value& value) { return value.is(Tag::kList) || value.is(Tag::kTuple); }

}  // namespace

void Call::wrong(std::size_t i, std::string_view expected) const {
  refuse("operand " + std::to_string(i) + " must be " + std::string(expected) + ", got " +
         type_text(operands_[i]));
}

void Call::expect(std::size_t results) const {
  if (results != result_count_)
    bug(std::to_string(results) + " results where " + std::to_string(result_count_) +
        " are declared");
}

const Tensor& Call::tensor(std::size_t i) const {
  if (!operands_[i].is(Tag::kTensor)) wrong(i, "a tensor");
  return operands_[i].tensor();
}

TensorRef Call::tensor_ref(std::size_t i) const {
  if (!operands_[i].is(Tag::kTensor)) wrong(i, "a tensor");
  return operands_[i].tensor_ref();
}

const Tensor* Call::optional_tensor(std::size_t i) const {
  return is_none(i) ? nullptr : &tensor(i);
}

std::vector<TensorRef> Call::tensors(std::size_t i) const {
  if (!is_sequence(operands_[i])) wrong(i, "a list of tensors");
  std::vector<TensorRef> found;
  for (const Value& value : operands_[i].elements()) {
    if (!value.is(Tag::kTensor)) wrong(i, "a list of tensors");
    found.push_back(value.tensor_ref());
  }
  return found;
}

bool Call::boolean(std::size_t i) const {
  if (!operands_[i].is(Tag::kBool)) wrong(i, "a bool");
  return operands_[i].boolean();
}

std::int64_t Call::integer(std::size_t i) const {
  if (operands_[i].is(Tag::kBool)) return operands_[i].boolean();
  if (!operands_[i].is(Tag::kInt)) wrong(i, "an int");
  return operands_[i].integer();
}

std::optional<std::int64_t> Call::optional_integer(std::size_t i) const {
  if (is_none(i)) return {};
  return integer(i);
}

double Call::real(std::size_t i) const {
  const Value& value = operands_[i];
  if (value.is(Tag::kFloat)) return value.real();
  if (value.is(Tag::kInt)) return static_cast<double>(value.integer());
  if (value.is(Tag::kBool)) return value.boolean() ? 1 : 0;
  wrong(i, "a number");
}

std::optional<double> Call::optional_real(std::size_t i) const {
  if (is_none(i)) return {};
  return real(i);
}

const std::string& Call::string(std::size_t i) const {
  if (!operands_[i].is(Tag::kString)) wrong(i, "a str");
  return operands_[i].string();
}

std::vector<std::int64_t> Call::long_ints(std::size_t i) const {
  if (operands_[i].is(Tag::kInt)) return {operands_[i].integer()};
  if (!is_sequence(operands_[i])) wrong(i, "a list of ints");
  std::vector<std::int64_t> found;
  for (const Value& value : operands_[i].elements()) {
    if (!value.is(Tag::kInt)) wrong(i, "a list of ints");
    found.push_back(value.integer());
  }
  return found;
}

Dims Call::ints(std::size_t i) const { return Dims(Span<const std::int64_t>(long_ints(i))); }

std::optional<Dims> Call::optional_ints(std::size_t i) const {
  if (is_none(i)) return {};
  return ints(i);
}

std::optional<DType> Call::optional_dtype(std::size_t i) const {
  if (is_none(i)) return {};
  const std::optional<DType> dtype = dtype_of_code(integer(i));
  if (!dtype || !is_runnable(*dtype)) wrong(i, "the number of a dtype");
  return dtype;
}

const List& Call::list(std::size_t i) const {
  if (!operands_[i].is(Tag::kList)) wrong(i, "a list");
  return operands_[i].list();
}

const Dict& Call::dict(std::size_t i) const {
  if (!operands_[i].is(Tag::kDict)) wrong(i, "a dict");
  return operands_[i].dict();
}

List& Call::mutable_list(std::size_t i) const {
  if (list(i).is_frozen) throw failure("TSX5030", {});
  return operands_[i].list();
}

Dict& Call::mutable_dict(std::size_t i) const {
  if (dict(i).is_frozen) throw failure("TSX5030", {});
  return operands_[i].dict();
}

void Call::give_all(std::vector<Value> results) {
  expect(results.size());
  for (std::size_t i = 0; i < results.size(); ++i) results_[i] = std::move(results[i]);
}

}  // namespace tsx::engine
