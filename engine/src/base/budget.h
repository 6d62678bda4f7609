// Budget: what one run of a model may still take, where it is limited: work, memory, time.
//
// Storages and containers that a run makes charge the budget of the run on their thread, and give
// the bytes back when they die, on whatever thread that is. Without limits there is no budget, and
// nothing is counted.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "base/ref.h"

namespace tsx::engine {

/// 0: no limit.
struct Limits {
  std::int64_t fuel = 0;   // instructions, and one for every 64 elements that an operator works on
  std::int64_t bytes = 0;  // that tensors, lists, dicts and strings of the run take at one time
  std::int64_t calls = 0;  // inside each other; never more than Run::kMaxCalls
  double seconds = 0;

  bool any() const { return fuel > 0 || bytes > 0 || calls > 0 || seconds > 0; }
  /// What `--untrusted` means for a module with that many bytes of weights.
  static Limits untrusted(std::int64_t weight_bytes);
};

class Budget final : public RefCounted {
 public:
  explicit Budget(const Limits& limits);

  /// Of the run on this thread; null where none is limited.
  static Budget* current() noexcept;
  /// While it lives, the budget is that of its thread. Null: there is none.
  class Use {
   public:
    explicit Use(Budget* budget) noexcept;
    ~Use();
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

   private:
    Budget* before_;
  };

  const Limits& limits() const { return limits_; }
  /// TSX5041 when there is no room for so many more.
  void take(std::int64_t bytes);
  void give_back(std::int64_t bytes) noexcept;
  /// The same check for what is about to be made, without taking it.
  void need(double bytes) const;
  /// TSX5040 when so much fuel is not left, TSX5042 when the time is over.
  void spend(double fuel);
  /// Spends the next instructions: how many the run may do before it asks again.
  std::int64_t next_instructions();

 private:
  using Clock = std::chrono::steady_clock;
  void check_time() const;

  const Limits limits_;
  double fuel_;
  Clock::time_point end_;
  std::atomic<std::int64_t> live_{0};
};

/// The bytes that an object holds of the budget under which it was made.
class Charge {
 public:
  Charge() noexcept = default;
  explicit Charge(std::int64_t bytes) { set(bytes); }
  ~Charge();
  Charge(const Charge&) = delete;
  Charge& operator=(const Charge&) = delete;

  /// The object takes so much now. One made without a budget stays without.
  void set(std::int64_t bytes);

 private:
  Ref<Budget> budget_ = of_thread();
  std::int64_t bytes_ = 0;

  static Ref<Budget> of_thread() noexcept;
};

}  // namespace tsx::engine
