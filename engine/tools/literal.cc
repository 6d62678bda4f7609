#include "literal.h"

#include <cmath>
#include <cstdlib>
#include <sstream>
#include <utility>

#include "npy.h"

namespace tsx::tools {
namespace {

constexpr int kDeepest = 64;

class Parser {
 public:
  explicit Parser(const std::string& text) : text_(text) {}

  Value whole() {
    const Value value = one(0);
    skip();
    if (at_ != text_.size()) wrong();
    return value;
  }

 private:
  [[noreturn]] void wrong() const { throw FileError("it is no value as Python writes it; text goes in quotes: '" + text_ + "'"); }

  void skip() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  bool eat(char c) {
    skip();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool eat(const std::string& word) {
    skip();
    if (text_.compare(at_, word.size(), word) != 0) return false;
    at_ += word.size();
    return true;
  }

  Value one(int depth) {
    if (depth > kDeepest) wrong();
    if (eat('[')) return Value::list(items(']', depth));
    if (eat('(')) return Value::tuple(items(')', depth));
    if (eat('{')) return dict(depth);
    if (eat('\'')) return string('\'');
    if (eat('"')) return string('"');
    if (eat("None") || eat("null")) return Value();
    if (eat("True") || eat("true")) return Value(true);
    if (eat("False") || eat("false")) return Value(false);
    return number();
  }

  std::vector<Value> items(char end, int depth) {
    std::vector<Value> all;
    while (!eat(end)) {
      all.push_back(one(depth + 1));
      if (eat(end)) break;
      if (!eat(',')) wrong();
    }
    return all;
  }

  Value dict(int depth) {
    std::vector<std::pair<Value, Value>> all;
    while (!eat('}')) {
      const Value key = one(depth + 1);
      if (!eat(':')) wrong();
      all.emplace_back(key, one(depth + 1));
      if (eat('}')) break;
      if (!eat(',')) wrong();
    }
    return Value::dict(all);
  }

  Value string(char end) {
    std::string out;
    for (; at_ < text_.size() && text_[at_] != end; ++at_) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
        const char next = text_[++at_];
        out += next == 'n' ? '\n' : next == 't' ? '\t' : next == 'r' ? '\r' : next;
      } else {
        out += text_[at_];
      }
    }
    if (at_++ >= text_.size()) wrong();
    return Value(std::string_view(out));
  }

  Value number() {
    skip();
    const std::size_t end = std::min(text_.find_first_of(" ,:)]}", at_), text_.size());
    const std::string word = text_.substr(at_, end - at_);
    char* rest = nullptr;
    errno = 0;
    const long long integer = std::strtoll(word.c_str(), &rest, 10);
    const bool is_integer = !word.empty() && *rest == '\0';
    const double real = std::strtod(word.c_str(), &rest);
    if (word.empty() || *rest != '\0' || (is_integer && errno == ERANGE)) wrong();
    at_ = end;
    return is_integer ? Value(std::int64_t{integer}) : Value(real);
  }

  const std::string& text_;
  std::size_t at_ = 0;
};

/// "Float(2, 3)", as types are written.
std::string type_of(const Tensor& tensor) {
  static constexpr std::pair<tsx_dtype, const char*> kNames[] = {
      {TSX_UINT8, "Byte"},     {TSX_INT8, "Char"},     {TSX_INT16, "Short"},
      {TSX_INT32, "Int"},      {TSX_INT64, "Long"},    {TSX_FLOAT16, "Half"},
      {TSX_FLOAT32, "Float"},  {TSX_FLOAT64, "Double"}, {TSX_COMPLEX64, "ComplexFloat"},
      {TSX_COMPLEX128, "ComplexDouble"}, {TSX_BOOL, "Bool"}, {TSX_BFLOAT16, "BFloat16"}};
  std::string text;
  for (const auto& [dtype, name] : kNames)
    if (dtype == tensor.dtype()) text = name;
  text += '(';
  for (std::size_t i = 0; i < tensor.rank(); ++i) text += (i ? ", " : "") + std::to_string(tensor.size(i));
  return text + ")";
}

/// The element at `data` as Python writes it.
std::string element(const Tensor& tensor, std::int64_t at) {
  const auto real = [](double value) {
    std::ostringstream out;
    out << Value(value);
    return out.str();
  };
  switch (tensor.dtype()) {
  case TSX_UINT8: return std::to_string(tensor.data<std::uint8_t>()[at]);
  case TSX_INT8: return std::to_string(tensor.data<std::int8_t>()[at]);
  case TSX_INT16: return std::to_string(tensor.data<std::int16_t>()[at]);
  case TSX_INT32: return std::to_string(tensor.data<std::int32_t>()[at]);
  case TSX_INT64: return std::to_string(tensor.data<std::int64_t>()[at]);
  case TSX_BOOL: return tensor.data<bool>()[at] ? "True" : "False";
  case TSX_FLOAT32: return real(tensor.data<float>()[at]);
  case TSX_FLOAT64: return real(tensor.data<double>()[at]);
  case TSX_BFLOAT16: return std::to_string(tensor.data<std::uint16_t>()[at]);  // the bits
  case TSX_FLOAT16: {
    const unsigned bits = tensor.data<std::uint16_t>()[at];
    const int exponent = static_cast<int>(bits >> 10 & 31), fraction = static_cast<int>(bits & 1023);
    const double size = exponent == 31  ? (fraction ? NAN : INFINITY)
                        : exponent == 0 ? std::ldexp(fraction, -24)
                                        : std::ldexp(fraction + 1024, exponent - 25);
    return real(bits & 0x8000 ? -size : size);
  }
  default: {
    const bool single = tensor.dtype() == TSX_COMPLEX64;
    std::ostringstream out;
    out << (single ? Value(std::complex<double>(tensor.data<std::complex<float>>()[at]))
                   : Value(tensor.data<std::complex<double>>()[at]));
    return out.str();
  }
  }
}

std::string elements(const Tensor& tensor, std::size_t dim, std::int64_t& at) {
  if (dim == tensor.rank()) return element(tensor, at++);
  std::string text = "[";
  for (std::int64_t i = 0; i < tensor.size(dim); ++i)
    text += (i ? ", " : "") + elements(tensor, dim + 1, at);
  return text + "]";
}

}  // namespace

Value parse_literal(const std::string& text) { return Parser(text).whole(); }

std::string shown(const Value& value, std::int64_t most) {
  std::ostringstream out;
  switch (value.kind()) {
  case TSX_KIND_TENSOR: {
    const Tensor tensor = value.to_tensor().contiguous();
    out << type_of(tensor);
    std::int64_t at = 0;
    if (tensor.count() <= most) out << " " << elements(tensor, 0, at);
    return out.str();
  }
  case TSX_KIND_LIST:
  case TSX_KIND_TUPLE: {
    const bool is_list = value.kind() == TSX_KIND_LIST;
    for (std::size_t i = 0; i < value.size(); ++i) out << (i ? ", " : "") << shown(value[i], most);
    return (is_list ? "[" : "(") + out.str() + (is_list ? "]" : ")");
  }
  case TSX_KIND_DICT:
    for (std::size_t i = 0; i < value.size(); ++i)
      out << (i ? ", " : "") << value.key(i) << ": " << shown(value[i], most);
    return "{" + out.str() + "}";
  default: out << value; return out.str();
  }
}

}  // namespace tsx::tools
