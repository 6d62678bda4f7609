#include "run/vm.h"

#include <algorithm>
#include <cstdio>

#include "base/budget.h"
#include "base/error.h"
#include "run/failure.h"
#include "run/profile.h"

// Computed goto is an extension of GCC and Clang; so is the comma-free choice of a likely branch.
#pragma GCC diagnostic ignored "-Wpedantic"

namespace tsx::engine {
namespace {

[[noreturn]] void overflows(const char* operation) {
  throw failure("TSX5001", {{"operation", operation}, {"reason", "overflows"}})
      .instead_of("OverflowError", "the result needs more than 64 bits");
}

[[noreturn]] void divides_by_zero(const char* operation, const char* text) {
  throw failure("TSX5001", {{"operation", operation}, {"reason", "divides by zero"}})
      .instead_of("ZeroDivisionError", text);
}

std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
  if (b == 0) divides_by_zero("floordiv", "integer division or modulo by zero");
  if (b == -1) {
    if (a == INT64_MIN) overflows("floordiv");
    return -a;
  }
  const std::int64_t quotient = a / b;
  return quotient - (a % b != 0 && (a < 0) != (b < 0));
}

std::int64_t modulo(std::int64_t a, std::int64_t b) {
  if (b == 0) divides_by_zero("remainder", "integer modulo by zero");
  if (b == -1) return 0;
  const std::int64_t rest = a % b;
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

inline std::int64_t rest(std::int64_t number, std::int64_t by) {  // by > 0
  const std::int64_t found = number % by;
  return found < 0 ? found + by : found;
}

/// The rest of a sum or difference by 0 < by < 2^62. Of one of two rests it takes no division.
inline std::int64_t rest_near(std::int64_t number, std::int64_t by, bool is_difference) {
  const auto step = static_cast<std::uint64_t>(by);
  const std::uint64_t low = static_cast<std::uint64_t>(number) + (is_difference ? step : 0);
  if (__builtin_expect(low < 2 * step, 1))
    return static_cast<std::int64_t>(low < step ? low : low - step);
  return rest(number, by);
}

}  // namespace

Value* RegisterStack::take(std::size_t count) {
  if (chunks_.empty() || chunks_.back().size - chunks_.back().used < count) {
    const std::size_t size = std::max<std::size_t>(count, chunks_.empty() ? 64 : 4096);
    chunks_.push_back({std::make_unique<Value[]>(size), size, 0});
  }
  Chunk& chunk = chunks_.back();
  chunk.used += count;
  return chunk.registers.get() + (chunk.used - count);
}

void RegisterStack::give_back(std::size_t count) {
  chunks_.back().used -= count;
  if (chunks_.back().used == 0 && chunks_.size() > 1) chunks_.pop_back();
}

Run::Run(const Executable& executable, RunContext& context, WeightTable* own_weights,
         const Poll* poll)
    : executable_(executable), context_(context), own_weights_(own_weights), poll_(poll),
      results_(executable.most_results()), most_calls_(kMaxCalls) {
  if (context.budget && context.budget->limits().calls > 0)
    most_calls_ = std::min<std::size_t>(kMaxCalls, static_cast<std::size_t>(context.budget->limits().calls));
}

Run::~Run() {
  while (!frames_.empty()) leave();
}

std::vector<Value> Run::call(std::uint32_t function, std::vector<Value> inputs) {
  const Function& entry = executable_.program().functions[function];
  if (inputs.size() != entry.inputs)
    bug(entry.name + " takes " + std::to_string(entry.inputs) + " values, not " +
        std::to_string(inputs.size()));
  begin_call(function, inputs.size(), inputs.data());
  try {
    return loop();
  } catch (const Interrupted&) {
    while (!frames_.empty()) leave();
    throw;
  } catch (...) {
    const Error error = explain(std::current_exception());
    while (!frames_.empty()) leave();
    throw error;
  }
}

void Run::poll() {
  calls_ = kCalls;
  if (poll_ && *poll_) (*poll_)();
}

Value* Run::enter(std::uint32_t function) {
  if (frames_.size() > most_calls_)
    throw failure("TSX5006", {{"limit", most_calls_},
                              {"name", executable_.program().functions[function].name}});
  const Code& code = executable_.code(function);
  Value* registers = registers_.take(code.registers);
  Value* constant = registers + code.registers - code.constants.size();
  for (const Value& number : code.constants) *constant++ = number;
  frames_.push_back({&code, registers, code.units.data(), function});
  return registers;
}

Value* Run::begin_call(std::uint32_t function, std::size_t inputs, Value* operands) {
  Value* registers = enter(function);
  for (std::size_t i = 0; i < inputs; ++i) registers[i] = std::move(operands[i]);
  return registers;
}

void Run::leave() {
  const Frame& frame = frames_.back();
  for (std::uint32_t i = 0; i < frame.code->registers; ++i) frame.registers[i] = Value();
  registers_.give_back(frame.code->registers);
  frames_.pop_back();
}

// The loop. A step is a few instructions of the machine where numbers are concerned; `at` of the
// frame is brought up to date before anything that may throw.
std::vector<Value> Run::loop() {
  static const void* const kLabels[] = {
#define X(name) &&label_##name,
      TSX_STEPS(X)
#undef X
  };
  // A limited run goes through `limited` for each step, any other straight to the step.
  static const void* const kLimited[] = {
#define X(name) &&limited,
      TSX_STEPS(X)
#undef X
  };
  const void* const* const labels = context_.budget ? kLimited : kLabels;
  Value* r = frames_.back().registers;
  const Unit* first = frames_.back().code->units.data();
  const Unit* unit = first;
  constexpr std::int32_t kTurns = 10'000;  // of loops, until the caller is asked
  std::int32_t turns = kTurns;

#define GO() goto* labels[static_cast<std::size_t>(unit->kind)]
#define NEXT()                                                                                    \
  do {                                                                                            \
    ++unit;                                                                                       \
    GO();                                                                                         \
  } while (false)
#define JUMP(to)                                                                                  \
  do {                                                                                            \
    unit = first + (to);                                                                          \
    GO();                                                                                         \
  } while (false)
#define STOPS_HERE() frames_.back().at = unit
#define TURN()                                                                                    \
  do {                                                                                            \
    if (__builtin_expect(--turns < 0, 0)) {                                                       \
      STOPS_HERE();                                                                               \
      turns = kTurns;                                                                             \
      poll();                                                                                     \
    }                                                                                             \
  } while (false)
#define A r[unit->a]
#define B r[unit->b]
#define C r[unit->c]

  GO();

limited:
  if (--instructions_left_ < 0) {
    STOPS_HERE();
    instructions_left_ = context_.budget->next_instructions() - 1;
  }
  goto* kLabels[static_cast<std::size_t>(unit->kind)];

label_Copy:
  A = B;
  NEXT();
#define COPY(name, field, kind)                                                                   \
  label_##name : field(A) = field(B);                                                             \
  set(A, Tag::kind);                                                                              \
  NEXT();
  COPY(CopyInt, integer, kInt)
  COPY(CopyFloat, real, kFloat)
  COPY(CopyBool, integer, kBool)
label_Take:
  A = std::move(B);
  B = Value();
  NEXT();
label_Const:
  A = executable_.plain_constant(unit->b);
  NEXT();
label_Clear:
  A = Value();
  NEXT();
label_Uninit:
  A = Value::uninitialized();
  NEXT();

label_Call:
  STOPS_HERE();
  call_operator(*unit, r);
  NEXT();
label_Tile:
  STOPS_HERE();
  call_tile(*unit, r);
  NEXT();
label_CallM:
  STOPS_HERE();
  r = begin_call(called_method(*unit, r), unit->c, r + unit->a);
  unit = first = frames_.back().code->units.data();
  GO();
label_CallF:
  STOPS_HERE();
  TURN();
  r = begin_call(unit->b, executable_.program().functions[unit->b].inputs, r + unit->a);
  unit = first = frames_.back().code->units.data();
  GO();
label_Ret: {
  const std::uint32_t outputs = executable_.program().functions[frames_.back().function].outputs;
  Value* given = r + unit->a;
  if (frames_.size() == 1) {
    std::vector<Value> values;
    for (std::uint32_t i = 0; i < outputs; ++i) values.push_back(std::move(given[i]));
    leave();
    return values;
  }
  const Frame& caller = frames_[frames_.size() - 2];
  Value* target = caller.registers + caller.at->a;
  for (std::uint32_t i = 0; i < outputs; ++i) target[i] = std::move(given[i]);
  leave();
  r = caller.registers;
  first = caller.code->units.data();
  unit = caller.at;
  NEXT();
}

label_Jump:
  JUMP(unit->a);
label_JumpFalse:
  if (integer(A) != 0) NEXT();
  JUMP(unit->b);
label_Loop: {
  TURN();
  Value* loop = &A;  // trip, limit, condition, carried…
  const std::int64_t trip = integer(loop[0]);
  if (trip < integer(loop[1]) && integer(loop[2]) != 0) {
    integer(loop[2]) = trip;
    set(loop[2], Tag::kInt);
    integer(loop[0]) = trip + 1;
    NEXT();
  }
  for (std::uint32_t i = 0; i < unit->c; ++i) {
    loop[i] = std::move(loop[i + 3]);
    loop[i + 3] = Value();
  }
  JUMP(unit->b);
}
label_LoopNext: {
  TURN();
  Value* loop = &A;
  const std::int64_t trip = integer(loop[0]);
  if (trip >= integer(loop[1]) || (unit->n && integer(loop[2]) == 0)) NEXT();
  integer(loop[0]) = trip + 1;
  if (unit->c != kNoRegister) {
    integer(C) = trip;
    set(C, Tag::kInt);
  }
  JUMP(unit->b);
}

label_GetAttr:
  STOPS_HERE();
  get_attribute(*unit, r);
  NEXT();
#define SLOW(name)                                                                                \
  label_##name : STOPS_HERE();                                                                    \
  step(*unit, r);                                                                                 \
  NEXT();
  SLOW(Fresh) SLOW(Guard) SLOW(Raise) SLOW(Print) SLOW(Write) SLOW(List) SLOW(Tuple) SLOW(Dict) SLOW(Unpack)
  SLOW(Index) SLOW(Slice) SLOW(SetAttr) SLOW(Create) SLOW(IsInstance) SLOW(ToTensor)
  SLOW(EnumName) SLOW(EnumValue)

#define INTEGER(expression)                                                                       \
  do {                                                                                            \
    const std::int64_t made = (expression);                                                       \
    integer(A) = made;                                                                            \
    set(A, Tag::kInt);                                                                            \
    NEXT();                                                                                       \
  } while (false)
#define CHECKED(name, builtin, operation)                                                         \
  label_##name : {                                                                                \
    std::int64_t result;                                                                          \
    if (__builtin_expect(builtin(integer(B), integer(C), &result), 0)) {                          \
      STOPS_HERE();                                                                               \
      overflows(operation);                                                                       \
    }                                                                                             \
    INTEGER(result);                                                                              \
  }
  CHECKED(AddI, __builtin_add_overflow, "add")
  CHECKED(SubI, __builtin_sub_overflow, "sub")
  CHECKED(MulI, __builtin_mul_overflow, "mul")
label_FloordivI:
  STOPS_HERE();
  INTEGER(floor_divide(integer(B), integer(C)));
label_ModI: {
  const std::int64_t by = integer(C);
  if (__builtin_expect(by <= 0, 0)) {
    STOPS_HERE();
    INTEGER(modulo(integer(B), by));
  }
  INTEGER(rest(integer(B), by));
}
#define REST_OF(name, builtin, operation, is_difference)                                          \
  label_##name : {                                                                                \
    std::int64_t whole;                                                                           \
    if (__builtin_expect(builtin(integer(B), integer(C), &whole), 0)) {                           \
      STOPS_HERE();                                                                               \
      overflows(operation);                                                                       \
    }                                                                                             \
    INTEGER(rest_near(whole, integer(r[unit->n]), is_difference));                                \
  }
  REST_OF(AddModI, __builtin_add_overflow, "add", false)
  REST_OF(SubModI, __builtin_sub_overflow, "sub", true)
