"""What the commands about models say: converted, optimised, inspected, run, compared."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import RenderableType
from rich.text import Text

from tsx.ir.graph import Graph
from tsx.ir.module import Module
from tsx.render.clean import clean
from tsx.render.code import graph_code
from tsx.render.console import cells, size_text, table
from tsx.render.diff import count_rows, count_table, diff_lines, graph_diff, operator_counts, styled
from tsx.render.graph import render_graph, symbol_lines
from tsx.render.show import Report
from tsx.render.summary import render_summary, summary_json
from tsx.runtime.describe import describe, host_operators
from tsx.runtime.plain import is_array, json_value, kind_of, plain_text, shown_parts

if TYPE_CHECKING:
    from tsx.passes import pipeline
    from tsx.passes.define import Rewrite
    from tsx.runtime.compare import Difference
    from tsx.runtime.measure import Timing

WIDTH = min(
    80, shutil.get_terminal_size((80, 24)).columns
)  # a narrower terminal, or COLUMNS, counts


def conversion(
    program: Module,
    found: Sequence[Difference] | None,
    path: str,
    size: int,
    free: Sequence[tuple[str, int, str]],
    warnings: Sequence[str],
    *,
    functions: Sequence[str] = (),
    captured: Sequence[tuple[str, str, str, str]] = (),
    problems: Sequence[str] = (),
    not_compared: str = "",
) -> Report:
    """After convert: where the archive is, which sizes may vary, which are pinned and why, and the comparison.

    ``found`` is None when it was not compared, for want of inputs or because of ``not_compared``; ``functions`` are
    those that were compiled. ``captured``
    says of auto mode how a function that branches on data was captured (name, how, where, reason), ``problems`` what
    the compiler found in those that could not be scripted.
    """
    facts = describe(program)
    lines: list[RenderableType] = [
        Text(clean(f"{path}  {size_text(size)}, {sum(facts.operators.values())} operators"), "bold")
    ]
    for name, dim, symbol in free:
        lines.append(Text(clean(f"  {name}: size {dim} may vary ({symbol})")))
    for name, dim, value, reason, where in facts.pins:
        at = f" ({where})" if where else ""
        lines.append(
            Text(clean(f"  {name}: size {dim} is fixed at {value}: {reason}{at}"), "yellow")
        )
    for guard in facts.guards:
        lines.append(Text(clean(f"  guard: {guard}"), "yellow"))
    for function, how, where, reason in captured:
        text = f"  {function} ({where}) branches on data: "
        text += "scripted" if how == "script" else f"traced, since it can't be scripted ({reason})"
        lines.append(Text(clean(text), "" if how == "script" else "yellow"))
    if functions:
        lines.append(Text(clean(f"  functions: {', '.join(functions)}")))
    why = f"not compared with the original: {clean(not_compared or _NO_INPUTS)}"
    lines.append(_verdict(found) if found is not None else Text(why, "yellow"))
    data = {
        "path": path,
        "bytes": size,
        "compared": found is not None,
        "functions": list(functions),
        "captured": [
            {"function": f, "how": how, "where": where, "reason": reason}
            for f, how, where, reason in captured
        ],
        "problems": list(problems),
        "free": [{"input": n, "dimension": d, "symbol": s} for n, d, s in free],
        "summary": summary_json(facts, size),
        "differences": list(map(_difference, found or ())),
        "warnings": list(warnings),
    }
    notes = [Text(clean(f"warning: {w}"), "yellow") for w in warnings]
    notes += [Text(clean(f"not scripted: {p}"), "yellow") for p in problems]
    return Report(data, lines, notes, 0 if all(d.equal for d in found or ()) else 1)


_NO_INPUTS = "give inputs with --input or --shape, or `example_inputs`"


def optimization(
    before: Module,
    after: Module,
    calls: Sequence[pipeline.PassCall],
    steps: Sequence[tuple[pipeline.PassResult, Mapping[str, Graph], Mapping[str, Graph]]],
    found: Sequence[Difference],
    path: str,
    sizes: tuple[int, int],
    *,
    diff: bool,
    verbose: bool,
) -> Report:
    """After optimize: the expanded list with its weakest class, what each pass did, counts before and after."""
    counts = [operator_counts([g for _, g in m.graphs()]) for m in (before, after)]
    from tsx.passes import pipeline

    safety = pipeline.weakest(calls)
    data = {
        "path": path,
        "bytes_before": sizes[0],
        "bytes_after": sizes[1],
        "safety": safety,
        "passes": [_pass_json(result) for result, _, _ in steps],
        "operators": [
            dict(zip(("name", "before", "after"), r, strict=True)) for r in count_rows(*counts)
        ],
        "differences": list(map(_difference, found)),
    }

    def lines() -> Iterator[RenderableType]:
        names = ", ".join(str(call) for call in calls) or "none"
        yield Text(clean(f"passes: {names}  ({safety})"))
        for result, old, new in steps if diff else ():
            yield from _pass_lines(result, old, new, verbose)
        if not diff:
            yield from _pass_table([result for result, _, _ in steps])
        yield Text("")
        yield count_table(*counts)
        yield Text("")
        yield Text(clean(f"{path}  {size_text(sizes[1])} (was {size_text(sizes[0])})"), "bold")
        if found:
            yield _verdict(found)

    return Report(data, lines(), (), 0 if all(d.equal for d in found) else 1)


def _pass_json(result: pipeline.PassResult) -> dict[str, Any]:
    return {
        "name": str(result.call),
        "safety": result.safety,
        "changed": result.changed,
        "mutations": result.mutations,
        "rewrites": [
            {
                "rule": r.rule,
                "graph": r.graph,
                "where": [str(s) for s in r.origin.spans],
                "scope": r.origin.scope,
                "before": r.before,
                "after": r.after,
            }
            for r in result.rewrites
        ],
    }


def _pass_table(results: Sequence[pipeline.PassResult]) -> Iterator[RenderableType]:
    made = table("pass", "class", "rewrites", "ms", right=(2, 3))
    for result in results:
        count = len(result.rewrites) if result.changed else "-"
        made.add_row(*cells(result.call, result.safety, count, f"{result.seconds * 1e3:.1f}"))
    yield Text("")
    yield made


def _pass_lines(
    result: pipeline.PassResult, old: Mapping[str, Graph], new: Mapping[str, Graph], verbose: bool
) -> Iterator[RenderableType]:
    yield Text("")
    changed = "" if result.changed else ", no change"
    yield Text.assemble(
        (f"── {result.call} ", "bold"), f"({result.safety}, {result.seconds * 1e3:.1f} ms{changed})"
    )
    by_rule: dict[str, list[Rewrite]] = {}
    for rewrite in result.rewrites:
        by_rule.setdefault(rewrite.rule, []).append(rewrite)
    for rule, rewrites in by_rule.items():
        yield Text(clean(f"  {rule}  × {len(rewrites)}"), "cyan")
        for rewrite in rewrites if verbose else rewrites[:3]:
            spans = rewrite.origin.spans if verbose else rewrite.origin.spans[:1]
            where = ", ".join(map(str, spans)) or rewrite.origin.scope
            yield Text(clean(f"    {where}: {rewrite.before}  →  {rewrite.after or 'nothing'}"))
        if not verbose and len(rewrites) > 3:
            yield Text(f"    … {len(rewrites) - 3} more (--verbose shows all)", "dim")
    for name in new if result.changed else ():
        if name in old:
            yield from styled(["  " + line for line in graph_diff(old[name], new[name])])


def inspection(program: Module, method: str, parts: Sequence[str], size: int | None) -> Report:
    """A summary and the compact graph, or only the ``parts`` asked for."""
    facts = describe(program, method)
    graph = program.methods[facts.method].graph
    data: dict[str, Any] = {"summary": summary_json(facts, size), "graph": str(graph)}
    if "weights" in parts:
        data["weights"] = [
            {"name": n, "dtype": w.dtype.torch_name, "shape": list(w.shape)}
            for n, w in _weights(program)
        ]
    if "code" in parts:
        data["code"] = graph_code(graph)

    def lines() -> Iterator[RenderableType]:
        if not parts:
            yield from render_summary(facts, size, WIDTH)
            yield Text("")
            yield from (Text(clean(f"  {line}"), "dim") for line in symbol_lines(graph))
            yield from render_graph(graph, WIDTH)
        for part in parts:
            yield from _part(part, program, graph, facts.operators)

    return Report(data, lines())


def _part(
    part: str, program: Module, graph: Graph, operators: Mapping[str, int]
) -> Iterator[RenderableType]:
    if part == "compact":
        yield from render_graph(graph, WIDTH)
    elif part == "canonical":
        yield Text(clean(str(graph)))
    elif part == "code":
        yield Text(graph_code(graph))
    elif part == "bytecode":
        from tsx.runtime.disassemble import disassemble
        from tsx.runtime.lower import lower_module

        code = lower_module(program, absent=host_operators(program))
        yield Text(clean(disassemble(code, lines=True)))
    elif part == "weights":
        made = table("weight", "dtype", "sizes", "bytes", right=(3,))
        for name, weight in _weights(program):
            count = int(np.prod(weight.shape, dtype=np.int64)) * weight.dtype.itemsize
            made.add_row(*cells(name, weight.dtype, list(weight.shape), size_text(count)))
        yield made
    else:
        made = table("operator", "nodes", right=(1,))
        for kind, count in operators.items():
            made.add_row(*cells(kind, count))
        yield made


def _weights(program: Module) -> list[tuple[str, Any]]:
    return sorted(program.weights.items())


def run(value: Any, seconds: float, written: str) -> Report:
    """After run: each part of the result with its type and its value, of arrays only unless written to a file."""
    parts = dict(shown_parts("output", value))
    data = {
        "outputs": [_output(name, part, written) for name, part in parts.items()],
        "seconds": seconds,
        "written": written,
    }

    def lines() -> Iterator[RenderableType]:
        for name, part in parts.items():
            if not is_array(part):
                yield Text.assemble(
                    (clean(f"{name}: {kind_of(part)}"), "bold"), "\n", clean(plain_text(part))
                )
                continue
            to = f" → {written}" if written else ""
            yield Text(clean(f"{name}: {part.dtype}{list(part.shape)}{to}"), "bold")
            if not written:
                yield Text(np.array2string(part, threshold=60, edgeitems=3, max_line_width=WIDTH))

    return Report(data, lines())


def _output(name: str, part: Any, written: str) -> dict[str, Any]:
    """A part of a result in JSON: ``values`` of an array, ``value`` of anything else."""
    if not is_array(part):
        return {"name": name, "kind": kind_of(part), "value": json_value(part)}
    values = json_value(part) if part.size <= _MOST_VALUES else None
    shown = {} if written else {"values": values}
    return {"name": name, "dtype": str(part.dtype), "shape": list(part.shape)} | shown


_MOST_VALUES = 10_000  # of an array in JSON


def steps(rows: Iterable[tuple[int, str, str, str]]) -> Report:
    """After run --step: a row an instruction."""
    listed = list(rows)
    made = table("#", "stack before", "instruction", "what it does", right=(0,))
    for place, stack, instruction, meaning in listed:
        made.add_row(*cells(place, stack, instruction, meaning))
    keys = ("place", "stack", "instruction", "meaning")
    return Report({"steps": [dict(zip(keys, row, strict=True)) for row in listed]}, [made])


def archive_diff(before: Module, after: Module) -> Report:
    """Operators, graphs and weights that differ; status 1 when any do."""
    names = list(dict.fromkeys([*before.methods, *after.methods]))
    changed: dict[str, list[str]] = {}
    for name in names:
        old = before.methods[name].graph if name in before.methods else None
        new = after.methods[name].graph if name in after.methods else None
        found = graph_diff(old, new) if old and new else [f"{'-' if old else '+'} method {name}"]
        if found:
            changed[name] = found
    weights = _weight_changes(before, after)
    counts = [operator_counts([g for _, g in m.graphs()]) for m in (before, after)]
    data = {
        "graphs": changed,
        "weights": weights,
        "operators": [
            dict(zip(("name", "before", "after"), r, strict=True)) for r in count_rows(*counts)
        ],
    }

    def lines() -> Iterator[RenderableType]:
        if not changed and not weights:
            yield Text("no difference", "green")
            return
        for name, found in changed.items():
            yield Text(clean(f"method {name}"), "bold")
            yield from styled(found)
        yield from styled(weights)
        yield Text("")
        yield count_table(*counts)

    return Report(data, lines(), (), 1 if changed or weights else 0)


def _weight_changes(before: Module, after: Module) -> list[str]:
    def facts(module: Module) -> list[str]:
        return [
            f"weight {n}: {w.dtype}{list(w.shape)} {w.digest().hex()[:12]}"
            for n, w in _weights(module)
        ]

    return [line for line in diff_lines(facts(before), facts(after), 0) if line[0] in "+-"]


def comparison(outputs: Sequence[Difference], layers: Sequence[Difference]) -> Report:
    """Output by output, and layer by layer where asked for; status 1 when an output differs."""
    data = {"outputs": list(map(_difference, outputs)), "layers": list(map(_difference, layers))}

    def lines() -> Iterator[RenderableType]:
        for title, found in (("layer", layers), ("output", outputs)):
            if not found:
                continue
            made = table(title, "type", "largest difference", "largest value", "", right=(2, 3))
            for d in found:
                mark = (
                    Text("equal", "green") if d.equal else Text(clean(d.detail or "differs"), "red")
                )
                type = d.dtype if d.shape is None else f"{d.dtype}{list(d.shape)}"
                made.add_row(
                    *cells(d.name, type, f"{d.max_abs:.3g}", f"{d.max_reference:.3g}", mark)
                )
            yield made
            yield Text("")
        yield _verdict(outputs)

    return Report(data, lines(), (), 0 if all(d.equal for d in outputs) else 1)


def _difference(found: Difference) -> dict[str, Any]:
    """A difference in JSON, where a number that is not finite is null."""
    data = asdict(found)
    return data | {k: None for k in ("max_abs", "max_reference") if not math.isfinite(data[k])}


def _verdict(found: Sequence[Difference]) -> Text:
    if not found:
        return Text("nothing to compare: the model gives no values", "yellow")
    wrong = [d for d in found if not d.equal]
    worst = max(found, key=lambda d: d.max_abs)
    if not wrong and all(d.shape is None and d.max_abs == 0 for d in found):
        return Text("equal to the original", "green")
    if not wrong:
        text = (
            f"equal to the original; the largest difference is {worst.max_abs:.2g} in {worst.name}"
        )
        return Text(clean(text), "green")
    first = wrong[0]
    by = f" by {first.max_abs:.3g}" if math.isfinite(first.max_abs) else ""
    detail = f": {first.detail}" if first.detail else ""
    text = f"{len(wrong)} of {len(found)} results differ; {first.name}{by}{detail}"
    return Text(clean(text), "bold red")


def checked(path: str, facts: Mapping[str, Any], *, only_digest: bool) -> Report:
    """After check: everything was right, or an error would have been raised."""
    if only_digest:
        return Report(dict(facts), [Text(str(facts["file_digest"]))])
    made = table("", "")
    made.show_header = False
    for key, value in facts.items():
        shown = ", ".join(value) if isinstance(value, list) else value
        if shown != "":
            made.add_row(*cells(key.replace("_", " "), shown))
    return Report(dict(facts), [Text(clean(f"{path}: ok"), "green"), made])


ProfileRows = Iterable[tuple[str, int, float, int]]


def profile(operators: ProfileRows, lines: ProfileRows, seconds: float) -> Report:
    """After run --profile: by operator and by source line calls, seconds and bytes made; the slowest first.

    The engine counts no bytes, so where there are none the column is left out.
    """
    data: dict[str, Any] = {"seconds": seconds}
    shown: list[RenderableType] = []
    for name, rows in (("operator", list(operators)), ("line", list(lines))):
        has_bytes = any(row[3] for row in rows)
        made = table(name, "calls", "ms", "%", *(["bytes made"] * has_bytes), right=(1, 2, 3, 4))
        for key, calls, spent, made_bytes in sorted(rows, key=lambda row: -row[2]):
            share = 100 * spent / seconds if seconds else 0.0
            sizes = [size_text(made_bytes)] * has_bytes
            made.add_row(*cells(key or "-", calls, f"{spent * 1e3:.3f}", f"{share:.1f}", *sizes))
        shown.append(made)
        keys = (name, "calls", "seconds", "bytes")
        data[f"{name}s"] = [dict(zip(keys, row, strict=True)) for row in rows]
    return Report(data, [*shown, Text(f"{seconds * 1e3:.3f} ms in all")])


def bench(
    timings: Sequence[Timing], engine: str, threads: int | None, peak_bytes: int, processors: int
) -> Report:
    """After bench: a row a side, and how the sides' medians compare."""
    made = table(
        "side", "calls", "first ms", "median ms", "p90 ms", "p99 ms", right=(1, 2, 3, 4, 5)
    )
    sides = []
    for timing in timings:
        first = (timing.warmup or timing.seconds)[0]
        marks = [timing.quantile(share) for share in (0.5, 0.9, 0.99)]
        shown = [f"{seconds * 1e3:.3f}" for seconds in (first, *marks)]
        made.add_row(*cells(timing.name, len(timing.seconds), *shown))
        keys = ("median", "p90", "p99")
        facts: dict[str, Any] = {"name": timing.name, "calls": len(timing.seconds), "first": first}
        facts |= dict(zip(keys, marks, strict=True))
        sides.append(facts | {"warmup": list(timing.warmup), "seconds": list(timing.seconds)})
    warmup = len(timings[0].warmup)
    runs_on = f"the engine, threads: {threads}" if engine == "native" else "NumPy"
    lines: list[RenderableType] = [made]
    if len(timings) > 1:
        factor = timings[1].median / timings[0].median
        lines.append(Text(f"the original takes {factor:.2f} times the time of tsx"))
    lines.append(
        Text(
            f"{warmup} warm-up calls of each not counted; tsx on {runs_on}; "
            f"{processors} processors; at most {size_text(peak_bytes)} of memory"
        )
    )
    data = {
        "sides": sides, "engine": engine, "threads": threads, "peak_bytes": peak_bytes,
        "processors": processors,
    }  # fmt: skip
    return Report(data, lines)
