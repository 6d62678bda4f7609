"""What a run has taken of its limits: work, memory, call depth and time.

Takes a run's operators with their operands, before and after each; raises TSX5040 (fuel), TSX5041 (bytes) or TSX5042
(seconds), the same as the engine. What an operator will make is told from its type rule before it runs, so that one
huge array is refused, not made. What is alive is counted by walking everything that the run can still reach, but only
when what was made since the last walk might have gone over the limit.
"""

from __future__ import annotations

import math
import re
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet

import numpy as np

from tsx.errors import fail
from tsx.ir import types as ty
from tsx.ir.infer import unknown
from tsx.ir.op import Abstract, Op, Trait
from tsx.ops.dtypes import Array, type_of
from tsx.runtime.limits import Limits
from tsx.runtime.memory import owner, owners_of
from tsx.runtime.values import Instance, Value, type_of_value

ELEMENTS_PER_FUEL = 64
_LONGEST = 1024  # a longer list is told by the type of its first element only
_ITEM = 16  # bytes that an element of a list or dict takes at least


class Meter:
    """What one run has taken so far.

    What inputs and state (``kept``) and weights (the identities of their ``weight_owners``, which grow) hold of memory
    doesn't count.
    """

    def __init__(
        self, limits: Limits, kept: Iterable[Array], weight_owners: AbstractSet[int] = frozenset()
    ) -> None:
        self.limits = limits
        self.calls = limits.calls or sys.maxsize
        self._fuel = math.inf if limits.fuel is None else float(limits.fuel)
        self._most = math.inf if limits.bytes is None else limits.bytes
        self._end = math.inf if limits.seconds is None else time.monotonic() + limits.seconds
        self._kept = owners_of(kept)
        self._weight_owners = weight_owners
        self._live = 0  # at the last walk
        self._made = 0  # since then
        self._turns = 0

    def instruction(self) -> None:
        """One more instruction."""
        self._spend(1)
        self._turns += 1
        if self._turns & 255 == 0:
            self._check_time()

    def before(
        self, op: Op | None, operands: Sequence[Value], reachable: Callable[[], Value]
    ) -> int:
        """Charges an operator (None: a tile program) that is about to run; gives the size of its containers."""
        work, expected = _work(op, operands), _grown(op, operands)
        if op is not None and all(isinstance(r.type, ty.TensorType) for r in op.schema.results):
            abstracts = [_abstract(v) for v in operands]
            result = _result(op, abstracts)
            expected += _new_bytes(op, result)
            work += _multiplications(op, abstracts, result)
        self._spend(work / ELEMENTS_PER_FUEL)
        self._check_time()
        self.make(expected, reachable, is_made=False)
        return _container_bytes(operands)

    def after(
        self, before: int, operands: Sequence[Value], results: Sequence[Value], reachable: Callable[[], Value]
    ) -> None:  # fmt: skip
        """Charges what an operator gave, and what it added to its operands."""
        grown = max(0, _container_bytes(operands) - before)
        fresh = [r for r in results if not any(r is operand for operand in operands)]
        self._spend(sum(map(_elements, fresh)) / ELEMENTS_PER_FUEL)
        self.make(grown + sum(map(_own_bytes, fresh)), reachable)

    def made(self, value: Value, reachable: Callable[[], Value]) -> None:
        """An instruction made a value."""
        self.make(_own_bytes(value), reachable)

    def make(self, count: float, reachable: Callable[[], Value], *, is_made: bool = True) -> None:
        """So many bytes are made, or are about to be."""
        if self._live + self._made + count > self._most:
            self._live, self._made = self._count(reachable()), 0
            if self._live + (0 if is_made else count) > self._most:
                raise fail("TSX5041", limit=self.limits.bytes)
        elif is_made:
            self._made += int(count)

    def check_results(self, results: Iterable[Array]) -> None:
        """Results are copied for the caller: an array that shows one element often becomes large then."""
        if sum(a.nbytes for a in results) > self._most:
            raise fail("TSX5041", limit=self.limits.bytes)

    def _spend(self, fuel: float) -> None:
        self._fuel -= fuel
        if self._fuel < 0:
            raise fail("TSX5040", limit=self.limits.fuel)

    def _check_time(self) -> None:
        if time.monotonic() > self._end:
            raise fail("TSX5042", limit=f"{self.limits.seconds:g}")

    def _count(self, *roots: Value) -> int:
        """The bytes of everything that can be reached, each thing once."""
        seen: set[int] = set()
        total, work = 0, list(roots)
        while work:
            value = work.pop()
            if id(value) in seen or id(value) in self._kept or id(value) in self._weight_owners:
                continue
            seen.add(id(value))
            total += _own_bytes(value)
            if isinstance(value, np.ndarray):
                work += _memory_of(value)
            elif isinstance(value, (list, tuple)):
                work.extend(value)
            elif isinstance(value, dict):
                work.extend([*value.keys(), *value.values()])
            elif isinstance(value, Instance):
                work.extend(value.attributes.values())
        return total


