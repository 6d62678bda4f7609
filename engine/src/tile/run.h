// Runs tile programs: tile by tile over the iteration space, on the intra-op pool.
//
// A Plan is a program made ready once: functions resolved, registers given places in a small
// scratch that stays in the first-level cache. It holds no state and is shared by threads.
#pragma once

#include <memory>

#include "core/tensor.h"
#include "tile/program.h"

namespace tsx::engine::tile {

/// An operand of a run: a tensor, or a number in its own memory.
struct Source {
  const Tensor* tensor = nullptr;
  const void* number = nullptr; // as the program's load says: bool, int64, float64 or complex128
};

class Plan {
 public:
  explicit Plan(const Program& program);

  /// The results, fresh and dense, of the shape that the tensors among the operands broadcast to.
  std::vector<TensorRef> run(Span<const Source> sources) const;
  /// The same into tensors that exist: of the results' dtypes, written where they lie.
  void run_into(Span<const Source> sources, Span<const TensorRef> results) const;

  const std::vector<DType>& result_dtypes() const { return result_dtypes_; }

 private:
  friend class Run;

  enum class Act : std::uint8_t { kLoad, kFill, kOperate, kCast };
  struct Step {
    Act act;
    bool is_direct = false; // kLoad: memory is as the register, where it lies in order
    std::uint16_t to = 0, slot = 0;
    std::uint16_t from[3] = {};
    simd::TileOp operate = nullptr;
    simd::LoadOp load = nullptr;
    simd::CastOp cast = nullptr, narrow = nullptr;
    const char* name = "";
    std::complex<double> real = {};
    std::int64_t integer = 0;
    simd::Compute compute = {};
  };
  struct Store {
    std::uint16_t from;
    bool is_direct; // the register may be made in the result's memory
    simd::StoreOp store;
  };

  void add(const Instruction& instruction, std::size_t index, const Program& program);
  void place_registers(const Program& program, const std::vector<bool>& is_constant);

  std::vector<Step> constant_; // done once for each part of the space
  std::vector<Step> steps_;    // done for each tile
  std::vector<Store> stores_;
  std::vector<DType> result_dtypes_, slot_dtypes_;
  std::vector<bool> is_loaded_;    // of the slots: the others are no part of the space
  std::vector<std::size_t> place_; // of each register in the scratch
  std::size_t scratch_bytes_ = 0;
};

/// Copies `source` into `target`, broadcast and converted; they may overlap.
void assign(const Tensor& target, const TensorRef& source);
/// The tensor as `dtype`: itself when it is that, else a fresh one in the same memory order.
TensorRef cast(const TensorRef& tensor, DType dtype);
/// A fresh tensor in the same memory order.
TensorRef clone(const Tensor& tensor);

} // namespace tsx::engine::tile
