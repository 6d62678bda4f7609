"""The border of a loaded program: values as callers have them in, structured results out.

Takes a module; binds arguments to a method's parameters, checks them against the graph's types, copies what the
program may write, runs the VM, copies results that share memory with inputs or weights, and gives the structure that
capture recorded. An ``Executable`` never changes once made, so threads share it.
"""

from __future__ import annotations

import difflib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tsx.errors import fail
from tsx.ir.module import Method, Module, Parameter
from tsx.ops.dtypes import Array
from tsx.runtime.convert import bfloat16_dtype, out_of_value, to_value
from tsx.runtime.lower import lower_module
from tsx.runtime.memory import arrays_in, copies_of, map_arrays, separate
from tsx.runtime.observe import Observer
from tsx.runtime.program import Program
from tsx.runtime.session import Session, make_root
from tsx.runtime.sizes import Entry, check_sizes
from tsx.runtime.state import written_attributes, written_inputs
from tsx.runtime.tree import flatten, unflatten
from tsx.runtime.values import EnumMember, Value
from tsx.runtime.vm import VM

ENGINES = ("numpy",)


@dataclass(frozen=True, slots=True)
class _Entry:
    """A method with what its border needs."""

    name: str
    method: Method
    parameters: tuple[Parameter, ...]
    written: frozenset[int]  # graph inputs that a run may write


