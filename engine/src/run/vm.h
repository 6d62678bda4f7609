// Run: one call of a program's function on the register machine.
//
// Frames lie on a stack of our own, so calls nest without C++'s recursion. An error unwinds all
// frames and says where it happened. A Run is used by one thread, for one call.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/error.h"
#include "run/context.h"
#include "run/executable.h"
#include "run/work.h"

namespace tsx::engine {

/// What the caller of a run throws to stop it: it comes through as it is, with no words of ours.
struct Interrupted {};

/// Asked now and then while a run goes on; may throw Interrupted.
using Poll = std::function<void()>;

/// Memory for the registers of frames, last in first out. Registers not in use are None.
class RegisterStack {
 public:
  Value* take(std::size_t count);
  /// Of the registers taken last; they must be None again.
  void give_back(std::size_t count);

 private:
  struct Chunk {
    std::unique_ptr<Value[]> registers;
    std::size_t size;
    std::size_t used;
  };
  std::vector<Chunk> chunks_;
};

class Run {
 public:
  static constexpr std::size_t kMaxCalls = 1024;

  /// `own_weights`: of the session that the run belongs to, or null.
  Run(const Executable& executable, RunContext& context, WeightTable* own_weights = nullptr,
      const Poll* poll = nullptr);
  ~Run();
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  /// The outputs of a function. Throws an Error with the source line.
  std::vector<Value> call(std::uint32_t function, std::vector<Value> inputs);

 private:
  struct Frame {
    const Code* code;
    Value* registers;
    const Unit* at;  // the unit that runs, or that called
    std::uint32_t function;
  };

  Value* enter(std::uint32_t function);
  void leave();
  std::vector<Value> loop();
  /// Does a unit that may throw or takes long.
  void step(const Unit& unit, Value* r);
  void call_operator(const Unit& unit, Value* r);
  /// Runs an operator or a group by `body`, timed where a profile is kept.
  template <typename Body>
  void timed(const Unit& unit, const Value* operands, std::size_t operand_count, std::size_t result_count,
             Body body);
  /// Charges an operator's operands before it runs, and what it gave or grew after.
  void pay_before(WorkRule rule, const Value* operands, std::size_t count);
  void pay_after(const Value* operands, std::size_t operand_count, std::size_t result_count);
  void call_tile(const Unit& unit, Value* r);
  void take_results(const Unit& unit, Value* r, std::size_t operands, std::size_t results);
  std::uint32_t called_method(const Unit& unit, const Value* r) const;
  Value* begin_call(std::uint32_t function, std::size_t inputs, Value* operands);

  void guard(const Unit& unit, Value* r) const;
  [[noreturn]] void raise(const Value& message, const Value& kind) const;
  void print(const Unit& unit, Value* r) const;
  void write(const std::string& text) const;
  void unpack(const Unit& unit, Value* r) const;
  void index(const Unit& unit, Value* r) const;
  void slice(const Unit& unit, Value* r) const;
  void get_attribute(const Unit& unit, Value* r) const;
  void set_attribute(const Unit& unit, Value* r) const;
  void make_dict(const Unit& unit, Value* r) const;
  Value is_instance(const Unit& unit, const Value& value) const;

  Error explain(std::exception_ptr stopped) const;
  void poll();

  // Raw reads and writes of registers whose kind the program's types tell.
  static std::int64_t& integer(Value& value) { return value.bits_.integer; }
  static double& real(Value& value) { return value.bits_.real; }
  static void set(Value& value, Tag tag) { value.tag_ = tag; }

  const Executable& executable_;
  RunContext& context_;
  WeightTable* own_weights_;
  const Poll* poll_;
  static constexpr std::int32_t kCalls = 10;
  std::int32_t calls_ = 0;  // of operators, until `poll_` is asked
  RegisterStack registers_;
  std::vector<Frame> frames_;
  std::vector<Value> results_;
  std::size_t most_calls_;
  std::int64_t instructions_left_ = 0;  // of a limited run, until it asks its budget again
};

}  // namespace tsx::engine
