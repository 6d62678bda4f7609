// Digests of many messages at once, several times as fast as one after the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/blake2b.h"

namespace tsx::engine {

/// What a hasher takes next.
struct HashPart {
  Blake2b* hasher;
  const std::uint8_t* data;
  std::size_t length;
};

/// Gives each hasher its part, as its update() would: in the lanes of vectors, and shared among the
/// threads of the pool. No hasher stands twice.
void update_all(std::vector<HashPart> parts);

}  // namespace tsx::engine
