#include "base/ref.h"

namespace tsx::engine {

void RefCounted::destroy(const RefCounted* dead) noexcept {
  thread_local const RefCounted* waiting = nullptr;
  thread_local bool is_destroying = false;
  dead->word_.store(reinterpret_cast<std::uintptr_t>(waiting), std::memory_order_relaxed);
  waiting = dead;
  if (is_destroying) return;
  is_destroying = true;
  while (waiting) {
    const RefCounted* next = waiting;
    waiting = reinterpret_cast<const RefCounted*>(next->word_.load(std::memory_order_relaxed));
    std::default_delete<const RefCounted>()(next);
  }
  is_destroying = false;
}

}  // namespace tsx::engine
