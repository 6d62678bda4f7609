"""The border of a program on the NumPy VM: values as callers have them in, structured results out.

Takes a module; checks what a method is called with (``signature.py``), copies what the program may write, runs the VM,
copies results that share memory with inputs or weights, and gives the structure that capture recorded. An
``Executable`` never changes once made, so threads share it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tsx.errors import fail
from tsx.ir.module import Method, Module
from tsx.ops.dtypes import Array
from tsx.runtime.limits import Limits
from tsx.runtime.lower import lower_module
from tsx.runtime.memory import arrays_in, copies_of, map_arrays, separate
from tsx.runtime.meter import Meter
from tsx.runtime.observe import Observer
from tsx.runtime.program import Program
from tsx.runtime.session import Session, make_root
from tsx.runtime.signature import Signature, entry_of
from tsx.runtime.sizes import Entry
from tsx.runtime.state import written_attributes, written_inputs
from tsx.runtime.values import EnumMember, Value
from tsx.runtime.vm import VM


@dataclass(frozen=True, slots=True)
class _Entry:
    """A method with what its run needs."""

    signature: Signature
    method: Method
    written: frozenset[int]  # inputs that a run may write


class Executable:
    """A module made ready to run. ``bodies`` runs composite operators by their bodies; ``write`` takes what it prints.

    bfloat16 results are arrays of their bits (uint16), as everywhere in tsx; when an input was an ``ml_dtypes`` array,
    results are too.
    """

    def __init__(
        self,
        module: Module,
        *,
        bodies: bool = False,
        limits: Limits | None = None,
        write: Callable[[str], None] = lambda text: print(text, end=""),
    ) -> None:
        self.module = module
        self.limits = limits  # of each call
        self.vm = VM(
            lower_module(module, bodies=bodies), module.weights, write=write, enums=_enums(module)
        )
        self._entries = {name: _entry(name, m, module) for name, m in module.methods.items()}
        self._written = written_attributes(module) if module.root else frozenset()
        self._root = make_root(module, self.vm.host.weight)
        self._default: Session | None = None
        self._lock = threading.Lock()

    @property
    def methods(self) -> list[str]:
        return list(self.module.methods)

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

    def state(self, session: Session) -> Session:
        """The state to be saved."""
        return session

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
        entry = entry_of(self._entries, method)
        signature, kwargs = entry.signature, kwargs or {}
        inputs = self._inputs(entry, signature.checked(args, kwargs), inplace)
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
        return signature.structured(separate(outputs, arrays_in(inputs)), args, kwargs)

    def _call(
        self, entry: _Entry, root: Value, inputs: list[Value], observer: Observer | None
    ) -> list[Value]:
        values = [root, *inputs] if entry.method.has_self else inputs
        name = entry.signature.name
        if self.limits is None:
            return self.vm.run(name, values, observer)
        meter = Meter(self.limits, arrays_in(*values), self.vm.weight_owners)
        outputs = self.vm.run(name, values, observer, meter)
        meter.check_results(arrays_in(outputs))
        return outputs

    def _default_session(self) -> Session:
        with self._lock:
            if self._default is None:
                self._default = self.session()
            return self._default

    def _inputs(
        self, entry: _Entry, checked: Sequence[tuple[Entry, Any]], inplace: bool
    ) -> list[Value]:
        """Checked inputs as the VM gets them: copied where they are written, else only to be read."""
        values = [map_arrays(e.value, _only_to_read) for e, _ in checked]
        if inplace:
            for index in entry.written:
                check_in_place(*checked[index])
                values[index] = checked[index][0].value
        else:
            written = sorted(entry.written)
            named = [(checked[i][0].path, checked[i][0].value) for i in written]
            for index, copy in zip(written, copies_of(named), strict=True):
                values[index] = copy
        return values


def _entry(name: str, method: Method, module: Module) -> _Entry:
    written = written_without_self(method, module)
    return _Entry(Signature.of(name, method, module.classes), method, written)


def written_without_self(method: Method, module: Module) -> frozenset[int]:
    """The inputs of a method, counted without ``%self``, that a run may write."""
    first = 1 if method.has_self else 0
    return frozenset(i - first for i in written_inputs(method.graph, module) if i >= first)


def _only_to_read(array: Array) -> Array:
    """The array in row-major order, the layout of capture's samples: views that worked there work here, and sums have
    the same bits. It can't be written, so that a wrong answer to "may it be written?" can't change a caller's array.
    """
    view = np.asarray(array, order="C").view()
    view.flags.writeable = False
    return view


def check_in_place(entry: Entry, given: Any) -> None:
    """Refuses an array that had to be converted. Lists and numbers have no memory that could be written in place."""
    if not isinstance(entry.value, np.ndarray) or not isinstance(given, np.ndarray):
        return
    if entry.value.size and not np.shares_memory(entry.value, given):
        raise fail("TSX5019", name=entry.path, reason="its byte order is not this machine's")


def _enums(module: Module) -> dict[str, dict[str, Value]]:
    """The members of each enum of the class table, by name."""
    return {
        name: {member: EnumMember(name, member, value) for member, value in definition.members}
        for name, definition in module.classes.items()
        if definition.kind == "enum"
    }
