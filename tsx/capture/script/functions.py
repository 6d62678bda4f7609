"""Functions: Python functions as entries of the function table, closures and lambdas inlined where they are called.

Takes a live function (or a ``def`` inside one) and the arguments of a call. A function is compiled once for each way
its arguments are typed; what can't be typed (a function, a module) makes it inlined. Recursion needs a result type.
"""

from __future__ import annotations

import ast
import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FunctionType
from typing import Protocol

from tsx.capture.script import worlds
from tsx.capture.script.classes import classes_of
from tsx.capture.script.context import Context
from tsx.capture.script.emit_block import (
    STATEMENTS,
    emit_block,
    leave,
    may_have_left,
    rest_unless_left,
)
from tsx.capture.script.environment import RETURN, Binding
from tsx.capture.script.frames import Frame, own_names, walk_scope
from tsx.capture.script.joins import Conflict
from tsx.capture.script.library_advice import for_library
from tsx.capture.script.listed import Listed
from tsx.capture.script.open_types import close_graph
from tsx.capture.script.parameters import Signature, bind, signature
from tsx.capture.script.problems import POISON, Collector, Failed, Poison
from tsx.capture.script.program import Compiled, Program
from tsx.capture.script.source import FunctionTree, Place, Source
from tsx.capture.script.values import (
    Code,
    Constant,
    DeviceName,
    ListLiteral,
    Ssa,
    Sugar,
    TupleSugar,
    builtin,
)
from tsx.capture.script.verbs import resolvers
from tsx.capture.trace.spans import is_user_file
from tsx.errors import TsxError
from tsx.ir import types as ty
from tsx.ir.graph import Graph, Value

_DEEPEST = 40  # inlined calls in inlined calls


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


def typed_arguments(
    ctx: Context, name: str, bound: Mapping[str, Sugar], annotated: Signature, at: Place
) -> dict[str, Sugar]:
    """Arguments converted to the annotated types; the others as they are."""
    found: dict[str, Sugar] = {}
    for parameter, value in bound.items():
        wanted = annotated.types.get(parameter)
        if parameter in annotated.failed:
            found[parameter] = POISON
            continue
        if parameter in annotated.counts and value.type in (ty.INT, ty.FLOAT):
            value = ListLiteral([value] * annotated.counts[parameter])
        if parameter == annotated.keywords:
            found[parameter] = value  # ** in the body has to know the names
            continue
        takes_any = wanted is None or (value.type is None and not _may_convert(value, wanted))
        if not takes_any and annotated.is_loose and wanted is not None:
            takes_any = not ctx.can_be(value, wanted, at)
        if not takes_any and _is_derived(ctx, value.type, wanted):
            takes_any = True  # its methods are looked up where it stands
        if not takes_any and wanted is not None:
            what = f"the argument {parameter} of {name}"
            value = ctx.converted(value, wanted, _argument(at, bound, parameter), what)
        found[parameter] = ctx.settled(value, at)
    return found


def _is_derived(ctx: Context, type: ty.Type | None, wanted: ty.Type | None) -> bool:
    """Whether an object is of a class that is derived from the one that is asked for."""
    if not isinstance(type, ty.ClassType) or not isinstance(wanted, ty.ClassType):
        return False
    classes = classes_of(ctx)
    cls, base = classes.python(type), classes.python(wanted)
    return cls is not None and base is not None and cls is not base and issubclass(cls, base)


def _argument(at: Place, bound: Mapping[str, Sugar], parameter: str) -> Place:
    """Where the argument of a parameter stands in a call."""
    if not isinstance(at.node, ast.Call):
        return at
    for keyword in at.node.keywords:
        if keyword.arg == parameter:
            return Place(at.source, keyword.value)
    names = [name for name in bound if name != "self"]
    place = names.index(parameter) if parameter in names else len(names)
    given = at.node.args
    starred = any(isinstance(argument, ast.Starred) for argument in given)
    return Place(at.source, given[place]) if place < len(given) and not starred else at


def _may_convert(value: Sugar, wanted: ty.Type) -> bool:
    """Whether a value without a type may become one: a literal, a tuple."""
    return hasattr(value, "made") or hasattr(value, "items")


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


class NotAValue(Exception):
    """A function returns what can't be a value, so that it has to be inlined."""

    def __init__(self, value: Sugar, at: Place) -> None:
        super().__init__()
        self.value = value
        self.at = at

    def report(self, problems: Collector, function: str) -> None:
        """Records the problem that it is for an entry point."""
        culprit = _no_value_in(self.value)
        if isinstance(culprit, Listed):
            culprit.untyped(problems)
            return
        problems.add("TSX3037", self.at, function=function, what=culprit.describe())


def _no_value_in(value: Sugar) -> Sugar:
    """The first part of a value that is none itself."""
    pairs: Sequence[tuple[Sugar, Sugar]] = getattr(value, "pairs", ())
    items: Sequence[Sugar] = getattr(value, "items", ())
    for part in [*items, *(v for _, v in pairs)]:
        if part.type is None:
            return _no_value_in(part)
    return value


