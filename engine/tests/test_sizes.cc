// Arithmetic on symbolic sizes: the normal form decides equality, as tests/ir/test_dims.py has it.
#include <cstdint>
#include <string>

#include "base/error.h"
#include "ir/size_math.h"
#include "test.h"

using namespace tsx::engine;

namespace {

struct Sizes {
  TypeStore types;

  Dim symbol(std::string_view name) {
    SizeExpr alone;
    alone.terms = {{1, {{types.intern(name)}}}};
    return Dim::symbolic(types.intern(alone));
  }
};

}  // namespace

TEST("sums and products of sizes have one form") {
  Sizes sizes;
  const Dim a = sizes.symbol("a"), b = sizes.symbol("b");
  CHECK_EQUAL(to_text(a + b), to_text(b + a));
  CHECK(a + b == b + a);
  CHECK((a + 1) * (b + 2) == a * b + a * 2 + b + 2);
  CHECK(a - a == Dim::known(0));
  CHECK((a + b) - b == a);
  CHECK_EQUAL(to_text(a * b * 3 - a + 7), std::string("3*a*b - a + 7"));
}

TEST("floor division takes out what divides") {
  Sizes sizes;
  const Dim n = sizes.symbol("n");
  CHECK(floor_div(n * 4 + 6, 2) == n * 2 + 3);
  CHECK(floor_div(floor_div(n, 2) + 1, 3) == floor_div(n + 2, 6));
  CHECK(modulo(n * 4 + 7, 4) == Dim::known(3));
  CHECK(floor_div(Dim::known(-7), 2) == Dim::known(-4));
  CHECK(modulo(Dim::known(-7), 2) == Dim::known(1));
  CHECK(floor_div(n, 0) == Dim());
}

TEST("an exact division is told, or nothing is") {
  Sizes sizes;
  const Dim a = sizes.symbol("a"), b = sizes.symbol("b");
  CHECK(exact_div(a * b * 6, a * 2) == b * 3);
  CHECK(exact_div((a + 1) * (b + 2), b + 2) == a + 1);
  CHECK(exact_div(a, b) == Dim());
  CHECK(exact_div(Dim::known(7), Dim::known(2)) == Dim());
  CHECK(exact_div(Dim::known(INT64_MIN), Dim::known(-1)) == Dim());
  CHECK(exact_div(a, Dim::known(0)) == Dim());
}

TEST("bounds hold for every binding") {
  Sizes sizes;
  const Dim n = sizes.symbol("n");
  CHECK(is_at_least(n + 2, 2));
  CHECK(!is_at_least(n, 1));
  CHECK(is_at_least(n - floor_div(n, 2), 0));
  CHECK(no_less(n + 1, n));
  CHECK(smaller(n, n + 1) == n);
  CHECK(smaller(n, sizes.symbol("m")) == Dim());
  CHECK(never_one(n + 2) && never_one(Dim::known(0)) && !never_one(n));
}

TEST("what 64 bits can't hold is unknown, and so is what is computed with it") {
  Sizes sizes;
  const Dim n = sizes.symbol("n"), large = Dim::known(INT64_MAX);
  CHECK(large + 1 == Dim());
  CHECK(n * large * 2 == Dim());
  CHECK(Dim() + n == Dim());
  CHECK(0 - Dim::known(INT64_MIN) == Dim());
}

TEST("divisions in divisions stop before they fill the memory") {
  Sizes sizes;
  Dim size = sizes.symbol("n");
  bool is_refused = false;
  try {
    for (int i = 0; i < 64; ++i)
      size = floor_div(size * size + 1, 3);
  } catch (const Error& error) {
    is_refused = error.code() == "TSX8003";
  }
  CHECK(is_refused);
}
