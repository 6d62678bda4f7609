// V24 (no operator's body calls itself), V22 and V25 to V28: the tables of a module.

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/quote.h"
#include "ir/match.h"
#include "ir/verify_parts.h"
#include "read/limits.h"
#include "read/weights.h"

namespace tsx::engine::ir {
namespace {

/// V26: the attribute tree.
class TreeCheck {
 public:
  TreeCheck(const Module& module, std::vector<Violation>& found) : module_(module), found_(found) {}

  void run() {
    if (module_.root == kNoId) return;
    enter(module_.root, 0, "self");
    while (!work_.empty()) {
      const std::size_t place = work_.back();
      work_.pop_back();
      object(place);
    }
  }

 private:
  /// An object that is reached, and through which attribute of which other.
  struct Reached {
    ObjectId object;
    std::size_t owner;
    std::string_view name;
  };

  void enter(ObjectId object, std::size_t owner, std::string_view name) {
    if (!seen_.insert(object).second) return;
    work_.push_back(reached_.size());
    reached_.push_back({object, owner, name});
  }

  void report(std::string message, std::size_t place) {
    std::string path = cut(reached_[place].name, 80);
    for (; place != 0; place = reached_[place].owner)
      path = cut(reached_[reached_[place].owner].name, 80) + "." + path;
    found_.push_back({"V26", std::move(message), nullptr, kNoId, std::move(path)});
  }

  void object(std::size_t place) {
    const Object& owner = module_.objects[reached_[place].object];
    const ClassDef* definition = module_.classes.find(owner.class_name);
    if (!definition) return report(no_class(owner.class_name), place);
    for (const auto& [name, type] : definition->attributes)
      if (!owner.attributes.find(name))
        report(cut(name, 80) + " is in the class or the object only", place);
    for (const auto& [name, value] : owner.attributes) {
      const Type* declared = definition->attribute(name);
      if (!declared)
        report(cut(name, 80) + " is in the class or the object only", place);
      else if (!holds(value, declared))
        report("the value of " + cut(name, 80) + " is no " + shown(declared), place);
      inner_objects(value, place, name);
    }
  }

  void inner_objects(const AttributeValue& value, std::size_t place, std::string_view name) {
    std::vector<const AttributeValue*> work = {&value};
    while (!work.empty()) {
      const AttributeValue& current = *work.back();
      work.pop_back();
      if (current.kind == AttributeValue::Kind::kObject) enter(current.object, place, name);
      const bool is_dict = current.kind == AttributeValue::Kind::kDict;
      for (std::uint32_t i = is_dict; i < current.items.size(); i += is_dict ? 2 : 1)
        work.push_back(&module_.attribute_values[current.items[i]]);
    }
  }

  /// Whether an attribute of `type` may be `value`; types nest at most 64 deep.
  bool holds(const AttributeValue& value, const Type* type) const {
    using Kind = AttributeValue::Kind;
    const bool is_plain = value.kind == Kind::kLiteral;
    switch (type->kind) {
    case TypeKind::kOptional:
      return (is_plain && value.literal.is(Literal::Kind::kNone)) || holds(value, type->element());
    case TypeKind::kUnion:
      return std::any_of(type->parts.begin(), type->parts.end(),
                         [&](const Type* member) { return holds(value, member); });
    case TypeKind::kTensor:
      return is_plain && is_weight(value.literal, type);
    case TypeKind::kClass:
      return value.kind == Kind::kObject && module_.objects[value.object].class_name == type->name;
    case TypeKind::kInterface:
      return value.kind == Kind::kObject;
    case TypeKind::kList:
    case TypeKind::kDict:
    case TypeKind::kTuple:
      return holds_items(value, type);
    case TypeKind::kAny:
      return true;
    default:
      return is_plain && constant_fits(value.literal, type, module_.literals);
    }
  }

  bool holds_items(const AttributeValue& value, const Type* type) const {
    using Kind = AttributeValue::Kind;
    const Kind wanted = type->is(TypeKind::kList)   ? Kind::kList
                        : type->is(TypeKind::kDict) ? Kind::kDict
                                                    : Kind::kTuple;
    if (value.kind != wanted) return false;
    if (wanted == Kind::kTuple && value.items.size() != type->parts.size()) return false;
    for (std::uint32_t i = 0; i < value.items.size(); ++i) {
      const std::size_t part = wanted == Kind::kList ? 0 : wanted == Kind::kDict ? i % 2 : i;
      if (!holds(module_.attribute_values[value.items[i]], type->parts[part])) return false;
    }
    return true;
  }

  bool is_weight(const Literal& value, const Type* type) const {
    if (!value.is(Literal::Kind::kWeight)) return false;
    const std::optional<std::size_t> place = module_.weights->find(value.as_text());
    if (!place) return false;
    const Type real = type_of(module_.weights->entry(*place));
    return agrees(&real, type);
  }

