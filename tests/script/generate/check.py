"""Whether tsx does with a generated program what Python does: compiled, verified, run, optimised, run again.

Python runs the program with one rule more: an int that leaves 64 bits raises OverflowError, as ours does.
"""

from __future__ import annotations

import ast
import contextlib
import resource
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import tsx
from tests.script.check import python_outcome
from tests.script.generate.program import Program, loaded
from tests.script.outcome import Outcome, difference, run
from tsx.errors import Problems, ScriptError, TsxError
from tsx.ir.verify import verify_module

_SECONDS = 20
_BYTES = 4 << 30  # a text may grow by a factor with each turn of a loop
_WRAPPED_CALLS = {"sum", "abs", "int", "round", "len", "min", "max"}


@dataclass(frozen=True)
class Finding:
    """What is wrong: its kind (what a reduction must keep), and the details."""

    kind: str
    detail: str


def check(program: Program, *, level: int | None = 3) -> Finding | None:
    """What is wrong with what tsx makes of ``program``, or None."""
    try:
        with at_most(_SECONDS), memory_for(_BYTES):
            return _check(program, level)
    except TooLong:
        return Finding("too slow", f"not done after {_SECONDS} s of processor time")


def _check(program: Program, level: int | None) -> Finding | None:
    name = f"<program {program.seed}>"
    expected = expected_outcomes(program)
    try:
        module = tsx.script(loaded(program.source, name))
    except (ScriptError, Problems) as error:
        return Finding(f"refused {error.code}", str(error))
    except Exception as error:  # any other error is a bug of the compiler
        return Finding(f"compiler raises {type(error).__name__}", str(error))
    broken = verify_module(module.ir)
    if broken:
        return Finding("invalid graph", "; ".join(map(str, broken)))
    found = _runs(module, program, expected, "run")
    if found is None and level is not None:
        try:
            optimised = tsx.optimize(module, level=level)
        except Exception as error:  # a pass that fails is what is looked for
            return Finding(f"passes raise {type(error).__name__}", str(error))
        found = _runs(optimised, program, expected, f"level {level}")
    return found


def _runs(
    module: tsx.Module, program: Program, expected: list[Outcome], where: str
) -> Finding | None:
    for index, want in enumerate(expected):
        got = python_outcome(module, program.arguments(index))
        if isinstance(got.raised, TsxError) and got.raised.code[3] == "9":
            return Finding(f"{where}: internal error", str(got.raised))
        if _same_limit(got, want):
            continue
        found = difference(got, want)
        if found:
            return Finding(f"{where}: differs", f"call {index + 1}: {found}")
    return None


def _same_limit(got: Outcome, want: Outcome) -> bool:
    """Whether both ran out of 64 bits, or both out of memory; the words may differ."""
    if want.error is None or got.error is None:
        return False
    if want.error[0] == "MemoryError":
        return isinstance(got.raised, TsxError) and got.raised.code == "TSX5020"
    return want.error[0] == got.error[0] == "OverflowError"


def expected_outcomes(program: Program) -> list[Outcome]:
    """What Python gives for each call, with 64-bit ints."""
    tree = ast.fix_missing_locations(_Checked().visit(ast.parse(program.source)))
    entry = loaded(ast.unparse(tree), f"<checked {program.seed}>", {"_i64": _i64})
    return [run(entry, program.arguments(index)) for index in range(len(program.calls))]


def _i64(value: Any) -> Any:
    if type(value) is int and not -(2**63) <= value < 2**63:
        raise OverflowError("int too large")
    return value


class _Checked(ast.NodeTransformer):
    """Puts ``_i64(…)`` around every place where an int may be made."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        return _checked(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        self.generic_visit(node)
        return _checked(node)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        wrapped = isinstance(node.func, ast.Name) and node.func.id in _WRAPPED_CALLS
        return _checked(node) if wrapped else node

    def visit_AugAssign(self, node: ast.AugAssign) -> list[ast.stmt]:
        self.generic_visit(node)
        if not isinstance(node.target, ast.Name):
            return [node]
        name = ast.Name(node.target.id, ast.Load())
        return [node, ast.Expr(_checked(name))]


def _checked(node: ast.expr) -> ast.expr:
    return ast.Call(ast.Name("_i64", ast.Load()), [node], [])


class TooLong(BaseException):
    """Not an Exception, so that nothing on the way takes it for the program's own."""


@contextlib.contextmanager
def at_most(seconds: int) -> Iterator[None]:
    """Raises TooLong when the block has taken ``seconds`` of processor time and is not done."""
    previous = signal.signal(signal.SIGVTALRM, _too_long)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, previous)


@contextlib.contextmanager
def memory_for(bytes: int) -> Iterator[None]:
    """Lets the block map ``bytes`` more than the process has; then allocations raise MemoryError."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _too_long(number: int, frame: FrameType | None) -> None:
    raise TooLong


Check = Callable[[Program], Finding | None]