class Executable:
    """A module made ready to run. ``bodies`` runs composite operators by their bodies; ``write`` takes what it prints.

    bfloat16 results are arrays of their bits (uint16), as everywhere in tsx; when an input was an ``ml_dtypes`` array,
    results are too.
    """

    def __init__(
        self,
        module: Module,
        engine: str = "numpy",
        *,
        bodies: bool = False,
        write: Callable[[str], None] = lambda text: print(text, end=""),
    ) -> None:
        if engine not in ENGINES:
            raise fail("TSX5021", engine=engine, engines=", ".join(ENGINES))
        self.module = module
        self.vm = VM(
            lower_module(module, bodies=bodies), module.weights, write=write, enums=_enums(module)
        )
        self._entries = {name: _entry(name, m, module) for name, m in module.methods.items()}
        self._written = written_attributes(module) if module.root else frozenset()
        self._root = make_root(module, self.vm.host.weight)
        self._default: Session | None = None
        self._lock = threading.Lock()

    @property
    def program(self) -> Program:
        return self.vm.program

    @property
    def is_stateful(self) -> bool:
        """Whether a method may write an attribute, so that calls need a session."""
        return bool(self._written)

    def session(self) -> Session:
        """A fresh copy of the state that methods may write, as it was loaded (a function has none)."""
        return Session(make_root(self.module, self.vm.host.weight, self._written))

    def run(
        self,
        method: str,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        inplace: bool = False,
        session: Session | None = None,
        observer: Observer | None = None,
    ) -> Any:
        """Runs ``method``; its result has the structure that capture recorded.

        ``inplace``: the program writes into the caller's own arrays. Without a ``session``, a module with state runs
        in one default session, a call at a time. Raises ``RunError`` when an input does not fit or the model stops.
        """
        entry = self._entry(method)
        inputs = self._inputs(entry, args, kwargs or {}, inplace)
        if session is None and self.is_stateful:
            session = self._default_session()
        if session is None:
            outputs = self._call(entry, self._root, inputs, observer)
        else:
            with session.lock:
                try:
                    outputs = self._call(entry, session.root, inputs, observer)
                finally:  # what was written before an error stays written, as in the original
                    session.keep_apart_from(inputs)
                outputs = separate(outputs, session.arrays())
        outputs = separate(outputs, arrays_in(inputs))
        bfloat16 = bfloat16_dtype([args, kwargs or {}])
        declared = entry.method.graph.outputs
        leaves = (
            out_of_value(value, bfloat16, result.type)
            for value, result in zip(outputs, declared, strict=True)
        )
        return unflatten(entry.method.result, leaves)

    def _call(
        self, entry: _Entry, root: Value, inputs: list[Value], observer: Observer | None
    ) -> list[Value]:
        values = [root, *inputs] if entry.method.has_self else inputs
        return self.vm.run(entry.name, values, observer)

    def _default_session(self) -> Session:
        with self._lock:
            if self._default is None:
                self._default = self.session()
            return self._default

    def _entry(self, method: str) -> _Entry:
        if method not in self._entries:
            close = difflib.get_close_matches(method, self._entries, n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            raise fail("TSX5008", name=method, hint=hint)
        return self._entries[method]

    def _inputs(
        self, entry: _Entry, args: Sequence[Any], kwargs: Mapping[str, Any], inplace: bool
    ) -> list[Value]:
        """The graph's inputs (without ``%self``): bound, flattened, converted, checked, and copied where written."""
        first = 1 if entry.method.has_self else 0
        graph_inputs = entry.method.graph.inputs[first:]
        given = list(bound_leaves(entry.name, entry.method, args, kwargs))
        if len(given) != len(graph_inputs):
            raise fail(
                "TSX9001",
                detail=f"{entry.name}: {len(given)} leaves for {len(graph_inputs)} inputs",
            )
        entries = [
            Entry(value.name, path, value.type, to_value(path, leaf, value.type))
            for value, (path, leaf) in zip(graph_inputs, given, strict=True)
        ]
        check_sizes(entries, entry.method.pins)
        written = [i for i in range(len(entries)) if i + first in entry.written]
        values = [map_arrays(e.value, _only_to_read) for e in entries]
        if inplace:
            for index in written:
                _check_in_place(entries[index], given[index][1])
                values[index] = entries[index].value
        else:
            named = [(entries[i].path, entries[i].value) for i in written]
            for index, copy in zip(written, copies_of(named), strict=True):
                values[index] = copy
        return values


def signature(method: Method) -> str:
    """The parameters as people read them: ``(x, mask, *, scale)``."""
    parts: list[str] = []
    for parameter in _parameters(method):
        if parameter.keyword_only and "*" not in parts:
            parts.append("*")
        default = f"={parameter.default[0]!r}" if parameter.default else ""
        parts.append(parameter.name + default)
    return f"({', '.join(parts)})"


def _entry(name: str, method: Method, module: Module) -> _Entry:
    return _Entry(name, method, _parameters(method), written_inputs(method.graph, module))


def _parameters(method: Method) -> tuple[Parameter, ...]:
    """The method's own, else (a graph built by hand) one for each input."""
    if method.parameters:
        return method.parameters
    return tuple(Parameter(name or f"input{i}") for i, name in enumerate(method.input_names()))


def bound_leaves(
    name: str, method: Method, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> Iterator[tuple[str, Any]]:
    """The leaves of all arguments of a call in the order of the graph's inputs, with their paths."""
    bound = _bound(name, method, args, kwargs)
    for parameter in _parameters(method):
        if parameter.name in bound:
            yield from flatten(parameter.spec, bound[parameter.name], parameter.name)
        elif parameter.default:
            yield parameter.name, parameter.default[0]
        elif parameter.spec.leaves():  # what is all constants may be left out
            shown = signature(method)
            raise fail("TSX5010", name=parameter.name, method=name, signature=shown)


def _bound(
    method_name: str, method: Method, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> dict[str, Any]:
    """Arguments by parameter name; TSX5011 for one too many, one given twice, or a name that is none."""
    facts = {"method": method_name, "signature": signature(method)}
    parameters = _parameters(method)
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


def _only_to_read(array: Array) -> Array:
    """The array in row-major order, the layout of capture's samples: views that worked there work here, and sums have
    the same bits. It can't be written, so that a wrong answer to "may it be written?" can't change a caller's array.
    """
    view = np.asarray(array, order="C").view()
    view.flags.writeable = False
    return view


def _check_in_place(entry: Entry, given: Any) -> None:
    """Refuses an array that had to be converted. Lists and numbers have no memory that could be written in place."""
    is_array = isinstance(entry.value, np.ndarray) and isinstance(given, np.ndarray)
    if is_array and not np.shares_memory(entry.value, given):
        raise fail("TSX5019", name=entry.path, reason="its byte order is not this machine's")


def _enums(module: Module) -> dict[str, dict[str, Value]]:
    """The members of each enum of the class table, by name."""
    return {
        name: {member: EnumMember(name, member, value) for member, value in definition.members}
        for name, definition in module.classes.items()
        if definition.kind == "enum"
    }
