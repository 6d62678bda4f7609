#include "read/unit.h"

#include <string>
#include <unordered_set>

#include "base/quote.h"
#include "read/limits.h"

namespace tsx::engine {
namespace {

using ir::BlockId;
using ir::Graph;
using ir::Literal;
using ir::Range;

constexpr std::string_view kUnitKeys[] = {"graphs", "sizes", "strings", "types"};

std::uint32_t end_of(std::size_t size) { return static_cast<std::uint32_t>(size); }

std::vector<std::string_view> read_strings(Reader rows) {
  std::vector<std::string_view> strings;
  for (std::uint32_t left = rows.array("the strings"); left > 0; --left)
    strings.push_back(rows.name("an entry of the strings"));
  return strings;
}

/// Reads one graph: the blocks in the order of their table, each with its nodes.
class GraphReader {
 public:
  GraphReader(const ir::Module& module, Graph& graph, const UnitReader& unit,
              const std::vector<std::string_view>& strings, std::string what)
      : module_(module), graph_(graph), unit_(unit), strings_(strings), what_(std::move(what)) {}

  void read(Reader& rows) {
    rows.array("a graph", 3);
    graph_.name = rows.name("the name of " + what_);
    Reader names = rows;
    rows.skip();
    blocks(rows);
    check_operands();
    input_names(names);
    note_uses();
  }

 private:
  void blocks(Reader& rows) {
    const std::uint32_t count = rows.array("the blocks of " + what_);
    if (count == 0) throw malformed(what_ + " has no block 0");
    graph_.blocks.emplace_back();
    std::vector<std::int64_t> depths = {0};
    for (BlockId at = 0; at < count; ++at) {
      rows.array("a block of a graph", 3);
      if (at >= graph_.blocks.size()) throw malformed(what_ + " has a block that no node owns");
      block(rows, at, count);
      // What the block's nodes own lies one deeper.
      limits::within("the nesting of blocks in " + what_, depths[at], limits::kDepth);
      depths.resize(graph_.blocks.size(), depths[at] + 1);
    }
  }

  void block(Reader& rows, BlockId at, std::uint32_t block_count) {
    Range inputs{end_of(graph_.values.size()), 0};
    std::uint32_t left = rows.array("the inputs of a block");
    for (std::uint32_t i = 0; i < left; ++i)
      value(unit_.type(rows, "the type of a block's input"), ir::kNoId, at, i);
    inputs.end = end_of(graph_.values.size());
    Range nodes{end_of(graph_.nodes.size()), 0};
    for (left = rows.array("the nodes of a block"); left > 0; --left)
      node(rows, at, block_count);
    nodes.end = end_of(graph_.nodes.size());
    graph_.blocks[at].inputs = inputs;
    graph_.blocks[at].nodes = nodes;
    ir::Node last;
    last.kind = "prim::Return";
    last.prim = Prim::kReturn;
    last.block = at;
    last.inputs = operands(rows, "the results of a block");
    graph_.nodes.push_back(last);
  }

  void value(const Type* type, ir::NodeId node, BlockId block, std::uint32_t index) {
    ir::Value made;
    made.type = type;
    made.node = node;
    made.block = block;
    made.index = index;
    graph_.values.push_back(made);
  }

  Range operands(Reader& rows, std::string_view what) {
    Range range{end_of(graph_.operands.size()), 0};
    for (std::uint32_t left = rows.array(what); left > 0; --left)
      graph_.operands.push_back(rows.index(ir::kNoId, "an operand"));
    range.end = end_of(graph_.operands.size());
    return range;
  }

  /// Operands may be defined in any block, so they are checked once all values are known.
  void check_operands() const {
    for (const ir::ValueId operand : graph_.operands)
      if (operand >= graph_.values.size())
        throw malformed("an operand in " + what_ + " is not an index of a table of " +
                        std::to_string(graph_.values.size()));
  }

  void node(Reader& rows, BlockId block, std::uint32_t block_count) {
    const std::uint32_t fields = rows.array("a node");
    if (fields < 3 || fields > 5)
      throw malformed("a node of " + what_ + " has " + std::to_string(fields) + " fields");
    const std::uint32_t number = end_of(graph_.nodes.size());
    Reader kind = rows;
    rows.skip();
    ir::Node made;
    made.block = block;
    made.inputs = operands(rows, "the operands of a node");
    made.outputs.begin = end_of(graph_.values.size());
    const std::uint32_t outputs = rows.array("the outputs of a node");
    for (std::uint32_t i = 0; i < outputs; ++i)
      value(unit_.type(rows, "the type of an output"), number, block, i);
    made.outputs.end = end_of(graph_.values.size());
    made.kind = as_kind(strings_[kind.index(strings_.size(), "a node kind")], "a node kind");
    made.prim = prim_by_name(made.kind);
    made.op = module_.operator_of(made.kind);
    made.attributes = fields > 3 ? attributes(rows) : Range{};
    if (fields == 4 && made.attributes.empty())
      throw malformed("a node of " + what_ + " has an empty field at its end");
    if (fields == 5) made.blocks = owned_blocks(rows, number, block_count);
    graph_.nodes.push_back(made);
  }

  Range owned_blocks(Reader& rows, ir::NodeId owner, std::uint32_t block_count) {
    const std::int64_t count = rows.integer("the blocks of a node", 1);
    Range owned{end_of(graph_.blocks.size()), 0};
    if (count > static_cast<std::int64_t>(block_count - owned.begin))
      throw malformed(what_ + " lacks the blocks of a node");
    owned.end = owned.begin + static_cast<std::uint32_t>(count);
    ir::Block empty;
    empty.node = owner;
    graph_.blocks.resize(owned.end, empty);
    return owned;
  }

