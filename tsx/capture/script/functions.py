"""Functions: Python functions as entries of the function table.

Takes a live function and the arguments of a call. A function is compiled once for each way
its arguments are typed; what can't be typed (a function, a module) makes it inlined. Recursion needs a result type.
"""

from __future__ import annotations

import ast
import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import FunctionType
from typing import Protocol

from tsx.capture.script import worlds
from tsx.capture.script.arguments import typed_arguments
from tsx.capture.script.bodies import NotAValue, compile_graph
from tsx.capture.script.closures import Inlined, Partial, inline
from tsx.capture.script.context import Context
from tsx.capture.script.library_advice import for_library
from tsx.capture.script.parameters import Signature, bind, signature
from tsx.capture.script.problems import Failed
from tsx.capture.script.program import Compiled, Program
from tsx.capture.script.source import FunctionTree, Place, Source
from tsx.capture.script.values import (
    Code,
    Constant,
    DeviceName,
    Ssa,
    Sugar,
)
from tsx.capture.script.verbs import resolvers
from tsx.capture.trace.spans import is_user_file
from tsx.errors import TsxError
from tsx.ir import types as ty
from tsx.ir.graph import Graph, Value


@dataclass(frozen=True, slots=True)
class FunctionValue(Sugar):
    """A Python function, known by its object."""

    function: FunctionType

    def describe(self) -> str:
        return f"the function {self.function.__name__}"

    def call(
        self, ctx: Context, at: Place, args: Sequence[Sugar], kwargs: Mapping[str, Sugar]
    ) -> Sugar:
        return call_function(ctx, at, self.function, args, kwargs)


class Receiver(Protocol):
    """What the first parameter of a method of a live object is, and where the method is kept."""

    def key(self) -> object:
        """Equal for objects that share their methods."""

    def type(self) -> ty.Type:
        """The type of the object."""

    def operand(self, ctx: Context, at: Place) -> Value:
        """The object, at a call."""

    def inside(self, value: Ssa) -> Sugar:
        """The object, in the method."""

    def name(self, function: FunctionType) -> str:
        """A name for the method that nothing has yet."""

    def keep(self, name: str, graph: Graph) -> None:
        """Puts the method into its class."""


def call_function(
    ctx: Context,
    at: Place,
    function: FunctionType,
    args: Sequence[Sugar],
    kwargs: Mapping[str, Sugar],
    receiver: Receiver | None = None,
) -> Sugar:
    """Calls a Python function: an entry of the function table, or inlined when an argument is no value.

    With a ``receiver``, the first argument is the object that it stands for, and the function a method of its class.
    """
    program = ctx.program
    try:
        source = program.source(function)
    except TsxError as error:
        if not is_user_file(function.__code__.co_filename):
            kind = "function of Python's own library"
            raise ctx.unknown_object(at, function, function.__qualname__, kind) from None
        raise ctx.problems.add_error(_at_call(error, at)) from None
    tree = source.tree

    def default(name: str) -> Sugar | None:
        return default_of(ctx, function, name, at)

    bound = bind(ctx, function.__name__, tree, args, kwargs, default, at)
    mark = program.problems.mark()
    annotated = signature_of(program, source, tree)
    if source.is_loose:
        program.problems.rewind(mark)
        annotated.is_loose, annotated.result, annotated.has_result = True, None, False
        annotated.failed.clear()  # what a library annotates is for its readers
    typed = typed_arguments(ctx, function.__name__, bound, annotated, at)
    starred = tree.args.vararg is not None or tree.args.kwarg is not None
    values = list(typed.values())[receiver is not None :]

    def call() -> Sugar:
        if starred or any(value.type is None for value in values):
            inlined = Inlined(source, tree, typed, annotated.result, name=function.__name__)
            return inline(ctx, at, inlined)
        return _call_compiled(ctx, at, function, source, typed, annotated, receiver)

    if at.source.is_users and not source.is_users:
        return _into_library(ctx, at, function, call)
    return call()


def _into_library(
    ctx: Context, at: Place, function: FunctionType, call: Callable[[], Sugar]
) -> Sugar:
    """A call of a library's own Python code: what can't be compiled in there is one problem, at the call."""
    problems = ctx.problems
    mark = problems.mark()
    try:
        found = call()
        if problems.mark() == mark:
            return found
    except Failed:
        if problems.mark() == mark:
            raise
    first = problems.rewind(mark)[0]
    name = f"{function.__module__}.{function.__qualname__}"
    reason = f"{first.message} ({first.where})"
    help = for_library(function, name, at)
    raise ctx.problem("TSX3073", at, name=name, reason=reason, help=help)


def _at_call(error: TsxError, at: Place) -> TsxError:
    return type(error)(error.code, error.message, str(at.span), at.excerpt(), error.help)


def signature_of(program: Program, source: Source, tree: FunctionTree) -> Signature:
    """The annotations of a function, read once."""
    key = ("signature", id(tree))
    found = program.signatures.get(key)
    if found is None:
        found = program.signatures[key] = signature(program, source, tree, {})
    return found


def default_of(ctx: Context, function: FunctionType, name: str, at: Place) -> Sugar | None:
    """The default of a parameter, as the function object has it."""
    parameter = inspect.signature(function, follow_wrapped=False).parameters.get(name)
    if parameter is None or parameter.default is parameter.empty:
        return None
    is_shared = isinstance(parameter.default, (list, dict, set))
    if is_shared and may_change(ctx.program.source(function).tree, name):
        raise ctx.problem("TSX3035", at, function=function.__name__, name=name)
    return ctx.resolve(parameter.default, at, name)


