// The intra-op pool: splits a loop over threads that spin for a moment and then park.
//
// One loop runs at a time; a caller who finds the pool busy (another thread's run, or a loop inside
// of a loop) runs its loop alone. Every part of a loop is a contiguous range, and the same thread
// gets the same part each time, so that what it wrote is in its cache; a part that its thread has not
// begun when the caller is done with its own is done by the caller. After fork() the child starts a
// pool of its own.
#pragma once

#include <cstddef>
#include <type_traits>

namespace tsx::engine::threads {

/// How many threads a loop may use, the caller's included. At the start: TSX_THREADS, or the number
/// of processors that the process may run on.
std::size_t count();
/// At least 1. Waits until a loop in progress has ended.
void set_count(std::size_t count);

using Body = void (*)(void* context, std::size_t begin, std::size_t end);

/// Calls body over parts of 0 … total, each of at least `grain` (but for the last); returns when
/// all have ended. The first exception that a part threw is thrown again here.
void run(std::size_t total, std::size_t grain, Body body, void* context);

template <typename Function> void parallel(std::size_t total, std::size_t grain, Function&& body) {
  using Plain = std::remove_reference_t<Function>;
  const Body call = [](void* context, std::size_t begin, std::size_t end) {
    (*static_cast<Plain*>(context))(begin, end);
  };
  run(total, grain, call, const_cast<std::remove_const_t<Plain>*>(&body));
}

} // namespace tsx::engine::threads
