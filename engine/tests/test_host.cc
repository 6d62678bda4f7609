// Operators that the host program provides, through the public interface, over archives of fixtures/host.
#include <atomic>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "test.h"
#include "thrown.h"
#include "tsx/tsx.h"

namespace {

using tsx::test::code;

using Operands = std::vector<tsx::Value>;

constexpr const char kAbove[] = "host::above(Tensor x, float limit) -> Tensor";
constexpr const char kTold[] = "host::told(str text, int[] numbers, float? scale=None) -> str";

/// All that an error says.
template <typename Run> std::string words(Run run) {
  try {
    run();
  } catch (const tsx::Error& error) {
    return error.what();
  }
  return "";
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

tsx::Tensor floats(const std::vector<float>& values) {
  tsx::Tensor made = tsx::zeros({static_cast<std::int64_t>(values.size())});
  for (std::size_t i = 0; i < values.size(); ++i) made.data<float>()[i] = values[i];
  return made;
}

std::vector<float> floats_of(const tsx::Value& value) {
  const tsx::Tensor tensor = value.to_tensor().contiguous();
  return {tensor.data<float>(), tensor.data<float>() + tensor.count()};
}

/// The places of the values above a limit.
tsx::Tensor above(const Operands& operands) {
  const tsx::Tensor x = operands[0].to_tensor().contiguous();
  const double limit = operands[1].to_double();
  std::vector<std::int64_t> places;
  for (std::int64_t i = 0; i < x.count(); ++i)
    if (x.data<float>()[i] > limit) places.push_back(i);
  tsx::Tensor made = tsx::zeros({static_cast<std::int64_t>(places.size())}, TSX_INT64);
  for (std::size_t i = 0; i < places.size(); ++i) made.data<std::int64_t>()[i] = places[i];
  return made;
}

Operands extremes(const Operands& operands) {
  const tsx::Tensor x = operands[0].to_tensor().contiguous();
  const tsx::Tensor low = tsx::zeros(x.sizes()), high = tsx::zeros(x.sizes());
  for (std::int64_t i = 0; i < x.count(); ++i)
    (x.data<float>()[i] < 0 ? low : high).data<float>()[i] = x.data<float>()[i];
  return {low, high};
}

tsx::Value fill(const Operands& operands) {
  const tsx::Tensor x = operands[0].to_tensor();
  for (std::int64_t i = 0; i < x.count(); ++i)
    x.data<float>()[i] = static_cast<float>(operands[1].to_double());
  return operands[0];
}

std::string told(const Operands& operands) {
  return operands[0].to_string() + " " + std::to_string(operands[1].size()) +
         (operands[2].is_none() ? " none" : "");
}

tsx::Module load(const tsx_load_options* options = nullptr) {
  tsx::register_kernel(kAbove, above);
  tsx::register_kernel("host::extremes(Tensor x) -> (Tensor, Tensor)", extremes);
  tsx::register_kernel("host::fill_(Tensor(a!) x, float value) -> Tensor(a!)", fill);
  tsx::register_kernel("host::same(Tensor x) -> Tensor", [](const Operands& operands) { return operands[0]; });
  tsx::register_kernel(kTold, [](const Operands& operands) { return tsx::Value(std::string_view(told(operands))); });
  return tsx::load(std::string(TSX_HOST) + "/operators.tsx", options);
}

}  // namespace

TEST("an operator that nobody provides is named, with the way out") {
  const std::string said = words([] { tsx::load(std::string(TSX_HOST) + "/peaks.tsx"); });
  CHECK(has(said, "TSX6007"));
  CHECK(has(said, "the archive uses operators that this tsx does not have: my::peaks; the host has to register: my::peaks"));
  CHECK(has(said, "tsx_register_kernel, in C++ tsx::register_kernel"));
  CHECK(!has(said, "--import"));
}

TEST("a kernel under another schema than the archive's is told, with both") {
  tsx::register_kernel("my::peaks(Tensor x) -> Tensor", [](const Operands& operands) { return operands[0]; });
  const std::string said = words([] { tsx::load(std::string(TSX_HOST) + "/peaks.tsx"); });
  CHECK(has(said, "TSX6012: my::peaks is registered as my::peaks(Tensor x) -> Tensor, "
                  "and the archive calls it as my::peaks(Tensor, float) -> Tensor"));
  CHECK(has(said, "register it under the schema that the model was converted with"));
}

TEST("operands in, results out") {
  const tsx::Module module = load();
  const tsx::Tensor places = module.call("above", {floats({1, 5, 2, 7}), 1.5}).to_tensor();
  CHECK(places.sizes() == (tsx::Sizes{3}));
  CHECK_EQUAL(places.data<std::int64_t>()[2], 3);
  const tsx::Value pair = module.call("extremes", {floats({-1, 2})});
  CHECK(floats_of(pair[0]) == (std::vector<float>{-1, 0}));
  CHECK(floats_of(pair[1]) == (std::vector<float>{0, 2}));
  CHECK_EQUAL(module.call("told", {"text", tsx::Value::list({1, 2})}).to_string(), "text 2 none");
}

TEST("a kernel writes where its schema says so, and nowhere else") {
  const tsx::Module module = load();
  const tsx::Tensor x = floats({1, 2});
  CHECK(floats_of(module.call("filled", {x, 4.0})) == (std::vector<float>{5, 5}));
  CHECK(floats_of(x) == (std::vector<float>{1, 2}));
  tsx_call_options options = {};
  options.in_place = 1;
  module.call("filled", {x, 4.0}, {}, &options);
  CHECK(floats_of(x) == (std::vector<float>{5, 5}));
  // A result that is an operand is one of its own all the same.
  const tsx::Value pair = module.call("same", {floats({1, 2})});
  CHECK(floats_of(pair[0]) == (std::vector<float>{1, 2}));
  CHECK(floats_of(pair[1]) == (std::vector<float>{2, 3}));
}

TEST("memory of the host's is copied before the model writes into it") {
  load();
  static float kept[] = {1, 2};
  tsx::register_kernel("host::same(Tensor x) -> Tensor",
                       [](const Operands&) { return tsx::from_memory(kept, {2}); });
  const tsx::Module module = tsx::load(std::string(TSX_HOST) + "/operators.tsx");
  CHECK(floats_of(module.call("same", {floats({7, 8})})[1]) == (std::vector<float>{2, 3}));
  CHECK_EQUAL(kept[0], 1.0f);
}

TEST("what a kernel throws stops the call, with the line of the model") {
  load();
  const auto said = [](auto kernel) {
    tsx::register_kernel(kAbove, kernel);
    const tsx::Module module = tsx::load(std::string(TSX_HOST) + "/operators.tsx");
    return words([&] { module.call("above", {floats({1}), 0.5}); });
  };
  const std::string thrown = said([](const Operands&) -> tsx::Tensor { throw std::runtime_error("no such thing"); });
  CHECK(has(thrown, "TSX5002"));
  CHECK(has(thrown, "host::above failed: no such thing"));
  CHECK(has(thrown, "model.py:3:4"));
  CHECK(has(thrown, "host::above(Float(1), float)"));
  CHECK(has(said([](const Operands&) -> tsx::Tensor { throw 5; }), "what is no std::exception"));
  CHECK(has(said([](const Operands& operands) { return operands[0].to_int(); }), "TSX5012"));
  CHECK(has(said([](const Operands&) { return 5; }), "has to give a result of type Tensor, found int"));
  CHECK(has(said([](const Operands& operands) { return operands; }), "another number of results"));
  CHECK(has(said([](const Operands&) {}), "another number of results"));
}

TEST("loaded modules keep the kernel that they were loaded with; one that nobody needs is released") {
  const auto one = std::make_shared<int>(1), two = std::make_shared<int>(2);
  const auto number = [](const std::shared_ptr<int>& held) {
    return [held](const Operands&) { return tsx::Value(std::string_view(std::to_string(*held))); };
  };
  const auto ask = [](const tsx::Module& module) {
    return module.call("told", {"", tsx::Value::list({})}).to_string();
  };
  load();
  tsx::register_kernel(kTold, number(one));
  {
    const tsx::Module first = tsx::load(std::string(TSX_HOST) + "/operators.tsx");
    tsx::register_kernel(kTold, number(two));
    CHECK_EQUAL(ask(first), "1");
    CHECK_EQUAL(ask(tsx::load(std::string(TSX_HOST) + "/operators.tsx")), "2");
    CHECK(one.use_count() > 1);
  }
  CHECK_EQUAL(one.use_count(), 1);
  load();
  CHECK_EQUAL(two.use_count(), 1);
}

TEST("schemas that can't be are refused, and the kernel is released") {
  const auto held = std::make_shared<int>(0);
  const auto refused = [&](const char* schema) {
    return code([&] { tsx::register_kernel(schema, [held](const Operands&) {}); });
  };
  for (const char* schema : {"", "none", "my::(Tensor x) -> Tensor", "my::x(Tensor x", "my::x(Tensor x) Tensor",
                             "my::x(Tensor x) -> Tensor Tensor x", "my::x y() -> ()", "my::x.(int a) -> ()"})
    CHECK_EQUAL(refused(schema), "TSX4001");
  CHECK_EQUAL(refused("aten::x(Tensor x) -> Tensor"), "TSX4071");
  CHECK_EQUAL(refused("my::x(...) -> Tensor"), "TSX4076");
  CHECK_EQUAL(refused("my::x(int[](a!) xs) -> ()"), "TSX4076");
  CHECK_EQUAL(held.use_count(), 1);
  CHECK_EQUAL(refused("my::none() -> ()"), "");
}

TEST("the interface of C") {
  load();
  struct Told {
    int calls = 0, released = 0;
  } told;
  const tsx_kernel kernel = [](void* owner, const tsx_value* const* operands, std::size_t count,
                               tsx_value** results, std::size_t result_count) -> tsx_error* {
    ++static_cast<Told*>(owner)->calls;
    std::int64_t length = 0;
    if (count != 3 || result_count != 1) return tsx_error_new("counts");
    if (tsx_error* error = tsx_value_to_int(operands[1], &length)) {
      tsx_error_free(error);
      if (tsx_value_size(operands[1]) == 0) return tsx_error_new("there is nothing in it");
    }
    if (tsx_value_size(operands[1]) == 1) return nullptr;  // and leaves its result out
    if (tsx_value_size(operands[1]) == 2) throw std::runtime_error("thrown through C");
    return tsx_value_string("given", 5, &results[0]);
  };
  const auto release = [](void* owner) { ++static_cast<Told*>(owner)->released; };
  CHECK(tsx_register_kernel(kTold, kernel, &told, release) == nullptr);
  {
    const tsx::Module module = tsx::load(std::string(TSX_HOST) + "/operators.tsx");
    const auto call = [&](const Operands& numbers) { return module.call("told", {"", tsx::Value::list(numbers)}); };
    CHECK(has(words([&] { call({}); }), "host::told failed: there is nothing in it"));
    CHECK(has(words([&] { call({1}); }), "left out result 0"));
    CHECK(has(words([&] { call({1, 2}); }), "thrown through C"));
    CHECK_EQUAL(call({1, 2, 3}).to_string(), "given");
    CHECK_EQUAL(told.calls, 4);
  }
  load();  // registers another one
  CHECK_EQUAL(told.released, 1);
  tsx_error* error = tsx_register_kernel("none", kernel, &told, release);
  CHECK_EQUAL(std::string(tsx_error_code(error)), "TSX4001");
  tsx_error_free(error);
  CHECK_EQUAL(told.released, 2);
}

TEST("a kernel's memory counts against the call's limit") {
  tsx_limits limits = {};
  limits.bytes = 100'000;
  const tsx_load_options options = {nullptr, nullptr, 0, &limits};
  load();
  tsx::register_kernel(kAbove, [](const Operands&) { return tsx::zeros({1'000'000}); });
  const tsx::Module module = tsx::load(std::string(TSX_HOST) + "/operators.tsx", &options);
  CHECK_EQUAL(code([&] { module.call("above", {floats({1}), 0.5}); }), "TSX5041");
}

TEST("threads call, load and register at once") {
  const tsx::Module module = load();
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        const tsx::Module mine = t % 2 ? load() : module;
        if (mine.call("above", {floats({1, 2, 3}), 1.5}).to_tensor().count() != 2) ++wrong;
      }
    });
  for (std::thread& thread : threads) thread.join();
  CHECK_EQUAL(wrong.load(), 0);
}

TEST("a trace has an event for each call of an operator") {
  const tsx::Module module = load();
  std::shared_ptr<tsx_profile> profile(tsx::detail::made<tsx_profile>(tsx_profile_new, module.get()),
                                       &tsx_profile_free);
  tsx_profile_keep_events(profile.get(), 3);
  tsx_call_options options = {};
  options.profile = profile.get();
  for (int i = 0; i < 2; ++i) module.call("same", {floats({1, 2})}, {}, &options);
  const char* json = nullptr;
  tsx::detail::check(tsx_profile_trace(profile.get(), &json));
  const std::string text = json;
  CHECK(has(text, "\"left_out\":1"));
  CHECK(has(text, "\"name\":\"host::same\",\"cat\":\"operator\",\"ph\":\"X\""));
  CHECK(has(text, "\"source\":\"model.py:15:4\""));
  CHECK(has(text, "\"operands\":\"Float(2), int, int\",\"results\":\"Float(2)\""));
}
