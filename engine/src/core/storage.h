// Storage: the memory behind tensors: its own, or borrowed from a mapped file or the caller.
//
// All views of a tensor share one Storage, so what one writes the others see. Memory that a run must
// not change is borrowed, either kFrozen (weights of a shared module: writing is an error) or
// kCopyOnWrite (inputs, a session's weights: the first write copies it, for all views at once).
#pragma once

#include <cstddef>
#include <memory>

#include "base/budget.h"
#include "base/ref.h"
#include "base/size.h"

namespace tsx::engine {

enum class Access : unsigned char { kWritable, kCopyOnWrite, kFrozen };

class Storage final : public RefCounted {
 public:
  static constexpr std::size_t kAlignment = 64;
  static constexpr std::int64_t kMaxBytes = std::int64_t{1} << 48;

  /// Memory of its own, with undefined or zero contents; TSX5020 when there is none.
  static Ref<Storage> allocate(Size bytes);
  static Ref<Storage> zeros(Size bytes);
  /// Memory of somebody else, kept alive by `owner`.
  static Ref<Storage> borrow(std::byte* data, Size bytes, Access access,
                             std::shared_ptr<const void> owner);

  const std::byte* data() const { return data_; }
  /// For writing; may move the bytes, so take it before any pointer for reading.
  std::byte* writable_data() {
    if (access_ != Access::kWritable) make_writable();
    return data_;
  }
  Size bytes() const { return bytes_; }
  Access access() const { return access_; }
  /// Who keeps borrowed memory alive, also when a write has moved this storage away from it; may be null.
  const std::shared_ptr<const void>& owner() const { return owner_; }
  /// Whether the memory came from outside and is still there (no write has copied it).
  bool is_borrowed() const { return owner_ != nullptr; }

  Storage(std::byte* data, Size bytes, Access access, std::shared_ptr<const void> owner);
  ~Storage() override;

 private:
  void make_writable();

  std::byte* data_;
  Size bytes_;
  Access access_;
  std::shared_ptr<const void> owner_;  // null: the memory is its own
  Charge charge_;
};

}  // namespace tsx::engine
