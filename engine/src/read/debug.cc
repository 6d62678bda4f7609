#include "read/debug.h"

#include <string>
#include <unordered_set>

#include "base/quote.h"
#include "read/limits.h"

namespace tsx::engine {
namespace {

constexpr std::string_view kKeys[] = {"graphs", "pins", "spans", "strings"};

class DebugReader {
 public:
  DebugReader(ir::Module& module, Reader strings) : module_(module) {
    for (std::uint32_t left = strings.array("the strings of the debug data"); left > 0; --left)
      strings_.push_back(strings.string("a string of the debug data"));
  }

  void spans(Reader& rows) {
    limits::Growth growth("spans");
    for (std::uint32_t left = rows.array("the spans"); left > 0; --left) {
      rows.array("a span", 5);
      ir::SourceSpan span;
      span.file = text(rows, "the file of a span");
      span.line = rows.integer("the line of a span", 0);
      span.column = rows.integer("the column of a span", -1);
      span.function = text(rows, "the function of a span");
      std::vector<std::uint32_t> parts;
      if (!rows.take_nil()) {
        span.caller = this->span(rows, "the caller of a span");
        parts.push_back(span.caller);
      }
      growth.add(parts, 1);
      module_.spans.push_back(span);
    }
  }

  void graph(Reader& rows, ir::Graph& graph) {
    rows.array("the debug data of a graph", 2);
    names(rows, graph);
    origins(rows, graph);
  }

  /// The spans of the pins, for each method.
  void pins(Reader& rows) {
    rows.array("the pins of the debug data", static_cast<std::uint32_t>(module_.methods.size()));
    for (std::size_t i = 0; i < module_.methods.size(); ++i) {
      std::vector<ir::Pin>& pins = module_.methods[i].second.pins;
      rows.array("the pins of a method", static_cast<std::uint32_t>(pins.size()));
      for (ir::Pin& pin : pins)
        if (!rows.take_nil()) pin.span = span(rows, "a span");
    }
  }

 private:
  std::string_view text(Reader& rows, std::string_view what) const {
    return strings_[rows.index(strings_.size(), what)];
  }

  ir::SpanId span(Reader& rows, std::string_view what) const {
    return rows.index(module_.spans.size(), what);
  }

  void names(Reader& rows, ir::Graph& graph) const {
    std::unordered_set<std::string_view> seen;
    const ir::Range inputs = graph.inputs();
    for (std::uint32_t at = inputs.begin; at < inputs.end; ++at)
      if (!graph.values[at].name.empty()) seen.insert(graph.values[at].name);
    const std::uint32_t count = rows.array("the names of values");
    if (count % 2 != 0) throw malformed("the names of values come in pairs with numbers");
    std::int64_t last = static_cast<std::int64_t>(inputs.size()) - 1;
    for (std::uint32_t left = count / 2; left > 0; --left) {
      last = rows.integer("the number of a named value", last + 1,
                          static_cast<std::int64_t>(graph.values.size()) - 1);
      const std::string_view name =
          as_name(text(rows, "the name of a value"), "the name of a value");
      if (!seen.insert(name).second)
        throw malformed("two values have the name " + quote(name.substr(0, 60)));
      graph.values[static_cast<std::size_t>(last)].name = name;
    }
  }

  void origins(Reader& rows, ir::Graph& graph) {
    rows.array("the origins", static_cast<std::uint32_t>(graph.nodes.size()));
    for (ir::Node& node : graph.nodes) {
      if (rows.take_nil()) continue;
      rows.array("an origin", 3);
      ir::Origin origin;
      origin.ids.begin = static_cast<std::uint32_t>(module_.origin_ids.size());
      for (std::uint32_t left = rows.array("the ids"); left > 0; --left)
        module_.origin_ids.push_back(rows.integer("an id", 0));
      origin.ids.end = static_cast<std::uint32_t>(module_.origin_ids.size());
      origin.spans.begin = static_cast<std::uint32_t>(module_.origin_spans.size());
      for (std::uint32_t left = rows.array("the spans of an origin"); left > 0; --left)
        module_.origin_spans.push_back(span(rows, "a span"));
      origin.spans.end = static_cast<std::uint32_t>(module_.origin_spans.size());
      origin.scope = text(rows, "a scope");
      node.origin = static_cast<ir::OriginId>(module_.origins.size());
      module_.origins.push_back(origin);
    }
  }

  ir::Module& module_;
  std::vector<std::string_view> strings_;
};

}  // namespace

void read_debug(ir::Module& module, const std::vector<ir::Graph*>& graphs, Reader section) {
  auto [rows, pins, spans, strings] = section.map("the debug data", kKeys);
  DebugReader reader(module, strings);
  reader.spans(spans);
  rows.array("the graphs of the debug data", static_cast<std::uint32_t>(graphs.size()));
  for (ir::Graph* graph : graphs)
    reader.graph(rows, *graph);
  reader.pins(pins);
}

}  // namespace tsx::engine
