"""Where values die: last loads become moves, unused stores become drops, and slots dead on one path are freed there.

Takes the code of one function with labels, gives the same code so refined. A backward flow over structured code: one
turn for each level of loops and one more; only what is live at labels is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
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
    live: set[int] = set()
    for item in reversed(items):
        if isinstance(item, Label):
            refined.append(item)
            continue
        if item.target is not None and item.opcode is not Opcode.JMP:
            taken = live_at[item.target]
            refined.extend(_frees(taken - live, holds_memory, item.origin))
            pending.setdefault(item.target, []).extend(
                _frees(live - taken, holds_memory, item.origin)
            )
        elif item.opcode in (Opcode.LOAD, Opcode.STORE) and item.operands[0] not in live:
            item = _dying(item)
        refined.append(item)
        live = _before(item, live, live_at)
    refined.reverse()
    return [out for item in refined for out in _with_frees(item, pending)]


def _flow(items: list[Item]) -> dict[Label, frozenset[int]]:
    """The slots that are read later, at each label."""
    live_at = {item: frozenset[int]() for item in items if isinstance(item, Label)}
    changed = True
    while changed:
        changed = False
        live: set[int] = set()
        for item in reversed(items):
            if not isinstance(item, Label):
                live = _before(item, live, live_at)
            elif live_at[item] != live:
                live_at[item] = frozenset(live)
                changed = True
    return live_at


def _before(item: Emitted, live: set[int], live_at: dict[Label, frozenset[int]]) -> set[int]:
    """What is live before ``item``, given what is live behind it (a set that may be reused)."""
    match item.opcode:
        case Opcode.LOAD | Opcode.MOVE:
            live.add(item.operands[0])
        case Opcode.STORE:
            live.discard(item.operands[0])
        case Opcode.RET:
            return set()
    if item.target is not None:
        taken = live_at[item.target]
        return set(taken) if item.opcode is Opcode.JMP else live | taken
    return live


def _dying(item: Emitted) -> Emitted:
    if item.opcode is Opcode.LOAD:
        return Emitted(Opcode.MOVE, item.operands, item.origin)
    return Emitted(Opcode.DROP, (), item.origin)


def _frees(slots: Set[int], holds_memory: list[bool], origin: Origin) -> Iterator[Emitted]:
    for slot in sorted(slots, reverse=True):
        if holds_memory[slot]:
            yield Emitted(Opcode.FREE, (slot,), origin)


def _with_frees(item: Item, pending: dict[Label, list[Emitted]]) -> Iterator[Item]:
    yield item
    if isinstance(item, Label):
        yield from reversed(pending.get(item, ()))
