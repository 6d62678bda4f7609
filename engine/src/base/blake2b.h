// BLAKE2b with 32 bytes of output and no key (RFC 7693): the digest of the archive format.
//
// Takes bytes in pieces. Gives the digest. Never allocates.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace tsx::engine {

using Digest = std::array<std::uint8_t, 32>;

class Blake2b {
 public:
  Blake2b();

  void update(const void* data, std::size_t length);

  // The digest of everything given so far. The object is used up.
  Digest finish();

 private:
  static constexpr std::size_t kBlockBytes = 128;

  void compress(const std::uint8_t* block, bool is_last);

  std::array<std::uint64_t, 8> state_;
  std::array<std::uint8_t, kBlockBytes> buffer_{};
  std::size_t filled_ = 0;
  std::uint64_t count_ = 0;       // bytes that went through compress
  std::uint64_t count_high_ = 0;  // its carry
};

Digest blake2b(const void* data, std::size_t length);

/// Whether a digest is the one that was stated. Alone in its file (is_digest.cc), which the fuzz
/// targets replace by one that takes every digest for right; the library has no such switch.
bool is_digest(const Digest& found, const Digest& stated);

}  // namespace tsx::engine
