// Runs calls of operators from a file and writes what they gave: one process for many samples.
//
//     tsx_kernel_driver CALLS ANSWERS      tests/engine/wire.py has both formats
//     tsx_kernel_driver --list             the operators that have a kernel, one a line
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>

#include "base/error.h"
#include "core/call.h"
#include "ir/op.h"

namespace tsx::engine {
namespace {

enum Kind : std::uint8_t {
  kNone,
  kBool,
  kInt,
  kFloat,
  kComplex,
  kString,
  kTensor,
  kList,
  kTuple,
  kDict
};

class Reader {
 public:
  explicit Reader(std::string data) : data_(std::move(data)) {}

  template <typename T> T number() {
    T value;
    std::memcpy(&value, bytes(sizeof value), sizeof value);
    return value;
  }
  std::string text() {
    const auto size = number<std::uint32_t>();
    return std::string(bytes(size), size);
  }
  std::vector<Ref<Storage>> blocks() {
    std::vector<Ref<Storage>> made(number<std::uint32_t>());
    for (Ref<Storage>& block : made) {
      const auto size = static_cast<std::int64_t>(number<std::uint64_t>());
      block = Storage::allocate(size);
      std::memcpy(block->writable_data(), bytes(static_cast<std::size_t>(size)),
                  static_cast<std::size_t>(size));
    }
    return made;
  }
  Value value(const std::vector<Ref<Storage>>& blocks) {
    switch (number<std::uint8_t>()) {
    case kNone:
      return Value();
    case kBool:
      return Value(number<std::uint8_t>() != 0);
    case kInt:
      return Value(number<std::int64_t>());
    case kFloat:
      return Value(number<double>());
    case kComplex: {
      const auto real = number<double>();
      return Value(std::complex<double>(real, number<double>()));
    }
    case kString:
      return Value(std::string_view(text()));
    case kTensor:
      return tensor(blocks);
    case kList:
      return Value(make_ref<List>(items(blocks)));
    case kTuple:
      return Value(make_ref<Tuple>(items(blocks)));
    case kDict: {
      Ref<Dict> made = make_ref<Dict>();
      for (auto left = number<std::uint32_t>(); left > 0; --left) {
        Value key = value(blocks);
        made->set(std::move(key), value(blocks));
      }
      return Value(std::move(made));
    }
    default:
      bug("a tag of a value");
    }
  }

 private:
  const char* bytes(std::size_t count) {
    if (count > data_.size() - at_) bug("the file of calls ends early");
    at_ += count;
    return data_.data() + at_ - count;
  }
  std::vector<Value> items(const std::vector<Ref<Storage>>& blocks) {
    std::vector<Value> made(number<std::uint32_t>());
    for (Value& item : made)
      item = value(blocks);
    return made;
  }
  TensorRef tensor(const std::vector<Ref<Storage>>& blocks) {
    const auto dtype = static_cast<DType>(number<std::uint8_t>());
    const auto rank = number<std::uint8_t>();
    const bool is_writable = number<std::uint8_t>() != 0;
    const auto block = number<std::uint32_t>();
    const auto offset = number<std::int64_t>();
    Dims sizes, strides;
    for (int i = 0; i < rank; ++i)
      sizes.push_back(number<std::int64_t>());
    for (int i = 0; i < rank; ++i)
      strides.push_back(number<std::int64_t>());
    return make_ref<Tensor>(blocks.at(block), dtype, sizes, strides, offset, is_writable);
  }

