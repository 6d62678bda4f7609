// Types and sizes as text: the canonical spelling of docs/ir.md. Types and sizes of an archive nest
// at most 64 deep (read/limits.h), so the recursion here is bounded.

#include <algorithm>

#include "base/utf8.h"
#include "ir/type.h"

namespace tsx::engine {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_word(std::string_view text) {
  return !text.empty() && is_letter(text[0]) &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_letter(c) || is_digit(c); });
}

/// Identifiers joined by dots.
bool is_dotted(std::string_view text) {
  bool starts = true;
  for (const char c : text) {
    if (c == '.' ? starts : !(is_letter(c) || c == '$' || (is_digit(c) && !starts))) return false;
    starts = c == '.';
  }
  return !starts;
}

/// A name and a number, as cuda:0.
bool is_device(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (!is_word(text.substr(0, colon))) return false;
  if (colon == std::string_view::npos) return true;
  const std::string_view number = text.substr(colon + 1);
  return !number.empty() && number.size() <= 9 &&
         std::all_of(number.begin(), number.end(), is_digit);
}

/// Words that mean something else where a type or a literal may stand.
bool is_reserved(std::string_view name) {
  constexpr std::string_view kWords[] = {
      "Tensor", "Dict",  "Union", "NamedTuple", "Function", "Interface", "Enum", "Class",
      "Future", "Await", "RRef",  "True",       "False",    "None",      "inf",  "nan"};
  return atom_by_name(name) || dtype_of_type_name(name) ||
         std::find(std::begin(kWords), std::end(kWords), name) != std::end(kWords);
}

/// A JSON string in ASCII.
std::string json(std::string_view text) {
  std::string out = "\"";
  const auto unit = [&out](char32_t half) {
    constexpr char kDigits[] = "0123456789abcdef";
    out += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4)
      out += kDigits[(half >> shift) & 15];
  };
  for (std::size_t at = 0; at < text.size();) {
    const char32_t point = utf8::next(text, at);
    const char* const escapes = "\"\"\\\\\bb\ff\nn\rr\tt";
    const char* known = nullptr;
    for (const char* e = escapes; *e; e += 2)
      if (point == static_cast<unsigned char>(*e)) known = e + 1;
    if (known) {
      out += '\\', out += *known;
    } else if (point >= 0x20 && point < 0x7f) {
      out += static_cast<char>(point);
    } else if (point > 0xffff) {
      unit(0xd800 + ((point - 0x10000) >> 10)), unit(0xdc00 + ((point - 0x10000) & 0x3ff));
    } else {
      unit(point);
    }
  }
  return out + '"';
}

std::string name_text(std::string_view name) {
  const bool is_plain = is_dotted(name) && name != "inf" && name != "nan";
  return is_plain ? std::string(name) : json(name);
}

class Writer {
 public:
  explicit Writer(std::size_t limit) : limit_(limit) {}

  std::string take() {
    if (is_full()) text_ = text_.substr(0, utf8::offset(text_, limit_)) + "…";
    return std::move(text_);
  }

  void size(const SizeExpr& expr) {
    bool is_first = true;
    for (const SizeTerm& term : expr.terms) {
      if (is_full()) return;
      const bool is_negative = term.coefficient < 0;
      if (!is_first) text_ += is_negative ? " - " : " + ";
      if (is_first && is_negative) text_ += "-";
      is_first = false;
      this->term(term);
    }
  }

  void dim(const Dim& dim) {
    if (dim.kind == Dim::Kind::kUnknown)
      text_ += "*";
    else if (dim.is_known())
      text_ += std::to_string(dim.size);
    else
      size(*dim.expr);
  }

  void type(const Type& type) {
    if (is_full()) return;
    switch (type.kind) {
    case TypeKind::kTensor:
      tensor(type);
      break;
    case TypeKind::kList:
      this->type(*type.element()), text_ += "[]";
      break;
    case TypeKind::kOptional:
      this->type(*type.element()), text_ += "?";
      break;
    case TypeKind::kDict:
      parts("Dict(", type, ")");
      break;
    case TypeKind::kTuple:
      tuple(type);
      break;
    case TypeKind::kUnion:
      parts("Union[", type, "]");
      break;
    case TypeKind::kFuture:
      parts(std::string(type.name) + "(", type, ")");
      break;
    case TypeKind::kFunction:
      named("Function", type.name);
      break;
    case TypeKind::kInterface:
      named("Interface", type.name);
      break;
    case TypeKind::kEnum:
      named("Enum", type.name);
      break;
    case TypeKind::kVar:
      text_ += type.name;
      break;
    case TypeKind::kClass:
      if (is_dotted(type.name) && !is_reserved(type.name))
        text_ += type.name;
      else
        named("Class", type.name);
      break;
    default:
      text_ += atom_name(type.kind);
    }
  }

