"""``python -m tests.ops.matrix_report``: runs the matrix and writes docs/operators.md.

With OpInfo names it only prints what fails in them: ``python -m tests.ops.matrix_report add softmax``. With
``--list`` it only brings the document's lists up to date, and leaves new operators without counts; that takes a second.
"""

from __future__ import annotations

import collections
import itertools
import re
import sys
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch

from tests.ops.matrix import Outcome, run_all
from tests.ops.matrix_direct import direct_kinds, run_direct
from tests.ops.scope import entries, in_scope, out_of_scope
from tsx.ir.op import Op, all_ops
from tsx.ops.functions import FUNCTIONS
from tsx.ops.primitives import PRIMITIVES

KNOWN_FAILURES = Path(__file__).with_name("known_failures.toml")
DOCUMENT = Path(__file__).parents[2] / "docs" / "operators.md"


def all_outcomes() -> list[Outcome]:
    """The whole matrix: op_db's samples, and made-up operands for elementwise operators."""
    torch.set_num_threads(1)
    direct = itertools.chain.from_iterable(map(run_direct, direct_kinds()))
    return [*run_all(), *direct]


def known_failures() -> dict[tuple[str, str], str]:
    """(kind, dtype) -> why it fails, from ``known_failures.toml``."""
    rows = tomllib.loads(KNOWN_FAILURES.read_text(encoding="utf-8"))["failure"]
    return {(row["kind"], dtype): row["reason"] for row in rows for dtype in row["dtypes"]}


def may_agree() -> set[str]:
    """Kinds whose listed failures need not show: torch picks its vectorised kernels by the processor
    (``by_processor``), or an index among equal elements as it likes (``unspecified``).
    """
    rows = tomllib.loads(KNOWN_FAILURES.read_text(encoding="utf-8"))["failure"]
    return {row["kind"] for row in rows if row.get("by_processor") or row.get("unspecified")}


def failing(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """A line for each kind and dtype that fails, with the first problem."""
    seen = collections.Counter(map(_key, outcomes))
    failed = sorted((o for o in outcomes if o.problem), key=_key)
    for (kind, dtype), group in itertools.groupby(failed, key=_key):
        problems = [outcome.problem for outcome in group]
        yield f"{kind:40} {dtype:8} {len(problems):4}/{seen[kind, dtype]:4}  {problems[0][:150]}"


def _key(outcome: Outcome) -> tuple[str, str]:
    return outcome.kind, outcome.dtype


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


def document(outcomes: Sequence[Outcome]) -> str:
    """docs/operators.md."""
    held = sum(not outcome.problem for outcome in outcomes)
    intro = INTRODUCTION.format(
        count=len(all_ops()), held=held, total=len(outcomes), percent=100 * held / len(outcomes)
    )
    return "\n".join([intro, language(), "", scope(), "", MATRIX, *table(outcomes), ""])


def table(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """A row for each operator: held/compared by dtype, and why the rest fails."""
    reasons = known_failures()
    counts: dict[str, dict[str, list[int]]] = collections.defaultdict(dict)
    for outcome in outcomes:
        cell = counts[outcome.kind].setdefault(outcome.dtype, [0, 0])
        cell[0] += not outcome.problem
        cell[1] += 1
    for op in all_ops():
        cells = counts.get(op.kind, {})
        shown = ", ".join(
            f"{dtype} {held}/{total}" for dtype, (held, total) in sorted(cells.items())
        )
        why = "; ".join(
            sorted({reasons[op.kind, dtype] for dtype in cells if (op.kind, dtype) in reasons})
        )
        yield f"| `{op.kind}` | {meaning(op)} | {shown} | {why} |"


def relisted(text: str) -> str:
    """The document with today's operators and language; the counts stay."""
    head, _, rows = text.partition(MATRIX)
    known = {row.split("`")[1]: row for row in rows.splitlines() if row.startswith("| `")}
    listed = [known.get(op.kind, f"| `{op.kind}` | {meaning(op)} |  |  |") for op in all_ops()]
    head = re.sub(r"tsx has \d+ operators", f"tsx has {len(all_ops())} operators", head)
    head = head[: head.index("| primitive |")] + f"{language()}\n\n{scope()}\n\n"
    return "\n".join([head + MATRIX, *listed, ""])


def meaning(op: Op) -> str:
    """How an operator says what it means."""
    if op.formula is not None:
        return "formula"
    return "composite" if op.body else "primitive"


INTRODUCTION = """\
# Operators

Written by `python -m tests.ops.matrix_report`; tests hold its lists to the code.

tsx has {count} operators. Each is one record in `tsx/ops/`: a schema (torch's own text), a type-and-shape rule, a
meaning in NumPy, traits. `tsx ops NAME` prints a record.

Against torch's own samples (`op_db`, float32, float64, int64 and bool; at most 12 samples for an operator and dtype)
and against made-up operands (NaN, infinities, signed zeros, empty and 0-dim tensors, half precision for elementwise
operators): **{held} of {total} comparisons hold ({percent:.2f} %)**, within the tolerances of `torch.testing`.

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

`float32 12/12` is: 12 of 12 comparisons hold. No counts: the operator is about numbers, lists, dicts or strings, gives
unspecified or random values, or torch's samples don't reach it; it has tests of its own.

| operator | meaning | comparisons that hold | what fails, and why |
| --- | --- | --- | --- |"""


def main() -> None:
    if sys.argv[1:] == ["--list"]:
        text = DOCUMENT.read_text(encoding="utf-8")
        DOCUMENT.write_text(relisted(text), encoding="utf-8")
        return
    outcomes = run_all(sys.argv[1:]) if sys.argv[1:] else all_outcomes()
    failed = sum(bool(outcome.problem) for outcome in outcomes)
    print(f"{len(outcomes)} comparisons, {failed} failed")
    print("\n".join(failing(outcomes)))
    if not sys.argv[1:]:
        DOCUMENT.write_text(document(outcomes), encoding="utf-8")


if __name__ == "__main__":
    main()
