#include "run/code.h"

#include <optional>
#include <utility>

#include "base/error.h"
#include "run/code_stack.h"

namespace tsx::engine {
namespace {

class Translator : CodeStack {
 public:
  Translator(const Program& program, const Function& function)
      : CodeStack(program, function), unit_of_(function.code.size() + 1, 0) {}

  Code code() {
    for (place_ = 0; place_ < function_.code.size(); ++place_) {
      if (is_target_[place_]) flush_all(place_);
      if (is_unreachable_ || is_target_[place_]) arrive();
      is_unreachable_ = false;
      unit_of_[place_] = next_unit();
      take(function_.code[place_]);
    }
    for (const auto& [unit, place] : jumps_) target(code_.units[unit]) = unit_of_[place];
    code_.registers = first_constant_ + static_cast<std::uint32_t>(code_.constants.size());
    return std::move(code_);
  }

 private:
  static std::uint32_t& target(Unit& unit) {
    const bool first = unit.kind == StepKind::kJump || unit.kind >= StepKind::kUnlessEqI;
    return first ? unit.a : unit.b;
  }

  void jump(const Unit& unit, std::uint32_t place) {
    jumps_.emplace_back(next_unit(), place);
    emit(unit);
  }

  // --- instructions ------------------------------------------------------------------------------

  void take(const Instruction& i) {
    const std::uint32_t a = i.operands[0];
    switch (i.opcode) {
    case Opcode::LOAD: return stack_.push_back({Pending::kSlot, a});
    case Opcode::MOVE:  // a number need not leave its slot
      return stack_.push_back({copy_of(a) == StepKind::kCopy ? Pending::kLastUse : Pending::kSlot, a});
    case Opcode::LOADC: return stack_.push_back({Pending::kConstant, a});
    case Opcode::STORE: return store(a);
    case Opcode::DROP: return drop();
    case Opcode::FREE: flush_slot(a); return emit({StepKind::kClear, 0, a, 0, 0});
    case Opcode::UNINITIALIZED: push(); return emit({StepKind::kUninit, 0, top(), 0, 0});
    case Opcode::CALL: {
      const OperatorEntry& entry = program_.operators[a];
      if (entry.body != kNoFunction)
        return call(StepKind::kCallF, entry.operands, entry.results, entry.body);
      return call(StepKind::kCall, entry.operands, entry.results, a);
    }
    case Opcode::CALLF:
      return call(StepKind::kCallF, program_.functions[a].inputs, program_.functions[a].outputs, a);
    case Opcode::CALLM: return call(StepKind::kCallM, i.operands[1] + 1, i.operands[2], a);
    case Opcode::TILE: {
      const Tile& tile = program_.tiles[a];
      return call(StepKind::kTile, tile.operands, tile.outputs.size(), a);
    }
    case Opcode::RET: {
      emit({StepKind::kRet, 0, flush_top(function_.outputs), 0, 0});
      return unreachable();
    }
    case Opcode::JMP: return jump_to(a);
    case Opcode::JF: return jump_if_false(a);
    case Opcode::LOOP: {
      flush_all();
      const std::uint32_t first = stack_register(stack_.size() - 3 - i.operands[1]);
      return jump({StepKind::kLoop, 0, first, 0, i.operands[1]}, a);
    }
    default: return i.opcode >= Opcode::ADD_I ? scalar(i.opcode) : plain(i);
    }
  }

  /// Instructions that take their operands from the stack and leave one result, or none.
  void plain(const Instruction& i) {
    const std::uint32_t a = i.operands[0];
    switch (i.opcode) {
    case Opcode::GUARD: return shape(StepKind::kGuard, 1, 0, a);
    case Opcode::RAISE: return shape(StepKind::kRaise, 2, 0, 0);
    case Opcode::PRINT: return shape(StepKind::kPrint, a, 0, a);
    case Opcode::WRITE: return shape(StepKind::kWrite, 1, 0, 0);
    case Opcode::LIST: return shape(StepKind::kList, a, 1, a);
    case Opcode::TUPLE: return shape(StepKind::kTuple, a, 1, a);
    case Opcode::DICT: return shape(StepKind::kDict, a, 1, a);
    case Opcode::UNPACK: return shape(StepKind::kUnpack, 1, a, a);
    case Opcode::INDEX: return shape(StepKind::kIndex, 2, 1, 0);
    case Opcode::SLICE: return shape(StepKind::kSlice, 3, 1, 0);
    case Opcode::GET_ATTR: return get_attribute(a);
    case Opcode::SET_ATTR: return shape(StepKind::kSetAttr, 2, 0, a);
    case Opcode::CREATE: return shape(StepKind::kCreate, 0, 1, a);
    case Opcode::ISINSTANCE: return shape(StepKind::kIsInstance, 1, 1, a);
    case Opcode::TENSOR: return shape(StepKind::kToTensor, 1, 1, 0);
    case Opcode::ENUM_NAME: return shape(StepKind::kEnumName, 1, 1, 0);
    case Opcode::ENUM_VALUE: return shape(StepKind::kEnumValue, 1, 1, 0);
    default: bug("no translation of an instruction");
    }
  }

