#include "run/writes.h"

#include <algorithm>

#include "ir/op.h"

namespace tsx::engine {
namespace {

/// These write running statistics when operand 5 tells them to, which their schemas do not say.
bool has_statistics(std::string_view kind) {
  return kind == "aten::batch_norm" || kind == "aten::native_batch_norm" ||
         kind == "aten::_batch_norm_impl_index" || kind == "aten::instance_norm";
}

bool is_false(const ir::Graph& graph, const ir::Value& value) {
  if (value.node == ir::kNoId || !graph.nodes[value.node].is(Prim::kConstant)) return false;
  const ir::Literal* literal = graph.attribute(graph.nodes[value.node], "value");
  return literal && literal->is(ir::Literal::Kind::kBool) && !literal->as_bool();
}

bool writes(const ir::Graph& graph, const ir::Node& node) {
  if (node.is(Prim::kSetAttr)) return true;
  if (!node.op) return false;
  if (has_statistics(node.kind)) return !is_false(graph, graph.input(node, 5));
  return node.op->schema().find('!') != std::string_view::npos;
}

}  // namespace

bool may_write(const ir::Module& module) {
  return std::any_of(module.graphs.begin(), module.graphs.end(), [](const ir::Graph& graph) {
    return std::any_of(graph.nodes.begin(), graph.nodes.end(),
                       [&graph](const ir::Node& node) { return writes(graph, node); });
  });
}

}  // namespace tsx::engine
