#include "read/digests.h"

#include <algorithm>
#include <atomic>

#include "simd/table.h"
#include "threads/pool.h"

namespace tsx::engine {

/// Parts side by side, each in a lane until its blocks are through; then the next one has the lane.
class HashLanes {
 public:
  /// `next`: of `parts`, which other threads take from as well.
  HashLanes(const std::vector<HashPart>& parts, std::atomic<std::size_t>& next)
      : parts_(parts), next_(next), simd_(simd::table()) {}

  void run() {
    for (;;) {
      std::size_t live = 0, last = 0;
      for (std::size_t i = 0; i < simd_.hash_lanes; ++i)
        if (lanes_[i].blocks > 0 || refill(i)) {
          ++live;
          last = i;
        }
      if (live == 0) return;
      if (live == 1) {  // alone it is faster in plain code
        take_out(last);
      } else {
        step(lanes_[last].at);
      }
    }
  }

 private:
  static constexpr std::size_t kBlockBytes = Blake2b::kBlockBytes;

  struct Lane {
    Blake2b* hasher = nullptr;
    const std::uint8_t* at = nullptr;
    std::size_t length = 0;  // from there
    std::size_t blocks = 0;  // of them for the lane: whole ones, without the last
  };

  /// False when there is nothing more to do for the lane.
  bool refill(std::size_t i) {
    for (std::size_t n; (n = next_.fetch_add(1, std::memory_order_relaxed)) < parts_.size();) {
      const HashPart& part = parts_[n];
      Blake2b& hasher = *part.hasher;
      const std::size_t taken = hasher.empty_buffer(part.data, part.length);
      Lane lane{&hasher, part.data + taken, part.length - taken, 0};
      if (hasher.filled_ == 0 && lane.length > 0) lane.blocks = (lane.length - 1) / kBlockBytes;
      if (lane.blocks > 0) {
        for (std::size_t word = 0; word < 8; ++word)
          state_[word * simd_.hash_lanes + i] = hasher.state_[word];
        counts_[i] = hasher.count_;
        lanes_[i] = lane;
        return true;
      }
      hasher.update(lane.at, lane.length);
    }
    return false;
  }

  /// The hasher does what is left by itself.
  void take_out(std::size_t i) {
    Lane& lane = lanes_[i];
    Blake2b& hasher = *lane.hasher;
    for (std::size_t word = 0; word < 8; ++word)
      hasher.state_[word] = state_[word * simd_.hash_lanes + i];
    hasher.count_ = counts_[i];
    hasher.update(lane.at, lane.length);
    lane = Lane();
  }

  /// As many blocks as every live lane has. The others go through the bytes of one, for nothing.
  void step(const std::uint8_t* some) {
    const std::uint8_t* at[simd::kMostHashLanes];
    std::size_t blocks = SIZE_MAX;
    for (std::size_t i = 0; i < simd_.hash_lanes; ++i) {
      at[i] = lanes_[i].blocks > 0 ? lanes_[i].at : some;
      if (lanes_[i].blocks > 0) blocks = std::min(blocks, lanes_[i].blocks);
    }
    simd_.hash_blocks(state_, counts_, at, blocks);
    for (std::size_t i = 0; i < simd_.hash_lanes; ++i) {
      Lane& lane = lanes_[i];
      if (lane.blocks == 0) continue;
      lane.at += blocks * kBlockBytes;
      lane.length -= blocks * kBlockBytes;
      lane.blocks -= blocks;
      if (lane.blocks == 0) take_out(i);
    }
  }

  const std::vector<HashPart>& parts_;
  std::atomic<std::size_t>& next_;
  const simd::Table& simd_;
  Lane lanes_[simd::kMostHashLanes];
  std::uint64_t state_[8 * simd::kMostHashLanes] = {};
  std::uint64_t counts_[simd::kMostHashLanes] = {};
};

void update_all(std::vector<HashPart> parts) {
  // Long ones first, so that the lanes come to their ends together.
  std::sort(parts.begin(), parts.end(),
            [](const HashPart& a, const HashPart& b) { return a.length > b.length; });
  constexpr std::size_t kWorthAThread = std::size_t{1} << 20;
  std::size_t bytes = 0;
  for (const HashPart& part : parts) bytes += part.length;
  std::atomic<std::size_t> next{0};
  threads::parallel(bytes / kWorthAThread + 1, 1,
                    [&](std::size_t, std::size_t) { HashLanes(parts, next).run(); });
}

}  // namespace tsx::engine
