"""Arithmetic on tensors: sums, products, quotients, powers, rounding, bits. Formulas: see ``scalar.py``.

Division of integers is true division; ``floor_divide`` and the rounding modes give the operands' dtype. Integers wrap,
and dividing one by zero stops the run.
"""

# ruff: noqa: E501  (one operator a line: the table is read down its columns)
from __future__ import annotations

from tsx.ir.op import Trait
from tsx.ops.families import binary, compare, elementwise, inplace_as, to_float, unary
from tsx.ops.promote import Kind

COMMUTATIVE, IDEMPOTENT = Trait.COMMUTATIVE, Trait.IDEMPOTENT

# fmt: off
# --- sums and products
binary("aten::add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor", "self + alpha * other", inplace=True, numpy=("add",))
binary("aten::add.Scalar(Tensor self, Scalar other, Scalar alpha=1) -> Tensor", "self + alpha * other", inplace=True)
binary("aten::sub.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor", "self - alpha * other", refuses="bool", inplace=True, also=("aten::subtract.Tensor",), numpy=("subtract",))
binary("aten::sub.Scalar(Tensor self, Scalar other, Scalar alpha=1) -> Tensor", "self - alpha * other", refuses="bool", inplace=True, also=("aten::subtract.Scalar",))
binary("aten::rsub.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor", "other - alpha * self", refuses="bool")
binary("aten::rsub.Scalar(Tensor self, Scalar other, Scalar alpha=1) -> Tensor", "other - alpha * self", refuses="bool")
binary("aten::mul.Tensor(Tensor self, Tensor other) -> Tensor", "self * other", traits=COMMUTATIVE, inplace=True, also=("aten::multiply.Tensor",), numpy=("multiply",))
binary("aten::mul.Scalar(Tensor self, Scalar other) -> Tensor", "self * other", inplace=True, also=("aten::multiply.Scalar",))
elementwise("aten::addcmul(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor", "self + value * tensor1 * tensor2", inplace=True)
elementwise("aten::addcdiv(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor", "self + value * (tensor1 / tensor2)", refuses="bool integer", inplace=True)
LERP = "d = end - self; where(abs(weight) < 0.5, self + weight * d, end - d * (1 - weight))"
elementwise("aten::lerp.Scalar(Tensor self, Tensor end, Scalar weight) -> Tensor", LERP, refuses="bool integer", inplace=True)
elementwise("aten::lerp.Tensor(Tensor self, Tensor end, Tensor weight) -> Tensor", LERP, refuses="bool integer", inplace=True)

# --- quotients
to_float("aten::div.Tensor(Tensor self, Tensor other) -> Tensor", "self / other", inplace=True, also=("aten::divide.Tensor", "aten::true_divide.Tensor"), numpy=("divide", "true_divide"))
to_float("aten::div.Scalar(Tensor self, Scalar other) -> Tensor", "self / other", inplace=True, also=("aten::divide.Scalar", "aten::true_divide.Scalar"))
ROUNDED = {
    "None": "self / other",
    "trunc": "trunc(self / other)", "trunc/integer": "truncdiv(self, other)",
    "floor": "floor_div(self, other)", "floor/integer": "self // other",
}
ROUNDED_KINDS = {"None": Kind.INT_TO_FLOAT, "trunc": Kind.DEFAULT, "floor": Kind.DEFAULT}
binary("aten::div.Tensor_mode(Tensor self, Tensor other, *, str? rounding_mode) -> Tensor", ROUNDED, kind=ROUNDED_KINDS, select="rounding_mode", inplace=True, also=("aten::divide.Tensor_mode",))
binary("aten::div.Scalar_mode(Tensor self, Scalar other, *, str? rounding_mode) -> Tensor", ROUNDED, kind=ROUNDED_KINDS, select="rounding_mode", inplace=True, also=("aten::divide.Scalar_mode",))
FLOORED = {"float": "floor_div(self, other)", "integer": "self // other"}
binary("aten::floor_divide(Tensor self, Tensor other) -> Tensor", FLOORED, refuses="bool complex", numpy=("floor_divide",))
binary("aten::floor_divide.Scalar(Tensor self, Scalar other) -> Tensor", FLOORED, refuses="bool complex", inplace=True)
inplace_as("aten::floor_divide", "aten::floor_divide_.Tensor")
binary("aten::remainder.Tensor(Tensor self, Tensor other) -> Tensor", "self % other", refuses="bool complex", inplace=True, numpy=("remainder", "mod"))
binary("aten::remainder.Scalar(Tensor self, Scalar other) -> Tensor", "self % other", refuses="bool complex", inplace=True)
binary("aten::remainder.Scalar_Tensor(Scalar self, Tensor other) -> Tensor", "self % other", refuses="bool complex")
binary("aten::fmod.Tensor(Tensor self, Tensor other) -> Tensor", "fmod(self, other)", refuses="bool complex", inplace=True, numpy=("fmod",))
binary("aten::fmod.Scalar(Tensor self, Scalar other) -> Tensor", "fmod(self, other)", refuses="bool complex", inplace=True)
to_float("aten::reciprocal(Tensor self) -> Tensor", "1 / self", inplace=True, numpy=("reciprocal",))

