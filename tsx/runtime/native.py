"""The C++ engine as a runtime of Python: the same border as the NumPy VM's, another machine behind it.

Takes the source of an archive; checks what a method is called with (``signature.py``), hands flat values to the engine,
and makes the structure that capture recorded out of what comes back. The engine copies inputs when they are first
written, and never gives memory of inputs, weights or state away. This is the only file that imports ``_engine``.
"""

from __future__ import annotations

import functools
import threading
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from tsx.errors import TsxError, fail, restored
from tsx.ir.graph import WeightRef
from tsx.ir.location import Span
from tsx.ir.module import Module, Parameter, Pin, TreeSpec
from tsx.ir.op import Op, lookup
from tsx.ir.type_text import parse_type
from tsx.ir.types import ClassType, Type
from tsx.runtime import state
from tsx.runtime.border import check_in_place, written_without_self
from tsx.runtime.convert import Attributes
from tsx.runtime.failure import words
from tsx.runtime.limits import Limits
from tsx.runtime.memory import copies_of, map_arrays
from tsx.runtime.profile import Event, Profile
from tsx.runtime.session import Session as State
from tsx.runtime.session import written_weights
from tsx.runtime.signature import Signature, entry_of, parameters_of_inputs
from tsx.runtime.values import UNINITIALIZED, EnumMember, Instance, Value

try:
    from tsx.runtime import _engine
except ImportError as error:
    MISSING = str(error)
else:
    MISSING = ""
    _engine.register_types(restored, Instance, EnumMember, UNINITIALIZED, WeightRef)


