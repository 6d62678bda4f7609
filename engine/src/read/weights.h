// Weights: the tensors of an archive, which are mapped (or read) and checked on first use.
//
// Any number of threads may ask for weights at once. A damaged one is TSX6002 every time it is
// asked for, never a wrong result. Digests of many tensors together take a fraction of the time, so
// whoever asks for one has those checked too that are likely to be asked for next.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/blake2b.h"
#include "base/error.h"
#include "base/ref.h"
#include "core/dims.h"
#include "core/dtype.h"
#include "core/storage.h"

namespace tsx::engine {

class Source;

/// real = scale * (stored - zero_point), one pair or one for each index of dimension `axis`.
struct Quantization {
  std::optional<std::int64_t> axis;
  std::vector<double> scales;
  std::vector<std::int64_t> zero_points;
};

/// A row of the tensor table; `offset` counts from the start of the file.
struct WeightEntry {
  std::string_view name;
  DType dtype = DType::kFloat32;
  Dims sizes;
  std::int64_t offset = 0;
  std::int64_t length = 0;
  Digest digest{};
  std::optional<Quantization> quantization;
};

class Weights {
 public:
  /// Entries ascend by name. `check`: whether a weight is compared with its digest on first use.
  Weights(std::shared_ptr<Source> source, std::vector<WeightEntry> entries, bool check);
  ~Weights();

  std::size_t size() const { return entries_.size(); }
  const WeightEntry& entry(std::size_t index) const { return entries_[index]; }
  std::optional<std::size_t> find(std::string_view name) const;

  /// The elements, row-major, 64-byte aligned, frozen; the same storage every time.
  Ref<Storage> storage(std::size_t index) const;
  /// Reads and checks every weight.
  void check_all() const;

 private:
  struct State;

  struct Fresh;

  /// The weight, and those behind it (then those before it) in the file, as long as they are at
  /// most `ahead` bytes; none that is ready.
  std::vector<Fresh> unread(std::size_t index, std::int64_t ahead) const;
  /// Makes these ready. Throws for the weight alone.
  void make_ready(std::size_t index, std::int64_t ahead) const;
  std::optional<Error> problem_of(Fresh& fresh) const;
  static std::int64_t end_of(const WeightEntry& entry);

  std::shared_ptr<Source> source_;
  std::vector<WeightEntry> entries_;
  std::unique_ptr<State> state_;
  bool check_;
};

}  // namespace tsx::engine
