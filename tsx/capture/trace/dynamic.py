"""Which dimensions may change: the second trace.

Takes a model that has been traced once. Changes one dimension at a time and looks whether the same program comes out,
ties equal dimensions that can only change together, then traces with all free dimensions changed to distinct sizes and
accepts the trace only when the text is the same. A dimension whose change fails is pinned, with the line and the
reason. Never lets a size stand in a program that another size would have made different.
"""

from __future__ import annotations

import io
import traceback
import warnings
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, field

from tsx.capture.trace import compare, fit, randomness
from tsx.capture.trace.compare import Difference
from tsx.capture.trace.problems import refuse_unsupported
from tsx.capture.trace.run import Axis, Capture, Run
from tsx.capture.trace.spans import file_of, is_user_file
from tsx.capture.trace.tracer import HoleKey
from tsx.errors import TsxError, fail
from tsx.ir.dims import Dim
from tsx.ir.location import Span

_MOST_TIES = 24  # sets of dimensions tried together


@dataclass(slots=True)
class Group:
    """Dimensions that change together, and a size at which the program came out the same."""

    axes: tuple[Axis, ...]
    size: int
    other: int


@dataclass(slots=True)
class Outcome:
    """What the search found."""

    run: Run
    groups: list[Group]
    pins: dict[Axis, Difference]
    warnings: list[str] = field(default_factory=list)


