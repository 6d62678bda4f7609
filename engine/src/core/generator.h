// The random number generator: Philox4x32-10, counter-based: a draw is a function of (seed, offset)
// and nothing else, as tsx/ops/philox.py has it, bit for bit.
#pragma once

#include <cstdint>
#include <mutex>

#include "base/size.h"

namespace tsx::engine {

/// A stream of random words: a seed and how much of the stream is used up. Safe to share.
class Generator {
 public:
  explicit Generator(std::uint64_t seed = 0) : seed_(seed) {}
  virtual ~Generator() = default;

  /// What programs draw from that were given none: starts at seed 0 with the process.
  static Generator& shared();

  /// Starts the stream of `seed` from its beginning.
  void start(std::uint64_t seed);

  /// Some of the stream, as the seed and the number of the first of its blocks of four words.
  struct Place {
    std::uint64_t seed, block;
  };
  /// Uses up as many blocks as hold `words` 32-bit words.
  virtual Place take(Size words);
  static Size blocks_of(Size words) { return Size((words + Size(3)).value() / 4); }

 private:
  std::mutex lock_;
  std::uint64_t seed_;
  std::uint64_t next_block_ = 0;
};

/// Reads the words of a part of the stream, one after the other.
class Words {
 public:
  Words(Generator& generator, Size count) : Words(generator.take(count)) {}
  explicit Words(Generator::Place place) : place_(place) {}

  std::uint32_t next() {
    if (at_ == 4) fill();
    return block_[at_++];
  }
  std::uint64_t next_long() {
    const std::uint64_t low = next();
    return low | static_cast<std::uint64_t>(next()) << 32;
  }

 private:
  void fill();

  Generator::Place place_;
  std::uint32_t block_[4] = {};
  unsigned at_ = 4;
};

}  // namespace tsx::engine