def may_change(tree: ast.AST, name: str) -> bool:
    """Whether code may change the list or dict that ``name`` is bound to: a method, an item, or ``+=``."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=found), attr=method)):
                if found == name and method in _CHANGES:
                    return True
            case ast.AugAssign(target=ast.Name(id=found)) if found == name:
                return True
            case ast.Subscript(value=ast.Name(id=found), ctx=ast.Store() | ast.Del()):
                if found == name:
                    return True
    return False


_CHANGES = frozenset({
    "append", "extend", "insert", "pop", "remove", "clear", "sort", "reverse", "update", "setdefault", "popitem",
    "add",
})  # fmt: skip


def _is_static(value: Sugar, *, is_loose: bool) -> bool:
    """Whether a function is compiled for this very value: flags and modes decide what code there is.

    In a library's layers, numbers of dimensions do, too.
    """
    if not isinstance(value, Constant) or isinstance(value.value, (Code, DeviceName)):
        return isinstance(value, Constant) and value.value is None
    return value.value is None or isinstance(
        value.value, (bool, str, int) if is_loose else (bool, str)
    )


def _call_compiled(
    ctx: Context,
    at: Place,
    function: FunctionType,
    source: Source,
    typed: Mapping[str, Sugar],
    annotated: Signature,
    receiver: Receiver | None,
) -> Sugar:
    program = ctx.program
    own = next(iter(typed)) if receiver is not None else ""
    given = {
        n: value
        for n, value in typed.items()
        if n != own and not _is_static(value, is_loose=source.is_loose)
    }
    operands = [value.as_value(ctx, at) for value in given.values()]
    types = {n: ty.erase_shapes(v.type) for n, v in zip(given, operands, strict=True)}
    if any(ctx.is_open(type) for type in types.values()):
        for value in operands:
            ctx.close_defaults(value)
        types = {n: ty.erase_shapes(v.type) for n, v in zip(given, operands, strict=True)}
    static = {n: value for n, value in typed.items() if n != own and n not in given}
    codes = {n: annotated.codes.get(n) or _code(ctx, v, at) for n, v in given.items()}
    key = (
        function,
        receiver.key() if receiver is not None else None,
        tuple(types.items()),
        tuple((n, _static_key(v)) for n, v in static.items()),
        tuple(codes.items()),
    )
    known = program.compiled.get(key)
    if known is None:
        name = receiver.name(function) if receiver else program.function_name(function)
        known = program.compiled[key] = Compiled(name)
        program.problems.callers.append(at)
        try:
            _compile(program, known, source, types, static, codes, annotated, (own, receiver))
        finally:
            program.problems.callers.pop()
    if known.is_inlined:
        return inline(
            ctx,
            at,
            Inlined(source, source.tree, dict(typed), annotated.result, name=function.__name__),
        )
    if known.has_failed:
        for error in known.problems:
            program.problems.add_error(error)
        raise Failed
    if known.result is None:
        if not annotated.has_result:
            raise ctx.problem("TSX3032", at, function=function.__name__)
        known.result = annotated.result or ty.NONE
    kind = "prim::CallFunction"
    if receiver is not None:
        kind, operands = "prim::CallMethod", [receiver.operand(ctx, at), *operands]
    made = ctx.emit(kind, operands, known.result, at, {"name": known.name})
    if known.graph is not None:
        program.returned[made.value] = known.graph.outputs[0]
    return Ssa(made.value, known.code)


def _code(ctx: Context, value: Sugar, at: Place) -> str:
    """What an argument stands for beyond its type; of arrays, their library."""
    if worlds.holds_arrays(value.type):
        return worlds.library(ctx, value, at)
    static = value.static()
    if isinstance(static, Code):
        return static.kind
    return value.code if isinstance(value, Ssa) else ""


def _static_key(value: Sugar) -> object:
    return (type(value.value).__name__, value.value) if isinstance(value, Constant) else id(value)


def _compile(
    program: Program,
    known: Compiled,
    source: Source,
    types: Mapping[str, ty.Type],
    static: Mapping[str, Sugar],
    codes: Mapping[str, str],
    annotated: Signature,
    own: tuple[str, Receiver | None],
) -> None:
    """Compiles the body into a graph of the function table, or of the class of the receiver."""
    mark = program.problems.mark()
    known.result = annotated.result if annotated.has_result else None
    try:
        graph = compile_graph(
            program, known.name, source, types, static, codes, annotated.result, own
        )
    except NotAValue:
        program.problems.rewind(mark)
        known.is_inlined = True
        return
    except Failed:
        known.has_failed = True
        known.problems = tuple(program.problems.found[mark:])
        return
    known.graph = graph
    known.code = program.codes.get(graph, "")
    known.result = graph.outputs[0].type
    known.problems = tuple(program.problems.found[mark:])
    known.has_failed = bool(known.problems)
    if own[1] is not None:
        own[1].keep(known.name, graph)
    else:
        program.functions[known.name] = graph


def _resolve(ctx: Context, at: Place, obj: object) -> Sugar | None:
    if isinstance(obj, FunctionType):
        return FunctionValue(obj)
    if isinstance(obj, functools.partial):
        args = tuple(ctx.resolve(value, at, at.text()) for value in obj.args)
        kwargs = {name: ctx.resolve(value, at, at.text()) for name, value in obj.keywords.items()}
        return Partial(ctx.resolve(obj.func, at, at.text()), args, tuple(kwargs.items()))
    if isinstance(obj, type(functools.cache(len))):  # a cache gives what the function gives
        return ctx.resolve(obj.__wrapped__, at, at.text())
    return None


resolvers.insert(0, _resolve)
