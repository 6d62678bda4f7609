"""Where values point in memory: the fixpoint behind the alias analysis.

Takes the nodes of a graph and its module. Gives, for each value, the places it may point to, what containers hold, and
which places have escaped (``alias.py`` says what these words mean). A place, once it is known, is never taken back.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass

from tsx.ir import types as ty
from tsx.ir.graph import Graph, Node, Value, WeightRef
from tsx.ir.match import has_variable
from tsx.ir.memory import is_mutable
from tsx.ir.module import AttributeValue, Module, Object
from tsx.ir.op import Op, Trait, lookup
from tsx.ir.prim import GROUP
from tsx.ir.schema import Argument, Schema

WILD = 0
CALLS = ("prim::CallMethod", "prim::CallFunction")

Places = set[int]
NO_PLACES: frozenset[int] = frozenset()


class PointsTo:
    """What is found for one graph as it is now. ``written_names`` are the attributes that the module's graphs set."""

    def __init__(self, graph: Graph, module: Module | None, written_names: frozenset[str]) -> None:
        self.escaped: Places = {WILD}
        self.weights: dict[str, int] = {}
        self.resolved: dict[Value, AttributeValue] = {}
        self._points: dict[Value, Places] = {}
        self._contents: dict[int, Places] = {WILD: {WILD}}
        self._fresh: dict[tuple[object, int], int] = {}
        self._written_names = written_names
        self._has_grown = False
        nodes = list(graph.all_nodes())
        # A call, or an attribute that isn't known, may give any of the weights.
        self._weights_escape = bool(written_names) or any(node.kind in CALLS for node in nodes)
        self._inputs(graph, module)
        self._solve(nodes)

    def of(self, value: Value) -> Places | frozenset[int]:
        """The places ``value`` may point to: its own memory, not that of its elements."""
        return self._points.get(value, NO_PLACES)

    @functools.cached_property
    def holders(self) -> dict[int, list[Value]]:
        """The values that may point to each place."""
        found: dict[int, list[Value]] = {}
        for value, places in self._points.items():
            for place in places:
                found.setdefault(place, []).append(value)
        return found

    def reach(self, values: Iterable[Value]) -> Places:
        """The places of ``values`` and all that they contain."""
        return self._closure(p for value in values for p in self._points.get(value, ()))

    def inside(self, places: Iterable[int]) -> Places:
        """What the containers at ``places`` hold."""
        found: Places = set()
        for place in places:
            found |= self._contents.get(place, NO_PLACES)
            if place in self.escaped:
                found.add(WILD)
        return found

    # -- the fixpoint ------------------------------------------------------------------------------------------

    def _inputs(self, graph: Graph, module: Module | None) -> None:
        for value in graph.inputs:
            if is_mutable(value.type):
                self._points[value] = {WILD}
        root = module.root if module else None
        if root is not None and graph.inputs:
            first = graph.inputs[0]
            if first.name == "self" and first.type == ty.ClassType(root.class_name):
                self.resolved[first] = root

    def _solve(self, nodes: list[Node]) -> None:
        """Goes over the nodes until nothing grows. What most nodes say hangs on nothing, and is added once."""
        again: list[Node] = []
        for node in nodes:
            # Most nodes of a scripted program compute numbers, which no memory stands behind.
            if (node.blocks or _touches_memory(node)) and not self._transfer(node):
                again.append(node)
        self.escaped = self._closure(self.escaped)
        self._has_grown = bool(again)
        while self._has_grown:
            self._has_grown = False
            for node in again:
                self._transfer(node)
            self._escape(self._closure(self.escaped))

    def _transfer(self, node: Node) -> bool:
        """Adds what one node says; whether that is all it will ever say."""
        op = lookup(node.kind)
        if op is not None:
            return self._operator(node, op)
        match node.kind:
            case "prim::If" | "prim::Loop" | "tsx::group":
                return self._control(node)
            case "prim::Constant":
                ref = node.attributes.get("value")
                place = self._weight(ref) if isinstance(ref, WeightRef) else self._place(node, 0)
                self._add(node.output, {place})
                return True
            case "prim::GetAttr":
                return self._get_attribute(node)
            case "prim::SetAttr":
                self._store(self._operand(node, 0), self._operand(node, 1))
            case "prim::unchecked_cast":
                self._add(node.output, self._operand(node, 0))
            case "prim::Uninitialized":
                self._add(node.output, NO_PLACES)
                return True
            case "prim::ListUnpack" | "prim::TupleUnpack" | "prim::TupleIndex" | "prim::TupleSlice":
                self._take_apart(node)
            case "prim::ListConstruct" | "prim::TupleConstruct" | "prim::DictConstruct":
                return self._put_together(node)
            case "prim::CallMethod" | "prim::CallFunction":
                self._escape(self.reach(node.inputs))
                for value in node.outputs:
                    self._add(value, {WILD})
            case _:
                for index, value in enumerate(node.outputs):
                    self._add(value, {self._place(node, index)})
                return True
        return False

    def _control(self, node: Node) -> bool:
        holds_memory = any(is_mutable(value.type) for value in node.outputs)
        for block in node.blocks:
            if node.kind == GROUP:
                for value, operand in zip(block.inputs, node.inputs, strict=False):
                    holds_memory = holds_memory or is_mutable(value.type)
                    self._add(value, self.of(operand))
            skip = 1 if node.kind == "prim::Loop" else 0
            results = block.outputs[skip:]
            for output, result in zip(node.outputs, results, strict=False):
                self._add(output, self.of(result))
            if node.kind != "prim::Loop":
                continue
            carried = zip(block.inputs[1:], node.inputs[2:], results, node.outputs, strict=False)
            for value, start, result, output in carried:
                holds_memory = holds_memory or is_mutable(value.type)
                self._add(value, self.of(start))
                self._add(value, self.of(result))
                self._add(output, self.of(start))
        return not holds_memory

    def _put_together(self, node: Node) -> bool:
        place = self._place(node, 0)
        self._add(node.output, {place})
        memory = [value for value in node.inputs if is_mutable(value.type)]
        for value in memory:
            self._store({place}, self.of(value))
        return not memory

    def _take_apart(self, node: Node) -> None:
        source = node.inputs[0].node
        is_direct = source is not None and source.kind == "prim::TupleConstruct"
        if source is not None and is_direct and node.kind == "prim::TupleUnpack":
            for value, element in zip(node.outputs, source.inputs, strict=False):
                self._add(value, self.of(element))
            return
        whole = self._operand(node, 0)
        inside = self.inside(whole)
        for index, value in enumerate(node.outputs):
            if node.kind == "prim::TupleSlice":
                place = self._place(node, index)
                self._add(value, {place})
                self._store({place}, inside)
            else:
                self._add(value, inside)

    def _get_attribute(self, node: Node) -> bool:
        name = node.attributes.get("name")
        owner = self.resolved.get(node.inputs[0])
        if isinstance(owner, Object) and name not in self._written_names:
            value = owner.attributes.get(str(name))
            if isinstance(value, (WeightRef, Object)):
                self.resolved[node.output] = value
                place = self._weight(value) if isinstance(value, WeightRef) else WILD
                self._add(node.output, {place})
                return True
            if not is_mutable(node.output.type):
                self.resolved[node.output] = value
                return True
        if is_mutable(node.output.type):
            self._add(node.output, self.inside(self._operand(node, 0)))
            self._weights_escape = True
            self._escape(self.weights.values())
        return False

    def _operator(self, node: Node, op: Op) -> bool:
        schema, marks = op.schema, _marks(op)
        for index in marks.kept:
            if index < len(node.inputs):
                self._argument(node, schema, index)
        if schema.mutates:
            self._mix(node, schema)
        for index, value in enumerate(node.outputs):
            if is_mutable(value.type):
                formal = schema.results[min(index, len(schema.results) - 1)]
                self._result(node, schema, index, formal)
        if marks.is_unmarked_view:
            self._unmarked_view(node)
        return marks.is_fresh

    def _unmarked_view(self, node: Node) -> None:
        """``atleast_1d``, ``meshgrid``: torch's schemas claim fresh results, but they are views of the operands."""
        behind = self.reach(node.inputs)
        for value in node.outputs:
            if value.type.children():
                self._store(self.of(value), behind)
            else:
                self._add(value, behind)

    def _argument(self, node: Node, schema: Schema, index: int) -> None:
        """``t(c -> *) el``: the operand goes into the containers that the operator writes."""
        alias = schema.arguments[index].alias
        assert alias is not None
        containers = [i for i in schema.written if i != index and i < len(node.inputs)]
        for container in containers:
            self._store(self._operand(node, container), self._operand(node, index))
        stays = any(
            mark is not None and set(mark.sets) & set(alias.sets)
            for result in schema.results
            for mark in (result.alias, result.inner_alias)
        )
        if not containers and not stays:
            self._escape(self.reach([node.inputs[index]]))

    def _mix(self, node: Node, schema: Schema) -> None:
        """``extend(t[](a!) self, t[] other)``: the elements of one container go into the written one."""
        formals = [(i, a) for i, a in enumerate(schema.arguments) if _is_flat(a.type)]
        written = set(schema.written)
        for target, _ in formals:
            for source, _ in formals if target in written else ():
                if source != target and max(source, target) < len(node.inputs):
                    self._store(
                        self._operand(node, target), self.inside(self._operand(node, source))
                    )

    def _result(self, node: Node, schema: Schema, index: int, formal: Argument) -> None:
        value = node.outputs[index]
        if formal.alias is not None and not _holds_elements(formal):
            found = self._named_places(node, schema, formal.alias.sets)
            self._add(value, found or {self._place(node, index)})
            return
        place = self._place(node, index)
        self._add(value, {place})
        if not any(map(is_mutable, value.type.children())):
            return
        if formal.inner_alias is not None:
            self._store({place}, self._named_places(node, schema, formal.inner_alias.sets))
        elif has_variable(formal.type):  # a container made of others' elements
            self._store({place}, self._elements(node, schema, formal, place))
        else:
            self._store({place}, {self._place(node, -1 - index)})

    def _elements(self, node: Node, schema: Schema, formal: Argument, place: int) -> Places:
        """What a fresh container may hold. Where operands and result nest differently (``items`` of a dict are tuples),
        all that can be reached, at any depth: the container then holds itself as well.
        """
        formals = [a for a in schema.arguments if has_variable(a.type)]
        alike = (_is_flat(a.type) or isinstance(a.type, ty.VarType) for a in (*formals, formal))
        if not all(alike):
            return self.reach(node.inputs) | {place}
        found: Places = set()
        for argument, operand in zip(schema.arguments, node.inputs, strict=False):
            places = self.of(operand)
            found |= self.inside(places) if _is_flat(argument.type) else places
        return found

    def _named_places(self, node: Node, schema: Schema, sets: Iterable[str]) -> Places:
        """What the operands in the alias sets point to; ``*`` stands for what the containers hold."""
        found: Places = set()
        for name in sets:
            for formal, operand in zip(schema.arguments, node.inputs, strict=False):
                places = self.of(operand)
                if name == "*":
                    found |= self.inside(places)
                    if isinstance(formal.type, ty.VarType):  # a default in place of an element
                        found |= places
                elif formal.alias is not None and name in formal.alias.sets:
                    found |= places
                elif formal.inner_alias is not None and name in formal.inner_alias.sets:
                    found |= self.inside(places)
        return found

    # -- places ------------------------------------------------------------------------------------------------

    def _place(self, node: Node, index: int) -> int:
        return self._fresh.setdefault((node, index), len(self._fresh) + 1)

    def _weight(self, ref: WeightRef) -> int:
        place = self._fresh.setdefault((ref, 0), len(self._fresh) + 1)
        self.weights[ref.name] = place
        if self._weights_escape:
            self._escape((place,))
        return place

    def _operand(self, node: Node, index: int) -> Places | frozenset[int]:
        return self.of(node.inputs[index]) if index < len(node.inputs) else NO_PLACES

    def _add(self, value: Value, places: Places | frozenset[int]) -> None:
        if not is_mutable(value.type):
            return
        found = self._points.get(value)
        if found is None:
            self._points[value] = set(places)
            self._has_grown = True
        elif not places <= found:
            found |= places
            self._has_grown = True

    def _store(self, containers: Places | frozenset[int], places: Places | frozenset[int]) -> None:
        for container in list(containers):
            found = self._contents.get(container)
            if found is None:
                found = self._contents[container] = set()
            if not places <= found:
                found |= places
                self._has_grown = True
        if not containers.isdisjoint(self.escaped):
            self._escape(self._closure(places))

    def _escape(self, places: Iterable[int]) -> None:
        before = len(self.escaped)
        self.escaped.update(places)
        self._has_grown = self._has_grown or len(self.escaped) != before

    def _closure(self, places: Iterable[int]) -> Places:
        found = set(places)
        if self._contents.keys().isdisjoint(found):
            return found
        work = list(found)
        while work:
            inner = self._contents.get(work.pop())
            if inner is not None and not inner <= found:
                work.extend(inner - found)
                found |= inner
        return found


