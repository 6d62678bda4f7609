#include "run/lower.h"

#include <algorithm>
#include <unordered_map>

#include "base/error.h"
#include "ir/op.h"
#include "run/host.h"
#include "run/liveness.h"
#include "run/tables.h"

namespace tsx::engine {
namespace {

/// The node above that isn't a constant, or kNoId.
ir::NodeId above(const ir::Graph& graph, ir::NodeId id) {
  const ir::NodeId first = graph.blocks[graph.nodes[id].block].nodes.begin;
  while (id-- > first)
    if (!graph.nodes[id].is(Prim::kConstant)) return id;
  return ir::kNoId;
}

/// Marks the nodes whose one output is used once, by `id` or by a node marked before it.
void scan_operands(const ir::Graph& graph, ir::NodeId id, std::vector<bool>& marked) {
  ir::NodeId candidate = above(graph, id);
  const Span<const ir::ValueId> inputs = graph.inputs_of(graph.nodes[id]);
  std::vector<ir::ValueId> work(inputs.begin(), inputs.end());
  while (!work.empty() && candidate != ir::kNoId) {
    const ir::Value& value = graph.values[work.back()];
    work.pop_back();
    const ir::Node& node = graph.nodes[candidate];
    if (value.node != candidate || value.uses.size() != 1 || node.outputs.size() != 1) continue;
    marked[candidate] = true;
    const Span<const ir::ValueId> more = graph.inputs_of(node);
    work.insert(work.end(), more.begin(), more.end());
    candidate = above(graph, candidate);
  }
}

/// Nodes whose one output is used once, by the next node, in operand order: it needs no slot. Each
/// node's operands are scanned from the last to the first, while they are the nodes right above it
/// (constants do not count), so emitting them as operands keeps the order of the nodes.
std::vector<bool> inline_nodes(const ir::Graph& graph) {
  std::vector<bool> marked(graph.nodes.size(), false);
  std::vector<ir::BlockId> blocks = {0};
  while (!blocks.empty()) {
    const ir::Block& block = graph.blocks[blocks.back()];
    blocks.pop_back();
    for (ir::NodeId id = block.return_node() + 1; id-- > block.nodes.begin;) {
      const ir::Node& node = graph.nodes[id];
      if (!node.is(Prim::kGroup))
        for (std::uint32_t i = 0; i < node.blocks.size(); ++i) blocks.push_back(node.blocks[i]);
      if (!marked[id]) scan_operands(graph, id, marked);
    }
  }
  return marked;
}

/// Whether freeing a value of this type early may matter: numbers and strings are small.
bool holds_memory(const Type& type) {
  const Type* inner = &type;
  while (inner->is(TypeKind::kOptional)) inner = inner->element();
  return inner->is(TypeKind::kAny) || !(inner->is_atom() || inner->is(TypeKind::kEnum));
}

/// Emits one function. What is to be emitted stands on a stack of our own, so nesting has no limit.
class Emitter {
 public:
  Emitter(Program& program, Tables& tables, std::string name, const ir::Graph& graph)
      : program_(program), tables_(tables), graph_(graph), inline_(inline_nodes(graph)) {
    function_.name = std::move(name);
  }

  Function function() {
    const ir::Range inputs = graph_.inputs();
    for (std::uint32_t i = 0; i < inputs.size(); ++i) slot(inputs[i]);
    later(Step::kBlock, 0);
    while (!steps_.empty()) {
      const Step step = steps_.back();
      steps_.pop_back();
      take(step);
    }
    emit(Opcode::RET, graph_.nodes[graph_.block().return_node()].origin);
    function_.inputs = inputs.size();
    function_.outputs = static_cast<std::uint32_t>(graph_.outputs().size());
    place(kill_dead(items_, labels_, memory_));
    return std::move(function_);
  }

 private:
  /// A part of the emission that is still to be done.
  struct Step {
    enum Kind { kBlock, kStore, kOperands, kOperand, kNode, kFinish, kElse, kPlace, kJump };

    Kind kind;
    std::uint32_t id;         // a block, node or value; of kPlace and kJump a label
    ir::NodeId user = 0;      // of kOperand; the node whose origin kJump has
    std::uint32_t label = 0;  // of kElse
    std::uint32_t end = 0;
  };

