// The public interface, over archives of fixtures/golden.
#include <cstdint>
#include <cstring>
#include <sstream>
#include <thread>
#include <vector>

#include "test.h"
#include "thrown.h"
#include "tsx/tsx.h"

namespace {

using tsx::test::code;

tsx::Module load(const std::string& name) {
  return tsx::load(std::string(TSX_GOLDEN) + "/" + name + ".tsx");
}

tsx::Tensor counting(const tsx::Sizes& sizes) {
  tsx::Tensor made = tsx::zeros(sizes);
  for (std::int64_t i = 0; i < made.count(); ++i) made.data<float>()[i] = static_cast<float>(i);
  return made;
}

}  // namespace

TEST("load, forward, read") {
  const tsx::Module module = load("arithmetic");  // x * y + x
  const tsx::Tensor out = module.forward({counting({2, 3}), tsx::ones({2, 3})}).to_tensor();
  CHECK(out.sizes() == (tsx::Sizes{2, 3}));
  CHECK_EQUAL(out.data<float>()[5], 10.0f);
  const tsx::Tensor named =
      module.forward({counting({2, 3})}, {{"y", tsx::ones({2, 3})}}).to_tensor();
  CHECK_EQUAL(named.data<float>()[4], 8.0f);
}

TEST("what doesn't load says why") {
  CHECK_EQUAL(code([] { tsx::load("/nonexistent.tsx"); }), "TSX6008");
  CHECK_EQUAL(code([] { tsx::load(TSX_GOLDEN); }), "TSX6001");
  const tsx_load_options options = {"sometimes", nullptr, 0, nullptr};
  CHECK_EQUAL(code([&] { tsx::load(std::string(TSX_GOLDEN) + "/arithmetic.tsx", &options); }),
              "TSX1006");
}

TEST("inputs that don't fit are named") {
  const tsx::Module module = load("arithmetic");
  const tsx::Tensor x = tsx::ones({2, 3});
  CHECK_EQUAL(code([&] { module.forward({x}); }), "TSX5010");
  CHECK_EQUAL(code([&] { module.forward({x, x, x}); }), "TSX5011");
  CHECK_EQUAL(code([&] { module.forward({x}, {{"z", x}}); }), "TSX5011");
  CHECK_EQUAL(code([&] { module.forward({x}, {{"x", x}}); }), "TSX5011");
  CHECK_EQUAL(code([&] { module.forward({x, "text"}); }), "TSX5012");
  CHECK_EQUAL(code([&] { module.forward({x, tsx::full({2, 3}, 1.0)}); }), "TSX5013");
  CHECK_EQUAL(code([&] { module.forward({x, tsx::ones({2, 4})}); }), "TSX5014");
  CHECK_EQUAL(code([&] { module.forward({x, tsx::ones({3, 3})}); }), "TSX5016");
  CHECK_EQUAL(code([&] { module.call("backward", {x, x}); }), "TSX5008");
}

