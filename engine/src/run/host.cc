#include "run/host.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <mutex>

#include "base/error.h"
#include "base/quote.h"
#include "core/format.h"
#include "run/is_a.h"

namespace tsx::engine {
namespace {

bool is_name(std::string_view text) {
  const auto fits = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; };
  return !text.empty() && !std::isdigit(static_cast<unsigned char>(text[0])) &&
         std::all_of(text.begin(), text.end(), fits);
}

/// "my::peaks.overload", the start of a schema.
std::string_view kind_in(std::string_view schema) {
  const std::string_view kind = schema.substr(0, schema.find('('));
  const std::size_t colons = std::min(kind.find("::"), kind.size()), dot = kind.find('.', colons);
  const bool has_name = colons < kind.size() && is_name(kind.substr(0, colons)) &&
                        is_name(kind.substr(colons + 2, dot - colons - 2));
  const bool has_overload = dot == std::string_view::npos || is_name(kind.substr(dot + 1));
  if (!has_name || !has_overload || kind.size() > UINT8_MAX || schema.size() > UINT16_MAX)
    throw failure("TSX4001", {{"expected", "namespace::name"}, {"found", quote(kind.substr(0, 80))},
                              {"text", schema.substr(0, 200)}});
  return kind;
}

bool writes(const Argument& argument) { return argument.alias.writes || argument.inner_alias.writes; }

/// Calls `visit` with each tensor of a value, or of the list or tuple that it is.
template <typename Visit> void each_tensor(const Value& value, Visit visit) {
  if (value.is(Tag::kTensor)) return visit(value.tensor_ref());
  if (!value.is(Tag::kList) && !value.is(Tag::kTuple)) return;
  for (const Value& item : value.elements()) each_tensor(item, visit);
}

bool overlap(const Storage& a, const Storage& b) {
  return a.data() < b.data() + b.bytes().value() && b.data() < a.data() + a.bytes().value();
}

/// A result's tensor as the program may have it: never in memory of an operand, unless the schema says
/// that it is one; and what is still the host's memory is copied before the program writes into it.
TensorRef settled(const TensorRef& tensor, bool may_alias, Span<const Value> operands) {
  Storage& storage = *tensor->storage();
  TensorRef shared;
  for (const Value& operand : operands)
    each_tensor(operand, [&](const TensorRef& given) {
      if (!shared && overlap(*given->storage(), storage)) shared = given;
    });
  if (shared && !may_alias) return copy(*tensor);
  if (shared && shared->storage().get() != &storage) {  // the same bytes, through the host
    const std::ptrdiff_t bytes = tensor->raw() - shared->storage()->data();
    const auto size = static_cast<std::ptrdiff_t>(tensor->item_size());
    return make_ref<Tensor>(shared->storage(), tensor->dtype(), tensor->sizes(), tensor->strides(),
                            bytes / size, tensor->is_writable());
  }
  if (shared || !storage.is_borrowed() || storage.access() != Access::kWritable) return tensor;
  auto owner = std::make_shared<Ref<Storage>>(tensor->storage());
  Ref<Storage> lent = Storage::borrow(const_cast<std::byte*>(storage.data()), storage.bytes(),
                                      Access::kCopyOnWrite, owner);
  return make_ref<Tensor>(std::move(lent), tensor->dtype(), tensor->sizes(), tensor->strides(),
                          tensor->offset(), tensor->is_writable());
}

Value settled(const Value& result, bool may_alias, Span<const Value> operands) {
  if (result.is(Tag::kTensor)) return settled(result.tensor_ref(), may_alias, operands);
  if (!result.is(Tag::kList) && !result.is(Tag::kTuple)) return result;
  std::vector<Value> items;
  for (const Value& item : result.elements()) items.push_back(settled(item, may_alias, operands));
  if (result.is(Tag::kTuple)) return tuple_of(std::move(items));
  return make_ref<List>(std::move(items));
}

void call_host(Call& call) { static_cast<const HostOperator&>(call.op()).run(call); }

/// What is registered. It lives as long as the process: a kernel may be called until its end.
struct Registered {
  std::mutex lock;
  std::map<std::string, std::shared_ptr<const HostOperator>, std::less<>> operators;
};

Registered& registered() {
  static Registered* const kRegistered = std::make_unique<Registered>().release();
  return *kRegistered;
}

}  // namespace

HostOperator::HostOperator(const std::string& schema, std::int16_t version_, HostFunction function)
    : HostRecord(schema), function_(std::move(function)) {
  kind_length = static_cast<std::uint8_t>(kind_in(own_text).size());
  schema_length = static_cast<std::uint16_t>(own_text.size());
  parsed_ = parse_schema(types_, own_text);
  check_schema();
  operands = static_cast<std::int16_t>(parsed_.arguments.size());
  results = static_cast<std::int16_t>(parsed_.results.size());
  version = version_;
  traits = std::any_of(parsed_.arguments.begin(), parsed_.arguments.end(), writes) ? Trait::EFFECT
                                                                                   : Trait::NONE;
}

void HostOperator::check_schema() const {
  const std::string_view space = kind().substr(0, kind().find("::"));
  if (space == "aten" || space == "prim" || space == "tsx")
    throw failure("TSX4071", {{"namespace", space}, {"name", kind().substr(space.size() + 2)}});
  const auto refused = [&](const std::string& what) {
    return failure("TSX4076", {{"op", kind()}, {"what", what}});
  };
  if (parsed_.is_vararg || parsed_.is_varret) throw refused("any number of values");
  for (const Argument& argument : parsed_.arguments) {
    const bool is_tensors = argument.type->is(TypeKind::kTensor) ||
                            (argument.type->is(TypeKind::kList) &&
                             argument.type->element()->is(TypeKind::kTensor));
    if (writes(argument) && !is_tensors)
      throw refused("a written " + argument.spelling + " " + std::string(argument.name));
  }
}

void HostOperator::run(Call& call) const {
  const Span<const Value> given = call.operands();
  for (std::size_t i = 0; i < given.size(); ++i)
    if (writes(parsed_.arguments[i]))
      each_tensor(given[i], [](const TensorRef& tensor) { tensor->mutable_raw(); });
  std::vector<Value> made = function_(given, call.result_count());
  if (made.size() != call.result_count()) bug("a host function gave another number of results");
  for (std::size_t i = 0; i < made.size(); ++i) {
    const Argument& declared = parsed_.results[i];
    if (!is_a(made[i], *declared.type))
      throw failure("TSX4075", {{"op", kind()},
                                {"expected", "a result of type " + to_text(*declared.type, 200)},
                                {"found", type_text(made[i])}});
    made[i] = settled(made[i], declared.alias.is_marked || declared.inner_alias.is_marked, given);
  }
  call.give_all(std::move(made));
}

void register_operator(std::shared_ptr<const HostOperator> op) {
  const std::string kind(op->kind());
  const std::lock_guard<std::mutex> guard(registered().lock);
  registered().operators[kind].swap(op);  // the one before goes when the lock is free again
}

std::shared_ptr<const Operator> registered_operator(std::string_view kind) {
  const std::lock_guard<std::mutex> guard(registered().lock);
  const auto found = registered().operators.find(kind);
  return found == registered().operators.end() ? nullptr : found->second;
}

Kernel kernel_of(const OperatorEntry& entry) {
  if (entry.op && entry.op->is_host()) return call_host;
  return Registry::all().find(entry.kind);
}

}  // namespace tsx::engine
