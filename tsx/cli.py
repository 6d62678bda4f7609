"""The command line: click parses, ``jobs`` work, ``render.show`` shows.

stdout carries the result only, everything else goes to stderr. ``main`` turns every outcome into an exit status
(``tsx explain exit-codes``); no user's mistake ends in a traceback. Until a command runs, only click is imported.
"""

from __future__ import annotations

import functools
import gc
import importlib.util
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.shell_completion import get_completion_class

from tsx import __version__
from tsx.errors import Problems, RunError, TsxError, error_codes, fail
from tsx.options import ENGINE, INPUT, PATH, UNTRUSTED, VALUE, Group, convert_options, sources


def _lazy(name: str) -> ModuleType:
    """A module that is imported when it is first used."""
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.find_spec(name)
    assert spec is not None and spec.loader is not None
    spec.loader = importlib.util.LazyLoader(spec.loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


if TYPE_CHECKING:
    from tsx import jobs
    from tsx.capture import source as source_files
    from tsx.jobs import Engine
    from tsx.render import problems, reference, reports, show
    from tsx.runtime import profile as observers
else:
    jobs = _lazy("tsx.jobs")
    observers = _lazy("tsx.runtime.profile")
    problems = _lazy("tsx.render.problems")
    reference = _lazy("tsx.render.reference")
    reports = _lazy("tsx.render.reports")
    show = _lazy("tsx.render.show")
    source_files = _lazy("tsx.capture.source")

_F = TypeVar("_F", bound=Callable[..., Any])


def command(name: str, *examples: str) -> Callable[[_F], click.Command]:
    """A command with the options that all share; the function gets an ``Output`` first."""

    def wrap(function: _F) -> click.Command:
        @functools.wraps(function)
        def run(as_json: bool, color: str, quiet: bool, **options: Any) -> Any:
            return function(show.Output(f"tsx.{name}", as_json, color, quiet), **options)

        for option in (
            click.option("--json", "as_json", is_flag=True, help="Print the result as JSON."),
            click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto",
                         help="Colour on terminals; NO_COLOR and FORCE_COLOR count as well."),
            click.option("-q", "--quiet", is_flag=True, help="No messages besides errors."),
        ):  # fmt: skip
            run = option(run)
        epilog = "\b\nExamples:\n" + "\n".join(f"  {e}" for e in examples) if examples else None
        return cli.command(name, epilog=epilog)(run)

    return wrap


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="tsx")
@click.option("--import", "files", type=PATH, multiple=True, metavar="FILE.py",
              help="Run this file first: it defines operators, kernels or rules of your own.")  # fmt: skip
def cli(files: tuple[Path, ...]) -> None:
    """Capture a PyTorch or NumPy model as a typed graph, optimise it, and run it without torch.

    \b
      tsx convert model.py --shape 1,3,224,224
      tsx optimize model.tsx --passes dce,fold,fuse -o fast.tsx
      tsx inspect fast.tsx
      tsx run fast.tsx --input x.npy --output y.npy
    """
    for path in files:
        source_files.import_file(_existing(path))


def _convert(
    out: show.Output, source: Path, output: Path | None, report_as: str | None, **options: Any
) -> int:
    path = output or source.with_suffix(".tsx")
    target = _archive(path)
    try:
        done = jobs.convert(_existing(source), target, stdin=sys.stdin.buffer, **options)
    except TsxError as error:
        if report_as and error.exit_status == _NOT_CONVERTIBLE:
            show.print_text(problems.report(report_as, error, __version__))
        raise
    report = done.conversion.report
    if report_as:
        found = getattr(report, "problems", ())
        show.print_text(
            problems.report(report_as, Problems(list(found)) if found else None, __version__)
        )
        return 0 if all(d.equal for d in done.conversion.differences or ()) else 1
    free = [(dim.input, dim.dim, dim.symbol) for dim in getattr(report, "free", ())]
    shown = reports.conversion(
        done.conversion.program,
        done.conversion.differences,
        str(path),
        done.info.file_bytes,
        free,
        report.warnings,
        functions=getattr(report, "functions", ()),
        captured=[
            (c.function, c.how, str(c.span or ""), c.reason)
            for c in getattr(report, "captured", ())
        ],
        not_compared=done.conversion.not_compared,
        problems=[problems.line_of(error) for error in getattr(report, "problems", ())],
    )
    return out.emit(shown, result_is_binary=_is_stream(path))