def compile_graph(
    program: Program,
    name: str,
    source: Source,
    types: Mapping[str, ty.Type],
    static: Mapping[str, Sugar],
    codes: Mapping[str, str],
    returns: ty.Type | None,
    own: tuple[str, Receiver | None] = ("", None),
) -> Graph:
    """The graph of a function, an input for each of ``types``. ``static`` are the parameters that are no inputs.

    ``own`` is the first parameter of a method with what it stands for; the graph's first input is ``%self``.
    """
    graph = Graph(name)
    ctx = Context(program, graph.block, source)
    names, foreign = own_names(source.tree)
    ctx.enter(Frame(ctx.new_number(), source, names, returns=returns, nonlocals=foreign))
    at = Place(source, source.tree)
    if own[1] is not None:
        receiver = own[1].inside(Ssa(graph.block.add_input(own[1].type(), "self")))
        ctx.env.bind(ctx.key(own[0]), receiver, at)
    for parameter, type in types.items():
        label = "self_" if parameter == "self" else parameter  # %self is a method's object
        value = Ssa(graph.block.add_input(type, label), codes.get(parameter, ""))
        if worlds.holds_arrays(type):
            of = codes.get(parameter) or worlds.library_of_parameter(source, parameter)
            program.libraries[value.value] = of
            value = Ssa(value.value)
        ctx.env.bind(ctx.key(parameter), value, at)
    for parameter, sugar in static.items():
        ctx.env.bind(ctx.key(parameter), sugar, at)
    run_body(ctx, source.tree, at)
    result = _result(ctx, at)
    if result.type is None and hasattr(result, "as_type") and not hasattr(result, "untyped"):
        result = Ssa(result.as_value(ctx, at))
    if result.type is None:
        returned = ctx.env.get((ctx.frame.number, RETURN))
        raise NotAValue(result, returned.at if returned is not None and returned.at else at)
    graph.block.return_node.set_inputs([result.as_value(ctx, at)])
    known = result.static()
    code = known.kind if isinstance(known, Code) else ""
    program.codes[graph] = result.code if isinstance(result, Ssa) else code
    close_graph(graph, None)
    return graph


def run_body(ctx: Context, tree: FunctionTree, at: Place) -> None:
    """Compiles the statements of a function in the current frame; every path ends with a return."""
    _check_generator(ctx, tree)
    if isinstance(tree, ast.Lambda):
        leave(ctx, ctx.settled(ctx.expression(tree.body), at), at)
        return
    emit_block(ctx, tree.body)
    if not ctx.env.live:
        return
    left = may_have_left(ctx)
    if left is None:
        _fall_off(ctx, at)
    else:
        rest_unless_left(ctx, left, lambda: _fall_off(ctx, at), at)


def _check_generator(ctx: Context, tree: FunctionTree) -> None:
    """A problem for a generator, once for all that it yields."""
    body: list[ast.AST] = [tree.body] if isinstance(tree, ast.Lambda) else list(tree.body)
    for node in walk_scope(body):
        if isinstance(node, (ast.Yield, ast.YieldFrom)):
            given = ast.unparse(node.value) if node.value is not None else "None"
            verb = "append" if isinstance(node, ast.Yield) else "extend"
            way = f"collect what it yields in a list, values.{verb}({given}), and return the list"
            what = "a generator (a function with yield)"
            raise ctx.problem("TSX3043", ctx.place(node), what=what, way=way)


def _fall_off(ctx: Context, at: Place) -> None:
    """The end of a function without a return gives None."""
    value: Sugar = Constant(None)
    wanted = ctx.frame.returns
    if ctx.has_failed and wanted is not None:
        leave(ctx, POISON, at)
        return
    if wanted is not None and not ty.is_subtype(ty.NONE, wanted):
        tree = ctx.frame.source.tree
        last = tree.body[-1] if isinstance(tree, ast.FunctionDef) else tree
        ctx.problem("TSX3034", ctx.place(last), function=ctx.frame.source.qualname)
        return
    leave(ctx, value, at)


def _result(ctx: Context, at: Place) -> Sugar:
    """What the current frame returned."""
    binding: Binding | None = ctx.env.get((ctx.frame.number, RETURN))
    if binding is None:
        wanted = ctx.frame.returns  # every path raises
        if wanted is None or wanted == ty.NONE:
            return Constant(None)
        return ctx.emit("prim::Uninitialized", (), wanted, at)
    if isinstance(binding.value, Poison):
        raise Failed
    if isinstance(binding.value, Conflict):
        raise binding.value.problem(ctx, binding.value.second.at or at)
    value = ctx.refined(binding, at)
    wanted = ctx.frame.returns
    if wanted is not None and value.type is not None and value.type != wanted:
        return Ssa(ctx.convert(value, wanted, at, "the return value"))
    return value


