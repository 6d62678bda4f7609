"""Kernels on numbers, strings, lists and dicts against their definition: made-up operands of every operator.

Values are equal exactly, floats within a few units in the last place; where the definition stops, so does the kernel,
for the same reason.
"""

from __future__ import annotations

import cmath
import copy
import math
import random
import warnings
from collections.abc import Callable
from typing import Any

import pytest

from tests.engine import wire
from tests.engine.conftest import Run
from tsx.errors import TsxError
from tsx.ir import types as ty
from tsx.ir.op import Op, all_ops
from tsx.ir.types import Type

pytestmark = pytest.mark.engine

SAMPLES = 60
LARGE = [0, 1, -1, 2, -2, 3, 7, -7, 10, 62, 63, 64, 10**6, 2**31, 2**53 + 1, 2**62, -(2**63), 2**63 - 1]  # fmt: skip
SMALL = [-5, -3, -2, -1, 0, 1, 2, 3, 4, 6, 9]
FLOATS = [
    0.0, -0.0, 1.0, -1.0, 0.5, 2.5, -2.5, 1.5, 3.7, -3.7, 0.1, 1e-300, 1e300, math.inf, -math.inf, math.nan, 2.0**63,
    123456.789, 25.0, 1e16,
]  # fmt: skip
COMPLEX = [0j, 1 + 0j, -1j, 1 + 2j, -0.5 + 3j, 2.5 - 1.25j, complex(1e200, -1e200)]
TEXTS = [
    "", "a", "abc", "  x y ", "äöü", "日本\n語", "12", "-7", "3.5", "a,b,,c", "Ab\tc", "xxxxx", " inf ", "1_000", "b",
    "line\r\nnext\n", "{} and {}", "0x1f", "aXbXc",
]  # fmt: skip
# Their answers depend on what neither side promises: the identity of objects, the hash of NaN.
NOT_COMPARED = {"aten::__is__", "aten::__isnot__", "tsx::hash.float", "tsx::hash.complex"}


def is_plain(type: Type) -> bool:
    """Whether a value of the type can be made up here."""
    atoms = (ty.INT, ty.FLOAT, ty.BOOL, ty.STR, ty.COMPLEX, ty.NUMBER, ty.DEVICE, ty.NONE, ty.ANY)
    if isinstance(type, (ty.TensorType, ty.FutureType, ty.ClassType)):
        return False
    return isinstance(type, ty.VarType) or type in atoms or (
        bool(type.children()) and all(map(is_plain, type.children()))
    )  # fmt: skip


class Maker:
    """Makes up operands; a type variable stands for one type in one call."""

    def __init__(self, op: Op, rng: random.Random) -> None:
        self.rng = rng
        self.variables: dict[str, Type] = {}
        results = [result.type for result in op.schema.results]
        is_long = any(r == ty.STR or r.children() for r in results) or not results
        # NaN has no order; as a key Python finds it by its identity, and there is one NaN here.
        self.floats = [f for f in FLOATS if not ("sort" in op.kind and math.isnan(f))]
        self.ints = SMALL if is_long or rng.random() < 0.4 else LARGE

    def value(self, type: Type) -> Any:
        rng = self.rng
        match type:
            case ty.VarType(name):
                pool = [ty.INT, ty.STR, ty.FLOAT, ty.BOOL]
                return self.value(self.variables.setdefault(name, rng.choice(pool)))
            case ty.OptionalType(element):
                return None if rng.random() < 0.3 else self.value(element)
            case ty.ListType(element):
                return [self.value(element) for _ in range(rng.choice([0, 1, 2, 3, 5]))]
            case ty.TupleType(elements):
                return tuple(self.value(element) for element in elements)
            case ty.DictType(key, value):
                return {self.value(key): self.value(value) for _ in range(rng.choice([0, 1, 3]))}
        pools: dict[Type, Callable[[], Any]] = {
            ty.INT: lambda: rng.choice(self.ints),
            ty.FLOAT: lambda: rng.choice(self.floats),
            ty.BOOL: lambda: rng.random() < 0.5,
            ty.STR: lambda: rng.choice(TEXTS),
            ty.DEVICE: lambda: rng.choice(["cpu", "cuda:0"]),
            ty.COMPLEX: lambda: rng.choice(COMPLEX),
            ty.NUMBER: lambda: rng.choice([*self.ints, *self.floats]),
            ty.NONE: lambda: None,
            ty.ANY: lambda: rng.choice([1, "a", 2.5]),
        }
        return pools[type]()


