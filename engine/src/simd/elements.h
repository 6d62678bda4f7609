// Elements between memory and registers, and between registers: loops for convert.cc, which is
// compiled for each instruction set, and convert_complex.cc, which isn't. Everything has internal
// linkage. Casts convert as C does on x86 and NumPy does there; what doesn't fit wraps.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tsx::engine::simd {
namespace {

using Byte = unsigned char;

struct Bool {
  std::uint8_t bits;
};
template <typename T> struct Pair {
  T real, imag;
};

// --- memory and registers ------------------------------------------------------------------------

template <typename R, typename M> struct Element {
  static R in(M value) { return static_cast<R>(value); }
  static M out(R value) { return static_cast<M>(value); }
};
template <> struct Element<std::uint8_t, Bool> {
  static std::uint8_t in(Bool value) { return value.bits != 0; }
  static Bool out(std::uint8_t value) { return {value}; }
};
template <typename T> struct Element<Pair<T>, Pair<T>> {
  static Pair<T> in(Pair<T> value) { return value; }
  static Pair<T> out(Pair<T> value) { return value; }
};

template <typename R, typename M>
void load_all(void* to, const void* from, std::ptrdiff_t stride, std::size_t count) {
  auto* result = static_cast<R*>(to);
  if (stride == static_cast<std::ptrdiff_t>(sizeof(M))) {
    const auto* x = static_cast<const M*>(from);
    for (std::size_t i = 0; i < count; ++i)
      result[i] = Element<R, M>::in(x[i]);
    return;
  }
  const auto* place = static_cast<const Byte*>(from);
  for (std::size_t i = 0; i < count; ++i) {
    result[i] = Element<R, M>::in(*reinterpret_cast<const M*>(place));
    place += stride;
  }
}

template <typename R, typename M>
void store_all(void* to, std::ptrdiff_t stride, const void* from, std::size_t count) {
  const auto* x = static_cast<const R*>(from);
  if (stride == static_cast<std::ptrdiff_t>(sizeof(M))) {
    auto* result = static_cast<M*>(to);
    for (std::size_t i = 0; i < count; ++i)
      result[i] = Element<R, M>::out(x[i]);
    return;
  }
  auto* place = static_cast<Byte*>(to);
  for (std::size_t i = 0; i < count; ++i) {
    *reinterpret_cast<M*>(place) = Element<R, M>::out(x[i]);
    place += stride;
  }
}

// --- between registers ---------------------------------------------------------------------------

template <typename To, typename From> struct Convert {
  static To of(From value) { return static_cast<To>(value); }
};
/// Out of range gives the least int64, as the processor's instruction does.
template <typename From> std::int64_t to_int(From value) {
  const bool fits = value >= From(-9223372036854775808.0) && value < From(9223372036854775808.0);
  return fits ? static_cast<std::int64_t>(value) : INT64_MIN;
}
template <> struct Convert<std::int64_t, float> {
  static std::int64_t of(float value) { return to_int(value); }
};
template <> struct Convert<std::int64_t, double> {
  static std::int64_t of(double value) { return to_int(value); }
};
template <typename From> struct Convert<Bool, From> {
  static Bool of(From value) { return {static_cast<std::uint8_t>(value != From(0))}; }
};
template <> struct Convert<Bool, Bool> {
  static Bool of(Bool value) { return value; }
};
template <typename To> struct Convert<To, Bool> {
  static To of(Bool value) { return static_cast<To>(value.bits); }
};
template <typename To, typename From> struct Convert<Pair<To>, From> {
  static Pair<To> of(From value) { return {Convert<To, From>::of(value), To(0)}; }
};
template <typename To, typename From> struct Convert<To, Pair<From>> {
  static To of(Pair<From> value) { return Convert<To, From>::of(value.real); }
};
template <typename To, typename From> struct Convert<Pair<To>, Pair<From>> {
  static Pair<To> of(Pair<From> value) {
    return {static_cast<To>(value.real), static_cast<To>(value.imag)};
  }
};
template <typename To> struct Convert<Pair<To>, Bool> {
  static Pair<To> of(Bool value) { return {static_cast<To>(value.bits), To(0)}; }
};
template <typename From> struct Convert<Bool, Pair<From>> {
  static Bool of(Pair<From> value) {
    return {static_cast<std::uint8_t>(value.real != From(0) || value.imag != From(0))};
  }
};

template <typename To, typename From> void cast_all(void* to, const void* from, std::size_t count) {
  auto* result = static_cast<To*>(to);
  const auto* x = static_cast<const From*>(from);
  for (std::size_t i = 0; i < count; ++i)
    result[i] = Convert<To, From>::of(x[i]);
}

} // namespace
} // namespace tsx::engine::simd
