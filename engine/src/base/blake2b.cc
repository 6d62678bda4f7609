#include "base/blake2b.h"

#include <algorithm>
#include <cstring>

#include "base/blake2b_tables.h"

namespace tsx::engine {
namespace {

using namespace blake2b_tables;

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

Blake2b::Blake2b() {
  std::copy(std::begin(kInitial), std::end(kInitial), state_.begin());
  state_[0] ^= 0x01010000 ^ std::tuple_size<Digest>::value;  // fan-out 1, depth 1, no key, length
}

void Blake2b::compress(const std::uint8_t* block, std::size_t bytes, bool is_last) {
  count_ += bytes;
  std::uint64_t m[16];
  for (unsigned i = 0; i < 16; ++i)
    m[i] = little_endian(block + 8 * i);
  std::uint64_t v[16];
  std::copy(state_.begin(), state_.end(), v);
  std::copy(std::begin(kInitial), std::end(kInitial), v + 8);
  v[12] ^= count_;
  if (is_last) v[14] = ~v[14];
#pragma GCC unroll 12  // so that the order of the words is known
  for (unsigned round = 0; round < kRounds; ++round) {
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

std::size_t Blake2b::empty_buffer(const std::uint8_t* bytes, std::size_t length) {
  // A full buffer waits until more comes, since the last block is compressed differently.
  if (filled_ == 0 || length <= kBlockBytes - filled_) return 0;
  const std::size_t taken = kBlockBytes - filled_;
  std::copy_n(bytes, taken, buffer_.data() + filled_);
  compress(buffer_.data(), kBlockBytes, false);
  filled_ = 0;
  return taken;
}

void Blake2b::update(const void* data, std::size_t length) {
  const auto* bytes = static_cast<const std::uint8_t*>(data);
  const std::size_t taken = empty_buffer(bytes, length);
  bytes += taken;
  length -= taken;
  for (; filled_ == 0 && length > kBlockBytes; bytes += kBlockBytes, length -= kBlockBytes)
    compress(bytes, kBlockBytes, false);  // straight from the caller's memory
  std::copy_n(bytes, length, buffer_.data() + filled_);
  filled_ += length;
}

Digest Blake2b::finish() {
  std::fill(buffer_.begin() + static_cast<std::ptrdiff_t>(filled_), buffer_.end(), std::uint8_t{0});
  compress(buffer_.data(), filled_, true);
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
