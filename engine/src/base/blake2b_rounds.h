// The constants and the rounds of BLAKE2b (RFC 7693, 2.6, 2.7, 3.1 and 3.2), for plain words and for vectors of them.
//
// Inlined always: what is compiled for one instruction set must not serve another.
#pragma once

#include <cstdint>

namespace tsx::engine::blake2b_rounds {

constexpr std::uint64_t kInitial[8] = {
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};

constexpr unsigned kRounds = 12;

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

/// Mixes two words of the message into a quarter of the state. `Rotation::right<n>(word)` turns words by n bits.
template <typename Rotation, typename Word>
[[gnu::always_inline]] inline void mix(Word& a, Word& b, Word& c, Word& d, Word x, Word y) {
  a += b + x;
  d = Rotation::template right<32>(d ^ a);
  c += d;
  b = Rotation::template right<24>(b ^ c);
  a += b + y;
  d = Rotation::template right<16>(d ^ a);
  c += d;
  b = Rotation::template right<63>(b ^ c);
}

/// All rounds over the working state `v`, with the block `m`.
template <typename Rotation, typename Word>
[[gnu::always_inline]] inline void mix_rounds(Word (&v)[16], const Word (&m)[16]) {
#pragma GCC unroll 12  // so that the order of the words is known
  for (unsigned round = 0; round < kRounds; ++round) {
    const std::uint8_t* s = kOrder[round % 10];
    mix<Rotation>(v[0], v[4], v[8], v[12], m[s[0]], m[s[1]]);
    mix<Rotation>(v[1], v[5], v[9], v[13], m[s[2]], m[s[3]]);
    mix<Rotation>(v[2], v[6], v[10], v[14], m[s[4]], m[s[5]]);
    mix<Rotation>(v[3], v[7], v[11], v[15], m[s[6]], m[s[7]]);
    mix<Rotation>(v[0], v[5], v[10], v[15], m[s[8]], m[s[9]]);
    mix<Rotation>(v[1], v[6], v[11], v[12], m[s[10]], m[s[11]]);
    mix<Rotation>(v[2], v[7], v[8], v[13], m[s[12]], m[s[13]]);
    mix<Rotation>(v[3], v[4], v[9], v[14], m[s[14]], m[s[15]]);
  }
}

}  // namespace tsx::engine::blake2b_rounds
