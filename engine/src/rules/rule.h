// The rule of an operator: its results' types and sizes from what is known of its operands.
//
//     TSX_RULE(tiling_flip_rule) {  // aten::flip(Tensor self, int[] dims) -> Tensor
//       …
//       return in.tensor(in.dtype(0), in.shape(0));
//     }
//
// Each is the twin of a Python function under tsx/ops, whose name it has (module, then qualified name);
// gen/rules.inc, which is generated, says which operator has which. A rule gives one abstract value for
// one result, a tuple of them for several (nothing() for none). It throws where its operands can't be
// right (failure(…), as a TSX4… code of the Python rule's), and must accept unknown dtypes and sizes.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/span.h"
#include "ir/op.h"
#include "ir/schema.h"
#include "ir/size_math.h"
#include "rules/abstract.h"

namespace tsx::engine::rules {

/// What a rule sees: what is known of the operands, in schema order.
class Operands {
 public:
  Operands(Arena& arena, const Operator& op, const Schema& schema, Span<const Abstract> values)
      : arena_(arena), op_(op), schema_(schema), values_(values) {}

  std::size_t size() const { return values_.size(); }
  const Abstract& operator[](std::size_t i) const { return values_[i]; }
  Span<const Abstract> values() const { return values_; }

  const Operator& op() const { return op_; }
  const Schema& schema() const { return schema_; }
  /// "aten::max_pool2d.out" is all of the kind, "aten::max_pool2d" its name, "max_pool2d" its base.
  std::string_view kind() const { return op_.kind(); }
  std::string_view name() const;
  std::string_view base() const;

  /// What is known of a tensor operand; of an optional one that may be absent, nothing.
  const Type& type(std::size_t i) const {
    return values_[i].is_tensor() ? *values_[i].type() : *arena_.types.tensor();
  }
  const std::optional<Shape>& shape(std::size_t i) const { return type(i).shape; }
  std::optional<DType> dtype(std::size_t i) const { return type(i).dtype; }

  // What a rule gives.
  Abstract tensor(std::optional<DType> dtype, std::optional<Shape> shape) const {
    return arena_.tensor(dtype, std::move(shape));
  }
  Abstract tuple(Items items) const { return arena_.tuple(std::move(items)); }
  Abstract list(Items items) const { return arena_.list(std::move(items)); }
  Abstract nothing() const { return arena_.tuple({}); }
  Abstract integer(const Dim& dim) const { return arena_.integer(dim); }
  Abstract string(std::string_view text) const { return arena_.string(text); }
  Abstract unknown(TypeKind atom) const { return arena_.unknown(atom); }
  Abstract unknown(const Type* type) const { return Abstract(type); }
  /// What the schema says of result number `i`.
  Abstract result(std::size_t i = 0) const { return Abstract(schema_.results[i].type); }

  Arena& arena() const { return arena_; }
  TypeStore& types() const { return arena_.types; }

  /// The same rule's view of other operands, where one rule calls another.
  Operands with(Span<const Abstract> values) const { return {arena_, op_, schema_, values}; }

 private:
  Arena& arena_;
  const Operator& op_;
  const Schema& schema_;
  Span<const Abstract> values_;
};

using Rule = Abstract (*)(const Operands& in);

/// The rule of an operator; null for one of the program around the engine.
Rule rule_of(const Operator& op);

#define TSX_RULE(name) Abstract name(const Operands& in);
#define TSX_RULE_OF(place)
#include "rules.inc"
#undef TSX_RULE
#undef TSX_RULE_OF

}  // namespace tsx::engine::rules

#define TSX_RULE(name) \
  tsx::engine::rules::Abstract tsx::engine::rules::name([[maybe_unused]] const Operands& in)
