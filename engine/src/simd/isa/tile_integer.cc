// The primitives on int64, which stands for every integer dtype (narrower ones wrap afterwards, see
// convert.cc), and on bool. Arithmetic wraps; a zero divisor is reported.
#include "simd/isa/levels.h"
#include "simd/isa/vector.h"

namespace tsx::engine::simd::TSX_LEVEL {
namespace {

using Int = std::int64_t;
using Bits = std::uint64_t;
using Bool = std::uint8_t;

template <typename T, typename R, typename F>
bool unary(void* to, const void* a, const void*, const void*, std::size_t count) {
  auto* result = static_cast<R*>(to);
  const auto* x = static_cast<const T*>(a);
  for (std::size_t i = 0; i < count; ++i)
    result[i] = static_cast<R>(F::of(x[i]));
  return true;
}

template <typename T, typename R, typename F>
bool binary(void* to, const void* a, const void* b, const void*, std::size_t count) {
  auto* result = static_cast<R*>(to);
  const auto* x = static_cast<const T*>(a);
  const auto* y = static_cast<const T*>(b);
  for (std::size_t i = 0; i < count; ++i)
    result[i] = static_cast<R>(F::of(x[i], y[i]));
  return true;
}

/// A division: stops at a zero divisor.
template <typename F>
bool division(void* to, const void* a, const void* b, const void*, std::size_t count) {
  auto* result = static_cast<Int*>(to);
  const auto* x = static_cast<const Int*>(a);
  const auto* y = static_cast<const Int*>(b);
  for (std::size_t i = 0; i < count; ++i) {
    if (y[i] == 0) return false;
    result[i] = y[i] == -1 ? F::by_minus_one(x[i]) : F::of(x[i], y[i]);
  }
  return true;
}

template <typename T>
bool select(void* to, const void* a, const void* b, const void* c, std::size_t count) {
  auto* result = static_cast<T*>(to);
  const auto* condition = static_cast<const Bool*>(a);
  const auto* x = static_cast<const T*>(b);
  const auto* y = static_cast<const T*>(c);
  for (std::size_t i = 0; i < count; ++i)
    result[i] = condition[i] != 0 ? x[i] : y[i];
  return true;
}

Int wrapped(Bits value) { return static_cast<Int>(value); }
Bits raw(Int value) { return static_cast<Bits>(value); }

#define TSX_OF_ONE(name, T, expression)                                                            \
  struct name {                                                                                    \
    static auto of(T x) { return expression; }                                                     \
  }
#define TSX_OF_TWO(name, T, expression)                                                            \
  struct name {                                                                                    \
    static auto of(T x, T y) { return expression; }                                                \
  }

TSX_OF_TWO(Add, Int, wrapped(raw(x) + raw(y)));
TSX_OF_TWO(Sub, Int, wrapped(raw(x) - raw(y)));
TSX_OF_TWO(Mul, Int, wrapped(raw(x) * raw(y)));
TSX_OF_ONE(Neg, Int, wrapped(0 - raw(x)));
TSX_OF_ONE(Abs, Int, x < 0 ? wrapped(0 - raw(x)) : x);
TSX_OF_TWO(Min, Int, x < y ? x : y);
TSX_OF_TWO(Max, Int, x > y ? x : y);
TSX_OF_ONE(SignBit, Int, x < 0);
TSX_OF_ONE(Never, Int, (static_cast<void>(x), false));
TSX_OF_TWO(Eq, Int, x == y);
TSX_OF_TWO(Ne, Int, x != y);
TSX_OF_TWO(Lt, Int, x < y);
TSX_OF_TWO(Le, Int, x <= y);
TSX_OF_TWO(Gt, Int, x > y);
TSX_OF_TWO(Ge, Int, x >= y);
TSX_OF_TWO(And, Int, x& y);
TSX_OF_TWO(Or, Int, x | y);
TSX_OF_TWO(Xor, Int, x ^ y);
TSX_OF_ONE(Not, Int, ~x);
TSX_OF_TWO(Shl, Int, y < 0 || y > 63 ? 0 : wrapped(raw(x) << raw(y & 63)));
TSX_OF_TWO(Shr, Int, y < 0 || y > 63 ? (x < 0 ? Int{-1} : Int{0}) : x >> (y & 63));

struct FloorDiv {
  static Int of(Int x, Int y) { return x / y - (x % y != 0 && (x < 0) != (y < 0)); }
  static Int by_minus_one(Int x) { return wrapped(0 - raw(x)); }
};
struct TruncDiv {
  static Int of(Int x, Int y) { return x / y; }
  static Int by_minus_one(Int x) { return wrapped(0 - raw(x)); }
};
struct Fmod {
  static Int of(Int x, Int y) { return x % y; }
  static Int by_minus_one(Int) { return 0; }
};
struct Remainder {
  static Int of(Int x, Int y) {
    const Int rest = x % y;
    return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest;
  }
  static Int by_minus_one(Int) { return 0; }
};
/// A negative exponent truncates: 0 except for the bases 1 and -1.
struct Pow {
  static Int of(Int x, Int y) {
    if (y < 0) return x == 1 ? 1 : x == -1 ? ((y & 1) != 0 ? -1 : 1) : 0;
    Bits result = 1, base = raw(x);
    for (Bits left = raw(y); left != 0; left >>= 1) {
      if ((left & 1) != 0) result *= base;
      base *= base;
    }
    return wrapped(result);
  }
};

TSX_OF_TWO(BoolOr, Bool, x | y);
TSX_OF_TWO(BoolAnd, Bool, x& y);
TSX_OF_TWO(BoolXor, Bool, x ^ y);
TSX_OF_ONE(BoolNot, Bool, x ^ 1);
TSX_OF_ONE(BoolSame, Bool, x);
TSX_OF_ONE(BoolNever, Bool, (static_cast<void>(x), false));
TSX_OF_TWO(BoolEq, Bool, x == y);
TSX_OF_TWO(BoolLt, Bool, x < y);
TSX_OF_TWO(BoolLe, Bool, x <= y);
TSX_OF_TWO(BoolGt, Bool, x > y);
TSX_OF_TWO(BoolGe, Bool, x >= y);

struct Column {
  TileOp (*ops)[kComputes];
  Compute compute;
  void set(Primitive primitive, TileOp op) const {
    ops[static_cast<std::size_t>(primitive)][static_cast<std::size_t>(compute)] = op;
  }
};

void fill_int(const Column& column) {
  column.set(Primitive::add_, binary<Int, Int, Add>);
  column.set(Primitive::sub_, binary<Int, Int, Sub>);
  column.set(Primitive::mul_, binary<Int, Int, Mul>);
  column.set(Primitive::floordiv_, division<FloorDiv>);
  column.set(Primitive::truncdiv_, division<TruncDiv>);
  column.set(Primitive::fmod_, division<Fmod>);
  column.set(Primitive::remainder_, division<Remainder>);
  column.set(Primitive::pow_, binary<Int, Int, Pow>);
  column.set(Primitive::neg_, unary<Int, Int, Neg>);
  column.set(Primitive::abs_, unary<Int, Int, Abs>);
  column.set(Primitive::min_, binary<Int, Int, Min>);
  column.set(Primitive::max_, binary<Int, Int, Max>);
  column.set(Primitive::signbit_, unary<Int, Bool, SignBit>);
  column.set(Primitive::isnan_, unary<Int, Bool, Never>);
  column.set(Primitive::eq_, binary<Int, Bool, Eq>);
  column.set(Primitive::ne_, binary<Int, Bool, Ne>);
  column.set(Primitive::lt_, binary<Int, Bool, Lt>);
  column.set(Primitive::le_, binary<Int, Bool, Le>);
  column.set(Primitive::gt_, binary<Int, Bool, Gt>);
  column.set(Primitive::ge_, binary<Int, Bool, Ge>);
  column.set(Primitive::and_, binary<Int, Int, And>);
  column.set(Primitive::or_, binary<Int, Int, Or>);
  column.set(Primitive::xor_, binary<Int, Int, Xor>);
  column.set(Primitive::not_, unary<Int, Int, Not>);
  column.set(Primitive::shl_, binary<Int, Int, Shl>);
  column.set(Primitive::shr_, binary<Int, Int, Shr>);
  column.set(Primitive::where_, select<Int>);
}

void fill_bool(const Column& column) {
  column.set(Primitive::add_, binary<Bool, Bool, BoolOr>);
  column.set(Primitive::mul_, binary<Bool, Bool, BoolAnd>);
  column.set(Primitive::abs_, unary<Bool, Bool, BoolSame>);
  column.set(Primitive::min_, binary<Bool, Bool, BoolAnd>);
  column.set(Primitive::max_, binary<Bool, Bool, BoolOr>);
  column.set(Primitive::signbit_, unary<Bool, Bool, BoolNever>);
  column.set(Primitive::isnan_, unary<Bool, Bool, BoolNever>);
  column.set(Primitive::eq_, binary<Bool, Bool, BoolEq>);
  column.set(Primitive::ne_, binary<Bool, Bool, BoolXor>);
  column.set(Primitive::lt_, binary<Bool, Bool, BoolLt>);
  column.set(Primitive::le_, binary<Bool, Bool, BoolLe>);
  column.set(Primitive::gt_, binary<Bool, Bool, BoolGt>);
  column.set(Primitive::ge_, binary<Bool, Bool, BoolGe>);
  column.set(Primitive::and_, binary<Bool, Bool, BoolAnd>);
  column.set(Primitive::or_, binary<Bool, Bool, BoolOr>);
  column.set(Primitive::xor_, binary<Bool, Bool, BoolXor>);
  column.set(Primitive::not_, unary<Bool, Bool, BoolNot>);
  column.set(Primitive::where_, select<Bool>);
}

} // namespace

void fill_integer(Table& table) {
  fill_int({table.tile, Compute::kI64});
  fill_bool({table.tile, Compute::kBool});
}

} // namespace tsx::engine::simd::TSX_LEVEL