_COLLECT_AT = 10_000  # new objects: at Python's 700, the search for cycles is a tenth of a short command's time
_NOT_CONVERTIBLE = 4
_MOST_EVENTS = 200_000  # that --trace-file keeps: some 60 MB of JSON


@command(
    "convert",
    "tsx convert model.py --shape 1,3,224,224",
    "tsx convert model.py --entry Net --input x.npy -o net.tsx",
    "tsx convert model.py --script",
)
@sources
@click.option(
    "--trace",
    "mode",
    flag_value="trace",
    help="Run the model and record it; branches on data become guards.",
)
@click.option(
    "--script",
    "mode",
    flag_value="script",
    help="Compile the source, with its control flow, without running it.",
)
@convert_options
def convert(out: show.Output, mode: str | None, **options: Any) -> int:
    """Capture SOURCE (model.py) as an archive, and compare it with the original.

    The model is run and recorded; functions in it that branch on data are compiled from their source instead.
    The entry is --entry, else `model`, else the only Module class that needs no arguments, else `forward`.
    Sample inputs come from --input and --shape, else from `example_inputs` in the file; --script needs none.
    """
    return _convert(out, mode=mode or "auto", **options)


@command("trace", "tsx trace model.py --shape 1,3,224,224")
@sources
@convert_options
def trace(out: show.Output, **options: Any) -> int:
    """The same as convert --trace."""
    return _convert(out, mode="trace", **options)


@command("script", "tsx script model.py", "tsx script model.py --report md")
@sources
@convert_options
def script(out: show.Output, **options: Any) -> int:
    """The same as convert --script."""
    return _convert(out, mode="script", **options)


@command(
    "optimize",
    "tsx optimize model.tsx --passes dce,fold,fuse --diff",
    "tsx optimize model.tsx --level 2 -o fast.tsx",
)
@click.argument("model", type=PATH)
@click.option(
    "--passes",
    default=None,
    metavar="A,B{option=1},C",
    help="The passes to run (tsx passes lists them).",
)
@click.option(
    "--level",
    type=click.IntRange(0, 3),
    default=None,
    help="0 nothing, 1 clean-up, 2 all that is exact, 3 all that is fast [3].",
)
@click.option("--preset", default=None, metavar="NAME", help="A named pipeline, e.g. mobile.")
@click.option("--diff", is_flag=True, help="Show what each pass did, by rule and line.")
@click.option("--verify", is_flag=True, help="Run model and result on the same inputs and compare.")
@INPUT
@VALUE
@click.option(
    "-v", "--verbose", is_flag=True, help="With --diff: name every source line a rewrite came from."
)
@click.option(
    "-o", "--output", type=PATH, default=None, help="Where to write [MODEL itself]; - is stdout."
)
@UNTRUSTED
def optimize(
    out: show.Output, model: Path, passes: str | None, level: int | None, preset: str | None,
    diff: bool, verify: bool, verbose: bool, inputs: tuple[str, ...], values: tuple[str, ...],
    output: Path | None, untrusted: bool,
) -> int:  # fmt: skip
    """Run optimisation passes over MODEL."""
    if sum(x is not None for x in (passes, level, preset)) > 1:
        raise click.UsageError("--passes, --level and --preset exclude each other")
    path = output or model
    target = _archive(path)
    source = _load(model, engine="auto" if verify else "numpy", untrusted=untrusted)
    positional, named = source_files.read_inputs(inputs, sys.stdin.buffer)
    named |= jobs.parse_values(source, "", values)
    if (positional or named) and not verify:
        raise click.UsageError("--input and --value are for --verify")
    done = jobs.optimize(
        source, jobs.pass_calls(passes, level, preset), keep_graphs=diff,
        verify=(positional, named) if verify else None,
    )  # fmt: skip
    info = done.module.save(target)
    shown = reports.optimization(
        source.ir, done.module.ir, done.calls, [(s.result, s.before, s.after) for s in done.steps],
        done.differences, str(path), (_size(model) or 0, info.file_bytes), diff=diff, verbose=verbose,
    )  # fmt: skip
    return out.emit(shown, result_is_binary=_is_stream(path))


