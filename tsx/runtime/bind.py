"""What each instruction does: a *binder* takes an instruction's operands and gives the step that the VM runs.

A step is a closure over its operands, so nothing is decoded while running: ``step(stack, slots)`` gives None to go on,
or where to: an instruction's index, ``RETURN``, or a call (``enter``). Every opcode of the table has one binder.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from tsx.errors import TsxError, fail
from tsx.ir.graph import Attribute, WeightRef
from tsx.ir.guards import guard_subject, guard_value
from tsx.ir.op import lookup
from tsx.ir.types import AtomType, ClassType, EnumType, ListType, OptionalType, TupleType, Type
from tsx.ops.dtypes import Array, to_numpy
from tsx.ops.formula import number_dtype
from tsx.ops.quantized_forms import MAKERS, form_of
from tsx.runtime.opcodes import Opcode
from tsx.runtime.program import Guard, Program
from tsx.runtime.tile import TileRunner
from tsx.runtime.values import UNINITIALIZED, Instance, Stack, Value, is_a, same
from tsx.runtime.ways import way_out

Step = Callable[[Stack, Stack], int | None]
RETURN = -1


def enter(function: int) -> int:
    """The jump that means: call ``function`` in a new frame. Its inverse is itself."""
    return -2 - function


@dataclass(frozen=True, slots=True)
class Host:
    """What the steps of one loaded program reach outside their frame: weights and where ``print`` goes."""

    program: Program
    weight: Callable[[str], Array]
    write: Callable[[str], None]
    enums: dict[str, dict[str, Value]]  # members by class
    has_quantized: bool = field(init=False)  # whether operators may meet quantised tensors

    def __post_init__(self) -> None:
        found = any(row.kind in MAKERS for row in self.program.operators)
        object.__setattr__(self, "has_quantized", found)  # once, not for each instruction

    def constant(self, value: Attribute, type: Type) -> Value:
        """The value of a constant. Lists are made anew each time, since the program may write to them."""
        match type:
            case OptionalType(element) if value is not None:
                return self.constant(value, element)
            case EnumType(name):
                return self.enums[name][str(value)]
            case ListType(element) if isinstance(value, tuple):
                return [self.constant(v, element) for v in value]
            case TupleType(elements) if isinstance(value, tuple):
                return tuple(self.constant(v, e) for v, e in zip(value, elements, strict=True))
        return self.weight(value.name) if isinstance(value, WeightRef) else value


Binder = Callable[..., Step]  # (host, *operands)
BINDERS: dict[Opcode, Binder] = {}


def _binds(opcode: Opcode) -> Callable[[Binder], Binder]:
    def register(binder: Binder) -> Binder:
        BINDERS[opcode] = binder
        return binder

    return register


@_binds(Opcode.LOAD)
def _load(host: Host, slot: int) -> Step:
    def step(stack: Stack, slots: Stack) -> None:
        stack.append(slots[slot])

    return step


@_binds(Opcode.MOVE)
def _move(host: Host, slot: int) -> Step:
    def step(stack: Stack, slots: Stack) -> None:
        stack.append(slots[slot])
        slots[slot] = None

    return step


@_binds(Opcode.STORE)
def _store(host: Host, slot: int) -> Step:
    def step(stack: Stack, slots: Stack) -> None:
        slots[slot] = stack.pop()

    return step


@_binds(Opcode.FREE)
def _free(host: Host, slot: int) -> Step:
    def step(stack: Stack, slots: Stack) -> None:
        slots[slot] = None

    return step


@_binds(Opcode.LOADC)
def _loadc(host: Host, index: int) -> Step:
    constant = host.program.constants[index]
    value, type = constant.value, constant.type
    if isinstance(type, ListType) and isinstance(type.element, AtomType):
        assert isinstance(value, tuple)
        return lambda stack, slots: stack.append(list(value))
    if isinstance(value, (tuple, WeightRef)):
        return lambda stack, slots: stack.append(host.constant(value, type))
    plain = host.constant(value, type)
    return lambda stack, slots: stack.append(plain)


@_binds(Opcode.DROP)
def _drop(host: Host) -> Step:
    def step(stack: Stack, slots: Stack) -> None:
        del stack[-1]

    return step


@_binds(Opcode.UNINITIALIZED)
def _uninitialized(host: Host) -> Step:
    return lambda stack, slots: stack.append(UNINITIALIZED)


@_binds(Opcode.CALL)
def _call(host: Host, index: int) -> Step:
    row = host.program.operators[index]
    op = lookup(row.kind)
    assert op is not None, f"{row.kind} passed the check and is gone"
    function = form_of(row.kind) if host.has_quantized else None
    return call_step(function or op.eval, row.operands, row.results)


def call_step(function: Callable[..., Value], operands: int, results: int) -> Step:
    """The step that replaces operands by results. Operands leave the stack last, so an error can show them."""

    def one(stack: Stack, slots: Stack) -> None:
        stack[-1] = function(stack[-1])

    def two(stack: Stack, slots: Stack) -> None:
        result = function(stack[-2], stack[-1])
        del stack[-1]
        stack[-1] = result

    def many(stack: Stack, slots: Stack) -> None:
        base = len(stack) - operands
        result = function(*stack[base:])
        stack[base:] = (result,)

    def several(stack: Stack, slots: Stack) -> None:
        base = len(stack) - operands
        values = function(*stack[base:])
        if len(values) != results:
            raise fail("TSX9001", detail=f"{len(values)} results where {results} are declared")
        stack[base:] = values

    def none(stack: Stack, slots: Stack) -> None:
        base = len(stack) - operands
        function(*stack[base:])
        del stack[base:]

    if results != 1:
        return several if results else none
    return {1: one, 2: two}.get(operands, many)


@_binds(Opcode.TILE)
def _tile(host: Host, index: int) -> Step:
    tile = host.program.tiles[index]
    return call_step(TileRunner(tile), tile.operands, tile.results)


@_binds(Opcode.CALLF)
def _callf(host: Host, function: int) -> Step:
    jump = enter(function)
    return lambda stack, slots: jump


@_binds(Opcode.CALLM)
def _callm(host: Host, name: int, count: int, results: int) -> Step:
    method, methods = host.program.names[name], host.program.methods

    def step(stack: Stack, slots: Stack) -> int:
        receiver = stack[-1 - count]
        function = methods.get((receiver.class_name, method))
        if function is None:
            raise fail("TSX5003", name=f"{receiver.class_name}.{method}")
        return enter(function)

    return step


@_binds(Opcode.RET)
def _ret(host: Host) -> Step:
    return lambda stack, slots: RETURN


@_binds(Opcode.JMP)
def _jmp(host: Host, target: int) -> Step:
    return lambda stack, slots: target


@_binds(Opcode.JF)
def _jf(host: Host, target: int) -> Step:
    def step(stack: Stack, slots: Stack) -> int | None:
        return None if stack.pop() else target

    return step


@_binds(Opcode.LOOP)
def _loop(host: Host, target: int, count: int) -> Step:
    trip, limit, condition = -3 - count, -2 - count, -1 - count

    def step(stack: Stack, slots: Stack) -> int | None:
        turn = stack[trip]
        if turn < stack[limit] and stack[condition]:
            stack[condition] = turn
            stack[trip] = turn + 1
            return None
        base = len(stack) - count
        del stack[base - 3 : base]
        return target

    return step


@_binds(Opcode.GUARD)
def _guard(host: Host, index: int) -> Step:
    guard = host.program.guards[index]

    def step(stack: Stack, slots: Stack) -> None:
        if not same(stack[-1], guard.expect):
            raise _guard_failure(guard, stack[-1])
        del stack[-1]

    return step


def _guard_failure(guard: Guard, value: Value) -> TsxError:
    found = value.item() if hasattr(value, "item") and value.size == 1 else value
    subject = guard_subject(guard.kind, guard.source)
    given, expected = (guard_value(guard.kind, v) for v in (found, guard.expect))
    return fail("TSX5004", source=subject, found=given, expected=expected)


@_binds(Opcode.RAISE)
def _raise(host: Host) -> Step:
    def step(stack: Stack, slots: Stack) -> None:
        message, kind = stack[-2], stack[-1]
        name, separator, rest = str(message).partition(": ")
        if not kind and separator and name.isidentifier():  # older archives: "AssertionError: text"
            kind, message = name, rest
        name = str(kind).rpartition(".")[2] or "an exception"
        help = way_out(name) if name == "UnboundLocalError" else None  # which no line raises itself
        stopped = fail("TSX5005", kind=name, message=message, help=help)
        raise stopped.instead_of((name, str(message)))

    return step


@_binds(Opcode.PRINT)
def _print(host: Host, count: int) -> Step:
    def step(stack: Stack, slots: Stack) -> None:
        base = len(stack) - count
        host.write(" ".join(str(value) for value in stack[base:]) + "\n")
        del stack[base:]

    return step


@_binds(Opcode.WRITE)
def _write(host: Host) -> Step:
    return lambda stack, slots: host.write(stack.pop())


@_binds(Opcode.LIST)
def _list(host: Host, count: int) -> Step:
    def step(stack: Stack, slots: Stack) -> None:
        base = len(stack) - count
        stack[base:] = [stack[base:]]

    return step


@_binds(Opcode.TUPLE)
def _tuple(host: Host, count: int) -> Step:
    def step(stack: Stack, slots: Stack) -> None:
        base = len(stack) - count
        stack[base:] = [tuple(stack[base:])]

    return step


@_binds(Opcode.DICT)
def _dict(host: Host, count: int) -> Step:
    def step(stack: Stack, slots: Stack) -> None:
        base = len(stack) - count
        pairs = stack[base:]
        stack[base:] = [dict(zip(pairs[::2], pairs[1::2], strict=True))]

    return step


@_binds(Opcode.UNPACK)
def _unpack(host: Host, count: int) -> Step:
    def step(stack: Stack, slots: Stack) -> None:
        sequence = stack[-1]
        if len(sequence) != count:
            kind = "tuple" if isinstance(sequence, tuple) else "list"
            stopped = fail("TSX5007", expected=count, type=kind, found=len(sequence))
            raise stopped.instead_of(("ValueError", _unpack_words(count, len(sequence))))
        stack[-1:] = sequence

    return step


def _unpack_words(expected: int, found: int) -> str:
    """What Python says when it can't unpack a sequence."""
    if found > expected:
        return f"too many values to unpack (expected {expected})"
    return f"not enough values to unpack (expected {expected}, got {found})"