  void later(Step::Kind kind, std::uint32_t id, ir::NodeId user = 0, std::uint32_t label = 0,
             std::uint32_t end = 0) {
    steps_.push_back({kind, id, user, label, end});
  }

  /// Does a step, or puts what it consists of on the stack: what comes first is pushed last.
  void take(const Step& step) {
    switch (step.kind) {
    case Step::kBlock: return block(graph_.blocks[step.id]);
    case Step::kStore: return store(graph_.nodes[step.id].outputs, graph_.nodes[step.id].origin);
    case Step::kOperands: return operands(step.id);
    case Step::kOperand: return operand(step.id, step.user);
    case Step::kNode: return node(step.id);
    case Step::kFinish: return finish(step.id, graph_.nodes[step.id]);
    case Step::kElse: return otherwise(step);
    case Step::kPlace: return place_label(step.id);
    case Step::kJump: return emit_jump(Opcode::JMP, graph_.nodes[step.user].origin, step.id);
    }
  }

  /// The nodes of a block, with its outputs on the stack.
  void block(const ir::Block& block) {
    later(Step::kOperands, block.return_node());
    for (ir::NodeId id = block.nodes.end; id-- > block.nodes.begin;) {
      if (inline_[id] || graph_.nodes[id].is(Prim::kConstant)) continue;
      later(Step::kStore, id);
      later(Step::kNode, id);
    }
  }

  /// Pops values into their slots; those that nobody uses are dropped by liveness.
  void store(ir::Range values, ir::OriginId origin) {
    for (std::uint32_t i = values.size(); i-- > 0;) emit(Opcode::STORE, origin, slot(values[i]));
  }

  void operands(ir::NodeId id) {
    const Span<const ir::ValueId> inputs = graph_.inputs_of(graph_.nodes[id]);
    for (std::size_t i = inputs.size(); i-- > 0;)
      if (!graph_.values[inputs[i]].type->is(TypeKind::kFunction))  // names a function, no value
        later(Step::kOperand, inputs[i], id);
  }

  void operand(ir::ValueId id, ir::NodeId user) {
    const ir::Value& value = graph_.values[id];
    const ir::OriginId origin = graph_.nodes[user].origin;
    if (value.node == ir::kNoId) return emit(Opcode::LOAD, origin, slot(id));
    const ir::Node& from = graph_.nodes[value.node];
    if (inline_[value.node]) {
      later(Step::kNode, value.node);
    } else if (from.is(Prim::kConstant)) {
      const ir::Literal* literal = graph_.attribute(from, "value");
      constant({literal ? *literal : ir::Literal(), &graph_, value.type}, origin);
    } else {
      emit(Opcode::LOAD, origin, slot(id));
    }
  }

  /// The node's operands and instruction: leaves its outputs on the stack.
  void node(ir::NodeId id) {
    if (graph_.nodes[id].is(Prim::kLoop)) integer(0, graph_.nodes[id].origin);
    later(Step::kFinish, id);
    later(Step::kOperands, id);
  }

  void finish(ir::NodeId id, const ir::Node& node) {
    switch (node.prim) {
    case Prim::kNone: return call(node);
    case Prim::kIf: return branch(id, node);
    case Prim::kLoop: return loop(id, node);
    case Prim::kUncheckedCast: return;  // the operand itself is the result
    case Prim::kListConstruct: return emit(Opcode::LIST, node.origin, node.inputs.size());
    case Prim::kTupleConstruct: return emit(Opcode::TUPLE, node.origin, node.inputs.size());
    case Prim::kDictConstruct: return emit(Opcode::DICT, node.origin, node.inputs.size());
    case Prim::kPrint: return emit(Opcode::PRINT, node.origin, node.inputs.size());
    case Prim::kWrite: return emit(Opcode::WRITE, node.origin);
    case Prim::kListUnpack:
    case Prim::kTupleUnpack: return emit(Opcode::UNPACK, node.origin, node.outputs.size());
    case Prim::kUninitialized: return emit(Opcode::UNINITIALIZED, node.origin);
    case Prim::kEnumName: return emit(Opcode::ENUM_NAME, node.origin);
    case Prim::kEnumValue: return emit(Opcode::ENUM_VALUE, node.origin);
    case Prim::kNumToTensor: return emit(Opcode::TENSOR, node.origin);
    case Prim::kGetAttr: return emit(Opcode::GET_ATTR, node.origin, tables_.name(text(node, "name")));
    case Prim::kSetAttr: return emit(Opcode::SET_ATTR, node.origin, tables_.name(text(node, "name")));
    default: return special(node);
    }
  }