  Range attributes(Reader& rows) {
    Range range{end_of(graph_.attributes.size()), 0};
    for (std::uint32_t left = rows.array("the attributes of a node"); left > 0; --left) {
      rows.array("an attribute of a node", 2);
      ir::Attribute made;
      constexpr std::string_view kWhat = "the name of an attribute";
      made.name = as_identifier(strings_[rows.index(strings_.size(), kWhat)], kWhat);
      const bool is_first = graph_.attributes.size() == range.begin;
      if (!is_first && made.name <= graph_.attributes.back().name)
        throw malformed("the attributes of a node in " + what_ + " have to ascend");
      made.value = unit_.literal(rows, graph_.literals, "an attribute of a node");
      graph_.attributes.push_back(made);
    }
    range.end = end_of(graph_.attributes.size());
    return range;
  }

  void input_names(Reader& names) {
    const Range inputs = graph_.inputs();
    names.array("the input names of " + what_, inputs.size());
    std::unordered_set<std::string_view> seen;
    for (std::uint32_t at = inputs.begin; at < inputs.end; ++at) {
      if (names.is_empty_string()) {
        names.skip();
        continue;
      }
      graph_.values[at].name = names.name("an input of " + what_);
      if (!seen.insert(graph_.values[at].name).second)
        throw malformed("the inputs of " + what_ + " have a name twice");
    }
  }

  /// Sorts the operands by the value they use.
  void note_uses() {
    std::vector<std::uint32_t> places(graph_.values.size() + 1, 0);
    for (const ir::ValueId operand : graph_.operands)
      ++places[operand + 1];
    for (std::size_t i = 1; i < places.size(); ++i)
      places[i] += places[i - 1];
    for (std::size_t i = 0; i < graph_.values.size(); ++i)
      graph_.values[i].uses = {places[i], places[i + 1]};
    graph_.uses.resize(graph_.operands.size());
    for (ir::NodeId node = 0; node < graph_.nodes.size(); ++node) {
      const Range inputs = graph_.nodes[node].inputs;
      for (std::uint32_t i = 0; i < inputs.size(); ++i)
        graph_.uses[places[graph_.operands[inputs[i]]]++] = {node, i};
    }
  }

  const ir::Module& module_;
  Graph& graph_;
  const UnitReader& unit_;
  const std::vector<std::string_view>& strings_;
  std::string what_;
};

}  // namespace

UnitReader::UnitReader(ir::Module& module, Reader rows)
    : UnitReader(module, rows.map("a unit", kUnitKeys)) {}

UnitReader::UnitReader(ir::Module& module, const std::array<Reader, 4>& tables)
    : strings_(read_strings(tables[2])), types_(module.types, tables[1], tables[3]) {
  Reader rows = tables[0];
  const std::uint32_t count = rows.array("the graphs");
  limits::within("the number of graphs", count, limits::kGraphs);
  for (std::uint32_t i = 0; i < count; ++i) {
    Graph& graph = module.graphs.emplace_back();
    graphs_.push_back(&graph);
    GraphReader(module, graph, *this, strings_, "graph " + std::to_string(i)).read(rows);
  }
}

namespace {

/// Passes over the start of ["tuple", …] and gives the number of its items.
bool is_tuple(Reader& from, std::uint32_t& count) {
  Reader at = from;
  if (!at.is(Reader::Kind::kArray)) return false;
  count = at.array("a tuple");
  if (count == 0 || at.tag() != "tuple") return false;
  --count;
  from = at;
  return true;
}

}  // namespace

Literal UnitReader::plain(Reader& from, std::string_view what) const {
  switch (from.kind()) {
  case Reader::Kind::kNil:
    from.skip();
    return {};
  case Reader::Kind::kBool:
    return Literal::of_bool(from.boolean(what));
  case Reader::Kind::kInt:
    return Literal::of_int(from.integer(what));
  case Reader::Kind::kFloat:
    return Literal::of_float(from.floating(what));
  case Reader::Kind::kString:
    return Literal::of_string(from.string(what));
  default:
    break;
  }
  const std::uint32_t fields = from.array(what);
  const std::string_view tag = fields > 0 ? from.tag() : std::string_view();
  if (tag == "complex" && fields == 3) {
    const double real = from.floating(what);
    return Literal::of_complex(real, from.floating(what));
  }
  if (tag == "weight" && fields == 2) return Literal::of_weight(from.name(what));
  if (tag == "type" && fields == 2) return Literal::of_type(type(from, what));
  throw malformed(std::string(what) + " is no value");
}

Literal UnitReader::literal(Reader& from, std::vector<Literal>& items,
                            std::string_view what) const {
  struct Open {
    std::uint32_t next;
    std::uint32_t end;
  };
  Literal whole;
  std::vector<Open> open;  // tuples that still lack items
  for (bool is_whole = true; is_whole || !open.empty(); is_whole = false) {
    if (!is_whole && open.back().next == open.back().end) {
      open.pop_back();
      continue;
    }
    Literal made;
    std::uint32_t count = 0;
    if (is_tuple(from, count)) {
      const Range range{end_of(items.size()), end_of(items.size()) + count};
      made = Literal::of_tuple(range);
    } else {
      made = plain(from, what);
    }
    if (is_whole)
      whole = made;
    else
      items[open.back().next++] = made;
    if (made.is(Literal::Kind::kTuple)) {
      items.resize(made.as_tuple().end);
      open.push_back({made.as_tuple().begin, made.as_tuple().end});
    }
  }
  return whole;
}

}  // namespace tsx::engine