@dataclass(frozen=True, slots=True)
class _Marks:
    """What the schema of an operator says about memory."""

    op: Op
    kept: tuple[int, ...]  # the arguments that go into containers: t(c -> *)
    is_unmarked_view: bool
    is_fresh: bool  # its results share nothing, and it stores nothing


_MARKS: dict[str, _Marks] = {}


def _marks(op: Op) -> _Marks:
    found = _MARKS.get(op.schema.kind)
    if found is None or found.op is not op:
        found = _MARKS[op.schema.kind] = _find_marks(op)
    return found


def _find_marks(op: Op) -> _Marks:
    schema = op.schema
    kept = tuple(
        index
        for index, formal in enumerate(schema.arguments)
        if formal.alias is not None and formal.alias.after
    )
    shares = any(r.alias is not None or r.inner_alias is not None for r in schema.results)
    is_unmarked = op.has(Trait.VIEW) and not shares
    is_made_of_operands = any(has_variable(result.type) for result in schema.results)
    hangs = shares or is_unmarked or is_made_of_operands or bool(kept) or schema.mutates
    return _Marks(op, kept, is_unmarked, not hangs)


def _touches_memory(node: Node) -> bool:
    for value in node.inputs:
        if is_mutable(value.type):
            return True
    return any(is_mutable(value.type) for value in node.outputs)


def _is_flat(type: ty.Type) -> bool:
    """Whether a schema's type is a list or dict whose elements are one type variable."""
    if isinstance(type, ty.DictType):
        return isinstance(type.value, ty.VarType)
    return isinstance(type, ty.ListType) and isinstance(type.element, ty.VarType)


def _holds_elements(formal: Argument) -> bool:
    """``t[](*)``: a fresh container of elements, as torch marks ``values`` and ``items`` of a dict."""
    is_container = isinstance(formal.type, (ty.ListType, ty.DictType, ty.TupleType))
    return is_container and formal.alias is not None and formal.alias.sets == ("*",)
