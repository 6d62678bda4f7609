#include "core/generator.h"

namespace tsx::engine {

Generator& Generator::shared() {
  static Generator kShared;
  return kShared;
}

void Generator::start(std::uint64_t seed) {
  const std::lock_guard<std::mutex> hold(lock_);
  seed_ = seed;
  next_block_ = 0;
}

Generator::Place Generator::take(Size words) {
  const std::lock_guard<std::mutex> hold(lock_);
  const Place place{seed_, next_block_};
  next_block_ += static_cast<std::uint64_t>(blocks_of(words).value());
  return place;
}

/// Ten rounds over the block's number (Salmon et al., SC 2011).
void Words::fill() {
  std::uint32_t a = static_cast<std::uint32_t>(place_.block);
  std::uint32_t b = static_cast<std::uint32_t>(place_.block >> 32);
  std::uint32_t c = 0, d = 0;
  std::uint32_t first_key = static_cast<std::uint32_t>(place_.seed);
  std::uint32_t second_key = static_cast<std::uint32_t>(place_.seed >> 32);
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t left = std::uint64_t{0xD2511F53} * a, right = std::uint64_t{0xCD9E8D57} * c;
    a = static_cast<std::uint32_t>(right >> 32) ^ b ^ first_key;
    b = static_cast<std::uint32_t>(right);
    c = static_cast<std::uint32_t>(left >> 32) ^ d ^ second_key;
    d = static_cast<std::uint32_t>(left);
    first_key += 0x9E3779B9;  // the golden ratio
    second_key += 0xBB67AE85;  // sqrt(3) - 1
  }
  block_[0] = a, block_[1] = b, block_[2] = c, block_[3] = d;
  ++place_.block;
  at_ = 0;
}

}  // namespace tsx::engine