@_binds(Opcode.INDEX)
def _index(host: Host) -> Step:
    return call_step(operator.getitem, 2, 1)


@_binds(Opcode.SLICE)
def _slice(host: Host) -> Step:
    return call_step(lambda values, begin, end: values[begin:end], 3, 1)


@_binds(Opcode.GET_ATTR)
def _get_attr(host: Host, name: int) -> Step:
    attribute, weight = host.program.names[name], host.weight

    def step(stack: Stack, slots: Stack) -> None:
        value = stack[-1].attributes[attribute]
        stack[-1] = weight(value.name) if value.__class__ is WeightRef else value

    return step


@_binds(Opcode.SET_ATTR)
def _set_attr(host: Host, name: int) -> Step:
    attribute = host.program.names[name]

    def step(stack: Stack, slots: Stack) -> None:
        stack[-2].attributes[attribute] = stack[-1]
        del stack[-2:]

    return step


@_binds(Opcode.CREATE)
def _create(host: Host, index: int) -> Step:
    type = host.program.types[index]
    name = type.name if isinstance(type, ClassType) else str(type)
    return lambda stack, slots: stack.append(Instance(name, {}))


@_binds(Opcode.ISINSTANCE)
def _isinstance(host: Host, index: int) -> Step:
    type = host.program.types[index]
    return call_step(lambda value: is_a(value, type), 1, 1)


@_binds(Opcode.TENSOR)
def _tensor(host: Host) -> Step:
    return call_step(lambda number: np.asarray(number, to_numpy(number_dtype(number))), 1, 1)


@_binds(Opcode.ENUM_NAME)
def _enum_name(host: Host) -> Step:
    return call_step(operator.attrgetter("name"), 1, 1)


@_binds(Opcode.ENUM_VALUE)
def _enum_value(host: Host) -> Step:
    return call_step(operator.attrgetter("value"), 1, 1)
