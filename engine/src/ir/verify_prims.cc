// V15 to V19: the rules of the structural kinds, as tsx/ir/prim.py has them.

#include <algorithm>

#include "base/quote.h"
#include "ir/match.h"
#include "ir/verify_parts.h"

namespace tsx::engine::ir {
namespace {

/// The rules for one node, whose counts are known to be right.
class Rules {
 public:
  Rules(GraphCheck& check, NodeId id, const char* code)
      : check_(check), graph_(check.graph), node_(check.graph.nodes[id]), id_(id), code_(code) {}

  void run() {
    switch (node_.prim) {
    case Prim::kConstant:
      return constant();
    case Prim::kIf:
      return branch();
    case Prim::kLoop:
      return loop();
    case Prim::kGroup:
      return group();
    case Prim::kListConstruct:
      return list_construct();
    case Prim::kListUnpack:
      return list_unpack();
    case Prim::kTupleConstruct:
      return tuple_construct();
    case Prim::kTupleUnpack:
      return tuple_unpack();
    case Prim::kTupleIndex:
      return index_of_tuple();
    case Prim::kTupleSlice:
      return tuple_slice();
    case Prim::kDictConstruct:
      return dict_construct();
    case Prim::kGetAttr:
    case Prim::kSetAttr:
    case Prim::kCallMethod:
      return object();
    case Prim::kCreateObject:
      if (!result()->is(TypeKind::kClass))
        report("the result is an object, not " + shown(result()));
      return;
    case Prim::kIsInstance:
      return result_is(TypeKind::kBool);
    case Prim::kUncheckedCast:
      if (!agrees(operand(0), result()))
        report("a " + shown(operand(0)) + " is never a " + shown(result()));
      return;
    case Prim::kRaiseException:
      for (std::size_t i = 0; i < node_.inputs.size(); ++i)
        operand_is(i, TypeKind::kStr);
      return;
    case Prim::kNumToTensor:
      return number_to_tensor();
    case Prim::kEnumName:
    case Prim::kEnumValue:
      if (!operand(0)->is(TypeKind::kEnum))
        report("operand 0 is " + shown(operand(0)) + ", not an enum");
      if (node_.is(Prim::kEnumName)) result_is(TypeKind::kStr);
      return;
    case Prim::kWrite:
      return operand_is(0, TypeKind::kStr);
    case Prim::kGuard:
      return guard();
    default:
      return;  // the counts say it all
    }
  }

 private:
  void report(const std::string& message) {
    check_.report(code_, std::string(node_.kind) + ": " + message, id_);
  }

  const Type* operand(std::size_t i) const { return graph_.input(node_, i).type; }
  const Type* result(std::size_t i = 0) const { return graph_.output(node_, i).type; }

  void operand_is(std::size_t i, TypeKind kind) {
    if (!operand(i)->is(kind))
      report("operand " + std::to_string(i) + " is " + shown(operand(i)) + ", not " +
             std::string(atom_name(kind)));
  }
  void result_is(TypeKind kind) {
    if (!result()->is(kind))
      report("the result is " + shown(result()) + ", not " + std::string(atom_name(kind)));
  }

  using Types = std::vector<const Type*>;

  Types operand_types(const Node& of, std::size_t from = 0) const {
    Types types;
    for (std::size_t i = from; i < of.inputs.size(); ++i)
      types.push_back(graph_.input(of, i).type);
    return types;
  }
  Types types_in(Range values, std::size_t from = 0) const {
    Types types;
    for (std::size_t i = from; i < values.size(); ++i)
      types.push_back(graph_.values[values[i]].type);
    return types;
  }
  Types block_results(const Block& block) const {
    return operand_types(graph_.nodes[block.return_node()]);
  }
  static Types without_first(Types types) {
    types.erase(types.begin());
    return types;
  }

  /// Values given one by one to places that must hold them.
  void flows(const std::string& what, const Types& given, const Types& taken,
             std::string_view place) {
    if (given.size() != taken.size())
      return report(what + " " + std::to_string(given.size()) + " value(s) for " +
                    std::to_string(taken.size()) + " " + std::string(place) + "(s)");
    for (std::size_t i = 0; i < given.size(); ++i)
      if (!is_subtype(given[i], taken[i]))
        report(what + " " + shown(given[i]) + " for " + std::string(place) + " " +
               std::to_string(i) + ", which is " + shown(taken[i]));
  }

  void constant() {
    const Type* type = result();
    const Literal* name = graph_.attribute(node_, "name");
    const Literal* value = graph_.attribute(node_, "value");
    if (type->is(TypeKind::kFunction)) {
      if (!name || name->as_text() != type->name || value)
        report("a function constant of type " + shown(type) +
               " has only the attribute name=" + quote(type->name));
      return;
    }
    if (name) report("only a function constant has the attribute name");
    if (!constant_fits(value ? *value : Literal(), type, graph_.literals))
      report("the constant is not of type " + shown(type));
  }

