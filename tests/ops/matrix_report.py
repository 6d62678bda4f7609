"""``python -m tests.ops.matrix_report``: runs the matrix and writes docs/operators.md.

With OpInfo names it only prints what fails in them: ``python -m tests.ops.matrix_report add softmax``. With
``--list`` it only brings the document's lists up to date, and leaves new operators without counts; that takes a second.
"""

from __future__ import annotations

import collections
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.ops.matrix import RUNTIMES, run_all
from tests.ops.matrix_count import Count, Counts, Key
from tests.ops.matrix_direct import direct_kinds, run_direct
from tests.ops.scope import entries, in_scope, out_of_scope
from tsx.ir import types as ty
from tsx.ir.op import Op, Trait, all_ops
from tsx.ops.functions import FUNCTIONS
from tsx.ops.primitives import PRIMITIVES

KNOWN_FAILURES = Path(__file__).with_name("known_failures.toml")
DOCUMENT = Path(__file__).parents[2] / "docs" / "operators.md"


def all_counts() -> Counts:
    """The whole matrix: op_db's samples, and made-up operands for elementwise operators."""
    total = run_all()
    for counts in map(run_direct, direct_kinds()):
        total.merge(counts)
    return total


@dataclass(frozen=True, slots=True)
class Known:
    """Why a comparison fails, and whether it must: torch picks its vectorised kernels by the processor, or an index
    among equal elements as it likes, and then a failure need not show (``varies``). What is ``nearer`` must be as near
    to the result of float64 as torch's, wherever it fails.
    """

    reason: str
    varies: bool
    nearer: bool


def known_failures() -> dict[Key, Known]:
    """What ``known_failures.toml`` lists, for both runtimes where a row names none."""
    rows = tomllib.loads(KNOWN_FAILURES.read_text(encoding="utf-8"))["failure"]
    return {
        (kind, dtype, runtime): Known(
            row["reason"], row.get("varies", False), row.get("nearer", False)
        )
        for row in rows
        for kind in row["kinds"]
        for dtype in row["dtypes"]
        for runtime in row.get("runtimes", RUNTIMES)
    }


def failing(counts: Counts, keys: Iterable[Key] | None = None) -> Iterator[str]:
    """A line for each kind, dtype and runtime that fails, with the first problem."""
    for key in counts.failing() if keys is None else keys:
        cell, (kind, dtype, runtime) = counts.cells[key], key
        head = f"{kind:40} {dtype:8} {runtime:6} {cell.failed:4}/{cell.total:4}"
        yield f"{head}  {cell.problems[0][:150]}"


# --- the document ------------------------------------------------------------------------------------------------


def language() -> str:
    """The scalar language: its primitives and functions."""
    rows = [f"| `{name}` | {PRIMITIVES[name].arity} |" for name in PRIMITIVES]
    functions = [
        f"| `{name}({', '.join(function.parameters)})` | {function.doc} |"
        for name, function in sorted(FUNCTIONS.items())
    ]
    return "\n".join(
        [
            "| primitive | operands |",
            "| --- | --- |",
            *rows,
            "",
            "| function | bound |",
            "| --- | --- |",
            *functions,
        ]
    )


def scope() -> str:
    """What of op_db is out of scope, and why."""
    out = out_of_scope()
    rows = [
        f"| {kind} | {len(names)} | {reason} | {', '.join(f'`{name}`' for name in names)} |"
        for kind, (reason, names) in out.items()
    ]
    return "\n".join([SCOPE.format(count=len(in_scope()), total=len(entries())), *rows])


def document(counts: Counts) -> str:
    """docs/operators.md."""
    totals = []
    for runtime in RUNTIMES:
        held, total = counts.of_runtime(runtime)
        totals.append(TOTAL.format(NAMES[runtime], held, total, 100 * held / total))
    intro = INTRODUCTION.format(count=len(all_ops()), totals=" and ".join(totals))
    return "\n".join([intro, language(), "", scope(), "", MATRIX, *table(counts), ""])


def table(counts: Counts) -> Iterator[str]:
    """A row for each operator: the dtypes, held of compared on each runtime, and why the rest fails."""
    known = known_failures()
    by_kind: dict[str, dict[Key, Count]] = collections.defaultdict(dict)
    for key, cell in counts.cells.items():
        by_kind[key[0]][key] = cell
    for op in all_ops():
        cells = by_kind.get(op.kind, {})
        dtypes = dict.fromkeys(dtype for _, dtype, _ in cells)
        columns = [f"`{op.kind}`", meaning(op), fusible(op), " ".join(dtypes)]
        for runtime in RUNTIMES:
            of_runtime = [cell for key, cell in cells.items() if key[2] == runtime]
            held, total = sum(c.held for c in of_runtime), sum(c.total for c in of_runtime)
            columns.append(f"{held}/{total}" if total else "")
        yield f"| {' | '.join(columns)} | {_why(cells, known)} |"


