// V20: the rules of the operators, run over a whole graph, against what the graph declares.
//
// As tsx/ir/verify/meaning.py and the walk of tsx/ir/infer.py. Only nodes that run whenever the program
// does are judged: a branch, a loop body or a function that is called in one may never run, and there
// the kernels' own checks are what counts. Blocks nest at most 64 deep (V05).
#include <algorithm>
#include <utility>

#include "base/error.h"
#include "ir/match.h"
#include "ir/verify_parts.h"
#include "rules/abstract.h"
#include "rules/rule.h"

namespace tsx::engine::ir {
namespace {

using rules::Abstract;
using rules::Arena;
using rules::Items;
using rules::Shape;

constexpr int kMostRounds = 4;  // over a loop body, before what still changes is forgotten
constexpr int kMostLoops = 3;   // loops in loops that are iterated; deeper ones forget at once
constexpr std::size_t kMostItems = 1 << 16;

/// Whether a value of which `known` is known can have the declared `type`.
bool may_be(const Abstract& known, const Type* type);

bool all_may_be(const Items& items, const Type* element) {
  return std::all_of(items.begin(), items.end(),
                     [&](const Abstract& item) { return may_be(item, element); });
}

bool may_be_items(const Abstract& known, const Type* type) {
  const Items& items = known.items();
  if (type->is(TypeKind::kList)) return all_may_be(items, type->element());
  if (!type->is(TypeKind::kTuple) || items.size() != type->parts.size()) return false;
  for (std::size_t i = 0; i < items.size(); ++i)
    if (!may_be(items[i], type->parts[i])) return false;
  return true;
}

bool may_be(const Abstract& known, const Type* type) {
  if (known.is_unknown()) return agrees(known.type(), type);
  if (type->is(TypeKind::kOptional)) return known.is_none() || may_be(known, type->element());
  if (type->is(TypeKind::kAny) || type->is(TypeKind::kUnion)) return true;
  if (known.is_tensor()) return type->is(TypeKind::kTensor) && agrees(known.type(), type);
  if (known.has_items()) return may_be_items(known, type);
  const bool is_number = type->is(TypeKind::kNumber);
  switch (known.kind()) {
  case Abstract::Kind::kNone:
    return type->is(TypeKind::kNone);
  case Abstract::Kind::kBool:
    return type->is(TypeKind::kBool) || is_number;
  case Abstract::Kind::kFloat:
    return type->is(TypeKind::kFloat) || is_number;
  case Abstract::Kind::kComplex:
    return type->is(TypeKind::kComplex) || is_number;
  case Abstract::Kind::kString:
    return type->is(TypeKind::kStr) || type->is(TypeKind::kDevice);
  default:
    return type->is(TypeKind::kInt) || is_number;
  }
}

/// Whether a list or tuple has no more items than a rule may name, those of inner ones counted. A list
/// that stands twice in the next one, and so on, would be walked for ever.
bool is_small(const Abstract& known) {
  std::size_t left = kMostItems;
  std::vector<const Items*> work = {&known.items()};
  while (!work.empty()) {
    const Items& items = *work.back();
    work.pop_back();
    if (items.size() > left) return false;
    left -= items.size();
    for (const Abstract& item : items)
      if (item.has_items()) work.push_back(&item.items());
  }
  return true;
}

/// What either says of one tensor; where they differ, what was found.
const Type* meet(TypeStore& types, const Type* declared, const Type* found) {
  if (found == declared) return declared;
  Type both = *declared;
  if (found->dtype) both.dtype = found->dtype;
  if (found->shape) {
    const bool is_ranked = declared->shape && declared->shape->size() == found->shape->size();
    both.shape = found->shape;
    for (std::size_t i = 0; is_ranked && i < found->shape->size(); ++i) {
      if ((*both.shape)[i].kind == Dim::Kind::kUnknown) (*both.shape)[i] = (*declared->shape)[i];
    }
  }
  return types.intern(std::move(both));
}

const Type* join_tensors(TypeStore& types, const Type& a, const Type& b) {
  const std::optional<DType> dtype = a.dtype == b.dtype ? a.dtype : std::nullopt;
  if (!a.shape || !b.shape || a.shape->size() != b.shape->size())
    return types.tensor(dtype, std::nullopt);
  Shape sizes = *a.shape;
  for (std::size_t i = 0; i < sizes.size(); ++i)
    if (sizes[i] != (*b.shape)[i]) sizes[i] = Dim();
  return types.tensor(dtype, std::move(sizes));
}

/// What is known of a value of `type` that is one of the two.
Abstract join(Arena& arena, const Abstract& a, const Abstract& b, const Type* type) {
  if (a.is_tensor() && b.is_tensor())
    return Abstract(join_tensors(arena.types, *a.type(), *b.type()));
  if (a == b) return a;
  if (!a.has_items() || a.kind() != b.kind() || a.items().size() != b.items().size())
    return Abstract(type);
  const std::size_t count = a.items().size();
  const bool is_tuple = type->is(TypeKind::kTuple) && type->parts.size() == count;
  Items joined;
  for (std::size_t i = 0; i < count; ++i) {
    const Type* const element = is_tuple                   ? type->parts[i]
                                : type->is(TypeKind::kList) ? type->element()
                                                            : arena.types.atom(TypeKind::kAny);
    joined.push_back(join(arena, a.items()[i], b.items()[i], element));
  }
  return a.is(Abstract::Kind::kList) ? arena.list(std::move(joined))
                                     : arena.tuple(std::move(joined));
}

/// Whether `block` runs whenever its graph does: it is no branch and no loop's body, nor in one.
bool is_unconditional(const Graph& graph, BlockId block) {
  while (graph.blocks[block].node != kNoId) {
    const Node& node = graph.nodes[graph.blocks[block].node];
    if (!node.is(Prim::kGroup)) return false;
    block = node.block;
  }
  return true;
}

class Judgement {
 public:
  Judgement(GraphCheck& check, Arena& arena, bool is_entered)
      : check_(check), graph_(check.graph), arena_(arena), is_entered_(is_entered),
        known_(graph_.values.size(), Abstract::none()), is_known_(graph_.values.size(), false) {}

