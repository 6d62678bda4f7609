// Ceilings of the archive format (docs/archive.md, Limits): what is over one is refused with
// TSX6004, before memory is taken.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tsx::engine::limits {

inline constexpr std::int64_t kHeaderBytes = 16 << 20;
inline constexpr std::int64_t kSectionBytes = 64 << 20;
inline constexpr std::int64_t kSectionElements = 1 << 23;
inline constexpr std::int64_t kSections = 4096;
inline constexpr std::int64_t kDepth = 64;
inline constexpr std::int64_t kTensors = 1 << 20;
inline constexpr std::int64_t kGraphs = 1 << 16;
inline constexpr std::int64_t kNodes = 1 << 20;
inline constexpr std::int64_t kRank = 16;
inline constexpr std::int64_t kTensorBytes = std::int64_t{1} << 48;
inline constexpr std::int64_t kName = 1024;
inline constexpr std::int64_t kString = 1 << 20;
inline constexpr std::int64_t kSize = 1024;
inline constexpr std::int64_t kExpanded = 1 << 22;
/// Weights up to this size together are checked at load, larger ones on first use.
inline constexpr std::int64_t kEagerCheckBytes = 16 << 20;

[[noreturn]] void exceeded(std::string_view what, std::int64_t found, std::int64_t limit);

inline void within(std::string_view what, std::int64_t found, std::int64_t limit) {
  if (found > limit) exceeded(what, found, limit);
}

/// Refuses entries of a table that nest too deep, or that written out in full are too large.
class Growth {
 public:
  explicit Growth(std::string_view what, std::int64_t largest = kExpanded)
      : what_(what), largest_(largest) {}

  /// Notes an entry with `own` elements that refers to the earlier entries `parts`.
  void add(const std::vector<std::uint32_t>& parts, std::int64_t own);
  /// The elements of an entry, written out.
  std::int64_t weight(std::size_t entry) const { return weights_[entry]; }

 private:
  std::string_view what_;
  std::int64_t largest_;
  std::vector<std::int64_t> depths_;
  std::vector<std::int64_t> weights_;
  std::int64_t total_ = 0;
};

}  // namespace tsx::engine::limits
