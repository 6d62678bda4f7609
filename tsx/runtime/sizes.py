"""Do the inputs' sizes fit the program: ranks, fixed sizes, pins, and symbols that must agree across inputs.

Takes inputs by name with their types and arrays; raises an error that names the input, the expected type, what was
given, and for a pinned size the line that pins it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from tsx.errors import TsxError, fail
from tsx.ir import types as ty
from tsx.ir.dims import Expr, FloorDiv, Symbol, evaluate
from tsx.ir.module import Pin
from tsx.ir.types import TensorType, Type
from tsx.ops.dtypes import Array, type_of
from tsx.runtime.values import Value


@dataclass(frozen=True, slots=True)
class Entry:
    """An input: its graph name, its path in the caller's words, its type and its value."""

    name: str
    path: str
    type: Type
    value: Value


@dataclass(frozen=True, slots=True)
class _Size:
    """One symbolic size and what was given for it."""

    entry: str
    dim: int
    expr: Expr
    given: int

    def __str__(self) -> str:
        return f"{self.entry} has {self.given} in dimension {self.dim}"


def check_sizes(entries: Sequence[Entry], pins: Sequence[Pin]) -> None:
    """Raises TSX5014 (rank, fixed size), TSX5015 (pinned) or TSX5016 (symbols that disagree)."""
    symbolic: list[_Size] = []
    for entry in entries:
        for path, type, array in _tensors(entry.path, entry.type, entry.value):
            symbolic.extend(_check_tensor(entry.name, path, type, array, pins))
    _check_symbols(symbolic)


def _tensors(path: str, type: Type, value: Value) -> Iterator[tuple[str, TensorType, Array]]:
    """The tensors of an input, also in containers."""
    match type:
        case TensorType() if isinstance(value, np.ndarray):
            yield path, type, value
        case ty.OptionalType(element):
            yield from _tensors(path, element, value)
        case ty.ListType(element) if isinstance(value, list):
            for index, part in enumerate(value):
                yield from _tensors(f"{path}[{index}]", element, part)
        case ty.TupleType(elements) if isinstance(value, tuple):
            for index, (part, element) in enumerate(zip(value, elements, strict=True)):
                yield from _tensors(f"{path}[{index}]", element, part)
        case ty.DictType(_, element) if isinstance(value, dict):
            for key, part in value.items():
                yield from _tensors(f"{path}[{key!r}]", element, part)


def _check_tensor(
    name: str, path: str, type: TensorType, array: Array, pins: Sequence[Pin]
) -> Iterator[_Size]:
    """The symbolic sizes of a tensor, once its rank and fixed sizes are right."""
    if type.shape is None:
        return
    if len(type.shape) != array.ndim:
        detail = f"{len(type.shape)} dimensions, not {array.ndim}"
        raise fail("TSX5014", name=path, expected=type, found=type_of(array), detail=detail)
    for dim, (size, given) in enumerate(zip(type.shape, array.shape, strict=True)):
        if isinstance(size, Expr):
            yield _Size(path, dim, size, given)
        elif size is not None and size != given:
            raise _wrong_size(name, path, type, array, dim, pins)


def _wrong_size(
    name: str, path: str, type: TensorType, array: Array, dim: int, pins: Sequence[Pin]
) -> TsxError:
    for pin in pins:
        if pin.input in (name, path) and pin.dim == dim:
            return fail(
                "TSX5015", name=path, expected=type, found=type_of(array),
                dim=dim, size=pin.size, reason=pin.reason, where=pin.span or "",
            )  # fmt: skip
    assert type.shape is not None
    detail = f"dimension {dim} must be {type.shape[dim]}, not {array.shape[dim]}"
    return fail("TSX5014", name=path, expected=type, found=type_of(array), detail=detail)


def _check_symbols(sizes: Sequence[_Size]) -> None:
    """Plain symbols bind first, then those that one equation determines; every other size must follow from them."""
    bindings: dict[str, int] = {}
    bound_by: dict[str, _Size] = {}
    composite: list[_Size] = []
    for size in sizes:
        name = _symbol(size.expr)
        if name is None:
            composite.append(size)
        elif bindings.setdefault(name, size.given) != size.given:
            raise fail("TSX5016", size=name, first=str(bound_by[name]), second=str(size))
        else:
            bound_by.setdefault(name, size)
    while True:
        waiting = [size for size in composite if not _is_settled(size, bindings, bound_by)]
        if len(waiting) == len(composite):
            return
        composite = waiting


def _is_settled(size: _Size, bindings: dict[str, int], bound_by: dict[str, _Size]) -> bool:
    """Whether the symbols bound so far decide ``size`` (TSX5016 when it isn't so), or it decides its last one."""
    known = evaluate(size.expr, bindings)
    if known is None:
        solved = _solve(size, bindings)
        if solved is None:
            return False
        bindings[solved[0]] = solved[1]
        bound_by[solved[0]] = size
    elif known != size.given:
        first = " and ".join(str(bound_by[n]) for n in sorted(set(size.expr.symbols())))
        second = f"{size}, which must be {known}"
        raise fail("TSX5016", size=str(size.expr), first=first, second=second)
    return True


def _symbol(expr: Expr) -> str | None:
    """The name when a size is a plain symbol."""
    if len(expr.terms) != 1:
        return None
    monomial, coefficient = expr.terms[0]
    if coefficient != 1 or len(monomial) != 1 or not isinstance(monomial[0], Symbol):
        return None
    return monomial[0].name


def _solve(size: _Size, bindings: dict[str, int]) -> tuple[str, int] | None:
    """The one unbound symbol of a linear size and its value; TSX5016 when no whole number fits."""
    rest = size.expr.substitute(bindings)
    assert isinstance(rest, Expr)
    constant, linear = 0, None
    for monomial, coefficient in rest.terms:
        if not monomial:
            constant = coefficient
        elif linear is None and len(monomial) == 1 and not isinstance(monomial[0], FloorDiv):
            linear = monomial[0].name, coefficient
        else:
            return None
    if linear is None:
        return None
    name, coefficient = linear
    value, left = divmod(size.given - constant, coefficient)
    if left or value < 0:
        raise fail(
            "TSX5016",
            size=str(size.expr),
            first=f"no {name} makes it {size.given}",
            second=str(size),
        )
    return name, value
