#include "base/blake2b.h"

#include <algorithm>
#include <cstring>

#include "base/blake2b_rounds.h"

namespace tsx::engine {
namespace {

using namespace blake2b_rounds;

struct Rotation {
  template <unsigned bits> static std::uint64_t right(std::uint64_t x) { return (x >> bits) | (x << (64 - bits)); }
};

std::uint64_t little_endian(const std::uint8_t* bytes) {
  std::uint64_t word = 0;
  for (unsigned i = 0; i < 8; ++i)
    word |= static_cast<std::uint64_t>(bytes[i]) << (8 * i);
  return word;
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
  mix_rounds<Rotation>(v, m);
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
