// What a node can be: a structural kind, or an operator that has a record.
//
// The operators' records are generated from tsx/ops (gen/operators.inc); their schemas are read
// from their text when a program uses them (ir/schema.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/span.h"

namespace tsx::engine {

/// The structural kinds of tsx/ir/prim.py.
enum class Prim : std::uint8_t {
  kNone,  // an operator
  kConstant,
  kIf,
  kLoop,
  kListConstruct,
  kListUnpack,
  kTupleConstruct,
  kTupleUnpack,
  kTupleIndex,
  kTupleSlice,
  kDictConstruct,
  kGetAttr,
  kSetAttr,
  kCallMethod,
  kCallFunction,
  kCreateObject,
  kIsInstance,
  kUncheckedCast,
  kUninitialized,
  kRaiseException,
  kPrint,
  kNumToTensor,
  kEnumName,
  kEnumValue,
  kGuard,
  kGroup,
  kWrite,
  kReturn,
};

/// A row of gen/prims.inc: counts from the least to the greatest, attributes as "name:form ".
struct PrimRow {
  Prim prim;
  std::string_view kind;
  std::uint32_t least_operands, most_operands;
  std::uint32_t least_results, most_results;
  std::uint32_t blocks;
  std::string_view required, optional;
};

const PrimRow& row_of(Prim prim);

/// The structural kind of that name; kNone when there is none.
Prim prim_by_name(std::string_view kind);

/// What may be asked about an operator instead of its name (tsx/ir/op.py says what each means).
enum class Trait : std::uint16_t {
  NONE = 0,
  PURE = 1,
  ELEMENTWISE = 2,
  COMMUTATIVE = 4,
  IDEMPOTENT = 8,
  REDUCTION = 16,
  CONTRACTION = 32,
  VIEW = 64,
  RANDOM = 128,
  EFFECT = 256,
  INPLACE = 512,
  RAISES = 1024,
};
constexpr Trait operator|(Trait a, Trait b) {
  return static_cast<Trait>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}

/// A row of gen/operators.inc, or a HostRecord. The rows' texts lie in one array of characters, so that
/// the table needs no pointers, which the loader of a program would have to mend one by one.
struct Operator {
  static constexpr std::uint32_t kOwnText = UINT32_MAX;

  std::uint32_t text;  // where its schema starts, and the instruction after it; kOwnText: a HostRecord
  std::uint16_t schema_length;
  std::uint8_t kind_length;
  std::uint8_t instruction_length;
  std::int16_t operands;  // -1: any number
  std::int16_t results;
  std::int16_t version;
  Trait traits;
  bool is_composite;
  std::int16_t formula;       // its formula (gen/formulas.inc), or -1
  std::int16_t written_form;  // the operator whose result it writes into operand 0, or -1
  std::int8_t write_mode;  // how it does that: 0 checks dtype and sizes, 1 stores; -1: it is none

  /// Whether the program around the engine provides it (run/host.h).
  bool is_host() const { return text == kOwnText; }
  bool has(Trait trait) const {
    return (static_cast<unsigned>(traits) & static_cast<unsigned>(trait)) != 0;
  }
  /// Its whole text; it starts with the kind.
  std::string_view schema() const;
  /// aten::add.Tensor
  std::string_view kind() const;
  /// The typed instruction of the VM that answers it, or empty.
  std::string_view instruction() const;
};

/// The record of an operator that the program around the engine provides: it has a text of its own.
struct HostRecord : Operator {
  explicit HostRecord(std::string schema) : Operator(), own_text(std::move(schema)) {
    text = kOwnText;
    formula = written_form = -1;
    write_mode = -1;
  }

  std::string own_text;
};

/// Every operator of the engine's, ascending by kind.
Span<const Operator> operators();
/// The record of one of them, or null.
const Operator* find_operator(std::string_view kind);

}  // namespace tsx::engine
