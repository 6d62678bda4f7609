// The parts of the verifier, and what they share. See verify.h.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "ir/schema.h"
#include "ir/verify.h"

namespace tsx::engine {
struct WeightEntry;
}

namespace tsx::engine::ir {

/// What all checks of one graph look at, and where they put what they find.
class GraphCheck {
 public:
  GraphCheck(Module& of, SchemaTable& known, const Graph& checked, std::string name,
             std::vector<Violation>& found)
      : module(of), schemas(known), graph(checked), name_(std::move(name)), found_(found) {}

  void report(const char* code, std::string message, NodeId node) {
    found_.push_back({code, std::move(message), &graph, node, name_});
  }
  /// How many violations there are, in this graph and before.
  std::size_t count() const { return found_.size(); }

  Module& module;
  SchemaTable& schemas;
  const Graph& graph;

 private:
  std::string name_;
  std::vector<Violation>& found_;
};

/// Every node that is no return, outer before inner, in program order.
std::vector<NodeId> all_nodes(const Graph& graph);
/// Every value, in the order in which the text defines it.
std::vector<ValueId> all_values(const Graph& graph);
/// The node that a value's violation is shown at.
NodeId holder(const Graph& graph, const Value& value);
/// Cut after so many characters, as messages show names.
std::string cut(std::string_view text, std::size_t characters);
/// A type as messages show it.
std::string shown(const Type* type);

void check_extent(GraphCheck& check);      // V05
void check_structure(GraphCheck& check);   // V03, V04, V07, V08
void check_nodes(GraphCheck& check);       // V09 to V19
void check_references(GraphCheck& check);  // V21 to V24

/// V20, of a graph that keeps the others (rules/meaning.cc). `is_entered`: every run of the module
/// comes to it, so what a rule refuses is wrong for sure.
void check_meaning(GraphCheck& check, bool is_entered);
/// The graphs that every run comes to: entry points, and what they call outside branches and loops.
std::set<const Graph*> always_entered(const Module& module);

/// V15 to V19: the rule of a structural kind whose counts are right.
void check_prim(GraphCheck& check, NodeId node, const char* code);
/// What V07 and V08 say about one type.
std::vector<std::pair<const char*, std::string>> type_violations(const Type* type);
/// Whether `value` is a constant of `type`; `items` holds the items of tuples.
bool constant_fits(const Literal& value, const Type* type, const std::vector<Literal>& items);
/// The index of a prim::TupleIndex: its attribute or its constant operand, if it is constant.
std::optional<std::int64_t> tuple_index(const Graph& graph, const Node& node);
/// Names of the classes, enums and interfaces in `type` that the module lacks, each once,
/// ascending.
std::vector<std::string_view> unknown_classes(const Type* type, const Module& module);
std::string no_class(std::string_view name);
/// The type of a weight; it is in no store.
Type type_of(const WeightEntry& entry);

/// The name and the graph of what a call node calls; the graph is null when there is none.
struct Callee {
  std::string name;
  const Graph* graph = nullptr;
};
Callee called(const Graph& graph, const Node& node, const Module& module);

/// The class that `type` names, if the module defines it.
const ClassDef* class_of(const Type* type, const Module& module);

/// V22 and V25 to V28: the tables of a module.
void check_tables(const Module& module, std::vector<Violation>& found);
/// V24: no operator's body calls itself. Only where all calls are known to exist.
void check_calls(const Module& module, std::vector<Violation>& found);
/// Every graph with its qualified name: methods, classes' methods, functions.
std::vector<std::pair<std::string, const Graph*>> named_graphs(const Module& module);

}  // namespace tsx::engine::ir