  void run() {
    std::vector<Abstract> inputs;
    for (std::size_t i = 0; i < graph_.inputs().size(); ++i)
      inputs.push_back(Abstract(graph_.values[graph_.inputs()[i]].type));
    block(0, inputs);
    for (auto& [node, message] : contradictions_)
      check_.report("V20", std::move(message), node);
    if (!is_entered_) return;
    for (auto& [node, message] : refusals_)
      check_.report("V20", std::move(message), node);
  }

 private:
  /// Walks a block that is given `inputs`; gives what it returns.
  std::vector<Abstract> block(BlockId id, const std::vector<Abstract>& inputs) {
    const Block& block = graph_.blocks[id];
    for (std::size_t i = 0; i < block.inputs.size() && i < inputs.size(); ++i)
      learn(block.inputs[i], inputs[i]);
    for (NodeId node = block.nodes.begin; node < block.nodes.end; ++node)
      this->node(node);
    std::vector<Abstract> outputs;
    for (const ValueId value : graph_.outputs(block))
      outputs.push_back(known(value));
    return outputs;
  }

  void node(NodeId id) {
    const Node& node = graph_.nodes[id];
    if (node.is(Prim::kConstant) && is_known_[node.outputs[0]]) return;  // of a body, walked before
    std::vector<Abstract> operands;
    for (const ValueId value : graph_.inputs_of(node))
      operands.push_back(known(value));
    const std::vector<Abstract> results =
        node.blocks.empty() ? infer(id, operands) : control(id, operands);
    for (std::size_t i = 0; i < node.outputs.size() && i < results.size(); ++i)
      learn(node.outputs[i], results[i]);
  }

  Abstract known(ValueId value) const {
    return is_known_[value] ? known_[value] : Abstract(graph_.values[value].type);
  }

