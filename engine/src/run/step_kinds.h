// Which step of the register machine an instruction becomes, and which one two steps become.
#pragma once

#include "ir/type.h"
#include "run/code.h"
#include "run/opcodes.h"

namespace tsx::engine {

inline StepKind scalar_step(Opcode opcode) {
  return static_cast<StepKind>(static_cast<int>(StepKind::kAddI) + static_cast<int>(opcode) -
                               static_cast<int>(Opcode::ADD_I));
}

/// The jump that a comparison becomes when JF follows; kNotB when it is no comparison.
inline StepKind unless_step(StepKind kind) {
  const auto from = [kind](StepKind first, StepKind last, StepKind jump) {
    if (kind < first || kind > last) return StepKind::kNotB;
    return static_cast<StepKind>(static_cast<int>(jump) + static_cast<int>(kind) -
                                 static_cast<int>(first));
  };
  const StepKind found = from(StepKind::kEqI, StepKind::kGeI, StepKind::kUnlessEqI);
  return found == StepKind::kNotB ? from(StepKind::kEqF, StepKind::kGeF, StepKind::kUnlessEqF)
                                  : found;
}

inline bool is_scalar_step(StepKind kind) { return kind >= StepKind::kMask && kind <= StepKind::kNotB; }

/// The step that copies a value of this type; kCopy when it isn't a plain number.
inline StepKind copy_step(const Type& type) {
  switch (type.kind) {
  case TypeKind::kInt: return StepKind::kCopyInt;
  case TypeKind::kFloat: return StepKind::kCopyFloat;
  case TypeKind::kBool: return StepKind::kCopyBool;
  default: return StepKind::kCopy;
  }
}

/// Arithmetic whose result is only divided; kNotB when there is no step for both.
inline StepKind modulo_step(StepKind kind) {
  if (kind == StepKind::kAddI) return StepKind::kAddModI;
  return kind == StepKind::kSubI ? StepKind::kSubModI : StepKind::kNotB;
}

/// A jump on the comparison of masked bits with 0; kNotB when it is another one.
inline StepKind bit_step(StepKind unless) {
  if (unless == StepKind::kUnlessEqI) return StepKind::kUnlessNoBit;
  return unless == StepKind::kUnlessNeI ? StepKind::kUnlessBit : StepKind::kNotB;
}

}  // namespace tsx::engine
