"""NumPy's ufuncs and operators in scripted code: operators with the casts that give NumPy's result types.

Takes the operands of ``np.sqrt(x)`` or ``x / y``; emits the operator that the ufunc names, on operands cast to the type
that NumPy computes in. Where a dtype isn't known, ``tsx::numpy_type`` asks for it when the program runs. The tables of
names are those of the tracing door.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from tsx.capture.numpy.ufuncs import COMMUTES, NO_SCALAR, TESTS, bases, overload
from tsx.capture.script import comparisons
from tsx.capture.script.values import NOT_STATIC, Code, Constant, ListLiteral, Ssa, Sugar
from tsx.capture.script.worlds import NUMBER, holds_arrays, library, relabelled
from tsx.errors import TsxError
from tsx.ir import types as ty
from tsx.ir.op import Unknown, lookup
from tsx.ir.types import DTYPE_BY_CODE, DType
from tsx.ops.numpy_types import compute_dtype, holds, known_type, takes_any_int

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place

NUMBERS = (ty.INT, ty.FLOAT, ty.BOOL, ty.COMPLEX, ty.NUMBER)


def is_array(value: Sugar) -> bool:
    return isinstance(value.type, ty.TensorType)


def is_number(value: Sugar) -> bool:
    """Whether it is a plain Python number, which is weak beside an array."""
    return value.type in NUMBERS and not isinstance(value.static(), Code)


def numpys(function: Callable[..., Any], *, takes_tensors: bool = False) -> Callable[..., Any]:
    """A handler whose arrays are NumPy's, those that it makes included; torch's have to be converted first."""

    @functools.wraps(function)
    def call(ctx: Context, at: Place, *args: Any, **kwargs: Any) -> Any:
        given = [v for v in (*args, *kwargs.values()) if isinstance(v, Sugar)]
        if not takes_tensors and any(_is_torchs(ctx, at, value) for value in given):
            raise ctx.problem("TSX3309", at, text=at.text())
        outer, ctx.library = ctx.library, "numpy"
        try:
            found = function(ctx, at, *args, **kwargs)
        finally:
            ctx.library = outer
        return (
            relabelled(ctx, found, "numpy", at)
            if isinstance(found, Sugar) and is_array(found)
            else found
        )

    return call


def _is_torchs(ctx: Context, at: Place, value: Sugar) -> bool:
    return holds_arrays(value.type) and library(ctx, value, at) not in ("numpy", NUMBER)


def ufunc(
    ctx: Context, at: Place, name: str, inputs: Sequence[Sugar], *, inplace: bool = False
) -> Sugar:
    """``np.name(*inputs)``; ``inplace``: what the first operand, an array, is to hold then."""
    base = bases().get(name)
    if base is None:
        raise ctx.problem("TSX3301", at, name=f"numpy.{name}")
    operands = [as_operand(ctx, at, item) for item in inputs]
    arrays = [o for o in operands if is_array(o)]
    of_numbers = all(library(ctx, o, at) == NUMBER for o in arrays) and all(map(is_scalar, inputs))
    if not arrays:
        operands[0] = as_array(ctx, at, operands[0])
    found = _computed(ctx, at, name, base, operands, inplace=inplace)
    if of_numbers and isinstance(found, Ssa):
        ctx.program.libraries[found.value] = NUMBER
    return found


def is_scalar(value: Sugar) -> bool:
    """Whether it is a number or a NumPy scalar, and no list."""
    return is_number(value) or is_array(value)


def _computed(
    ctx: Context, at: Place, name: str, base: str, operands: list[Sugar], *, inplace: bool
) -> Sugar:
    """A ufunc of arrays and numbers."""
    if name in TESTS:
        return ctx.op(f"aten::{base}", at, [as_array(ctx, at, o) for o in operands])
    code = compute_type(ctx, at, f"{name}=" if inplace else name, operands)
    if name == "power":
        _need_exponents(ctx, at, code, operands[1])
    if name == "positive":
        return ctx.op("aten::clone", at, [cast(ctx, at, operands[0], code)])
    return elementwise(ctx, at, base, operands, code)


def _need_exponents(ctx: Context, at: Place, code: Sugar, exponent: Sugar) -> None:
    """Raises ValueError where integers are to be raised to negative integers."""
    known, number = code.static(), exponent.static()
    if isinstance(known, int) and not DTYPE_BY_CODE[known].is_integer:
        return
    if isinstance(number, (int, float)) and (isinstance(number, float) or number >= 0):
        return

    def negative() -> Sugar:
        if is_number(exponent):
            return ctx.op("aten::lt", at, [exponent, Constant(0)], called="<")
        below = ctx.op("aten::lt.Scalar", at, [exponent, Constant(0)])
        return ctx.op("aten::any", at, [below]).truth(ctx, at)

    def integers() -> Sugar:
        computed = ctx.op("aten::zeros", at, [ListLiteral([Constant(0)])], {"dtype": code})
        return comparisons.negated(ctx, ctx.op("aten::is_floating_point", at, [computed]), at)

    wrong = ctx.all_true([integers, negative], at)

    def fail() -> Sugar:
        text = Constant("Integers to negative integer powers are not allowed.")
        ctx.raise_exception("ValueError", text, at)
        return Constant(None)

    ctx.choose(wrong.as_value(ctx, at), fail, lambda: Constant(None), at)


def elementwise(
    ctx: Context, at: Place, base: str, operands: Sequence[Sugar], code: Sugar
) -> Sugar:
    """One operator on operands cast to ``code``; a number on the right stays one."""
    given = list(operands)
    if len(given) == 2 and is_number(given[0]) and base in COMMUTES:
        given.reverse()
        base = COMMUTES[base]
    last = len(given) - 1
    number = len(given) == 2 and is_number(given[1]) and base not in NO_SCALAR
    number = number and lookup(f"aten::{overload(base, True)}") is not None
    cast_ = [
        o if number and index == last else cast(ctx, at, as_array(ctx, at, o, code), code)
        for index, o in enumerate(given)
    ]
    return ctx.op(f"aten::{overload(base, number)}", at, cast_)


def compute_type(ctx: Context, at: Place, function: str, operands: Sequence[Sugar]) -> Sugar:
    """The ScalarType code in which NumPy computes ``function``: a constant where the dtypes are known."""
    known = [known_type(_abstract(operand)) for operand in operands]
    dtype = _dtype(function, [type for type in known if type is not None], len(operands))
    if dtype is not None and all(_surely_holds(function, dtype, o) for o in operands):
        return Constant(Code(dtype.code, "ScalarType"))
    kind, given = "tsx::numpy_type", list(operands)
    if len(given) == 2:
        if is_number(given[0]):
            given.reverse()  # which of the two is the number makes no difference
        kind += ".Scalar" if is_number(given[1]) else ".Tensor"
    elif len(given) > 2:
        given = [ListLiteral([as_array(ctx, at, item) for item in given])]
        kind += ".list"
    return ctx.op(kind, at, [Constant(function), *given])


def _dtype(function: str, known: list[Any], count: int) -> DType | None:
    """The type when those of all operands are known, and NumPy takes them."""
    try:
        return compute_dtype(function, known) if len(known) == count else None
    except TsxError:
        return None  # where it is reached, NumPy's error is raised


def _surely_holds(function: str, dtype: DType, operand: Sugar) -> bool:
    """Whether no run has to ask if a Python int fits."""
    if takes_any_int(function) or not dtype.is_integer or not is_number(operand):
        return True
    number = operand.static()
    return operand.type == ty.BOOL or (number is not NOT_STATIC and holds(dtype, number))


def need_room(ctx: Context, at: Place, number: Sugar, *, array: Sugar) -> None:
    """Raises OverflowError where ``array`` can't hold an int that is to be written into it."""
    if not is_number(number) or number.type != ty.INT:
        return
    dtype = array.type.dtype if isinstance(array.type, ty.TensorType) else None
    known = number.static()
    if dtype is None or (not holds(dtype, known) if known is not NOT_STATIC else dtype.is_integer):
        ctx.op("tsx::numpy_type.Scalar", at, [Constant("fill"), array, number])


