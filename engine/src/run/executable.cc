#include "run/executable.h"

#include <algorithm>

#include "base/error.h"
#include "kernels/quantized_forms.h"
#include "run/host.h"
#include "run/literal.h"
#include "run/lower.h"

namespace tsx::engine {

Executable::Executable(std::shared_ptr<const ir::Module> module) : program_(lower(std::move(module))) {
  weights_ = std::make_unique<WeightTable>(program_.module->weights, Access::kFrozen);
  make_enums();
  make_classes();
  bind_operators();
  for (const Function& function : program_.functions)
    codes_.push_back(translate(program_, function));
  for (const Tile& tile : program_.tiles) {
    tiles_.push_back(std::make_unique<const TileRunner>(tile));
    most_results_ = std::max(most_results_, tile.outputs.size());
  }
  for (const Constant& constant : program_.constants) {
    using Kind = ir::Literal::Kind;
    const bool is_made = constant.value.is(Kind::kTuple) || constant.value.is(Kind::kWeight);
    plain_.push_back(is_made ? Value() : value_of(constant.value, constant.graph));
  }
  root_ = make_root(*weights_, true);
}

void Executable::bind_operators() {
  std::string missing;
  const bool has_quantized =
      std::any_of(program_.operators.begin(), program_.operators.end(),
                  [](const OperatorEntry& entry) { return makes_quantized(entry.kind); });
  for (const OperatorEntry& entry : program_.operators) {
    const bool is_host = entry.op && entry.op->is_host();  // whose name says nothing of its work
    const Kernel form = has_quantized ? quantized_form(entry.kind) : nullptr;
    kernels_.push_back(form ? form : kernel_of(entry));
    work_rules_.push_back(is_host ? WorkRule::kElements : work_rule(entry.kind));
    most_results_ = std::max<std::size_t>(most_results_, entry.results);
    if (!kernels_.back() && entry.body == kNoFunction)
      missing += (missing.empty() ? "" : ", ") + std::string(entry.kind);
  }
  if (!missing.empty()) throw failure("TSX5031", {{"operators", missing}});
}

void Executable::make_classes() {
  std::map<std::string, ClassInfo, std::less<>> made;
  const auto at = [&made](std::string_view name) -> ClassInfo& {
    return made.try_emplace(std::string(name), std::string(name)).first->second;
  };
  for (const auto& [name, definition] : module().classes)
    for (const auto& [attribute, type] : definition.attributes) at(name).add(std::string(attribute));
  for (const auto& [name, definition] : module().classes) at(name);
  for (const ir::Object& object : module().objects)
    for (const auto& [attribute, value] : object.attributes)
      at(object.class_name).add(std::string(attribute));
  at("");
  for (auto& [name, info] : made) {
    info.index(program_.names);
    classes_.emplace(name, std::make_shared<const ClassInfo>(std::move(info)));
  }
}

void Executable::make_enums() {
  for (const auto& [name, definition] : module().classes)
    for (const auto& [member, literal] : definition.members)
      enums_.emplace(std::make_pair(std::string(name), std::string(member)),
                     Value(make_ref<EnumMember>(std::string(name), std::string(member),
                                                value_of(literal, nullptr))));
}

Value Executable::constant(std::uint32_t index) const {
  const Constant& constant = program_.constants[index];
  return this->constant(constant.value, constant.graph, *constant.type);
}

Value Executable::constant(const ir::Literal& value, const ir::Graph* graph, const Type& type) const {
  using Kind = ir::Literal::Kind;
  if (type.is(TypeKind::kOptional) && !value.is(Kind::kNone))
    return constant(value, graph, *type.element());
  if (type.is(TypeKind::kEnum) && value.is(Kind::kString)) {
    const auto found = enums_.find({std::string(type.name), std::string(value.as_text())});
    if (found == enums_.end()) refuse("there is no member " + std::string(value.as_text()));
    return found->second;
  }
  if (value.is(Kind::kWeight)) return weights_->tensor(weights_->find(value.as_text()));
  if (!value.is(Kind::kTuple)) return value_of(value, graph);
  const bool is_list = type.is(TypeKind::kList), is_tuple = type.is(TypeKind::kTuple);
  if (!is_list && !is_tuple) return value_of(value, graph);
  std::vector<Value> items;
  const Span<const ir::Literal> literals = items_of(value, graph);
  for (std::size_t i = 0; i < literals.size(); ++i)
    items.push_back(constant(literals[i], graph, is_list ? *type.element() : *type.parts[i]));
  if (is_tuple) return tuple_of(std::move(items));
  return make_ref<List>(std::move(items));
}

std::uint32_t Executable::method(const std::string& class_name, const std::string& method) const {
  const auto found = program_.methods.find({class_name, method});
  return found == program_.methods.end() ? kNoFunction : found->second;
}

const std::shared_ptr<const ClassInfo>& Executable::class_info(std::string_view name) const {
  static const std::shared_ptr<const ClassInfo> kNone;
  const auto found = classes_.find(name);
  return found == classes_.end() ? kNone : found->second;
}

Value Executable::make_root(WeightTable& weights, bool is_frozen) const {
  std::vector<Ref<Object>> objects;  // an object refers to earlier ones only
  for (const ir::Object& source : module().objects) {
    Ref<Object> made = make_ref<Object>(class_info(source.class_name));
    made->is_frozen = is_frozen;
    for (const auto& [name, value] : source.attributes) {
      // A weight that is an attribute itself waits for its first use.
      const bool is_weight = value.kind == ir::AttributeValue::Kind::kLiteral &&
                             value.literal.is(ir::Literal::Kind::kWeight);
      made->attributes[made->info->find(name)] =
          is_weight ? Value::later(weights.find(value.literal.as_text()))
                    : container(value, objects, weights, is_frozen);
    }
    objects.push_back(std::move(made));
  }
  if (module().root != ir::kNoId) return objects[module().root];
  Ref<Object> nothing = make_ref<Object>(class_info(""));
  nothing->is_frozen = is_frozen;
  return nothing;
}

Value Executable::container(const ir::AttributeValue& value, const std::vector<Ref<Object>>& objects,
                        WeightTable& weights, bool is_frozen) const {
  using Kind = ir::AttributeValue::Kind;
  if (value.kind == Kind::kObject) return objects[value.object];
  if (value.kind == Kind::kLiteral) {
    if (!value.literal.is(ir::Literal::Kind::kWeight)) return value_of(value.literal, nullptr);
    return weights.tensor(weights.find(value.literal.as_text()));
  }
  std::vector<Value> items;
  for (std::uint32_t i = 0; i < value.items.size(); ++i)
    items.push_back(container(module().attribute_values[value.items[i]], objects, weights, is_frozen));
  if (value.kind == Kind::kTuple) return tuple_of(std::move(items));
  if (value.kind == Kind::kList) {
    Ref<List> list = make_ref<List>(std::move(items));
    list->is_frozen = is_frozen;
    return list;
  }
  Ref<Dict> dict = make_ref<Dict>();
  for (std::size_t i = 0; i + 1 < items.size(); i += 2) dict->set(items[i], items[i + 1]);
  dict->is_frozen = is_frozen;
  return dict;
}

}  // namespace tsx::engine
