"""What the commands do, as functions with typed results: nothing is printed here.

Takes paths and live modules; gives plain data that ``render.show`` turns into tables or JSON. Each imports what only it
needs when it is called (captures, passes, a runtime): to look into an archive takes none of them.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

import numpy as np

from tsx import api
from tsx.api import Engine, Module, pass_calls
from tsx.errors import fail
from tsx.ir import module as ir
from tsx.ir.graph import Graph
from tsx.ir.module import Module as Program
from tsx.ir.types import STR, OptionalType
from tsx.runtime.limits import Limits
from tsx.serialize import archive
from tsx.serialize.archive import SaveInfo
from tsx.serialize.format import MAGIC
from tsx.serialize.write import write_file

if TYPE_CHECKING:
    from tsx.capture.convert import Comparison, Conversion, Runner
    from tsx.passes import pipeline
    from tsx.runtime.compare import Difference
    from tsx.runtime.measure import Timing
    from tsx.runtime.profile import Profile, Steps

__all__ = [
    "MAGIC",
    "Engine",
    "Module",
    "bench",
    "check",
    "compare",
    "convert",
    "load",
    "parse_values",
    "pass_calls",
    "read",
]


def load(
    path: Path,
    *,
    engine: Engine = "auto",
    untrusted: bool = False,
    stdin: BinaryIO | None = None,
) -> Module:
    """The archive at ``path``, ready to run; ``-`` reads it from ``stdin``."""
    limits: Literal["untrusted"] | None = "untrusted" if untrusted else None
    return api.load(_source(path, stdin), engine=engine, limits=limits)


def read(path: Path, *, stdin: BinaryIO | None = None) -> Program:
    """The program at ``path``, only to be looked at: weights stay in the file, operators of the host may be absent."""
    return archive.Opened(_source(path, stdin), "auto", "header").module(to_read=True)


def _source(path: Path, stdin: BinaryIO | None) -> Path | bytes:
    if str(path) != "-":
        return path
    assert stdin is not None
    return stdin.read()


def _runner(engine: Engine, limits: Limits | None = None) -> Runner:
    """Runs a program on an engine, for what compares it with its original."""
    return lambda program, args, kwargs: Module(program, engine=engine, limits=limits).run(
        "forward", args, kwargs
    )


@dataclass(slots=True)
class Converted:
    """A finished conversion: what it found, and where it was written."""

    conversion: Conversion
    path: str
    info: SaveInfo


def convert(
    source: Path,
    output: Path | BinaryIO,
    *,
    entry: str = "",
    inputs: tuple[str, ...] = (),
    shapes: tuple[str, ...] = (),
    dynamic: tuple[str, ...] = (),
    mode: str = "auto",
    engine: Engine = "auto",
    stdin: BinaryIO,
) -> Converted:
    """Captures a source file, compares it with the original, writes the archive."""
    with source.open("rb") as file:
        if file.read(4) == b"PK\x03\x04":
            raise fail("TSX7001", path=source)
    from tsx.capture import convert as sources

    conversion = sources.convert(
        source,
        entry=entry,
        samples=sources.Samples(inputs, shapes, stdin),
        dynamic=parse_dynamic(dynamic),
        mode=mode,
        run=_runner(engine),
    )
    info = archive.save(conversion.program, output)
    return Converted(conversion, str(output) if isinstance(output, Path) else "-", info)


def parse_dynamic(texts: Sequence[str]) -> Mapping[str, Any] | bool | None:
    """``x:0,2`` → {"x": [0, 2]}; ``all`` → True; ``none`` → False; nothing → None."""
    if not texts:
        return None
    if list(texts) in (["all"], ["none"]):
        return texts[0] == "all"
    found: dict[str, Any] = {}
    for text in texts:
        name, colon, dims = text.partition(":")
        try:
            found[name] = [int(d) for d in dims.split(",")]
        except ValueError:
            colon = ""
        if not colon or not name.isidentifier():
            raise fail("TSX1007", text=text)
    return found


@dataclass(slots=True)
class PassStep:
    """One pass with the graphs on both sides, when they were kept."""

    result: pipeline.PassResult
    before: dict[str, Graph]
    after: dict[str, Graph]


@dataclass(slots=True)
class Optimization:
    """A pipeline that ran."""

    before: Program
    module: Module
    calls: list[pipeline.PassCall]
    steps: list[PassStep]
    differences: list[Difference] = field(default_factory=list)


def optimize(
    module: Module,
    calls: list[pipeline.PassCall],
    *,
    keep_graphs: bool,
    verify: tuple[Sequence[Any], Mapping[str, Any]] | None,
) -> Optimization:
    """Runs ``calls`` on a copy; ``verify`` are inputs to run both modules on (without any, made-up ones)."""
    snapshots: list[dict[str, Graph]] = []

    def remember(_: object, program: Program, __: object) -> None:
        snapshots.append({name: graph.clone() for name, graph in program.graphs()})

    result, results = api.run_passes(module, calls, hook=remember if keep_graphs else None)
    empty: dict[str, Graph] = {}
    steps = [
        PassStep(
            r, snapshots[i] if keep_graphs else empty, snapshots[i + 1] if keep_graphs else empty
        )
        for i, r in enumerate(results)
    ]
    found = Optimization(module.ir, result, calls, steps)
    if verify is not None:
        positional, named = verify
        if not positional:
            way = "give them with --input and --value, or leave out --verify"
            named = inputs_like(module, "", named, way)
        from tsx.runtime.compare import compare

        before, after = (run(m, "", positional, named).value for m in (module, result))
        found.differences = compare(after, before)
    return found


def inputs_like(
    module: Module, method: str, named: Mapping[str, Any], way: str
) -> Mapping[str, Any]:
    """``named`` with inputs made up where no array was given at all; ``way`` is what to do where that can't be."""
    from tsx.runtime.examples import made_up

    found = module.ir.methods[method_name(module, method)]
    _, given = _arguments(found, (), named)
    if any(isinstance(value, np.ndarray) for value in named.values()):
        return given
    return {**given, **made_up(found, module.ir.metadata, given, way)}


