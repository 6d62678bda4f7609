#include "run/literal.h"

#include "base/error.h"
#include "base/utf8.h"
#include "core/containers.h"
#include "core/format.h"

namespace tsx::engine {
namespace {

using Kind = ir::Literal::Kind;

std::string hex(char32_t point, int digits) {
  std::string text;
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4)
    text += "0123456789abcdef"[(point >> shift) & 15];
  return text;
}

/// In double quotes, ASCII only, as Python's "unicode_escape" codec writes it.
std::string string_text(std::string_view text) {
  std::string out = "\"";
  for (std::size_t at = 0; at < text.size();) {
    const char32_t point = utf8::next(text, at);
    if (point == '"' || point == '\\')
      (out += '\\') += static_cast<char>(point);
    else if (point == '\n' || point == '\r' || point == '\t')
      out += point == '\n' ? "\\n" : point == '\r' ? "\\r" : "\\t";
    else if (point >= 0x20 && point < 0x7f)
      out += static_cast<char>(point);
    else if (point < 0x100)
      out += "\\x" + hex(point, 2);
    else if (point < 0x10000)
      out += "\\u" + hex(point, 4);
    else
      out += "\\U" + hex(point, 8);
  }
  return out + "\"";
}

void append_key(std::string& key, const ir::Literal& literal, const ir::Graph* graph) {
  key += static_cast<char>('a' + static_cast<int>(literal.kind()));
  switch (literal.kind()) {
  case Kind::kTuple:
    key += '(';
    for (const ir::Literal& item : items_of(literal, graph)) append_key(key, item, graph);
    key += ')';
    return;
  case Kind::kType: key += std::to_string(reinterpret_cast<std::uintptr_t>(literal.as_type())); break;
  default: {
    const std::string text = literal_text(literal, graph);
    key += std::to_string(text.size()) + ':' + text;
  }
  }
}

}  // namespace

Span<const ir::Literal> items_of(const ir::Literal& literal, const ir::Graph* graph) {
  if (literal.as_tuple().empty()) return {};
  return graph->items(literal);
}

std::string key_of(const Constant& constant) {
  std::string key;
  append_key(key, constant.value, constant.graph);
  return key;
}

std::string literal_text(const ir::Literal& literal, const ir::Graph* graph) {
  switch (literal.kind()) {
  case Kind::kNone: return "None";
  case Kind::kBool: return literal.as_bool() ? "True" : "False";
  case Kind::kInt: return std::to_string(literal.as_int());
  case Kind::kFloat: return format_float(literal.as_float());
  case Kind::kComplex: return format_complex(literal.as_complex());
  case Kind::kString: return string_text(literal.as_text());
  case Kind::kWeight: return "<" + std::string(literal.as_text()) + ">";
  case Kind::kType: return to_text(*literal.as_type());
  case Kind::kTuple: break;
  }
  std::string text;
  for (const ir::Literal& item : items_of(literal, graph))
    text += (text.empty() ? "" : ", ") + literal_text(item, graph);
  return "[" + text + "]";
}

Value value_of(const ir::Literal& literal, const ir::Graph* graph) {
  static const std::vector<ir::Literal> kNone;
  return value_of(literal, graph ? graph->literals : kNone);
}

Value value_of(const ir::Literal& literal, const std::vector<ir::Literal>& literals) {
  switch (literal.kind()) {
  case Kind::kNone: return Value();
  case Kind::kBool: return Value(literal.as_bool());
  case Kind::kInt: return Value(literal.as_int());
  case Kind::kFloat: return Value(literal.as_float());
  case Kind::kComplex: return Value(literal.as_complex());
  case Kind::kString: return Value(literal.as_text());
  case Kind::kTuple: {
    std::vector<Value> items;
    const ir::Range range = literal.as_tuple();
    for (std::uint32_t i = 0; i < range.size(); ++i)
      items.push_back(value_of(literals[range[i]], literals));
    return tuple_of(std::move(items));
  }
  default: bug("a weight or type where a plain value belongs");
  }
}

}  // namespace tsx::engine
