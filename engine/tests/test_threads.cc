// The pool: every element once, in whatever number of threads; errors come back.
#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

#include "test.h"
#include "threads/pool.h"

namespace threads = tsx::engine::threads;

namespace {

/// How often each of `total` elements was visited.
std::vector<int> visits(std::size_t total, std::size_t grain) {
  std::vector<int> counts(total, 0);
  threads::parallel(total, grain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i)
      ++counts[i];
  });
  return counts;
}

bool all_once(const std::vector<int>& counts) {
  for (const int count : counts) {
    if (count != 1) return false;
  }
  return true;
}

} // namespace

TEST("a loop visits every element once, for any number of threads") {
  for (const std::size_t count : {1u, 2u, 3u, 7u}) {
    threads::set_count(count);
    CHECK_EQUAL(threads::count(), count);
    for (const std::size_t total : {0u, 1u, 5u, 1000u}) {
      for (const std::size_t grain : {0u, 1u, 7u, 2000u})
        CHECK(all_once(visits(total, grain)));
    }
  }
}

TEST("an exception in any part comes back to the caller, and the pool goes on") {
  threads::set_count(3);
  bool is_caught = false;
  try {
    threads::parallel(100, 1, [](std::size_t, std::size_t end) {
      if (end == 100) throw std::runtime_error("the last part");
    });
  } catch (const std::runtime_error&) {
    is_caught = true;
  }
  CHECK(is_caught);
  CHECK(all_once(visits(1000, 1)));
}

TEST("a loop inside of a loop runs alone") {
  threads::set_count(3);
  std::atomic<int> total{0};
  threads::parallel(8, 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      threads::parallel(
          10, 1, [&](std::size_t from, std::size_t to) { total += static_cast<int>(to - from); });
    }
  });
  CHECK_EQUAL(total.load(), 80);
}

TEST("several callers at once all get their loops done") {
  threads::set_count(2);
  std::atomic<int> right{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&] {
      for (int round = 0; round < 50; ++round)
        right += all_once(visits(1000, 10)) ? 1 : 0;
    });
  }
  for (std::thread& caller : callers)
    caller.join();
  CHECK_EQUAL(right.load(), 200);
}