  std::string data_;
  std::size_t at_ = 0;
};

class Writer {
 public:
  template <typename T> void number(T value) {
    out_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void text(const std::string& value) {
    number(static_cast<std::uint32_t>(value.size()));
    out_ += value;
  }
  void answer(const std::vector<Value>& results, const std::vector<Value>& operands) {
    Writer body;
    body.values(results);
    body.values(operands);
    number(std::uint8_t{1});
    number(static_cast<std::uint32_t>(body.blocks_.size()));
    for (const Storage* block : body.blocks_) {
      number(static_cast<std::uint64_t>(block->bytes().value()));
      out_.append(reinterpret_cast<const char*>(block->data()), block->bytes().count());
    }
    out_ += body.out_;
  }
  void error(const std::string& code, const std::string& message) {
    number(std::uint8_t{0});
    text(code);
    text(message);
  }
  const std::string& bytes() const { return out_; }

 private:
  void values(const std::vector<Value>& all) {
    number(static_cast<std::uint32_t>(all.size()));
    for (const Value& item : all)
      value(item);
  }
  void value(const Value& value) {
    switch (value.tag()) {
    case Tag::kNone:
      return number(kNone);
    case Tag::kBool:
      number(kBool);
      return number(static_cast<std::uint8_t>(value.boolean()));
    case Tag::kInt:
      number(kInt);
      return number(value.integer());
    case Tag::kFloat:
      number(kFloat);
      return number(value.real());
    case Tag::kComplex:
      number(kComplex);
      number(value.complex().real());
      return number(value.complex().imag());
    case Tag::kString:
      number(kString);
      return text(value.string());
    case Tag::kTensor:
      return tensor(value.tensor());
    case Tag::kList:
      number(kList);
      return items(value.elements());
    case Tag::kTuple:
      number(kTuple);
      return items(value.elements());
    case Tag::kDict:
      number(kDict);
      number(static_cast<std::uint32_t>(value.dict().size()));
      for (const Dict::Entry& entry : value.dict().entries())
        if (entry.is_live) this->value(entry.key), this->value(entry.value);
      return;
    default:
      bug("a result that the driver can't write");
    }
  }
  void items(Span<const Value> all) {
    number(static_cast<std::uint32_t>(all.size()));
    for (const Value& item : all)
      value(item);
  }
  void tensor(const Tensor& tensor) {
    const auto [place, is_new] = places_.emplace(tensor.storage().get(), blocks_.size());
    if (is_new) blocks_.push_back(tensor.storage().get());
    number(kTensor);
    number(static_cast<std::uint8_t>(tensor.dtype()));
    number(static_cast<std::uint8_t>(tensor.rank()));
    number(static_cast<std::uint8_t>(tensor.is_writable()));
    number(static_cast<std::uint32_t>(place->second));
    number(tensor.offset());
    for (const std::int64_t size : tensor.sizes())
      number(size);
    for (const std::int64_t stride : tensor.strides())
      number(stride);
  }

  std::string out_;
  std::vector<const Storage*> blocks_;
  std::map<const Storage*, std::size_t> places_;
};

void run_call(Reader& in, Writer& out) {
  const std::string kind = in.text();
  const std::vector<Ref<Storage>> blocks = in.blocks();
  std::vector<Value> operands(in.number<std::uint32_t>());
  std::vector<Value> results(in.number<std::uint32_t>());
  for (Value& operand : operands)
    operand = in.value(blocks);
  const Kernel kernel = Registry::all().find(kind);
  if (kernel == nullptr) return out.error("none", kind);
  const std::vector<Value> given = operands;
  try {
    Call call(operands.data(), operands.size(), results.data(), results.size(), nullptr,
              find_operator(kind));
    kernel(call);
    out.answer(results, given);
  } catch (const Refusal& refusal) {
    out.error("TSX5002", refusal.reason());
  } catch (const Raised& raised) {
    out.error("TSX5023", raised.exception() + ": " + raised.text());
  } catch (const Error& error) {
    out.error(error.code(), error.message());
  }
}

int run(const std::string& calls, const std::string& answers) {
  std::ifstream file(calls, std::ios::binary);
  Reader in(std::string(std::istreambuf_iterator<char>(file), {}));
  Writer out;
  const auto count = in.number<std::uint32_t>();
  out.number(count);
  for (std::uint32_t i = 0; i < count; ++i)
    run_call(in, out);
  std::ofstream(answers, std::ios::binary) << out.bytes();
  return 0;
}

} // namespace
} // namespace tsx::engine

int main(int count, char** words) {
  if (count == 2 && std::string(words[1]) == "--list") {
    for (const std::string& kind : tsx::engine::Registry::all().kinds())
      std::cout << kind << "\n";
    return 0;
  }
  if (count != 3) {
    std::cerr << "usage: tsx_kernel_driver CALLS ANSWERS | --list\n";
    return 2;
  }
  return tsx::engine::run(words[1], words[2]);
}
