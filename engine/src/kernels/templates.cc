// Python's str.format and format() (tsx/ops/python_text.py).
#include <algorithm>

#include "base/error.h"
#include "base/quote.h"
#include "base/unicode.h"
#include "core/format.h"
#include "kernels/format_spec.h"
#include "kernels/text.h"

namespace tsx::engine {
namespace {

[[noreturn]] void value_error(std::string words) { throw Raised("ValueError", std::move(words)); }
[[noreturn]] void type_error(std::string words) { throw Raised("TypeError", std::move(words)); }

// --- str.format ---------------------------------------------------------------------------------

class Template {
 public:
  explicit Template(const Call& call) : call_(call) {}

  Text filled(TextView text, int depth) {
    if (depth == 0) value_error("Max string recursion exceeded");
    Text result;
    for (std::size_t at = 0; at < text.size();) {
      const char32_t c = text[at++];
      const bool is_double = at < text.size() && text[at] == c;
      if (c != U'{' && c != U'}') {
        result += c;
      } else if (is_double) {
        result += text[at++];
      } else if (c == U'}' || at == text.size()) {
        value_error("Single '" + encoded(Text(1, c)) + "' encountered in format string");
      } else {
        result += shown(field(text, at), depth);
      }
    }
    return result;
  }

 private:
  struct Field {
    TextView name, spec;
    char32_t conversion = 0;
    bool is_nested = false;  // the specification has fields, too
  };

  /// The field at `at`, which moves behind its closing brace.
  static Field field(TextView text, std::size_t& at) {
    const std::size_t start = at;
    char32_t c = 0;
    while (at < text.size()) {
      c = text[at++];
      if (c == U'{') value_error("unexpected '{' in field name");
      if (c == U'[') at = std::min(text.find(U']', at), text.size());
      if (c == U'}' || c == U':' || c == U'!') break;
    }
    if (c != U'}' && c != U':' && c != U'!') value_error("expected '}' before end of string");
    Field found{text.substr(start, at - 1 - start), {}};
    if (c == U'!') {
      if (at == text.size())
        value_error("end of string while looking for conversion specifier");
      found.conversion = text[at++];
      if (at < text.size() && text[at] == U'}') return ++at, found;
      if (at < text.size() && text[at++] != U':')
        value_error("expected ':' after conversion specifier");
    }
    if (c != U'}') read_spec(text, at, found);
    return found;
  }

  static void read_spec(TextView text, std::size_t& at, Field& found) {
    const std::size_t start = at;
    for (int open = 1; at < text.size();) {
      const char32_t c = text[at++];
      found.is_nested = found.is_nested || c == U'{';
      open += c == U'{' ? 1 : c == U'}' ? -1 : 0;
      if (open > 0) continue;
      found.spec = text.substr(start, at - 1 - start);
      return;
    }
    value_error("unmatched '{' in format spec");
  }

  Text shown(const Field& field, int depth) {
    const Value value = looked_up(field.name);
    const auto spec = [&] { return field.is_nested ? filled(field.spec, depth - 1) : Text(field.spec); };
    if (field.conversion == 0) return formatted(value, spec());
    if (TextView(U"sra").find(field.conversion) == TextView::npos)
      value_error("Unknown conversion specifier " + encoded(Text(1, field.conversion)));
    const Value text = text_value(converted(value, field.conversion));
    return formatted(text, spec());
  }

  /// An index of decimal digits; -1 for what is none.
  static std::int64_t number(TextView text) {
    std::int64_t value = 0;
    for (const char32_t c : text) {
      const int digit = unicode::decimal_value(c);
      if (digit < 0) return -1;
      if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, digit, &value))
        value_error("Too many decimal digits in format string");
    }
    return text.empty() ? -1 : value;
  }

