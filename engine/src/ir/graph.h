// Graph: a program in SSA form, as tsx/ir/graph.py has it, laid out in flat arrays.
//
// In a namespace of its own, since a Value is also what the VM computes with (core/value.h).
//
// Everything refers to everything else by index, and what belongs together lies together: the
// nodes of a block (its return last), the blocks of a node, the outputs of a node. So walks are
// loops, whatever a file nests. A graph that the reader gives has indices in range; that it makes
// sense is the verifier's business. After that nothing changes it.
#pragma once

#include <complex>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "base/span.h"
#include "ir/op.h"
#include "ir/type.h"

namespace tsx::engine::ir {

using ValueId = std::uint32_t;
using NodeId = std::uint32_t;
using BlockId = std::uint32_t;
using OriginId = std::uint32_t;
inline constexpr std::uint32_t kNoId = 0xFFFFFFFF;

/// A run of indices.
struct Range {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;

  std::uint32_t size() const { return end - begin; }
  bool empty() const { return begin == end; }
  std::uint32_t operator[](std::size_t i) const { return begin + static_cast<std::uint32_t>(i); }
};

/// A node attribute, or the value of a prim::Constant. A list constant is a tuple here; the type
/// beside it says which. Text belongs to the module, the items of a tuple to the graph.
class Literal {
 public:
  enum class Kind : std::uint8_t {
    kNone,
    kBool,
    kInt,
    kFloat,
    kComplex,
    kString,
    kWeight,
    kType,
    kTuple
  };

  Literal() = default;
  static Literal of_bool(bool value) { return Literal(Kind::kBool, value ? 1 : 0, 0); }
  static Literal of_int(std::int64_t value) {
    return Literal(Kind::kInt, static_cast<std::uint64_t>(value), 0);
  }
  static Literal of_float(double value) { return Literal(Kind::kFloat, bits(value), 0); }
  static Literal of_complex(double real, double imag) {
    return Literal(Kind::kComplex, bits(real), bits(imag));
  }
  static Literal of_string(std::string_view text) { return of_text(Kind::kString, text); }
  /// The weight of that name.
  static Literal of_weight(std::string_view name) { return of_text(Kind::kWeight, name); }
  static Literal of_type(const Type* type) {
    return Literal(Kind::kType, reinterpret_cast<std::uintptr_t>(type), 0);
  }
  static Literal of_tuple(Range items) { return Literal(Kind::kTuple, items.begin, items.end); }

  Kind kind() const { return kind_; }
  bool is(Kind kind) const { return kind_ == kind; }
  bool as_bool() const { return a_ != 0; }
  std::int64_t as_int() const { return static_cast<std::int64_t>(a_); }
  double as_float() const { return number(a_); }
  std::complex<double> as_complex() const { return {number(a_), number(b_)}; }
  /// Of a string, or the name of a weight.
  std::string_view as_text() const {
    return {reinterpret_cast<const char*>(static_cast<std::uintptr_t>(a_)), b_};
  }
  const Type* as_type() const {
    return reinterpret_cast<const Type*>(static_cast<std::uintptr_t>(a_));
  }
  /// Indices of Graph::literals (of Module::literals for what no graph holds).
  Range as_tuple() const {
    return {static_cast<std::uint32_t>(a_), static_cast<std::uint32_t>(b_)};
  }

 private:
  Literal(Kind kind, std::uint64_t a, std::uint64_t b) : a_(a), b_(b), kind_(kind) {}
  static Literal of_text(Kind kind, std::string_view text) {
    return Literal(kind, reinterpret_cast<std::uintptr_t>(text.data()), text.size());
  }
  static std::uint64_t bits(double value) {
    std::uint64_t out = 0;
    std::memcpy(&out, &value, sizeof out);
    return out;
  }
  static double number(std::uint64_t bits) {
    double out = 0;
    std::memcpy(&out, &bits, sizeof out);
    return out;
  }

  std::uint64_t a_ = 0;
  std::uint64_t b_ = 0;
  Kind kind_ = Kind::kNone;
};

struct Attribute {
  std::string_view name;
  Literal value;
};

/// Operand number `operand` of `node`.
struct Use {
  NodeId node = 0;
  std::uint32_t operand = 0;
};

struct Value {
  const Type* type = nullptr;
  std::string_view name;    // from the source; empty for a temporary
  NodeId node = kNoId;      // what defines it; kNoId for an input of a block
  BlockId block = 0;        // whose input it is, or that holds its node
  std::uint32_t index = 0;  // which output of the node, or which input of the block
  Range uses;               // of Graph::uses
};

struct Node {
  std::string_view kind;         // aten::add.Tensor
  Prim prim = Prim::kNone;       // which structural kind, if it is one
  const Operator* op = nullptr;  // its record, if it is an operator that has one
  BlockId block = 0;
  Range inputs;         // of Graph::operands
  Range outputs;        // of Graph::values
  Range blocks;         // of Graph::blocks
  Range attributes;     // of Graph::attributes, ascending by name
  OriginId origin = 0;  // of Module::origins; 0 is nowhere

  bool is(Prim other) const { return prim == other; }
};

struct Block {
  NodeId node = kNoId;  // whose block it is; kNoId for the graph's own
  Range inputs;         // of Graph::values
  Range nodes;          // of Graph::nodes, without its return
  NodeId return_node() const { return nodes.end; }
};

struct Graph {
  std::string_view name;
  std::vector<Value> values;
  std::vector<Node> nodes;    // block after block, in each its nodes and then its return
  std::vector<Block> blocks;  // block 0 is the graph's own; inner ones come after outer ones
  std::vector<ValueId> operands;
  std::vector<Attribute> attributes;
  std::vector<Literal> literals;  // items of tuples
  std::vector<Use> uses;

  const Block& block() const { return blocks[0]; }
  Range inputs() const { return blocks[0].inputs; }
  /// The operands of a block's return.
  Span<const ValueId> outputs(const Block& of) const { return inputs_of(nodes[of.return_node()]); }
  Span<const ValueId> outputs() const { return outputs(blocks[0]); }

  Span<const ValueId> inputs_of(const Node& node) const {
    return {operands.data() + node.inputs.begin, node.inputs.size()};
  }
  const Value& input(const Node& node, std::size_t index) const {
    return values[operands[node.inputs[index]]];
  }
  const Value& output(const Node& node, std::size_t index = 0) const {
    return values[node.outputs[index]];
  }
  Span<const Use> uses_of(const Value& value) const {
    return {uses.data() + value.uses.begin, value.uses.size()};
  }
  Span<const Literal> items(const Literal& tuple) const {
    return {literals.data() + tuple.as_tuple().begin, tuple.as_tuple().size()};
  }
  /// The attribute of that name, or null.
  const Literal* attribute(const Node& node, std::string_view wanted) const {
    for (std::uint32_t at = node.attributes.begin; at < node.attributes.end; ++at)
      if (attributes[at].name == wanted) return &attributes[at].value;
    return nullptr;
  }
};

}  // namespace tsx::engine::ir
