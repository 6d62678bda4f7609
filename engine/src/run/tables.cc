#include "run/tables.h"

#include <algorithm>

#include "base/error.h"
#include "ir/op.h"
#include "run/literal.h"

namespace tsx::engine {
namespace {

/// The index of the row with this key, which `make` adds when it is new.
template <typename Rows, typename Make>
std::uint32_t place(std::unordered_map<std::string, std::uint32_t>& places, std::string key,
                    Rows& rows, Make make) {
  const auto [found, is_new] =
      places.emplace(std::move(key), static_cast<std::uint32_t>(rows.size()));
  if (is_new) rows.push_back(make());
  return found->second;
}

std::string address(const void* pointer) {
  return std::to_string(reinterpret_cast<std::uintptr_t>(pointer));
}

/// "aten::add.Tensor" without namespace and overload.
std::string_view base_name(std::string_view kind) {
  const std::size_t start = kind.find("::");
  const std::string_view name = start == std::string_view::npos ? "" : kind.substr(start + 2);
  return name.substr(0, name.find('.'));
}

}  // namespace

std::uint32_t Tables::constant(const Constant& constant) {
  const std::string key = key_of(constant) + '|' + address(constant.type);
  return place(constants_, key, program_.constants, [&] { return constant; });
}

std::uint32_t Tables::operator_entry(const ir::Node& node) {
  const std::string key = std::string(node.kind) + '|' + std::to_string(node.inputs.size()) + '|' +
                          std::to_string(node.outputs.size());
  return place(operators_, key, program_.operators, [&] {
    return OperatorEntry{node.kind, node.op, node.inputs.size(), node.outputs.size(), kNoFunction};
  });
}

std::uint32_t Tables::name(std::string_view name) {
  return place(names_, std::string(name), program_.names, [&] { return std::string(name); });
}

std::uint32_t Tables::types(std::vector<const Type*> types, bool is_union) {
  std::string key = is_union ? "union" : "one";
  for (const Type* type : types) key += '|' + address(type);
  return place(types_, key, program_.types, [&] { return TypeEntry{types, is_union}; });
}

std::uint32_t Tables::guard(Guard guard) {
  const std::string key =
      std::string(guard.kind) + '|' + key_of(guard.expect) + '|' + std::string(guard.source);
  return place(guards_, key, program_.guards, [&] { return guard; });
}

std::uint32_t Tables::tile(const ir::Graph& graph, const ir::Node& group) {
  const ir::Block& block = graph.blocks[group.blocks.begin];
  Tile tile;
  tile.operands = block.inputs.size();
  std::unordered_map<ir::ValueId, TileOperand> names;
  for (std::uint32_t i = 0; i < block.inputs.size(); ++i) names[block.inputs[i]] = {i, false, {}};
  for (std::uint32_t id = block.nodes.begin; id < block.nodes.end; ++id) {
    const ir::Node& node = graph.nodes[id];
    if (node.is(Prim::kConstant)) {
      const ir::Literal* value = graph.attribute(node, "value");
      names[node.outputs[0]] = {
          0, true, {value ? *value : ir::Literal(), &graph, graph.output(node).type}};
      continue;
    }
    const auto reg = tile.operands + static_cast<std::uint32_t>(tile.steps.size());
    names[node.outputs[0]] = {reg, false, {}};
    TileStep step{node.kind, node.op, {}};
    for (const ir::ValueId input : graph.inputs_of(node)) step.operands.push_back(names[input]);
    tile.label += (tile.label.empty() ? "" : "_") + std::string(base_name(node.kind));
    tile.steps.push_back(std::move(step));
  }
  for (const ir::ValueId output : graph.outputs(block)) tile.outputs.push_back(names[output]);
  const ir::Literal* name = graph.attribute(group, "name");
  if (name && !name->as_text().empty()) tile.label = std::string(name->as_text());
  program_.tiles.push_back(std::move(tile));
  return static_cast<std::uint32_t>(program_.tiles.size() - 1);
}

std::uint32_t Tables::function(std::string name, const ir::Graph* graph) {
  const auto [found, is_new] =
      function_places_.emplace(graph, static_cast<std::uint32_t>(functions_.size()));
  if (is_new) functions_.emplace_back(std::move(name), graph);
  return found->second;
}

std::uint32_t Tables::called_function(std::string_view name, ir::OriginId origin) {
  const ir::Graph* graph = program_.module->function(name);
  if (!graph) throw failure("TSX5003", {{"name", name}}, where(origin));
  return function(std::string(name), graph);
}

std::uint32_t Tables::called_method(const Type& receiver, std::string_view method,
                                    ir::OriginId origin) {
  const ir::ClassDef* definition = program_.module->classes.find(receiver.name);
  const ir::Graph* graph = definition ? definition->method(method) : nullptr;
  const std::string full = std::string(receiver.name) + "." + std::string(method);
  if (!graph) throw failure("TSX5003", {{"name", full}}, where(origin));
  return function(full, graph);
}

void Tables::implementations(std::string_view method) {
  for (const auto& [name, definition] : program_.module->classes) {
    const ir::Graph* graph = definition.method(method);
    if (!graph) continue;
    const std::string full = std::string(name) + "." + std::string(method);
    program_.methods[{std::string(name), std::string(method)}] = function(full, graph);
  }
}

}  // namespace tsx::engine
