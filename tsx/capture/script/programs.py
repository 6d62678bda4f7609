"""Finished programs in scripts: a traced (or scripted, or loaded) module that scripted code calls.

Takes a live ``tsx.Module``; gives a callable whose call is ``prim::CallFunction``: graph, functions and weights come
along. What its trace took for granted (types, sizes that it pinned or tied) is guarded at the call, as it is checked at
the border when the program runs alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tsx.capture.script.sequences import DictLiteral
from tsx.capture.script.values import Constant, Ssa, Sugar, TupleSugar
from tsx.capture.script.verbs import resolvers
from tsx.capture.trace.calls import Callee, callee_of, renamed
from tsx.errors import TsxError
from tsx.ir import types as ty
from tsx.ir.dims import Expr
from tsx.ir.graph import Attribute, Value
from tsx.ir.module import Module, Parameter, TreeSpec

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place


@dataclass(eq=False, slots=True)
class ProgramSugar(Sugar):
    """A program, by its forward method."""

    module: Module

    def describe(self) -> str:
        return f"the program {self.module.name}"

    def call(
        self, ctx: Context, at: Place, args: Sequence[Sugar], kwargs: Mapping[str, Sugar]
    ) -> Sugar:
        name, callee = self._entered(ctx, at)
        leaves: list[Sugar] = []
        for parameter, given in self._bound(ctx, at, callee.method.parameters, args, kwargs):
            leaves += _leaves(ctx, at, parameter.name, parameter.spec, given)
        inputs = callee.graph.inputs
        values = [
            ctx.convert(leaf, ty.erase_shapes(formal.type), at, f"the argument {formal.name}")
            for leaf, formal in zip(leaves, inputs, strict=True)
        ]
        _check_sizes(ctx, at, values, inputs)
        types = [ty.erase_shapes(value.type) for value in callee.graph.outputs]
        node = ctx.node("prim::CallFunction", values, types, at, {"name": name})
        return _structure(callee.method.result, iter(node.outputs))

    def _entered(self, ctx: Context, at: Place) -> tuple[str, Callee]:
        """The program as entries of the function table, made once for each compilation."""
        program = ctx.program
        key = ("program", id(self.module))
        known = program.programs.get(key)
        if known is not None:
            return known
        try:
            callee = callee_of(self.module, _forward(self.module))
        except TsxError as error:
            raise ctx.problems.add_error(ctx.located(error, at)) from None
        name = program.unique_name(self.module.name)
        functions = {old: program.unique_name(f"{name}.{old}") for old in callee.module.functions}
        for new, graph in renamed(callee, name, functions).items():
            program.functions[new] = graph
        program.weights |= {f"{name}.{w}": data for w, data in callee.module.weights.items()}
        program.classes |= callee.module.classes
        program.programs[key] = name, callee
        return name, callee

    def _bound(
        self,
        ctx: Context,
        at: Place,
        parameters: Sequence[Parameter],
        args: Sequence[Sugar],
        kwargs: Mapping[str, Sugar],
    ) -> list[tuple[Parameter, Sugar]]:
        positional = [p for p in parameters if not p.keyword_only]
        named = dict(kwargs)
        if len(args) > len(positional):
            reason = f"it takes {len(positional)} positional argument(s), not {len(args)}"
            raise ctx.problem("TSX3020", at, function=self.module.name, reason=reason)
        given = {p.name: arg for p, arg in zip(positional, args, strict=False)}
        for parameter in parameters:
            if parameter.name in named and parameter.name not in given:
                given[parameter.name] = named.pop(parameter.name)
            elif parameter.name not in given and parameter.default:
                given[parameter.name] = Constant(parameter.default[0])  # type: ignore[arg-type]  # a plain value
        missing = [p.name for p in parameters if p.name not in given and p.spec.leaves()]
        if named or missing:
            wrong = f"it has no {next(iter(named))}" if named else f"{missing[0]} is missing"
            raise ctx.problem("TSX3020", at, function=self.module.name, reason=wrong)
        return [(p, given[p.name]) for p in parameters if p.name in given]


def _forward(module: Module) -> str:
    method = module.forward
    return next(name for name, known in module.methods.items() if known is method)


def _leaves(ctx: Context, at: Place, name: str, spec: TreeSpec, given: Sugar) -> list[Sugar]:
    """The leaves of an argument, as the program's border takes it apart."""
    if spec.kind == "leaf":
        return [given]
    if spec.kind in ("none", "constant"):
        if given.static() != spec.value or type(given.static()) is not type(spec.value):
            reason = f"{name} was {spec.value!r} when it was captured"
            raise ctx.problem("TSX3020", at, function="the program", reason=reason)
        return []
    items = ctx.parts(given, at)
    if isinstance(given, DictLiteral) and spec.keys:
        named = given.named_items or {}
        items = [named[str(key)] for key in spec.keys if str(key) in named]
    if items is None or len(items) != len(spec.children):
        reason = f"{name} is a {spec.kind} of {len(spec.children)}"
        raise ctx.problem("TSX3020", at, function="the program", reason=reason)
    pairs = zip(spec.children, items, strict=True)
    return [leaf for child, item in pairs for leaf in _leaves(ctx, at, name, child, item)]


