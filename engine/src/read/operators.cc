#include "read/operators.h"

#include <algorithm>
#include <string>

#include "base/blake2b.h"
#include "base/quote.h"
#include "read/unit.h"

namespace tsx::engine {
namespace {

/// The version of an operator that the archive lists, or 0.
std::int64_t listed_version(const Header& header, std::string_view kind) {
  const auto& rows = header.operators;
  const auto place =
      std::lower_bound(rows.begin(), rows.end(), kind,
                       [](const auto& row, std::string_view k) { return row.first < k; });
  return place != rows.end() && place->first == kind ? place->second : 0;
}

const ir::Graph* read_body(ir::Module& module, std::string_view kind, Bytes data) {
  const std::string what = "the body of " + std::string(kind);
  check_canonical(data, what);
  const UnitReader unit(module, Reader(data));
  if (unit.graphs().size() != 1 || unit.graphs()[0]->name != kind)
    throw malformed(what + " has to be one graph of that name");
  const ir::Graph& graph = *unit.graphs()[0];
  for (const ir::Attribute& attribute : graph.attributes)
    if (attribute.value.is(ir::Literal::Kind::kWeight)) throw malformed(what + " uses a weight");
  return &graph;
}

void read_bodies(ir::Module& module, const Header& header, Reader rows) {
  std::string_view last;
  for (std::uint32_t left = rows.array("the bodies"); left > 0; --left) {
    rows.array("a body", 4);
    ir::Body body;
    const std::string_view kind = rows.kind_name("the kind of a body");
    if (kind.substr(0, 6) == "prim::") throw malformed(std::string(kind) + " can't have a body");
    body.version = rows.integer("the version of a body", 1);
    if (body.version != listed_version(header, kind))
      throw malformed("the body of " + std::string(kind) + " is of a version that is not listed");
    const Digest wanted = rows.digest("the digest of a body");
    const Bytes data = rows.binary("the body of an operator");
    if (!is_digest(blake2b(data.data(), data.size()), wanted))
      throw failure("TSX6002",
                    {{"what", "the body of " + std::string(kind) + " does not match its digest"}});
    if (kind <= last) throw malformed("the bodies have to ascend");
    last = kind;
    body.graph = read_body(module, kind, data);
    module.bodies.add(kind, body);
  }
}

/// Whether a node needs an entry among the operators.
bool needs_listing(const ir::Node& node) { return node.is(Prim::kNone); }

void check_listed(const ir::Graph& graph, const Header& header) {
  for (const ir::Node& node : graph.nodes)
    if (needs_listing(node) && listed_version(header, node.kind) == 0)
      throw malformed(std::string(node.kind) + " is not among the operators");
}

/// Whether the engine or its host defines the operator at the archive's version, or at a later one.
bool is_known(const ir::Module& module, std::string_view kind, std::int64_t version) {
  const Operator* op = module.operator_of(kind);
  return op && op->version >= version;
}

void call_body(ir::Graph& graph, ir::Node& node) {
  if (!node.blocks.empty() || !node.attributes.empty())
    throw malformed(std::string(node.kind) + " is an operator: it has no blocks and no attributes");
  const auto place = static_cast<std::uint32_t>(graph.attributes.size());
  graph.attributes.push_back({"name", ir::Literal::of_string(node.kind)});
  node.attributes = {place, place + 1};
  node.kind = "prim::CallFunction";
  node.prim = Prim::kCallFunction;
  node.op = nullptr;
}

}  // namespace

void settle_operators(ir::Module& module, const Header& header, Reader bodies) {
  read_bodies(module, header, bodies);
  std::string missing;
  for (const auto& [kind, version] : header.operators) {
    if (is_known(module, kind, version)) continue;
    const ir::Body* body = module.bodies.find(kind);
    if (body && module.functions.add(kind, body->graph)) continue;
    missing += missing.empty() ? "" : ", ";
    missing += kind;
    if (module.operator_of(kind)) missing += " (version " + std::to_string(version) + ")";
  }
  if (!missing.empty()) {
    std::string required;
    for (const std::string_view kind : header.required)
      required += (required.empty() ? "" : ", ") + std::string(kind);
    if (!required.empty()) missing += "; the host has to register: " + required;
    throw failure("TSX6007", {{"ops", missing}});
  }
  for (ir::Graph& graph : module.graphs) {
    check_listed(graph, header);
    for (ir::Node& node : graph.nodes)
      if (needs_listing(node) && !is_known(module, node.kind, listed_version(header, node.kind)))
        call_body(graph, node);
  }
}

}  // namespace tsx::engine
