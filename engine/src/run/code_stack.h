// CodeStack: code over registers while it is made, with what stands on the stack at the place that
// is translated. The engine's own business.
//
// A load emits nothing: the value stays where it is until an operation takes it from there, or
// until something would change it.
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "run/code.h"
#include "run/code_flow.h"
#include "run/step_kinds.h"

namespace tsx::engine {

/// A value on the stack: in its register, or still where it is loaded from.
struct Pending {
  enum Kind { kInPlace, kSlot, kLastUse, kConstant };

  Kind kind = kInPlace;
  std::uint32_t index = 0;  // of the slot or constant
  std::uint32_t until = 0;  // the place up to which it stays so on every path, see CodeStack::keep
};

class CodeStack {
 protected:
  CodeStack(const Program& program, const Function& function);

  std::uint32_t next_unit() const { return static_cast<std::uint32_t>(code_.units.size()); }
  std::uint32_t stack_register(std::size_t depth) const;
  void emit(const Unit& unit);
  void push() { stack_.emplace_back(); }
  Pending pop();
  /// The last unit if it made the value of `reg`, a place on top of the stack, and nothing can come
  /// between.
  Unit* maker(std::uint32_t reg);
  /// Of a value that has just been popped.
  Unit* maker(const Pending& popped);
  Unit take_back();
  /// Emits `reg` = the value.
  void load(std::uint32_t reg, const Pending& value, std::uint32_t own);
  StepKind copy_of(std::uint32_t slot) const { return copy_step(*function_.slot_types[slot]); }
  /// Whether a constant is made each time: a weight is read on its first use, a list may be written.
  bool is_fresh(std::uint32_t constant) const;
  void flush(std::size_t from, std::size_t to);
  /// All but what stays as it is up to `place` on every path.
  void flush_all(std::uint32_t place = UINT32_MAX);
  /// Where paths meet: what was kept is still to be loaded, everything else is in its register.
  void arrive();
  /// Before a branch: what is loaded below it need not be, if both ways leave it alone until they
  /// meet. Constants and numbers only, so that nothing is emptied on one way.
  void keep(std::uint32_t other);
  /// The top `count` values into their registers; gives the first of these.
  std::uint32_t flush_top(std::size_t count);
  /// Before a slot changes: what is still to be loaded from it.
  void flush_slot(std::uint32_t slot);
  /// Where an operation finds the number that was at `depth` of the stack.
  std::uint32_t number_register(const Pending& value, std::size_t depth);
  std::uint32_t constant_register(Value number);

  const Program& program_;
  const Function& function_;
  const Flow flow_;
  const std::vector<std::int64_t> depths_;
  const std::vector<bool> is_target_;
  std::vector<Pending> stack_;
  std::vector<Pending> kept_;  // by depth
  Code code_;
  std::map<std::pair<Tag, std::uint64_t>, std::uint32_t> constants_;
  std::uint32_t first_constant_ = 0;
  std::uint32_t place_ = 0;
};

}  // namespace tsx::engine
