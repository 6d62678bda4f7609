"""NumPy's element types in scripted code: ``np.float32``, ``np.dtype("int64")``, ``"float32"``, ``float``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tsx.capture.script.values import NOT_STATIC, Code, Constant, Handler, Ssa, Sugar
from tsx.capture.script.worlds import NUMBER
from tsx.errors import TsxError
from tsx.ir import types as ty
from tsx.ir.graph import Value
from tsx.ops.dtypes import from_numpy

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place

_PYTHON = {"float": np.float64, "int": np.int64, "bool": np.bool_, "complex": np.complex128}


@dataclass(eq=False, slots=True)
class NumpyType(Sugar):
    """A dtype: its code as a value, and called a cast (``np.float32(x)``)."""

    dtype: np.dtype[Any]
    code: Code

    def describe(self) -> str:
        return f"the NumPy type {self.dtype.name}"

    @property
    def type(self) -> ty.Type:
        return ty.INT

    def as_value(self, ctx: Context, at: Place) -> Value:
        return ctx.constant(self.code, at)

    def static(self) -> object:
        return self.code

    def call(
        self, ctx: Context, at: Place, args: Sequence[Sugar], kwargs: Mapping[str, Sugar]
    ) -> Sugar:
        from tsx.capture.numpy.script_arithmetic import array_of, is_number, numpys

        if kwargs or len(args) > 1:
            raise ctx.problem(
                "TSX3020", at, function=f"np.{self.dtype.name}", reason="one argument"
            )
        data = args[0] if args else Constant(0)
        made: Sugar = numpys(array_of)(ctx, at, data, Constant(self.code))
        if is_number(data) and isinstance(made, Ssa):
            ctx.program.libraries[made.value] = NUMBER
        return made


def numpy_type(obj: object) -> NumpyType | None:
    """The element type that a live object stands for: a scalar type, or a dtype; None for anything else."""
    if not isinstance(obj, np.dtype) and not (
        isinstance(obj, type) and issubclass(obj, np.generic)
    ):
        return None
    try:
        dtype = np.dtype(obj)
        return NumpyType(dtype, Code(from_numpy(dtype).code, "ScalarType"))
    except (TypeError, TsxError):
        return None


def dtype_of(ctx: Context, at: Place, given: Sugar) -> Sugar:
    """The ScalarType code that an argument ``dtype=`` stands for."""
    static = given.static()
    if isinstance(static, Code):
        return Constant(static)
    if static is NOT_STATIC and getattr(given, "code", "") == "ScalarType":
        return given  # x.dtype, known when the program runs
    named: object = static
    if isinstance(given, Handler):
        named = _PYTHON.get(given.name)
    try:
        found = numpy_type(np.dtype(named))  # type: ignore[call-overload]  # whatever was given, NumPy judges
    except TypeError:
        found = None
    if found is None or named is None:
        raise ctx.problem("TSX3307", at, what=given.describe())
    return Constant(found.code)
