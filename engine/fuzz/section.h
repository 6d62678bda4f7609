// What the targets for program sections share: a module of a section without a container around it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "ir/module.h"

namespace tsx::engine::fuzz {

/// The checked module of a section; null when it is refused. Its archive lists every operator, and
/// has the weights "b" (int64, 4) and "w" (float32, 2x3).
std::shared_ptr<const ir::Module> read_section(const std::uint8_t* data, std::size_t size);

}  // namespace tsx::engine::fuzz
