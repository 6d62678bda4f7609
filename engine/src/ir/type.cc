#include "ir/type.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace tsx::engine {
namespace {

constexpr std::string_view kAtomNames[kAtomCount] = {
    "int",      "float",  "bool",      "str",    "complex", "Scalar",
    "NoneType", "Device", "Generator", "Stream", "Storage", "Any",
};

class Hash {
 public:
  template <typename T> Hash& add(const T& value) {
    state_ = (state_ ^ std::hash<T>()(value)) * 0x9e3779b97f4a7c15;
    state_ ^= state_ >> 32;
    return *this;
  }
  std::size_t value() const { return static_cast<std::size_t>(state_); }

 private:
  std::uint64_t state_ = 0xcbf29ce484222325;
};

std::size_t hash_of(const Type& type) {
  Hash hash;
  hash.add(static_cast<int>(type.kind)).add(type.dtype ? static_cast<int>(*type.dtype) : -1);
  hash.add(type.shape.has_value()).add(type.name);
  if (type.shape)
    for (const Dim& dim : *type.shape)
      hash.add(dim.size).add(dim.expr);
  for (const Type* part : type.parts)
    hash.add(part);
  return hash.value();
}

bool is_same(const Type& a, const Type& b) {
  return a.kind == b.kind && a.dtype == b.dtype && a.shape == b.shape && a.strides == b.strides &&
         a.requires_grad == b.requires_grad && a.device == b.device && a.parts == b.parts &&
         a.name == b.name && a.fields == b.fields;
}

std::size_t hash_of(const SizeExpr& expr) {
  Hash hash;
  for (const SizeTerm& term : expr.terms) {
    hash.add(term.coefficient);
    for (const SizeAtom& atom : term.factors)
      hash.add(atom.symbol).add(atom.numerator).add(atom.divisor);
  }
  return hash.value();
}

bool is_same(const SizeExpr& a, const SizeExpr& b) { return a.terms == b.terms; }

template <typename Table, typename Entry>
auto find_same(const Table& table, std::size_t hash, const Entry& wanted) {
  const auto [first, last] = table.equal_range(hash);
  for (auto row = first; row != last; ++row)
    if (is_same(*row->second, wanted)) return row->second;
  return static_cast<decltype(first->second)>(nullptr);
}

}  // namespace

std::string_view atom_name(TypeKind kind) {
  const auto place = static_cast<std::size_t>(kind);
  return place < kAtomCount ? kAtomNames[place] : std::string_view();
}

std::optional<TypeKind> atom_by_name(std::string_view name) {
  for (std::size_t i = 0; i < kAtomCount; ++i)
    if (kAtomNames[i] == name) return static_cast<TypeKind>(i);
  return std::nullopt;
}

TypeStore::TypeStore() {
  for (std::size_t i = 0; i < kAtomCount; ++i) {
    Type atom;
    atom.kind = static_cast<TypeKind>(i);
    atoms_[i] = intern(std::move(atom));
  }
  tensor_ = tensor(std::nullopt, std::nullopt);
}

const Type* TypeStore::tensor(std::optional<DType> dtype, std::optional<std::vector<Dim>> shape) {
  Type type;
  type.kind = TypeKind::kTensor;
  type.dtype = dtype;
  type.shape = std::move(shape);
  return intern(std::move(type));
}

const Type* TypeStore::wrap(TypeKind kind, const Type* element) {
  Type type;
  type.kind = kind;
  type.parts = {element};
  return intern(std::move(type));
}

const Type* TypeStore::dict(const Type* key, const Type* value) {
  Type type;
  type.kind = TypeKind::kDict;
  type.parts = {key, value};
  return intern(std::move(type));
}

const Type* TypeStore::tuple(std::vector<const Type*> elements) {
  Type type;
  type.kind = TypeKind::kTuple;
  type.parts = std::move(elements);
  return intern(std::move(type));
}

const Type* TypeStore::named(TypeKind kind, std::string_view name) {
  Type type;
  type.kind = kind;
  type.name = name;
  return intern(std::move(type));
}

std::string_view TypeStore::intern(std::string_view text) { return *strings_.emplace(text).first; }

const SizeExpr* TypeStore::intern(SizeExpr expr) {
  const std::size_t hash = hash_of(expr);
  if (const SizeExpr* known = find_same(sizes_by_hash_, hash, expr)) return known;
  expr.store = this;
  expr.weight = 0;
  for (SizeTerm& term : expr.terms) {
    for (SizeAtom& atom : term.factors) {
      atom.symbol = intern(atom.symbol);
      expr.weight += 1 + (atom.numerator ? atom.numerator->weight : 0);
    }
  }
  sizes_.push_back(std::move(expr));
  sizes_by_hash_.emplace(hash, &sizes_.back());
  return &sizes_.back();
}

const Type* TypeStore::intern(Type type) {
  const std::size_t hash = hash_of(type);
  if (const Type* known = find_same(types_by_hash_, hash, type)) return known;
  type.depth = 0;
  type.erased = nullptr;
  type.name = intern(type.name);
  for (std::string_view& field : type.fields)
    field = intern(field);
  if (type.device) type.device = intern(*type.device);
  type.has_variable = type.kind == TypeKind::kVar;
  bool is_erased = type.kind != TypeKind::kTensor || (!type.dtype && !type.shape && !type.strides &&
                                                      !type.requires_grad && !type.device);
  for (const Type* part : type.parts) {
    type.depth = std::max(type.depth, part->depth + 1);
    type.has_variable = type.has_variable || part->has_variable;
    is_erased = is_erased && part->erased == part;
  }
  // The erased form is entered first: it is its own.
  if (!is_erased && type.kind == TypeKind::kTensor) type.erased = tensor_;
  if (!is_erased && type.kind != TypeKind::kTensor) {
    Type plain = type;
    for (const Type*& part : plain.parts)
      part = part->erased;
    type.erased = intern(std::move(plain));
  }
  types_.push_back(std::move(type));
  Type& entry = types_.back();
  if (is_erased) entry.erased = &entry;
  types_by_hash_.emplace(hash, &entry);
  return &entry;
}

}  // namespace tsx::engine
