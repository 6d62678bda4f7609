"""The Python interface: trace, script, load, save, optimize, the Module they give and take, and operators of one's own.

A module runs on the C++ engine where that is built and has a kernel for each operator, else on NumPy;
``engine="native"`` and ``engine="numpy"`` (or the environment variable TSX_ENGINE) decide it.

Thin: every function hands over to the layer that knows. NumPy arrays (or anything with ``__array__`` or DLPack) in,
NumPy arrays out; torch tensors in, torch tensors out. What captures, optimises or runs is imported by the first call
that does so: to look into a program takes none of them.
"""

from __future__ import annotations

import functools
import os
import sys
import threading
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING, Any, BinaryIO, get_args

import numpy as np

from tsx.errors import ArchiveError, TsxError, fail
from tsx.ir import module as ir
from tsx.ir.graph import Graph
from tsx.ir.op import Infer
from tsx.ops.dtypes import Array, dtype_of
from tsx.ops.weights import Weight
from tsx.runtime.limits import Limits
from tsx.serialize import archive
from tsx.serialize.archive import CheckMode, SaveInfo
from tsx.serialize.source import MmapMode

if TYPE_CHECKING:
    from tsx.capture.own import OwnOperator
    from tsx.capture.script.entry import ScriptReport
    from tsx.capture.trace import Report
    from tsx.passes import pipeline
    from tsx.passes.support.rewriting import RuleFunction
    from tsx.runtime import native
    from tsx.runtime.border import Executable
    from tsx.runtime.observe import Observer

__all__ = [
    "Limits",
    "Module",
    "Session",
    "load",
    "operator",
    "optimize",
    "register_kernel",
    "rewrite",
    "save",
    "script",
    "trace",
]

PathOrFile = str | PathLike[str] | BinaryIO
Engine = typing.Literal["auto", "native", "numpy"]
ENGINES: tuple[Engine, ...] = get_args(Engine)


