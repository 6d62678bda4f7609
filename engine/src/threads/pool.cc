#include "threads/pool.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace tsx::engine::threads {
namespace {

constexpr int kSpins = 4000; // some 50 µs; a model's next loop mostly comes sooner
constexpr std::size_t kMostThreads = 256;

inline void pause_briefly() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

thread_local bool is_inside = false;

struct Job {
  Body body = nullptr;
  void* context = nullptr;
  std::size_t total = 0, parts = 0;

  void run(std::size_t part) const {
    const std::size_t size = total / parts, rest = total % parts;
    const std::size_t begin = part * size + std::min(part, rest);
    body(context, begin, begin + size + (part < rest ? 1 : 0));
  }
};

/// Whose a worker's part of a loop is. The caller offers it; who changes the offer first runs it.
/// The loop's number stands in the offer, so that a worker who comes late finds another one.
class alignas(64) Part {
 public:
  void offer(std::uint64_t loop) { state_.store(loop << 1 | kOffered, std::memory_order_release); }
  bool take(std::uint64_t loop) {
    std::uint64_t offered = loop << 1 | kOffered;
    return state_.compare_exchange_strong(offered, loop << 1, std::memory_order_acquire);
  }
  void end(std::uint64_t loop) { ended_.store(loop, std::memory_order_release); }
  bool has_ended(std::uint64_t loop) const {
    return ended_.load(std::memory_order_acquire) == loop;
  }

 private:
  static constexpr std::uint64_t kOffered = 1;
  std::atomic<std::uint64_t> state_{0}, ended_{0};
};

class Pool {
 public:
  /// `replaced`: the pool before it, which it keeps.
  explicit Pool(std::size_t threads, const Pool* replaced = nullptr)
      : threads_(threads), replaced_(replaced), parts_(threads) {}

  std::size_t threads() const { return threads_; }

  /// False when the pool is busy: nothing was run.
  bool try_run(const Job& job) {
    const std::unique_lock<std::mutex> lock(submit_, std::try_to_lock);
    if (!lock.owns_lock() || is_over_.load()) return false;
    start();
    job_ = job;
    error_ = nullptr;
    const std::size_t helped = std::min(workers_.size() + 1, job_.parts);
    const std::uint64_t loop = generation_.load(std::memory_order_relaxed) + 1;
    for (std::size_t part = 1; part < helped; ++part)
      parts_[part].offer(loop);
    generation_.store(loop);
    wake();
    is_inside = true;
    attempt(0);
    for (std::size_t part = helped; part < job_.parts; ++part)
      attempt(part);
    // What no worker has begun by now is done here: on a busy machine a worker may not run for
    // milliseconds, while its part is one of microseconds.
    for (std::size_t part = 1; part < helped; ++part) {
      if (!parts_[part].take(loop)) continue;
      attempt(part);
      parts_[part].end(loop);
    }
    is_inside = false;
    for (std::size_t part = 1; part < helped; ++part)
      await(parts_[part], loop);
    if (error_ != nullptr) std::rethrow_exception(error_);
    return true;
  }

  /// Ends the threads, once the loop in progress has ended. The pool is not used again.
  void stop() {
    const std::lock_guard<std::mutex> lock(submit_);
    is_over_.store(true);
    generation_.fetch_add(1);
    wake();
    for (std::thread& worker : workers_)
      worker.join();
    workers_.clear();
  }

 private:
  /// Where the system gives no more threads, the caller does their parts.
  void start() {
    try {
      while (workers_.size() + 1 < threads_) {
        const std::size_t part = workers_.size() + 1;
        workers_.emplace_back([this, part, seen = generation_.load()] { work(part, seen); });
      }
    } catch (const std::system_error&) {
    }
  }

  void wake() {
    if (sleeping_.load() == 0) return;
    {
      const std::lock_guard<std::mutex> parked(park_);
    }
    wake_.notify_all();
  }

