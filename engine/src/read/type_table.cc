#include "read/type_table.h"

#include <algorithm>
#include <string>
#include <unordered_set>
#include <utility>

#include "base/quote.h"
#include "ir/size_math.h"

namespace tsx::engine {
namespace {

/// Whether dividing `numerator` by `divisor` gives a floor division and nothing simpler.
bool is_plain_division(const SizeExpr& numerator, std::int64_t divisor) {
  for (const SizeTerm& term : numerator.terms)
    if (term.coefficient < 0 || term.coefficient >= divisor) return false;
  // A floor division by itself, or one plus a constant, would be one division by the product.
  const std::vector<SizeTerm>& terms = numerator.terms;
  const bool has_constant = terms.size() == 2 && terms[1].factors.empty();
  if (terms.size() != 1 && !has_constant) return true;
  return terms[0].coefficient != 1 || terms[0].factors.size() != 1 ||
         !terms[0].factors[0].numerator;
}

bool is_normal(const SizeExpr& expr) {
  const std::vector<SizeTerm>& terms = expr.terms;
  if (terms.empty() || (terms.size() == 1 && terms[0].factors.empty())) return false;
  for (std::size_t i = 0; i < terms.size(); ++i)
    if (terms[i].coefficient == 0 || (i > 0 && !descends(terms[i - 1], terms[i]))) return false;
  return true;
}

struct TypeTag {
  std::string_view name;
  TypeKind kind;
  std::uint32_t fields;
};

constexpr TypeTag kTags[] = {
    {"tensor", TypeKind::kTensor, 5},       {"atom", TypeKind::kAny, 1},
    {"list", TypeKind::kList, 1},           {"optional", TypeKind::kOptional, 1},
    {"dict", TypeKind::kDict, 2},           {"union", TypeKind::kUnion, 1},
    {"tuple", TypeKind::kTuple, 3},         {"future", TypeKind::kFuture, 2},
    {"function", TypeKind::kFunction, 1},   {"class", TypeKind::kClass, 1},
    {"interface", TypeKind::kInterface, 1}, {"enum", TypeKind::kEnum, 1},
};

const TypeTag& tag_of(std::string_view name, std::uint32_t fields) {
  for (const TypeTag& tag : kTags)
    if (tag.name == name && tag.fields == fields) return tag;
  throw malformed(quote(name.substr(0, 60)) + " with " + std::to_string(fields) +
                  " fields is no type");
}

}  // namespace

TypeTable::TypeTable(TypeStore& store, Reader sizes, Reader types) : store_(store) {
  for (std::uint32_t left = sizes.array("the sizes"); left > 0; --left)
    read_size(sizes);
  for (std::uint32_t left = types.array("the types"); left > 0; --left)
    read_type(types);
}

void TypeTable::read_size(Reader& rows) {
  SizeExpr expr;
  std::vector<std::uint32_t> parts;
  std::int64_t own = 1;
  for (std::uint32_t left = rows.array("a size"); left > 0; --left) {
    expr.terms.push_back(read_term(rows, parts));
    own += 1 + static_cast<std::int64_t>(expr.terms.back().factors.size());
  }
  size_growth_.add(parts, own);
  if (!is_normal(expr)) throw malformed("a size is not in normal form");
  sizes_.push_back(store_.intern(std::move(expr)));
}

SizeTerm TypeTable::read_term(Reader& rows, std::vector<std::uint32_t>& parts) {
  const std::uint32_t fields = rows.array("a term of a size");
  if (fields == 0 || fields > limits::kDepth)
    throw malformed("a term of a size has a coefficient and at most 63 factors");
  SizeTerm term;
  term.coefficient = rows.integer("the coefficient of a size");
  for (std::uint32_t i = 1; i < fields; ++i) {
    SizeAtom atom;
    if (rows.is(Reader::Kind::kString)) {
      atom.symbol = rows.identifier("a symbol");
    } else {
      rows.array("a floor division", 2);
      parts.push_back(rows.index(sizes_.size(), "the size in a floor division"));
      atom.numerator = sizes_[parts.back()];
      atom.divisor = rows.integer("the divisor of a size", 2);
      if (!is_plain_division(*atom.numerator, atom.divisor))
        throw malformed("a floor division is not in normal form");
    }
    term.factors.push_back(atom);
  }
  const std::vector<std::string> texts = texts_of(term);
  if (!std::is_sorted(texts.begin(), texts.end()))
    throw malformed("the factors of a size are out of order");
  return term;
}

void TypeTable::read_type(Reader& rows) {
  const std::uint32_t fields = rows.array("a type");
  if (fields == 0) throw malformed("a type has to have a kind");
  const TypeTag& tag = tag_of(rows.string("the kind of a type"), fields - 1);
  Type type;
  type.kind = tag.kind;
  parts_.clear();
  own_ = 1;
  switch (tag.kind) {
  case TypeKind::kTensor:
    read_tensor(rows, type);
    break;
  case TypeKind::kAny: {
    const std::string_view name = rows.string("the name of a type");
    const std::optional<TypeKind> atom = atom_by_name(name);
    if (!atom) throw malformed(quote(name.substr(0, 60)) + " is no type");
    type.kind = *atom;
    break;
  }
  case TypeKind::kDict:
    type.parts = {part(rows)}, type.parts.push_back(part(rows));
    break;
  case TypeKind::kUnion:
    all_parts(rows, type);
    break;
  case TypeKind::kTuple:
    read_tuple(rows, type);
    break;
  case TypeKind::kFuture:
    type.name = rows.string("the kind of a future");
    if (type.name != "Future" && type.name != "Await" && type.name != "RRef")
      throw malformed(quote(type.name.substr(0, 60)) + " is no kind of future");
    type.parts = {part(rows)};
    break;
  case TypeKind::kList:
  case TypeKind::kOptional:
    type.parts = {part(rows)};
    break;
  default:
    type.name = rows.dotted("the name of a type");
  }
  const Type* entry = store_.intern(std::move(type));
  type_growth_.add(parts_, own_);
  types_.push_back(entry);
}

const Type* TypeTable::part(Reader& row) {
  parts_.push_back(row.index(types_.size(), "a part of a type"));
  return types_[parts_.back()];
}

void TypeTable::all_parts(Reader& row, Type& type) {
  for (std::uint32_t left = row.array("the parts of a type"); left > 0; --left)
    type.parts.push_back(part(row));
}

void TypeTable::read_tensor(Reader& row, Type& type) {
  if (!row.take_nil()) {
    const std::string_view name = row.string("a dtype");
    type.dtype = dtype_of_name(name);
    if (!type.dtype) throw malformed(quote(name.substr(0, 60)) + " is no dtype");
  }
  if (!row.take_nil()) type.shape = read_shape(row);
  if (!row.take_nil()) {
    type.strides.emplace();
    for (std::uint32_t left = row.array("strides"); left > 0; --left)
      type.strides->push_back(row.integer("a stride"));
  }
  if (!row.take_nil()) type.requires_grad = row.boolean("requires_grad");
  if (!row.take_nil()) type.device = row.name("a device");
}

std::vector<Dim> TypeTable::read_shape(Reader& row) {
  const std::uint32_t rank = row.array("a shape");
  limits::within("the rank of a type", rank, limits::kRank);
  std::vector<Dim> shape;
  for (std::uint32_t i = 0; i < rank; ++i) {
    if (row.take_nil()) {
      shape.push_back({});
    } else if (row.is(Reader::Kind::kArray)) {
      row.array("a symbolic size", 1);
      const std::uint32_t place = row.index(sizes_.size(), "a size");
      own_ += size_growth_.weight(place);
      shape.push_back(Dim::symbolic(sizes_[place]));
    } else {
      shape.push_back(Dim::known(row.integer("a size", 0)));
    }
  }
  return shape;
}

void TypeTable::read_tuple(Reader& row, Type& type) {
  all_parts(row, type);
  Reader name = row;
  row.skip();
  std::unordered_set<std::string_view> seen;
  for (std::uint32_t left = row.array("the fields"); left > 0; --left) {
    type.fields.push_back(row.identifier("a field"));
    seen.insert(type.fields.back());
  }
  if (type.fields.empty() && name.is_empty_string()) return;
  if (seen.size() != type.fields.size()) throw malformed("a NamedTuple has a name twice");
  if (type.fields.size() != type.parts.size())
    throw malformed("a NamedTuple has a field for each element");
  type.name = name.dotted("the name of a type");
}

}  // namespace tsx::engine
