#include "base/blake2b.h"

#include <algorithm>
#include <cstring>

namespace tsx::engine {
namespace {

constexpr std::array<std::uint64_t, 8> kInitial = {
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};

// The order in which a round takes the words of a block; rounds 10 and 11 repeat 0 and 1.
constexpr std::uint8_t kOrder[10][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
    {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
    {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
    {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
    {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
};

std::uint64_t rotated(std::uint64_t x, unsigned bits) { return (x >> bits) | (x << (64 - bits)); }

std::uint64_t little_endian(const std::uint8_t* bytes) {
  std::uint64_t word = 0;
  for (unsigned i = 0; i < 8; ++i)
    word |= static_cast<std::uint64_t>(bytes[i]) << (8 * i);
  return word;
}

void mix(std::uint64_t& a, std::uint64_t& b, std::uint64_t& c, std::uint64_t& d, std::uint64_t x,
         std::uint64_t y) {
  a += b + x;
  d = rotated(d ^ a, 32);
  c += d;
  b = rotated(b ^ c, 24);
  a += b + y;
  d = rotated(d ^ a, 16);
  c += d;
  b = rotated(b ^ c, 63);
}

}  // namespace

Blake2b::Blake2b() : state_(kInitial) {
  state_[0] ^= 0x01010000 ^ std::tuple_size<Digest>::value;  // fan-out 1, depth 1, no key, length
}

void Blake2b::compress(const std::uint8_t* block, bool is_last) {
  std::uint64_t m[16];
  for (unsigned i = 0; i < 16; ++i)
    m[i] = little_endian(block + 8 * i);
  std::uint64_t v[16];
  std::copy(state_.begin(), state_.end(), v);
  std::copy(kInitial.begin(), kInitial.end(), v + 8);
  v[12] ^= count_;
  v[13] ^= count_high_;
  if (is_last) v[14] = ~v[14];
  for (unsigned round = 0; round < 12; ++round) {
    const std::uint8_t* s = kOrder[round % 10];
    mix(v[0], v[4], v[8], v[12], m[s[0]], m[s[1]]);
    mix(v[1], v[5], v[9], v[13], m[s[2]], m[s[3]]);
    mix(v[2], v[6], v[10], v[14], m[s[4]], m[s[5]]);
    mix(v[3], v[7], v[11], v[15], m[s[6]], m[s[7]]);
    mix(v[0], v[5], v[10], v[15], m[s[8]], m[s[9]]);
    mix(v[1], v[6], v[11], v[12], m[s[10]], m[s[11]]);
    mix(v[2], v[7], v[8], v[13], m[s[12]], m[s[13]]);
    mix(v[3], v[4], v[9], v[14], m[s[14]], m[s[15]]);
  }
  for (unsigned i = 0; i < 8; ++i)
    state_[i] ^= v[i] ^ v[i + 8];
}

void Blake2b::update(const void* data, std::size_t length) {
  const auto* bytes = static_cast<const std::uint8_t*>(data);
  while (length > 0) {
    // A full buffer waits until more comes, since the last block is compressed differently.
    if (filled_ == kBlockBytes) {
      count_ += kBlockBytes;
      count_high_ += count_ < kBlockBytes;
      compress(buffer_.data(), false);
      filled_ = 0;
    }
    if (filled_ == 0 && length > kBlockBytes) {  // straight from the caller's memory
      count_ += kBlockBytes;
      count_high_ += count_ < kBlockBytes;
      compress(bytes, false);
      bytes += kBlockBytes;
      length -= kBlockBytes;
      continue;
    }
    const std::size_t taken = std::min(length, kBlockBytes - filled_);
    std::memcpy(buffer_.data() + filled_, bytes, taken);
    filled_ += taken;
    bytes += taken;
    length -= taken;
  }
}

Digest Blake2b::finish() {
  std::fill(buffer_.begin() + static_cast<std::ptrdiff_t>(filled_), buffer_.end(), std::uint8_t{0});
  count_ += filled_;
  count_high_ += count_ < filled_;
  compress(buffer_.data(), true);
  Digest digest{};
  for (unsigned i = 0; i < digest.size(); ++i) {
    digest[i] = static_cast<std::uint8_t>(state_[i / 8] >> (8 * (i % 8)));
  }
  return digest;
}

Digest blake2b(const void* data, std::size_t length) {
  Blake2b hasher;
  hasher.update(data, length);
  return hasher.finish();
}

}  // namespace tsx::engine
