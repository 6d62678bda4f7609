// Profile: how long each operator took, by the instruction that called it, and on request each call of
// one: when, how long, and on what.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace tsx::engine {

class Profile {
 public:
  using Clock = std::chrono::steady_clock;

  struct Total {
    std::uint64_t calls = 0;
    Clock::duration time{};
  };

  struct Event {
    std::uint32_t function, place;
    Clock::duration start;  // since the profile was made
    Clock::duration time;
    std::string operands, results;  // their types
  };

  /// Keeps the first `most` calls as events.
  void keep_events(std::size_t most) { most_events_ = most; }
  bool keeps_events() const { return most_events_ > 0; }
  void add_event(Event event) {
    if (events_.size() < most_events_)
      events_.push_back(std::move(event));
    else
      ++left_out_;
  }
  const std::vector<Event>& events() const { return events_; }
  /// How many there were beyond those.
  std::uint64_t left_out() const { return left_out_; }
  Clock::time_point begin() const { return begin_; }

  void add(std::uint32_t function, std::uint32_t place, Clock::duration time) {
    Total& total = totals_[{function, place}];
    ++total.calls;
    total.time += time;
  }
  /// By function and instruction.
  const std::map<std::pair<std::uint32_t, std::uint32_t>, Total>& totals() const { return totals_; }

 private:
  std::map<std::pair<std::uint32_t, std::uint32_t>, Total> totals_;
  std::vector<Event> events_;
  std::size_t most_events_ = 0;
  std::uint64_t left_out_ = 0;
  Clock::time_point begin_ = Clock::now();
};

}  // namespace tsx::engine