  void learn(ValueId id, const Abstract& found) {
    const Value& value = graph_.values[id];
    is_known_[id] = true;
    if (found.has_items() && !is_small(found)) {
      known_[id] = Abstract(value.type->erased);
      return;
    }
    if (!may_be(found, value.type)) contradict(value, found);
    known_[id] = refined(id, found);
  }

  void contradict(const Value& value, const Abstract& found) {
    const NodeId holder = value.node != kNoId ? value.node : graph_.blocks[value.block].node;
    if (holder == kNoId || !is_unconditional(graph_, graph_.nodes[holder].block)) return;
    contradictions_.emplace_back(holder, std::string(graph_.nodes[holder].kind) + " gives " +
                                             cut(rules::to_text(found, 4 * 80), 80) + ", but declares " +
                                             shown(value.type));
  }

  /// What is known of a value once `found` was, with what its declared type says.
  Abstract refined(ValueId id, const Abstract& found) {
    const Value& value = graph_.values[id];
    if (found.is_unknown() || (found.is(Abstract::Kind::kList) && !is_fixed_list(value)))
      return Abstract(value.type);
    if (!found.is_tensor() || !value.type->is(TypeKind::kTensor)) return found;
    return Abstract(meet(arena_.types, value.type, found.type()));
  }

  /// Whether nobody can change the list: its users read it, and don't pass it on.
  bool is_fixed_list(const Value& value) {
    for (const Use& use : graph_.uses_of(value))
      if (!only_reads(use, value)) return false;
    return true;
  }

  bool only_reads(const Use& use, const Value& value) {
    const Node& node = graph_.nodes[use.node];
    if (node.op == nullptr)
      return node.is(Prim::kListUnpack) || use.node == graph_.block().return_node();
    const Schema& schema = check_.schemas.of(*node.op);
    if (use.operand >= schema.arguments.size()) return false;
    const AliasMark& alias = schema.arguments[use.operand].alias;
    if (!alias.is_marked) return true;
    const bool is_nested =
        value.type->is(TypeKind::kList) && value.type->element()->is(TypeKind::kList);
    const bool gives_list =
        std::any_of(schema.results.begin(), schema.results.end(), [](const Argument& result) {
          return result.type->is(TypeKind::kList) && result.alias.is_marked;
        });
    return !(alias.writes || alias.is_wildcard || is_nested || gives_list);
  }

  // --- control flow -------------------------------------------------------------------------------

  std::vector<Abstract> control(NodeId id, const std::vector<Abstract>& operands) {
    const Node& node = graph_.nodes[id];
    if (node.is(Prim::kIf)) return branches(node);
    if (node.is(Prim::kLoop))
      return loop(node.blocks[0], {operands.begin() + 2, operands.end()});
    if (node.is(Prim::kGroup)) return block(node.blocks[0], operands);
    for (std::size_t i = 0; i < node.blocks.size(); ++i)
      block(node.blocks[i], declared(graph_.blocks[node.blocks[i]].inputs));
    return infer(id, operands);
  }

  std::vector<Abstract> branches(const Node& node) {
    const std::vector<Abstract> first = block(node.blocks[0], {});
    const std::vector<Abstract> second = block(node.blocks[1], {});
    std::vector<Abstract> results;
    for (std::size_t i = 0; i < node.outputs.size(); ++i)
      results.push_back(join(arena_, first[i], second[i], graph_.output(node, i).type));
    return results;
  }

  std::vector<Abstract> loop(BlockId id, std::vector<Abstract> carried) {
    const Range inputs = graph_.blocks[id].inputs;
    const auto walked = [&] {
      std::vector<Abstract> given = {arena_.unknown(TypeKind::kInt)};
      given.insert(given.end(), carried.begin(), carried.end());
      return block(id, given);
    };
    bool is_settled = false;
    const int rounds = ++loops_ <= kMostLoops ? kMostRounds : 0;
    for (int round = 0; round < rounds && !is_settled; ++round) {
      const std::vector<Abstract> after = walked();
      std::vector<Abstract> joined;
      for (std::size_t i = 0; i < carried.size(); ++i) {
        const Type* const type = graph_.values[inputs[i + 1]].type;
        joined.push_back(join(arena_, carried[i], after[i + 1], type));
      }
      is_settled = joined == carried;
      carried = std::move(joined);
    }
    if (!is_settled) {
      for (std::size_t i = 0; i < carried.size(); ++i)
        carried[i] = Abstract(graph_.values[inputs[i + 1]].type);
      walked();
    }
    --loops_;
    return carried;
  }

