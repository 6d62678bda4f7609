#include "core/format.h"

#include <atomic>
#include <charconv>
#include <cmath>

#include "base/error.h"
#include "base/quote.h"
#include "core/tensor_words.h"

namespace tsx::engine {
namespace {

std::atomic<TensorWords> tensor_words{nullptr};

std::string words_of(const Value& tensor, bool is_repr) {
  const TensorWords words = tensor_words.load();
  return words ? words(tensor.tensor_ref(), is_repr) : type_text(tensor.tensor());
}


constexpr int kDeepest = 1000;

/// The shortest decimal digits of a finite, positive number, and the power of ten of the first one.
std::string digits_of(double value, int& exponent) {
  char buffer[40];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
  const std::string_view text(buffer, static_cast<std::size_t>(end.ptr - buffer));
  const std::size_t mark = text.find('e');
  std::from_chars(text.data() + mark + (text[mark + 1] == '+' ? 2 : 1), text.data() + text.size(),
                  exponent);
  std::string digits(1, text[0]);
  if (mark > 2) digits += text.substr(2, mark - 2);
  return digits;
}

/// `always_point` gives 1.0 where a complex number's part shows 1.
std::string real_text(double value, bool always_point) {
  if (std::isnan(value)) return "nan";
  const std::string sign = std::signbit(value) ? "-" : "";
  if (std::isinf(value)) return sign + "inf";
  if (value == 0) return sign + (always_point ? "0.0" : "0");
  int exponent = 0;
  std::string digits = digits_of(std::fabs(value), exponent);
  const int count = static_cast<int>(digits.size());
  if (exponent < -4 || exponent >= 16) {
    std::string text = digits.substr(0, 1) + (count > 1 ? "." + digits.substr(1) : "");
    const std::string power = std::to_string(std::abs(exponent));
    return sign + text + (exponent < 0 ? "e-" : "e+") + (power.size() < 2 ? "0" : "") + power;
  }
  if (exponent < 0) return sign + "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
  if (count <= exponent + 1) {
    digits.append(static_cast<std::size_t>(exponent + 1 - count), '0');
    return sign + digits + (always_point ? ".0" : "");
  }
  digits.insert(static_cast<std::size_t>(exponent + 1), 1, '.');
  return sign + digits;
}

std::string joined(Span<const Value> values, std::string (*show)(const Value&, int), int depth) {
  std::string text;
  for (const Value& value : values) text += (text.empty() ? "" : ", ") + show(value, depth + 1);
  return text;
}

std::string repr_deep(const Value& value, int depth) {
  if (depth > kDeepest) return "...";
  switch (value.tag()) {
  case Tag::kNone: return "None";
  case Tag::kBool: return value.boolean() ? "True" : "False";
  case Tag::kInt: return std::to_string(value.integer());
  case Tag::kFloat: return format_float(value.real());
  case Tag::kUninitialized: return "<uninitialized>";
  case Tag::kComplex: return format_complex(value.complex());
  case Tag::kString: return quote(value.string());
  case Tag::kTensor: return words_of(value, true);
  case Tag::kList: return "[" + joined(value.elements(), repr_deep, depth) + "]";
  case Tag::kTuple:
    return "(" + joined(value.elements(), repr_deep, depth) +
           (value.tuple().items.size() == 1 ? ",)" : ")");
  case Tag::kDict: {
    std::string text;
    for (const Dict::Entry& entry : value.dict().entries())
      if (entry.is_live)
        text += (text.empty() ? "" : ", ") + repr_deep(entry.key, depth + 1) + ": " +
                repr_deep(entry.value, depth + 1);
    return "{" + text + "}";
  }
  case Tag::kObject: return "<" + value.object().info->name + " object>";
  case Tag::kEnumMember: return value.enum_member().class_name + "." + value.enum_member().name;
  }
  bug("a value of no kind");
}

std::string type_deep(const Value& value, int depth) {
  if (depth > kDeepest) return "Any";
  switch (value.tag()) {
  case Tag::kNone: return "NoneType";
  case Tag::kBool: return "bool";
  case Tag::kInt: return "int";
  case Tag::kFloat: return "float";
  case Tag::kComplex: return "complex";
  case Tag::kString: return "str";
  case Tag::kTensor: return type_text(value.tensor());
  case Tag::kList: {
    const auto& items = value.list().items;
    return (items.empty() ? "Any" : type_deep(items[0], depth + 1)) + "[]";
  }
  case Tag::kTuple: return "Tuple[" + joined(value.elements(), type_deep, depth) + "]";
  case Tag::kDict:
    for (const Dict::Entry& entry : value.dict().entries())
      if (entry.is_live)
        return "Dict(" + type_deep(entry.key, depth + 1) + ", " + type_deep(entry.value, depth + 1) +
               ")";
    return "Dict(Any, Any)";
  case Tag::kObject: return value.object().info->name;
  case Tag::kEnumMember: return "Enum<" + value.enum_member().class_name + ">";
  case Tag::kUninitialized: return "Any";
  }
  bug("a value of no kind");
}

}  // namespace

std::string format_float(double value) { return real_text(value, true); }

std::string format_complex(std::complex<double> value) {
  const std::string imaginary = real_text(value.imag(), false) + "j";
  if (value.real() == 0 && !std::signbit(value.real())) return imaginary;
  const bool has_sign = imaginary[0] == '-';
  return "(" + real_text(value.real(), false) + (has_sign ? "" : "+") + imaginary + ")";
}

std::string repr(const Value& value) { return repr_deep(value, 0); }

void set_tensor_words(TensorWords words) { tensor_words.store(words); }

std::string to_text(const Value& value) {
  if (value.is(Tag::kTensor)) return words_of(value, false);
  return value.is(Tag::kString) ? value.string() : repr(value);
}

std::string type_text(const Value& value) { return type_deep(value, 0); }

std::string type_text(const Tensor& tensor) {
  std::string text(type_name(tensor.dtype()));
  text += "(";
  for (std::size_t i = 0; i < tensor.rank(); ++i)
    text += (i ? ", " : "") + std::to_string(tensor.size(i));
  return text + ")";
}

}  // namespace tsx::engine
