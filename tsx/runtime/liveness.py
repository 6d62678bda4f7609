"""Where values die: last loads become moves, unused stores become drops, and slots dead on one path are freed there.

Takes the code of one function with labels, gives the same code so refined. A backward flow over structured code: one
turn for each level of loops and one more. Slots are bits of an int, so a turn costs little even for long functions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tsx.ir.location import Origin
from tsx.runtime.opcodes import Opcode


class Label:
    """A place in emitted code that jumps name; compares by identity."""

    __slots__ = ()


@dataclass(slots=True)
class Emitted:
    """An instruction before its jump target has an index."""

    opcode: Opcode
    operands: tuple[int, ...]
    origin: Origin
    target: Label | None = None


Item = Emitted | Label


def kill_dead(items: list[Item], holds_memory: list[bool]) -> list[Item]:
    """``items`` with ``MOVE``, ``DROP`` and ``FREE`` in place; ``holds_memory``: for which slots freeing matters."""
    live_at = _flow(items)
    refined: list[Item] = []  # built from the end
    pending: dict[Label, list[Emitted]] = {}  # what the place of a label must free
    live = 0
    for item in reversed(items):
        if isinstance(item, Label):
            live = live_at[item]
            refined.append(item)
            continue
        if item.target is not None and item.opcode is not Opcode.JMP:
            taken = live_at[item.target]
            refined.extend(_frees(taken & ~live, holds_memory, item.origin))
            pending.setdefault(item.target, []).extend(
                _frees(live & ~taken, holds_memory, item.origin)
            )
        elif item.opcode in (Opcode.LOAD, Opcode.STORE) and not live >> item.operands[0] & 1:
            item = _dying(item)
        refined.append(item)
        live = _before(item, live, live_at)
    refined.reverse()
    return [out for item in refined for out in _with_frees(item, pending)]


def _flow(items: list[Item]) -> dict[Label, int]:
    """The slots that are read later, at each label."""
    live_at = {item: 0 for item in items if isinstance(item, Label)}
    changed = True
    while changed:
        changed = False
        live = 0
        for item in reversed(items):
            if isinstance(item, Label):
                changed |= live_at[item] != live
                live_at[item] = live
            else:
                live = _before(item, live, live_at)
    return live_at


def _before(item: Emitted, live: int, live_at: dict[Label, int]) -> int:
    """What is live before ``item``, given what is live behind it."""
    match item.opcode:
        case Opcode.LOAD | Opcode.MOVE:
            return live | 1 << item.operands[0]
        case Opcode.STORE:
            return live & ~(1 << item.operands[0])
        case Opcode.RET:
            return 0
    if item.target is None:
        return live
    return live_at[item.target] | (0 if item.opcode is Opcode.JMP else live)


def _dying(item: Emitted) -> Emitted:
    if item.opcode is Opcode.LOAD:
        return Emitted(Opcode.MOVE, item.operands, item.origin)
    return Emitted(Opcode.DROP, (), item.origin)


def _frees(slots: int, holds_memory: list[bool], origin: Origin) -> Iterator[Emitted]:
    while slots:
        slot = slots.bit_length() - 1
        slots ^= 1 << slot
        if holds_memory[slot]:
            yield Emitted(Opcode.FREE, (slot,), origin)


def _with_frees(item: Item, pending: dict[Label, list[Emitted]]) -> Iterator[Item]:
    yield item
    if isinstance(item, Label):
        yield from reversed(pending.get(item, ()))