def _structure(spec: TreeSpec, outputs: object) -> Sugar:
    """The result of a call, put together from its leaves."""
    if spec.kind == "leaf":
        return Ssa(next(outputs))  # type: ignore[call-overload]  # an iterator of values
    if spec.kind in ("none", "constant"):
        return Constant(spec.value)
    items = [_structure(child, outputs) for child in spec.children]
    if spec.keys and spec.kind != "namedtuple":
        return DictLiteral([(Constant(k), v) for k, v in zip(spec.keys, items, strict=True)])
    return TupleSugar(items)


def _check_sizes(
    ctx: Context, at: Place, values: Sequence[Value], formals: Sequence[Value]
) -> None:
    """Guards on dtype, rank and sizes that the program was captured for."""
    symbols: dict[Expr, Value] = {}
    for value, formal in zip(values, formals, strict=True):
        type = formal.type
        if not isinstance(type, ty.TensorType):
            continue
        name = formal.name or "input"
        if type.dtype is not None:
            found = ctx.emit("prim::dtype", [value], ty.INT, at).value
            _emit_guard(ctx, at, found, "dtype", type.dtype.code, name)
        if type.shape is None:
            continue
        _guard(ctx, at, "aten::dim", [value], len(type.shape), f"{name}.ndim")
        for dim, size in enumerate(type.shape):
            place = ctx.constant(dim, at)
            if isinstance(size, int):
                source = f"{name}.shape[{dim}]"
                _guard(ctx, at, "aten::size.int", [value, place], size, source)
            elif isinstance(size, Expr):
                found = ctx.emit("aten::size.int", [value, place], ty.INT, at).value
                first = symbols.setdefault(size, found)
                if first is not found:
                    same = ctx.emit("aten::eq.int", [first, found], ty.BOOL, at).value
                    _emit_guard(ctx, at, same, "bool", True, f"sizes of {name} that were equal")


def _guard(
    ctx: Context, at: Place, kind: str, operands: Sequence[Value], expect: int, source: str
) -> None:
    _emit_guard(ctx, at, ctx.emit(kind, operands, ty.INT, at).value, "int", expect, source)


def _emit_guard(
    ctx: Context, at: Place, value: Value, kind: str, expect: int | bool, source: str
) -> None:
    attributes: dict[str, Attribute] = {"kind": kind, "expect": expect, "source": source}
    ctx.node("tsx::guard", [value], (), at, attributes)


def _resolve(ctx: Context, at: Place, obj: object) -> Sugar | None:
    """A ``tsx.Module``, which holds its program as ``ir``."""
    program = getattr(obj, "ir", None)
    return ProgramSugar(program) if isinstance(program, Module) else None


resolvers.append(_resolve)
