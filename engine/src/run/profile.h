// Profile: how long each operator took, by the instruction that called it.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <utility>

namespace tsx::engine {

class Profile {
 public:
  using Clock = std::chrono::steady_clock;

  struct Total {
    std::uint64_t calls = 0;
    Clock::duration time{};
  };

  void add(std::uint32_t function, std::uint32_t place, Clock::duration time) {
    Total& total = totals_[{function, place}];
    ++total.calls;
    total.time += time;
  }
  /// By function and instruction.
  const std::map<std::pair<std::uint32_t, std::uint32_t>, Total>& totals() const { return totals_; }

 private:
  std::map<std::pair<std::uint32_t, std::uint32_t>, Total> totals_;
};

}  // namespace tsx::engine
