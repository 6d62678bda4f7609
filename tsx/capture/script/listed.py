"""``x.tolist()``: nested lists whose type is that of the name, parameter or result that takes them.

A tensor's rank and dtype are not known while a program is compiled, so the type says which lists are meant; another
tensor is refused when the program runs (``tsx::tolist``).
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from tsx.capture.script.values import Iteration, Sugar, method
from tsx.ir import types as ty
from tsx.ir.graph import Value
from tsx.ops.tolist import DEEPEST

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.convert import Plan
    from tsx.capture.script.problems import Collector, Failed
    from tsx.capture.script.source import Place

_NUMBERS = {
    ty.INT: "aten::Int.Tensor",
    ty.FLOAT: "aten::Float.Tensor",
    ty.BOOL: "aten::Bool.Tensor",
}
_KINDS = {ty.INT: "int", ty.FLOAT: "float", ty.BOOL: "bool", ty.COMPLEX: "complex"}


@dataclass(eq=False, slots=True)
class Listed(Sugar):
    """The lists of a tensor before their type is known."""

    tensor: Sugar
    at: Place  # the call of tolist
    statement: ast.AST  # that it stands in

    def describe(self) -> str:
        return "the lists of a Tensor"

    def as_type(self, ctx: Context, wanted: ty.Type, at: Place) -> Plan | None:
        """How it becomes lists of type ``wanted``, or the number of a tensor without dimensions."""
        if isinstance(wanted, ty.OptionalType):
            return self.as_type(ctx, wanted.element, at)
        element, depth = wanted, 0
        while isinstance(element, ty.ListType):
            element, depth = element.element, depth + 1
        if element not in _KINDS or depth > DEEPEST:
            return None
        kind = f"tsx::tolist.{_KINDS[element]}{depth}" if depth else _NUMBERS.get(element, "")
        return (lambda: ctx.op(kind, at, [self.tensor]).as_value(ctx, at)) if kind else None

    def untyped(self, problems: Collector) -> Failed:
        """The problem that nothing says which lists these are, where tolist is called."""
        text = self.at.text()
        dtype = getattr(self.tensor.type, "dtype", None)
        element = "float"
        if dtype is not None and not dtype.is_float:
            element = "bool" if dtype.name == "BOOL" else "int"
        one = f"list[{element}]"
        match self.statement:
            case ast.Return(value=value) if value is self.at.node:
                way = f"annotate the result with the lists that it has: -> {one}"
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if value is self.at.node:
                way = f"annotate the name with the lists that it holds: {name}: {one} = {text}"
            case _:
                way = f"give it a name with a type before: values: {one} = {text}"
        return problems.add("TSX3071", self.at, way=way, two=f"list[{one}]")

    def _unknown(self, ctx: Context, at: Place) -> NoReturn:
        raise self.untyped(ctx.problems)

    def as_value(self, ctx: Context, at: Place) -> Value:
        self._unknown(ctx, at)

    def attribute(self, ctx: Context, at: Place, name: str) -> Sugar:
        self._unknown(ctx, at)

    def call(
        self, ctx: Context, at: Place, args: Sequence[Sugar], kwargs: Mapping[str, Sugar]
    ) -> Sugar:
        self._unknown(ctx, at)

    def subscript(self, ctx: Context, at: Place, index: Sugar) -> Sugar:
        self._unknown(ctx, at)

    def iterate(self, ctx: Context, at: Place) -> Iteration:
        self._unknown(ctx, at)

    def length(self, ctx: Context, at: Place) -> Sugar:
        self._unknown(ctx, at)

    def truth(self, ctx: Context, at: Place) -> Sugar:
        self._unknown(ctx, at)


@method(ty.TensorType, "tolist")
def _tolist(ctx: Context, at: Place, self: Sugar) -> Sugar:
    return Listed(self, at, ctx.here.node)