class Module:
    """A captured program, ready to run, to change by passes, and to save.

    It is immutable and may be called from several threads; ``optimize`` and ``load_state_dict`` give a new module or
    replace weights before the first call. ``ir`` is the program itself, ``report`` what capture said of it, ``limits``
    what each call may take.
    """

    def __init__(
        self,
        program: ir.Module | archive.Opened,
        report: Report | ScriptReport | None = None,
        *,
        engine: Engine = "auto",
        limits: Limits | None = None,
    ) -> None:
        self.report = report
        self.limits = limits
        self._engine = _engine_named(engine)
        self._lock = threading.RLock()
        self._program = program
        self._ran: _Runtime | None = None

    @property
    def ir(self) -> ir.Module:
        """The program itself: methods, classes, graphs, weights. Of an archive it is read when it is asked for."""
        if isinstance(self._program, archive.Opened):
            with self._lock:
                if isinstance(self._program, archive.Opened):
                    self._program = self._program.module()
        return self._program

    @property
    def engine(self) -> str:
        """What runs it: ``native`` (the C++ engine) or ``numpy``."""
        return self._runtime.name

    @property
    def engine_note(self) -> str:
        """Why it runs on NumPy though there is an engine; empty when there is nothing to say."""
        return self._runtime.note

    @property
    def _runtime(self) -> _Runtime:
        with self._lock:
            if self._ran is None:
                self._ran = _runtime_of(self, self._program, self._engine)
            return self._ran

    @functools.cached_property
    def _on_numpy(self) -> Executable:
        from tsx.runtime.border import Executable

        return Executable(self.ir, limits=self.limits)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Runs ``forward`` (or the only method). Raises ``RunError`` when an input or a guard does not fit."""
        return self.run(self._forward_name, args, kwargs)

    def run(
        self,
        method: str,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        inplace: bool = False,
        observer: Observer | None = None,
    ) -> Any:
        """Runs one method; ``inplace=True`` lets the program write into the caller's arrays.

        An ``observer`` watches the stack VM, so with one it runs on NumPy, whatever the engine; only a ``Profile`` is
        the engine's business as well.

        In a trace, on what the trace follows, it becomes a call in the traced program.
        """
        if "tsx.capture.trace.tracer" in sys.modules:  # without it, nothing can be in a trace
            from tsx.capture.trace import calls

            tracer = calls.active_for([args, dict(kwargs or {})])
            if tracer is not None:
                return calls.call_program(tracer, self.ir, method, args, kwargs or {})
        if observer is None:
            run = functools.partial(self._runtime.executable.run, method, inplace=inplace)
        else:
            run = self._watched(observer, method, inplace)
        return _as_given(args, kwargs, run)

    def _watched(self, observer: Observer, method: str, inplace: bool) -> functools.partial[Any]:
        """What runs a method while ``observer`` watches."""
        from tsx.runtime import native
        from tsx.runtime.profile import Profile

        executable = self._runtime.executable
        if isinstance(observer, Profile) and isinstance(executable, native.Executable):
            return functools.partial(executable.run, method, inplace=inplace, profile=observer)
        # There is one stack to watch: that of the definition.
        return functools.partial(self._on_numpy.run, method, inplace=inplace, observer=observer)

    def session(self) -> Session:
        """A copy of the state that the program changes (buffers, attributes), for one stream of calls."""
        return Session(self)

    @property
    def _forward_name(self) -> str:
        methods = self.methods
        return "forward" if "forward" in methods else methods[0]

    @property
    def methods(self) -> list[str]:
        """The names of the entry points, ``forward`` first if there is one."""
        if self._ran is not None:
            return self._ran.executable.methods
        return list(self.ir.methods)

    @property
    def graph(self) -> Graph:
        """The graph of ``forward``; ``str`` of it is the canonical text."""
        return self.ir.forward.graph

    @property
    def code(self) -> str:
        """Python-like source of ``forward``, for reading."""
        from tsx.render.code import graph_code

        return graph_code(self.graph)

    def state_dict(self) -> dict[str, Array]:
        """The weights by their names in the original model; read-only arrays, bfloat16 as uint16 bits."""
        return {name: _weight(data).array for name, data in sorted(self.ir.weights.items())}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Replaces all weights; names, dtypes and sizes must be those of ``state_dict()`` (else TSX1010)."""
        missing = sorted(self.ir.weights.keys() - state.keys())
        unexpected = sorted(state.keys() - self.ir.weights.keys())
        if missing or unexpected:
            raise fail("TSX1010", missing=missing or "none", unexpected=unexpected or "none")
        new: dict[str, Weight] = {}
        for name, value in state.items():
            array, old = np.asarray(value), self.ir.weights[name]
            if dtype_of(array) is not old.dtype or array.shape != old.shape:
                given = f"{dtype_of(array)}{list(array.shape)}"
                raise fail(
                    "TSX1011", name=name, expected=f"{old.dtype}{list(old.shape)}", given=given
                )
            new[name] = Weight(array, old.dtype)
        with self._lock:
            self.ir.weights.update(new)
            self._ran = None
            self.__dict__.pop("_on_numpy", None)

    def save(self, path: PathOrFile) -> SaveInfo:
        """Writes the archive (atomically, when ``path`` is a path); the digests come back."""
        return archive.save(self.ir, path)

    def __repr__(self) -> str:
        inputs = ", ".join(f"{v.name}: {v.type}" for v in self.graph.inputs if v.name != "self")
        return f"<tsx.Module {self.ir.name}({inputs})>"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled as the bytes of its archive, so it may go to another process; its report stays behind."""
        return _unpickled, (archive.to_bytes(self.ir), self._engine)


class Session:
    """One stream of calls with state of its own; the module stays as it was loaded."""

    def __init__(self, module: Module) -> None:
        self._module = module
        self._executable = module._runtime.executable
        self._state: Any = self._executable.session()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.run(self._module._forward_name, args, kwargs)

    def run(
        self, method: str, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Runs one method of the module in this session."""
        run = functools.partial(self._executable.run, method, session=self._state)
        return _as_given(args, kwargs, run)

    def save(self, path: PathOrFile) -> SaveInfo:
        """Writes the module as this session has it now; what is loaded from there goes on from here."""
        from tsx.runtime.snapshot import with_state

        state = self._executable.state(self._state)
        return archive.save(with_state(self._module.ir, state), path)


@dataclass(frozen=True, slots=True)
class _Runtime:
    """What runs a module, and why it is not the engine."""

    name: str
    executable: Executable | native.Executable
    note: str = ""


def _engine_named(name: str) -> Engine:
    """The engine of that name; ``auto`` is what TSX_ENGINE says."""
    wanted = name if name != "auto" else os.environ.get("TSX_ENGINE") or "auto"
    for known in ENGINES:
        if wanted == known:
            return known
    raise fail("TSX5021", engine=wanted, engines=", ".join(ENGINES))


