#include <new>

#include "api/c_api.h"

namespace tsx::engine {
namespace {

Error no_memory() { return failure("TSX5020", {{"op", "this call"}}); }

/// What is given when there is no memory for an error. It is never freed.
tsx_error* spare() {
  static tsx_error kSpare{no_memory(), std::string()};
  return &kSpare;
}

Error current() {
  try {
    throw;
  } catch (const Error& error) {
    return error;
  } catch (const Refusal& refusal) {
    return failure("TSX5002", {{"op", "the call"}, {"reason", refusal.reason()}});
  } catch (const Raised& raised) {
    return failure("TSX5023", {{"raised", raised.exception() + ": " + raised.text()}})
        .instead_of(raised.exception(), raised.text());
  } catch (const std::bad_alloc&) {
    return no_memory();
  } catch (const std::exception& error) {
    return failure("TSX9001", {{"detail", error.what()}});
  } catch (...) {
    return failure("TSX9001", {{"detail", "an exception of no kind"}});
  }
}

}  // namespace

void refuse_null(const char* what) { throw failure("TSX1016", {{"what", what}}); }

tsx_error* caught() noexcept {
  try {
    tsx_error* made = nullptr;
    give(&made, current(), std::string());
    return made;
  } catch (...) {
    return spare();
  }
}

}  // namespace tsx::engine

using namespace tsx::engine;

tsx_error* tsx_error_new(const char* message) {
  tsx_error* made = nullptr;
  tsx_error* failed = guarded([&] {
    give(&made, failure("TSX5002", {{"op", "the kernel"}, {"reason", &at(message, "the message")}}), std::string(message));
  });
  return failed ? failed : made;
}

tsx_error* tsx_error_copy(const tsx_error* error) {
  tsx_error* made = nullptr;
  tsx_error* failed = guarded([&] { give(&made, error->error, error->reason); });
  return failed ? failed : made;
}

const char* tsx_error_code(const tsx_error* error) { return error->error.code().c_str(); }
const char* tsx_error_message(const tsx_error* error) { return error->error.message().c_str(); }
const char* tsx_error_where(const tsx_error* error) { return error->error.where().c_str(); }
const char* tsx_error_help(const tsx_error* error) { return error->error.help().c_str(); }
const char* tsx_error_exception(const tsx_error* error) {
  return error->error.exception().c_str();
}
const char* tsx_error_text(const tsx_error* error) { return error->error.what(); }
int tsx_error_exit_status(const tsx_error* error) { return error->error.exit_status(); }

void tsx_error_free(tsx_error* error) {
  if (error != tsx::engine::spare()) std::default_delete<tsx_error>()(error);
}

const char* tsx_version(void) { return TSX_VERSION; }
