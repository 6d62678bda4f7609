#include "run/weights.h"

#include "base/error.h"

namespace tsx::engine {

WeightTable::WeightTable(std::shared_ptr<const Weights> weights, Access access)
    : weights_(std::move(weights)), access_(access) {
  if (weights_) tensors_ = std::make_unique<std::atomic<Tensor*>[]>(weights_->size());
}

WeightTable::~WeightTable() {
  for (std::size_t i = 0; weights_ && i < weights_->size(); ++i)
    if (Tensor* tensor = tensors_[i].load()) tensor->release();
}

TensorRef WeightTable::tensor(std::uint32_t index) {
  std::atomic<Tensor*>& place = tensors_[index];
  Tensor* known = place.load(std::memory_order_acquire);
  if (known) return TensorRef::share(known);
  TensorRef fresh = made(index);
  if (place.compare_exchange_strong(known, fresh.get(), std::memory_order_acq_rel)) {
    fresh->retain();  // for the table
    return fresh;
  }
  return TensorRef::share(known);  // another thread was first
}

std::uint32_t WeightTable::find(std::string_view name) const {
  const auto found = weights_ ? weights_->find(name) : std::nullopt;
  if (!found) bug("there is no weight " + std::string(name));
  return static_cast<std::uint32_t>(*found);
}

TensorRef WeightTable::made(std::uint32_t index) const {
  const WeightEntry& entry = weights_->entry(index);
  Ref<Storage> storage = weights_->storage(index);
  if (access_ != Access::kFrozen) {
    // A copy only when it is written; until then the module's memory, which is kept alive.
    auto owner = std::make_shared<std::pair<std::shared_ptr<const Weights>, Ref<Storage>>>(weights_,
                                                                                          storage);
    storage = Storage::borrow(const_cast<std::byte*>(storage->data()), storage->bytes(), access_,
                              std::move(owner));
  }
  return make_ref<Tensor>(std::move(storage), entry.dtype, entry.sizes, row_major(entry.sizes));
}

}  // namespace tsx::engine