# --- powers; torch multiplies out small exponents too
POWER = {"": "self ** exponent", "bool": "self | ~exponent"}
POWERS = {
    **POWER,
    "2": "self * self", "2.0/float": "self * self", "3": "self * self * self", "3.0/float": "self * self * self",
    "0.5/float": "sqrt(self)", "-0.5/float": "1 / sqrt(self)", "-1/float": "1 / self", "-1.0/float": "1 / self",
    "-2/float": "1 / (self * self)", "-2.0/float": "1 / (self * self)",
}
binary("aten::pow.Tensor_Tensor(Tensor self, Tensor exponent) -> Tensor", POWER, numpy=("power", "float_power"))
binary("aten::pow.Tensor_Scalar(Tensor self, Scalar exponent) -> Tensor", POWERS, select="exponent")
binary("aten::pow.Scalar(Scalar self, Tensor exponent) -> Tensor", POWER)
binary("aten::float_power.Tensor_Tensor(Tensor self, Tensor exponent) -> Tensor", "self ** exponent", kind=Kind.DOUBLE)
binary("aten::float_power.Tensor_Scalar(Tensor self, Scalar exponent) -> Tensor", {c: t for c, t in POWERS.items() if c != "bool"}, select="exponent", kind=Kind.DOUBLE)
binary("aten::float_power.Scalar(Scalar self, Tensor exponent) -> Tensor", "self ** exponent", kind=Kind.DOUBLE)
inplace_as("aten::float_power.Tensor_Tensor", "aten::float_power_.Tensor")
inplace_as("aten::float_power.Tensor_Scalar", "aten::float_power_.Scalar")
inplace_as("aten::pow.Tensor_Tensor", "aten::pow_.Tensor")
inplace_as("aten::pow.Tensor_Scalar", "aten::pow_.Scalar")
unary("aten::square(Tensor self) -> Tensor", "self * self", kind=Kind.BOOL_TO_LONG, inplace=True, numpy=("square",))
to_float("aten::sqrt(Tensor self) -> Tensor", "sqrt(self)", inplace=True, numpy=("sqrt",))
to_float("aten::rsqrt(Tensor self) -> Tensor", "1 / sqrt(self)", inplace=True)
to_float("aten::hypot(Tensor self, Tensor other) -> Tensor", "hypot(self, other)", refuses="bool integer complex", inplace=True, numpy=("hypot",))
binary("aten::ldexp.Tensor(Tensor self, Tensor other) -> Tensor", "self * exp2(other)", kind=Kind.INT_TO_FLOAT)