 private:
  bool is_full() const { return text_.size() > limit_; }

  void term(const SizeTerm& term) {
    const std::string digits = std::to_string(term.coefficient);
    const std::string_view magnitude =
        std::string_view(digits).substr(term.coefficient < 0 ? 1 : 0);
    const bool is_alone = term.factors.size() == 1 && term.coefficient == 1;
    bool is_first = magnitude == "1" && !term.factors.empty();
    if (!is_first) text_ += magnitude;
    for (const SizeAtom& atom : term.factors) {
      if (!is_first) text_ += "*";
      is_first = false;
      const bool has_parentheses = atom.numerator && !is_alone;
      if (has_parentheses) text_ += "(";
      this->atom(atom);
      if (has_parentheses) text_ += ")";
    }
  }

  void atom(const SizeAtom& atom) {
    if (!atom.numerator) {
      text_ += atom.symbol;
      return;
    }
    const std::vector<SizeTerm>& terms = atom.numerator->terms;
    const bool is_symbol = terms.size() == 1 && terms[0].coefficient == 1 &&
                           terms[0].factors.size() == 1 && !terms[0].factors[0].numerator &&
                           is_word(terms[0].factors[0].symbol);
    if (!is_symbol) text_ += "(";
    size(*atom.numerator);
    if (!is_symbol) text_ += ")";
    text_ += " // " + std::to_string(atom.divisor);
  }

  void tensor(const Type& type) {
    text_ += type.dtype ? type_name(*type.dtype) : "Tensor";
    if (!type.shape && !type.strides && !type.requires_grad && !type.device) return;
    text_ += "(";
    const std::size_t start = text_.size();
    const auto next = [&] {
      if (text_.size() > start) text_ += ", ";
    };
    if (!type.shape) text_ += "...";
    if (type.shape)
      for (const Dim& dim : *type.shape)
        next(), this->dim(dim);
    if (type.strides) {
      next(), text_ += "strides=[";
      for (std::size_t i = 0; i < type.strides->size(); ++i)
        text_ += (i ? ", " : "") + std::to_string((*type.strides)[i]);
      text_ += "]";
    }
    if (type.requires_grad)
      next(), text_ += *type.requires_grad ? "requires_grad=1" : "requires_grad=0";
    if (type.device)
      next(), text_ += "device=" +
                       (is_device(*type.device) ? std::string(*type.device) : json(*type.device));
    text_ += ")";
  }

  void tuple(const Type& type) {
    if (type.name.empty()) return parts("(", type, ")");
    text_ += "NamedTuple<" + name_text(type.name) + ">(";
    for (std::size_t i = 0; i < type.parts.size() && i < type.fields.size(); ++i) {
      text_ += (i ? ", " : "") + name_text(type.fields[i]) + " : ";
      this->type(*type.parts[i]);
    }
    text_ += ")";
  }

  void parts(std::string_view open, const Type& type, std::string_view close) {
    text_ += open;
    for (std::size_t i = 0; i < type.parts.size(); ++i) {
      if (i) text_ += ", ";
      this->type(*type.parts[i]);
    }
    text_ += close;
  }

  void named(std::string_view what, std::string_view name) {
    text_ += what;
    text_ += "<" + name_text(name) + ">";
  }

  std::string text_;
  std::size_t limit_;
};

}  // namespace

std::string to_text(const Type& type, std::size_t limit) {
  Writer writer(limit);
  writer.type(type);
  return writer.take();
}

std::string to_text(const SizeExpr& size, std::size_t limit) {
  Writer writer(limit);
  writer.size(size);
  return writer.take();
}

std::string to_text(const Dim& dim, std::size_t limit) {
  Writer writer(limit);
  writer.dim(dim);
  return writer.take();
}

}  // namespace tsx::engine
