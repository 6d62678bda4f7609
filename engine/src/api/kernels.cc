#include "api/c_api.h"
#include "run/host.h"

using namespace tsx::engine;

namespace {

using OwnedValue = std::unique_ptr<tsx_value, decltype(&tsx_value_free)>;
using OwnedError = std::unique_ptr<tsx_error, decltype(&tsx_error_free)>;

/// Throws what a kernel's error says: the words of one that it made itself, else the error.
void check(tsx_error* given) {
  if (!given) return;
  const OwnedError error(given, &tsx_error_free);
  if (!error->reason.empty()) refuse(error->reason);
  throw error->error;
}

/// A kernel should throw nothing; where it does, this is the last place that may know.
tsx_error* called(tsx_kernel kernel, void* owner, const std::vector<const tsx_value*>& operands,
                  std::vector<tsx_value*>& results) {
  try {
    return kernel(owner, operands.data(), operands.size(), results.data(), results.size());
  } catch (const std::exception& error) {
    return tsx_error_new(error.what());
  } catch (...) {
    return tsx_error_new("the kernel threw what is no std::exception");
  }
}

std::vector<Value> run(tsx_kernel kernel, void* owner, Span<const Value> operands, std::size_t count) {
  std::vector<tsx_value> handles;
  for (const Value& operand : operands) handles.push_back({operand, std::string()});
  std::vector<const tsx_value*> given;
  for (const tsx_value& handle : handles) given.push_back(&handle);
  std::vector<tsx_value*> raw(count, nullptr);
  tsx_error* error = called(kernel, owner, given, raw);
  std::vector<OwnedValue> results;
  results.reserve(count);
  for (tsx_value* result : raw) results.emplace_back(result, &tsx_value_free);
  check(error);
  std::vector<Value> values;
  for (const OwnedValue& result : results) {
    if (!result) refuse("the kernel left out result " + std::to_string(values.size()));
    values.push_back(result->value);
  }
  return values;
}

}  // namespace

tsx_error* tsx_register_kernel(const char* schema, tsx_kernel kernel, void* owner,
                               void (*release)(void* owner)) {
  return guarded([&] {
    const std::shared_ptr<void> kept(owner, [release](void* held) {
      if (release) release(held);
    });
    at(kernel, "the kernel");
    const auto function = [kernel, kept](Span<const Value> operands, std::size_t results) {
      return run(kernel, kept.get(), operands, results);
    };
    register_operator(std::make_shared<const HostOperator>(&at(schema, "the schema"), std::int16_t{1}, function));
  });
}