@dataclass(slots=True)
class RunResult:
    """What a run gave: the structured result, its leaves as named arrays, and what was watched."""

    value: Any
    arrays: dict[str, Any]
    seconds: float
    steps: Steps | None = None


def run(
    module: Module,
    method: str,
    positional: Sequence[Any],
    named: Mapping[str, Any],
    *,
    steps: Steps | None = None,
    profile: Profile | None = None,
) -> RunResult:
    """Runs a method on arrays. ``steps`` and ``profile`` watch it; ``steps`` has those up to an error as well.

    Arrays without a name go to the parameters that no name was given for, in order.
    """
    from tsx.runtime.compare import leaves

    name = method_name(module, method)
    positional, named = _arguments(module.ir.methods[name], positional, named)
    started = time.perf_counter()
    with contextlib.redirect_stdout(sys.stderr):  # what the model prints is no result
        value = module.run(name, tuple(positional), named, observer=steps or profile)
    seconds = time.perf_counter() - started
    return RunResult(value, dict(leaves(value)), seconds, steps)


def parse_values(module: Module, method: str, texts: Sequence[str]) -> dict[str, Any]:
    """``name=value`` as inputs: the text itself where the method takes text, and else what it says in JSON."""
    graph = module.ir.methods[method_name(module, method)].graph
    types = {value.name: value.type for value in graph.inputs}
    found: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise fail("TSX1015", text=text)
        if name not in types or types[name] in (STR, OptionalType(STR)):
            found[name] = value
            continue
        try:
            found[name] = json.loads(value)
        except ValueError:
            raise fail("TSX1015", text=text) from None
    return found


def method_name(module: Module, method: str) -> str:
    """The method of that name; without one, what a call means. TSX1006 when the model has no such method."""
    name = method or ("forward" if "forward" in module.methods else module.methods[0])
    if name not in module.methods:
        hint = f" (it has {', '.join(module.methods)})"
        raise fail("TSX1006", what="method", name=name, hint=hint)
    return name


def _arguments(
    method: ir.Method, positional: Sequence[Any], named: Mapping[str, Any]
) -> tuple[Sequence[Any], Mapping[str, Any]]:
    """Names of inputs as ``tsx inspect`` lists them put together to parameters; positional ones fill what is left."""
    from tsx.runtime.tree import unflatten

    leaves = iter(method.input_names())
    found = dict(named)
    for parameter in method.parameters:
        own = list(itertools.islice(leaves, parameter.spec.leaves()))
        if parameter.spec.kind != "leaf" and own and all(name in found for name in own):
            found[parameter.name] = unflatten(parameter.spec, iter([found.pop(n) for n in own]))
    if not found:
        return positional, found
    left = [p.name for p in method.parameters if p.name not in found]
    found |= dict(zip(left, positional, strict=False))
    return positional[len(left) :], found


