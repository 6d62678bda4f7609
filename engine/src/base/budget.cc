#include "base/budget.h"

#include <algorithm>
#include <cstdio>

#include "base/error.h"

namespace tsx::engine {
namespace {

constexpr std::int64_t kSlice = 4096;  // instructions between looks at the clock
constexpr std::int64_t kGiB = std::int64_t{1} << 30;

thread_local Budget* current_budget = nullptr;

/// "60", "0.5".
std::string number_text(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", number);
  return text;
}

}  // namespace

Limits Limits::untrusted(std::int64_t weight_bytes) {
  Limits limits;
  limits.fuel = 1'000'000'000;
  limits.bytes = kGiB + 4 * std::min(weight_bytes, INT64_MAX / 8);
  limits.calls = 256;
  limits.seconds = 60;
  return limits;
}

Budget::Budget(const Limits& limits)
    : limits_(limits), fuel_(static_cast<double>(limits.fuel)), end_(Clock::now()) {
  const double seconds = std::min(limits.seconds, 1e9);  // the clock's own range is smaller than ours
  end_ += std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

Budget* Budget::current() noexcept { return current_budget; }

Budget::Use::Use(Budget* budget) noexcept : before_(current_budget) { current_budget = budget; }
Budget::Use::~Use() { current_budget = before_; }

void Budget::take(std::int64_t bytes) {
  const std::int64_t live = live_.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  if (limits_.bytes <= 0 || live <= limits_.bytes) return;
  give_back(bytes);
  throw failure("TSX5041", {{"limit", limits_.bytes}});
}

void Budget::give_back(std::int64_t bytes) noexcept {
  live_.fetch_sub(bytes, std::memory_order_relaxed);
}

void Budget::need(double bytes) const {
  const auto live = static_cast<double>(live_.load(std::memory_order_relaxed));
  if (limits_.bytes > 0 && live + bytes > static_cast<double>(limits_.bytes))
    throw failure("TSX5041", {{"limit", limits_.bytes}});
}

void Budget::check_time() const {
  if (limits_.seconds > 0 && Clock::now() > end_)
    throw failure("TSX5042", {{"limit", number_text(limits_.seconds)}});
}

void Budget::spend(double fuel) {
  fuel_ -= fuel;
  if (limits_.fuel > 0 && fuel_ < 0) throw failure("TSX5040", {{"limit", limits_.fuel}});
  check_time();
}

std::int64_t Budget::next_instructions() {
  const std::int64_t count =
      limits_.fuel > 0 ? std::clamp(static_cast<std::int64_t>(fuel_), std::int64_t{1}, kSlice) : kSlice;
  spend(static_cast<double>(count));
  return count;
}

Ref<Budget> Charge::of_thread() noexcept {
  return current_budget ? Ref<Budget>::share(current_budget) : Ref<Budget>();
}

void Charge::set(std::int64_t bytes) {
  if (!budget_) return;
  if (bytes > bytes_)
    budget_->take(bytes - bytes_);
  else
    budget_->give_back(bytes_ - bytes);
  bytes_ = bytes;
}

Charge::~Charge() {
  if (budget_) budget_->give_back(bytes_);
}

}  // namespace tsx::engine
