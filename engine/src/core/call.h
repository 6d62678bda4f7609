// Call: how a kernel sees its operator's operands and gives its results. Registry: kernels by name.
//
//     void flip(Call& call) {                        // aten::flip(Tensor self, int[] dims) -> Tensor
//       const Tensor& self = call.tensor(0);
//       const Dims dims = call.ints(1);
//       …
//       call.give(result);
//     }
//
// Operands stand in schema order, as the graph gave them: the verifier has checked their number and
// static types, but a kernel checks every index, size and dtype that it relies on. It says what is
// wrong by refuse(…); the VM adds the operator, its operands and the source line. A file of kernels
// enters them with TSX_KERNELS, and stands in kernels/files.inc.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/containers.h"

namespace tsx::engine {

struct Operator;  // ir/op.h
class RunContext;  // run/context.h: what a run gives its kernels besides operands

class Call {
 public:
  /// `context` and `op` may be null in a kernel's own tests.
  Call(Value* operands, std::size_t operand_count, Value* results, std::size_t result_count,
       RunContext* context, const Operator* op = nullptr)
      : operands_(operands), results_(results), operand_count_(operand_count),
        result_count_(result_count), op_(op), context_(context) {}

  /// The operator that is called, for kernels that answer several.
  const Operator& op() const { return *op_; }
  std::size_t size() const { return operand_count_; }
  const Value& operator[](std::size_t i) const { return operands_[i]; }
  /// Moves an operand out: when it was the last use, its memory may be written.
  Value take(std::size_t i) { return std::move(operands_[i]); }
  bool is_none(std::size_t i) const { return operands_[i].is_none(); }
  Span<const Value> operands() const { return {operands_, operand_count_}; }
  std::size_t result_count() const { return result_count_; }

  // Each of these throws when the operand is of another kind.
  const Tensor& tensor(std::size_t i) const;
  TensorRef tensor_ref(std::size_t i) const;
  /// Null for None.
  const Tensor* optional_tensor(std::size_t i) const;
  std::vector<TensorRef> tensors(std::size_t i) const;
  bool boolean(std::size_t i) const;
  std::int64_t integer(std::size_t i) const;
  std::optional<std::int64_t> optional_integer(std::size_t i) const;
  /// An int, float or bool as a double.
  double real(std::size_t i) const;
  std::optional<double> optional_real(std::size_t i) const;
  const std::string& string(std::size_t i) const;
  /// A list of ints; one int counts as a list of it. At most 16.
  Dims ints(std::size_t i) const;
  std::optional<Dims> optional_ints(std::size_t i) const;
  /// A list of ints of any length.
  std::vector<std::int64_t> long_ints(std::size_t i) const;
  std::optional<DType> optional_dtype(std::size_t i) const;
  const List& list(std::size_t i) const;
  const Dict& dict(std::size_t i) const;
  /// For writing; TSX5030 when it belongs to a shared module.
  List& mutable_list(std::size_t i) const;
  Dict& mutable_dict(std::size_t i) const;

  /// The results, in order.
  template <typename... Results> void give(Results&&... results) {
    expect(sizeof...(results));
    std::size_t place = 0;
    ((results_[place++] = Value(std::forward<Results>(results))), ...);
  }
  void give_all(std::vector<Value> results);

  /// Null in a kernel's own tests.
  RunContext* context() const { return context_; }

 private:
  void expect(std::size_t results) const;
  [[noreturn]] void wrong(std::size_t i, std::string_view expected) const;

  Value* operands_;
  Value* results_;
  std::size_t operand_count_;
  std::size_t result_count_;
  const Operator* op_;
  RunContext* context_;
};

using Kernel = void (*)(Call&);

/// Kernels by operator (`aten::cat`, `aten::add.Tensor`).
class Registry {
 public:
  /// With every kernel of the engine in it.
  static const Registry& all();

  void add(std::string_view kind, Kernel kernel);
  /// Null when the engine has none.
  Kernel find(std::string_view kind) const;
  std::vector<std::string> kinds() const;

 private:
  std::unordered_map<std::string, Kernel> kernels_;
};

}  // namespace tsx::engine

/// Opens the function that enters a file's kernels:
///     TSX_KERNELS(joining) { TSX_KERNEL("aten::cat", cat); }
#define TSX_KERNELS(file) void tsx::engine::kernels_of_##file(tsx::engine::Registry& registry)
#define TSX_KERNEL(kind, kernel) registry.add(kind, kernel)

namespace tsx::engine {
#define TSX_KERNEL_FILE(file) void kernels_of_##file(Registry& registry);
#include "kernels/files.inc"
#undef TSX_KERNEL_FILE
}  // namespace tsx::engine