def write_arrays(result: RunResult, target: Path | BinaryIO) -> None:
    """One result as .npy, several as .npz (by the suffix); written whole or not at all."""
    arrays = result.arrays
    if not arrays:
        raise fail("TSX1014", path=target)
    suffix = target.suffix if isinstance(target, Path) else (".npy" if len(arrays) == 1 else ".npz")
    if suffix not in (".npy", ".npz"):
        raise fail("TSX1012", path=target, wanted=".npy or .npz")
    if isinstance(target, Path):
        keep_other_files(target, (b"\x93NUMPY", b"PK"), "an array file")
    buffer = io.BytesIO()
    if suffix == ".npz":
        np.savez(buffer, **{name.replace(".", "_"): value for name, value in arrays.items()})
    elif len(arrays) == 1:
        np.save(buffer, next(iter(arrays.values())), allow_pickle=False)
    else:
        raise fail("TSX1009", count=len(arrays), names=", ".join(arrays), path=target)
    data = buffer.getvalue()
    if isinstance(target, Path):
        write_file(target, lambda: [data])
    else:
        target.write(data)


def write_trace(profile: Profile, target: Path) -> None:
    """The calls of a profile in the Chrome Trace Event Format; written whole or not at all."""
    from tsx.runtime.timeline import chrome_trace

    keep_other_files(target, (b"{", b"["), "a JSON file")
    data = chrome_trace(profile).encode()
    write_file(target, lambda: [data])


def keep_other_files(target: Path, magics: tuple[bytes, ...], kind: str) -> None:
    """Refuses to replace a file that is of another kind than what is about to be written."""
    if target.is_file() and target.stat().st_size:
        with target.open("rb") as file:
            if not file.read(16).startswith(magics):
                raise fail("TSX1013", path=target, kind=kind)


def check(path: Path) -> dict[str, Any]:
    """Every digest, the canonical form and the verifier; ``ArchiveError`` when something is wrong.

    ``requires`` are the operators that the host has to provide, ``not_registered`` those that it does not here.
    """
    header = archive.verify_file(path)
    absent = archive.absent_operators(header)
    return {
        "name": header.name,
        "format": ".".join(map(str, header.version)),
        "bytes": header.file_bytes,
        "tensors": len(header.tensors),
        "operators": len(header.operators),
        "requires": list(header.requires),
        "not_registered": absent,
        "program_digest": header.program_digest.hex(),
        "file_digest": header.file_digest.hex(),
    }


def compare(
    module: Module,
    source: Path,
    *,
    entry: str = "",
    inputs: tuple[str, ...] = (),
    shapes: tuple[str, ...] = (),
    taps: bool = False,
    engine: Engine = "auto",
    stdin: BinaryIO,
) -> Comparison:
    """Runs the program beside the source it came from."""
    from tsx.capture import convert as sources

    samples = sources.Samples(inputs, shapes, stdin)
    return sources.compare_with_source(
        module.ir, source, entry=entry, samples=samples, taps=taps,
        run=_runner(engine, module.limits), limits=module.limits,
    )  # fmt: skip


@dataclass(slots=True)
class Bench:
    """Calls that were timed: each side, what ran ours and on how many threads, and the most memory the process had.

    NumPy's threads are its own business: where it runs the model, ``threads`` is None.
    """

    timings: list[Timing]
    engine: str
    threads: int | None
    peak_bytes: int
    processors: int


def bench(
    module: Module,
    method: str,
    positional: Sequence[Any],
    named: Mapping[str, Any],
    *,
    calls: int,
    warmup: int,
    original: Callable[[], Any] | None = None,
) -> Bench:
    """Times a method on arrays (made-up ones of the sample sizes without any), in turns with the original."""
    from tsx.runtime import native
    from tsx.runtime.measure import in_turns, peak_memory, processors

    threads = native.threads() if module.engine == "native" else None
    if original is None and not positional:
        named = inputs_like(module, method, named, "give them with --input and --value")
    name = method_name(module, method)
    positional, named = _arguments(module.ir.methods[name], positional, named)
    sides: dict[str, Callable[[], Any]] = {
        "tsx": lambda: module.run(name, tuple(positional), named),
    }
    if original is not None:
        sides["original"] = original
    with contextlib.redirect_stdout(sys.stderr):  # what the model prints is no result
        timings = in_turns(sides, calls=calls, warmup=warmup)
    return Bench(timings, module.engine, threads, peak_memory(), processors())


@contextlib.contextmanager
def original_of(
    source: Path, *, entry: str, inputs: tuple[str, ...], shapes: tuple[str, ...], stdin: BinaryIO
) -> Iterator[tuple[Callable[[], Any], tuple[Any, ...], dict[str, Any]]]:
    """The model that an archive came from, ready to be called on its inputs."""
    from tsx.capture import convert as sources

    samples = sources.Samples(inputs, shapes, stdin)
    with sources.original_beside(source, entry=entry, samples=samples) as found:
        yield found
