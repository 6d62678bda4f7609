"""The stack VM: runs a program over NumPy arrays. It is the definition of what a program means (design 2).

Takes a checked program and its weights, gives results. One value stack for all frames; frames are on a list of our
own, so calls nest without Python's recursion. A VM holds no state of a run, so threads share one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from tsx.errors import TsxError, fail
from tsx.ir.module import WeightData
from tsx.ir.op import lookup
from tsx.ops.dtypes import Array
from tsx.ops.weights import Weight
from tsx.runtime import scalars  # noqa: F401  (enters the typed scalar instructions)
from tsx.runtime.bind import BINDERS, RETURN, Host, Step, enter
from tsx.runtime.check import check
from tsx.runtime.failure import explained
from tsx.runtime.memory import owner
from tsx.runtime.meter import Meter
from tsx.runtime.observe import Moment, Observer
from tsx.runtime.opcodes import Opcode
from tsx.runtime.program import Program
from tsx.runtime.values import Stack, Value

MAX_CALLS = 1024
# Instructions that make something of what is on the stack.
_MAKERS = (
    Opcode.LOADC,
    Opcode.LIST,
    Opcode.TUPLE,
    Opcode.DICT,
    Opcode.SLICE,
    Opcode.CREATE,
    Opcode.TENSOR,
)


class _Frame(NamedTuple):
    function: int
    steps: list[Step]
    slots: Stack
    resume: int
    base: int


class VM:
    """``weights`` are read on their first use only; ``write`` gets what ``prim::Print`` prints."""

    def __init__(
        self,
        program: Program,
        weights: Mapping[str, WeightData] | None = None,
        *,
        write: Callable[[str], None] = lambda text: print(text, end=""),
        enums: dict[str, dict[str, Value]] | None = None,
    ) -> None:
        check(program)
        self.program = program
        self.weight_owners: set[int] = set()  # identities of what owns the weights that were read
        reader = _weight_reader(weights or {}, self.weight_owners)
        self.host = Host(program, reader, write, enums or {})
        self._steps: list[list[Step] | None] = [None] * len(program.functions)

    def run(
        self,
        entry: str,
        inputs: Sequence[Value],
        observer: Observer | None = None,
        meter: Meter | None = None,
    ) -> list[Value]:
        """The outputs of ``entry``. Tensors are used as they are: copying is the border's business.

        A run with a ``meter`` stops where that says so.
        Raises ``RunError`` with the source line, the operator and its operand types.
        """
        index = self.program.entries[entry]
        expected = self.program.functions[index].inputs
        if len(inputs) != expected:
            raise fail("TSX9001", detail=f"{entry} takes {expected} values, not {len(inputs)}")
        run = _Run(self, index, inputs)
        with np.errstate(all="ignore"):
            if meter is not None:
                run.go_limited(meter, observer)
            elif observer is None:
                run.go()
            else:
                run.go_observed(observer)
        return run.stack

    def steps(self, function: int) -> list[Step]:
        """The function's instructions bound to their operands; bound once, on the first call."""
        bound = self._steps[function]
        if bound is None:
            bound = [
                BINDERS[i.opcode](self.host, *i.operands)
                for i in self.program.functions[function].code
            ]
            self._steps[function] = bound  # two threads may both bind; the results are alike
        return bound