def _memory_of(view: Array) -> list[Array]:
    """What a view looks into; of a mapped file it is no array."""
    found = owner(view)
    return [found] if isinstance(found, np.ndarray) and found is not view else []


def _own_bytes(value: Value) -> int:
    """What a value takes without what is in it; of a view only the view itself."""
    if isinstance(value, Instance):
        return _ITEM * (len(value.attributes) + 4)
    return sys.getsizeof(value)


def _container_bytes(values: Sequence[Value]) -> int:
    return sum(sys.getsizeof(v) for v in values if isinstance(v, (list, dict)))


_CONSTANT = {"append", "len", "__getitem__", "_set_item"}  # for a list of any length


def _work(op: Op | None, operands: Sequence[Value]) -> float:
    """The elements that an operator works on."""
    if op is not None and op.schema.name.rpartition("::")[2] in _CONSTANT:
        return float(sum(v.size for v in operands if isinstance(v, np.ndarray)))
    return float(sum(map(_elements, operands)))


def _elements(value: Value) -> int:
    """Elements of a tensor, characters of a string, both in a list too."""
    if isinstance(value, np.ndarray):
        return value.size
    if isinstance(value, str):
        return len(value)
    if not isinstance(value, (list, tuple)):
        return 1
    return len(value) + sum(v.size for v in value[:_LONGEST] if isinstance(v, np.ndarray))


def _abstract(value: Value) -> Abstract:
    if isinstance(value, np.ndarray):
        return type_of(value)
    if isinstance(value, (list, tuple)):
        if len(value) > _LONGEST:
            return unknown(type_of_value(value))
        return type(value)(map(_abstract, value))
    if value is None or isinstance(value, (bool, int, float, complex, str)):
        return value
    return unknown(type_of_value(value))


def _result(op: Op, abstracts: Sequence[Abstract]) -> Abstract:
    """What the rule says that the operator gives; () when it refuses or can't tell."""
    try:
        return op.infer(*abstracts)
    except Exception:  # counting stops nothing: the operator itself says what is wrong
        return ()


def _new_bytes(op: Op, result: Abstract) -> float:
    if op.has(Trait.VIEW) or op.has(Trait.INPLACE):
        return 0
    parts = result if isinstance(result, (tuple, list)) else (result,)
    return sum(_type_bytes(t) for t in parts if isinstance(t, ty.TensorType))


def _type_bytes(type: ty.TensorType) -> float:
    sizes = [s for s in type.shape or () if isinstance(s, int)]
    if type.shape is None or len(sizes) < len(type.shape):
        return 0
    return float(math.prod(sizes)) * (type.dtype or ty.DType.FLOAT32).itemsize


def _multiplications(op: Op, abstracts: Sequence[Abstract], result: Abstract) -> float:
    if op.flops is None or result == ():
        return 0
    try:
        return op.flops(*abstracts, result) / 2
    except Exception:  # counting stops nothing: a size may be unknown
        return 0


def _grown(op: Op | None, operands: Sequence[Value]) -> float:
    """The bytes that an operator makes of a string or list and a number."""
    if op is None:
        return 0
    name = op.schema.name.rpartition("::")[2]
    length = sum(
        len(v) * _ITEM if isinstance(v, list) else len(v)
        for v in operands
        if isinstance(v, (list, str))
    )
    number = max((v for v in operands if type(v) is int), default=0)
    if name in ("mul", "imul"):
        return length * max(0, number)
    if name in ("ljust", "rjust", "center", "zfill"):
        return max(0, number)
    if name == "expandtabs":
        return length * max(8, number)
    if name == "tolist":
        return _ITEM * _elements(operands[0])
    if name == "rangelist":
        start, stop, step = operands if len(operands) == 3 else (0, operands[0], 1)
        return float(_ITEM * max(0.0, (stop - start) / step)) if step else 0.0
    if name == "join":
        return float(len(operands[1]) * len(operands[0]) + sum(map(_elements, operands[1])))
    if name == "replace" and isinstance(operands[0], str):
        text, old, new = operands[:3]
        return len(text) + (len(text) / max(1, len(old)) + 1) * len(new)
    return _widths(operands) if name in ("format", "percent") else 0


def _widths(operands: Sequence[Value]) -> float:
    """The numbers that a format may take for widths."""
    texts = [v for v in operands if isinstance(v, str)]
    total = sum(max((float(n) for n in re.findall(r"\d+", text)), default=0) for text in texts)
    if any("*" in text or ":{" in text for text in texts):
        total += sum(abs(v) for v in operands if type(v) is int)
    return total
