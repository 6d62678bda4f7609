"""``prim::Loop``, and what goes round it.

Takes a function that emits one round. The round is emitted until the names that it changes and their types are stable:
a name that starts as None and becomes a Tensor, or as 0 and becomes 0.5, is carried as what holds both. Only the last
try stays in the graph; problems and types found in the others are forgotten.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tsx.capture.script import worlds
from tsx.capture.script.environment import RETURN, RETURNED, Binding, Environment, Key
from tsx.capture.script.joins import Conflict, join_with, same
from tsx.capture.script.open_types import all_values, has_open, substitute_all
from tsx.capture.script.problems import Failed, Poison
from tsx.capture.script.values import Constant, Ssa, Sugar, TupleSugar
from tsx.ir import types as ty
from tsx.ir.graph import Block, Node, Value

if TYPE_CHECKING:
    from tsx.capture.script.context import Context, Mark
    from tsx.capture.script.source import Place

Step = Callable[[Value], Value]
"""Emits one round, given its number; gives the bool that says whether to go on."""

_TRIES = 16


@dataclass(frozen=True, slots=True)
class _Carried:
    """A name that goes round: its type, and whether a flag that says if it is bound goes with it."""

    type: ty.Type
    code: str = ""
    flagged: bool = False


class Carry:
    """One loop. ``names`` are those that the body binds, ``needed`` those that are read outside of it, ``flags`` the
    exit flags that are asked for behind it."""

    def __init__(
        self, ctx: Context, at: Place, names: set[str], needed: set[str], flags: set[str]
    ) -> None:
        self.ctx = ctx
        self.at = at
        self.names = names
        self.needed = needed
        self.flags = {RETURNED, *flags}
        self.carried: dict[Key, _Carried] = {}
        self.conflicts: dict[Key, Conflict] = {}

    def run(self, trips: Value, first: Value, step: Step) -> Node:
        """Emits the loop; ``ctx.env`` then holds behind it."""
        ctx = self.ctx
        before = ctx.env
        self._seed(before)
        looked = False
        for attempt in range(_TRIES):
            mark = ctx.mark()
            node = ctx.node("prim::Loop", [trips, first], (), self.at)
            block = node.add_block()
            number = block.add_input(ty.INT)
            ctx.env = self._entered(block, before)
            ctx.missed.clear()
            go: list[Value] = []
            failed: Failed | None = None
            try:
                ctx.inside(block, lambda: go.append(step(number)))  # noqa: B023  (runs at once)
            except Failed as problem:
                failed = problem
            may_look = not looked and attempt < _TRIES - 2
            if may_look and ctx.problems.mark() > mark[0] and self._may_learn(mark):
                node.destroy()
                ctx.rewind(mark)
                looked = not self._look_ahead(before, trips, first, step)
                continue
            if failed is not None:
                raise failed
            if self._is_stable(before, ctx.env) or attempt == _TRIES - 1:
                self._finish(node, block, go[0], before, ctx.env)
                return node
            node.destroy()
            ctx.rewind(mark)
        raise AssertionError("the last try returns")

    def _may_learn(self, mark: Mark) -> bool:
        """Whether types were open at ``mark``, so that a look ahead may tell what they are."""
        ctx = self.ctx
        if ctx.is_waiting:
            return False
        values = all_values(ctx.builder.graph.block)
        return len(ctx.solutions) > mark[2] or any(has_open(value.type) for value in values)

    def _look_ahead(self, before: Environment, trips: Value, first: Value, step: Step) -> bool:
        """Learns what the loop puts in containers that were empty before it, where the body reads them first.

        Emits a round that guesses nothing, and throws it away; whether a type ahead of the loop was found.
        """
        ctx = self.ctx
        mark = ctx.mark()
        node = ctx.node("prim::Loop", [trips, first], (), self.at)
        block = node.add_block()
        number = block.add_input(ty.INT)
        ctx.env = self._entered(block, before)
        ctx.is_waiting = True
        with contextlib.suppress(Failed):  # what it found up to there counts
            ctx.inside(block, lambda: step(number))
        ctx.is_waiting = False
        found = dict(ctx.solutions[mark[2] :])
        node.destroy()
        ctx.rewind(mark)
        whole = {open: substitute_all(type, found) for open, type in found.items()}
        solved = [ctx.solve(open, type) for open, type in whole.items() if not has_open(type)]
        return any(solved)

    # -- what is carried ------------------------------------------------------------------------------------------

    def _seed(self, before: Environment) -> None:
        """What the body binds by name is carried from the start, so that it is not taken for constant."""
        for name in sorted(self.names):
            key = self.ctx.key(name)
            binding = before.get(key)
            if binding is not None:
                self._carry(key, binding)

    def _carry(self, key: Key, binding: Binding) -> bool:
        """Carries a name that is bound ahead of the loop; False when it can't go round."""
        value = binding.value
        type = (
            binding.refined or value.type
        )  # a declared type is met when a round gives another part of it
        if type is None or isinstance(value, (Conflict, Poison)):
            return False
        code = value.code if isinstance(value, Ssa) else ""
        self.carried[key] = _Carried(ty.erase_shapes(type), code, binding.flag is not None)
        return True

    def _entered(self, block: Block, before: Environment) -> Environment:
        """The environment at the start of a round."""
        env = before.fork()
        env.forget()
        for key, carried in self.carried.items():
            is_exit = key[1].startswith("$")
            value = Ssa(block.add_input(carried.type, "" if is_exit else key[1]), carried.code)
            if key in before.names and worlds.holds_arrays(carried.type):
                given = worlds.library(self.ctx, before.names[key].value, self.at)
                wide = "numpy" if given == worlds.NUMBER else given  # a round may make it an array
                self.ctx.program.libraries[value.value] = wide
            flag = Ssa(block.add_input(ty.BOOL)) if carried.flagged else None
            if is_exit:
                continue  # a round starts only where nothing has left
            old = before.get(key)
            at, declared = (old.at, old.declared) if old else (None, None)
            env.names[key] = Binding(value, at, declared=declared, flag=flag)
        for key, conflict in self.conflicts.items():
            env.names[key] = Binding(conflict, conflict.second.at)
        return env

    def _is_stable(self, before: Environment, after: Environment) -> bool:
        """Whether a round gives what it took; if not, ``carried`` has been widened for the next try."""
        stable = True
        for key, new in after.names.items():
            if key in self.conflicts or after.ignores(key) or "." in key[1]:
                continue
            known = self.carried.get(key)
            if known is not None:
                stable &= self._fits(key, known, before.get(key), new)
            elif key[1].startswith("$"):
                stable &= not self._adds_exit(key, new)
            elif key not in before.names:
                stable &= not self._adds_new(key, new)
            elif not _unchanged(before.names[key], new):
                stable &= not self._adds_changed(key, before.names[key], new)
        return stable

    def _fits(self, key: Key, known: _Carried, old: Binding | None, new: Binding) -> bool:
        if isinstance(new.value, Poison):
            return True
        if new.flag is not None and not known.flagged and key[1] != RETURN:
            self.carried[key] = replace(known, flagged=True)
            return False
        type = join_with(self.ctx, known.type, new.value, new.refined)
        if type is None and new.value.type is not None:
            type = self.ctx.result_type(key) or (old.declared if old else None)
        if type is None:
            del self.carried[key]
            self.conflicts[key] = Conflict(key[1], old or new, new)
            return False
        type = ty.erase_shapes(type)
        if type != known.type:
            self.carried[key] = replace(known, type=type)
            return False
        return True

    def _adds_exit(self, key: Key, new: Binding) -> bool:
        if key[1] != RETURN and (key[1] not in self.flags or new.value.static() is False):
            return False
        if isinstance(new.value, (Poison, Conflict)) or new.value.type is None:
            return False
        self.carried[key] = _Carried(ty.erase_shapes(new.value.type))
        return True

    def _adds_new(self, key: Key, new: Binding) -> bool:
        """A name that only the body binds is carried when it is read behind the loop, or in it before it is bound."""
        if key[1] not in self.needed and key not in self.ctx.missed:
            return False
        if new.value.type is None or isinstance(new.value, (Poison, Conflict)):
            return False
        self.carried[key] = _Carried(ty.erase_shapes(new.value.type), flagged=True)
        return True

    def _adds_changed(self, key: Key, old: Binding, new: Binding) -> bool:
        if isinstance(new.value, Poison) or isinstance(old.value, (Poison, Conflict)):
            return False
        if new.value.type is None or not self._carry(key, old):
            self.conflicts[key] = Conflict(key[1], old, new)
        return True

    # -- the finished loop ----------------------------------------------------------------------------------------

    def _finish(
        self, node: Node, block: Block, go: Value, before: Environment, after: Environment
    ) -> None:
        ctx = self.ctx
        results = [go]
        inputs = iter(block.inputs[1:])
        env = before.fork()
        env.forget()
        for key, carried in self.carried.items():
            old, new = before.get(key), after.get(key)
            given = next(inputs)
            ctx.before(node, lambda: node.add_input(self._initial(key, carried, old)))  # noqa: B023  (runs at once)
            results.append(self._result(key, carried, new, given, block, after))
            name = "" if key[1].startswith("$") else key[1]
            value = Ssa(node.add_output(carried.type, name), carried.code)
            flag = (
                self._flags(node, block, old, new, results, next(inputs))
                if carried.flagged
                else None
            )
            declared = old.declared if old else None
            env.names[key] = Binding(value, new.at if new else None, declared=declared, flag=flag)
        for key, conflict in self.conflicts.items():
            env.names[key] = Binding(conflict, conflict.second.at)
        block.return_node.set_inputs(results)
        ctx.env = env

    def _initial(self, key: Key, carried: _Carried, old: Binding | None) -> Value:
        ctx = self.ctx
        if key[1] != RETURN and key[1] in self.flags:
            return ctx.constant(False, self.at)
        if old is None or key[1] == RETURN:
            return ctx.emit("prim::Uninitialized", (), carried.type, self.at).value
        value = ctx.refined(old, self.at)
        return ctx.convert(value, carried.type, self.at, f"the variable {key[1]}")

    def _result(
        self,
        key: Key,
        carried: _Carried,
        new: Binding | None,
        given: Value,
        block: Block,
        after: Environment,
    ) -> Value:
        """What the round gives for the next one."""
        if new is None or after.ignores(key) or isinstance(new.value, (Poison, Conflict)):
            return given
        found: list[Value] = []

        def emit() -> None:
            value = self.ctx.refined(new, self.at)
            what = f"the variable {key[1]}"
            found.append(self.ctx.convert(value, carried.type, self.at, what))

        self.ctx.inside(block, emit)
        return found[0]

    def _flags(
        self,
        node: Node,
        block: Block,
        old: Binding | None,
        new: Binding | None,
        results: list[Value],
        given: Value,
    ) -> Sugar:
        """Whether the name is bound: ahead of the loop, after each round, behind the loop."""
        ctx = self.ctx
        first: Sugar = Constant(old is not None)
        if old is not None and old.flag is not None:
            first = old.flag
        ctx.before(node, lambda: node.add_input(first.as_value(ctx, self.at)))
        if new is None:
            results.append(given)
        else:
            bound = new.flag or Constant(True)
            ctx.inside(block, lambda: results.append(bound.as_value(ctx, self.at)))
        return Ssa(node.add_output(ty.BOOL))


def _unchanged(old: Binding, new: Binding) -> bool:
    if isinstance(new.value, TupleSugar) and new.value is not old.value:
        return same(old.value, new.value)
    return same(old.value, new.value) and (old.flag is new.flag or new.flag is None)