def _runtime_of(module: Module, program: ir.Module | archive.Opened, engine: Engine) -> _Runtime:
    """The engine, or NumPy where it can't run the program; an error when it was asked for by name."""
    if engine == "numpy":
        return _Runtime("numpy", module._on_numpy)
    from tsx.runtime import native

    try:
        native.require()
        return _Runtime("native", _native(module, program))
    except TsxError as error:
        if engine == "native" or error.code not in _TAKES_NUMPY:
            raise
        # Where there is no engine at all, `tsx doctor` says so once and for all.
        note = "" if error.code == "TSX5032" else f"it runs on NumPy: {error.message}"
        return _Runtime("numpy", module._on_numpy, note)


# An operator of the host that the engine can't call, no kernel, no engine, an operator that nobody registered, and what
# no archive holds.
_TAKES_NUMPY = ("TSX4076", "TSX5031", "TSX5032", "TSX6007", "TSX6010")


def _native(module: Module, program: ir.Module | archive.Opened) -> native.Executable:
    from tsx.runtime import native

    if isinstance(program, archive.Opened):
        try:
            return native.Executable(
                program.source, lambda: module.ir, check=program.check, limits=module.limits
            )
        except ArchiveError:
            module.ir  # noqa: B018  (the reader in Python says what is wrong, in the same words)
            raise
    source = archive.InMemory(program)
    return native.Executable(source, lambda: module.ir, check="header", limits=module.limits)


def _unpickled(data: bytes, engine: Engine) -> Module:
    return load(data, engine=engine)


def trace(
    model: Any,
    args: tuple[Any, ...] | Any = (),
    kwargs: Mapping[str, Any] | None = None,
    *,
    dynamic: Mapping[str, Any] | bool | None = None,
    name: str | None = None,
) -> Module:
    """Runs ``model`` on sample inputs and records what it computes.

    ``model`` is a torch module or function, a ``tsx.nn`` module, or a function over NumPy arrays. It runs a few more
    times with other sizes, so that no size of the sample is frozen in without a word: what can't vary is pinned, and
    ``result.report`` says why. Raises ``TraceError`` or ``OperatorError`` with every problem found.
    """
    from tsx.capture.trace import trace

    if not isinstance(args, (tuple, list)):
        args = (args,)
    program, report = trace(model, tuple(args), dict(kwargs or {}), dynamic=dynamic, name=name)
    return Module(program, report)


def script(
    model: Any,
    args: tuple[Any, ...] | Any = (),
    kwargs: Mapping[str, Any] | None = None,
    *,
    name: str | None = None,
) -> Module:
    """Compiles ``model`` from its source, with its control flow, without running it.

    ``model`` is a function, a method, an object with ``__call__``, or a module of torch or ``tsx.nn``. Sample inputs
    are not needed; where a parameter has no annotation they give its type (which is Tensor else). A module is compiled
    as in eval mode, whatever mode it is in, and stays as it was; ``result.report.warnings`` says so where that
    matters, as for ``tsx script``. Raises ``ScriptError`` with every problem of the source.
    """
    from tsx.capture.script.entry import script

    if not isinstance(args, (tuple, list)):
        args = (args,)
    return Module(*script(model, tuple(args), dict(kwargs or {}), name=name))


def load(
    path: PathOrFile | bytes,
    *,
    mmap: MmapMode = "auto",
    check: CheckMode = "auto",
    engine: Engine = "auto",
    limits: Limits | typing.Literal["untrusted"] | None = None,
) -> Module:
    """Opens an archive; ``ArchiveError`` when it is damaged or no archive. Nothing in it is ever executed.

    ``limits`` bound what each call may take; ``"untrusted"`` means those of docs/running.md, and ``check="full"``.
    ``engine``: ``native`` is the C++ engine (TSX5031 or TSX5032 when it can't run the model), ``numpy`` the definition;
    ``auto`` takes the engine where it can (``module.engine`` says which it is).
    """
    if limits == "untrusted" and check == "auto":
        check = "full"
    opened = archive.Opened(path, mmap, check)
    if limits == "untrusted":
        limits = Limits.untrusted(opened.weight_bytes())
    module = Module(opened, engine=engine, limits=limits)
    if module._runtime.name == "numpy":
        module.ir  # noqa: B018  (read and verified now: what is damaged is an error here)
    return module


def save(module: Module, path: PathOrFile) -> SaveInfo:
    """``module.save(path)``."""
    return module.save(path)