  Value looked_up(TextView name) {
    std::size_t at = std::min(name.find_first_of(U".["), name.size());
    Value value = argument(name.substr(0, at));
    while (at < name.size()) {
      const bool is_index = name[at++] == U'[';
      const std::size_t end = std::min(name.find_first_of(is_index ? U"]" : U".[", at), name.size());
      const TextView part = name.substr(at, end - at);
      if (is_index && end == name.size()) value_error("Missing ']' in format string");
      if (part.empty()) value_error("Empty attribute in format string");
      value = is_index ? item(value, part) : attribute(value, part);
      at = is_index ? end + 1 : end;
      if (is_index && at < name.size() && name[at] != U'.' && name[at] != U'[')
        value_error("Only '.' or '[' may follow ']' in format field specifier");
    }
    return value;
  }

  const Value& argument(TextView name) {
    const std::int64_t given = number(name);
    const bool is_automatic = name.empty();
    if (!is_automatic && given < 0) throw Raised("KeyError", quote(encoded(name)));
    if (numbering_ != Numbering::kUnknown &&
        (numbering_ == Numbering::kAutomatic) != is_automatic)
      value_error(is_automatic ? "cannot switch from manual field specification to automatic field "
                                 "numbering"
                               : "cannot switch from automatic field numbering to manual field "
                                 "specification");
    numbering_ = is_automatic ? Numbering::kAutomatic : Numbering::kManual;
    const std::int64_t place = is_automatic ? next_++ : given;
    if (place >= static_cast<std::int64_t>(call_.size()) - 1)
      throw Raised("IndexError", "Replacement index " + std::to_string(place) +
                                     " out of range for positional args tuple");
    return call_[static_cast<std::size_t>(place) + 1];
  }

  static Value attribute(const Value& value, TextView name) {
    const bool is_real = value.is(Tag::kInt) || value.is(Tag::kFloat) || value.is(Tag::kBool);
    if (name == U"real" && value.is(Tag::kComplex)) return Value(value.complex().real());
    if (name == U"imag" && value.is(Tag::kComplex)) return Value(value.complex().imag());
    if (name == U"real" && is_real)
      return value.is(Tag::kBool) ? Value(value.integer()) : value;
    if (name == U"imag" && is_real)
      return value.is(Tag::kFloat) ? Value(0.0) : Value(std::int64_t{0});
    throw Raised("AttributeError", "'" + python_type(value) + "' object has no attribute '" +
                                       encoded(name) + "'");
  }

  static Value item(const Value& value, TextView key) {
    const std::int64_t place = number(key);
    if (value.is(Tag::kDict)) {
      const Value own = place < 0 ? text_value(key) : Value(place);
      const Value* found = value.dict().find(own);
      if (!found) throw Raised("KeyError", repr(own));
      return *found;
    }
    const std::string type = python_type(value);
    const bool is_text = value.is(Tag::kString);
    if (!is_text && !value.is(Tag::kList) && !value.is(Tag::kTuple))
      type_error("'" + type + "' object is not subscriptable");
    if (place < 0)
      type_error((is_text ? "string" : type) +
                 " indices must be integers" + (is_text ? ", not 'str'" : " or slices, not str"));
    const Text text = is_text ? decoded(value.string()) : Text();
    const std::size_t size = is_text ? text.size() : value.elements().size();
    if (static_cast<std::uint64_t>(place) >= size)
      throw Raised("IndexError", (is_text ? "string" : type) + " index out of range");
    const auto at = static_cast<std::size_t>(place);
    return is_text ? text_value(TextView(text).substr(at, 1)) : value.elements()[at];
  }

  enum class Numbering : std::uint8_t { kUnknown, kAutomatic, kManual };

  const Call& call_;
  Numbering numbering_ = Numbering::kUnknown;
  std::int64_t next_ = 0;
};

void format_kernel(Call& call) {
  call.give(text_value(Template(call).filled(decoded(call.string(0)), 2)));
}

void format_spec_kernel(Call& call) {
  call.give(text_value(formatted(call[0], decoded(call.string(1)))));
}

}  // namespace
}  // namespace tsx::engine

TSX_KERNELS(templates) {
  registry.add("tsx::format", format_kernel);
  registry.add("tsx::format.spec", format_spec_kernel);
}