def need_room_in(ctx: Context, at: Place, number: Sugar, code: Sugar) -> None:
    """The same for arrays that are made of ``number``, of the type that ``code`` stands for."""
    dtype, known = code.static(), number.static()
    if number.type == ty.INT and not (
        isinstance(dtype, int) and known is not NOT_STATIC and holds(DTYPE_BY_CODE[dtype], known)
    ):
        made = ctx.op("aten::zeros", at, [ListLiteral([Constant(0)])], {"dtype": code})
        need_room(ctx, at, number, array=made)


def _abstract(operand: Sugar) -> object:
    type = operand.type
    return type if type is None or is_array(operand) else Unknown(type)


def cast(ctx: Context, at: Place, x: Sugar, code: Sugar) -> Sugar:
    """``x`` in the type that ``code`` stands for; itself when it is known to have it."""
    static, type = code.static(), x.type
    if isinstance(type, ty.TensorType) and type.dtype is not None and static == type.dtype.code:
        return x
    return ctx.op("aten::to.dtype", at, [x, code])


def as_operand(ctx: Context, at: Place, value: Sugar) -> Sugar:
    """An operand of a ufunc: an array, a number, or a list of numbers as an array."""
    if is_array(value) or is_number(value):
        return value
    return as_array(ctx, at, value)