# -- inlining -----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Inlined:
    """A call to compile in place."""

    source: Source
    tree: FunctionTree
    bound: dict[str, Sugar]
    returns: ty.Type | None = None
    parent: Frame | None = None
    name: str = ""
    variables: dict[object, ty.Type] = field(default_factory=dict)


def inline(ctx: Context, at: Place, call: Inlined) -> Sugar:
    """Compiles a call where it stands, in a frame of its own."""
    if ctx.inlined.count(call.tree) > 1 or len(ctx.inlined) > _DEEPEST:
        raise ctx.problem("TSX3033", at, function=call.name)
    outer, here = ctx.frame, ctx.here
    names, foreign = own_names(call.tree)
    frame = Frame(
        ctx.new_number(),
        call.source,
        names,
        call.parent,
        call.returns,
        foreign,
        variables=call.variables,
    )
    ctx.inlined.append(call.tree)
    ctx.problems.callers.append(at)
    ctx.enter(frame)
    try:
        for name, value in call.bound.items():
            ctx.env.bind((frame.number, name), value, at)
        run_body(ctx, call.tree, Place(call.source, call.tree))
        value = _result(ctx, Place(call.source, call.tree))
    finally:
        ctx.inlined.pop()
        ctx.problems.callers.pop()
        ctx.frame, ctx.here = outer, here
    if not ctx.env.raised:
        ctx.env.live, ctx.env.left = True, None
    keeps = _may_hold_closure(value)
    for key in [k for k in ctx.env.names if k[0] == frame.number]:
        if not keeps or key[1].startswith("$"):
            del ctx.env.names[key]
    return value


def _may_hold_closure(value: Sugar) -> bool:
    if isinstance(value, (TupleSugar, ListLiteral)):
        return any(map(_may_hold_closure, value.items))
    return not isinstance(value, (Ssa, Constant))


@dataclass(eq=False, slots=True)
class Closure(Sugar):
    """A ``def`` or ``lambda`` inside a function: inlined at each call, with the names around as they are then."""

    source: Source
    tree: FunctionTree
    frame: Frame
    name: str
    defaults: dict[str, Sugar]
    returns: ty.Type | None = None
    types: dict[str, ty.Type | None] = field(default_factory=dict)

    def describe(self) -> str:
        return "a lambda" if isinstance(self.tree, ast.Lambda) else f"the function {self.name}"

    def call(
        self, ctx: Context, at: Place, args: Sequence[Sugar], kwargs: Mapping[str, Sugar]
    ) -> Sugar:
        bound = bind(ctx, self.name, self.tree, args, kwargs, self.defaults.get, at)
        typed = typed_arguments(ctx, self.name, bound, Signature(self.types, self.returns), at)
        return inline(
            ctx, at, Inlined(self.source, self.tree, typed, self.returns, self.frame, self.name)
        )


def closure(ctx: Context, tree: FunctionTree, name: str) -> Closure:
    """The value of a ``def`` or ``lambda``; its defaults are evaluated now."""
    spec = tree.args
    defaults: dict[str, Sugar] = {}
    positional = [*spec.posonlyargs, *spec.args]
    for argument, node in zip(reversed(positional), reversed(spec.defaults), strict=False):
        defaults[argument.arg] = ctx.settled(ctx.expression(node), ctx.place(node))
    for argument, given in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
        if given is not None:
            defaults[argument.arg] = ctx.settled(ctx.expression(given), ctx.place(given))
    annotated = signature(ctx.program, ctx.frame.source, tree, ctx.frame.variables)
    return Closure(
        ctx.frame.source, tree, ctx.frame, name, defaults, annotated.result, annotated.types
    )


def _def(ctx: Context, statement: ast.FunctionDef) -> None:
    value: Sugar = closure(ctx, statement, statement.name)
    for decorator in reversed(statement.decorator_list):
        value = ctx.expression(decorator).call(ctx, ctx.place(decorator), [value], {})
    ctx.bind(statement.name, value, ctx.place(statement))


@dataclass(frozen=True, slots=True)
class Partial(Sugar):
    """``functools.partial(f, …)``: a function with some of its arguments."""

    function: Sugar
    args: tuple[Sugar, ...]
    kwargs: tuple[tuple[str, Sugar], ...]

    def describe(self) -> str:
        return f"a partial of {self.function.describe()}"

    def call(
        self, ctx: Context, at: Place, args: Sequence[Sugar], kwargs: Mapping[str, Sugar]
    ) -> Sugar:
        return self.function.call(ctx, at, [*self.args, *args], {**dict(self.kwargs), **kwargs})


@builtin(functools.partial)
def _partial(ctx: Context, at: Place, function: Sugar, *args: Sugar, **kwargs: Sugar) -> Sugar:
    return Partial(function, tuple(args), tuple(kwargs.items()))


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
STATEMENTS[ast.FunctionDef] = _def  # type: ignore[assignment]  # takes the class it stands under
