"""The observers: ``Steps`` (``tsx run --step``), ``Profile`` (``--profile``) and ``Taps`` (values by layer).

Takes the moments of a run, gives plain rows; rendering is done elsewhere. One observer serves one run.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

import numpy as np

from tsx.ops.dtypes import Array
from tsx.runtime.disassemble import constant_text, instruction_text, slot_name
from tsx.runtime.memory import arrays_in, is_of, owners_of
from tsx.runtime.observe import Moment
from tsx.runtime.opcodes import Opcode
from tsx.runtime.values import EnumMember, Instance, Uninitialized, Value, type_of_value

StepRow = tuple[int, str, str, str]  # place, stack before, instruction, what it does
ProfileRow = tuple[str, int, float, int]  # operator, calls, seconds, bytes made


@dataclass(frozen=True, slots=True)
class Event:
    """One call of an operator or a group: its place in the source, seconds since the profile was made, types."""

    kind: str
    scope: str
    where: str
    start: float
    seconds: float
    operands: str
    results: str


class Steps:
    """A row an instruction: the stack before it, the instruction, and what it does. Keeps the first ``limit``.

    When the run fails, the last row is the instruction that failed.
    """

    def __init__(self, limit: int = 10_000) -> None:
        self.limit = limit
        self.rows: list[StepRow] = []
        self.left_out = 0
        self._operands: list[Value] = []

    def before(self, moment: Moment) -> None:
        if len(self.rows) >= self.limit:
            self.left_out += 1
            return
        self._operands = _operands(moment)
        stack = " ".join(map(value_text, moment.stack[moment.base :]))
        text = instruction_text(moment.program, moment.function, moment.instruction)
        self.rows.append((moment.place, stack, "  " * moment.calls + text, "stops here"))

    def after(self, moment: Moment) -> None:
        if not self.left_out:
            place, stack, text, _ = self.rows[-1]
            meaning = _meaning(moment, text.strip(), self._operands)
            self.rows[-1] = place, stack, text, meaning


def _meaning(moment: Moment, text: str, operands: list[Value]) -> str:
    """The instruction's effect with its values: ``y = …``, ``aten::relu(…) → …``."""
    opcode, numbers = moment.instruction.opcode, moment.instruction.operands
    given = ", ".join(map(value_text, operands))
    match opcode:
        case Opcode.STORE:
            return f"{slot_name(moment.function, numbers[0])} = {given}"
        case Opcode.RET:
            return f"returns {given}" if given else "returns"
        case Opcode.JMP:
            return f"jumps to {numbers[0]}"
        case Opcode.JF:
            return f"{given}: " + ("goes on" if operands[0] else f"jumps to {numbers[0]}")
        case Opcode.LOOP:
            trip, limit, condition = operands[:3]
            return f"turn {trip}" if trip < limit and condition else f"ends after {trip} turns"
        case Opcode.GUARD:
            guard = moment.program.guards[numbers[0]]
            return f"{given}, as when traced: {guard.source}"
        case Opcode.CALLF:
            return f"calls {text.partition(' ')[2]}({given})"
    results = " ".join(map(value_text, _results(moment)))
    match opcode:
        case Opcode.LOAD | Opcode.LOADC:
            return f"pushes {results}"
        case Opcode.MOVE:
            return f"pushes {results}, the last use of {slot_name(moment.function, numbers[0])}"
        case Opcode.CALL | Opcode.TILE:
            return f"{text.partition(' ')[2]}({given}) → {results or 'nothing'}"
    if opcode.picture.pushes and opcode is not Opcode.CALLM:
        return f"{opcode.name.lower()}({given}) → {results}"
    return opcode.doc[0].lower() + opcode.doc[1:].rstrip(".")


@dataclass(slots=True)
class _Total:
    calls: int = 0
    seconds: float = 0.0
    bytes: int = 0

    def add(self, calls: int, seconds: float, made: int) -> None:
        self.calls += calls
        self.seconds += seconds
        self.bytes += made


