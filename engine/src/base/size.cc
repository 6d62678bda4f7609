#include "base/size.h"

#include "base/error.h"

namespace tsx::engine {

void Size::too_large() { refuse("a size is negative or beyond 63 bits"); }

}  // namespace tsx::engine
