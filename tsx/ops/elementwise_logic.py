"""Comparisons, logic, bits and selection. Results of comparisons and logic are bool tensors."""

# ruff: noqa: E501  (one operator a line: the table is read down its columns)
from __future__ import annotations

from tsx.ir.op import Trait
from tsx.ir.types import DType
from tsx.ops.families import binary, compare, elementwise, inplace_as, logical, unary

COMMUTATIVE = Trait.COMMUTATIVE
FLOATS = "float complex"
MASK = {"mask": DType.BOOL}
CONDITION = {"condition": DType.BOOL}

# fmt: off
compare("aten::eq.Tensor(Tensor self, Tensor other) -> Tensor", "self == other", traits=COMMUTATIVE, inplace=True, numpy=("equal",))
compare("aten::eq.Scalar(Tensor self, Scalar other) -> Tensor", "self == other", inplace=True)
compare("aten::ne.Tensor(Tensor self, Tensor other) -> Tensor", "self != other", traits=COMMUTATIVE, inplace=True, also=("aten::not_equal.Tensor",), numpy=("not_equal",))
compare("aten::ne.Scalar(Tensor self, Scalar other) -> Tensor", "self != other", inplace=True, also=("aten::not_equal.Scalar",))
compare("aten::lt.Tensor(Tensor self, Tensor other) -> Tensor", "self < other", refuses="complex", inplace=True, also=("aten::less.Tensor",), numpy=("less",))
compare("aten::lt.Scalar(Tensor self, Scalar other) -> Tensor", "self < other", refuses="complex", inplace=True, also=("aten::less.Scalar",))
compare("aten::le.Tensor(Tensor self, Tensor other) -> Tensor", "self <= other", refuses="complex", inplace=True, also=("aten::less_equal.Tensor",), numpy=("less_equal",))
compare("aten::le.Scalar(Tensor self, Scalar other) -> Tensor", "self <= other", refuses="complex", inplace=True, also=("aten::less_equal.Scalar",))
compare("aten::gt.Tensor(Tensor self, Tensor other) -> Tensor", "self > other", refuses="complex", inplace=True, also=("aten::greater.Tensor",), numpy=("greater",))
compare("aten::gt.Scalar(Tensor self, Scalar other) -> Tensor", "self > other", refuses="complex", inplace=True, also=("aten::greater.Scalar",))
compare("aten::ge.Tensor(Tensor self, Tensor other) -> Tensor", "self >= other", refuses="complex", inplace=True, also=("aten::greater_equal.Tensor",), numpy=("greater_equal",))
compare("aten::ge.Scalar(Tensor self, Scalar other) -> Tensor", "self >= other", refuses="complex", inplace=True, also=("aten::greater_equal.Scalar",))

# --- what a number is
compare("aten::isnan(Tensor self) -> Tensor", "isnan(self)", numpy=("isnan",))
compare("aten::isinf(Tensor self) -> Tensor", {"": "abs(self) == inf", "integer": "self != self", "bool": "self != self"}, numpy=("isinf",))
compare("aten::isfinite(Tensor self) -> Tensor", {"": "abs(self) < inf", "integer": "self == self", "bool": "self == self"}, numpy=("isfinite",))
compare("aten::isposinf(Tensor self) -> Tensor", {"": "self == inf", "integer": "self != self", "bool": "self != self"}, refuses="complex")
compare("aten::isneginf(Tensor self) -> Tensor", {"": "self == -inf", "integer": "self != self", "bool": "self != self"}, refuses="complex")
compare("aten::isreal(Tensor self) -> Tensor", "(self == self) | isnan(self)", refuses="complex")
CLOSE = "x = cast(self, float64); y = cast(other, float64); (self == other) | (abs(x - y) <= atol + abs(rtol * y))"
FLOAT_CLOSE = "d = abs(self - other); (self == other) | ((d < inf) & (d <= atol + abs(rtol * other)))"
compare(
    "aten::isclose(Tensor self, Tensor other, float rtol=1.0000000000000001e-05, float atol=1e-08, bool equal_nan=False) -> Tensor",
    {"": FLOAT_CLOSE, "integer": CLOSE, "bool": "self == other", "True/float": f"e = isnan(self) & isnan(other); {FLOAT_CLOSE} | e"},
    select="equal_nan",
)

