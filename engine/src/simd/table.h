// The inner loops of the engine, compiled once for each instruction set and picked at load.
//
// Everything here works on plain memory: no tensors, no exceptions, no allocation. The sources
// under isa/ are compiled with different -m flags, so they use nothing that the linker could share
// between them (no inline functions of the standard library).
#pragma once

#include <cstddef>
#include <cstdint>

namespace tsx::engine::simd {

/// The types that tile registers hold; every dtype is loaded as one of them.
enum class Compute : std::uint8_t { kF32, kF64, kI64, kBool, kC64, kC128 };
inline constexpr std::size_t kComputes = 6;
inline constexpr std::size_t kComputeBytes[kComputes] = {4, 8, 8, 1, 8, 16};

/// The primitives of the scalar language, in the order of tsx/ops/primitives.py.
enum class Primitive : std::uint8_t {
#define TSX_PRIMITIVE(name, arity, gives_bool, rounds) name##_,
#include "primitives.inc"
#undef TSX_PRIMITIVE
};
inline constexpr std::size_t kPrimitives = 0
#define TSX_PRIMITIVE(name, arity, gives_bool, rounds) +1
#include "primitives.inc"
#undef TSX_PRIMITIVE
    ;

/// dtypes as torch numbers them, as far as they hold elements.
inline constexpr std::size_t kDTypeCount = 16;

/// `count` elements of registers; `to` overlaps none of the operands unless it is the same address
/// of the same element size. False: an integer was divided by zero.
using TileOp = bool (*)(void* to, const void* a, const void* b, const void* c, std::size_t count);
/// From memory of one dtype, `stride` bytes an element, into a register.
using LoadOp = void (*)(void* to, const void* from, std::ptrdiff_t stride, std::size_t count);
/// From a register into memory of one dtype.
using StoreOp = void (*)(void* to, std::ptrdiff_t stride, const void* from, std::size_t count);
/// From one register type to another.
using CastOp = void (*)(void* to, const void* from, std::size_t count);

/// What is added and done to a tile of a matrix product as it is stored.
struct Epilogue {
  enum class Start : std::uint8_t { kZero, kRowBias, kColumnBias, kKeep };
  Start start = Start::kZero; // what the sums begin with; kKeep: what stands in C
  const void* bias = nullptr; // of the tile's first row or column
};

/// C[rows][columns] of one tile: what `epilogue` starts with, plus A·B. A is read in place,
/// `a_stride` elements a row; B is a panel of Gemm::columns columns, [depth][columns], padded with
/// zeros. C has `columns` columns (at most the panel's), `c_stride` elements a row. Strides count
/// elements.
using GemmTile = void (*)(const void* a, std::size_t a_stride, const void* b, std::size_t depth,
                          void* c, std::size_t c_stride, std::size_t columns,
                          const Epilogue& epilogue);

inline constexpr std::size_t kMaxTileRows = 14;

/// The micro-kernels of a matrix product: tile[r] does r rows.
struct Gemm {
  std::size_t rows = 0, columns = 0; // of the largest tile
  GemmTile tile[kMaxTileRows + 1] = {};
};

inline constexpr std::size_t kMostHashLanes = 8;

struct Table {
  const char* name = "";
  TileOp tile[kPrimitives][kComputes] = {}; // by the type of the last operand; null: has no meaning
  LoadOp load[kDTypeCount] = {};
  StoreOp store[kDTypeCount] = {};
  CastOp cast[kComputes][kComputes] = {};
  CastOp narrow[kDTypeCount] =
      {}; // rounds or wraps a register to what the dtype can hold; null: nothing to do
  CastOp double_to_half = nullptr; // float64 rounded once to float16, in a float32 register
  Gemm gemm_f32, gemm_f64;

  // Rows of float32: all give what they are named for.
  float (*row_max)(const float* x, std::size_t count) = nullptr; // -inf for none; NaN wins
  double (*row_sum)(const float* x, std::size_t count) = nullptr;
  double (*row_square_sum)(const float* x, float mean,
                           std::size_t count) = nullptr; // of (x - mean)
  double (*row_exp)(float* to, const float* x, float shift,
                    std::size_t count) = nullptr; // exp(x - shift), and their sum
  void (*row_scale)(float* to, const float* x, float factor, std::size_t count) = nullptr;
  void (*row_affine)(float* to, const float* x, float factor, float offset,
                     std::size_t count) = nullptr; // x * factor + offset
  void (*row_normal)(float* to, const float* x, float mean, float scale, const float* weight,
                     const float* bias, std::size_t count) = nullptr; // weight, bias: may be null
  float (*row_dot)(const float* a, const float* b, std::size_t count) = nullptr;
  void (*row_axpy)(float* to, const float* x, float factor,
                   std::size_t count) = nullptr; // to += factor * x

  // BLAKE2b of `hash_lanes` messages at once: takes `blocks` blocks of 128 bytes of each, none of
  // them a message's last. state is [8][hash_lanes]; counts are the bytes taken before.
  std::size_t hash_lanes = 0;
  void (*hash_blocks)(std::uint64_t* state, std::uint64_t* counts,
                      const std::uint8_t* const* messages, std::size_t blocks) = nullptr;
};

/// The table for this processor, or for the level that the environment variable TSX_ISA names.
const Table& table();

/// "baseline", "avx2", "avx512", "neon": the levels that this build has and this processor runs,
/// best first.
struct Levels {
  const char* names[4];
  std::size_t count;
};
Levels levels();

} // namespace tsx::engine::simd
