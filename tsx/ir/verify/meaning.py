"""V20: the rules of the operators, run over the whole graph, against what the graph declares.

Only nodes that run whenever the program does are judged. A branch, a loop body or a function that is called in one may
never run, and a program may rely on that; there the kernels' own checks are what counts.
"""

from __future__ import annotations

from collections.abc import Sequence

from tsx.errors import TsxError
from tsx.ir import types as ty
from tsx.ir.dims import Expr
from tsx.ir.graph import Graph, Node, Value
from tsx.ir.infer import (
    Propagation,
    always_entered,
    infer_node,
    is_small,
    is_unconditional,
    unknown,
)
from tsx.ir.limits import MAX_INT
from tsx.ir.match import agrees
from tsx.ir.module import Module
from tsx.ir.op import Abstract, Unknown
from tsx.ir.verify.report import Violation

_CONTRADICTION = "declare the type that the line gives, or change what it computes"

Learned = dict[Graph, dict[Value, Abstract]]
"""What ``infer.propagated`` gives for graphs: the verifier has walked them anyway."""


def meaning(graph: Graph, module: Module | None, learned: Learned | None = None) -> list[Violation]:
    """V20. Only for graphs that keep V01 to V19."""
    walk = _Judgement(module)
    walk.block(graph.block, [unknown(value.type) for value in graph.inputs])
    if walk.refused and (module is None or graph in always_entered(module)):
        walk.found += walk.refused
    if learned is not None and walk.is_exact:
        learned[graph] = walk.known
    return walk.found


class _Judgement(Propagation):
    def __init__(self, module: Module | None) -> None:
        super().__init__(module)
        self.found: list[Violation] = []
        self.refused: list[Violation] = []  # by a rule: what is wrong only once the graph runs
        self.is_exact = True  # so far it has found what any walk would

    def infer(self, node: Node, operands: Sequence[Abstract]) -> Sequence[Abstract]:
        try:
            return infer_node(node, operands, self.module)
        except TsxError as error:
            self._refuse(node, error.message, error.help)
        except (
            Exception
        ) as error:  # a rule that can't cope is a refusal: a verifier has no other way to fail
            self._refuse(node, f"the rule of {node.kind} fails ({type(error).__name__}: {error})")
        self.is_exact = False
        return [unknown(value.type) for value in node.outputs]

    def refined(self, value: Value, abstract: Abstract) -> Abstract:
        if isinstance(abstract, Unknown):
            if abstract.type is value.type:
                return abstract
        elif value.type is _EXACTLY.get(abstract.__class__):
            return abstract
        elif isinstance(abstract, (list, tuple)) and not is_small(abstract):
            self.is_exact = False
            return unknown(ty.erase_shapes(value.type))
        holder = value.node or value.block.node
        if holder is not None and not may_be(abstract, value.type):
            shown = f"{_text(abstract):.80}"
            self._report(holder, f"{holder.kind} gives {shown}, but declares {value.type}")
        found = super().refined(value, abstract)
        if _is_bounded(found):
            return found
        self.is_exact = False
        return unknown(ty.erase_shapes(value.type))

    def _refuse(self, node: Node, message: str, help: str = "") -> None:
        if is_unconditional(node.block):
            self.refused.append(Violation("V20", message, node, help=help))

    def _report(self, node: Node, message: str) -> None:
        if is_unconditional(node.block):
            self.found.append(Violation("V20", message, node, help=_CONTRADICTION))


def may_be(abstract: Abstract, type: ty.Type) -> bool:
    """Whether a value of which ``abstract`` is known can have the declared ``type``."""
    if isinstance(abstract, Unknown):
        return agrees(abstract.type, type)
    if isinstance(type, ty.OptionalType):
        return abstract is None or may_be(abstract, type.element)
    if type == ty.ANY or isinstance(type, ty.UnionType):
        return True
    if isinstance(abstract, ty.TensorType):
        return isinstance(type, ty.TensorType) and agrees(abstract, type)
    if isinstance(abstract, (list, tuple)):
        if isinstance(type, ty.ListType):
            return all(may_be(item, type.element) for item in abstract)
        if isinstance(type, ty.TupleType):
            return len(abstract) == len(type.elements) and all(map(may_be, abstract, type.elements))
        return False
    return type in _TYPES_OF.get(_python_type(abstract), (type,))


def _text(abstract: Abstract) -> str:
    """What is known of a value, in the words of types."""
    if isinstance(abstract, (list, tuple)):
        inner = ", ".join(map(_text, abstract))
        return f"[{inner}]" if isinstance(abstract, list) else f"({inner})"
    return f"{abstract}" if isinstance(abstract, (ty.TensorType, Expr)) else f"{abstract!r}"


def _python_type(abstract: Abstract) -> type:
    return int if isinstance(abstract, Expr) else type(abstract)


_TYPES_OF: dict[type, tuple[ty.Type, ...]] = {
    type(None): (ty.NONE,),
    bool: (ty.BOOL, ty.NUMBER),
    int: (ty.INT, ty.NUMBER),
    float: (ty.FLOAT, ty.NUMBER),
    complex: (ty.COMPLEX, ty.NUMBER),
    str: (ty.STR, ty.DEVICE),
}


# Values that are of a type, and of no other, whatever they are.
_EXACTLY: dict[type, ty.Type] = {
    type(None): ty.NONE, bool: ty.BOOL, float: ty.FLOAT, complex: ty.COMPLEX, str: ty.STR,
}  # fmt: skip


def _is_bounded(abstract: Abstract) -> bool:
    """Whether its numbers are of a size that values can have; larger ones could grow without end."""
    if isinstance(abstract, (list, tuple)):
        return all(map(_is_bounded, abstract))
    if isinstance(abstract, ty.TensorType):
        return all(size is None or _is_bounded(size) for size in abstract.shape or ())
    if isinstance(abstract, Expr):
        return all(abs(coefficient) <= MAX_INT for _, coefficient in abstract.terms)
    return not isinstance(abstract, int) or abs(abstract) <= MAX_INT + 1
