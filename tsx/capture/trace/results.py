"""What an operator gave: values for its results, checked types, and what Python gets to see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tsx.capture.trace.arithmetic import abstract_number
from tsx.capture.trace.shapes import held, is_static, refine
from tsx.ir import types as ty
from tsx.ir.dims import Expr
from tsx.ir.graph import Value
from tsx.ir.op import Abstract, Op, Trait, Unknown

if TYPE_CHECKING:
    from tsx.capture.trace.tracer import Tracer

# Their result sizes depend on the data, so equal operand types don't mean equal sizes.
_DATA_DEPENDENT_NAMES = """
    nonzero nonzero_numpy masked_select unique unique_dim unique_consecutive _unique _unique2 index
    repeat_interleave bincount argwhere where one_hot unique_dim_consecutive
"""
_DATA_DEPENDENT = frozenset(_DATA_DEPENDENT_NAMES.split())


class Results:
    """Binds the results of one operator to new values."""

    def __init__(self, tracer: Tracer) -> None:
        self.tracer = tracer

    def bind(self, op: Op, values: Sequence[Value], inferred: Abstract, result: object) -> object:
        """Adds the node; gives ``result`` with numbers and lists replaced by traced ones."""
        count = len(op.schema.results)
        parts = (
            [result] if count == 1 else list(result) if isinstance(result, (tuple, list)) else []
        )
        rules: list[Abstract] = (
            [inferred]
            if count == 1
            else list(inferred)
            if isinstance(inferred, tuple) and len(inferred) == count
            else [Unknown(ty.ANY)] * count
        )
        if self._is_decided(op, parts, rules):
            return result
        static = (
            op.schema.base not in _DATA_DEPENDENT
            and not op.is_of_host
            and all(is_static(self.tracer.abstracts[v]) for v in values)
        )
        abstracts = [self._abstract(op, p, r, static) for p, r in zip(parts, rules, strict=True)]
        types = [
            held(a, r) if isinstance(a, ty.TensorType) and not static else _type_of(a, p)
            for a, r, p in zip(abstracts, rules, parts, strict=True)
        ]
        node = self.tracer.emit(op.kind, values, types)
        seen = [
            self._bind_one(value, part, rule, abstract, static)
            for value, part, rule, abstract in zip(
                node.outputs, parts, rules, abstracts, strict=True
            )
        ]
        if count == 1:
            return seen[0]
        return result if all(a is b for a, b in zip(seen, parts, strict=True)) else tuple(seen)

    def _is_decided(self, op: Op, parts: Sequence[object], rules: Sequence[Abstract]) -> bool:
        """Whether the results are plain numbers that are the same in every run."""
        return (
            op.has(Trait.PURE)
            and bool(parts)
            and all(
                isinstance(p, (bool, int, float, str, type(None)))
                and not isinstance(r, (Expr, Unknown))
                for p, r in zip(parts, rules, strict=True)
            )
        )

    def _abstract(self, op: Op, part: object, rule: Abstract, static: bool) -> Abstract:
        """What is known of one result in every run."""
        door = self.tracer.door
        if door.is_array(part):
            type, wrong = refine(door.type_of(part), rule, self.tracer.symbols, static)
            if wrong:
                self.tracer.warnings.append(f"the type rule of {op.kind} says {wrong}")
            return type
        if isinstance(part, (list, tuple)):
            rules = (
                list(rule) if isinstance(rule, (list, tuple)) and len(rule) == len(part) else None
            )
            return [
                self._abstract(op, p, rules[i] if rules else Unknown(ty.ANY), static)
                for i, p in enumerate(part)
            ]
        if isinstance(part, (bool, int, float)):
            dim = rule if isinstance(rule, Expr) else None
            return abstract_number(part, dim)[1]
        return None

    def _bind_one(
        self, value: Value, part: object, rule: Abstract, abstract: Abstract, static: bool
    ) -> object:
        tracer = self.tracer
        tracer.abstracts[value] = abstract
        if tracer.door.is_array(part):
            tracer.bind(part, value)
            if not static:
                tracer.guard_type(value, tracer.door.type_of(part), rule)
            return part
        if isinstance(part, (list, tuple)):
            assert isinstance(abstract, list)
            if not static and not isinstance(rule, (list, tuple)):
                tracer.guard_number(value, "aten::len.t", "len", len(part))
            unpack = tracer.emit(
                "prim::ListUnpack",
                [value],
                [_type_of(a, p) for a, p in zip(abstract, part, strict=True)],
            )
            items = [
                self._bind_one(v, p, a, a, True)
                for v, p, a in zip(unpack.outputs, part, abstract, strict=True)
            ]
            return (
                part if all(a is b for a, b in zip(items, part, strict=True)) else type(part)(items)
            )
        if isinstance(part, (bool, int, float)) and tracer.varies(value):
            dim = abstract if isinstance(abstract, Expr) else None
            return tracer.door.scalar(tracer, value, part, dim)
        return part


def _type_of(abstract: Abstract, part: object) -> ty.Type:
    if isinstance(abstract, ty.TensorType):
        return abstract
    if isinstance(abstract, list):
        items = [_type_of(a, None) for a in abstract]
        element = items[0] if items and not isinstance(items[0], ty.TensorType) else ty.TENSOR
        return ty.ListType(element)
    if isinstance(abstract, Unknown):
        return abstract.type
    if isinstance(abstract, Expr):
        return ty.INT
    return {bool: ty.BOOL, int: ty.INT, float: ty.FLOAT}.get(type(part), ty.NONE)
