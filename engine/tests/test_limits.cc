// Budgets: what limited runs are charged, and what they get back.
#include <thread>

#include "base/budget.h"
#include "core/containers.h"
#include "core/tensor.h"
#include "run/work.h"
#include "test.h"

using namespace tsx::engine;

namespace {

Ref<Budget> budget(std::int64_t fuel, std::int64_t bytes, double seconds = 0) {
  return make_ref<Budget>(Limits{fuel, bytes, 0, seconds});
}

Value ints(std::vector<std::int64_t> numbers) { return list_of(Span<const std::int64_t>(numbers)); }

double work(const char* kind, std::vector<Value> operands) {
  return work_of(work_rule(kind), operands);
}

}  // namespace

TEST("tensors, strings and lists take bytes, and give them back when they die") {
  const Ref<Budget> of_run = budget(0, 10'000);
  const Budget::Use use(of_run.get());
  for (int i = 0; i < 10; ++i) {
    const TensorRef tensor = Tensor::zeros(DType::kFloat32, {2000});  // 8000 bytes, one at a time
    CHECK_EQUAL(tsx::test::thrown([] { Tensor::zeros(DType::kFloat32, {2000}); }), "TSX5041");
  }
  for (int i = 0; i < 10; ++i) {
    const Value text(std::string_view(std::string(9000, 'x')));
    CHECK_EQUAL(tsx::test::thrown([] { Value(std::string_view(std::string(9000, 'x'))); }), "TSX5041");
  }
  CHECK_EQUAL(tsx::test::thrown([] { Value(make_ref<List>(std::vector<Value>(1000))); }), "TSX5041");
  CHECK_EQUAL(tsx::test::thrown([] { Tensor::zeros(DType::kFloat32, {std::int64_t{1} << 40}); }), "TSX5041");
}

TEST("what grows is charged when it is asked to") {
  const Ref<Budget> of_run = budget(0, 10'000);
  const Budget::Use use(of_run.get());
  const Ref<List> list = make_ref<List>();
  list->items.resize(1000);
  CHECK_EQUAL(tsx::test::thrown([&] { list->charge(); }), "TSX5041");
  list->items = std::vector<Value>();
  list->charge();
  const TensorRef tensor = Tensor::zeros(DType::kUInt8, {8000});
  CHECK_EQUAL(tensor->count(), 8000);
}

TEST("a result outlives the budget of its run, on another thread too") {
  TensorRef result;
  {
    const Ref<Budget> of_run = budget(0, 10'000);
    const Budget::Use use(of_run.get());
    result = Tensor::zeros(DType::kUInt8, {5000});
  }
  CHECK(Budget::current() == nullptr);
  std::thread([dying = std::move(result)]() mutable { dying = nullptr; }).join();
}

TEST("without a budget nothing is counted") {
  CHECK_EQUAL(tsx::test::thrown([] { Tensor::zeros(DType::kUInt8, {100'000}); }), "");
}

TEST("fuel and time run out") {
  const Ref<Budget> of_run = budget(10'000, 0);
  CHECK_EQUAL(of_run->next_instructions(), 4096);
  CHECK_EQUAL(of_run->next_instructions(), 4096);
  CHECK_EQUAL(of_run->next_instructions(), 1808);
  CHECK_EQUAL(tsx::test::thrown([&] { of_run->next_instructions(); }), "TSX5040");
  CHECK_EQUAL(tsx::test::thrown([&] { budget(10, 0)->spend(11); }), "TSX5040");
  CHECK_EQUAL(tsx::test::thrown([&] { budget(0, 0, 1e-9)->spend(0); }), "TSX5042");
}

TEST("work is elements, or multiplications where there are more") {
  const auto tensor = [](const Dims& sizes) { return Value(Tensor::zeros(DType::kFloat32, sizes)); };
  CHECK_EQUAL(work("aten::add.Tensor", {tensor({3, 4}), tensor({4})}), 16);
  CHECK_EQUAL(work("aten::mm", {tensor({3, 4}), tensor({4, 5})}), 12 + 20 + 60);
  CHECK_EQUAL(work("aten::bmm", {tensor({2, 3, 4}), tensor({2, 4, 5})}), 24 + 40 + 120);
  CHECK_EQUAL(work("aten::addmm", {tensor({5}), tensor({3, 4}), tensor({4, 5})}), 5 + 12 + 20 + 60);
  CHECK_EQUAL(work("aten::linear", {tensor({3, 4}), tensor({7, 4})}), 12 + 28 + 84);
  CHECK_EQUAL(work("aten::einsum", {Value(std::string_view("ij,jk->ik")),
                                    Value(make_ref<List>(std::vector<Value>{tensor({3, 4}), tensor({4, 5})}))}),
              9 + (2 + 12 + 20) + 60);
  const double conv = work("aten::conv2d", {tensor({2, 3, 8, 8}), tensor({5, 3, 3, 3}), Value(),
                                            ints({1, 1}), ints({1, 1})});
  CHECK_EQUAL(conv, 384 + 135 + 1 + 2 + 2 + 2 * 135 * 100);
  CHECK_EQUAL(work("aten::append.t", {ints({1, 2, 3}), Value(std::int64_t{4})}), 0);
}

TEST("what makes much of a number is seen before it does") {
  const auto grown = [](const char* kind, std::vector<Value> operands) {
    return bytes_grown(work_rule(kind), operands);
  };
  const Value many(std::int64_t{1} << 40), text(std::string_view("ab"));
  CHECK(grown("aten::mul.left_t", {ints({1, 2}), many}) > 1e13);
  CHECK(grown("tsx::mul.str", {text, many}) > 1e12);
  CHECK(grown("tsx::ljust", {text, many, text}) > 1e12);
  CHECK(grown("tsx::rangelist", {Value(std::int64_t{0}), many, Value(std::int64_t{1})}) > 1e13);
  CHECK(grown("tsx::percent", {Value(std::string_view("%99999999999d")), Value(std::int64_t{1})}) > 1e10);
  CHECK(grown("tsx::percent", {Value(std::string_view("%*d")), many}) > 1e12);
  CHECK_EQUAL(grown("aten::add.Tensor", {text, text}), 0);
}
