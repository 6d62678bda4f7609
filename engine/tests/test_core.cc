#include <cmath>
#include <limits>

#include "core/call.h"
#include "core/compare.h"
#include "core/format.h"
#include "core/generator.h"
#include "core/half.h"
#include "test.h"

using namespace tsx::engine;

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

Value ints(std::initializer_list<std::int64_t> values) {
  return list_of(Span<const std::int64_t>(values.begin(), values.size()));
}

TensorRef counting(const Dims& sizes) {
  TensorRef made = Tensor::empty(DType::kInt32, sizes);
  std::int32_t* data = made->mutable_data<std::int32_t>();
  for (std::int64_t i = 0; i < made->count(); ++i) data[i] = static_cast<std::int32_t>(i);
  return made;
}

}  // namespace

TEST("floats are written as Python's repr") {
  CHECK_EQUAL(format_float(0.1), "0.1");
  CHECK_EQUAL(format_float(1), "1.0");
  CHECK_EQUAL(format_float(-0.0), "-0.0");
  CHECK_EQUAL(format_float(1e16), "1e+16");
  CHECK_EQUAL(format_float(123456789012345680), "1.2345678901234568e+17");
  CHECK_EQUAL(format_float(1e15), "1000000000000000.0");
  CHECK_EQUAL(format_float(0.0001), "0.0001");
  CHECK_EQUAL(format_float(0.00001234), "1.234e-05");
  CHECK_EQUAL(format_float(5e-324), "5e-324");
  CHECK_EQUAL(format_float(-kInf), "-inf");
  CHECK_EQUAL(format_float(kNaN), "nan");
  CHECK_EQUAL(format_float(12345.678), "12345.678");
  CHECK_EQUAL(format_complex({1, -2.5}), "(1-2.5j)");
  CHECK_EQUAL(format_complex({0, 1}), "1j");
}

TEST("values are written as Python's repr") {
  CHECK_EQUAL(repr(ints({1, 2})), "[1, 2]");
  CHECK_EQUAL(repr(tuple_of({Value(true)})), "(True,)");
  Ref<Dict> dict = make_ref<Dict>();
  dict->set(Value(std::string_view("a")), Value());
  CHECK_EQUAL(repr(Value(dict)), "{'a': None}");
  CHECK_EQUAL(type_text(Value(counting({2, 3}))), "Int(2, 3)");
}

TEST("numbers compare across kinds and exactly") {
  CHECK(is_equal(Value(std::int64_t{1}), Value(1.0)));
  CHECK(is_equal(Value(true), Value(std::int64_t{1})));
  CHECK(is_equal(Value(std::complex<double>(2, 0)), Value(2.0)));
  CHECK(!is_equal(Value(kNaN), Value(kNaN)));
  const std::int64_t large = (std::int64_t{1} << 53) + 1;
  CHECK(!is_equal(Value(large), Value(9007199254740992.0)));
  CHECK_EQUAL(compare_numbers(Value(std::int64_t{INT64_MAX}), Value(9223372036854775808.0)), -1);
  CHECK_EQUAL(compare_numbers(Value(1.5), Value(std::int64_t{1})), 1);
  CHECK_EQUAL(compare_numbers(Value(kNaN), Value(std::int64_t{1})), 2);
  CHECK(is_equal(ints({1, 2}), ints({1, 2})));
  CHECK(!is_equal(ints({1, 2}), tuple_of({Value(std::int64_t{1}), Value(std::int64_t{2})})));
}

TEST("a guard tells True from 1, and NaN is NaN") {
  CHECK(is_same(Value(kNaN), Value(kNaN)));
  CHECK(!is_same(Value(true), Value(std::int64_t{1})));
  CHECK(is_same(Value(counting({1})), Value(std::int64_t{0})));
  CHECK(is_same(Value(counting({3})), ints({0, 1, 2})));
}

TEST("dicts keep their order and forget what is erased") {
  Ref<Dict> dict = make_ref<Dict>();
  for (std::int64_t i = 0; i < 1000; ++i) dict->set(Value(i), Value(i * i));
  for (std::int64_t i = 0; i < 1000; i += 2) CHECK(dict->erase(Value(i)));
  CHECK(!dict->erase(Value(std::int64_t{2})));
  CHECK_EQUAL(dict->size(), 500u);
  dict->set(Value(3.0), Value(std::int64_t{-1}));  // the key 3
  CHECK_EQUAL(dict->size(), 500u);
  CHECK_EQUAL(dict->find(Value(std::int64_t{3}))->integer(), -1);
  dict->set(Value(std::int64_t{2}), Value());
  std::int64_t last = -1;
  for (const Dict::Entry& entry : dict->entries())
    if (entry.is_live) last = entry.key.integer();
  CHECK_EQUAL(last, 2);
  CHECK_THROWS("refused", dict->find(ints({1})));
}