class _Run:
    """The state of one call of ``VM.run``."""

    __slots__ = (
        "base", "frames", "function", "inputs", "most_calls", "place", "slots", "stack", "steps", "vm",
    )  # fmt: skip

    def __init__(self, vm: VM, function: int, inputs: Sequence[Value]) -> None:
        self.vm = vm
        self.inputs = inputs
        self.most_calls = MAX_CALLS
        self.stack: Stack = []
        self.frames: list[_Frame] = []
        self.function = -1
        self.place = 0
        self.base = 0
        self.steps: list[Step] = []
        self.slots: Stack = []
        self._begin(function, list(inputs))

    def go(self) -> None:
        """The loop. ``place`` is brought up to date only where somebody will look."""
        stack, steps, slots, place = self.stack, self.steps, self.slots, 0
        try:
            while True:
                jump = steps[place](stack, slots)
                if jump is None:
                    place += 1
                elif jump >= 0:
                    place = jump
                else:
                    self.place = place
                    if not self._switch(jump):
                        return
                    steps, slots, place = self.steps, self.slots, self.place
        except Exception as error:  # told again with line and operator
            self.place = place
            raise self.explained(error) from error

    def go_observed(self, observer: Observer) -> None:
        """The same loop, with ``observer`` told of every instruction; its own errors come through as they are."""
        going = True
        while going:
            moment = self.moment()
            observer.before(moment)
            try:
                going = self._go_on(self.steps[self.place](self.stack, self.slots))
            except Exception as error:  # told again with line and operator
                raise self.explained(error) from error
            observer.after(moment)

    def go_limited(self, meter: Meter, observer: Observer | None) -> None:
        """The same loop once more, with ``meter`` asked at every instruction, and an observer told of it if any."""
        self.most_calls = min(MAX_CALLS, meter.calls)
        going = True
        while going:
            moment = None if observer is None else self.moment()
            if observer is not None and moment is not None:
                observer.before(moment)
            try:
                going = self._go_on(self._metered(meter))
            except Exception as error:  # told again with line and operator
                raise self.explained(error) from error
            if observer is not None and moment is not None:
                observer.after(moment)

    def _metered(self, meter: Meter) -> int | None:
        """Does one instruction; an operator is charged before it runs and after."""
        meter.instruction()
        step, stack, program = self.steps[self.place], self.stack, self.vm.program
        instruction = program.functions[self.function].code[self.place]
        opcode = instruction.opcode
        if opcode not in (Opcode.CALL, Opcode.TILE):
            jump = step(stack, self.slots)
            if opcode in _MAKERS:
                meter.made(stack[-1], self._reachable)
            return jump
        index = instruction.operands[0]
        row = program.operators[index] if opcode is Opcode.CALL else program.tiles[index]
        operands = stack[len(stack) - row.operands :]
        op = lookup(program.operators[index].kind) if opcode is Opcode.CALL else None
        sizes = meter.before(op, operands, self._reachable)
        step(stack, self.slots)
        results = stack[len(stack) - row.results :] if row.results else []
        try:
            meter.after(sizes, operands, results, self._reachable)
        except TsxError:
            stack[len(stack) - row.results :] = operands  # which the error shows
            raise
        return None

    def _reachable(self) -> Value:
        """Everything that the run may still use."""
        return [self.stack, self.slots, [frame.slots for frame in self.frames], list(self.inputs)]

    def _go_on(self, jump: int | None) -> bool:
        """Takes the next instruction after one that gave ``jump``; False at the end of the run."""
        if jump is None:
            self.place += 1
        elif jump >= 0:
            self.place = jump
        else:
            return self._switch(jump)
        return True

    def moment(self) -> Moment:
        function = self.vm.program.functions[self.function]
        return Moment(
            self.vm.program, function, self.place, len(self.frames), self.stack, self.base, self.slots
        )  # fmt: skip

    def explained(self, error: Exception) -> TsxError:
        """``error`` with the line and operator where it happened, and the calls that led there."""
        callers = [(self.vm.program.functions[f.function], f.resume - 1) for f in self.frames]
        return explained(error, self.moment(), callers)

    def _switch(self, jump: int) -> bool:
        """Leaves the frame or enters another; False when the outermost frame is left."""
        if jump != RETURN:
            self._call(enter(jump))
            return True
        if not self.frames:
            return False
        frame = self.frames.pop()
        self.function, self.steps, self.slots, self.place, self.base = frame
        return True

    def _call(self, callee: int) -> None:
        if len(self.frames) >= self.most_calls:
            name = self.vm.program.functions[callee].name
            raise fail("TSX5006", limit=self.most_calls, name=name)
        count = self.vm.program.functions[callee].inputs
        base = len(self.stack) - count
        inputs = self.stack[base:]
        del self.stack[base:]
        self.frames.append(_Frame(self.function, self.steps, self.slots, self.place + 1, self.base))
        self._begin(callee, inputs)

    def _begin(self, function: int, inputs: Stack) -> None:
        spare = self.vm.program.functions[function].slots - len(inputs)
        self.function, self.place, self.base = function, 0, len(self.stack)
        self.steps = self.vm.steps(function)
        self.slots = inputs + [None] * spare


def _weight_reader(weights: Mapping[str, WeightData], owners: set[int]) -> Callable[[str], Array]:
    """Arrays by weight name, kept once read. Reading may map a file and check a digest."""
    arrays: dict[str, Array] = {}

    def read(name: str) -> Array:
        array = arrays.get(name)
        if array is None:
            weight = weights[name]
            assert isinstance(weight, Weight), (
                "ir knows weights by their digests, the runtime by their arrays"
            )
            array = arrays[name] = weight.array
            owners.add(id(owner(array)))
        return array

    return read