def as_array(ctx: Context, at: Place, value: Sugar, code: Sugar | None = None) -> Sugar:
    """``np.asarray(value)``: numbers become 0-dim arrays, of the type that ``code`` says where it is given."""
    if is_array(value):
        return value
    if is_number(value):
        named = {"dtype": code if code is not None else _natural(ctx, at, value)}
        if code is not None:
            need_room_in(ctx, at, value, code)
        return ctx.op("aten::scalar_tensor", at, [value], named)
    return array_of(ctx, at, value, None)


def array_of(ctx: Context, at: Place, data: Sugar, code: Sugar | None) -> Sugar:
    """``np.array(data, dtype)`` of numbers, arrays, and lists or tuples of these."""
    if is_array(data):
        return data if code is None else cast(ctx, at, data, code)
    if is_number(data):
        return as_array(ctx, at, data, code)
    items = ctx.parts(data, at)
    if items is not None and items:
        rows = [array_of(ctx, at, item, code) for item in items]
        if code is None:
            rows = promoted(ctx, at, "stack", rows)
        return ctx.op("aten::stack", at, [ListLiteral(rows), Constant(0)])
    type = data.type
    if isinstance(type, ty.ListType) and isinstance(type.element, ty.TensorType):
        return ctx.op("aten::stack", at, [data, Constant(0)])
    named = {"dtype": code if code is not None else _of_list(ctx, at, data)}
    return ctx.op("aten::tensor", at, [data], named, called="numpy.array")


def promoted(ctx: Context, at: Place, function: str, arrays: Sequence[Sugar]) -> list[Sugar]:
    """Arrays cast to the type they have in common."""
    if len(arrays) < 2:
        return list(arrays)
    code = compute_type(ctx, at, function, arrays)
    return [cast(ctx, at, as_array(ctx, at, array, code), code) for array in arrays]


_CODES: dict[ty.Type, int] = {ty.BOOL: 11, ty.INT: 4, ty.FLOAT: 7, ty.COMPLEX: 10}


def _natural(ctx: Context, at: Place, number: Sugar) -> Sugar:
    """The type of ``np.asarray(number)``: int64, float64, bool or complex128."""
    code = _CODES.get(number.type) if number.type is not None else None
    if code is None:
        raise ctx.problem("TSX3302", at, what=number.describe())
    return Constant(Code(code, "ScalarType"))


def _of_list(ctx: Context, at: Place, data: Sugar) -> Sugar:
    element = data.type
    while isinstance(element, ty.ListType):
        element = element.element
    code = _CODES.get(element) if element is not None else None
    if code is None:
        raise ctx.problem("TSX3302", at, what=data.describe())
    return Constant(Code(code, "ScalarType"))


# What the operators of Python are called as ufuncs.
OPERATORS = {
    "add": "add", "sub": "subtract", "mul": "multiply", "div": "divide", "floordiv": "floor_divide",
    "remainder": "remainder", "pow": "power", "__and__": "bitwise_and", "__or__": "bitwise_or",
    "__xor__": "bitwise_xor", "__lshift__": "left_shift", "__rshift__": "right_shift",
    "eq": "equal", "ne": "not_equal", "lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal",
    "neg": "negative", "positive": "positive", "bitwise_not": "invert",
}  # fmt: skip