def optimize(
    module: Module,
    passes: str | None = None,
    *,
    level: int | None = None,
    preset: str | None = None,
    verify: bool = True,
    hook: pipeline.Hook | None = None,
) -> Module:
    """A new module after the passes, e.g. ``"dce,fold,fuse"``; by default level 3, all that is not ``unsafe``."""
    return run_passes(module, pass_calls(passes, level, preset), verify=verify, hook=hook)[0]


def pass_calls(
    passes: str | None = None, level: int | None = None, preset: str | None = None
) -> list[pipeline.PassCall]:
    """The passes that a pipeline text, a level or a preset means, with all that they require."""
    from tsx.passes import pipeline

    if passes is not None:
        return pipeline.expand(pipeline.parse(passes))
    if preset is not None:
        return pipeline.preset(preset)
    return pipeline.level(3 if level is None else level)


def run_passes(
    module: Module,
    calls: list[pipeline.PassCall],
    *,
    verify: bool = True,
    hook: pipeline.Hook | None = None,
) -> tuple[Module, list[pipeline.PassResult]]:
    """``optimize`` that also gives what each pass did."""
    from tsx.passes import pipeline

    program = module.ir.clone()
    results = pipeline.run(program, calls, verify=verify, hook=hook)
    return Module(program, module.report, engine=module._engine, limits=module.limits), results


def operator(schema: str) -> Callable[[Callable[..., Any]], OwnOperator]:
    """Makes a function an operator, ``@tsx.operator("my::swish(Tensor x) -> Tensor")``.

    The function is compiled from its source (``tsx.script``), so it is a formula over operators that tsx has, with
    parameters named and annotated as the schema says. In a graph the operator is one node; its body travels in the
    archive, so nobody needs the function to run it. A traced or scripted model calls the decorated function; torch's
    own operator of that name (``torch.ops.my.swish``) is taken for it as well. The last definition of a name counts.
    Raises ``ScriptError`` for what can't be compiled, TSX4071 to TSX4073 where schema and function don't fit.
    """
    from tsx.capture import own

    return lambda function: own.composite(schema, function)


def register_kernel(
    schema: str, *, infer: Infer | None = None, pure: bool = True
) -> Callable[[Callable[..., Any]], OwnOperator]:
    """Makes a function over NumPy arrays an operator that the host provides; what is no formula comes this way.

    The function takes the operands of the schema (arrays for tensors; bfloat16 as uint16 bits) and gives an array for
    each tensor of the results. An archive lists the operator as required: a program that loads it has to register it
    first (TSX6007). ``infer`` is its type-and-shape rule (``tsx.ir.op.Abstract`` says over what); without one, results
    are what the schema says. ``pure=False`` keeps calls in order and drops none.
    """
    from tsx.capture import own

    return lambda function: own.kernel(schema, function, infer, pure=pure, run=_for_any_arrays)


def _for_any_arrays(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args, **kwargs: _as_given(args, kwargs, lambda a, k: function(*a, **k))


def rewrite(equation: str, *kinds: str) -> Callable[[RuleFunction], RuleFunction]:
    """Adds a rule of your own to ``canonicalize``: ``@tsx.rewrite("swish(x) == silu(x)", "my::swish")``.

    The function sees one node of ``kinds`` and gives what equals its result: a value of the graph, ``tsx.Make(kind,
    operands)``, ``tsx.Literal(value)``, or None to leave the node as it is. The equation names the rule in ``--diff``;
    a second rule of that name replaces the first. The pass checks that nothing writes what the rule touches.
    """
    from tsx.passes.support.rewriting import own_rule

    return own_rule(equation, *kinds)


def _weight(data: ir.WeightData) -> Weight:
    assert isinstance(data, Weight), "capture and load make no other kind"
    return data


def _as_given(
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any] | None,
    run: Callable[[tuple[Any, ...], dict[str, Any]], Any],
) -> Any:
    """Runs on arrays; when torch tensors were given (so torch is loaded), the results become tensors."""
    named = dict(kwargs or {})
    if not _mentions_torch([*args, *named.values()]):
        return run(args, named)
    from tsx.capture.torch import arrays  # only here, since it imports torch

    return arrays.to_torch(run(arrays.to_numpy(args), arrays.to_numpy(named)))


def _mentions_torch(values: Any) -> bool:
    if isinstance(values, Mapping):
        values = list(values.values())
    if isinstance(values, (list, tuple)):
        return any(_mentions_torch(v) for v in values)
    return any(c.__module__ == "torch" and c.__name__ in _TORCH for c in type(values).__mro__)


_TORCH = ("Tensor", "dtype", "device", "memory_format", "layout")  # what callers may pass