namespace {

std::string printed(const tsx::Value& value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

/// The way out that an error names.
template <typename Run> std::string help(Run run) {
  try {
    run();
  } catch (const tsx::Error& error) {
    return error.help();
  }
  return "";
}

}  // namespace

TEST("values print as torch prints them") {
  CHECK_EQUAL(printed(counting({2, 3})), "tensor([[0., 1., 2.],\n        [3., 4., 5.]])");
  CHECK_EQUAL(printed(tsx::full({1}, 0.5f)), "tensor([0.5000])");
  CHECK_EQUAL(printed(tsx::full<std::int32_t>({}, 7)), "tensor(7, dtype=torch.int32)");
  CHECK_EQUAL(printed(counting({2000})), "tensor([0.0000e+00, 1.0000e+00, 2.0000e+00,  ..., 1.9970e+03, "
                                         "1.9980e+03,\n        1.9990e+03])");
  CHECK_EQUAL(printed(tsx::Value::tuple({counting({2}), 3, "a"})), "(tensor([0., 1.]), 3, 'a')");
  CHECK_EQUAL(printed(tsx::Value::dict({{"x", tsx::Value::list({tsx::zeros({0})})}})), "{'x': [tensor([])]}");
  std::ostringstream out;
  out << tsx::ones({2});
  CHECK_EQUAL(out.str(), "tensor([1., 1.])");
}

TEST("elements are read as what they are") {
  const tsx::Tensor x = counting({2, 3}), y = tsx::zeros({1}, TSX_FLOAT16);
  CHECK_EQUAL(code([&] { x.data<double>(); }), "TSX5013");
  CHECK_EQUAL(code([&] { x.data<std::int64_t>(); }), "TSX5013");
  CHECK_EQUAL(x.data<const float>()[1], 1.0f);
  CHECK(x.data<void>() == x.data<float>());
  CHECK_EQUAL(y.item<std::uint16_t>(), 0);
  CHECK_EQUAL(tsx::full({1, 1}, 2.5).item<double>(), 2.5);
  CHECK_EQUAL(code([&] { x.item<float>(); }), "TSX5002");
  CHECK_EQUAL(code([&] { tsx::zeros({0}).item<float>(); }), "TSX5002");
}

TEST("ways out are those of this interface") {
  const tsx::Module module = load("arithmetic");
  const tsx::Tensor x = tsx::ones({2, 3});
  CHECK_EQUAL(help([&] { module.forward({x}); }), "give it by position, or by its name");
  CHECK_EQUAL(help([&] { module.forward({x, x}, {{"z", x}}); }),
              "tsx_module_signature lists the inputs, in C++ module.signature()");
  CHECK_EQUAL(help([&] { module.forward({x, tsx::full({2, 3}, 1.0)}); }),
              "give a tensor of float32 elements: nothing is converted behind your back");
  CHECK_EQUAL(help([&] { tsx::Value("a").to_tensor(); }),
              "tsx_value_kind says what a value is, in C++ value.kind()");
  CHECK_EQUAL(module.signature(), "(x, y)");
  CHECK_EQUAL(load("several_methods").signature("negate"), "(x)");
  CHECK_EQUAL(load("several_methods").signature("nothing"), "");
}

TEST("a null pointer is told") {
  const auto refused = [](tsx_error* error) {
    const std::string found = error ? tsx_error_code(error) : "";
    tsx_error_free(error);
    return found == "TSX1016";
  };
  tsx_module* module = nullptr;
  tsx_session* session = nullptr;
  tsx_value* value = nullptr;
  tsx_tensor* tensor = nullptr;
  CHECK(refused(tsx_load(nullptr, nullptr, &module)));
  CHECK(refused(tsx_load_memory(nullptr, 10, nullptr, &module)));
  CHECK(refused(tsx_load((std::string(TSX_GOLDEN) + "/arithmetic.tsx").c_str(), nullptr, nullptr)));
  CHECK(refused(tsx_module_call(nullptr, nullptr, nullptr, nullptr, &value)));
  CHECK(refused(tsx_session_new(nullptr, &session)));
  CHECK(refused(tsx_session_call(nullptr, nullptr, nullptr, nullptr, &value)));
  const tsx_value* const none[] = {nullptr};
  const tsx_arguments holes = {none, 1, nullptr, nullptr, 0}, nameless = {nullptr, 0, nullptr, none, 1};
  const tsx::Module loaded = load("arithmetic");
  CHECK(refused(tsx_module_call(loaded.get(), nullptr, &holes, nullptr, &value)));
  CHECK(refused(tsx_module_call(loaded.get(), nullptr, &nameless, nullptr, &value)));
  CHECK(refused(tsx_value_list(none, 1, &value)));
  CHECK(refused(tsx_value_list(nullptr, 1, &value)));
  CHECK(refused(tsx_value_dict(none, none, 1, &value)));
  CHECK(refused(tsx_value_string(nullptr, 1, &value)));
  CHECK(refused(tsx_value_tensor(nullptr, &value)));
  CHECK(refused(tsx_value_none(nullptr)));
  std::int64_t number = 0;
  CHECK(refused(tsx_value_to_int(nullptr, &number)));
  CHECK(refused(tsx_value_to_tensor(nullptr, &tensor)));
  CHECK(refused(tsx_value_item(nullptr, 0, &value)));
  CHECK(refused(tsx_value_field(tsx::Value::dict({}).get(), nullptr, &value)));
  CHECK(refused(tsx_tensor_new(TSX_FLOAT32, nullptr, 2, &tensor)));
  const std::int64_t size = 3;
  CHECK(refused(tsx_tensor_borrow(TSX_FLOAT32, &size, nullptr, 1, nullptr, nullptr, nullptr, &tensor)));
  CHECK(refused(tsx_tensor_contiguous(nullptr, &tensor)));
  CHECK(refused(tsx_register_kernel(nullptr, nullptr, nullptr, nullptr)));
  CHECK(refused(tsx_register_kernel("my::none(Tensor x) -> Tensor", nullptr, nullptr, nullptr)));
  CHECK_EQUAL(code([] { tsx::Value(static_cast<const char*>(nullptr)); }), "TSX1016");
  CHECK(!value && !tensor && !module && !session);
}

TEST("numbers and lists of them become tensors") {
  const tsx::Module module = load("arithmetic");
  const tsx::Value rows = tsx::Value::list({tsx::Value::list({1, 2, 3})});
  const tsx::Tensor out = module.forward({rows, rows}).to_tensor();
  CHECK_EQUAL(out.data<float>()[2], 12.0f);
  CHECK_EQUAL(code([&] { module.forward({rows, tsx::Value::list({1, tsx::Value::list({2})})}); }),
              "TSX5012");
}

TEST("structured inputs and results") {
  const tsx::Module module = load("trees");
  const tsx::Tensor x = tsx::full({1}, 7.0f);
  const tsx::Value pair = tsx::Value::tuple({x, counting({2})});
  const tsx::Value list = tsx::Value::list({tsx::Value::list({tsx::Value::list({counting({3})})})});
  const tsx::Value state = tsx::Value::dict({{"named", tsx::Value::dict({{"hidden", x}})},
                                             {7, tsx::Value::dict({{"logits", x}})},
                                             {"nothing", tsx::Value()}});
  const tsx::Value out = module.forward({x, pair, "fast", 0.5, list}, {{"state", state}});
  CHECK_EQUAL(out.size(), 2u);
  CHECK_EQUAL(out[0][2].to_tensor().size(0), 2);
  CHECK_EQUAL(out[1].to_tensor().size(0), 3);
  const auto with = [&](const tsx::Value& other) {
    return code([&] { module.forward({x, pair, "fast", 0.5, list}, {{"state", other}}); });
  };
  CHECK_EQUAL(with(3), "TSX5018");
  CHECK_EQUAL(with(tsx::Value::dict({{"named", x}})), "TSX5018");
  CHECK_EQUAL(code([&] { module.forward({x, pair, "slow", 0.5, list}, {{"state", state}}); }),
              "TSX5017");
  CHECK_EQUAL(code([&] { module.forward({x, tsx::Value::tuple({x})}, {{"state", state}}); }),
              "TSX5018");
}

TEST("the caller's memory stays as it is, unless in place") {
  const tsx::Module module = load("in_place");  // x.add_(y)
  float memory[] = {1, 2};
  const tsx::Tensor x = tsx::from_memory(memory, {2});
  const tsx::Tensor out = module.forward({x, tsx::ones({2})}).to_tensor();
  CHECK_EQUAL(out.data<float>()[1], 3.0f);
  CHECK_EQUAL(memory[1], 2.0f);
  CHECK(out.data<float>() != memory);
  tsx_call_options options = {};
  options.in_place = 1;
  const tsx::Tensor written = module.call("forward", {x, tsx::ones({2})}, {}, &options).to_tensor();
  CHECK_EQUAL(memory[1], 3.0f);
  CHECK_EQUAL(written.data<float>()[1], 3.0f);
  CHECK(written.data<float>() != memory);  // a result is always the caller's own
}

TEST("state needs a session, and each has its own") {
  const tsx::Module module = load("state");
  CHECK_EQUAL(code([&] { module.forward({1}); }), "TSX5030");
  tsx::Session one = module.session(), two = module.session();
  const std::int64_t start = one.forward({0}).to_int();
  CHECK_EQUAL(one.forward({5}).to_int(), start + 5);
  CHECK_EQUAL(one.forward({2}).to_int(), start + 7);
  CHECK_EQUAL(two.forward({1}).to_int(), start + 1);
}

TEST("a guard that fails names its line") {
  const tsx::Module module = load("guards_and_pins");
  CHECK_EQUAL(module.forward({tsx::ones({4, 3}), 4}).to_tensor().count(), 12);
  CHECK_EQUAL(code([&] { module.forward({tsx::ones({4, 3}), 5}); }), "TSX5004");
  CHECK_EQUAL(code([&] { module.forward({tsx::ones({4, 2}), 4}); }), "TSX5015");
}

TEST("methods by name, functions, control flow") {
  CHECK_EQUAL(load("several_methods").methods().size(), 3u);
  const tsx::Tensor x = counting({1, 3});
  CHECK_EQUAL(load("several_methods").call("negate", {x}).to_tensor().data<float>()[2], -2.0f);
  CHECK_EQUAL(load("functions").forward({3}).to_int(), 12);
  CHECK_EQUAL(load("control_flow").forward({true, 4, 9}).to_int(), 3);
  CHECK_EQUAL(load("control_flow").forward({false, 4, 9}).to_int(), 4);
}

TEST("threads share a module") {
  const tsx::Module module = load("model_factorial");
  std::vector<std::thread> threads;
  std::vector<std::int64_t> results(8);
  for (std::size_t i = 0; i < results.size(); ++i)
    threads.emplace_back([&, i] {
      for (int turn = 0; turn < 200; ++turn)
        results[i] = module.forward({static_cast<int>(i)}).to_int();
    });
  for (std::thread& thread : threads) thread.join();
  std::int64_t factorial = 1;
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (i > 0) factorial *= static_cast<std::int64_t>(i);
    CHECK_EQUAL(results[i], factorial);
  }
}

TEST("a profile names the operators") {
  const tsx::Module module = load("arithmetic");
  tsx_profile* profile = nullptr;
  CHECK(tsx_profile_new(module.get(), &profile) == nullptr);
  tsx_call_options options = {};
  options.profile = profile;
  for (int i = 0; i < 3; ++i)
    module.call("forward", {tsx::ones({1, 3}), tsx::ones({1, 3})}, {}, &options);
  const tsx_profile_row* rows = nullptr;
  std::size_t count = 0;
  CHECK(tsx_profile_rows(profile, &rows, &count) == nullptr);
  CHECK_EQUAL(count, 2u);
  CHECK_EQUAL(rows[0].calls, 3u);
  CHECK(std::strncmp(rows[0].instruction, "CALL aten::", 11) == 0);
  tsx_profile_free(profile);
}