# --- signs and rounding
unary("aten::abs(Tensor self) -> Tensor", "abs(self)", kind=Kind.COMPLEX_TO_FLOAT, traits=IDEMPOTENT, inplace=True, also=("aten::absolute",), numpy=("absolute", "fabs"))
unary("aten::neg(Tensor self) -> Tensor", "-self", refuses="bool", inplace=True, also=("aten::negative",), numpy=("negative",))
SIGN = {"": "where(isnan(self), 0, sign(self))", "bool": "self", "integer": "sign(self)"}
SGN = {**SIGN, "complex": "where(self == 0, 0, self / cast(abs(self)))"}
unary("aten::sign(Tensor self) -> Tensor", SIGN, refuses="complex", traits=IDEMPOTENT, inplace=True, numpy=("sign",))
unary("aten::sgn(Tensor self) -> Tensor", SGN, traits=IDEMPOTENT, inplace=True)
compare("aten::signbit(Tensor self) -> Tensor", {"": "signbit(self)", "bool": "self & ~self"}, refuses="complex", numpy=("signbit",))
to_float("aten::copysign.Tensor(Tensor self, Tensor other) -> Tensor", "copysign(self, other)", refuses="complex", inplace=True, numpy=("copysign",))
to_float("aten::copysign.Scalar(Tensor self, Scalar other) -> Tensor", "copysign(self, other)", refuses="complex", inplace=True)
unary("aten::floor(Tensor self) -> Tensor", "floor(self)", refuses="bool complex", traits=IDEMPOTENT, inplace=True, numpy=("floor",))
unary("aten::ceil(Tensor self) -> Tensor", "ceil(self)", refuses="bool complex", traits=IDEMPOTENT, inplace=True, numpy=("ceil",))
unary("aten::trunc(Tensor self) -> Tensor", "trunc(self)", refuses="bool complex", traits=IDEMPOTENT, inplace=True, also=("aten::fix",), numpy=("trunc",))
unary("aten::round(Tensor self) -> Tensor", "round(self)", refuses="bool complex", traits=IDEMPOTENT, inplace=True, numpy=("rint",))
DECIMALS = {"": "p = 10 ** abs(decimals); where(cast(decimals) < 0, round(self / p) * p, round(self * p) / p)", "0": "round(self)"}
unary("aten::round.decimals(Tensor self, *, int decimals) -> Tensor", DECIMALS, select="decimals", refuses="bool integer complex", inplace=True)
unary("aten::special_round(Tensor self, *, int decimals=0) -> Tensor", DECIMALS, select="decimals", refuses="bool complex")
unary("aten::frac(Tensor self) -> Tensor", "self - trunc(self)", refuses="bool integer complex", inplace=True)
binary("aten::heaviside(Tensor self, Tensor values) -> Tensor", "where(self == 0, values, cast(self > 0))", refuses="complex", inplace=True, numpy=("heaviside",))

# --- bounds; NaN spreads through all but fmin and fmax
CLAMP = "min(max(self, min), max)"
unary("aten::clamp(Tensor self, Scalar? min=None, Scalar? max=None) -> Tensor", CLAMP, refuses="bool complex", inplace=True, also=("aten::clip",))
unary("aten::clamp.Tensor(Tensor self, Tensor? min=None, Tensor? max=None) -> Tensor", CLAMP, refuses="complex", inplace=True, also=("aten::clip.Tensor",))
binary("aten::clamp_min(Tensor self, Scalar min) -> Tensor", "max(self, min)", refuses="bool complex", inplace=True)
binary("aten::clamp_min.Tensor(Tensor self, Tensor min) -> Tensor", "max(self, min)", refuses="complex", inplace=True)
binary("aten::clamp_max(Tensor self, Scalar max) -> Tensor", "min(self, max)", refuses="bool complex", inplace=True)
binary("aten::clamp_max.Tensor(Tensor self, Tensor max) -> Tensor", "min(self, max)", refuses="complex", inplace=True)
binary("aten::minimum(Tensor self, Tensor other) -> Tensor", "min(self, other)", refuses="complex", traits=COMMUTATIVE, numpy=("minimum",))
binary("aten::maximum(Tensor self, Tensor other) -> Tensor", "max(self, other)", refuses="complex", traits=COMMUTATIVE, numpy=("maximum",))
binary("aten::min.other(Tensor self, Tensor other) -> Tensor", "min(self, other)", refuses="complex", traits=COMMUTATIVE)
binary("aten::max.other(Tensor self, Tensor other) -> Tensor", "max(self, other)", refuses="complex", traits=COMMUTATIVE)
binary("aten::fmin(Tensor self, Tensor other) -> Tensor", "where(isnan(self), other, where(isnan(other), self, min(self, other)))", refuses="complex", numpy=("fmin",))
binary("aten::fmax(Tensor self, Tensor other) -> Tensor", "where(isnan(self), other, where(isnan(other), self, max(self, other)))", refuses="complex", numpy=("fmax",))
NAN_TO_NUM = {
    "": "self",
    "float": "where(isnan(self), default(nan, 0), where(self == inf, default(posinf, largest), where(self == -inf, default(neginf, lowest), self)))",
}
unary("aten::nan_to_num(Tensor self, float? nan=None, float? posinf=None, float? neginf=None) -> Tensor", NAN_TO_NUM, refuses="complex", inplace=True)