  const Module& module_;
  std::vector<Violation>& found_;
  std::vector<Reached> reached_;
  std::vector<std::size_t> work_;  // places in it
  std::unordered_set<ObjectId> seen_;
};

/// V22 and V27: one class.
void check_class(const ClassDef& definition, const Module& module, std::vector<Violation>& found) {
  const std::string key(definition.name);
  const auto report = [&](const char* code, std::string message) {
    found.push_back({code, std::move(message), nullptr, kNoId, key});
  };
  for (const auto* names : {&definition.parameters, &definition.buffers})
    for (const std::string_view name : *names)
      if (!definition.attribute(name))
        report("V27", "the parameter or buffer " + cut(name, 80) + " is no attribute");
  for (const std::string_view base : definition.bases)
    if (!module.classes.find(base)) report("V27", "there is no base " + cut(base, 80));
  std::vector<std::string_view> unknown;
  for (const auto& [name, type] : definition.attributes) {
    for (const auto& [code, message] : type_violations(type))
      report("V27", "attribute " + cut(name, 80) + ": " + message);
    for (const std::string_view missing : unknown_classes(type, module))
      unknown.push_back(missing);
  }
  std::sort(unknown.begin(), unknown.end());
  unknown.erase(std::unique(unknown.begin(), unknown.end()), unknown.end());
  for (const std::string_view name : unknown)
    report("V22", no_class(name));
}

/// V25: the border of a method against its graph. Names, keys, parts and pins are the reader's business.
void check_border(const Module& module, const Method& method, std::vector<Violation>& found) {
  const Graph& graph = *method.graph;
  const auto report = [&](std::string message) {
    found.push_back({"V25", std::move(message), &graph, kNoId, std::string(method.name)});
  };
  std::size_t leaves = 0;
  for (const Parameter& parameter : method.parameters)
    leaves += module.trees[parameter.tree].leaves;
  const std::size_t inputs = graph.inputs().size() - (method.has_self() ? 1 : 0);
  if (method.has_self()) {
    const Type* type = graph.values[graph.inputs().begin].type;
    const bool fits = module.root != kNoId && type->is(TypeKind::kClass) &&
                      type->name == module.objects[module.root].class_name;
    if (!fits) report("%self is not of the class of the module's root");
  }
  if (leaves != inputs)
    report("the graph has " + std::to_string(inputs) + " inputs for " + std::to_string(leaves) +
           " leaves of its parameters");
  const std::size_t results = graph.outputs().size();
  if (module.trees[method.result].leaves != results)
    report("the graph has " + std::to_string(results) + " results for " +
           std::to_string(module.trees[method.result].leaves) + " leaves");
  if (method.samples.size() > inputs)
    report(std::to_string(method.samples.size()) + " samples for " + std::to_string(inputs) +
           " inputs");
}

/// A walk over calls, from each body of an operator to those that it calls. (Functions and methods may call themselves.)
class CallWalk {
 public:
  CallWalk(const Module& module, std::vector<Violation>& found)
      : module_(module), found_(found), graphs_(named_graphs(module)) {
    for (std::size_t i = 0; i < graphs_.size(); ++i)
      places_.insert_or_assign(graphs_[i].first, i);
    for (const auto& [name, graph] : graphs_)
      edges_.push_back(is_body(name) ? edges_of(*graph) : std::vector<Edge>());
  }

  void run() {
    state_.assign(graphs_.size(), State::kNew);
    for (std::size_t start = 0; start < graphs_.size(); ++start)
      if (state_[start] == State::kNew) from(start);
  }

 private:
  enum class State : std::uint8_t { kNew, kOpen, kDone };
  struct Edge {
    std::size_t target;
    NodeId node;
  };

  static bool is_body(std::string_view name) { return name.find("::") != std::string_view::npos; }

  /// Each callee once, at its last call.
  std::vector<Edge> edges_of(const Graph& graph) const {
    std::vector<Edge> edges;
    std::unordered_map<std::size_t, std::size_t> known;
    for (const NodeId id : all_nodes(graph)) {
      const Node& node = graph.nodes[id];
      if (!node.is(Prim::kCallFunction)) continue;
      const auto place = places_.find(called(graph, node, module_).name);
      if (place == places_.end() || !is_body(place->first)) continue;
      const auto [edge, is_new] = known.try_emplace(place->second, edges.size());
      if (is_new)
        edges.push_back({place->second, id});
      else
        edges[edge->second].node = id;
    }
    return edges;
  }

  void from(std::size_t start) {
    std::vector<std::pair<std::size_t, std::size_t>> path = {{start, 0}};
    state_[start] = State::kOpen;
    while (!path.empty()) {
      auto& [current, next] = path.back();
      if (next == edges_[current].size()) {
        state_[current] = State::kDone;
        path.pop_back();
        continue;
      }
      const Edge edge = edges_[current][next++];
      if (state_[edge.target] == State::kOpen) {
        const auto& [name, graph] = graphs_[current];
        const std::string message = cut(graphs_[edge.target].first, 80) + " calls itself";
        found_.push_back({"V24", message, graph, edge.node, name});
      } else if (state_[edge.target] == State::kNew) {
        state_[edge.target] = State::kOpen;
        path.emplace_back(edge.target, 0);
      }
    }
  }

  const Module& module_;
  std::vector<Violation>& found_;
  std::vector<std::pair<std::string, const Graph*>> graphs_;
  std::unordered_map<std::string, std::size_t> places_;
  std::vector<std::vector<Edge>> edges_;
  std::vector<State> state_;
};

}  // namespace

void check_tables(const Module& module, std::vector<Violation>& found) {
  for (const auto& [name, definition] : module.classes)
    check_class(definition, module, found);
  const std::size_t graphs = named_graphs(module).size();
  if (graphs > static_cast<std::size_t>(limits::kGraphs))
    found.push_back({"V28", "there are more than 65536 functions", nullptr, kNoId, {}});
  TreeCheck(module, found).run();
  for (const auto& [name, method] : module.methods)
    check_border(module, method, found);
}

void check_calls(const Module& module, std::vector<Violation>& found) {
  CallWalk(module, found).run();
}

}  // namespace tsx::engine::ir
