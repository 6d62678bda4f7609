// WeightTable: the weights of a module as tensors, each made on its first use.
#pragma once

#include <atomic>
#include <memory>
#include <string_view>

#include "core/tensor.h"
#include "read/weights.h"

namespace tsx::engine {

/// Threads may share one whose access is kFrozen; a session has one of its own (kCopyOnWrite).
class WeightTable {
 public:
  WeightTable(std::shared_ptr<const Weights> weights, Access access);
  ~WeightTable();
  WeightTable(const WeightTable&) = delete;
  WeightTable& operator=(const WeightTable&) = delete;

  /// The same tensor every time.
  TensorRef tensor(std::uint32_t index);
  /// TSX9001 when there is none of that name: the verifier knows them all.
  std::uint32_t find(std::string_view name) const;
  /// Calls `visit` with each tensor that has been asked for.
  template <typename Visit> void each(Visit visit) const {
    for (std::size_t i = 0; weights_ && i < weights_->size(); ++i)
      if (const Tensor* tensor = tensors_[i].load()) visit(*tensor);
  }

 private:
  TensorRef made(std::uint32_t index) const;

  std::shared_ptr<const Weights> weights_;
  std::unique_ptr<std::atomic<Tensor*>[]> tensors_;
  Access access_;
};

}  // namespace tsx::engine