  std::uint32_t top() const { return stack_register(stack_.size() - 1); }

  void shape(StepKind kind, std::size_t pops, std::size_t pushes, std::uint32_t b) {
    const std::uint32_t first = flush_top(pops);
    emit({kind, 0, first, b, 0});
    stack_.resize(stack_.size() - pops);
    for (std::size_t i = 0; i < pushes; ++i) push();
  }

  void call(StepKind kind, std::size_t pops, std::size_t pushes, std::uint32_t index) {
    const std::uint32_t first = flush_top(pops);
    const auto c = kind == StepKind::kCallM ? static_cast<std::uint32_t>(pops) : first;
    emit({kind, static_cast<std::uint16_t>(pushes == 1), first, index, c});
    stack_.resize(stack_.size() - pops);
    for (std::size_t i = 0; i < pushes; ++i) push();
  }

  void unreachable() {
    is_unreachable_ = true;
    stack_.clear();
  }

  void store(std::uint32_t slot) {
    const Pending value = pop();
    Unit* made = maker(value);
    const std::size_t before = code_.units.size();
    flush_slot(slot);
    if (value.kind == Pending::kLastUse) flush_slot(value.index);
    if (made && code_.units.size() == before)
      (is_scalar_step(made->kind) ? made->a : made->c) = slot;
    else
      load(slot, value, stack_register(stack_.size()));
  }

  void drop() {
    const Pending value = pop();
    if (value.kind == Pending::kInPlace)
      emit({StepKind::kClear, 0, stack_register(stack_.size()), 0, 0});
    if (value.kind != Pending::kLastUse) return;
    flush_slot(value.index);
    emit({StepKind::kClear, 0, value.index, 0, 0});
  }

  void get_attribute(std::uint32_t name) {
    const bool stays = stack_.back().kind == Pending::kSlot;
    const std::uint32_t object = stays ? stack_.back().index : flush_top(1);
    pop();
    push();
    emit({StepKind::kGetAttr, 0, top(), object, name});
  }

  void scalar(Opcode opcode) {
    const StepKind kind = scalar_step(opcode);
    std::uint32_t right = 0;
    if (row(opcode).pops.fixed != 1) {
      const Pending b = pop();
      if (kind == StepKind::kModI && b.kind == Pending::kConstant) {
        const std::int64_t by = program_.constants[b.index].value.as_int();
        if (by > 0) return modulo(by);
      }
      right = number_register(b, stack_.size());
    }
    result(kind, right);
  }

  /// Pops the left operand and pushes the result.
  void result(StepKind kind, std::uint32_t right) {
    const Pending a = pop();
    const std::uint32_t left = number_register(a, stack_.size());
    push();
    emit({kind, 0, top(), left, right});
  }

  /// The rest by a number above 0.
  void modulo(std::int64_t by) {
    if ((by & (by - 1)) == 0) return result(StepKind::kMask, constant_register(Value(by - 1)));
    const std::uint32_t right = constant_register(Value(by));
    Unit* made = stack_.back().kind == Pending::kInPlace ? maker(top()) : nullptr;
    const bool fits = right <= UINT16_MAX && by < kMostNearRest;
    const StepKind both = made && fits ? modulo_step(made->kind) : StepKind::kNotB;
    if (both == StepKind::kNotB) return result(StepKind::kModI, right);
    made->kind = both;  // at the place of the sum, which may overflow
    made->n = static_cast<std::uint16_t>(right);
  }

  void jump_if_false(std::uint32_t target_place) {
    const Pending value = pop();
    const Unit* made = maker(value);
    const StepKind unless = made ? unless_step(made->kind) : StepKind::kNotB;
    if (unless != StepKind::kNotB) {
      Unit jumps = take_back();
      jumps.kind = unless;
      const Unit* bits = is_zero(jumps.c) && bit_step(unless) != StepKind::kNotB &&
                                 jumps.b >= code_.slots ? maker(jumps.b) : nullptr;
      if (bits && bits->kind == StepKind::kMask) {
        jumps = take_back();
        jumps.kind = bit_step(unless);
      }
      keep(target_place);
      flush_all(target_place);
      return jump({jumps.kind, 0, 0, jumps.b, jumps.c}, target_place);
    }
    const std::uint32_t condition = number_register(value, stack_.size());
    keep(target_place);
    flush_all(target_place);
    jump({StepKind::kJumpFalse, 0, condition, 0, 0}, target_place);
  }

  bool is_zero(std::uint32_t reg) const {
    if (reg < first_constant_) return false;
    const Value& number = code_.constants[reg - first_constant_];
    return number.is(Tag::kInt) && number.integer() == 0;
  }

