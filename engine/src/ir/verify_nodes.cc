// V09 to V14: what each node is, and whether its operands, attributes, blocks and results fit that.

#include "base/quote.h"
#include "ir/match.h"
#include "ir/verify_parts.h"

namespace tsx::engine::ir {
namespace {

constexpr std::uint32_t kAnyNumber = std::uint32_t{1} << 30;

/// The form that "name:form " rows ask of an attribute; empty when they do not know it.
std::string_view form_of(std::string_view rows, std::string_view name) {
  while (!rows.empty()) {
    const std::size_t end = rows.find(' ');
    const std::string_view row = rows.substr(0, end);
    const std::size_t colon = row.find(':');
    if (row.substr(0, colon) == name) return row.substr(colon + 1);
    rows.remove_prefix(end + 1);
  }
  return {};
}

bool has_form(const Graph& graph, const Literal& value, std::string_view form) {
  using Kind = Literal::Kind;
  if (form == "str") return value.is(Kind::kString);
  if (form == "int") return value.is(Kind::kInt);
  if (form == "scalar") return value.kind() <= Kind::kString;
  if (form == "any") return true;
  if (!value.is(Kind::kTuple)) return false;  // types
  for (const Literal& item : graph.items(value))
    if (!item.is(Kind::kType)) return false;
  return true;
}

class NodeCheck {
 public:
  NodeCheck(GraphCheck& check, NodeId id)
      : check_(check), graph_(check.graph), node_(check.graph.nodes[id]), id_(id) {}

  void run() {
    if (node_.is(Prim::kReturn)) {
      report("V09", "a return stands in the middle of its block");
    } else if (!node_.is(Prim::kNone)) {
      structural(row_of(node_.prim));
    } else if (node_.op) {
      an_operator(*node_.op);
    } else {
      report("V09", "there is no operator " + std::string(node_.kind));
    }
  }

 private:
  void report(const char* code, std::string message) {
    check_.report(code, std::move(message), id_);
  }

  void structural(const PrimRow& row) {
    const std::size_t before = check_.count();
    attributes(row);
    count("V11", "block", node_.blocks.size(), row.blocks, row.blocks);
    count("V12", "operand", node_.inputs.size(), row.least_operands, row.most_operands);
    count("V14", "result", node_.outputs.size(), row.least_results, row.most_results);
    if (check_.count() != before) return;  // a rule may rely on the counts
    const bool has_number = node_.is(Prim::kConstant) || node_.is(Prim::kIf) ||
                            node_.is(Prim::kLoop) || node_.is(Prim::kGroup);
    const char* code = !has_number                 ? "V19"
                       : node_.is(Prim::kConstant) ? "V15"
                       : node_.is(Prim::kIf)       ? "V16"
                       : node_.is(Prim::kLoop)     ? "V17"
                                                   : "V18";
    check_prim(check_, id_, code);
  }

  void attributes(const PrimRow& row) {
    for (std::string_view rest = row.required; !rest.empty();) {
      const std::string_view name = rest.substr(0, rest.find(':'));
      if (!graph_.attribute(node_, name))
        report("V10", std::string(node_.kind) + " lacks the attribute " + std::string(name));
      rest.remove_prefix(rest.find(' ') + 1);
    }
    const bool is_open = row.kind.substr(0, 5) == "tsx::";  // passes may note more on these
    for (std::uint32_t at = node_.attributes.begin; at < node_.attributes.end; ++at) {
      const Attribute& attribute = graph_.attributes[at];
      std::string_view form = form_of(row.required, attribute.name);
      if (form.empty()) form = form_of(row.optional, attribute.name);
      if (form.empty() && !is_open)
        report("V10", std::string(node_.kind) + " has no attribute " + cut(attribute.name, 40));
      else if (!form.empty() && !has_form(graph_, attribute.value, form))
        report("V10", "the attribute " + std::string(attribute.name) + " of " +
                          std::string(node_.kind) + " is no " + std::string(form));
    }
  }

  void an_operator(const Operator& op) {
    const bool may_have_attributes =
        node_.kind.substr(0, 6) == "prim::" || node_.kind.substr(0, 5) == "tsx::";
    if (!node_.attributes.empty() && !may_have_attributes)
      report("V10", std::string(node_.kind) + " is an operator: its attributes must be operands");
    const Schema& schema = check_.schemas.of(op);
    count("V11", "block", node_.blocks.size(), 0, 0);
    const auto least = static_cast<std::uint32_t>(schema.arguments.size());
    Bindings bindings;
    if (count("V12", "operand", node_.inputs.size(), least, schema.is_vararg ? kAnyNumber : least))
      operands(schema, bindings);
    const auto results = static_cast<std::uint32_t>(schema.results.size());
    count("V14", "result", node_.outputs.size(), results, schema.is_varret ? kAnyNumber : results);
    for (std::size_t i = 0; i < schema.results.size() && i < node_.outputs.size(); ++i) {
      const Type* wanted = bound_type(check_.module.types, schema.results[i].type, bindings);
      const Type* declared = graph_.output(node_, i).type;
      if (!agrees(wanted, declared))
        report("V14", "result " + std::to_string(i) + " of " + std::string(node_.kind) + " is " +
                          shown(wanted) + ", but is declared " + shown(declared));
    }
  }

  void operands(const Schema& schema, Bindings& bindings) {
    for (std::size_t i = 0; i < schema.arguments.size(); ++i) {
      const Argument& formal = schema.arguments[i];
      const Type* given = graph_.input(node_, i).type;
      if (!accepts(formal, given, bindings))
        report("V13", "operand " + std::to_string(i) + " of " + std::string(node_.kind) + " is " +
                          shown(given) + ", not " + formal.spelling + " " +
                          std::string(formal.name));
    }
  }

  /// Whether a count is right.
  bool count(const char* code, std::string_view what, std::size_t given, std::uint32_t least,
             std::uint32_t most) {
    if (least <= given && given <= most) return true;
    const bool is_fixed = least == most;
    const std::string wanted = is_fixed        ? std::to_string(least)
                               : given < least ? "at least " + std::to_string(least)
                                               : "at most " + std::to_string(most);
    report(code, std::string(node_.kind) + " has " + std::to_string(given) + " " +
                     std::string(what) + (given == 1 ? "" : "s") + ", not " + wanted);
    return false;
  }

  GraphCheck& check_;
  const Graph& graph_;
  const Node& node_;
  NodeId id_;
};

}  // namespace

void check_nodes(GraphCheck& check) {
  for (const NodeId id : all_nodes(check.graph))
    NodeCheck(check, id).run();
}

}  // namespace tsx::engine::ir
