// Equality and hashes of values, as Python's: numbers across their kinds, containers by contents,
// objects by identity.
#pragma once

#include <cstdint>

#include "core/containers.h"

namespace tsx::engine {

/// a == b. Tensors are equal when they are the same object.
bool is_equal(const Value& a, const Value& b);

/// Whether a container that holds `a` finds it by `b`, as Python's do: the same object, or equal. A
/// NaN is no object here; two of the same bits count as one.
bool is_found_by(const Value& a, const Value& b);

/// Throws when `value` is a list, a dict, or holds one.
std::uint64_t hash_of(const Value& value);

/// Whether a value is what capture saw: equal, of one kind (1 is not True), and NaN equals NaN. A
/// tensor with one element counts as its number, another one as the list of its elements.
bool is_same(const Value& value, const Value& expected);

/// The numbers of a tensor as a value: of one element the number, else nested lists.
Value to_numbers(const Tensor& tensor);
/// One element as bool, int, float or complex.
Value element(const Tensor& tensor, const std::byte* at);

/// -1, 0 or 1; 2 when unordered (NaN).
int compare_numbers(const Value& a, const Value& b);

}  // namespace tsx::engine
