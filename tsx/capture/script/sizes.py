"""Tuples of any length: ``torch.Size``, ``tuple(values)``, what ``torch.split`` gives.

Their length is not known when a program is compiled, so a program holds them as lists. A value that stands for such a
tuple has the code ``Size`` or ``Tuple``: it compares with tuples, adds to them, slices to another one, prints and is
returned as one, and nothing can be written to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tsx.capture.script.values import Constant, ListLiteral, Ssa, Sugar, TupleSugar
from tsx.ir import types as ty

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place

SIZE, TUPLE = "Size", "Tuple"
METHODS = ("count", "index")  # what a tuple has of a list's
_INTS = ty.ListType(ty.INT)


def is_size(value: Sugar) -> bool:
    """Whether a list stands for a tuple of any length."""
    return isinstance(value, Ssa) and value.code in (SIZE, TUPLE)


def is_torch_size(value: Sugar) -> bool:
    """Whether it stands for a ``torch.Size``."""
    return isinstance(value, Ssa) and value.code == SIZE


def as_size(value: Sugar) -> Sugar:
    """A list of ints as a ``torch.Size``."""
    return Ssa(value.value, SIZE) if isinstance(value, Ssa) and value.type == _INTS else value


def as_tuple(value: Sugar) -> Sugar:
    """A list as a tuple."""
    is_list = isinstance(value, Ssa) and isinstance(value.type, ty.ListType)
    return Ssa(value.value, TUPLE) if isinstance(value, Ssa) and is_list else value


def like(found: Sugar, *values: Sugar) -> Sugar:
    """What an operation gives of tuples: a ``torch.Size`` where one is, else a tuple."""
    if any(map(is_torch_size, values)):
        return as_size(found)
    return as_tuple(found) if any(map(is_size, values)) else found


def require_length(ctx: Context, key: Sugar, at: Place) -> None:
    """A problem where a tuple of any length is to be a key, or a tuple of known length: it is held as a list."""
    if is_size(key):
        raise ctx.problem("TSX3110", at, what="sizes" if is_torch_size(key) else "a list")


def described(value: Sugar) -> str:
    return "a torch.Size" if is_torch_size(value) else "a tuple"


def _list(ctx: Context, value: Sugar, wanted: ty.Type, at: Place) -> Sugar | None:
    """Such a tuple, or one whose items are known, as a list of type ``wanted``; None for anything else."""
    if is_size(value):
        return value if value.type == wanted else None
    if not isinstance(value, TupleSugar) and not isinstance(value.type, ty.TupleType):
        return None
    plan = ctx.conversion(ListLiteral(ctx.parts(value, at) or []), wanted, at)
    return Ssa(plan()) if plan is not None else None


def lists(ctx: Context, a: Sugar, b: Sugar, at: Place) -> tuple[Sugar, Sugar] | None:
    """Two tuples, one of them of any length, as lists; None where they are something else."""
    wanted = (a if is_size(a) else b).type
    if not (is_size(a) or is_size(b)) or wanted is None:
        return None
    first, second = _list(ctx, a, wanted, at), _list(ctx, b, wanted, at)
    return None if first is None or second is None else (first, second)


def binary(ctx: Context, symbol: str, a: Sugar, b: Sugar, at: Place) -> Sugar | None:
    """``a + b`` and ``a * n`` where one is such a tuple."""
    if not (is_size(a) or is_size(b)):
        return None
    if symbol == "*":
        return like(ctx.op("aten::mul", at, [a, b], called="*"), a, b)
    if symbol != "+":
        return None
    pair = lists(ctx, a, b, at)
    if pair is None:
        raise ctx.problem("TSX3068", at, op="+", first=_words(a), second=_words(b), help=_WAY)
    return like(ctx.op("aten::add.t", at, list(pair), called="+"), a, b)


_WAY = "make both a list (`list(…)`) or both a tuple (`tuple(…)`)"


def _words(value: Sugar) -> str:
    return described(value) if is_size(value) else value.describe()


def equal(ctx: Context, a: Sugar, b: Sugar, at: Place) -> Sugar | None:
    """``a == b`` where one is such a tuple: it equals tuples, no lists."""
    if not (is_size(a) or is_size(b)):
        return None
    from tsx.capture.script.builtins.common import refuse_tensors  # which is written against this

    pair = lists(ctx, a, b, at)
    if pair is None:
        return Constant(False)
    refuse_tensors(ctx, at, pair[0].type, "==")
    if pair[0].type == _INTS:
        return ctx.op("aten::eq.int_list", at, list(pair), called="==")
    return ctx.op("tsx::eq", at, list(pair), called="==")


def tuples_in(result: Sugar) -> str:
    """The label of a result (``TreeSpec``): where it holds lists that callers get as tuples."""
    found = list(_places(result, ()))
    if not found:
        return ""
    return "tuple" if found == [()] else f"tuple {','.join('.'.join(map(str, p)) for p in found)}"


def _places(value: Sugar, path: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    if is_size(value):
        yield path
    elif isinstance(value, TupleSugar):
        for place, item in enumerate(value.items):
            yield from _places(item, (*path, place))
