#include "run/code_stack.h"

#include <algorithm>
#include <cstring>

#include "run/literal.h"

namespace tsx::engine {

CodeStack::CodeStack(const Program& program, const Function& function)
    : program_(program), function_(function), flow_(function),
      depths_(stack_depths(program, function)), is_target_(flow_.targets()) {
  code_.slots = function.slots();
  first_constant_ = function.slots() + function.depth;
}

std::uint32_t CodeStack::stack_register(std::size_t depth) const {
  return code_.slots + static_cast<std::uint32_t>(depth);
}

void CodeStack::emit(const Unit& unit) {
  code_.units.push_back(unit);
  code_.places.push_back(place_);
}

Pending CodeStack::pop() {
  const Pending top = stack_.back();
  stack_.pop_back();
  return top;
}

Unit* CodeStack::maker(std::uint32_t reg) {
  if (code_.units.empty()) return nullptr;
  for (std::uint32_t place = code_.places.back() + 1; place <= place_; ++place)
    if (is_target_[place]) return nullptr;
  Unit& last = code_.units.back();
  if (is_scalar_step(last.kind)) return last.a == reg ? &last : nullptr;
  const bool is_call = last.kind == StepKind::kCall || last.kind == StepKind::kTile;
  return is_call && last.n == 1 && last.c == reg ? &last : nullptr;
}

Unit* CodeStack::maker(const Pending& popped) {
  return popped.kind == Pending::kInPlace ? maker(stack_register(stack_.size())) : nullptr;
}

Unit CodeStack::take_back() {
  const Unit last = code_.units.back();
  code_.units.pop_back();
  code_.places.pop_back();
  return last;
}

void CodeStack::load(std::uint32_t reg, const Pending& value, std::uint32_t own) {
  switch (value.kind) {
  case Pending::kInPlace: {
    const StepKind copy = reg < code_.slots ? copy_of(reg) : StepKind::kCopy;
    if (reg != own) emit({copy == StepKind::kCopy ? StepKind::kTake : copy, 0, reg, own, 0});
    return;
  }
  case Pending::kSlot: return emit({copy_of(value.index), 0, reg, value.index, 0});
  case Pending::kLastUse: return emit({StepKind::kTake, 0, reg, value.index, 0});
  case Pending::kConstant:
    return emit({is_fresh(value.index) ? StepKind::kFresh : StepKind::kConst, 0, reg, value.index, 0});
  }
}

bool CodeStack::is_fresh(std::uint32_t constant) const {
  const ir::Literal& value = program_.constants[constant].value;
  const Type* type = program_.constants[constant].type;
  while (type->is(TypeKind::kOptional)) type = type->element();
  return value.is(ir::Literal::Kind::kTuple) || value.is(ir::Literal::Kind::kWeight) ||
         type->is(TypeKind::kEnum);
}

void CodeStack::flush(std::size_t from, std::size_t to) {
  for (std::size_t i = from; i < to; ++i) {
    if (stack_[i].kind == Pending::kLastUse)  // it is emptied: what reads it later reads it now
      for (std::size_t below = 0; below < from; ++below)
        if (stack_[below].kind == Pending::kSlot && stack_[below].index == stack_[i].index)
          flush(below, below + 1);
    load(stack_register(i), stack_[i], stack_register(i));
    stack_[i] = Pending();
  }
}

void CodeStack::flush_all(std::uint32_t place) {
  for (std::size_t i = 0; i < stack_.size(); ++i)
    if (stack_[i].until < place) flush(i, i + 1);
}

void CodeStack::arrive() {
  stack_.assign(static_cast<std::size_t>(depths_[place_]), Pending());
  for (std::size_t i = 0; i < std::min(stack_.size(), kept_.size()); ++i)
    if (kept_[i].until >= place_) stack_[i] = kept_[i];
}

void CodeStack::keep(std::uint32_t other) {
  const Instruction& last = function_.code[other - 1];  // of the first way
  std::uint32_t meet = other;
  if (last.opcode == Opcode::JMP && last.operands[0] > other)
    meet = flow_.landing(other - 1, last.operands[0]);
  std::vector<bool> is_written(function_.slots(), false);
  for (std::uint32_t at = place_; at <= meet; ++at) {
    const Instruction& instruction = function_.code[at];
    if (instruction.opcode == Opcode::LOOP) return;  // it wants all in their registers
    if (instruction.opcode == Opcode::STORE || instruction.opcode == Opcode::FREE)
      is_written[instruction.operands[0]] = true;
  }
  kept_.resize(std::max(kept_.size(), stack_.size()));
  for (std::size_t i = 0; i < stack_.size(); ++i) {
    Pending& value = stack_[i];
    const bool is_number = value.kind == Pending::kConstant
                               ? !is_fresh(value.index)
                               : value.kind != Pending::kInPlace && !is_written[value.index] &&
                                     copy_of(value.index) != StepKind::kCopy;
    if (is_number) value.until = std::max(value.until, meet);
    kept_[i] = is_number ? value : Pending();
  }
}

std::uint32_t CodeStack::flush_top(std::size_t count) {
  flush(stack_.size() - count, stack_.size());
  return stack_register(stack_.size() - count);
}

void CodeStack::flush_slot(std::uint32_t slot) {
  for (std::size_t i = 0; i < stack_.size(); ++i) {
    const bool is_slot = stack_[i].kind == Pending::kSlot || stack_[i].kind == Pending::kLastUse;
    if (is_slot && stack_[i].index == slot) flush(i, i + 1);
  }
}

std::uint32_t CodeStack::number_register(const Pending& value, std::size_t depth) {
  switch (value.kind) {
  case Pending::kInPlace: return stack_register(depth);
  case Pending::kConstant: return constant_register(value_of(program_.constants[value.index].value, nullptr));
  default: return value.index;
  }
}

std::uint32_t CodeStack::constant_register(Value number) {
  std::uint64_t bits = static_cast<std::uint64_t>(number.integer());
  if (number.is(Tag::kFloat)) {
    const double real = number.real();
    std::memcpy(&bits, &real, sizeof bits);
  }
  const auto fresh = static_cast<std::uint32_t>(code_.constants.size());
  const auto [found, is_new] = constants_.emplace(std::make_pair(number.tag(), bits), fresh);
  if (is_new) code_.constants.push_back(std::move(number));
  return first_constant_ + found->second;
}

}  // namespace tsx::engine
