#include "rules/abstract.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/quote.h"
#include "core/format.h"

namespace tsx::engine::rules {
namespace {

bool is_same_number(double a, double b) {
  return (a == b && std::signbit(a) == std::signbit(b)) || (std::isnan(a) && std::isnan(b));
}

std::string joined(const Items& items, std::size_t limit) {
  std::string text;
  for (const Abstract& item : items) {
    text += (text.empty() ? "" : ", ") + to_text(item, limit);
    if (text.size() > limit) break;
  }
  return text;
}

}  // namespace

bool operator==(const Abstract& a, const Abstract& b) {
  using Kind = Abstract::Kind;
  if (a.kind_ != b.kind_) return false;
  switch (a.kind_) {
  case Kind::kNone:
    return true;
  case Kind::kUnknown:
  case Kind::kTensor:
    return a.type() == b.type();
  case Kind::kBool:
  case Kind::kInt:
    return a.as_int() == b.as_int();
  case Kind::kSize:
    return a.as_size() == b.as_size();
  case Kind::kFloat:
    return is_same_number(a.as_real(), b.as_real());
  case Kind::kComplex:
    return is_same_number(a.as_complex().real(), b.as_complex().real()) &&
           is_same_number(a.as_complex().imag(), b.as_complex().imag());
  case Kind::kString:
    return a.as_string() == b.as_string();
  case Kind::kList:
  case Kind::kTuple:
    return a.items() == b.items();
  }
  return false;
}

bool is_known(const Abstract& value) {
  using Kind = Abstract::Kind;
  switch (value.kind()) {
  case Kind::kUnknown:
  case Kind::kTensor:
  case Kind::kSize:
    return false;
  case Kind::kList:
  case Kind::kTuple:
    return std::all_of(value.items().begin(), value.items().end(), is_known);
  default:
    return true;
  }
}

std::string to_text(const Abstract& value, std::size_t limit) {
  using Kind = Abstract::Kind;
  switch (value.kind()) {
  case Kind::kUnknown:
  case Kind::kTensor:
    return tsx::engine::to_text(*value.type());
  case Kind::kNone:
    return "None";
  case Kind::kBool:
    return value.as_bool() ? "True" : "False";
  case Kind::kInt:
    return std::to_string(value.as_int());
  case Kind::kSize:
    return tsx::engine::to_text(*value.as_size());
  case Kind::kFloat:
    return format_float(value.as_real());
  case Kind::kComplex:
    return format_complex(value.as_complex());
  case Kind::kString:
    return quote(value.as_string());
  case Kind::kList:
    return "[" + joined(value.items(), limit) + "]";
  case Kind::kTuple:
    return "(" + joined(value.items(), limit) + ")";
  }
  return {};
}

}  // namespace tsx::engine::rules
