"""Explaining a plain int by the sizes of the inputs, from its values in several runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations_with_replacement

from tsx.ir import types as ty
from tsx.ir.dims import Dim, Expr, evaluate, sym
from tsx.ir.graph import Graph

_DIVISORS = (2, 3, 4, 7, 8, 14, 16, 32, 64)


def explain(
    values: Sequence[int],
    bindings: Sequence[Mapping[str, int]],
    sizes: Iterable[Expr],
    inputs: set[str],
) -> Dim | None:
    """The simplest expression of input sizes with these ``values`` in these runs; None when there is none.

    ``sizes`` are expressions that occur in the trace already: a number that torch computed from sizes is nearly always
    a size of some tensor. Two runs can't prove an expression; the caller runs a third.
    """
    for candidate in _candidates(values, bindings, sizes, inputs):
        if all(evaluate(candidate, b) == v for v, b in zip(values, bindings, strict=True)):
            return candidate
    return None


def sizes_in(graph: Graph, inputs: set[str]) -> list[Expr]:
    """The distinct size expressions in a graph's types, over input symbols only, simplest first."""
    found: dict[Expr, None] = {}
    for node in graph.nodes:
        for value in node.outputs:
            if isinstance(value.type, ty.TensorType):
                for size in value.type.shape or ():
                    if isinstance(size, Expr) and set(size.symbols()) <= inputs:
                        found[size] = None
    return sorted(found, key=lambda e: (len(str(e)), str(e)))


def _candidates(
    values: Sequence[int],
    bindings: Sequence[Mapping[str, int]],
    sizes: Iterable[Expr],
    inputs: set[str],
) -> Iterator[Dim]:
    symbols = [sym(name) for name in sorted(inputs)]
    atoms = list(dict.fromkeys([*symbols, *sizes]))
    yield from atoms
    products = [a * b for a, b in combinations_with_replacement(atoms[:24], 2)]
    yield from products
    for atom in [*atoms, *products]:
        first = evaluate(atom, bindings[0])
        if first is None:
            continue
        if first and values[0] % first == 0:
            yield atom * (values[0] // first)
        yield atom + (values[0] - first)
        yield from _linear(values, bindings, atom)
    for symbol in symbols:
        for divisor in _DIVISORS:
            for offset in range(divisor):
                quotient = (symbol + offset) // divisor
                yield quotient
                known = evaluate(quotient, bindings[0])
                if known and values[0] % known == 0:
                    yield quotient * (values[0] // known)
                if known is not None:
                    yield quotient + (values[0] - known)


def _linear(
    values: Sequence[int], bindings: Sequence[Mapping[str, int]], atom: Dim
) -> Iterator[Dim]:
    """``k * atom + c`` through the first two runs."""
    a, b = evaluate(atom, bindings[0]), evaluate(atom, bindings[1])
    if a is None or b is None or a == b or (values[1] - values[0]) % (b - a):
        return
    slope = (values[1] - values[0]) // (b - a)
    yield atom * slope + (values[0] - slope * a)
