// What an operator will cost, from its operands: the work it does, and the bytes it makes out of
// numbers. Only limited runs ask.
#pragma once

#include <string_view>

#include "core/containers.h"

namespace tsx::engine {

/// How an operator's work or result grows with its operands.
enum class WorkRule : std::uint8_t {
  kElements,   // each element of each operand once
  kConstant,   // the same for a list of any length
  kProduct,    // a matrix product of operands 0 and 1
  kAddProduct, // of operands 1 and 2
  kOuter,      // every element of one with every element of the other
  kLinear,     // operand 1 has its outputs first
  kPairs,      // every row of operand 0 with every row of operand 1
  kBilinear,
  kTensordot,
  kEinsum,
  kConv,
  kConvolution,  // operand 6: is it transposed?
  kConvTransposed,
  kAttention,
  kRecurrent,  // every row of operand 0 with all the weights
  kCubic,      // inverses, determinants and the like
  kPool,       // a window at each place
  // these make something large of a small operand and a number
  kRepeat,
  kPad,
  kTabs,
  kJoin,
  kReplace,
  kRange,
  kFormat,
  kToList,
};

/// An operator does 64 of them for a unit of fuel.
constexpr double kElementsPerFuel = 64;

WorkRule work_rule(std::string_view kind);
/// Elements that it works on, multiplications for products.
double work_of(WorkRule rule, Span<const Value> operands);
/// At least as many bytes as it makes of strings and lists, 0 when that is bounded by its operands.
double bytes_grown(WorkRule rule, Span<const Value> operands);
/// Elements of a tensor, characters of a string, both in a list too.
double elements_of(const Value& value);

}  // namespace tsx::engine
