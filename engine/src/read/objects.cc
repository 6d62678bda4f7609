#include "read/objects.h"

#include <cmath>
#include <cstring>
#include <string>
#include <unordered_set>
#include <utility>

namespace tsx::engine {
namespace {

using ir::AttributeValue;
using ir::Literal;

std::string bits_of(double value) {
  std::string bits(sizeof value, '\0');
  std::memcpy(bits.data(), &value, sizeof value);
  return bits;
}

/// A text that two numbers share exactly when Python finds them equal: 1, 1.0 and True do.
std::string number_key(double value) {
  constexpr double kLimit = 9223372036854775808.0;  // 2^63
  const bool is_whole = value >= -kLimit && value < kLimit && value == std::trunc(value);
  if (is_whole) return "i" + std::to_string(static_cast<std::int64_t>(value));
  return "f" + bits_of(value);
}

/// The same for any plain key; empty for a NaN, which equals nothing.
std::string key_of(const Literal& key) {
  switch (key.kind()) {
  case Literal::Kind::kNone:
    return "n";
  case Literal::Kind::kBool:
    return key.as_bool() ? "i1" : "i0";
  case Literal::Kind::kInt:
    return "i" + std::to_string(key.as_int());
  case Literal::Kind::kFloat:
    return std::isnan(key.as_float()) ? std::string() : number_key(key.as_float());
  case Literal::Kind::kComplex: {
    const std::complex<double> z = key.as_complex();
    if (std::isnan(z.real()) || std::isnan(z.imag())) return {};
    if (z.imag() == 0) return number_key(z.real());
    return "c" + bits_of(z.real() + 0.0) + bits_of(z.imag());  // + 0.0: the zeros are equal
  }
  case Literal::Kind::kString:
    return "s" + std::string(key.as_text());
  default:
    return "w" + std::string(key.as_text());
  }
}

}  // namespace

void ObjectReader::read(Reader& rows) {
  rows.array("an object", 2);
  ir::Object object;
  object.class_name = rows.dotted("the class of an object");
  parts_.clear();
  for (std::uint32_t left = rows.array("the attributes of an object"); left > 0; --left) {
    rows.array("an attribute of an object", 2);
    const std::string_view name = rows.name("the name of an attribute of an object");
    if (!object.attributes.add(name, value(rows)))
      throw malformed("an object has an attribute twice");
  }
  growth_.add(parts_, 1 + static_cast<std::int64_t>(object.attributes.size()));
  module_.objects.push_back(std::move(object));
}

ir::ObjectId ObjectReader::at(Reader& from) {
  return from.index(module_.objects.size(), "an object");
}

AttributeValue ObjectReader::value(Reader& from) {
  AttributeValue whole;
  open_.clear();
  for (bool is_whole = true; is_whole || !open_.empty(); is_whole = false) {
    if (!is_whole && open_.back().next == open_.back().whole.items.end) {
      check_keys(open_.back().whole);
      open_.pop_back();
      continue;
    }
    AttributeValue made;
    const bool is_open = container(from, made);
    if (!is_open) made = leaf(from);
    if (is_whole)
      whole = made;
    else
      module_.attribute_values[open_.back().next++] = made;
    if (!is_open) continue;
    module_.attribute_values.resize(made.items.end);
    open_.push_back({made.items.begin, made});
  }
  return whole;
}

/// Passes over the start of ["list", …] and the like, and gives its place for the items.
bool ObjectReader::container(Reader& from, AttributeValue& made) const {
  Reader at = from;
  if (!at.is(Reader::Kind::kArray)) return false;
  const std::uint32_t fields = at.array("a value");
  const std::string_view tag = fields > 0 ? at.tag() : std::string_view();
  if (tag == "list")
    made.kind = AttributeValue::Kind::kList;
  else if (tag == "tuple")
    made.kind = AttributeValue::Kind::kTuple;
  else if (tag == "dict")
    made.kind = AttributeValue::Kind::kDict;
  else
    return false;
  made.items.begin = static_cast<std::uint32_t>(module_.attribute_values.size());
  made.items.end = made.items.begin + fields - 1;
  from = at;
  return true;
}

AttributeValue ObjectReader::leaf(Reader& from) {
  AttributeValue made;
  Reader start = from;
  if (start.is(Reader::Kind::kArray) && start.array("a value") == 2 && start.tag() == "object") {
    made.kind = AttributeValue::Kind::kObject;
    made.object = at(start);
    parts_.push_back(made.object);
    from = start;
    return made;
  }
  made.literal = unit_.literal(from, module_.literals, "an attribute of an object");
  if (made.literal.is(Literal::Kind::kType)) throw malformed("an attribute of an object is a type");
  return made;
}

void ObjectReader::check_keys(const AttributeValue& dict) const {
  if (dict.kind != AttributeValue::Kind::kDict) return;
  if (dict.items.size() % 2 != 0) throw malformed("a dictionary lacks a value");
  std::unordered_set<std::string> seen;
  for (std::uint32_t at = dict.items.begin; at < dict.items.end; at += 2) {
    const AttributeValue& key = module_.attribute_values[at];
    if (key.kind != AttributeValue::Kind::kLiteral)
      throw malformed("the key of a dictionary is not plain");
    const std::string text = key_of(key.literal);
    if (!text.empty() && !seen.insert(text).second) throw malformed("a dictionary has a key twice");
  }
}

}  // namespace tsx::engine
