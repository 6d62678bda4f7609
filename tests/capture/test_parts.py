"""The parts of a trace by themselves: matching calls, structures, expressions of sizes, stand-ins for int and float."""

from __future__ import annotations

import dataclasses
from collections import OrderedDict, namedtuple
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tsx.ops  # noqa: F401  (fills the registry)
from tsx.capture.numpy.door import NumpyDoor
from tsx.capture.trace import fit, trace
from tsx.capture.trace.match import Code, match
from tsx.capture.trace.scalars import TracedInt
from tsx.capture.trace.standins import _Int, _safe_names
from tsx.capture.trace.tracer import Tracer
from tsx.capture.trace.tree import flatten, leaf_names, rebuild
from tsx.errors import TraceError
from tsx.ir.dims import sym
from tsx.ir.op import lookup
from tsx.ir.schema import Schema

Point = namedtuple("Point", "x y")
ARRAY = np.ones((2, 3))


def is_array(obj: object) -> bool:
    return isinstance(obj, np.ndarray)


def schema(kind: str) -> Schema:
    op = lookup(kind)
    assert op is not None
    return op.schema


@pytest.mark.parametrize(
    ("kind", "args", "kwargs", "operands"),
    [
        ("aten::add.Scalar", (ARRAY, 2), {}, [ARRAY, 2, 1]),
        ("aten::add.Scalar", (ARRAY,), {"other": 2, "alpha": 3}, [ARRAY, 2, 3]),
        ("aten::add.Tensor", (ARRAY, 2), {}, None),
        ("aten::add.Scalar", (ARRAY, 2, 3, 4), {}, None),
        ("aten::add.Scalar", (ARRAY, 2), {"beta": 1}, None),
        ("aten::view", (ARRAY, 3, 2), {}, [ARRAY, [3, 2]]),
        ("aten::view", (ARRAY, (3, 2)), {}, [ARRAY, [3, 2]]),
        ("aten::softmax.int", (), {"input": ARRAY, "axis": 1}, [ARRAY, 1, None]),
        ("aten::softmax.int", (ARRAY, True), {}, None),
        ("aten::softmax.int", (ARRAY, 1), {"dtype": Code(6, "ScalarType")}, [ARRAY, 1, 6]),
        ("aten::softmax.int", (ARRAY, 1), {"dtype": 6}, None),
        ("aten::max_pool2d", (ARRAY, 2, None), {}, [ARRAY, [2, 2], [], [0, 0], [1, 1], False]),
        ("aten::leaky_relu", (ARRAY, 1), {}, [ARRAY, 1]),
    ],
)
def test_match(kind: str, args: Any, kwargs: Any, operands: list[Any] | None) -> None:
    found = match(schema(kind), args, kwargs, is_array)
    if operands is None:
        assert found is None
    else:
        assert found is not None
        assert [x is y or x == y for x, y in zip(found, operands, strict=True)] == [True] * len(
            found
        )


@dataclasses.dataclass
class Record:
    a: Any
    b: Any = None


class Output(OrderedDict):
    """A dict that acts as a record, like the outputs of transformers models."""


def test_structures_there_and_back() -> None:
    obj = {"p": Point(ARRAY, [ARRAY, None]), "r": Record(ARRAY, 3), "o": Output(z=(ARRAY,))}
    leaves, spec = flatten(obj, is_array, "x")
    assert len(leaves) == 4
    assert [child.kind for child in spec.children] == ["namedtuple", "record", "record"]
    assert leaf_names(spec, "x") == ["x_p_x", "x_p_y_0", "x_r_a", "x_o_z_0"]
    again = rebuild(obj, iter([1, 2, 3, 4]), is_array)
    assert again["p"] == Point(1, [2, None])
    assert again["r"] == Record(3, 3)
    assert again["o"] == Output(z=(4,))


def test_a_class_that_no_record_describes() -> None:
    class Cache:
        def __init__(self) -> None:
            self.keys, self.name = ARRAY, "c"

    with pytest.raises(TraceError, match=r"TSX2004.*x\[0\]"):
        flatten([Cache()], is_array, "x")
    leaves, spec = flatten([Cache()], is_array, "x", open_objects=True)
    assert len(leaves) == 1
    assert spec.children[0].keys == ("keys",)
    assert spec.children[0].label.endswith("Cache")


