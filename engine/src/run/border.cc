#include "run/border.h"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>

#include "base/error.h"
#include "core/format.h"
#include "run/closest.h"
#include "run/convert.h"
#include "run/literal.h"
#include "run/sizes.h"
#include "run/tree.h"
#include "run/vm.h"

namespace tsx::engine {
namespace {

constexpr int kDeepest = 1000;

/// `value` with `change` made to each tensor in it; containers are made anew.
Value map_tensors(const Value& value, const std::function<Value(const Value&)>& change, int depth = 0) {
  if (depth > kDeepest) refuse("a value is nested more than 1000 deep");
  const auto inside = [&](const Value& part) { return map_tensors(part, change, depth + 1); };
  if (value.is(Tag::kTensor)) return change(value);
  if (value.is(Tag::kList) || value.is(Tag::kTuple)) {
    std::vector<Value> items;
    for (const Value& item : value.elements()) items.push_back(inside(item));
    if (value.is(Tag::kTuple)) return tuple_of(std::move(items));
    return make_ref<List>(std::move(items));
  }
  if (!value.is(Tag::kDict)) return value;
  Ref<Dict> dict = make_ref<Dict>();
  for (const Dict::Entry& entry : value.dict().entries())
    if (entry.is_live) dict->set(entry.key, inside(entry.value));
  return dict;
}

/// Inputs as the program gets them: in row-major order, the layout of capture's samples, and copied
/// when the program writes them. What was one storage stays one.
class Lender {
 public:
  Value lend(const Value& value) {
    return map_tensors(value, [this](const Value& tensor) { return Value(lent(tensor.tensor_ref())); });
  }

 private:
  TensorRef lent(const TensorRef& given) {
    const TensorRef tensor = contiguous(given);
    if (tensor != given) return tensor;  // a copy, nobody else's
    Ref<Storage>& storage = lent_[tensor->storage().get()];
    if (!storage) {
      auto owner = std::make_shared<Ref<Storage>>(tensor->storage());
      auto* bytes = const_cast<std::byte*>(tensor->storage()->data());
      storage = Storage::borrow(bytes, tensor->storage()->bytes(), Access::kCopyOnWrite, owner);
    }
    return make_ref<Tensor>(storage, tensor->dtype(), tensor->sizes(), tensor->strides(),
                            tensor->offset(), true);
  }

