// Ref<T>: shared ownership by a counter inside the object. Counting is atomic, since a loaded
// module is shared by threads.
//
// Objects are destroyed in a loop, never by recursion, so a list nested a million deep dies like any
// other: what a destructor releases waits until that destructor is done.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

namespace tsx::engine {

class RefCounted {
 public:
  RefCounted(const RefCounted&) = delete;
  RefCounted& operator=(const RefCounted&) = delete;

  void retain() const noexcept { word_.fetch_add(1, std::memory_order_relaxed); }
  void release() const noexcept {
    if (word_.fetch_sub(1, std::memory_order_acq_rel) == 1) destroy(this);
  }
  /// Whether one Ref is all there is, so that nobody else can see a change.
  bool is_unique() const noexcept { return word_.load(std::memory_order_acquire) == 1; }

 protected:
  RefCounted() = default;
  virtual ~RefCounted() = default;

 private:
  friend std::default_delete<const RefCounted>;
  static void destroy(const RefCounted* dead) noexcept;

  mutable std::atomic<std::uintptr_t> word_{1};  // the count; of a dead object the next dead one
};

template <typename T> class Ref {
 public:
  constexpr Ref() = default;
  constexpr Ref(std::nullptr_t) {}
  Ref(const Ref& other) noexcept : object_(other.object_) {
    if (object_) object_->retain();
  }
  Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  template <typename U, typename = std::enable_if_t<std::is_convertible_v<U*, T*>>>
  Ref(Ref<U> other) noexcept : object_(other.leak()) {}
  ~Ref() {
    if (object_) object_->release();
  }
  Ref& operator=(Ref other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }

  /// Takes over a count that somebody holds.
  static Ref adopt(T* object) noexcept {
    Ref made;
    made.object_ = object;
    return made;
  }
  /// One more count of an object that somebody else holds.
  static Ref share(T* object) noexcept {
    object->retain();
    return adopt(object);
  }
  /// Gives its count away.
  T* leak() noexcept { return std::exchange(object_, nullptr); }

  T* get() const noexcept { return object_; }
  T* operator->() const noexcept { return object_; }
  T& operator*() const noexcept { return *object_; }
  explicit operator bool() const noexcept { return object_ != nullptr; }
  friend bool operator==(const Ref& a, const Ref& b) { return a.object_ == b.object_; }
  friend bool operator!=(const Ref& a, const Ref& b) { return a.object_ != b.object_; }

 private:
  T* object_ = nullptr;
};

template <typename T, typename... Args> Ref<T> make_ref(Args&&... args) {
  return Ref<T>::adopt(std::make_unique<T>(std::forward<Args>(args)...).release());
}

}  // namespace tsx::engine
