// Runs the tests of the suites named as arguments (all without any): "N passed, N failed" closes.
#include <cstdio>
#include <exception>
#include <vector>

#include "test.h"

namespace tsx::test {
namespace {

struct Known {
  std::string suite;
  std::string name;
  void (*run)();
};

std::vector<Known>& cases() {
  static std::vector<Known> all;
  return all;
}

int failures = 0;

std::string stem(std::string_view path) {
  const std::size_t start = path.rfind('/') + 1;
  return std::string(path.substr(start, path.rfind('.') - start));
}

bool is_wanted(const Known& known, int count, char** names) {
  bool wanted = count <= 1;
  for (int i = 1; i < count; ++i) wanted |= known.suite == names[i];
  return wanted;
}

/// Whether the case passed.
bool run(const Known& known) {
  failures = 0;
  try {
    known.run();
  } catch (const std::exception& error) {
    fail(known.suite, 0, std::string("threw ") + error.what());
  }
  if (failures) std::printf("FAILED %s: %s\n", known.suite.c_str(), known.name.c_str());
  return failures == 0;
}

}  // namespace

Case::Case(std::string_view file, std::string_view name, void (*run)()) {
  cases().push_back({stem(file), std::string(name), run});
}

void fail(std::string_view file, int line, const std::string& what) {
  ++failures;
  std::printf("%s:%d: %s\n", std::string(file).c_str(), line, what.c_str());
}

std::string thrown(const std::function<void()>& run) {
  try {
    run();
  } catch (const engine::Error& error) {
    return error.code();
  } catch (const engine::Refusal&) {
    return "refused";
  }
  return "";
}

int run_all(int count, char** names) {
  int passed = 0, failed = 0;
  for (const Known& known : cases())
    if (is_wanted(known, count, names)) ++(run(known) ? passed : failed);
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed || passed == 0;
}

}  // namespace tsx::test

int main(int count, char** names) { return tsx::test::run_all(count, names); }