  void branch() {
    operand_is(0, TypeKind::kBool);
    for (std::size_t i = 0; i < 2; ++i) {
      const Block& block = graph_.blocks[node_.blocks[i]];
      const std::string name = "block " + std::to_string(i);
      if (!block.inputs.empty())
        report(name + " takes " + std::to_string(block.inputs.size()) + " inputs instead of none");
      flows(name + " gives", block_results(block), types_in(node_.outputs), "result");
    }
  }

  void loop() {
    operand_is(0, TypeKind::kInt);
    operand_is(1, TypeKind::kBool);
    const Block& block = graph_.blocks[node_.blocks[0]];
    const Types carried = operand_types(node_, 2);
    const Types inputs = types_in(block.inputs);
    if (inputs.empty() || !inputs[0]->is(TypeKind::kInt))
      return report("the first input of the block is the iteration number, an int");
    flows("the loop starts with", carried, without_first(inputs), "block input");
    const Types given = block_results(block);
    if (given.empty() || !given[0]->is(TypeKind::kBool))
      return report("the first result of the block is the condition to go on, a bool");
    flows("the block gives", without_first(given), without_first(inputs), "block input");
    flows("the block gives", without_first(given), types_in(node_.outputs), "result");
    flows("the loop starts with", carried, types_in(node_.outputs), "result");
  }

  void group() {
    const Block& block = graph_.blocks[node_.blocks[0]];
    flows("the group takes", operand_types(node_), types_in(block.inputs), "block input");
    flows("the block gives", block_results(block), types_in(node_.outputs), "result");
  }

  void list_construct() {
    if (!result()->is(TypeKind::kList))
      return report("the result is a list, not " + shown(result()));
    for (std::size_t i = 0; i < node_.inputs.size(); ++i)
      element_is(i, result()->element());
  }

  void element_is(std::size_t i, const Type* wanted) {
    if (!is_subtype(operand(i), wanted))
      report("element " + std::to_string(i) + " is " + shown(operand(i)) + ", not " +
             shown(wanted));
  }

  void list_unpack() {
    if (!operand(0)->is(TypeKind::kList))
      return report("operand 0 is " + shown(operand(0)) + ", not a list");
    const Type* element = operand(0)->element();
    for (std::size_t i = 0; i < node_.outputs.size(); ++i)
      // Unpacking a list of tensors may state what is known of each.
      if (result(i)->erased != element->erased)
        report("result " + std::to_string(i) + " is " + shown(result(i)) + ", not " +
               shown(element));
  }

  void tuple_construct() {
    if (!result()->is(TypeKind::kTuple) || result()->parts.size() != node_.inputs.size())
      return report("the result is a tuple of " + std::to_string(node_.inputs.size()) + ", not " +
                    shown(result()));
    for (std::size_t i = 0; i < node_.inputs.size(); ++i)
      element_is(i, result()->parts[i]);
  }

  void tuple_unpack() {
    const Type* type = operand(0);
    if (!type->is(TypeKind::kTuple) || type->parts.size() != node_.outputs.size())
      return report("operand 0 is a tuple of " + std::to_string(node_.outputs.size()) + ", not " +
                    shown(type));
    for (std::size_t i = 0; i < node_.outputs.size(); ++i)
      if (!agrees(type->parts[i], result(i)))
        report("result " + std::to_string(i) + " is " + shown(result(i)) + ", not " +
               shown(type->parts[i]));
  }

  /// False, and a report, when operand 0 is no tuple.
  bool takes_tuple() {
    if (operand(0)->is(TypeKind::kTuple)) return true;
    report("operand 0 is " + shown(operand(0)) + ", not a tuple");
    return false;
  }

  void index_of_tuple() {
    if (!takes_tuple()) return;
    const Type* type = operand(0);
    const bool has_attribute = graph_.attribute(node_, "index") != nullptr;
    if (node_.inputs.size() + has_attribute != 2)
      return report("the index is operand 1 or the attribute index");
    const auto count = static_cast<std::int64_t>(type->parts.size());
    const std::optional<std::int64_t> index = tuple_index(graph_, node_);
    if (!index) {
      operand_is(1, TypeKind::kInt);
      const auto differs = [&](const Type* part) { return !agrees(part, result()); };
      if (std::any_of(type->parts.begin(), type->parts.end(), differs))
        report("an index that isn't constant needs elements of one type, not " + shown(type));
    } else if (*index < -count || *index >= count) {
      report("index " + std::to_string(*index) + " is out of range for " + shown(type));
    } else {
      const auto place = static_cast<std::size_t>(*index < 0 ? *index + count : *index);
      if (!agrees(type->parts[place], result()))
        report("the result is " + shown(result()) + ", not " + shown(type->parts[place]));
    }
  }

