#include "base/blake2b.h"

namespace tsx::engine {

bool is_digest(const Digest& found, const Digest& stated) { return found == stated; }

}  // namespace tsx::engine