  std::map<const Storage*, Ref<Storage>> lent_;
};

Storages storages_of(const std::vector<Value>& values) {
  Storages found;
  for (const Value& value : values)
    map_tensors(value, [&](const Value& tensor) {
      found.insert(tensor.tensor().storage().get());
      return tensor;
    });
  return found;
}

/// Results with copies of the tensors that share memory with what is kept, or that can't be written.
std::vector<Value> separate(const std::vector<Value>& values, const Storages& kept) {
  std::vector<Value> apart;
  for (const Value& value : values)
    apart.push_back(map_tensors(value, [&](const Value& given) {
      const Tensor& tensor = given.tensor();
      const Storage& storage = *tensor.storage();
      const bool is_free = tensor.is_writable() && storage.access() == Access::kWritable &&
                           !storage.is_borrowed() && !kept.count(&storage);
      return is_free ? given : Value(copy(tensor));
    }));
  return apart;
}

struct NamedParameter {
  std::string name;
  ir::TreeId tree;  // kNoId: a leaf
  bool keyword_only;
  std::optional<Value> default_value;
};

/// The method's own, else (a graph built by hand) one for each input.
std::vector<NamedParameter> parameters_of(const ir::Module& module, const ir::Method& method) {
  std::vector<NamedParameter> found;
  for (const ir::Parameter& parameter : method.parameters) {
    found.push_back({std::string(parameter.name), parameter.tree, parameter.keyword_only, {}});
    if (parameter.default_value)
      found.back().default_value = value_of(*parameter.default_value, module.literals);
  }
  if (!found.empty()) return found;
  const ir::Range inputs = method.graph->inputs();
  for (std::uint32_t i = method.has_self() ? 1 : 0; i < inputs.size(); ++i) {
    const std::string_view name = method.graph->values[inputs[i]].name;
    found.push_back({name.empty() ? "input" + std::to_string(found.size()) : std::string(name),
                     ir::kNoId, false, {}});
  }
  return found;
}

struct Entry {
  std::string_view name;
  const ir::Method* method;
  std::vector<NamedParameter> parameters;
};

Entry entry_of(const Executable& executable, std::string_view name) {
  const ir::Method* method = executable.module().methods.find(name);
  if (!method) {
    std::vector<std::string_view> known;
    for (const auto& [other, entry] : executable.module().methods) known.push_back(other);
    throw failure("TSX5008", {{"name", name}, {"hint", hint(name, known)}});
  }
  return {name, method, parameters_of(executable.module(), *method)};
}

/// Arguments by parameter; TSX5011 for one too many, one given twice, or a name that is none.
std::map<std::string, Value> bound(const ir::Module& module, const Entry& entry,
                                   const std::vector<Value>& arguments, const Keywords& keywords) {
  const auto unexpected = [&](const std::string& given, const std::string& hint) {
    return failure("TSX5011", {{"given", given},
                               {"method", entry.name},
                               {"signature", signature(module, *entry.method)},
                               {"hint", hint}});
  };
  std::vector<std::string_view> positional, names;
  for (const NamedParameter& parameter : entry.parameters) {
    names.push_back(parameter.name);
    if (!parameter.keyword_only) positional.push_back(parameter.name);
  }
  if (arguments.size() > positional.size())
    throw unexpected("positional argument number " + std::to_string(positional.size() + 1), "");
  std::map<std::string, Value> found;
  for (std::size_t i = 0; i < arguments.size(); ++i) found[std::string(positional[i])] = arguments[i];
  for (const auto& [name, value] : keywords) {
    const auto known = std::find(names.begin(), names.end(), name);
    if (known == names.end()) throw unexpected(name, hint(name, names));
    if (!found.emplace(name, value).second) throw unexpected(name + ", given a second time,", "");
  }
  return found;
}

/// The leaves of all arguments in the order of the parameters.
std::vector<Leaf> leaves_of(const ir::Module& module, const Entry& entry,
                            const std::vector<Value>& arguments, const Keywords& keywords) {
  const std::map<std::string, Value> values = bound(module, entry, arguments, keywords);
  std::vector<Leaf> leaves;
  for (const NamedParameter& parameter : entry.parameters) {
    const auto given = values.find(parameter.name);
    const bool is_leaf = parameter.tree == ir::kNoId;
    if (given != values.end() && is_leaf)
      leaves.emplace_back(parameter.name, given->second);
    else if (given != values.end())
      flatten(module, parameter.tree, given->second, parameter.name, leaves);
    else if (parameter.default_value)
      leaves.emplace_back(parameter.name, *parameter.default_value);
    else if (is_leaf || module.trees[parameter.tree].leaves > 0)  // all constants: may be left out
      throw failure("TSX5010", {{"name", parameter.name},
                                {"method", entry.name},
                                {"signature", signature(module, *entry.method)}});
  }
  return leaves;
}

std::vector<Value> checked_inputs(const ir::Module& module, const Entry& entry,
                                  const std::vector<Leaf>& leaves) {
  const ir::Graph& graph = *entry.method->graph;
  const ir::Range inputs = graph.inputs();
  const std::uint32_t first = entry.method->has_self() ? 1 : 0;
  if (leaves.size() != inputs.size() - first)
    bug(std::string(entry.name) + ": " + std::to_string(leaves.size()) + " leaves for " +
        std::to_string(inputs.size() - first) + " inputs");
  std::vector<Input> checked;
  for (std::uint32_t i = 0; i < leaves.size(); ++i) {
    const ir::Value& input = graph.values[inputs[first + i]];
    const auto& [path, value] = leaves[i];
    checked.push_back({input.name, path, input.type, converted(path, value, *input.type)});
  }
  check_sizes(checked, module, entry.method->pins);
  std::vector<Value> values;
  for (Input& input : checked) values.push_back(std::move(input.value));
  return values;
}

std::uint32_t function_of(const Executable& executable, std::string_view method) {
  for (const auto& [name, function] : executable.program().entries)
    if (name == method) return function;
  bug("no entry " + std::string(method));
}

}  // namespace

std::vector<Value> call_flat(const Executable& executable, std::string_view method,
                             std::vector<Value> inputs, CallOptions& options, Session* session) {
  const std::uint32_t function = function_of(executable, method);
  const Ref<Budget> budget = options.limits.any() ? make_ref<Budget>(options.limits) : nullptr;
  const Budget::Use use(budget.get());  // the copies made here count as well
  options.context.budget = budget.get();
  if (!options.in_place) {
    Lender lender;
    for (Value& input : inputs) input = lender.lend(input);
  }
  const Storages given = storages_of(inputs);
  if (executable.module().methods.find(method)->has_self())
    inputs.insert(inputs.begin(), session ? session->root() : executable.root());
  if (!session) return separate(Run(executable, options.context, nullptr, &options.poll).call(function, std::move(inputs)), given);

  const std::lock_guard<std::mutex> guard(session->lock());
  std::vector<Value> outputs;
  try {
    outputs = Run(executable, options.context, &session->weights(), &options.poll).call(function, std::move(inputs));
  } catch (...) {  // what was written before an error stays written, as in the original
    session->keep_apart_from(given);
    throw;
  }
  session->keep_apart_from(given);
  return separate(separate(outputs, session->storages()), given);
}

Value call(const Executable& executable, std::string_view method, const std::vector<Value>& arguments,
           const Keywords& keywords, CallOptions& options, Session* session) {
  const ir::Module& module = executable.module();
  const Entry entry = entry_of(executable, method);
  const std::vector<Leaf> leaves = leaves_of(module, entry, arguments, keywords);
  std::vector<Value> inputs = checked_inputs(module, entry, leaves);
  const std::vector<Value> outputs =
      call_flat(executable, method, std::move(inputs), options, session);
  std::size_t next = 0;
  return unflatten(module, entry.method->result, outputs, next);
}

std::string signature(const ir::Module& module, const ir::Method& method) {
  std::string text;
  bool has_star = false;
  for (const NamedParameter& parameter : parameters_of(module, method)) {
    if (parameter.keyword_only && !has_star) {
      has_star = true;
      text += text.empty() ? "*" : ", *";
    }
    text += (text.empty() ? "" : ", ") + parameter.name;
    if (parameter.default_value) text += "=" + repr(*parameter.default_value);
  }
  return "(" + text + ")";
}

std::string_view default_method(const ir::Module& module) {
  return module.methods.find("forward") ? "forward" : module.methods[0].first;
}

}  // namespace tsx::engine
