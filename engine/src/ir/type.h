// Types and symbolic sizes, as tsx/ir/types.py and tsx/ir/dims.py define them.
//
// A TypeStore holds each type and each size once, so equal ones are the same pointer. Its entries
// are immutable and live as long as the store. A type's parts are entered before it, so nothing
// here recurses over the nesting that a file chooses.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/dtype.h"

namespace tsx::engine {

struct SizeExpr;

/// A factor of a product: a symbol, or the floor division `numerator // divisor`.
struct SizeAtom {
  std::string_view symbol;  // empty for a division
  const SizeExpr* numerator = nullptr;
  std::int64_t divisor = 0;

  friend bool operator==(const SizeAtom& a, const SizeAtom& b) {
    return a.symbol == b.symbol && a.numerator == b.numerator && a.divisor == b.divisor;
  }
};

/// `coefficient * factor * factor …`; without factors the constant term.
struct SizeTerm {
  std::int64_t coefficient = 0;
  std::vector<SizeAtom> factors;

  friend bool operator==(const SizeTerm& a, const SizeTerm& b) {
    return a.coefficient == b.coefficient && a.factors == b.factors;
  }
};

class TypeStore;

/// A size that depends on symbols: a sum of terms in the normal form of tsx/ir/dims.py. What is
/// computed with it (ir/size_math.h) goes to the same store.
struct SizeExpr {
  std::vector<SizeTerm> terms;

  // Found when it is entered.
  TypeStore* store = nullptr;
  std::size_t weight = 0;  // how many symbols and divisions stand in it, those inside of divisions too
};

/// One size of a tensor type: unknown, known, or symbolic.
struct Dim {
  enum class Kind : std::uint8_t { kUnknown, kKnown, kSymbolic };

  Kind kind = Kind::kUnknown;
  std::int64_t size = 0;           // when known
  const SizeExpr* expr = nullptr;  // when symbolic

  static Dim known(std::int64_t size) { return {Kind::kKnown, size, nullptr}; }
  static Dim symbolic(const SizeExpr* expr) { return {Kind::kSymbolic, 0, expr}; }
  bool is_known() const { return kind == Kind::kKnown; }

  friend bool operator==(const Dim& a, const Dim& b) {
    return a.kind == b.kind && a.size == b.size && a.expr == b.expr;
  }
  friend bool operator!=(const Dim& a, const Dim& b) { return !(a == b); }
};

enum class TypeKind : std::uint8_t {
  // Atoms, in the order of kAtomNames.
  kInt,
  kFloat,
  kBool,
  kStr,
  kComplex,
  kNumber,
  kNone,
  kDevice,
  kGenerator,
  kStream,
  kStorage,
  kAny,
  kTensor,
  kList,
  kOptional,
  kDict,
  kTuple,
  kUnion,
  kFuture,
  kFunction,
  kClass,
  kInterface,
  kEnum,
  kVar,  // a variable of an operator's schema, never the type of a value
};
inline constexpr std::size_t kAtomCount = 12;

/// The name of an atom, as programs spell it: int, Scalar, NoneType …
std::string_view atom_name(TypeKind kind);
std::optional<TypeKind> atom_by_name(std::string_view name);

struct Type {
  TypeKind kind = TypeKind::kAny;

  // A tensor: what isn't known is absent.
  std::optional<DType> dtype;
  std::optional<std::vector<Dim>> shape;
  std::optional<std::vector<std::int64_t>> strides;
  std::optional<bool> requires_grad;
  std::optional<std::string_view> device;

  // Its parts: the element of a list, an optional or a future; key and value of a dict; the
  // elements of a tuple; the members of a union.
  std::vector<const Type*> parts;
  // Of a class, interface, enum, function, variable or named tuple; of a future: Future, Await,
  // RRef.
  std::string_view name;
  std::vector<std::string_view> fields;  // of a named tuple

  // Found when it is entered.
  const Type* erased =
      nullptr;              // without what is known of tensors in it (see erase_shapes in Python)
  std::uint32_t depth = 0;  // how deep it nests
  bool has_variable = false;

  bool is(TypeKind other) const { return kind == other; }
  bool is_atom() const { return kind < TypeKind::kTensor; }
  const Type* element() const { return parts[0]; }
};

/// The canonical text of a type, cut with an ellipsis after about `limit` bytes.
std::string to_text(const Type& type, std::size_t limit = 4096);
std::string to_text(const SizeExpr& size, std::size_t limit = 4096);
std::string to_text(const Dim& dim, std::size_t limit = 4096);

class TypeStore {
 public:
  TypeStore();
  TypeStore(const TypeStore&) = delete;
  TypeStore& operator=(const TypeStore&) = delete;

  const Type* atom(TypeKind kind) const { return atoms_[static_cast<std::size_t>(kind)]; }
  /// The tensor type of which nothing is known.
  const Type* tensor() const { return tensor_; }
  const Type* tensor(std::optional<DType> dtype, std::optional<std::vector<Dim>> shape);
  const Type* list(const Type* element) { return wrap(TypeKind::kList, element); }
  const Type* optional(const Type* element) { return wrap(TypeKind::kOptional, element); }
  const Type* dict(const Type* key, const Type* value);
  const Type* tuple(std::vector<const Type*> elements);
  /// A class, interface, enum, function or variable.
  const Type* named(TypeKind kind, std::string_view name);

  /// The one entry equal to `type`, whose parts are entries already. Strings are copied.
  const Type* intern(Type type);
  /// The one entry equal to `expr`, whose numerators are entries already. Strings are copied.
  const SizeExpr* intern(SizeExpr expr);
  /// A copy of `text` that lives as long as the store.
  std::string_view intern(std::string_view text);

  std::size_t size() const { return types_.size(); }

 private:
  const Type* wrap(TypeKind kind, const Type* element);

  // Deques, since entries never move.
  std::deque<Type> types_;
  std::deque<SizeExpr> sizes_;
  std::unordered_set<std::string> strings_;
  std::unordered_multimap<std::size_t, const Type*> types_by_hash_;
  std::unordered_multimap<std::size_t, const SizeExpr*> sizes_by_hash_;
  const Type* atoms_[kAtomCount] = {};
  const Type* tensor_ = nullptr;
};

}  // namespace tsx::engine