class Profile:
    """Time and bytes made: by operator (``rows``), by module scope (``scopes``) and by source line (``lines``).

    Instructions that call nothing are counted by their name. Bytes are those of results with memory of their own. A
    module that runs on the engine is profiled there: calls of operators and groups, without the bytes.

    With ``most_events``, ``events`` keeps the first calls of operators and groups: when, how long, and on what.
    """

    def __init__(self, most_events: int = 0) -> None:
        self.most_events = most_events
        self.events: list[Event] = []
        self.left_out = 0
        self._begin = time.perf_counter()
        self._given = ""
        self._kinds: dict[str, _Total] = {}
        self._scopes: dict[str, _Total] = {}
        self._lines: dict[str, _Total] = {}
        self._owners: set[int] = set()
        self._start = 0.0

    @property
    def rows(self) -> list[ProfileRow]:
        return _rows(self._kinds)

    @property
    def scopes(self) -> list[ProfileRow]:
        return _rows(self._scopes)

    @property
    def lines(self) -> list[ProfileRow]:
        return _rows(self._lines)

    @property
    def age(self) -> float:
        """Seconds since it was made."""
        return time.perf_counter() - self._begin

    def before(self, moment: Moment) -> None:
        operands = _operands(moment)
        self._owners = owners_of(arrays_in(operands))
        if self.most_events and moment.instruction.opcode in _CALLS:
            self._given = _types_text(operands)  # before the operator, which may write them
        self._start = time.perf_counter()

    def after(self, moment: Moment) -> None:
        seconds = time.perf_counter() - self._start
        made = 0
        span, scope = moment.origin.span, moment.origin.scope
        if moment.instruction.opcode in _CALLS:
            results = _results(moment)
            fresh = (a for a in arrays_in(results) if not is_of(a, self._owners))
            made = sum(array.nbytes for array in fresh)
            if self.most_events:
                start = self._start - self._begin
                where = str(span) if span else ""
                types = self._given, _types_text(results)
                self.add_event(Event(_kind(moment), scope, where, start, seconds, *types))
        line = f"{span.file}:{span.line}" if span else ""
        self.add(_kind(moment), scope, line, 1, seconds, made)

    def add_event(self, event: Event) -> None:
        """Keeps a call, or counts it as left out."""
        if len(self.events) < self.most_events:
            self.events.append(event)
        else:
            self.left_out += 1

    def add(
        self, kind: str, scope: str, line: str, calls: int, seconds: float, made: int = 0
    ) -> None:
        """Counts calls of one instruction."""
        for table, key in ((self._kinds, kind), (self._scopes, scope), (self._lines, line)):
            table.setdefault(key, _Total()).add(calls, seconds, made)


_CALLS = (Opcode.CALL, Opcode.TILE)


def _types_text(values: list[Value]) -> str:
    return ", ".join(str(type_of_value(value)) for value in values)


@dataclass(slots=True)
class Taps:
    """Copies of tensors as they are made: ``values`` has the last one of each module scope, ``ids`` that of each node.

    A scope's result is also that of the scopes around it, so ``layer1`` ends with what its last layer gave. Of several
    results the first counts. ``wanted`` limits which scopes are kept.
    """

    wanted: Collection[str] | None = None
    values: dict[str, Array] = field(default_factory=dict)
    ids: dict[int, Array] = field(default_factory=dict)

    def before(self, moment: Moment) -> None:
        """Nothing is known yet."""

    def after(self, moment: Moment) -> None:
        if moment.instruction.opcode not in _CALLS:
            return
        scopes = [
            s for s in _around(moment.origin.scope) if self.wanted is None or s in self.wanted
        ]
        array = next((v for v in _results(moment) if isinstance(v, np.ndarray)), None)
        if array is None or not (scopes or self.wanted is None):
            return
        kept = array.copy()
        self.values.update(dict.fromkeys(scopes, kept))
        self.ids.update(dict.fromkeys(moment.origin.ids, kept))


def value_text(value: Value) -> str:
    """A value in a few letters: tensors and lists by their type, scalars as they are."""
    if isinstance(value, np.ndarray):
        return str(type_of_value(value))
    if isinstance(value, (list, tuple)):
        inside = ", ".join(map(value_text, value[:4])) + (", …" if len(value) > 4 else "")
        return f"[{inside}]" if isinstance(value, list) else f"({inside})"
    if isinstance(value, dict):
        return f"dict of {len(value)}"
    if isinstance(value, Instance):
        return f"<{value.class_name.rpartition('.')[2]}>"
    if isinstance(value, EnumMember):
        return f"{value.class_name.rpartition('.')[2]}.{value.name}"
    return repr(value) if isinstance(value, Uninitialized) else constant_text(value)


def _operands(moment: Moment) -> list[Value]:
    """What the instruction is about to pop."""
    pops = moment.program.count(
        moment.function, moment.instruction, moment.instruction.opcode.picture.pops
    )
    return moment.stack[len(moment.stack) - pops :]


def _results(moment: Moment) -> list[Value]:
    """What the instruction has just pushed."""
    pushes = moment.program.count(
        moment.function, moment.instruction, moment.instruction.opcode.picture.pushes
    )
    return moment.stack[len(moment.stack) - pushes :]


def _kind(moment: Moment) -> str:
    instruction = moment.instruction
    if instruction.opcode is Opcode.CALL:
        return moment.program.operators[instruction.operands[0]].kind
    if instruction.opcode is Opcode.TILE:
        return moment.program.tiles[instruction.operands[0]].label
    return instruction.opcode.name


def _around(scope: str) -> Iterator[str]:
    """A scope and those around it: ``a.b.c``, ``a.b``, ``a``."""
    while scope:
        yield scope
        scope = scope.rpartition(".")[0]


def _rows(totals: dict[str, _Total]) -> list[ProfileRow]:
    """The slowest first."""
    rows = [(key, t.calls, t.seconds, t.bytes) for key, t in totals.items()]
    return sorted(rows, key=lambda row: (-row[2], row[0]))
