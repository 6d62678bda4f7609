#include "ir/module.h"

namespace tsx::engine::ir {

bool Method::has_self() const {
  const Range inputs = graph->inputs();
  return !inputs.empty() && graph->values[inputs.begin].name == "self";
}

const Method& Module::forward() const {
  const Method* found = methods.find("forward");
  return found ? *found : methods[0].second;
}

const Operator* Module::operator_of(std::string_view kind) const {
  if (const Operator* op = find_operator(kind)) return op;
  for (const auto& op : host_operators)
    if (op->kind() == kind) return op.get();
  return nullptr;
}

std::string Module::where(OriginId origin) const {
  const Range places = origins[origin].spans;
  if (places.empty()) return {};
  const SourceSpan& span = spans[origin_spans[places.begin]];
  std::string shown = std::string(span.file) + ":" + std::to_string(span.line);
  return span.column >= 0 ? shown + ":" + std::to_string(span.column) : shown;
}

}  // namespace tsx::engine::ir