  void jump_to(std::uint32_t target_place) {
    const std::uint32_t land = flow_.landing(place_, target_place), loop = flow_.turned(place_, target_place);
    for (std::uint32_t at = target_place; at < land; ++at)
      function_.code[at].opcode == Opcode::STORE ? store(function_.code[at].operands[0]) : drop();
    if (loop != kNoRegister) {
      next_turn(loop);
    } else {
      flush_all(land > place_ ? land : UINT32_MAX);
      jump({StepKind::kJump, 0, 0, 0, 0}, land);
    }
    unreachable();
  }

  // --- the way back to a loop's start ------------------------------------------------------------

  struct Move {
    std::uint32_t slot;  // kNoRegister: the loop drops it
    Pending value;
    std::uint32_t own;   // its register on the stack
  };

  /// Carried values go straight to the slots where the next turn wants them.
  void next_turn(std::uint32_t loop) {
    const std::uint32_t start = flow_.body_start(loop), count = function_.code[loop].operands[1];
    const std::size_t base = stack_.size() - 3 - count;
    std::vector<Move> moves;
    for (std::uint32_t k = 0; k < count; ++k)
      moves.push_back({function_.code[start - 2 - k].operands[0], stack_[base + 3 + k],
                       stack_register(base + 3 + k)});
    const std::vector<Move> all = moves;
    const std::uint32_t made_at = code_.places.empty() ? 0 : code_.places.back();
    const std::optional<Unit> made = made_last(moves);
    flush(0, base + 2);
    const bool has_condition = !is_true(stack_[base + 2]);
    if (has_condition) flush(base + 2, base + 3);
    move_all(moves);
    if (made) {
      code_.units.push_back(*made);
      code_.places.push_back(made_at);
    }
    const Instruction& trip = function_.code[start - 1];
    const std::uint32_t number = trip.opcode == Opcode::STORE ? trip.operands[0] : kNoRegister;
    jump({StepKind::kLoopNext, has_condition, stack_register(base), 0, number}, start);
    for (std::uint32_t k = 0; k < count; ++k)
      load(stack_register(base + k),
           {copy_of(all[k].slot) == StepKind::kCopy ? Pending::kLastUse : Pending::kSlot, all[k].slot},
           0);
    stack_.resize(base + count);
    jump({StepKind::kJump, 0, 0, 0, 0}, function_.code[loop].operands[0]);
  }

  /// The number that was computed last can go into its slot at once, if that is done behind the
  /// other moves and they leave its operands alone: takes its unit back, and its move out.
  std::optional<Unit> made_last(std::vector<Move>& moves) {
    if (moves.empty() || moves.back().value.kind != Pending::kInPlace) return std::nullopt;
    const Unit* unit = maker(moves.back().own);
    if (!unit || !is_scalar_step(unit->kind)) return std::nullopt;
    for (std::size_t i = 0; i + 1 < moves.size(); ++i)
      if (unit->b == moves[i].slot || unit->c == moves[i].slot) return std::nullopt;
    Unit made = take_back();
    made.a = moves.back().slot;
    moves.pop_back();
    return made;
  }

  bool is_true(const Pending& value) const {
    if (value.kind != Pending::kConstant) return false;
    const ir::Literal& literal = program_.constants[value.index].value;
    return literal.is(ir::Literal::Kind::kBool) && literal.as_bool();
  }

  static bool reads(const Move& move, std::uint32_t slot) {
    return (move.value.kind == Pending::kSlot || move.value.kind == Pending::kLastUse) &&
           move.value.index == slot;
  }

  /// All at once in effect: a value that another move would overwrite goes by its own register.
  void move_all(std::vector<Move> moves) {
    while (!moves.empty()) {
      std::size_t ready = 0;
      for (; ready < moves.size(); ++ready) {
        bool is_read = false;
        for (std::size_t other = 0; other < moves.size(); ++other)
          is_read |= other != ready && reads(moves[other], moves[ready].slot);
        if (!is_read) break;
      }
      if (ready == moves.size()) {
        Move& stuck = moves.front();
        load(stuck.own, stuck.value, stuck.own);
        stuck.value = Pending();
        continue;
      }
      const Move& move = moves[ready];
      const bool stays = reads(move, move.slot);
      if (!stays) load(move.slot, move.value, move.own);
      moves.erase(moves.begin() + static_cast<std::ptrdiff_t>(ready));
    }
  }

  std::vector<std::uint32_t> unit_of_;                          // of each place
  std::vector<std::pair<std::uint32_t, std::uint32_t>> jumps_;  // unit, place that it jumps to
  bool is_unreachable_ = false;
};

}  // namespace

Code translate(const Program& program, const Function& function) {
  return Translator(program, function).code();
}

}  // namespace tsx::engine
