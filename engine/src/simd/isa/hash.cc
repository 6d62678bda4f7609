// BLAKE2b of several messages at once, one in each lane of a vector (RFC 7693, 3.2).
#include "base/blake2b_rounds.h"
#include "simd/isa/levels.h"
#include "simd/isa/vector.h"

namespace tsx::engine::simd::TSX_LEVEL {
namespace {

using namespace blake2b_rounds;

typedef std::uint64_t U64 __attribute__((vector_size(kVectorBytes)));

constexpr std::size_t kWords = 16, kBlockBytes = 8 * kWords;
constexpr std::size_t kMessages = kVectorBytes / 8;
static_assert(kMessages <= kMostHashLanes);

struct Rotation {
  template <unsigned amount> static U64 right(U64 x) {
#if defined(__AVX2__) && !defined(__AVX512F__)
    // By whole bytes it is one instruction, which GCC does not find by itself.
    if constexpr (amount % 8 == 0) {
      std::uint8_t from[kVectorBytes];
      for (unsigned i = 0; i < kVectorBytes; ++i)
        from[i] = static_cast<std::uint8_t>((i & 8) | ((i + amount / 8) & 7));
      return bits<U64>(_mm256_shuffle_epi8(bits<__m256i>(x), load<__m256i>(from)));
    }
#endif
    return (x >> amount) | (x << (64 - amount));
  }
};

inline std::uint64_t little_endian(const std::uint8_t* bytes) {
  std::uint64_t word;
  std::memcpy(&word, bytes, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  word = __builtin_bswap64(word);
#endif
  return word;
}

inline void compress(U64 (&state)[8], U64 count, const std::uint8_t* const (&blocks)[kMessages]) {
  U64 m[kWords], v[16];
  for (std::size_t word = 0; word < kWords; ++word) {
    std::uint64_t lanes[kMessages];
    for (std::size_t i = 0; i < kMessages; ++i)
      lanes[i] = little_endian(blocks[i] + 8 * word);
    m[word] = load<U64>(lanes);
  }
  for (std::size_t i = 0; i < 8; ++i) {
    v[i] = state[i];
    v[8 + i] = U64{} + kInitial[i];
  }
  v[12] ^= count;
  mix_rounds<Rotation>(v, m);
  for (std::size_t i = 0; i < 8; ++i)
    state[i] ^= v[i] ^ v[i + 8];
}

void hash_blocks(std::uint64_t* state, std::uint64_t* counts, const std::uint8_t* const* messages,
                 std::size_t blocks) {
  U64 states[8];
  for (std::size_t i = 0; i < 8; ++i)
    states[i] = load<U64>(state + i * kMessages);
  U64 count = load<U64>(counts);
  const std::uint8_t* at[kMessages];
  for (std::size_t i = 0; i < kMessages; ++i)
    at[i] = messages[i];
  for (; blocks > 0; --blocks) {
    count += kBlockBytes;
    compress(states, count, at);
    for (const std::uint8_t*& message : at)
      message += kBlockBytes;
  }
  for (std::size_t i = 0; i < 8; ++i)
    store(state + i * kMessages, states[i]);
  store(counts, count);
}

} // namespace

void fill_hash(Table& table) {
  table.hash_lanes = kMessages;
  table.hash_blocks = hash_blocks;
}

} // namespace tsx::engine::simd::TSX_LEVEL
