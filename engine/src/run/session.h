// Session: the state of a module that writes its attributes. It has copies of what may be written;
// what nobody writes stays shared with the module.
#pragma once

#include <memory>
#include <mutex>
#include <unordered_set>

#include "run/executable.h"

namespace tsx::engine {

using Storages = std::unordered_set<const Storage*>;

/// One stream of calls, one call at a time.
class Session {
 public:
  explicit Session(std::shared_ptr<const Executable> executable);

  std::mutex& lock() { return lock_; }
  const Value& root() const { return root_; }
  WeightTable& weights() { return weights_; }

  /// The memory of every tensor that it has.
  Storages storages() const;
  /// Copies what a call stored of the caller's own memory, so that the caller can't change the state.
  void keep_apart_from(const Storages& inputs);

 private:
  std::shared_ptr<const Executable> executable_;
  WeightTable weights_;
  Value root_;
  std::mutex lock_;
};

}  // namespace tsx::engine