TEST("views share memory and stay inside it") {
  const TensorRef base = counting({3, 4});
  const TensorRef transposed = base->view({4, 3}, {1, 4}, 0);
  CHECK(!transposed->is_contiguous());
  const TensorRef copied = contiguous(transposed);
  CHECK(copied->is_contiguous());
  CHECK_EQUAL(copied->data<std::int32_t>()[1], 4);
  transposed->mutable_data<std::int32_t>()[0] = 7;
  CHECK_EQUAL(base->data<std::int32_t>()[0], 7);
  CHECK_THROWS("refused", base->view({3, 5}, {4, 1}, 0));
  CHECK_THROWS("refused", base->view({2}, {-1}, 0));
  CHECK_EQUAL(base->view({2}, {-1}, 1)->data<std::int32_t>()[0], 1);
  CHECK_THROWS("refused", Tensor::empty(DType::kFloat32, {std::int64_t{1} << 32, std::int64_t{1} << 32}));
  CHECK_THROWS("TSX5020", Tensor::empty(DType::kInt8, {std::int64_t{1} << 60}));
  CHECK_EQUAL(Tensor::empty(DType::kInt8, {0, INT64_MAX, INT64_MAX})->count(), 0);
}

TEST("borrowed memory is copied on the first write, for all views") {
  std::int32_t memory[] = {1, 2, 3};
  auto* bytes = reinterpret_cast<std::byte*>(memory);
  const Ref<Storage> storage = Storage::borrow(bytes, Size(12), Access::kCopyOnWrite, nullptr);
  const TensorRef whole = make_ref<Tensor>(storage, DType::kInt32, Dims{3}, Dims{1});
  const TensorRef last = whole->view({1}, {1}, 2);
  CHECK(whole->data<std::int32_t>() == memory);
  *last->mutable_data<std::int32_t>() = 9;
  CHECK_EQUAL(memory[2], 3);
  CHECK_EQUAL(whole->data<std::int32_t>()[2], 9);
  const Ref<Storage> frozen = Storage::borrow(bytes, Size(12), Access::kFrozen, nullptr);
  const TensorRef weight = make_ref<Tensor>(frozen, DType::kInt32, Dims{3}, Dims{1});
  CHECK_THROWS("TSX5030", weight->mutable_data<std::int32_t>());
}

TEST("half precision rounds to nearest even") {
  CHECK_EQUAL(half_of_float(1.0f), 0x3c00);
  CHECK_EQUAL(half_of_float(65519.996f), 0x7bff);
  CHECK_EQUAL(half_of_float(65520.0f), 0x7c00);
  CHECK_EQUAL(half_of_float(0x1p-25f), 0);
  CHECK_EQUAL(half_of_float(0x1.8p-24f), 2);
  CHECK_EQUAL(half_of_float(-0.0f), 0x8000);
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    if ((half & 0x7fff) > 0x7c00) continue;  // NaN
    CHECK_EQUAL(half_of_float(float_of_half(half)), half);
    CHECK_EQUAL(bfloat16_of_float(float_of_bfloat16(half)), half);
  }
  CHECK_EQUAL(bfloat16_of_float(1.00390625f), 0x3f80);
  CHECK_EQUAL(bfloat16_of_float(1.01171875f), 0x3f82);
}

TEST("a call checks what kernels ask for") {
  Value operands[] = {Value(std::int64_t{3}), ints({1, 2}), Value()};
  Value results[1];
  Call call(operands, 3, results, 1, nullptr);
  CHECK_EQUAL(call.integer(0), 3);
  CHECK(call.ints(1) == (Dims{1, 2}));
  CHECK(!call.optional_ints(2));
  CHECK_THROWS("refused", call.tensor(0));
  CHECK_THROWS("refused", call.string(1));
  CHECK_THROWS("TSX9001", call.give(Value(), Value()));
  call.give(2.5);
  CHECK_EQUAL(results[0].real(), 2.5);
}

TEST("a generator gives the words of Philox4x32-10") {
  Generator generator(0);
  Words words(generator, Size(4));  // the known answer of Random123 for counter 0 and key 0
  CHECK_EQUAL(words.next(), 0x6627e8d5u);
  CHECK_EQUAL(words.next(), 0xe169c58du);
  CHECK_EQUAL(words.next_long(), 0x9b00dbd8bc57ac4cu);
  CHECK_EQUAL(generator.take(Size(5)).block, 1u);  // what is left of a block is dropped
  CHECK_EQUAL(generator.take(Size(1)).block, 3u);
  generator.start(7);
  CHECK_EQUAL(generator.take(Size(0)).seed, 7u);
  CHECK_EQUAL(generator.take(Size(1)).block, 0u);
}

TEST("a container finds the NaN that it holds") {
  Dict dict;
  dict.set(Value(kNaN), Value(std::int64_t{1}));
  dict.set(Value(kNaN), Value(std::int64_t{2}));
  CHECK_EQUAL(dict.size(), 1u);
  CHECK(dict.find(Value(kNaN)) != nullptr);
  CHECK(dict.find(Value(-kNaN)) == nullptr);  // of other bits
  CHECK(!is_equal(Value(kNaN), Value(kNaN)));
  CHECK(is_found_by(Value(kNaN), Value(kNaN)));
  CHECK(is_equal(tuple_of({Value(kNaN)}), tuple_of({Value(kNaN)})));
}
