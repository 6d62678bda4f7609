// V21 to V24: what the nodes of a graph say of the module's tables.

#include <algorithm>
#include <unordered_map>

#include "base/quote.h"
#include "ir/match.h"
#include "ir/verify_parts.h"
#include "read/weights.h"

namespace tsx::engine::ir {

std::vector<std::string_view> unknown_classes(const Type* type, const Module& module) {
  std::vector<std::string_view> names;
  std::vector<const Type*> work = {type};
  while (!work.empty()) {
    const Type* current = work.back();
    work.pop_back();
    const bool is_named = current->is(TypeKind::kClass) || current->is(TypeKind::kEnum) ||
                          current->is(TypeKind::kInterface);
    if (is_named && !module.classes.find(current->name)) names.push_back(current->name);
    work.insert(work.end(), current->parts.begin(), current->parts.end());
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::string no_class(std::string_view name) { return "there is no class " + cut(name, 80); }

Type type_of(const WeightEntry& entry) {
  Type type;
  type.kind = TypeKind::kTensor;
  type.dtype = entry.dtype;
  type.shape.emplace();
  for (const std::int64_t size : entry.sizes)
    type.shape->push_back(Dim::known(size));
  return type;
}

Callee called(const Graph& graph, const Node& node, const Module& module) {
  const Literal* name = graph.attribute(node, "name");
  std::string_view text = name && name->is(Literal::Kind::kString) ? name->as_text() : "None";
  const Type* first = node.inputs.empty() ? nullptr : graph.input(node, 0).type;
  if (node.is(Prim::kCallMethod)) {
    const ClassDef* definition = first ? class_of(first, module) : nullptr;
    const std::string owner(definition ? definition->name : "?");
    return {owner + "." + std::string(text), definition ? definition->method(text) : nullptr};
  }
  if (!name && first && first->is(TypeKind::kFunction)) text = first->name;
  return {std::string(text), module.function(text)};
}

namespace {

class References {
 public:
  explicit References(GraphCheck& check) : check_(check), graph_(check.graph) {}

  void run() {
    classes();
    for (const NodeId id : all_nodes(graph_)) {
      const Node& node = graph_.nodes[id];
      if (node.is(Prim::kConstant))
        weight(node, id);
      else if ((node.is(Prim::kGetAttr) || node.is(Prim::kSetAttr)) && !node.inputs.empty())
        attribute(node, id);
      else if (node.is(Prim::kCallMethod) || node.is(Prim::kCallFunction))
        call(node, id);
    }
  }

 private:
  void classes() {
    std::unordered_map<const Type*, std::vector<std::string_view>> unknown;
    for (const ValueId id : all_values(graph_)) {
      const Value& value = graph_.values[id];
      const auto [place, is_new] = unknown.try_emplace(value.type);
      if (is_new) place->second = unknown_classes(value.type, check_.module);
      for (const std::string_view name : place->second)
        check_.report("V22", no_class(name), holder(graph_, value));
    }
  }

  void weight(const Node& node, NodeId id) {
    const Literal* ref = graph_.attribute(node, "value");
    if (!ref || !ref->is(Literal::Kind::kWeight) || node.outputs.size() != 1) return;
    const Weights& weights = *check_.module.weights;
    const Type* declared = graph_.output(node).type;
    const std::optional<std::size_t> place = weights.find(ref->as_text());
    if (!place) return check_.report("V21", "there is no weight " + cut(ref->as_text(), 80), id);
    if (!declared->is(TypeKind::kTensor)) return;
    const WeightEntry& entry = weights.entry(*place);
    const Type real = type_of(entry);
    if (declared->dtype == real.dtype && declared->shape == real.shape) return;
    check_.report("V21",
                  "weight " + cut(ref->as_text(), 80) + " is " + shown(&real) + ", not " +
                      shown(declared),
                  id);
  }

  void attribute(const Node& node, NodeId id) {
    const ClassDef* definition = class_of(graph_.input(node, 0).type, check_.module);
    const Literal* name = graph_.attribute(node, "name");
    if (!definition) return;  // V19 or V22 has told it
    const bool is_named = name && name->is(Literal::Kind::kString);
    const std::string_view wanted = is_named ? name->as_text() : std::string_view();
    const std::string text = cut(wanted, 80);
    const Type* declared = definition->attribute(wanted);
    if (!declared) {
      check_.report("V23", std::string(definition->name) + " has no attribute " + text, id);
    } else if (node.is(Prim::kGetAttr)) {
      if (node.outputs.size() == 1 && !agrees(declared, graph_.output(node).type))
        check_.report("V23",
                      "the attribute " + text + " is " + shown(declared) + ", not " +
                          shown(graph_.output(node).type),
                      id);
    } else if (node.inputs.size() == 2) {
      const Type* given = graph_.input(node, 1).type;
      if (!is_subtype(given->erased, declared->erased))
        check_.report("V23", "the attribute " + text + " can't hold " + shown(given), id);
    }
  }

  void call(const Node& node, NodeId id) {
    const Callee callee = called(graph_, node, check_.module);
    const std::string name = cut(callee.name, 80);
    if (!callee.graph) {
      const ClassDef* definition =
          node.inputs.empty() ? nullptr : class_of(graph_.input(node, 0).type, check_.module);
      const bool is_late = node.is(Prim::kCallMethod) && definition &&
                           definition->kind == ClassDef::Kind::kInterface;
      if (!is_late) check_.report("V24", "there is no function " + name, id);
      return;
    }
    const bool has_callee = node.is(Prim::kCallFunction) && !graph_.attribute(node, "name");
    Types given, taken, results, declared;
    for (std::size_t i = has_callee ? 1 : 0; i < node.inputs.size(); ++i)
      given.push_back(graph_.input(node, i).type);
    const Range inputs = callee.graph->inputs();
    for (std::uint32_t at = inputs.begin; at < inputs.end; ++at)
      taken.push_back(callee.graph->values[at].type);
    for (const ValueId value : callee.graph->outputs())
      results.push_back(callee.graph->values[value].type);
    for (std::size_t i = 0; i < node.outputs.size(); ++i)
      declared.push_back(graph_.output(node, i).type);
    if (!agree(given, taken))
      check_.report("V24", name + " takes " + listed(taken) + ", not " + listed(given), id);
    if (!agree(results, declared))
      check_.report("V24", name + " gives " + listed(results) + ", not " + listed(declared), id);
  }

  using Types = std::vector<const Type*>;

  static bool agree(const Types& a, const Types& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), agrees);
  }

  static std::string listed(const Types& types) {
    std::string text = "(";
    for (std::size_t i = 0; i < types.size() && text.size() < 200; ++i)
      text += (i ? ", " : "") + shown(types[i]);
    return text + ")";
  }

  GraphCheck& check_;
  const Graph& graph_;
};
}  // namespace

const ClassDef* class_of(const Type* type, const Module& module) {
  const bool is_object = type->is(TypeKind::kClass) || type->is(TypeKind::kInterface);
  return is_object ? module.classes.find(type->name) : nullptr;
}

void check_references(GraphCheck& check) { References(check).run(); }

}  // namespace tsx::engine::ir
