"""One run of a model on a sample, at given sizes, as a graph.

``Sample`` is the call: arrays, and the structures they stand in. ``Capture.run`` makes a graph of it; the second trace
(``dynamic``) calls it again at other sizes.
"""

from __future__ import annotations

import builtins
import inspect
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from tsx.capture.trace.calls import active
from tsx.capture.trace.door import Door
from tsx.capture.trace.scalars import TracedScalar
from tsx.capture.trace.spans import mark_entry
from tsx.capture.trace.tracer import HoleKey, Tracer
from tsx.capture.trace.tree import flatten, leaf_names, rebuild
from tsx.errors import fail
from tsx.ir import types as ty
from tsx.ir.dims import Dim, sym
from tsx.ir.module import Parameter, TreeSpec
from tsx.ir.types import Shape, TensorType
from tsx.ops.dtypes import Array

Axis = tuple[int, int]
"""A dimension of an input: which leaf, which dimension."""


@dataclass(slots=True)
class Sample:
    """A call of a model, flattened."""

    args: tuple[object, ...]
    kwargs: dict[str, object]
    arrays: list[object]
    names: list[str]
    parameters: tuple[Parameter, ...]
    types: list[TensorType]

    @staticmethod
    def of(
        door: Door, model: object, args: Sequence[object], kwargs: Mapping[str, object]
    ) -> Sample:
        arrays: list[object] = []
        names: list[str] = []
        parameters: list[Parameter] = []
        for name, value, keyword_only in _arguments(model, args, kwargs):
            leaves, spec = flatten(value, door.is_array, name)
            arrays += leaves
            names += leaf_names(spec, name)
            parameters.append(Parameter(name, spec, keyword_only))
        types = [door.type_of(a) for a in arrays]
        for place, type in zip(names, types, strict=True):
            need_plain(f"the input {place}", type)
        return Sample(tuple(args), dict(kwargs), arrays, names, tuple(parameters), types)

    def shape(self, leaf: int) -> tuple[int, ...]:
        return tuple(int(s) for s in self.types[leaf].shape or ())  # type: ignore[arg-type]  # a sample's sizes are ints

    def axes(self) -> list[Axis]:
        """Every dimension of every input."""
        return [
            (leaf, dim) for leaf in range(len(self.arrays)) for dim in range(len(self.shape(leaf)))
        ]

    def size(self, axis: Axis) -> int:
        return self.shape(axis[0])[axis[1]]

    def call(self, door: Door, arrays: Sequence[object]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Arguments with other arrays in them."""
        leaves = iter(arrays)
        args = tuple(rebuild(a, leaves, door.is_array) for a in self.args)
        return args, {k: rebuild(v, leaves, door.is_array) for k, v in self.kwargs.items()}


def _arguments(
    model: object, args: Sequence[object], kwargs: Mapping[str, object]
) -> Iterator[tuple[str, object, bool]]:
    """Name, value and whether it is keyword-only, of every argument given, in the order of the call."""
    function = getattr(model, "forward", model)
    try:
        parameters = list(inspect.signature(function).parameters.values())  # type: ignore[arg-type]  # what is no callable raises
    except (TypeError, ValueError):
        parameters = []
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    rest = next((p.name for p in parameters if p.kind is p.VAR_POSITIONAL), "input")
    for index, value in enumerate(args):
        if index < len(positional):
            yield positional[index].name, value, False
        else:
            extra = index - len(positional)
            yield f"{rest}_{extra}", value, False
    by_position = {p.name for p in positional}
    for name, value in kwargs.items():
        yield name, value, name not in by_position


@dataclass(slots=True)
class Run:
    """A finished run: the tracer with its graph, and the structure of the result."""

    tracer: Tracer
    result: TreeSpec
    symbols: dict[Axis, str]
    sizes: dict[Axis, int]
    seconds: float


class Capture:
    """A model and its sample; each ``run`` is one forward."""

    def __init__(self, door: Door, model: object, sample: Sample, name: str) -> None:
        self.door = door
        self.model = model
        self.sample = sample
        self.name = name
        self.forwards = 0

    def run(
        self,
        symbols: Mapping[Axis, str],
        sizes: Mapping[Axis, int] | None = None,
        explained: Mapping[HoleKey, Dim] | None = None,
    ) -> Run:
        """Runs the model with ``sizes`` changed; the axes in ``symbols`` are symbolic, the others plain."""
        sizes = dict(sizes or {})
        state = self.door.state(self.model)
        tracer = Tracer(self.door, self.name, state, explained)
        arrays = []
        for leaf, array in enumerate(self.sample.arrays):
            shape = list(self.sample.shape(leaf))
            changed = [sizes.get((leaf, dim), size) for dim, size in enumerate(shape)]
            live = self.door.resize(array, changed) if changed != shape else self.door.copy(array)
            live = self.door.live(tracer, live)
            arrays.append(live)
            dims: Shape = tuple(
                sym(symbols[leaf, dim]) if (leaf, dim) in symbols else size
                for dim, size in enumerate(changed)
            )
            tracer.add_input(self.sample.names[leaf], live, dims)
        args, kwargs = self.sample.call(self.door, arrays)
        self.forwards += 1
        started = time.perf_counter()
        result = _enter(self.door, tracer, self.model, args, kwargs)
        seconds = time.perf_counter() - started
        spec = self._finish(tracer, result)
        return Run(tracer, spec, dict(symbols), sizes, seconds)

    def repeats(self) -> bool:
        """Whether the model gives the same in two calls in a row."""
        with self.door.kept(self.model):
            first, second = self._plain_run(), self._plain_run()
        return len(first) == len(second) and all(
            np.array_equal(a, b, equal_nan=a.dtype.kind in "fc")
            for a, b in zip(first, second, strict=True)
        )

    def _plain_run(self) -> list[Array]:
        """The arrays that the model gives for copies of the sample."""
        self.forwards += 1
        arrays = [self.door.copy(array) for array in self.sample.arrays]
        args, kwargs = self.sample.call(self.door, arrays)
        model: Any = self.model
        result = model(*args, **kwargs)
        leaves, _ = flatten(result, self.door.is_array, "the result", open_objects=True)
        return [self.door.to_array(leaf).copy() for leaf in leaves]

    def _finish(self, tracer: Tracer, result: object) -> TreeSpec:
        leaves, spec = flatten(
            result,
            lambda o: self.door.is_array(o) or isinstance(o, TracedScalar),
            "the result",
            open_objects=True,
        )
        values = [
            tracer.number_operand(leaf, leaf.hint)
            if isinstance(leaf, TracedScalar)
            else tracer.array_value(leaf)
            for leaf in leaves
        ]
        for value in values:
            need_plain("a result", value.type)
        tracer.finish(values)
        return spec


def need_plain(place: str, type: ty.Type) -> None:
    """TSX2016 for a quantised tensor at the border of a program."""
    if ty.is_quantized(type):
        raise fail("TSX2016", place=place)


def _enter(
    door: Door, tracer: Tracer, model: object, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> object:
    """The frame above which no frame is the user's."""
    active.append(tracer)
    try:
        with _printing(tracer):
            return door.run(tracer, model, args, kwargs)
    finally:
        active.pop()


@contextmanager
def _printing(tracer: Tracer) -> Iterator[None]:
    """``print`` tells the tracer, so that showing a size doesn't pin it."""
    original = builtins.print

    def traced_print(*values: object, **options: Any) -> None:
        tracer.is_printing = True
        try:
            original(*values, **options)
        finally:
            tracer.is_printing = False

    builtins.print = traced_print
    try:
        yield
    finally:
        builtins.print = original


mark_entry(_enter.__code__)
