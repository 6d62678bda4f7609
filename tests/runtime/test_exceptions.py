"""A run that stops where Python raises carries Python's exception: its class name and its words."""

# ruff: noqa: E501  (a table: one case a line)
from __future__ import annotations

import copy
from collections.abc import Callable

import pytest

from tests.runtime.build import run
from tsx.errors import RunError

NAN = float("nan")
CASES: dict[str, tuple[str, str, tuple[object, ...], Callable[..., object]]] = {
    "floordiv": ("%a : int, %b : int", "%y : int = aten::floordiv.int(%a, %b)", (1, 0), lambda a, b: a // b),
    "mod": ("%a : int, %b : int", "%y : int = aten::remainder.int(%a, %b)", (1, 0), lambda a, b: a % b),
    "divmod": ("%a : int, %b : int", "%y : int, %z : int = aten::divmod.int(%a, %b)", (1, 0), divmod),
    "int of nan": ("%a : float", "%y : int = aten::Int.float(%a)", (NAN,), int),
    "int of inf": ("%a : float", "%y : int = aten::Int.float(%a)", (-2 * 1e308,), int),
    "int of str": ("%a : str", "%y : int = aten::Int.str(%a)", ("1.5",), int),
    "float of str": ("%a : str", "%y : float = aten::Float.str(%a)", ("1,5",), float),
    "index": ("%a : int[], %b : int", "%y : int = aten::__getitem__.t(%a, %b)", ([1], -2), lambda a, b: a[b]),
    "pop": ("%a : int[], %b : int", "%y : int = aten::pop.t(%a, %b)", ([1], 4), lambda a, b: a.pop(b)),
    "pop of none": ("%a : int[], %b : int", "%y : int = aten::pop.t(%a, %b)", ([], 0), lambda a, b: a.pop(b)),
    "key": ("%a : Dict(str, int), %b : str", "%y : int = aten::__getitem__.Dict_str(%a, %b)", ({}, "k"), lambda a, b: a[b]),
    "max": ("%a : float[]", "%y : float = prim::max.self_float(%a)", ([],), max),
    "where": ("%a : int[], %b : int", "%y : int = aten::index.list_int(%a, %b)", ([1], 2), lambda a, b: a.index(b)),
    "unpack few": ("%a : int[]", "%y : int, %z : int = prim::ListUnpack(%a)", ([1],), lambda a: [y for y, _ in [a]]),
    "unpack many": ("%a : int[]", "%y : int, %z : int = prim::ListUnpack(%a)", ([1] * 3,), lambda a: [y for y, _ in [a]]),
}  # fmt: skip


def raised_by(python: Callable[..., object], *operands: object) -> Exception:
    try:
        python(*operands)
    except Exception as error:
        return error
    raise AssertionError("Python raises nothing")


@pytest.mark.parametrize("name", CASES)
def test_errors_carry_what_python_raises(name: str) -> None:
    formals, line, operands, python = CASES[name]
    theirs = raised_by(python, *operands)
    with pytest.raises(RunError) as ours:
        run(f"graph({formals}):\n  {line} # model.py:3:4\n  return (%y)", *operands)
    assert ours.value.exception == (type(theirs).__name__, str(theirs))
    assert ours.value.where == "model.py:3:4"
    assert copy.copy(ours.value).exception == ours.value.exception


@pytest.mark.parametrize("raised", [ValueError("no"), KeyError("k"), AssertionError("")], ids=repr)
def test_what_the_model_raises_is_its_own(raised: Exception) -> None:
    message, kind = str(raised), f"builtins.{type(raised).__name__}"
    with pytest.raises(RunError) as ours:
        run(
            f'graph():\n  %m : str = prim::Constant[value="{message}"]()\n'
            f'  %k : str = prim::Constant[value="{kind}"]()\n'
            "   = prim::RaiseException(%m, %k)\n  return (%m)"
        )
    assert ours.value.exception == (type(raised).__name__, str(raised))
    assert ours.value.code == "TSX5005"