# --- truth values
logical("aten::logical_and(Tensor self, Tensor other) -> Tensor", "self & other", traits=COMMUTATIVE, inplace=True, numpy=("logical_and",))
logical("aten::logical_or(Tensor self, Tensor other) -> Tensor", "self | other", traits=COMMUTATIVE, inplace=True, numpy=("logical_or",))
logical("aten::logical_xor(Tensor self, Tensor other) -> Tensor", "self ^ other", traits=COMMUTATIVE, inplace=True, numpy=("logical_xor",))
logical("aten::logical_not(Tensor self) -> Tensor", "~self", inplace=True, numpy=("logical_not",))

# --- bits; on bools these are the truth functions
unary("aten::bitwise_not(Tensor self) -> Tensor", "~self", refuses=FLOATS, inplace=True, numpy=("invert", "bitwise_not"))
for _name, _symbol in (("and", "&"), ("or", "|"), ("xor", "^")):
    binary(f"aten::bitwise_{_name}.Tensor(Tensor self, Tensor other) -> Tensor", f"self {_symbol} other", refuses=FLOATS, traits=COMMUTATIVE, inplace=True, also=(f"aten::__{_name}__.Tensor",), numpy=(f"bitwise_{_name}",))
    binary(f"aten::bitwise_{_name}.Scalar(Tensor self, Scalar other) -> Tensor", f"self {_symbol} other", refuses=FLOATS, inplace=True, also=(f"aten::__{_name}__.Scalar",))
    binary(f"aten::bitwise_{_name}.Scalar_Tensor(Scalar self, Tensor other) -> Tensor", f"self {_symbol} other", refuses=FLOATS)
for _name, _short, _symbol in (("left_shift", "lshift", "<<"), ("right_shift", "rshift", ">>")):
    binary(f"aten::bitwise_{_name}.Tensor(Tensor self, Tensor other) -> Tensor", f"self {_symbol} other", refuses=f"bool {FLOATS}", inplace=True, also=(f"aten::__{_short}__.Tensor",), numpy=(_name,))
    binary(f"aten::bitwise_{_name}.Tensor_Scalar(Tensor self, Scalar other) -> Tensor", f"self {_symbol} other", refuses=f"bool {FLOATS}", inplace=True, also=(f"aten::__{_short}__.Scalar",))
    binary(f"aten::bitwise_{_name}.Scalar_Tensor(Scalar self, Tensor other) -> Tensor", f"self {_symbol} other", refuses=f"bool {FLOATS}")
for _name in ("and", "or", "xor", "lshift", "rshift"):
    for _overload in ("Tensor", "Scalar"):
        inplace_as(f"aten::__{_name}__.{_overload}", f"aten::__i{_name}__.{_overload}")

# --- selection
elementwise("aten::where.self(Tensor condition, Tensor self, Tensor other) -> Tensor", "where(condition, self, other)", fixed=CONDITION)
elementwise("aten::where.ScalarOther(Tensor condition, Tensor self, Scalar other) -> Tensor", "where(condition, self, other)", fixed=CONDITION)
elementwise("aten::where.ScalarSelf(Tensor condition, Scalar self, Tensor other) -> Tensor", "where(condition, self, other)", fixed=CONDITION)
elementwise("aten::where.Scalar(Tensor condition, Scalar self, Scalar other) -> Tensor", "where(condition, self, other)", fixed=CONDITION)
elementwise("aten::masked_fill.Scalar(Tensor self, Tensor mask, Scalar value) -> Tensor", "where(mask, value, self)", promotes="self", fixed=MASK, inplace=True)
elementwise("aten::masked_fill.Tensor(Tensor self, Tensor mask, Tensor value) -> Tensor", "where(mask, value, self)", promotes="self", fixed=MASK, inplace=True)
