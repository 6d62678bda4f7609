"""Operators by name in scripted code: ``aten.mul(x, y)``, as the bodies of composite operators say it.

Takes the objects of ``tsx.ops.bodies.language``; gives the operators that they name, and its Tensor as a type.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tsx.capture.script.program import known_types
from tsx.capture.script.values import Code, Constant, Operator, Sugar, builtin
from tsx.capture.script.verbs import resolvers
from tsx.ir import types as ty
from tsx.ops.bodies.language import DType, Named, Namespace, Tensor, known

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place


class NamespaceSugar(Sugar):
    """``aten``: its attributes are operators."""

    def __init__(self, namespace: Namespace) -> None:
        self.namespace = namespace

    def describe(self) -> str:
        return f"the operators {self.namespace.name}"

    def attribute(self, ctx: Context, at: Place, name: str) -> Sugar:
        return _operator(getattr(self.namespace, name))


def _operator(named: Named) -> Operator:
    return Operator(named.name, (named.name,))


@builtin(known)
def _known(ctx: Context, at: Place, value: Sugar) -> Sugar:
    type = value.type
    if not isinstance(type, ty.OptionalType):
        return value
    return ctx.emit("prim::unchecked_cast", [value.as_value(ctx, at)], type.element, at)


def _resolve(ctx: Context, at: Place, obj: object) -> Sugar | None:
    if isinstance(obj, Namespace):
        return NamespaceSugar(obj)
    if isinstance(obj, DType):
        return Constant(Code(obj, "ScalarType"))
    return _operator(obj) if isinstance(obj, Named) else None


class _Types:
    """The type that the language calls Tensor."""

    def annotated(self, annotation: object) -> ty.Type | None:
        return ty.TENSOR if annotation is Tensor else None

    def class_type(self, cls: type) -> ty.Type | None:
        return None


resolvers.insert(0, _resolve)
known_types.append(_Types())