  // --- single nodes -------------------------------------------------------------------------------

  std::vector<Abstract> declared(Range values) const {
    std::vector<Abstract> found;
    for (std::size_t i = 0; i < values.size(); ++i)
      found.push_back(Abstract(graph_.values[values[i]].type));
    return found;
  }

  std::vector<Abstract> infer(NodeId id, const std::vector<Abstract>& operands) {
    const Node& node = graph_.nodes[id];
    if (node.op == nullptr) return structural(node, operands);
    const rules::Rule rule = rules::rule_of(*node.op);
    if (rule == nullptr) return declared(node.outputs);
    try {
      const Schema& schema = check_.schemas.of(*node.op);
      const Abstract found =
          rule({arena_, *node.op, schema, {operands.data(), operands.size()}});
      if (schema.results.size() == 1 && node.outputs.size() == 1) return {found};
      const std::vector<Abstract> many =
          found.is(Abstract::Kind::kTuple) ? found.items() : Items{found};
      return many.size() == node.outputs.size() ? many : declared(node.outputs);
    } catch (const Refusal& refusal) {
      refuse(id, refusal.reason());
    } catch (const Error& error) {
      if (error.code() == "TSX9001") throw;
      refuse(id, error.message());
    }
    return declared(node.outputs);
  }

  void refuse(NodeId id, std::string message) {
    if (is_unconditional(graph_, graph_.nodes[id].block))
      refusals_.emplace_back(id, std::move(message));
  }

  std::vector<Abstract> structural(const Node& node, const std::vector<Abstract>& operands) {
    switch (node.prim) {
    case Prim::kConstant:
      return {constant(node)};
    case Prim::kListConstruct:
      return {arena_.list(operands)};
    case Prim::kTupleConstruct:
      return {arena_.tuple(operands)};
    case Prim::kListUnpack:
    case Prim::kTupleUnpack:
      if (operands[0].has_items() && operands[0].items().size() == node.outputs.size())
        return operands[0].items();
      break;
    case Prim::kTupleIndex:
      return {element(node, operands[0])};
    case Prim::kTupleSlice:
      return {slice(node, operands[0])};
    case Prim::kNumToTensor:
      return {arena_.tensor(number_dtype(graph_.input(node, 0).type), Shape())};
    case Prim::kGetAttr:
      return {attribute(node)};
    default:
      break;
    }
    return declared(node.outputs);
  }

  Abstract element(const Node& node, const Abstract& whole) const {
    const std::optional<std::int64_t> index = tuple_index(graph_, node);
    if (whole.is(Abstract::Kind::kTuple) && index) {
      const auto count = static_cast<std::int64_t>(whole.items().size());
      if (-count <= *index && *index < count)
        return whole.items()[static_cast<std::size_t>(*index < 0 ? *index + count : *index)];
    }
    return Abstract(graph_.output(node).type);
  }

  Abstract slice(const Node& node, const Abstract& whole) {
    const Literal* const begin = graph_.attribute(node, "beg");
    const Literal* const end = graph_.attribute(node, "end");
    const bool is_told = whole.is(Abstract::Kind::kTuple) && begin && end &&
                         begin->is(Literal::Kind::kInt) && end->is(Literal::Kind::kInt);
    if (!is_told) return Abstract(graph_.output(node).type);
    const auto count = static_cast<std::int64_t>(whole.items().size());
    const auto place = [&](std::int64_t at) {
      return std::clamp<std::int64_t>(at < 0 ? at + count : at, 0, count);
    };
    const std::int64_t from = place(begin->as_int()), to = place(end->as_int());
    const auto first = whole.items().begin();
    return arena_.tuple(from < to ? Items(first + from, first + to) : Items());
  }

