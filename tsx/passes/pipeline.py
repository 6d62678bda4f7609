"""Pipelines: lists of passes as text, expanded by what each requires, run and checked one by one.

Takes a module and changes it in place. Gives one result a pass: whether it changed anything, its rewrites, its time.
Never trusts a pass: after each, "changed" must agree with what the module says, and the graphs that say something else
than before are verified, with all tables.
"""

from __future__ import annotations

import difflib
import functools
import importlib
import pkgutil
import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import tsx.passes
from tsx.errors import TsxError, fail
from tsx.ir.module import Module
from tsx.ir.verify import Learned, check, verify_module
from tsx.passes.define import DEFINED, SAFETY_ORDER, Context, Option, PassInfo, Rewrite, Safety
from tsx.passes.support.casts import settle_casts
from tsx.passes.support.facts import Facts
from tsx.passes.support.fingerprint import Fingerprint, fingerprint

# Constants tell how often loops run; unrolled, they have literals for peephole and more for fold.
_EXACT = (
    "inline,freeze,fold,unroll,functionalize,peephole,canonicalize,fold,prune_guards,licm,cse,"
    "peephole,canonicalize,dce"
)

LEVELS: tuple[str, ...] = (
    "",
    "peephole,canonicalize,prune_guards,cse,dce",
    _EXACT,
    f"{_EXACT},conv_bn,fuse",
)
"""``--level``: 0 nothing; 1 what keeps modules and state as they are; 2 all that is exact; 3 all that is fast."""

PRESETS: dict[str, str] = {
    # A phone downloads the file, so nothing may make it larger.
    "mobile": LEVELS[3].replace("fold", "fold{max-bytes=0}").replace("unroll,", ""),
}

_CALL = re.compile(r"\s*([A-Za-z_][\w-]*)\s*(?:\{([^{}]*)\})?\s*(,|$)")


@dataclass(frozen=True, slots=True)
class PassCall:
    """A pass with the options it was given; the others keep their defaults."""

    name: str
    options: tuple[tuple[str, Option], ...] = ()

    def __str__(self) -> str:
        given = ",".join(f"{_dashed(k)}={_option_text(v)}" for k, v in self.options)
        return f"{self.name}{{{given}}}" if given else self.name


@dataclass(frozen=True, slots=True)
class PassResult:
    """What one pass did."""

    call: PassCall
    safety: Safety
    changed: bool
    mutations: int
    seconds: float
    rewrites: tuple[Rewrite, ...]

    @property
    def name(self) -> str:
        return self.call.name


Hook = Callable[[PassResult | None, Module, PassCall | None], None]
"""Called between passes with the last result, the module and the next call; first with None, last with None."""


@functools.cache
def _registry() -> dict[str, PassInfo]:
    for found in pkgutil.iter_modules(tsx.passes.__path__):
        if not found.ispkg:
            importlib.import_module(f"tsx.passes.{found.name}")
    return {name: DEFINED[name] for name in sorted(DEFINED)}


def list_passes() -> list[PassInfo]:
    """Every pass, by name: the files of ``tsx/passes/`` that define one."""
    return list(_registry().values())


def info(name: str) -> PassInfo:
    """The facts of the pass ``name``; TSX8020 with the closest name when there is none."""
    found = _registry().get(name)
    if found is None:
        raise fail("TSX8020", name=name, hint=_hint(name, _registry()))
    return found


def parse(text: str) -> list[PassCall]:
    """Reads ``dce,fold{max-bytes=4096},fuse``; ``-`` and ``_`` are the same in names.

    Raises TSX8020 (unknown pass), TSX8021 (option) or TSX8022 (syntax).
    """
    calls: list[PassCall] = []
    at = 0
    while text[at:].strip():
        match = _CALL.match(text, at)
        if match is None:
            raise fail("TSX8022", text=text, place=text[at:].strip())
        if match[3] == "," and not text[match.end() :].strip():
            raise fail("TSX8022", text=text, place="the end")
        known = info(match[1].replace("-", "_"))
        calls.append(PassCall(known.name, _parse_options(known, match[2] or "")))
        at = match.end()
    return calls


def expand(calls: Iterable[PassCall]) -> list[PassCall]:
    """The calls with what each requires before it, unless it ran already."""
    expanded: list[PassCall] = []

    def add(call: PassCall, is_required: bool) -> None:
        if is_required and any(done.name == call.name for done in expanded):
            return
        for name in info(call.name).requires:
            add(PassCall(name), is_required=True)
        expanded.append(call)

    for call in calls:
        add(call, is_required=False)
    return expanded


def weakest(calls: Iterable[PassCall]) -> Safety:
    """The safety class of a pipeline: that of its weakest pass."""
    classes = [SAFETY_ORDER.index(info(call.name).safety) for call in calls]
    return SAFETY_ORDER[max(classes, default=0)]


def level(number: int) -> list[PassCall]:
    """The expanded pipeline of ``--level number``; TSX8028 unless 0 to 3."""
    if not 0 <= number < len(LEVELS):
        raise fail("TSX8028", what="level", name=number, known=f"0 to {len(LEVELS) - 1}")
    return expand(parse(LEVELS[number]))