def _why(cells: Mapping[Key, Count], known: Mapping[Key, Known]) -> str:
    """What fails by reason: how many of which dtypes, on one runtime where only one fails."""
    failures: dict[str, list[Key]] = collections.defaultdict(list)
    for key, cell in cells.items():
        if cell.failed and key in known:
            failures[known[key].reason].append(key)
    parts = []
    for reason, keys in failures.items():
        dtypes = " ".join(dict.fromkeys(dtype for _, dtype, _ in keys))
        runtimes = {runtime for _, _, runtime in keys}
        where = "" if len(runtimes) > 1 else f", {NAMES[runtimes.pop()]} only"
        parts.append(f"{dtypes}{where}: {reason}")
    return "; ".join(parts)


def relisted(text: str) -> str:
    """The document with today's operators and language; the counts stay."""
    head, _, rows = text.partition(MATRIX)
    known = {row.split("`")[1]: row for row in rows.splitlines() if row.startswith("| `")}
    listed = [known.get(op.kind, _without_counts(op)) for op in all_ops()]
    head = re.sub(r"tsx has \d+ operators", f"tsx has {len(all_ops())} operators", head)
    head = head[: head.index("| primitive |")] + f"{language()}\n\n{scope()}\n\n"
    return "\n".join([head + MATRIX, *listed, ""])


def meaning(op: Op) -> str:
    """How an operator says what it means."""
    if op.formula is not None:
        return "formula"
    return "composite" if op.body else "primitive"


def fusible(op: Op) -> str:
    """What the operator can be in a fusion group (``passes/fuse.py``); empty when it can't be in one."""
    is_one_tensor = [isinstance(r.type, ty.TensorType) for r in op.schema.results] == [True]
    if not op.has(Trait.PURE) or op.has(Trait.VIEW) or not is_one_tensor:
        return ""
    roles = {Trait.ELEMENTWISE: "yes", Trait.CONTRACTION: "first", Trait.REDUCTION: "last"}
    return next((role for trait, role in roles.items() if op.has(trait)), "")


def _without_counts(op: Op) -> str:
    return f"| `{op.kind}` | {meaning(op)} | {fusible(op)} |  |  |  |  |"


NAMES = {"numpy": "the NumPy VM", "engine": "the C++ engine"}
TOTAL = "{} holds **{} of {} comparisons ({:.2f} %)**"
INTRODUCTION = """\
# Operators

Written by `python -m tests.ops.matrix_report`; tests hold its lists to the code.

tsx has {count} operators. Each is one record in `tsx/ops/`: a schema (torch's own text), a type-and-shape rule, a
meaning in NumPy, traits. `tsx ops NAME` prints a record.

Against torch's own samples (`op_db`; float32, float64, float16, bfloat16, int64, uint8, bool and complex64 where torch
takes them; at most 12 samples of an operator in float32 and 4 in another dtype), against the same calls on strided,
reversed, expanded, empty and 0-dim operands and with NaN and infinities, and against made-up operands of elementwise
operators, {totals}, within torch's own tolerances.

## The scalar language

An elementwise operator is a line in this language; `tsx/ops/scalar.py` describes it. Every engine that has the
primitives has the operators. Functions are written in the language, with the bound stated.
"""
SCOPE = """\
## Scope

{count} of the {total} entries of torch's `op_db` are in scope. Out are:

| kind | entries | because | which |
| --- | --- | --- | --- |"""
MATRIX = """\
## Operators and comparisons

`12/12` is: 12 of 12 comparisons hold, over all dtypes. No counts: the operator is about numbers, lists, dicts or
strings, gives unspecified or random values, or torch's samples don't reach it; it has tests of its own. Fusible: *yes*
anywhere in a fusion group, *first* as its contraction, *last* as its reduction.

| operator | meaning | fusible | dtypes | NumPy VM | C++ engine | what fails, and why |
| --- | --- | --- | --- | --- | --- | --- |"""


def main() -> None:
    if sys.argv[1:] == ["--list"]:
        text = DOCUMENT.read_text(encoding="utf-8")
        DOCUMENT.write_text(relisted(text), encoding="utf-8")
        return
    counts = run_all(sys.argv[1:]) if sys.argv[1:] else all_counts()
    for runtime in RUNTIMES:
        held, total = counts.of_runtime(runtime)
        print(f"{runtime}: {total} comparisons, {total - held} failed")
    print("\n".join(failing(counts)))
    if not sys.argv[1:]:
        DOCUMENT.write_text(document(counts), encoding="utf-8")


if __name__ == "__main__":
    main()
