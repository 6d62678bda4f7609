"""Signatures: what a method is called with, and what it gives back. The same for both runtimes.

Takes a call's arguments; binds them to the method's parameters, flattens, converts and checks them against the graph's
types. Gives flat inputs, and makes the structure that capture recorded out of flat outputs.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from tsx.errors import fail
from tsx.ir.module import ClassDef, Method, Parameter, Pin, TreeSpec
from tsx.ir.types import Type
from tsx.runtime.convert import Attributes, bfloat16_dtype, out_of_value, to_value
from tsx.runtime.sizes import Entry, check_sizes
from tsx.runtime.tree import flatten, unflatten
from tsx.runtime.values import Value

E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class Signature:
    """What the border knows of a method, whichever runtime it is of: its parameters, and the graph's inputs (without
    ``%self``) and outputs, which are the leaves of the parameters and of the result.
    """

    name: str
    parameters: tuple[Parameter, ...]
    inputs: tuple[tuple[str, Type], ...]
    outputs: tuple[Type, ...]
    result: TreeSpec
    pins: tuple[Pin, ...]
    classes: Attributes = field(default_factory=dict)

    @staticmethod
    def of(name: str, method: Method, classes: Mapping[str, ClassDef]) -> Signature:
        graph = method.graph
        inputs = graph.inputs[1 if method.has_self else 0 :]
        return Signature(
            name,
            parameters_of(method),
            tuple((value.name, value.type) for value in inputs),
            tuple(value.type for value in graph.outputs),
            method.result,
            method.pins,
            {known: definition.attributes for known, definition in classes.items()},
        )

    def checked(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[tuple[Entry, Any]]:
        """The inputs: bound, flattened, converted and checked, each beside what was given for it."""
        given = list(bound_leaves(self.name, self.parameters, args, kwargs))
        if len(given) != len(self.inputs):
            raise fail(
                "TSX9001", detail=f"{self.name}: {len(given)} leaves for {len(self.inputs)} inputs"
            )
        entries = [
            Entry(name, path, type, to_value(path, leaf, type))
            for (name, type), (path, leaf) in zip(self.inputs, given, strict=True)
        ]
        check_sizes(entries, self.pins)
        return [(entry, leaf) for entry, (_, leaf) in zip(entries, given, strict=True)]

    def structured(
        self, outputs: Sequence[Value], args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> Any:
        """The result that flat outputs make up; with ``ml_dtypes`` arrays where the inputs had them."""
        bfloat16 = bfloat16_dtype([args, kwargs])
        leaves = (
            out_of_value(value, bfloat16, type, self.classes)
            for value, type in zip(outputs, self.outputs, strict=True)
        )
        return unflatten(self.result, leaves)


def entry_of(entries: Mapping[str, E], method: str) -> E:
    """The method of that name; TSX5008 when there is none."""
    if method not in entries:
        close = difflib.get_close_matches(method, entries, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise fail("TSX5008", name=method, hint=hint)
    return entries[method]


def signature(method: Method) -> str:
    """The parameters as people read them: ``(x, mask, *, scale)``."""
    return _signature_text(parameters_of(method))


def _signature_text(parameters: Sequence[Parameter]) -> str:
    parts: list[str] = []
    for parameter in parameters:
        if parameter.keyword_only and "*" not in parts:
            parts.append("*")
        default = f"={parameter.default[0]!r}" if parameter.default else ""
        parts.append(parameter.name + default)
    return f"({', '.join(parts)})"


def parameters_of(method: Method) -> tuple[Parameter, ...]:
    """The method's own, else (a graph built by hand) one for each input."""
    return method.parameters or parameters_of_inputs(method.input_names())


def parameters_of_inputs(names: Sequence[str]) -> tuple[Parameter, ...]:
    """A parameter for each input of a graph; one without a name gets its number."""
    return tuple(Parameter(name or f"input{i}") for i, name in enumerate(names))


def bound_leaves(
    name: str, parameters: Sequence[Parameter], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> Iterator[tuple[str, Any]]:
    """The leaves of all arguments of a call in the order of the graph's inputs, with their paths."""
    bound = _bound(name, parameters, args, kwargs)
    for parameter in parameters:
        if parameter.name in bound:
            yield from flatten(parameter.spec, bound[parameter.name], parameter.name)
        elif parameter.default:
            yield parameter.name, parameter.default[0]
        elif parameter.spec.leaves():  # what is all constants may be left out
            shown = _signature_text(parameters)
            raise fail("TSX5010", name=parameter.name, method=name, signature=shown)


def _bound(
    method_name: str,
    parameters: Sequence[Parameter],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
) -> dict[str, Any]:
    """Arguments by parameter name; TSX5011 for one too many, one given twice, or a name that is none."""
    facts = {"method": method_name, "signature": _signature_text(parameters)}
    positional = [p.name for p in parameters if not p.keyword_only]
    if len(args) > len(positional):
        number = len(positional) + 1
        raise fail("TSX5011", given=f"positional argument number {number}", hint="", **facts)
    bound = dict(zip(positional, args, strict=False))
    names = [p.name for p in parameters]
    for name, value in kwargs.items():
        if name in bound:
            raise fail("TSX5011", given=f"{name}, given a second time,", hint="", **facts)
        if name not in names:
            close = difflib.get_close_matches(name, names, n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            raise fail("TSX5011", given=name, hint=hint, **facts)
        bound[name] = value
    return bound
