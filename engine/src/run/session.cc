#include "run/session.h"

#include <functional>

namespace tsx::engine {
namespace {

/// Calls `visit` for each value of a tree of objects and containers, each object once.
void walk(Value& root, const std::function<void(Value&)>& visit) {
  std::unordered_set<const RefCounted*> seen;
  std::vector<Value*> work = {&root};
  while (!work.empty()) {
    Value& value = *work.back();
    work.pop_back();
    visit(value);
    if (!value.identity() || !seen.insert(value.identity()).second) continue;
    if (value.is(Tag::kObject))
      for (Value& attribute : value.object().attributes) work.push_back(&attribute);
    if (value.is(Tag::kList))
      for (Value& item : value.list().items) work.push_back(&item);
    if (value.is(Tag::kTuple))
      for (const Value& item : value.tuple().items) work.push_back(const_cast<Value*>(&item));
    if (value.is(Tag::kDict))
      for (const Dict::Entry& entry : value.dict().entries())
        if (entry.is_live) work.push_back(const_cast<Value*>(&entry.value));
  }
}

}  // namespace

Session::Session(std::shared_ptr<const Executable> executable)
    : executable_(std::move(executable)),
      weights_(executable_->module().weights, Access::kCopyOnWrite),
      root_(executable_->make_root(weights_, false)) {}

Storages Session::storages() const {
  Storages found;
  Value root = root_;
  walk(root, [&](Value& value) {
    if (value.is(Tag::kTensor)) found.insert(value.tensor().storage().get());
  });
  weights_.each([&](const Tensor& tensor) { found.insert(tensor.storage().get()); });
  return found;
}

void Session::keep_apart_from(const Storages& inputs) {
  walk(root_, [&](Value& value) {
    if (!value.is(Tag::kTensor)) return;
    Storage& storage = *value.tensor().storage();
    if (!inputs.count(&storage)) return;
    if (storage.access() == Access::kCopyOnWrite)
      storage.writable_data();  // its own from now on, for all views
    else if (storage.is_borrowed() || !value.tensor().storage()->is_unique())
      value = Value(copy(value.tensor()));
  });
}

}  // namespace tsx::engine