  static std::optional<DType> number_dtype(const Type* type) {
    switch (type->kind) {
    case TypeKind::kInt:
      return DType::kInt64;
    case TypeKind::kFloat:
      return DType::kFloat64;
    case TypeKind::kBool:
      return DType::kBool;
    case TypeKind::kComplex:
      return DType::kComplex128;
    default:
      return std::nullopt;
    }
  }

  Abstract attribute(const Node& node) {
    const Type* const declared = graph_.output(node).type;
    const ClassDef* const definition = class_of(graph_.input(node, 0).type, check_.module);
    const Literal* const name = graph_.attribute(node, "name");
    const bool is_named = definition && name && name->is(Literal::Kind::kString);
    const Type* const found = is_named ? definition->attribute(name->as_text()) : nullptr;
    if (found && found->is(TypeKind::kTensor) && declared->is(TypeKind::kTensor))
      return Abstract(meet(arena_.types, declared, found));
    return Abstract(declared);
  }

  Abstract constant(const Node& node) {
    const Type* const type = graph_.output(node).type;
    const Literal* const value = graph_.attribute(node, "value");
    const bool is_plain = value && !value->is(Literal::Kind::kWeight) &&
                          !graph_.attribute(node, "name") && !type->is(TypeKind::kEnum);
    return is_plain ? plain(*value, type) : Abstract(type);
  }

  Abstract plain(const Literal& value, const Type* type) {
    switch (value.kind()) {
    case Literal::Kind::kNone:
      return Abstract::none();
    case Literal::Kind::kBool:
      return Abstract::boolean(value.as_bool());
    case Literal::Kind::kInt:
      return Abstract::integer(value.as_int());
    case Literal::Kind::kFloat:
      return Abstract::real(value.as_float());
    case Literal::Kind::kComplex:
      return Abstract::complex(value.as_complex());
    case Literal::Kind::kString:
      return Abstract::string(value.as_text());
    case Literal::Kind::kTuple:
      break;
    default:
      return Abstract(type);
    }
    const Span<const Literal> items = graph_.items(value);
    const bool is_tuple = type->is(TypeKind::kTuple) && type->parts.size() == items.size();
    Items found;
    for (std::size_t i = 0; i < items.size(); ++i) {
      const Type* const element = is_tuple                   ? type->parts[i]
                                  : type->is(TypeKind::kList) ? type->element()
                                                              : type;
      found.push_back(plain(items[i], element));
    }
    return is_tuple ? arena_.tuple(std::move(found)) : arena_.list(std::move(found));
  }

  GraphCheck& check_;
  const Graph& graph_;
  Arena& arena_;
  const bool is_entered_;  // whether every run of the module comes to this graph
  std::vector<Abstract> known_;
  std::vector<bool> is_known_;
  std::vector<std::pair<NodeId, std::string>> contradictions_, refusals_;
  int loops_ = 0;
};

}  // namespace

std::set<const Graph*> always_entered(const Module& module) {
  std::set<const Graph*> found;
  std::vector<const Graph*> work;
  for (const auto& [name, method] : module.methods)
    work.push_back(method.graph);
  while (!work.empty()) {
    const Graph* const graph = work.back();
    work.pop_back();
    if (!found.insert(graph).second) continue;
    for (const Node& node : graph->nodes) {
      // Of a graph that is not verified yet: a call may lack its object.
      const bool is_call = node.is(Prim::kCallFunction) ||
                           (node.is(Prim::kCallMethod) && !node.inputs.empty() &&
                            graph->input(node, 0).type->is(TypeKind::kClass));
      if (!is_call || !is_unconditional(*graph, node.block)) continue;
      if (const Graph* const callee = called(*graph, node, module).graph) work.push_back(callee);
    }
  }
  return found;
}

void check_meaning(GraphCheck& check, bool is_entered) {
  Arena arena(check.module.types);
  Judgement(check, arena, is_entered).run();
}

}  // namespace tsx::engine::ir