class Search:
    """The search over one model; ``forbidden`` axes stay as they are."""

    def __init__(
        self, capture: Capture, forbidden: Mapping[Axis, str], ties: list[tuple[Axis, ...]]
    ) -> None:
        self.capture = capture
        self.sample = capture.sample
        self.pins = {axis: Difference(reason, None) for axis, reason in forbidden.items()}
        self.ties = ties
        self.axes = [axis for axis in self.sample.axes() if axis not in self.pins]
        self.all_symbols = {axis: f"s{n}" for n, axis in enumerate(self.axes)}

    def outcome(self) -> Outcome:
        with randomness.refused(lambda: self.capture.run(self.all_symbols)):
            base = self.capture.run(self.all_symbols)
        refuse_unsupported(base.tracer)
        if base.tracer.kept and not self.capture.repeats():
            raise fail("TSX2008", what=", ".join(base.tracer.kept))
        groups = self._tied(base)
        groups += self._alone(base, {a for g in groups for a in g.axes})
        groups = self._together(base, groups)
        groups.sort(key=lambda g: g.axes)
        return self._settle(groups)

    # Which dimensions may change.

    def _tied(self, base: Run) -> list[Group]:
        """Dimensions that the user named alike."""
        groups = []
        for axes in self.ties:
            found = self._try(base, axes)
            if isinstance(found, Group):
                groups.append(found)
            else:
                self.pins.update(dict.fromkeys(axes, found))
        return groups

    def _alone(self, base: Run, done: set[Axis]) -> list[Group]:
        groups = []
        for axis in self.axes:
            if axis in done:
                continue
            found = self._try(base, (axis,))
            if isinstance(found, Group):
                groups.append(found)
            else:
                self.pins[axis] = found
        return groups

    def _together(self, base: Run, groups: list[Group]) -> list[Group]:
        """Dimensions of one size that only change together: ``x @ y``, ids and their mask."""
        attempts = 0
        for axis in [a for a in self.axes if a in self.pins]:
            for axes in self._partners(axis, groups) if axis in self.pins else ():
                attempts += 1
                found = self._try(base, axes) if attempts <= _MOST_TIES else None
                if isinstance(found, Group):
                    groups = [g for g in groups if not set(g.axes) & set(axes)] + [found]
                    for member in axes:
                        self.pins.pop(member, None)
                    break
        return groups

    def _partners(self, axis: Axis, groups: list[Group]) -> Iterator[tuple[Axis, ...]]:
        """Sets of dimensions that may have to change with ``axis``, all of its size."""
        size = self.sample.size(axis)
        taken = {a for g in groups if len(g.axes) > 1 for a in g.axes}
        same = [
            a for a in self.axes if a != axis and a not in taken and self.sample.size(a) == size
        ]
        others = [a for a in same if a[0] != axis[0]]
        by_place = [a for a in others if a[1] == axis[1]]
        tried: set[tuple[Axis, ...]] = set()
        for partners in (by_place, others, same, *([a] for a in same)):
            axes = tuple(sorted((axis, *partners)))
            if partners and axes not in tried:
                tried.add(axes)
                yield axes

    def _try(self, base: Run, axes: tuple[Axis, ...]) -> Group | Difference:
        """Changes ``axes`` together to one size after another, until the same program comes out."""
        size = self.sample.size(axes[0])
        first: Difference | None = None
        for other in self._candidates(size):
            found = self._run_and_compare(base, dict.fromkeys(axes, other))
            if found is None:
                return Group(axes, size, other)
            first = first or found
            if found.is_exact:
                return found
        assert first is not None
        return first

    def _candidates(self, size: int) -> list[int]:
        """Sizes to try: the next one, one that keeps any stride up to 32, twice as much (any other stride), and smaller
        ones for models with a maximum. None of them is 1, which would broadcast."""
        if size == 0:
            return [2, 3]
        sizes = [size + 1, size + 32, 2 * size, size - 1, size // 2]
        return list(dict.fromkeys(n for n in sizes if n > 1))

    def _run_and_compare(self, base: Run, sizes: Mapping[Axis, int]) -> Difference | None:
        run = self._run(base.symbols, sizes, {})
        return run if isinstance(run, Difference) else compare.structural(base, run)

    def _run(
        self,
        symbols: Mapping[Axis, str],
        sizes: Mapping[Axis, int],
        explained: Mapping[HoleKey, Dim],
    ) -> Run | Difference:
        """A run, or why the model can't run at these sizes; what it prints was seen at the sample's own."""
        try:
            with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
                warnings.simplefilter("ignore")
                return self.capture.run(symbols, sizes, explained)
        except TsxError as error:
            return Difference(f"{error.code}: {error.message}", None)
        except Exception as error:  # the model's own code, at a size that it may not take
            text = " ".join(str(error).split())
            text = text if len(text) <= 160 else text[:157] + "..."
            return Difference(f"{type(error).__name__}: {text}", _failing_line(error))

    # The trace that is kept, and the one that it must agree with.

    def _settle(self, groups: list[Group]) -> Outcome:
        """Traces at the sample's sizes and with everything free changed, until both say the same."""
        while True:
            final, problem, culprit = self._agree(groups)
            if problem is None:
                return Outcome(final, groups, self._all_pins(), list(final.tracer.warnings))
            tied = self._tie_pairs(final, groups) if culprit is None else None
            if tied is not None:
                groups = tied
                continue
            worst = culprit or groups[-1]
            groups = [g for g in groups if g is not worst]
            self.pins.update(dict.fromkeys(worst.axes, problem))

    def _all_pins(self) -> dict[Axis, Difference]:
        return dict(sorted(self.pins.items()))

    def _agree(self, groups: list[Group]) -> tuple[Run, Difference | None, Group | None]:
        """The trace; what keeps it from being true at other sizes; the group to blame if one is."""
        symbols = {axis: f"s{n}" for n, group in enumerate(groups) for axis in group.axes}
        final = self.capture.run(symbols)
        if not groups:
            return final, None, None
        changed = self._run(symbols, _distinct(groups, 1), {})
        if isinstance(changed, Difference):
            return final, changed, self._culprit(final, groups)
        problem = compare.structural(final, changed)
        if problem is not None:
            return final, problem, self._culprit(final, groups)
        keys = compare.holes(final, changed)
        if not keys:
            return final, compare.types(final, changed), None
        return self._explain(final, changed, keys, groups, symbols)

    def _explain(
        self,
        final: Run,
        changed: Run,
        keys: list[HoleKey],
        groups: list[Group],
        symbols: dict[Axis, str],
    ) -> tuple[Run, Difference | None, Group | None]:
        """Plain ints that differ become expressions of sizes, true in a third run as well."""
        runs = [final, changed, *self._witnesses(final, groups)]
        inputs = set(symbols.values())
        sizes = fit.sizes_in(final.tracer.graph, inputs)
        bindings = [run.tracer.symbols.values for run in runs]
        explained: dict[HoleKey, Dim] = {}
        for key in keys:
            values = [run.tracer.ints[key] for run in runs]
            enough = len(runs) > 2 + len(groups)
            found = fit.explain(values, bindings, sizes, inputs) if enough else None
            if found is None:
                span = final.tracer.record_spans.get(key[0])
                text = " and ".join(map(str, values[:2]))
                difference = Difference(
                    f"a number that depends on sizes ({text}) has no expression", span
                )
                return final, difference, self._culprit_of_hole(final, key, groups)
            explained[key] = found
        again = self.capture.run(symbols, {}, explained)
        check = self._run(symbols, _distinct(groups, 1), explained)
        if isinstance(check, Difference):
            return again, check, self._culprit(final, groups)
        left = compare.structural(again, check) or compare.types(again, check)
        rest = compare.holes(again, check)
        if left is None and rest:
            left = Difference(
                "a number that depends on sizes", again.tracer.record_spans.get(rest[0][0])
            )
        return again, left, None

    def _witnesses(self, final: Run, groups: list[Group]) -> list[Run]:
        """Further runs that an expression must hold in: everything changed once more, and each group alone.

        The last ones tell the symbols apart, which all grow together in the others.
        """
        tried = [_distinct(groups, 2)]
        tried += [dict.fromkeys(group.axes, group.other) for group in groups]
        runs = [self._run(final.symbols, sizes, {}) for sizes in tried]
        return [r for r in runs if isinstance(r, Run) and compare.structural(final, r) is None]

    def _tie_pairs(self, final: Run, groups: list[Group]) -> list[Group] | None:
        """Groups of one size that can't differ from each other, made one; None when there are none."""
        attempts = 0
        for index, first in enumerate(groups):
            for second in groups[index + 1 :]:
                if first.size != second.size or attempts >= _MOST_TIES:
                    continue
                attempts += 1
                sizes = _distinct([first, second], 1)
                if self._run_and_compare(final, sizes) is not None:
                    axes = tuple(sorted((*first.axes, *second.axes)))
                    merged = Group(axes, first.size, max(first.other, second.other))
                    rest = [g for g in groups if g not in (first, second)]
                    return sorted([*rest, merged], key=lambda g: g.axes)
        return None

    def _culprit(self, final: Run, groups: list[Group]) -> Group | None:
        """The group whose change alone breaks the trace; None when it takes several."""
        for group in groups:
            sizes = dict.fromkeys(group.axes, group.other)
            if self._run_and_compare(final, sizes) is not None:
                return group
        return None

    def _culprit_of_hole(self, final: Run, key: HoleKey, groups: list[Group]) -> Group | None:
        """The group whose change alone changes a plain int."""
        for group in groups:
            run = self._run(final.symbols, dict.fromkeys(group.axes, group.other), {})
            if isinstance(run, Run) and run.tracer.ints.get(key) != final.tracer.ints[key]:
                return group
        return None


def _distinct(groups: list[Group], times: int) -> dict[Axis, int]:
    """Every group at another size, all different where their steps allow."""
    sizes: dict[Axis, int] = {}
    used: set[int] = set()
    for group in groups:
        step = group.other - group.size
        size = group.size + step * times
        for _ in range(8):
            if step < 0 or size not in used:
                break
            size += step
        size = group.other if size <= 0 else size
        used.add(size)
        sizes.update(dict.fromkeys(group.axes, size))
    return sizes


def _failing_line(error: BaseException) -> Span | None:
    """The innermost line of user code in a traceback."""
    for frame, line in reversed(list(traceback.walk_tb(error.__traceback__))):
        if is_user_file(frame.f_code.co_filename):
            return Span(file_of(frame), line, -1, frame.f_code.co_qualname)
    return None
