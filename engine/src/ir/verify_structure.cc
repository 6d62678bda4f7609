// V03 to V08: visibility, names, sizes, types. Nothing here needs to know what a node means.
//
// The reader can't build what would break V01 and V02 (a graph has places and uses by its layout)
// or V06 (the limits of strings and nesting), so nothing is left of these to check.

#include <algorithm>
#include <unordered_map>

#include "base/quote.h"
#include "base/utf8.h"
#include "ir/verify_parts.h"
#include "read/limits.h"

namespace tsx::engine::ir {
namespace {

/// One block of a walk from outer to inner.
struct Place {
  BlockId block;
  NodeId node;              // the next one
  std::uint32_t inner = 0;  // of that node, the next of its blocks
  std::uint32_t group = 0;  // in which isolated block it lies; 1 is the graph itself
};

/// Walks blocks in program order. `enter` sees a block, `visit` a node before its blocks, `leave` a
/// node behind them and `finish` a block's return.
template <typename Enter, typename Visit, typename Leave, typename Finish>
void walk(const Graph& graph, Enter enter, Visit visit, Leave leave, Finish finish) {
  std::uint32_t groups = 1;
  std::vector<Place> open = {{0, graph.blocks[0].nodes.begin, 0, groups}};
  enter(open.back());
  while (!open.empty()) {
    Place& at = open.back();
    if (at.node == graph.blocks[at.block].nodes.end) {
      finish(at);
      open.pop_back();
      continue;
    }
    const Node& node = graph.nodes[at.node];
    if (at.inner == 0) visit(at);
    if (at.inner == node.blocks.size()) {
      leave(at);
      at.inner = 0;
      ++at.node;
      continue;
    }
    const BlockId inner = node.blocks[at.inner++];
    const std::uint32_t group = node.is(Prim::kGroup) ? ++groups : at.group;
    open.push_back({inner, graph.blocks[inner].nodes.begin, 0, group});
    enter(open.back());
  }
}

std::string shown_value(const Graph& graph, const Value& value) {
  if (!value.name.empty()) return "%" + cut(value.name, 40);
  if (value.node == kNoId) return "a block input";
  return "a result of " + cut(graph.nodes[value.node].kind, 80);
}

void check_visibility(GraphCheck& check) {
  const Graph& graph = check.graph;
  std::vector<std::uint32_t> seen_in(graph.values.size(), 0);  // the group that sees it now
  const auto see = [&](Range values, std::uint32_t group) {
    std::fill(seen_in.begin() + values.begin, seen_in.begin() + values.end, group);
  };
  const auto check_operands = [&](NodeId id, std::uint32_t group) {
    const Node& node = graph.nodes[id];
    const Span<const ValueId> operands = graph.inputs_of(node);
    for (std::size_t i = 0; i < operands.size(); ++i)
      if (seen_in[operands[i]] != group)
        check.report("V03",
                     "operand " + std::to_string(i) + " (" +
                         shown_value(graph, graph.values[operands[i]]) + ") is not defined where " +
                         std::string(node.kind) + " can see it",
                     id);
  };
  walk(
      graph, [&](const Place& at) { see(graph.blocks[at.block].inputs, at.group); },
      [&](const Place& at) { check_operands(at.node, at.group); },
      [&](const Place& at) { see(graph.nodes[at.node].outputs, at.group); },
      [&](const Place& at) {
        const Block& block = graph.blocks[at.block];
        check_operands(block.return_node(), at.group);
        see(block.inputs, 0);
        for (NodeId id = block.nodes.begin; id < block.nodes.end; ++id)
          see(graph.nodes[id].outputs, 0);
      });
}

bool is_number(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

void check_names(GraphCheck& check) {
  for (const ValueId id : all_values(check.graph)) {
    const Value& value = check.graph.values[id];
    if (!value.name.empty() && is_number(value.name))
      check.report("V04", "%" + cut(value.name, 40) + " is no name for a value",
                   holder(check.graph, value));
  }
}

bool is_word(std::string_view symbol) {
  return symbol.find('$') == std::string_view::npos;  // the reader takes identifiers, with $
}

bool has_words_only(const SizeExpr& size) {
  std::vector<const SizeExpr*> work = {&size};
  while (!work.empty()) {
    const SizeExpr* current = work.back();
    work.pop_back();
    for (const SizeTerm& term : current->terms)
      for (const SizeAtom& atom : term.factors) {
        if (atom.numerator) work.push_back(atom.numerator);
        if (!is_word(atom.symbol)) return false;
      }
  }
  return true;
}

using TypeViolations = std::vector<std::pair<const char*, std::string>>;

void check_tensor(const Type& type, TypeViolations& found) {
  if (!type.shape) return;
  std::int64_t total = type.dtype ? static_cast<std::int64_t>(item_size(*type.dtype)) : 1;
  bool is_empty = false;
  for (const Dim& dim : *type.shape) {
    if (dim.is_known()) {
      is_empty = is_empty || dim.size == 0;
      if (__builtin_mul_overflow(total, dim.size, &total)) total = INT64_MAX;
      if (total > limits::kTensorBytes) total = limits::kTensorBytes + 1;
    } else if (dim.expr && !has_words_only(*dim.expr)) {
      found.emplace_back("V08", to_text(*dim.expr, 200) + " has a symbol that is no word");
    }
  }
  if (!is_empty && total > limits::kTensorBytes)
    found.emplace_back("V07",
                       "a tensor of type " + to_text(type, 200) + " has more than 2**48 bytes");
}

void check_types(GraphCheck& check) {
  std::unordered_map<const Type*, TypeViolations> seen;
  const auto violations = [&seen](const Type* type) -> const TypeViolations& {
    const auto [place, is_new] = seen.try_emplace(type);
    if (is_new) place->second = type_violations(type);
    return place->second;
  };
  const Graph& graph = check.graph;
  for (const ValueId id : all_values(graph)) {
    const Value& value = graph.values[id];
    for (const auto& [code, message] : violations(value.type))
      check.report(code, shown_value(graph, value) + ": " + message, holder(graph, value));
  }
  for (const NodeId id : all_nodes(graph)) {
    const Range attributes = graph.nodes[id].attributes;
    for (std::uint32_t at = attributes.begin; at < attributes.end; ++at) {
      const Literal& value = graph.attributes[at].value;
      const bool is_tuple = value.is(Literal::Kind::kTuple);
      const Span<const Literal> items =
          is_tuple ? graph.items(value) : Span<const Literal>(&value, 1);
      for (const Literal& item : items)
        if (item.is(Literal::Kind::kType))
          for (const auto& [code, message] : violations(item.as_type()))
            check.report(code, message, id);
    }
  }
}

}  // namespace

std::vector<NodeId> all_nodes(const Graph& graph) {
  std::vector<NodeId> nodes;
  const auto nothing = [](const Place&) {};
  walk(
      graph, nothing, [&](const Place& at) { nodes.push_back(at.node); }, nothing, nothing);
  return nodes;
}

std::vector<ValueId> all_values(const Graph& graph) {
  std::vector<ValueId> values;
  const auto add = [&values](Range range) {
    for (ValueId id = range.begin; id < range.end; ++id)
      values.push_back(id);
  };
  const auto nothing = [](const Place&) {};
  walk(
      graph, [&](const Place& at) { add(graph.blocks[at.block].inputs); },
      [&](const Place& at) { add(graph.nodes[at.node].outputs); }, nothing, nothing);
  return values;
}

NodeId holder(const Graph& graph, const Value& value) {
  return value.node != kNoId ? value.node : graph.blocks[value.block].node;
}

std::string cut(std::string_view text, std::size_t characters) {
  return std::string(text.substr(0, utf8::offset(text, characters)));
}

std::string shown(const Type* type) { return to_text(*type, 400); }

TypeViolations type_violations(const Type* type) {
  TypeViolations found;
  std::vector<const Type*> work = {type};
  while (!work.empty()) {
    const Type* current = work.back();
    work.pop_back();
    if (current->is(TypeKind::kTensor)) check_tensor(*current, found);
    if (current->is(TypeKind::kUnion) && current->parts.empty())
      found.emplace_back("V08", "a union has no members");
    work.insert(work.end(), current->parts.begin(), current->parts.end());
  }
  return found;
}

void check_extent(GraphCheck& check) {
  const std::size_t count = check.graph.nodes.size() - check.graph.blocks.size();
  if (count > static_cast<std::size_t>(limits::kNodes))
    check.report("V05",
                 "the graph has " + std::to_string(count) + " nodes, more than " +
                     std::to_string(limits::kNodes),
                 kNoId);
}

void check_structure(GraphCheck& check) {
  check_visibility(check);
  check_names(check);
  check_types(check);
}

}  // namespace tsx::engine::ir
