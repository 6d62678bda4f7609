"""Conversion of a source file: load, pick inputs, capture, and compare with the original.

Takes paths and the texts of command-line options; gives a program with its report and the differences found. Nothing
is written here.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import hashlib
import inspect
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from tsx import nn
from tsx.capture.auto import capture
from tsx.capture.script.entry import ScriptReport, script
from tsx.capture.source import (
    Source,
    load_source,
    raised_in_model,
    read_inputs,
    sample_of_shape,
)
from tsx.capture.trace import Report, trace
from tsx.errors import TsxError, fail
from tsx.ir.effects import draws
from tsx.ir.module import Module
from tsx.runtime.border import Executable
from tsx.runtime.compare import Difference, compare, compare_arrays
from tsx.runtime.limits import Limits
from tsx.runtime.profile import Taps


@dataclass(frozen=True, slots=True)
class Samples:
    """Where sample inputs come from: texts of --input and --shape; empty means the file's ``example_inputs``."""

    inputs: tuple[str, ...] = ()
    shapes: tuple[str, ...] = ()
    stdin: BinaryIO = field(default_factory=io.BytesIO)


@dataclass(slots=True)
class Conversion:
    """What became of a source file."""

    program: Module
    report: Report | ScriptReport
    differences: list[Difference] | None  # None: it could not be compared
    entry: str
    not_compared: str = ""  # why, where it is not that there were no inputs
    files: dict[str, str] = field(default_factory=dict)  # filled in by whoever saves


@dataclass(frozen=True, slots=True)
class Comparison:
    """A program beside its original: whole outputs, and layers where asked for."""

    outputs: list[Difference]
    layers: list[Difference]


Runner = Callable[[Module, tuple[Any, ...], dict[str, Any]], Any]
"""Runs a program's ``forward`` on arrays."""