@command(
    "inspect",
    "tsx inspect model.tsx",
    "tsx inspect model.tsx --graph=canonical",
    "tsx inspect model.tsx --json",
)
@click.argument("model", type=PATH)
@click.option("--method", default="", metavar="NAME", help="Another method than forward.")
@click.option(
    "--graph",
    is_flag=False,
    flag_value="compact",
    type=click.Choice(["compact", "canonical"]),
    help="Only the graph.",
)
@click.option("--code", is_flag=True, help="Python-like source.")
@click.option("--bytecode", is_flag=True, help="The instructions the VM runs.")
@click.option("--weights", is_flag=True, help="Every weight with dtype, sizes and bytes.")
@click.option("--ops", is_flag=True, help="Operators and how often they stand in the graph.")
def inspect(out: show.Output, model: Path, method: str, graph: str | None, **parts: bool) -> int:
    """Show what is in MODEL: a summary, then the graph. Reads no weights, runs nothing."""
    chosen = [name for name, wanted in parts.items() if wanted]
    if graph:
        chosen.insert(0, graph)
    program = jobs.read(_existing(model), stdin=sys.stdin.buffer)
    return out.emit(reports.inspection(program, method, chosen, _size(model)))


@command(
    "run",
    "tsx run model.tsx --input x.npy --output y.npy",
    "tsx run model.tsx --input ids=ids.npy --step",
    "tsx run tokenizer.tsx --value text='Hello, world'",
)
@click.argument("model", type=PATH)
@INPUT
@VALUE
@click.option(
    "--output",
    "-o",
    type=PATH,
    default=None,
    help="Where to write: .npy for one result, .npz for several; - is stdout.",
)
@click.option("--method", default="", metavar="NAME", help="Another method than forward.")
@click.option("--step", is_flag=True, help="Print each instruction with the stack before it.")
@ENGINE
@UNTRUSTED
@click.option("--profile", is_flag=True, help="Print time and bytes by operator and source line.")
@click.option(
    "--trace-file",
    type=PATH,
    default=None,
    help="Write when each operator ran, and on what, for Perfetto or chrome://tracing.",
)
def run(
    out: show.Output,
    model: Path,
    inputs: tuple[str, ...],
    values: tuple[str, ...],
    output: Path | None,
    method: str,
    engine: Engine,
    step: bool,
    profile: bool,
    trace_file: Path | None,
    untrusted: bool,
) -> int:
    """Run MODEL on arrays from files, and on values from the command line."""
    module = _runnable(out, model, "numpy" if step and engine == "auto" else engine, untrusted)
    if step and (profile or trace_file):
        raise click.UsageError("--step goes without --profile and --trace-file")
    if step and module.engine == "native":
        raise click.UsageError("--step shows the stack of the NumPy VM: give --engine numpy")
    positional, named = source_files.read_inputs(inputs, sys.stdin.buffer)
    named |= jobs.parse_values(module, method, values)
    steps = observers.Steps() if step else None
    timings = (
        observers.Profile(_MOST_EVENTS if trace_file else 0) if profile or trace_file else None
    )
    try:
        result = jobs.run(module, method, positional, named, steps=steps, profile=timings)
    except RunError:
        if steps and steps.rows:  # how far it came
            out.emit(reports.steps(steps.rows))
        raise
    if output is not None:
        jobs.write_arrays(result, _target(output))
    if result.steps is not None:
        out.emit(reports.steps(result.steps.rows))
    if timings is not None and trace_file is not None:
        jobs.write_trace(timings, trace_file)
        left_out = f"; {timings.left_out} more are left out" if timings.left_out else ""
        out.note(f"{trace_file}: {len(timings.events)} calls of operators{left_out}")
    if timings is not None and profile:
        out.emit(reports.profile(timings.rows, timings.lines, result.seconds))
    shown = reports.run(result.value, result.seconds, "" if output is None else str(output))
    return out.emit(shown, result_is_binary=output is not None and _is_stream(output))


