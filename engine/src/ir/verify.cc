#include "ir/verify.h"

#include <set>
#include <utility>

#include "base/error.h"
#include "ir/verify_parts.h"

namespace tsx::engine::ir {
namespace {

void verify_graph(GraphCheck check) {
  const std::size_t before = check.count();
  check_extent(check);
  if (check.count() > before) return;
  check_structure(check);
  check_nodes(check);
  check_references(check);
}

/// V20 asks for types that fit, so it comes where all else holds.
void verify_all(GraphCheck check, bool is_entered) {
  const std::size_t before = check.count();
  verify_graph(check);
  if (check.count() == before) check_meaning(check, is_entered);
}

/// The violations as lines, the first ones.
std::string excerpt(const std::vector<Violation>& found) {
  constexpr std::size_t kShown = 20;
  std::string lines;
  for (std::size_t i = 0; i < found.size() && i < kShown; ++i) {
    const Violation& violation = found[i];
    lines += i ? "\n" : "";
    lines += violation.name.empty() ? "" : violation.name + ": ";
    lines += std::string(violation.code) + ": " + violation.message;
  }
  if (found.size() > kShown) lines += "\n… and " + std::to_string(found.size() - kShown) + " more";
  return lines;
}

/// A type as schemas write it: they know no sizes.
std::string in_schema(const Type* type) {
  return type->is(TypeKind::kTensor) ? "Tensor" : shown(type);
}

/// How a node calls its operator: "my::peaks(Tensor, float) -> Tensor".
std::string call_text(const Graph& graph, const Node& node) {
  std::string operands, results;
  for (std::size_t i = 0; i < node.inputs.size(); ++i)
    operands += (i ? ", " : "") + in_schema(graph.input(node, i).type);
  for (std::size_t i = 0; i < node.outputs.size(); ++i)
    results += (i ? ", " : "") + in_schema(graph.output(node, i).type);
  if (node.outputs.size() != 1) results = "(" + results + ")";
  return std::string(node.kind) + "(" + operands + ") -> " + results;
}

}  // namespace

std::vector<std::pair<std::string, const Graph*>> named_graphs(const Module& module) {
  std::vector<std::pair<std::string, const Graph*>> graphs;
  for (const auto& [name, method] : module.methods)
    graphs.emplace_back(name, method.graph);
  for (const auto& [class_name, definition] : module.classes)
    for (const auto& [name, graph] : definition.methods)
      graphs.emplace_back(std::string(class_name) + "." + std::string(name), graph);
  for (const auto& [name, graph] : module.functions)
    graphs.emplace_back(name, graph);
  return graphs;
}

std::vector<Violation> verify(Module& module) {
  std::vector<Violation> found;
  SchemaTable schemas(module.types);
  const std::set<const Graph*> entered = always_entered(module);
  for (const auto& [name, graph] : named_graphs(module))
    verify_all(GraphCheck(module, schemas, *graph, name, found), entered.count(graph) != 0);
  for (const auto& [name, body] : module.bodies)
    if (!module.function(name))  // a body that is called stands among the functions
      verify_graph(GraphCheck(module, schemas, *body.graph, std::string(name), found));
  check_tables(module, found);
  if (found.empty()) check_calls(module, found);
  return found;
}

void check(Module& module) {
  const std::vector<Violation> found = verify(module);
  if (found.empty()) return;
  const Violation& first = found[0];
  const Node* node = first.graph && first.node != kNoId ? &first.graph->nodes[first.node] : nullptr;
  std::string where = node ? module.where(node->origin) : std::string();
  // The counts and types of a call of the host's: its schema is another one than the archive's.
  const std::string_view code = first.code;
  if (node && node->op && node->op->is_host() && (code == "V12" || code == "V13" || code == "V14"))
    throw failure("TSX6012",
                  {{"op", node->kind}, {"registered", node->op->schema()}, {"used", call_text(*first.graph, *node)}},
                  std::move(where));
  throw failure(
      "TSX6006",
      {{"count", found.size()}, {"first", std::string(first.code) + ": " + first.message}},
      std::move(where), excerpt(found));
}

}  // namespace tsx::engine::ir
