// A test is TEST("what holds") { CHECK(a == b); }. The file's name is the suite that CTest runs.
#pragma once

#include <functional>
#include <sstream>
#include <string>
#include <string_view>

#include "base/error.h"

namespace tsx::test {

struct Case {
  Case(std::string_view file, std::string_view name, void (*run)());
};

/// Notes a check that doesn't hold and goes on.
void fail(std::string_view file, int line, const std::string& what);

template <typename A, typename B>
void check_equal(std::string_view file, int line, const char* text, const A& a, const B& b) {
  if (a == b) return;
  std::ostringstream out;
  out << text << "\n    left  " << a << "\n    right " << b;
  fail(file, line, out.str());
}

/// The code of the error that `run` throws: "refused" for a Refusal, "" when there is none.
std::string thrown(const std::function<void()>& run);

}  // namespace tsx::test

#define TSX_JOIN2(a, b) a##b
#define TSX_JOIN(a, b) TSX_JOIN2(a, b)
#define TEST(name)                                                                                \
  static void TSX_JOIN(test_, __LINE__)();                                                        \
  static const tsx::test::Case TSX_JOIN(case_, __LINE__)(__FILE__, name,                          \
                                                         TSX_JOIN(test_, __LINE__));              \
  static void TSX_JOIN(test_, __LINE__)()
#define CHECK(condition)                                                                          \
  do {                                                                                            \
    if (!(condition)) tsx::test::fail(__FILE__, __LINE__, #condition);                            \
  } while (false)
#define CHECK_EQUAL(a, b) tsx::test::check_equal(__FILE__, __LINE__, #a " == " #b, a, b)
#define CHECK_THROWS(code, expression)                                                            \
  CHECK_EQUAL(tsx::test::thrown([&] { static_cast<void>(expression); }), std::string(code))