@command("diff", "tsx diff model.tsx fast.tsx")
@click.argument("before", type=PATH)
@click.argument("after", type=PATH)
def diff(out: show.Output, before: Path, after: Path) -> int:
    """Show how two archives differ: graphs, weights, operators. Exits with 1 when they do."""
    first, second = (jobs.read(_existing(path), stdin=sys.stdin.buffer) for path in (before, after))
    return out.emit(reports.archive_diff(first, second))


@command("check", "tsx check model.tsx")
@click.argument("model", type=PATH)
@click.option("--digest", is_flag=True, help="Print only the file digest.")
def check(out: show.Output, model: Path, digest: bool) -> int:
    """Check every digest of MODEL and verify its graphs. Exits with 3 when it is damaged."""
    return out.emit(reports.checked(str(model), jobs.check(_existing(model)), only_digest=digest))


@command("compare", "tsx compare fast.tsx --against model.py --taps")
@click.argument("model", type=PATH)
@click.option(
    "--against", "source", type=PATH, required=True, help="The source file that it came from."
)
@click.option("--entry", default="", metavar="NAME", help="The entry in the source file.")
@click.option(
    "--input", "inputs", multiple=True, metavar="[NAME=]FILE.npy", help="An input; again for more."
)
@click.option(
    "--shape",
    "shapes",
    multiple=True,
    metavar="[NAME=]1,3,224,224[:DTYPE]",
    help="A made-up input; again for more.",
)
@ENGINE
@UNTRUSTED
@click.option("--taps", is_flag=True, help="Compare the result of every layer too.")
def compare(
    out: show.Output, model: Path, source: Path, taps: bool, untrusted: bool, **options: Any
) -> int:
    """Run MODEL and its original on the same inputs. Exits with 1 when they differ."""
    found = jobs.compare(
        _load(model, engine="numpy", untrusted=untrusted),
        _existing(source),
        taps=taps,
        stdin=sys.stdin.buffer,
        **options,
    )
    return out.emit(reports.comparison(found.outputs, found.layers))


@command(
    "bench",
    "tsx bench model.tsx",
    "tsx bench model.tsx --against model.py --calls 100 --json",
)
@click.argument("model", type=PATH)
@INPUT
@VALUE
@click.option(
    "--against",
    "source",
    type=PATH,
    default=None,
    help="Time the original too, call by call in turns.",
)
@click.option("--entry", default="", metavar="NAME", help="The entry in the source file.")
@click.option("--method", default="", metavar="NAME", help="Another method than forward.")
@click.option(
    "--calls",
    type=click.IntRange(1, 1_000_000),
    default=30,
    show_default=True,
    help="Calls that count.",
)
@click.option(
    "--warmup",
    type=click.IntRange(0, 1000),
    default=3,
    show_default=True,
    help="Calls before those.",
)
@ENGINE
@UNTRUSTED
def bench(
    out: show.Output,
    model: Path,
    inputs: tuple[str, ...],
    values: tuple[str, ...],
    source: Path | None,
    entry: str,
    method: str,
    calls: int,
    warmup: int,
    engine: Engine,
    untrusted: bool,
) -> int:
    """Time MODEL on given inputs, or on made-up ones like those it was captured with."""
    module = _runnable(out, model, engine, untrusted)
    if source is None:
        positional, named = source_files.read_inputs(inputs, sys.stdin.buffer)
        named |= jobs.parse_values(module, method, values)
        found = jobs.bench(module, method, positional, named, calls=calls, warmup=warmup)
    else:
        beside = jobs.original_of(
            _existing(source), entry=entry, inputs=inputs, shapes=(), stdin=sys.stdin.buffer
        )
        with beside as (original, args, kwargs):
            found = jobs.bench(
                module, method, args, kwargs, calls=calls, warmup=warmup, original=original
            )
    return out.emit(
        reports.bench(
            found.timings, found.engine, found.threads, found.peak_bytes, found.processors
        )
    )


@command("passes", "tsx passes", "tsx passes fuse")
@click.argument("name", default="")
def passes(out: show.Output, name: str) -> int:
    """List the passes, or explain one: what it does, before and after, options, safety class."""
    return out.emit(reference.passes(name))