  void special(const ir::Node& node) {
    switch (node.prim) {
    case Prim::kTupleIndex:
      if (const ir::Literal* index = graph_.attribute(node, "index"))
        integer(index->as_int(), node.origin);
      return emit(Opcode::INDEX, node.origin);
    case Prim::kTupleSlice:
      integer(graph_.attribute(node, "beg")->as_int(), node.origin);
      integer(graph_.attribute(node, "end")->as_int(), node.origin);
      return emit(Opcode::SLICE, node.origin);
    case Prim::kCallFunction: return call_function(node);
    case Prim::kCallMethod: return call_method(node);
    case Prim::kCreateObject:
      return emit(Opcode::CREATE, node.origin, tables_.types({graph_.output(node).type}, false));
    case Prim::kIsInstance: return is_instance(node);
    case Prim::kGuard: return guard(node);
    case Prim::kRaiseException:
      if (node.inputs.size() == 1)
        constant({ir::Literal::of_string(""), nullptr, string_type()}, node.origin);
      return emit(Opcode::RAISE, node.origin);
    case Prim::kGroup: return emit(Opcode::TILE, node.origin, tables_.tile(graph_, node));
    default: bug("no lowering of " + std::string(node.kind));
    }
  }

  void call(const ir::Node& node) {
    if (!node.op) throw failure("TSX4003", {{"op", node.kind}, {"hint", ""}}, where(node));
    if (!node.op->instruction().empty()) return emit(*opcode_of(node.op->instruction()), node.origin);
    emit(Opcode::CALL, node.origin, tables_.operator_entry(node));
  }

  void branch(ir::NodeId id, const ir::Node& node) {
    const std::uint32_t other = labels_++, end = labels_++;
    emit_jump(Opcode::JF, node.origin, other);
    later(Step::kPlace, end);
    later(Step::kElse, id, 0, other, end);
    later(Step::kBlock, node.blocks[0]);
  }

  void otherwise(const Step& step) {
    const ir::Node& node = graph_.nodes[step.id];
    const ir::Block& block = graph_.blocks[node.blocks[1]];
    if (!graph_.outputs(block).empty() || !block.nodes.empty())
      emit_jump(Opcode::JMP, node.origin, step.end);
    place_label(step.label);
    later(Step::kBlock, node.blocks[1]);
  }

  void loop(ir::NodeId id, const ir::Node& node) {
    const std::uint32_t turn = labels_++, end = labels_++;
    place_label(turn);
    emit_jump(Opcode::LOOP, node.origin, end, node.outputs.size());
    store(graph_.blocks[node.blocks[0]].inputs, node.origin);
    later(Step::kPlace, end);
    later(Step::kJump, turn, id);
    later(Step::kBlock, node.blocks[0]);
  }

  void call_function(const ir::Node& node) {
    std::string_view name = text(node, "name");
    for (std::size_t i = 0; name.empty() && i < node.inputs.size(); ++i)
      if (graph_.input(node, i).type->is(TypeKind::kFunction)) name = graph_.input(node, i).type->name;
    emit(Opcode::CALLF, node.origin, tables_.called_function(name, node.origin));
  }

  void call_method(const ir::Node& node) {
    const std::string_view name = text(node, "name");
    const Type& receiver = *graph_.input(node, 0).type;
    if (!receiver.is(TypeKind::kInterface))
      return emit(Opcode::CALLF, node.origin, tables_.called_method(receiver, name, node.origin));
    tables_.implementations(name);
    emit(Opcode::CALLM, node.origin, tables_.name(name), node.inputs.size() - 1, node.outputs.size());
  }

  void is_instance(const ir::Node& node) {
    std::vector<const Type*> types;
    for (const ir::Literal& type : graph_.items(*graph_.attribute(node, "types")))
      types.push_back(type.as_type());
    emit(Opcode::ISINSTANCE, node.origin, tables_.types(std::move(types), true));
  }

