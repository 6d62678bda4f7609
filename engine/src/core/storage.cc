#include "core/storage.h"

#include <cstdlib>
#include <cstring>

#include "base/error.h"

namespace tsx::engine {
namespace {

std::byte* aligned_memory(Size bytes) {
  if (bytes > Size(Storage::kMaxBytes)) throw failure("TSX5020", {{"op", "a tensor"}});
  const Size whole = bytes.aligned(Storage::kAlignment) + Size(Storage::kAlignment);
  void* memory = std::aligned_alloc(Storage::kAlignment, whole.count());
  if (!memory) throw failure("TSX5020", {{"op", "a tensor"}});
  return static_cast<std::byte*>(memory);
}

}  // namespace

Storage::Storage(std::byte* data, Size bytes, Access access, std::shared_ptr<const void> owner)
    : data_(data), bytes_(bytes), access_(access), owner_(std::move(owner)) {}

Storage::~Storage() {
  if (!owner_) std::free(data_);
}

Ref<Storage> Storage::allocate(Size bytes) {
  Ref<Storage> made = make_ref<Storage>(nullptr, bytes, Access::kWritable, nullptr);
  made->charge_.set(bytes.value());
  made->data_ = aligned_memory(bytes);
  return made;
}

Ref<Storage> Storage::zeros(Size bytes) {
  Ref<Storage> made = allocate(bytes);
  std::memset(made->data_, 0, bytes.count());
  return made;
}

Ref<Storage> Storage::borrow(std::byte* data, Size bytes, Access access,
                             std::shared_ptr<const void> owner) {
  static const auto kNobody = std::make_shared<const char>();
  return make_ref<Storage>(data, bytes, access, owner ? std::move(owner) : kNobody);
}

void Storage::make_writable() {
  if (access_ == Access::kFrozen) throw failure("TSX5030", {});
  charge_.set(bytes_.value());
  std::byte* own = aligned_memory(bytes_);
  std::memcpy(own, data_, bytes_.count());
  data_ = own;
  owner_ = nullptr;
  access_ = Access::kWritable;
}

}  // namespace tsx::engine