label_Mask:
  INTEGER(integer(B) & integer(C));
label_NegI:
  if (__builtin_expect(integer(B) == INT64_MIN, 0)) {
    STOPS_HERE();
    overflows("neg");
  }
  INTEGER(-integer(B));

#define REAL(name, expression)                                                                    \
  label_##name : {                                                                                \
    const double made = (expression);                                                             \
    real(A) = made;                                                                               \
    set(A, Tag::kFloat);                                                                          \
    NEXT();                                                                                       \
  }
  REAL(AddF, real(B) + real(C))
  REAL(SubF, real(B) - real(C))
  REAL(MulF, real(B) * real(C))
  REAL(DivF, real(B) / real(C))
  REAL(NegF, -real(B))

#define TRUTH(name, expression)                                                                   \
  label_##name : {                                                                                \
    const bool made = (expression);                                                               \
    integer(A) = made;                                                                            \
    set(A, Tag::kBool);                                                                           \
    NEXT();                                                                                       \
  }
#define UNLESS(name, expression)                                                                  \
  label_##name : if (expression) NEXT();                                                          \
  JUMP(unit->a);
#define COMPARE(name, operation)                                                                  \
  TRUTH(name##I, integer(B) operation integer(C))                                                 \
  TRUTH(name##F, real(B) operation real(C))                                                       \
  UNLESS(Unless##name##I, integer(B) operation integer(C))                                        \
  UNLESS(Unless##name##F, real(B) operation real(C))
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wfloat-equal"
  COMPARE(Eq, ==)
  COMPARE(Ne, !=)
  COMPARE(Lt, <)
  COMPARE(Le, <=)
  COMPARE(Gt, >)
  COMPARE(Ge, >=)
  UNLESS(UnlessNoBit, (integer(B) & integer(C)) == 0)
  UNLESS(UnlessBit, (integer(B) & integer(C)) != 0)
#pragma GCC diagnostic pop
  TRUTH(NotB, integer(B) == 0)
}

#undef A
#undef B
#undef C

Error Run::explain(std::exception_ptr stopped) const {
  const Frame& frame = frames_.back();
  const Program& program = executable_.program();
  const Function& function = program.functions[frame.function];
  const auto place_of = [](const Frame& of) {
    return of.code->places[static_cast<std::size_t>(of.at - of.code->units.data())];
  };
  const std::uint32_t place = place_of(frame);
  const Instruction& instruction = function.code[place];
  Moment moment{program, function, place, {}};
  const std::uint32_t operands = program.count(function, instruction, row(instruction.opcode).pops);
  if (frame.at->kind >= StepKind::kMask) {
    moment.operands.push_back(frame.registers[frame.at->b]);
    if (operands > 1) moment.operands.push_back(frame.registers[frame.at->c]);
  } else if (frame.at->kind == StepKind::kGetAttr) {
    moment.operands.push_back(frame.registers[frame.at->b]);
  } else {
    for (std::uint32_t i = 0; i < operands; ++i)
      moment.operands.push_back(frame.registers[frame.at->a + i]);
  }
  std::vector<Caller> callers;
  for (std::size_t i = frames_.size() - 1; i-- > 0;)
    callers.push_back({&program.functions[frames_[i].function], place_of(frames_[i])});
  return explained(stopped, moment, callers);
}

}  // namespace tsx::engine