class Source(Protocol):
    """Where the bytes of an archive come from (``serialize.source``)."""

    @property
    def name(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def is_mapped(self) -> bool: ...
    def read(self, offset: int, length: int) -> bytes: ...
    def view(self, offset: int, length: int) -> Any: ...


def is_built() -> bool:
    """Whether the extension is here; ``MISSING`` says why it isn't."""
    return not MISSING


def require() -> None:
    """Raises TSX5032 when the extension isn't here."""
    if MISSING:
        raise fail("TSX5032", reason=MISSING)


def version() -> str:
    """The engine's own."""
    return _engine.version()


def threads() -> int:
    """How many threads an operator may use."""
    return _engine.threads()


def set_threads(count: int) -> None:
    """Sets it, for the whole process; 1 is right where the program has threads of its own."""
    _engine.set_threads(count)


def levels() -> list[str]:
    """The instruction sets that the engine was built for and this processor has, best first."""
    return _engine.levels()


class Executable:
    """A program of the engine. ``module`` gives the graphs, for the few questions that need them (what may be written).

    Raises what the archive's reader raises, and TSX5031 when an operator has no kernel.
    """

    def __init__(
        self,
        source: Source,
        module: Callable[[], Module],
        *,
        check: str = "auto",
        limits: Limits | None = None,
        write: Callable[[str], None] = lambda text: print(text, end=""),
    ) -> None:
        require()
        self._program = _engine.Program(source, check, _host_operator)
        self._module = module
        self._limits = (limits or Limits()).numbers()
        self._write = write
        self._signatures: dict[str, Signature | None] = dict.fromkeys(self._program.methods())
        self._default: _engine.Session | None = None
        self._is_stateful: bool | None = None
        self._lock = threading.Lock()

    @property
    def methods(self) -> list[str]:
        return list(self._signatures)

    @property
    def forward(self) -> str:
        """The name of the method that a call means."""
        return self._program.forward

    @property
    def code(self) -> str:
        """The engine's instructions, as text."""
        return self._program.code

    @property
    def is_stateful(self) -> bool:
        """Whether a method may write an attribute, so that calls need a session."""
        if self._is_stateful is None:
            may = self._program.has_state and self._program.writes
            self._is_stateful = may and bool(state.written_attributes(self._module()))
        return self._is_stateful

    def session(self) -> _engine.Session:
        """State of its own for one stream of calls: what it writes is copied then."""
        return self._program.session()

    def state(self, session: _engine.Session) -> State:
        """A copy of a session's state, to be saved."""
        module = self._module()
        owned = (
            written_weights(module.root, state.written_attributes(module)) if module.root else ()
        )
        return State(session.root(owned))

    def run(
        self,
        method: str,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        inplace: bool = False,
        session: _engine.Session | None = None,
        profile: Profile | None = None,
    ) -> Any:
        """Runs ``method``, as ``border.Executable.run`` does; the GIL is free meanwhile."""
        signature, kwargs = self._signature(method), kwargs or {}
        checked = signature.checked(args, kwargs)
        inputs = [entry.value for entry, _ in checked]
        if inplace:
            written = self._written(method)
            for index, (entry, given) in enumerate(checked):
                if index in written:
                    check_in_place(entry, given)
                else:
                    inputs[index] = map_arrays(entry.value, _row_major)
        elif self._program.writes and self._program.overlap(inputs):
            # Raises where one that is written overlaps another.
            copies_of([(checked[i][0].path, inputs[i]) for i in sorted(self._written(method))])
        if session is None and self.is_stateful:
            session = self._default_session()
        began = profile.age if profile is not None else 0.0
        watched = _engine.Profile(profile.most_events) if profile is not None else None
        outputs = self._program.call(
            method, inputs, self._write, _warn, _draw, session, inplace, watched, self._limits
        )
        if profile is not None and watched is not None:
            _note(profile, self._program, watched, began)
        return signature.structured(outputs, args, kwargs)

    def _written(self, method: str) -> frozenset[int]:
        module = self._module()
        return written_without_self(module.methods[method], module)

    def _default_session(self) -> _engine.Session:
        with self._lock:
            if self._default is None:
                self._default = self.session()
            return self._default

    def _classes(self) -> Attributes:
        """The types of attributes, which only results that are objects need: the graphs are read for them."""
        return {name: known.attributes for name, known in self._module().classes.items()}

    def _signature(self, method: str) -> Signature:
        known = entry_of(self._signatures, method)
        if known is None:
            known = _signature(method, self._program.method(method), self._classes)
            self._signatures[method] = known  # two threads may both make it; they are alike
        return known


def _note(
    profile: Profile, program: _engine.Program, watched: _engine.Profile, began: float
) -> None:
    """Adds what the engine counted in a run that began when the profile was that old."""
    for instruction, scope, line, calls, seconds in program.rows(watched):
        profile.add(instruction.partition(" ")[2], scope, line, calls, seconds)
    for instruction, scope, where, start, seconds, *types in program.events(watched):
        kind = instruction.partition(" ")[2]
        profile.add_event(Event(kind, scope, where, began + start, seconds, *types))
    profile.left_out += watched.left_out


def _host_operator(kind: str) -> tuple[str, int, Callable[[list[Any]], list[Any]]] | None:
    """An operator that this program registered, for an archive that needs it: schema, version, meaning."""
    op = lookup(kind)
    if op is None or not op.is_of_host:
        return None
    return str(op.schema), op.version, functools.partial(_run_kernel, op)


def _run_kernel(op: Op, operands: list[Any]) -> list[Any]:
    """The results of a kernel of Python's; what it raises is worded as the VM does."""
    try:
        made: Any = op.eval(*operands)
    except TsxError:
        raise
    except MemoryError:
        raise fail("TSX5020", op=op.kind) from None
    except Exception as error:  # a kernel of the user's may raise anything
        raise fail("TSX5002", op=op.kind, reason=words(error)) from error
    return list(made) if len(op.schema.results) != 1 else [made]


def _warn(message: str) -> None:
    warnings.warn(message, UserWarning, stacklevel=2)


def _draw(blocks: int) -> tuple[int, int]:
    """A part of the current generator's stream; imported when a program draws, with all operators."""
    from tsx.ops.philox import current_generator

    return current_generator().take(blocks)


def _row_major(array: Value) -> Value:
    return np.asarray(array, order="C")


def _signature(name: str, facts: Mapping[str, Any], classes: Callable[[], Attributes]) -> Signature:
    outputs = tuple(map(parse_type, facts["outputs"]))
    inputs = tuple((input, parse_type(text)) for input, text in facts["inputs"])
    parameters = tuple(
        Parameter(parameter, _tree(spec), keyword_only, default)
        for parameter, spec, keyword_only, default in facts["parameters"]
    )
    return Signature(
        name,
        parameters or parameters_of_inputs([input for input, _ in inputs]),
        inputs,
        outputs,
        _tree(facts["result"]),
        tuple(
            Pin(input, dim, size, reason, Span(*span) if span else None)
            for input, dim, size, reason, span in facts["pins"]
        ),
        classes() if any(map(_holds_objects, outputs)) else {},
    )


def _holds_objects(type: Type) -> bool:
    return isinstance(type, ClassType) or any(map(_holds_objects, type.children()))


def _tree(facts: tuple[Any, ...]) -> TreeSpec:
    kind, children, keys, label, value = facts
    return TreeSpec(kind, tuple(map(_tree, children)), keys, label, value)