def preset(name: str) -> list[PassCall]:
    """The expanded pipeline of ``--preset name``; TSX8028 when there is none."""
    if name not in PRESETS:
        raise fail("TSX8028", what="preset", name=name, known=", ".join(PRESETS))
    return expand(parse(PRESETS[name]))


def run(
    module: Module, calls: Sequence[PassCall], *, verify: bool = True, hook: Hook | None = None
) -> list[PassResult]:
    """Runs ``calls``, expanded, over ``module`` in place; records them in its metadata.

    ``verify=False`` skips the verifier and the comparison. Raises TSX8002 when the module is broken to begin
    with, TSX8023-TSX8025 when a pass breaks a promise (the module is then of no use), and what passes raise.
    """
    facts = Facts()
    learned: Learned = {}
    if verify:
        check(module, learned=learned)
        facts.learn(learned)
    results: list[PassResult] = []
    expanded = expand(calls)
    before = fingerprint(module) if verify else None
    for call in expanded:
        if hook:
            hook(results[-1] if results else None, module, call)
        result = _run_one(module, call, results, facts)
        if before is not None:
            before = _check(module, result, results, before, facts)
        results.append(result)
    if hook and results:
        hook(results[-1], module, None)
    names = [text for text in (module.metadata.get("passes", ""), *map(str, expanded)) if text]
    if names:
        module.metadata["passes"] = ",".join(names)
    return results


def _run_one(
    module: Module, call: PassCall, done: Sequence[PassResult], facts: Facts
) -> PassResult:
    known = info(call.name)
    started = time.perf_counter()
    mutations, rewrites = 0, []
    graphs = list(module.graphs())
    counts = {id(graph): graph.mutations for _, graph in graphs}
    for name, graph in graphs[:1] if known.whole_module else graphs:
        context = Context(module, graph, name, facts=facts)
        try:
            known.function(context, **dict(call.options))
        except TsxError:
            raise
        except Exception as error:  # a bug in the pass, named with the passes before it
            detail = f"{type(error).__name__}: {error}"
            raise fail("TSX8025", name=call, before=_names(done), detail=detail) from error
        mutations += context.module_mutations
        facts.version += context.module_mutations
        rewrites.extend(context.rewrites)
    for _, graph in module.graphs():
        if graph.mutations != counts.get(id(graph)):
            settle_casts(graph)
    mutations += sum(graph.mutations - counts[id(graph)] for _, graph in graphs)
    seconds = time.perf_counter() - started
    return PassResult(call, known.safety, mutations > 0, mutations, seconds, tuple(rewrites))


def _check(
    module: Module,
    result: PassResult,
    done: Sequence[PassResult],
    before: Fingerprint,
    facts: Facts,
) -> Fingerprint:
    """Verifies what changed since ``before``, when the module was sound; gives its fingerprint now."""
    after = fingerprint(module)
    differs = after != before
    if differs or result.changed:
        same_tables = after.tables == before.tables
        changed = after.changed_graphs(before) if same_tables else after.graphs
        learned: Learned = {}
        violations = verify_module(module, only=changed, learned=learned)
        facts.learn(learned)
        if violations:
            raise fail(
                "TSX8024",
                name=result.call,
                before=_names(done),
                count=len(violations),
                first=violations[0],
            )
    if result.changed != differs:
        said = "changed something" if result.changed else "changed nothing"
        raise fail("TSX8023", name=result.call, before=_names(done), said=said)
    return after


def _names(done: Sequence[PassResult]) -> str:
    return ", ".join(str(result.call) for result in done) or "nothing"


def _parse_options(known: PassInfo, text: str) -> tuple[tuple[str, Option], ...]:
    options: list[tuple[str, Option]] = []
    for item in filter(None, (part.strip() for part in text.split(","))):
        key, equals, value = item.partition("=")
        key = key.strip().replace("-", "_")
        if key not in known.options or not equals:
            shown = ", ".join(f"{_dashed(k)}={v}" for k, v in known.options.items())
            raise fail(
                "TSX8021",
                name=known.name,
                option=item,
                hint=_hint(_dashed(key), map(_dashed, known.options)),
                known=shown or "none",
            )
        options.append((key, _parse_value(known, key, value.strip())))
    return tuple(options)


def _parse_value(known: PassInfo, key: str, text: str) -> Option:
    default = known.options[key]
    try:
        if isinstance(default, bool):
            return {"true": True, "false": False, "1": True, "0": False}[text.lower()]
        return type(default)(text)
    except (KeyError, ValueError):
        wanted = f"{_dashed(key)}=<{type(default).__name__}>"
        raise fail(
            "TSX8021", name=known.name, option=f"{_dashed(key)}={text}", hint="", known=wanted
        ) from None


def _dashed(name: str) -> str:
    """An option's name as the command line spells it."""
    return name.replace("_", "-")


def _option_text(value: Option) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _hint(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"; the closest is {close[0]}" if close else ""
