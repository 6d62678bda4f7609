// What stands behind the handles of tsx/tsx.h, and how exceptions become tsx_error.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "core/containers.h"
#include "base/budget.h"
#include "run/executable.h"
#include "run/profile.h"
#include "tsx/tsx.h"

struct tsx_error {
  tsx::engine::Error error;
  std::string reason;  // what a kernel of the host said; else empty
};

struct tsx_tensor {
  tsx::engine::TensorRef tensor;
};

struct tsx_value {
  tsx::engine::Value value;
  std::string text;  // what tsx_value_text gave last
};

struct tsx_module {
  std::shared_ptr<const tsx::engine::Executable> executable;
  std::vector<std::string> names;
  std::vector<std::string> signatures;
  std::string code;
  tsx::engine::Limits limits;  // of each call
};

struct tsx_profile {
  std::shared_ptr<const tsx::engine::Executable> executable;
  tsx::engine::Profile profile;
  std::vector<std::string> texts;
  std::vector<tsx_profile_row> rows;
  std::string trace;
};

namespace tsx::engine {

/// The error that is being handled. Never throws: without memory it gives one that was made before.
tsx_error* caught() noexcept;

/// Runs `body`; an exception becomes the error that is given.
template <typename Body> tsx_error* guarded(Body body) noexcept {
  try {
    body();
    return nullptr;
  } catch (...) {
    return caught();
  }
}

/// TSX1016: `what` is a null pointer, and may not be one.
[[noreturn]] void refuse_null(const char* what);

/// What a caller's pointer points to; TSX1016 where it is null.
template <typename T> T& at(T* pointer, const char* what) {
  if (!pointer) refuse_null(what);
  return *pointer;
}

/// The same of an array, of which an empty one may be null.
template <typename T> T* first(T* items, std::size_t count, const char* what) {
  return count == 0 ? items : &at(items, what);
}

/// A new handle, given to the caller.
template <typename Handle, typename... Args> void give(Handle** out, Args&&... args) {
  Handle*& place = at(out, "the place for the result");  // before there is a handle to lose
  place = std::make_unique<Handle>(Handle{std::forward<Args>(args)...}).release();
}

}  // namespace tsx::engine