  void tuple_slice() {
    if (!takes_tuple()) return;
    // As Python slices: a negative place counts from the end, and both are cut to the tuple.
    const std::vector<const Type*>& parts = operand(0)->parts;
    const auto count = static_cast<std::int64_t>(parts.size());
    const auto place = [&](std::string_view name) {
      const std::int64_t given = graph_.attribute(node_, name)->as_int();
      return std::clamp<std::int64_t>(given < 0 ? given + count : given, 0, count);
    };
    const std::int64_t begin = place("beg");
    const std::int64_t end = std::max(begin, place("end"));
    Type wanted;  // not entered in the store, which a file could fill with slices
    wanted.kind = TypeKind::kTuple;
    wanted.parts.assign(parts.begin() + begin, parts.begin() + end);
    if (!agrees(&wanted, result()))
      report("the result is " + shown(result()) + ", not " + shown(&wanted));
  }

  void dict_construct() {
    if (!result()->is(TypeKind::kDict) || node_.inputs.size() % 2 != 0)
      return report("keys and values in turn make a dict, not " + shown(result()));
    for (std::size_t i = 0; i < node_.inputs.size(); ++i) {
      const Type* wanted = result()->parts[i % 2];
      if (!is_subtype(operand(i), wanted))
        report("operand " + std::to_string(i) + " is " + shown(operand(i)) + ", not " +
               shown(wanted));
    }
  }

  void object() {
    if (!operand(0)->is(TypeKind::kClass) && !operand(0)->is(TypeKind::kInterface))
      report("operand 0 is " + shown(operand(0)) + ", not an object");
  }

  void number_to_tensor() {
    const TypeKind kind = operand(0)->kind;
    if (kind != TypeKind::kInt && kind != TypeKind::kFloat && kind != TypeKind::kComplex &&
        kind != TypeKind::kBool && kind != TypeKind::kNumber)
      report("operand 0 is " + shown(operand(0)) + ", not a number");
    if (!result()->is(TypeKind::kTensor)) report("the result is a tensor, not " + shown(result()));
  }

  void guard() {
    const TypeKind kind = operand(0)->kind;
    if (kind == TypeKind::kClass || kind == TypeKind::kFunction || kind == TypeKind::kInterface)
      report("operand 0 is " + shown(operand(0)) + "; a guard compares plain values");
  }

  GraphCheck& check_;
  const Graph& graph_;
  const Node& node_;
  NodeId id_;
  const char* code_;
};

}  // namespace

void check_prim(GraphCheck& check, NodeId node, const char* code) {
  Rules(check, node, code).run();
}

std::optional<std::int64_t> tuple_index(const Graph& graph, const Node& node) {
  const Literal* found = graph.attribute(node, "index");
  if (!found && node.inputs.size() == 2) {
    const NodeId source = graph.input(node, 1).node;
    if (source != kNoId && graph.nodes[source].is(Prim::kConstant))
      found = graph.attribute(graph.nodes[source], "value");
  }
  if (found && found->is(Literal::Kind::kInt)) return found->as_int();
  if (found && found->is(Literal::Kind::kBool)) return found->as_bool();  // an int in Python
  return std::nullopt;
}

/// Types and literals nest at most 64 deep.
bool constant_fits(const Literal& value, const Type* type, const std::vector<Literal>& items) {
  using Kind = Literal::Kind;
  const Range range = value.is(Kind::kTuple) ? value.as_tuple() : Range{};
  switch (type->kind) {
  case TypeKind::kTensor:
    return value.is(Kind::kWeight);
  case TypeKind::kOptional:
    return value.is(Kind::kNone) || constant_fits(value, type->element(), items);
  case TypeKind::kList:
    for (std::uint32_t at = range.begin; at < range.end; ++at)
      if (!constant_fits(items[at], type->element(), items)) return false;
    return value.is(Kind::kTuple);
  case TypeKind::kTuple:
    if (!value.is(Kind::kTuple) || range.size() != type->parts.size()) return false;
    for (std::uint32_t i = 0; i < range.size(); ++i)
      if (!constant_fits(items[range[i]], type->parts[i], items)) return false;
    return true;
  case TypeKind::kUnion:
    return std::any_of(type->parts.begin(), type->parts.end(),
                       [&](const Type* member) { return constant_fits(value, member, items); });
  case TypeKind::kEnum:
  case TypeKind::kStr:
  case TypeKind::kDevice:
    return value.is(Kind::kString);
  case TypeKind::kNone:
    return value.is(Kind::kNone);
  case TypeKind::kBool:
    return value.is(Kind::kBool);
  case TypeKind::kInt:
    return value.is(Kind::kInt);
  case TypeKind::kFloat:
    return value.is(Kind::kFloat);
  case TypeKind::kComplex:
    return value.is(Kind::kComplex);
  case TypeKind::kNumber:
    return value.is(Kind::kInt) || value.is(Kind::kFloat) || value.is(Kind::kComplex);
  default:
    return false;
  }
}

}  // namespace tsx::engine::ir
