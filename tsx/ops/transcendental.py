"""Exponentials, logarithms, trigonometry and special functions. Integers and bools give float32."""

# ruff: noqa: E501  (one operator a line: the table is read down its columns)
from __future__ import annotations

from tsx.ops.families import to_float, unary
from tsx.ops.promote import Kind

# fmt: off
to_float("aten::exp(Tensor self) -> Tensor", "exp(self)", inplace=True, numpy=("exp",))
to_float("aten::exp2(Tensor self) -> Tensor", "exp2(self)", inplace=True, also=("aten::special_exp2",), numpy=("exp2",))
to_float("aten::expm1(Tensor self) -> Tensor", "expm1(self)", inplace=True, also=("aten::special_expm1",), numpy=("expm1",))
to_float("aten::log(Tensor self) -> Tensor", "log(self)", inplace=True, numpy=("log",))
to_float("aten::log2(Tensor self) -> Tensor", "log2(self)", inplace=True, numpy=("log2",))
to_float("aten::log10(Tensor self) -> Tensor", "log10(self)", inplace=True, numpy=("log10",))
to_float("aten::log1p(Tensor self) -> Tensor", "log1p(self)", inplace=True, also=("aten::special_log1p",), numpy=("log1p",))
to_float("aten::logaddexp(Tensor self, Tensor other) -> Tensor", "m = max(self, other); where((abs(m) == inf) & (self == other), self, m + log1p(exp(-abs(self - other))))", refuses="bool integer complex", numpy=("logaddexp",))
to_float("aten::logaddexp2(Tensor self, Tensor other) -> Tensor", "m = max(self, other); where((abs(m) == inf) & (self == other), self, m + log1p(exp2(-abs(self - other))) / log(2))", refuses="bool integer complex", numpy=("logaddexp2",))
XLOGY = "where(isnan(other), other, where(self == 0, 0, self * log(other)))"
to_float("aten::xlogy.Tensor(Tensor self, Tensor other) -> Tensor", XLOGY, refuses="complex", inplace=True, also=("aten::special_xlogy",))
to_float("aten::xlogy.Scalar_Other(Tensor self, Scalar other) -> Tensor", XLOGY, refuses="complex", inplace=True, also=("aten::special_xlogy.other_scalar",))
to_float("aten::xlogy.Scalar_Self(Scalar self, Tensor other) -> Tensor", XLOGY, refuses="complex", also=("aten::special_xlogy.self_scalar",))
XLOG1PY = "where(isnan(other), other, where(self == 0, 0, self * log1p(other)))"
to_float("aten::special_xlog1py(Tensor self, Tensor other) -> Tensor", XLOG1PY, refuses="complex")
to_float("aten::special_xlog1py.other_scalar(Tensor self, Scalar other) -> Tensor", XLOG1PY, refuses="complex")
to_float("aten::special_xlog1py.self_scalar(Scalar self, Tensor other) -> Tensor", XLOG1PY, refuses="complex")
to_float("aten::logit(Tensor self, float? eps=None) -> Tensor", "x = min(max(self, eps), 1 - eps); log(x / (1 - x))", refuses="complex", inplace=True, also=("aten::special_logit",))
to_float("aten::special_entr(Tensor self) -> Tensor", "where(isnan(self), self, where(self > 0, -self * log(max(self, 0)), where(self == 0, 0, -inf)))", refuses="complex")

# --- trigonometry
to_float("aten::sin(Tensor self) -> Tensor", "sin(self)", inplace=True, numpy=("sin",))
to_float("aten::cos(Tensor self) -> Tensor", "cos(self)", inplace=True, numpy=("cos",))
to_float("aten::tan(Tensor self) -> Tensor", "tan(self)", inplace=True, numpy=("tan",))
to_float("aten::asin(Tensor self) -> Tensor", "asin(self)", inplace=True, also=("aten::arcsin",), numpy=("arcsin",))
to_float("aten::acos(Tensor self) -> Tensor", "acos(self)", inplace=True, also=("aten::arccos",), numpy=("arccos",))
to_float("aten::atan(Tensor self) -> Tensor", "atan(self)", inplace=True, also=("aten::arctan",), numpy=("arctan",))
to_float("aten::atan2(Tensor self, Tensor other) -> Tensor", "atan2(self, other)", refuses="complex", inplace=True, also=("aten::arctan2",), numpy=("arctan2",))
to_float("aten::sinh(Tensor self) -> Tensor", "sinh(self)", inplace=True, numpy=("sinh",))
to_float("aten::cosh(Tensor self) -> Tensor", "cosh(self)", inplace=True, numpy=("cosh",))
to_float("aten::tanh(Tensor self) -> Tensor", "tanh(self)", inplace=True, numpy=("tanh",))
to_float("aten::asinh(Tensor self) -> Tensor", "asinh(self)", inplace=True, also=("aten::arcsinh",), numpy=("arcsinh",))
to_float("aten::acosh(Tensor self) -> Tensor", "acosh(self)", inplace=True, also=("aten::arccosh",), numpy=("arccosh",))
to_float("aten::atanh(Tensor self) -> Tensor", "atanh(self)", inplace=True, also=("aten::arctanh",), numpy=("arctanh",))
to_float("aten::rad2deg(Tensor self) -> Tensor", "self * (180 / pi)", refuses="complex", inplace=True, numpy=("rad2deg", "degrees"))
to_float("aten::deg2rad(Tensor self) -> Tensor", "self * (pi / 180)", refuses="complex", inplace=True, numpy=("deg2rad", "radians"))
to_float("aten::sinc(Tensor self) -> Tensor", "x = pi * self; where(self == 0, 1, sin(x) / x)", inplace=True, also=("aten::special_sinc",))

# --- special functions, written in the scalar language (functions.py)
to_float("aten::sigmoid(Tensor self) -> Tensor", "sigmoid(self)", inplace=True, also=("aten::special_expit",))
to_float("aten::erf(Tensor self) -> Tensor", "erf(self)", refuses="complex", inplace=True, also=("aten::special_erf",))
to_float("aten::erfc(Tensor self) -> Tensor", "erfc(self)", refuses="complex", inplace=True, also=("aten::special_erfc",))
to_float("aten::erfinv(Tensor self) -> Tensor", "erfinv(self)", refuses="complex", inplace=True, also=("aten::special_erfinv",))
to_float("aten::lgamma(Tensor self) -> Tensor", "lgamma(self)", refuses="complex", inplace=True, also=("aten::special_gammaln",))
to_float("aten::digamma(Tensor self) -> Tensor", "digamma(self)", refuses="complex", inplace=True, also=("aten::special_digamma", "aten::special_psi"))
to_float("aten::special_ndtr(Tensor self) -> Tensor", "erfc(self * -sqrt(0.5)) / 2", refuses="complex")
unary("aten::angle(Tensor self) -> Tensor", {"": "where(isnan(self), self, where(self < 0, pi, 0))"}, kind=Kind.INT_TO_FLOAT, refuses="complex")