@pytest.mark.parametrize(
    ("values", "expected"),
    [([4, 5, 4], "s0"), ([2, 2, 2], None), ([2, 3, 3], "s1"), ([8, 15, 12], "s0*s1"), ([3, 4, 3], "s0 - 1"),
     ([12, 15, 12], "3*s0"), ([6, 8, 7], "s1 + s0"), ([7, 9, 1], None)],
)  # fmt: skip
def test_expressions(values: list[int], expected: str | None) -> None:
    bindings = [{"s0": 4, "s1": 2}, {"s0": 5, "s1": 3}, {"s0": 4, "s1": 3}]
    found = fit.explain(values, bindings, [sym("s0") + sym("s1")], {"s0", "s1"})
    assert (None if found is None or isinstance(found, int) else str(found)) == expected


def traced(hint: int = 6) -> TracedInt:
    tracer = Tracer(NumpyDoor(), "f")
    array = np.ones((hint,))
    tracer.add_input("x", array, (sym("s0"),))
    size = tracer.size(array, 0)
    assert isinstance(size, TracedInt)
    return size


def test_sizes_decide_what_they_can() -> None:
    n = traced()
    assert (n - n) == 0
    assert type(n - n) is int
    assert (n >= 0) is True
    assert (n + 1 > n) is True
    assert (n + 1 > 0) is True
    assert (n + 1 <= 0) is False
    assert (2 * n == 1) is False
    assert (2 * n + 4 * n * n != 3) is True
    assert (3 * n + 1 == 0) is False
    assert (2 * n + 1) % 2 == 1
    assert isinstance(n * 2 // 2, TracedInt)
    assert not [node for node in n.tracer.graph.nodes if node.kind == "tsx::guard"]
    assert bool(n == 6)
    assert n in (5, 6)
    kinds = [node.kind for node in n.tracer.graph.nodes]
    assert kinds.count("tsx::guard") == 2  # n == 6, n == 5
    with pytest.raises(TypeError):
        n.__reduce__()


@pytest.mark.parametrize(
    "use", [int, float, hash, range, lambda n: [0] * n, lambda n: "%d" % n, lambda n: list(range(9))[n], np.zeros],  # noqa: UP031
)  # fmt: skip
def test_no_number_leaves_without_a_guard(use: Any) -> None:
    n = traced()
    use(n)
    assert [node.kind for node in n.tracer.graph.nodes].count("tsx::guard") == 1


def test_stand_ins_act_as_the_types() -> None:
    n = traced()
    assert isinstance(n, _Int)
    assert isinstance(3, _Int)
    assert not isinstance(3.0, _Int)
    assert _Int("12", 8) == 10
    assert _Int(n) is n
    assert _Int == int  # noqa: E721  (code that compares types)
    assert int in (_Int,)
    assert _Int.from_bytes(b"\x01", "big") == 1
    assert isinstance(_Int(n / 4), TracedInt)
    assert _Int(2.9) == 2


@pytest.mark.parametrize(
    ("source", "safe"),
    [
        ("def f(x: int) -> int: return int(x)", {"int", "float"}),
        ("def f(x): return isinstance(x, (int, float)) and type(x) == int", {"int", "float"}),
        ("def f(x): return np.zeros(3, dtype=int)", {"float"}),
        ("def f(x): return type(x) is float", {"int"}),
        ("def f(x): return list(map(int, x))", {"float"}),
        ("y: dict[str, float] = {}", {"int", "float"}),
        ("def (", set()),
    ],
)
def test_where_stand_ins_are_safe(source: str, safe: set[str], tmp_path: Path) -> None:
    file = tmp_path / "source.py"
    file.write_text(source)
    assert _safe_names(str(file)) == safe


def test_what_can_not_be_traced() -> None:
    with pytest.raises(TraceError, match="TSX2001"):
        trace(3, (ARRAY,))
    with pytest.raises(TraceError, match="TSX2004"):
        trace(lambda x: x, (object(),))
    with pytest.raises(TraceError, match="TSX2004"):
        trace(lambda x: object(), (ARRAY,))
