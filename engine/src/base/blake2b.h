// BLAKE2b with 32 bytes of output and no key (RFC 7693): the digest of the archive format.
//
// Takes bytes in pieces. Gives the digest. Never allocates. Many messages at once are faster:
// read/digests.h.
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
  friend class HashLanes;  // takes whole blocks in our place
  static constexpr std::size_t kBlockBytes = 128;

  /// Where more bytes come than the buffer holds, it is filled from them and compressed. Gives how
  /// many of them went.
  std::size_t empty_buffer(const std::uint8_t* bytes, std::size_t length);
  void compress(const std::uint8_t* block, std::size_t bytes, bool is_last);

  std::array<std::uint64_t, 8> state_;
  std::array<std::uint8_t, kBlockBytes> buffer_{};
  std::size_t filled_ = 0;
  std::uint64_t count_ = 0;  // bytes that went through compress; RFC 7693's high word stays 0
};

Digest blake2b(const void* data, std::size_t length);

/// Whether a digest is the one that was stated. Alone in its file (is_digest.cc), which the fuzz
/// targets replace by one that takes every digest for right; the library has no such switch.
bool is_digest(const Digest& found, const Digest& stated);

}  // namespace tsx::engine