@command("ops", "tsx ops conv", "tsx ops aten::add.Tensor")
@click.argument("query", default="")
def ops(out: show.Output, query: str) -> int:
    """List the operators whose name has QUERY in it, or explain the only one."""
    return out.emit(reference.operators(query))


@command("explain", "tsx explain TSX5002", "tsx explain exit-codes")
@click.argument("code")
def explain(out: show.Output, code: str) -> int:
    """Explain an error code, or `exit-codes`."""
    return out.emit(reference.explanation(code))


@command("doctor")
def doctor(out: show.Output) -> int:
    """Say what is installed here, and whether another program called tsx comes first."""
    return out.emit(reference.doctor(__version__))


@cli.command("completion", epilog='\b\nExamples:\n  eval "$(tsx completion bash)"')
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> int:
    """Print the completion script for SHELL."""
    found = get_completion_class(shell)
    assert found is not None
    click.echo(found(cli, {}, "tsx", "_TSX_COMPLETE").source())
    return 0


def _existing(path: Path) -> Path:
    if str(path) != "-" and not path.exists():
        raise fail("TSX1001", path=path)
    return path


def _load(path: Path, engine: Engine = "auto", untrusted: bool = False) -> jobs.Module:
    return jobs.load(_existing(path), engine=engine, untrusted=untrusted, stdin=sys.stdin.buffer)


def _runnable(out: show.Output, path: Path, engine: Engine, untrusted: bool) -> jobs.Module:
    """The archive at ``path``; says when it is not the engine that will run it."""
    module = _load(path, engine=engine, untrusted=untrusted)
    out.note(module.engine_note)
    return module


def _is_stream(path: Path) -> bool:
    return str(path) == "-"


def _size(path: Path) -> int | None:
    return None if _is_stream(path) else path.stat().st_size


def _archive(path: Path) -> Any:
    """Where an archive goes; a file that is no archive is not replaced."""
    if not _is_stream(path):
        jobs.keep_other_files(path, (jobs.MAGIC,), "a .tsx archive")
    return _target(path)


def _target(path: Path) -> Any:
    if not _is_stream(path):
        return path
    if sys.stdout.isatty():
        raise fail("TSX1004")
    return sys.stdout.buffer


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs a command line and exits with its status."""
    gc.set_threshold(_COLLECT_AT)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(
            stream, "reconfigure"
        ):  # a name that the terminal's encoding lacks must not stop the work
            stream.reconfigure(errors="backslashreplace")
    sys.exit(_status(list(sys.argv[1:] if arguments is None else arguments)))


def _status(arguments: list[str]) -> int:
    try:
        status = cli.main(arguments, prog_name="tsx", standalone_mode=False)
        sys.stdout.flush()
        return status if isinstance(status, int) else 0
    except click.exceptions.NoArgsIsHelpError as help_wanted:
        click.echo(help_wanted.ctx.get_help())
        return 0
    except click.ClickException as error:
        error.show()
        return 2
    except TsxError as error:
        show.print_error(error, "--json" in arguments)
        return error.exit_status
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        return 130
    except SystemExit:
        return 0  # click's answer to a reader that has gone, as with `| head`; nothing is wrong
    except OSError as error:
        return _io_failure(error)
    except RecursionError:
        show.print_error(
            fail("TSX9001", detail="recursion too deep", help=_bundle(arguments)), False
        )
        return error_codes()["TSX9001"].exit
    except Exception as error:  # whatever is left is a bug of ours, reported as one
        detail = f"{type(error).__name__}: {error}"
        show.print_error(fail("TSX9001", detail=detail, help=_bundle(arguments)), False)
        return error_codes()["TSX9001"].exit


def _io_failure(error: OSError) -> int:
    path = error.filename or "standard output"
    show.print_error(fail("TSX1005", path=path, detail=error.strerror or error), False)
    return error_codes()["TSX1005"].exit


def _bundle(arguments: list[str]) -> str:
    """Writes what a bug report needs to a file, and says where."""
    import platform
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile("w", prefix="tsx-crash-", suffix=".txt", delete=False) as file:
        file.write(
            f"tsx {__version__}, Python {platform.python_version()}, {platform.platform()}\n"
        )
        file.write(f"arguments: {arguments}\n\n{traceback.format_exc()}")
    return f"this is a bug in tsx; please report it with {file.name}"
