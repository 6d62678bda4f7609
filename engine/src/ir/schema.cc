#include "ir/schema.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/error.h"
#include "base/quote.h"

namespace tsx::engine {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The tokens of the text behind the operator's name: words, numbers, strings and single signs.
std::vector<std::string_view> tokens_of(std::string_view text) {
  std::vector<std::string_view> tokens;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    std::size_t end = at + 1;
    if (c == ' ') {
      ++at;
      continue;
    }
    if (is_letter(c) || is_digit(c)) {
      const auto goes_on = [](char n) {
        return is_letter(n) || is_digit(n) || n == ':' || n == '.';
      };
      const auto is_exponent = [&] {  // 1e-05
        return is_digit(c) && text[end - 1] == 'e' && (text[end] == '-' || text[end] == '+');
      };
      while (end < text.size() && (goes_on(text[end]) || is_exponent()))
        ++end;
    } else if (c == '"' || c == '\'') {
      while (end < text.size() && text[end] != c)
        ++end;
      ++end;
    } else if (text.substr(at, 2) == "->") {
      end = at + 2;
    } else if (text.substr(at, 3) == "...") {
      end = at + 3;
    }
    tokens.push_back(text.substr(at, end - at));
    at = end;
  }
  return tokens;
}

class Parser {
 public:
  Parser(TypeStore& types, std::string_view text)
      : types_(types), text_(text),
        tokens_(tokens_of(text.substr(std::min(text.find('('), text.size())))) {}

  Schema parse() {
    Schema schema;
    take("(");
    while (!accept(")")) {
      if (accept("...")) {
        schema.is_vararg = true;
      } else if (!accept("*")) {  // what follows is given by keyword
        schema.arguments.push_back(argument());
      }
      if (peek() != ")") take(",");
    }
    take("->");
    if (accept("...")) {
      schema.is_varret = true;
    } else if (accept("(")) {
      while (!accept(")")) {
        schema.results.push_back(result());
        if (peek() != ")") take(",");
      }
    } else {
      schema.results.push_back(result());
    }
    if (!peek().empty()) unexpected("the end");
    return schema;
  }

 private:
  std::string_view peek(std::size_t ahead = 0) const {
    return at_ + ahead < tokens_.size() ? tokens_[at_ + ahead] : std::string_view();
  }
  bool accept(std::string_view token) {
    if (peek() != token) return false;
    ++at_;
    return true;
  }
  std::string_view take() {
    if (peek().empty()) unexpected("more");
    return tokens_[at_++];
  }
  void take(std::string_view token) {
    if (!accept(token)) unexpected(quote(token));
  }
  [[noreturn]] void unexpected(const std::string& expected) const {
    const std::string found = peek().empty() ? "the end" : quote(peek());
    throw failure("TSX4001", {{"expected", expected}, {"found", found}, {"text", text_}});
  }

  Argument argument() {
    Argument made = type();
    made.name = take();
    if (accept("=")) skip_value();
    return made;
  }

  Argument result() {
    Argument made = type();
    const std::string_view next = peek();
    if (!next.empty() && next != "," && next != ")") made.name = take();
    return made;
  }

  void skip_value() {
    if (accept("-")) return static_cast<void>(take());
    if (!accept("[")) return static_cast<void>(take());
    for (int open = 1; open > 0;) {
      const std::string_view token = take();
      open += (token == "[") - (token == "]");
    }
  }

  /// A type with its alias marks, as an argument without a name.
  Argument type() {
    const std::size_t start = at_;
    Argument made;
    made.type = base_type();
    made.alias = alias();
    while (true) {
      if (accept("?")) {
        made.type = types_.optional(made.type);
      } else if (peek() == "[" && (peek(1) == "]" || peek(2) == "]")) {
        take("[");
        if (peek() != "]") take();  // N of int[N]
        take("]");
        made.type = types_.list(made.type);
        made.inner_alias = made.alias;
        made.alias = alias();
      } else {
        break;
      }
    }
    for (std::size_t i = start; i < at_; ++i)
      made.spelling += tokens_[i];
    return made;
  }

  const Type* base_type() {
    if (accept("(")) return types_.tuple(list_of_types(")"));
    const std::string_view name = take();
    if (name == "Dict") {
      take("(");
      const std::vector<const Type*> parts = list_of_types(")");
      if (parts.size() != 2) unexpected("two types in a Dict");
      return types_.dict(parts[0], parts[1]);
    }
    if (name == "Union" || name == "Future" || name == "Await" || name == "RRef") {
      Type made;
      made.kind = name == "Union" ? TypeKind::kUnion : TypeKind::kFuture;
      take(name == "Union" ? "[" : "(");
      made.parts = list_of_types(name == "Union" ? "]" : ")");
      if (name != "Union") made.name = name;
      return types_.intern(std::move(made));
    }
    if (const Type* known = spelled(name)) return known;
    const bool is_variable =
        name[0] >= 'a' && name[0] <= 'z' && std::all_of(name.begin(), name.end(), [](char c) {
          return c != '_' && (is_letter(c) || is_digit(c));
        });
    return types_.named(is_variable ? TypeKind::kVar : TypeKind::kClass, name);
  }

  std::vector<const Type*> list_of_types(std::string_view close) {
    std::vector<const Type*> found;
    while (!accept(close)) {
      found.push_back(type().type);
      if (peek() != close) take(",");
    }
    return found;
  }

  /// Schema spellings whose values are plain ints (or bools, strings) in a program.
  const Type* spelled(std::string_view name) {
    constexpr std::string_view kInts[] = {"SymInt", "ScalarType", "Layout", "MemoryFormat",
                                          "QScheme"};
    if (std::find(std::begin(kInts), std::end(kInts), name) != std::end(kInts))
      return types_.atom(TypeKind::kInt);
    if (name == "Tensor") return types_.tensor();
    if (name == "AnyListType") return types_.list(types_.atom(TypeKind::kAny));
    constexpr std::pair<std::string_view, TypeKind> kOthers[] = {
        {"SymFloat", TypeKind::kFloat},  {"SymBool", TypeKind::kBool},
        {"Dimname", TypeKind::kStr},     {"None", TypeKind::kNone},
        {"number", TypeKind::kNumber},   {"AnyClassType", TypeKind::kAny},
        {"AnyEnumType", TypeKind::kAny},
    };
    for (const auto& [spelling, kind] : kOthers)
      if (spelling == name) return types_.atom(kind);
    const std::optional<TypeKind> atom = atom_by_name(name);
    return atom ? types_.atom(*atom) : nullptr;
  }

  AliasMark alias() {
    AliasMark mark;
    if (peek() != "(" || peek(1) == ")") return mark;
    take("(");
    mark.is_marked = true;
    for (bool is_after = false; !accept(")");) {
      const std::string_view token = take();
      mark.is_wildcard = mark.is_wildcard || token == "*";
      mark.writes = mark.writes || (token == "!" && !is_after);
      is_after = is_after || token == "->";
    }
    return mark;
  }

  TypeStore& types_;
  std::string_view text_;
  std::vector<std::string_view> tokens_;
  std::size_t at_ = 0;
};

}  // namespace

Schema parse_schema(TypeStore& types, std::string_view text) { return Parser(types, text).parse(); }

const Schema& SchemaTable::of(const Operator& op) {
  const auto place = schemas_.find(&op);
  if (place != schemas_.end()) return place->second;
  return schemas_.emplace(&op, parse_schema(types_, op.schema())).first->second;
}

}  // namespace tsx::engine