  void guard(const ir::Node& node) {
    const ir::Literal* expect = graph_.attribute(node, "expect");
    const Constant expected{expect ? *expect : ir::Literal(), &graph_, nullptr};
    emit(Opcode::GUARD, node.origin,
         tables_.guard({text(node, "kind"), expected, text(node, "source")}));
  }

  std::uint32_t slot(ir::ValueId id) {
    const auto [found, is_new] = slots_.emplace(id, function_.slots());
    if (is_new) {
      function_.slot_names.push_back(graph_.values[id].name);
      function_.slot_types.push_back(graph_.values[id].type);
      memory_.push_back(holds_memory(*graph_.values[id].type));
    }
    return found->second;
  }

  void emit(Opcode opcode, ir::OriginId origin, std::uint32_t a = 0, std::uint32_t b = 0,
            std::uint32_t c = 0) {
    items_.push_back({opcode, {a, b, c}, origin, kNoLabel, false});
  }
  /// The operands of a jump come behind its target.
  void emit_jump(Opcode opcode, ir::OriginId origin, std::uint32_t label, std::uint32_t count = 0) {
    items_.push_back({opcode, {0, count, 0}, origin, label, false});
  }
  void place_label(std::uint32_t label) {
    items_.push_back({Opcode::LOAD, {0, 0, 0}, 0, label, true});
  }
  void constant(const Constant& constant, ir::OriginId origin) {
    emit(Opcode::LOADC, origin, tables_.constant(constant));
  }
  void integer(std::int64_t value, ir::OriginId origin) {
    constant({ir::Literal::of_int(value), nullptr, program_.module->types.atom(TypeKind::kInt)},
             origin);
  }
  const Type* string_type() const { return program_.module->types.atom(TypeKind::kStr); }
  std::string_view text(const ir::Node& node, std::string_view attribute) const {
    const ir::Literal* value = graph_.attribute(node, attribute);
    return value && value->is(ir::Literal::Kind::kString) ? value->as_text() : std::string_view();
  }
  std::string where(const ir::Node& node) const { return tables_.where(node.origin); }

  /// Labels become indices.
  void place(const std::vector<Emitted>& items) {
    std::vector<std::uint32_t> places(labels_);
    std::uint32_t count = 0;
    for (const Emitted& item : items)
      if (item.is_label)
        places[item.target] = count;
      else
        ++count;
    for (const Emitted& item : items) {
      if (item.is_label) continue;
      Instruction made{item.opcode, {item.operands[0], item.operands[1], item.operands[2]}};
      if (item.target != kNoLabel) made.operands[0] = places[item.target];
      function_.code.push_back(made);
      function_.origins.push_back(item.origin);
    }
  }

  Program& program_;
  Tables& tables_;
  const ir::Graph& graph_;
  std::vector<bool> inline_;
  std::unordered_map<ir::ValueId, std::uint32_t> slots_;
  std::vector<bool> memory_;  // for each slot
  std::vector<Emitted> items_;
  std::vector<Step> steps_;
  std::uint32_t labels_ = 0;
  Function function_;
};

}  // namespace

Program lower(std::shared_ptr<const ir::Module> module) {
  Program program;
  program.module = std::move(module);
  Tables tables(program);
  for (const auto& [name, method] : program.module->methods)
    program.entries.emplace_back(name, tables.function(std::string(name), method.graph));
  std::size_t answered = 0;  // operators for which there is a kernel or a body
  while (program.functions.size() < tables.functions().size()) {
    const auto [name, graph] = tables.functions()[program.functions.size()];
    program.functions.push_back(Emitter(program, tables, name, *graph).function());
    if (program.functions.size() < tables.functions().size()) continue;
    if (program.listed == 0) program.listed = program.functions.size();
    for (; answered < program.operators.size(); ++answered) {
      OperatorEntry& entry = program.operators[answered];
      if (kernel_of(entry)) continue;
      const ir::Body* body = program.module->bodies.find(entry.kind);
      if (body) entry.body = tables.function(std::string(entry.kind), body->graph);
    }
  }
  for (Function& function : program.functions) function.depth = stack_depth(program, function);
  check(program);
  return program;
}

}  // namespace tsx::engine