def on_numpy(program: Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return Executable(program).run("forward", args, kwargs)


def convert(
    path: Path,
    *,
    entry: str = "",
    samples: Samples,
    dynamic: Mapping[str, Any] | bool | None = None,
    mode: str = "auto",
    run: Runner = on_numpy,
) -> Conversion:
    """Captures the entry of ``path`` and compares the result with the original on the samples; ``run`` gives it.

    ``mode`` is auto (a trace in which what branches on data is scripted), trace, or script, which needs no samples:
    without any the result is not compared.
    """
    with load_source(path, entry) as source:
        if mode == "script":
            return _scripted(source, samples, run)
        args, kwargs = _inputs(source, samples)
        try:
            take = trace if mode == "trace" else capture
            program, report = take(source.entry, args, kwargs, dynamic=dynamic, name=_name(source))
            expected = _run_original(source, args, kwargs, traced=_is_trace(program))
        except TsxError:
            raise
        except Exception as error:  # the model's own code may raise anything
            _blame_the_model(source, args, kwargs)
            raise error from None  # the model alone runs, so tracing it is what fails: a bug of ours
        _note_source(program, path)
        return _compared(
            Conversion(program, report, None, source.entry_name), args, kwargs, expected, run
        )


def _compared(
    done: Conversion, args: tuple[Any, ...], kwargs: dict[str, Any], expected: Any, run: Runner
) -> Conversion:
    """The conversion with its differences from the original; what draws random numbers has none to speak of."""
    drawing = next(filter(None, (draws(graph) for _, graph in done.program.graphs())), None)
    given = run(done.program, *_as_arrays(args, kwargs))
    if drawing is None:
        done.differences = compare(given, expected)
    else:
        name = drawing.kind.partition("::")[2].partition(".")[0]
        done.not_compared = f"it draws random numbers ({name}, {drawing.origin.span})"
    return done


def _scripted(source: Source, samples: Samples, run: Runner) -> Conversion:
    """The entry compiled from its source, and compared where there are inputs to run it on."""
    args, kwargs = _inputs(source, samples, needed=False)
    program, report = script(source.entry, args, kwargs, name=_name(source))
    _note_source(program, source.path)
    if not args and not kwargs and _required(source):
        return Conversion(program, report, None, source.entry_name)
    try:
        expected = _run_original(source, args, kwargs, traced=False)
    except TsxError:
        raise
    except Exception as error:  # the model's own code may raise anything
        raise raised_in_model(source, error) from error
    done = Conversion(program, report, None, source.entry_name)
    return _compared(done, args, kwargs, expected, run)


def _note_source(program: Module, path: Path) -> None:
    program.metadata["source"] = path.name
    program.metadata["source_sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()


def compare_with_source(
    program: Module,
    path: Path,
    *,
    entry: str = "",
    samples: Samples,
    taps: bool = False,
    run: Runner = on_numpy,
    limits: Limits | None = None,
) -> Comparison:
    """Runs a program and the source it came from on the same inputs.

    ``taps`` compares every layer as well, and has the program run on the NumPy VM, whose layers can be watched, within
    ``limits``.
    """
    with load_source(path, entry) as source:
        args, kwargs = _inputs(source, samples)
        observer = Taps() if taps else None
        arrays = _as_arrays(args, kwargs)
        if observer is None:
            given = run(program, *arrays)
        else:
            executable = Executable(program, limits=limits)
            given = executable.run("forward", *arrays, observer=observer)
        try:
            expected = _run_original(source, args, kwargs, traced=_is_trace(program))
            layers = _layers(source, args, kwargs) if taps else {}
        except TsxError:
            raise
        except Exception as error:  # the model's own code may raise anything
            raise raised_in_model(source, error) from error
    found = [
        compare_arrays(name, observer.values[name], array)
        for name, array in layers.items()
        if observer is not None and name in observer.values
    ]
    return Comparison(compare(given, expected), found)


def _blame_the_model(source: Source, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Raises TSX2057 when the model itself can't run on the samples."""
    try:
        _run_original(source, args, kwargs)
    except Exception as error:  # the model's own code may raise anything
        raise raised_in_model(source, error) from error


def _name(source: Source) -> str:
    entry = source.entry
    return entry.__name__ if inspect.isfunction(entry) else type(entry).__name__


def _inputs(
    source: Source, samples: Samples, *, needed: bool = True
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The sample inputs, as tensors when the entry computes with torch; TSX2056 when some are ``needed``."""
    if not samples.inputs and not samples.shapes:
        args, kwargs = source.args, source.kwargs
        if needed and not args and not kwargs and _required(source):
            raise fail("TSX2056", path=source.path, names=", ".join(_required(source)))
        return args, kwargs
    positional, named = read_inputs(samples.inputs, samples.stdin)
    for spec in samples.shapes:
        name, array = sample_of_shape(spec)
        if name:
            named[name] = array
        else:
            positional.append(array)
    if not source.uses_torch:
        return tuple(positional), named
    from tsx.capture.torch.arrays import to_torch  # imports torch, which only torch's models need

    return to_torch(tuple(positional)), to_torch(named)


def _required(source: Source) -> list[str]:
    entry = source.entry
    function = entry.forward if hasattr(entry, "forward") else entry
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    variadic = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [p.name for p in parameters if p.default is p.empty and p.kind not in variadic]


def _is_trace(program: Module) -> bool:
    """Whether results have the structure that a trace gives them, and not that of the source's own types."""
    return program.forward.source != "script"


def _run_original(
    source: Source, args: tuple[Any, ...], kwargs: dict[str, Any], *, traced: bool = True
) -> Any:
    if source.uses_torch:
        from tsx.capture.torch.original import run_original

        return run_original(source.entry, args, kwargs, traced=traced)
    entry = copy.deepcopy(source.entry)  # it may change its own state
    if isinstance(entry, nn.Module):
        entry.eval()
    return entry(*copy.deepcopy(args), **copy.deepcopy(kwargs))


@contextlib.contextmanager
def original_beside(
    path: Path, *, entry: str = "", samples: Samples
) -> Iterator[tuple[Callable[[], Any], tuple[Any, ...], dict[str, Any]]]:
    """The original in ``path`` as a function without arguments, and the arrays that it is called with."""
    with load_source(path, entry) as source, contextlib.ExitStack() as stack:
        args, kwargs = _inputs(source, samples)
        arrays = _as_arrays(args, kwargs)
        try:
            if source.uses_torch:
                from tsx.capture.torch.original import repeatable

                call = stack.enter_context(repeatable(source.entry, args, kwargs))
            else:
                call = functools.partial(_run_original, source, args, kwargs)
            call()
        except TsxError:
            raise
        except Exception as error:  # the model's own code may raise anything
            raise raised_in_model(source, error) from error
        yield call, *arrays


def _layers(source: Source, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    if not source.uses_torch or not hasattr(source.entry, "named_modules"):
        return {}
    from tsx.capture.torch.original import layer_outputs

    return layer_outputs(source.entry, args, kwargs)


def _as_arrays(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any]:
    values = [*args, *kwargs.values()]
    if not any(type(v).__module__.partition(".")[0] == "torch" for v in _flat(values)):
        return args, kwargs
    from tsx.capture.torch.arrays import to_numpy

    return to_numpy(args), to_numpy(kwargs)


def _flat(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return [leaf for item in value for leaf in _flat(item)]
    return [value]