  void attempt(std::size_t part) {
    try {
      job_.run(part);
    } catch (...) {
      const std::lock_guard<std::mutex> lock(park_);
      if (error_ == nullptr) error_ = std::current_exception();
    }
  }

  void work(std::size_t part, std::uint64_t seen) {
    is_inside = true;
    for (;;) {
      wait_beyond(seen);
      seen = generation_.load();
      if (is_over_.load()) return;
      if (!parts_[part].take(seen)) continue;
      attempt(part);
      parts_[part].end(seen);
    }
  }

  static void await(const Part& part, std::uint64_t loop) {
    for (int spins = 0; !part.has_ended(loop); ++spins) {
      if (spins < kSpins) {
        pause_briefly();
      } else {
        std::this_thread::yield();
      }
    }
  }

  void wait_beyond(std::uint64_t seen) {
    for (int spins = 0; spins < kSpins; ++spins) {
      if (generation_.load(std::memory_order_acquire) != seen) return;
      pause_briefly();
    }
    std::unique_lock<std::mutex> lock(park_);
    sleeping_.fetch_add(1);
    wake_.wait(lock, [&] { return generation_.load() != seen; });
    sleeping_.fetch_sub(1);
  }

  const std::size_t threads_;
  [[maybe_unused]] const Pool* const replaced_;
  std::vector<std::thread> workers_;
  std::vector<Part> parts_; // by the worker; the caller's, 0, is not used
  std::mutex submit_, park_;
  std::condition_variable wake_;
  Job job_;
  std::exception_ptr error_;
  alignas(64) std::atomic<std::uint64_t> generation_{0};
  alignas(64) std::atomic<int> sleeping_{0};
  std::atomic<bool> is_over_{false};
};

std::size_t first_count() {
  if (const char* text = std::getenv("TSX_THREADS"); text != nullptr && *text != '\0') {
    return std::clamp<std::size_t>(std::strtoul(text, nullptr, 10), 1, kMostThreads);
  }
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) {
    return std::clamp<std::size_t>(static_cast<std::size_t>(CPU_COUNT(&allowed)), 1, kMostThreads);
  }
  return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, kMostThreads);
}

/// The pool, which lives as long as the process: its threads may be running when statics are
/// destroyed. A replaced one is stopped and kept, for callers who still hold it.
std::atomic<Pool*> current{nullptr};

std::mutex& changes() {
  static std::mutex* const kMutex = std::make_unique<std::mutex>().release();
  return *kMutex;
}

void forget_after_fork() {
  // The parent's threads are not here, and its locks may be held for ever: leave all of it behind.
  Pool* const old = current.load();
  if (old != nullptr) current.store(std::make_unique<Pool>(old->threads(), old).release());
  is_inside = false;
}

Pool& pool() {
  if (Pool* const found = current.load(std::memory_order_acquire); found != nullptr) return *found;
  const std::lock_guard<std::mutex> lock(changes());
  if (current.load() == nullptr) {
    pthread_atfork(nullptr, nullptr, forget_after_fork);
    current.store(std::make_unique<Pool>(first_count()).release());
  }
  return *current.load();
}

} // namespace

std::size_t count() { return pool().threads(); }

void set_count(std::size_t count) {
  count = std::clamp<std::size_t>(count, 1, kMostThreads);
  Pool& old = pool();
  const std::lock_guard<std::mutex> lock(changes());
  if (old.threads() == count) return;
  current.store(std::make_unique<Pool>(count, &old).release());
  old.stop();
}

void run(std::size_t total, std::size_t grain, Body body, void* context) {
  if (total == 0) return;
  const std::size_t most =
      (total + std::max<std::size_t>(grain, 1) - 1) / std::max<std::size_t>(grain, 1);
  if (most > 1 && !is_inside) {
    Pool& found = pool();
    const std::size_t parts = std::min(found.threads(), most);
    if (parts > 1 && found.try_run({body, context, total, parts})) return;
  }
  body(context, 0, total);
}

} // namespace tsx::engine::threads