def outcome(op: Op, operands: list[Any]) -> tuple[tuple[Any, ...], str]:
    """What the definition gives, or the code of its error; Python's own exceptions have none of ours."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # aten::warn's
            found = op.eval(*operands)
    except TsxError as error:
        is_run = error.code.startswith("TSX5") or error.code in ("TSX4012", "TSX4013")
        return (), error.code if is_run else "TSX5002"
    except Exception as error:
        return (), f"TSX5023 {type(error).__name__}"
    count = len(op.schema.results)
    return (found if isinstance(found, tuple) and count != 1 else (found,) if count else ()), ""


def same(a: Any, b: Any) -> bool:
    if type(a) is not type(b):
        return False
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return same(list(a.items()), list(b.items()))
    if isinstance(a, float):
        return (
            (math.isnan(a) and math.isnan(b))
            or a == b
            or math.isclose(a, b, rel_tol=4e-15, abs_tol=1e-15)
        )
    if isinstance(a, complex):
        parts = (a.real, b.real), (a.imag, b.imag)
        return cmath.isclose(a, b, rel_tol=1e-13) or all(same(x, y) for x, y in parts)
    return bool(a == b)


def stops_alike(expected: str, answer: wire.Answer) -> bool:
    """Whether both stop, with the same code of ours or the same exception of Python's."""
    code, _, exception = expected.partition(" ")
    if code != "TSX5023":
        return answer.code == code
    # What only Python's own exception says may be a refusal of the engine's.
    return answer.code in ("TSX5002", "TSX5020") or answer.message.startswith(f"{exception}: ")


def plain_ops(kernels: frozenset[str]) -> list[Op]:
    return [
        op for op in all_ops()
        if op.kind in kernels and op.kind not in NOT_COMPARED
        and all(is_plain(a.type) for a in (*op.schema.arguments, *op.schema.results))
    ]  # fmt: skip


def test_plain_operators_mean_what_their_definition_says(run: Run, kernels: frozenset[str]) -> None:
    ops = plain_ops(kernels)
    assert len(ops) > 550
    rng = random.Random("plain kernels")
    calls: list[wire.Sample] = []
    expected = []
    for op in ops:
        for _ in range(SAMPLES):
            maker = Maker(op, rng)
            operands = [maker.value(argument.type) for argument in op.schema.arguments]
            if op.schema.is_vararg:
                operands += [
                    rng.choice([1, 2.5, "a", [1, 2]]) for _ in range(rng.choice([0, 1, 2]))
                ]
            calls.append(wire.Sample(op.kind, copy.deepcopy(operands), len(op.schema.results)))
            results, code = outcome(op, operands)
            expected.append((results, code, operands))
    problems = []
    for call, (results, code, afterwards), answer in zip(calls, expected, run(calls), strict=True):
        if code or answer.code:
            fits = bool(code) and stops_alike(code, answer)
        else:
            fits = same(answer.results, results) and same(list(answer.operands), afterwards)
        if not fits:
            shown = f"{answer.code} {answer.message}" if answer.code else answer.results
            problems.append(
                f"{call.kind}{call.operands!r:.200}: {code or results!r}, got {shown!r:.200}"
            )
    assert not problems, f"{len(problems)} problems:\n" + "\n".join(problems[:40])
