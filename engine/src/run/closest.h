// "did you mean …": the known name that is most like one that isn't.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tsx::engine {

/// "; did you mean forward?", or empty when nothing is close.
std::string hint(std::string_view name, const std::vector<std::string_view>& known);

}  // namespace tsx::engine
