// Loading: the module in an archive, verified, with its weights still in the file.
//
// Never executes, imports or opens anything that an archive names, and refuses whatever breaks a
// rule of docs/archive.md with an error of family 6.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/blake2b.h"
#include "ir/module.h"
#include "read/source.h"

namespace tsx::engine {

/// When tensors are compared with their digests: all at load; at load when they are small together
/// and else on first use; never.
enum class CheckMode : std::uint8_t { kFull, kAuto, kHeader };

struct Loaded {
  std::unique_ptr<const ir::Module> module;
  Digest file_digest{};
  Digest program_digest{};
};

/// The operator of that name which the program around the engine provides; null when it has none.
using FindHost = std::function<std::shared_ptr<const Operator>(std::string_view kind)>;

/// `hosts` is asked for the operators that the engine has not; none are known when it is empty.
Loaded load_archive(const std::shared_ptr<Source>& source, CheckMode check = CheckMode::kAuto,
                    const FindHost& hosts = {});

}  // namespace tsx::engine
