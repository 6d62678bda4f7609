"""Which values may share memory, and what writes it. The one answer to 'may alias', 'may write', 'is constant'.

Takes a graph (and its module, to see which attributes are the same tensor). Gives yes where it can't prove no. The
analysis is out of date after the next change of the graph. It follows the schemas' alias marks (as PyTorch's
``torch/csrc/jit/ir/alias_analysis.cpp`` does):

* A value points to places in memory; a place that is a container has contents, places again.
* ``WILD`` is all memory that came from outside and may be shared: inputs, results of calls, unresolved attributes,
  and every place that has escaped into those. A weight is a place of its own, since the border never lends weights.
* Results of If are the union of both blocks, carried values of Loop that of all rounds; views point where their base
  points. The sets only grow, so going over the graph until nothing changes is a fixpoint.

A container is deep: who writes an element writes the list, and who reads the list reads its elements.
"""

from __future__ import annotations

from collections.abc import Iterable

from tsx.ir import types as ty
from tsx.ir.build import is_constant
from tsx.ir.effects import has_effect, written_operands
from tsx.ir.graph import Graph, Node, Value, WeightRef
from tsx.ir.match import has_variable
from tsx.ir.memory import ALL_SORTS, OBJECT, TENSOR, deep_sorts, is_mutable, sorts_of
from tsx.ir.module import AttributeValue, Module, Object
from tsx.ir.op import Trait, lookup
from tsx.ir.prim import GROUP
from tsx.ir.schema import Argument, Schema
from tsx.ir.walk import ancestor_in

WILD = 0
_CALLS = ("prim::CallMethod", "prim::CallFunction")

Places = set[int]
Write = tuple[int, str]  # a place, and the sort of memory that is written there


class AliasAnalysis:
    """The answers for one graph as it is now."""

    def __init__(self, graph: Graph, module: Module | None = None) -> None:
        self.graph = graph
        self._module = module
        self._points: dict[Value, Places] = {}
        self._contents: dict[int, Places] = {WILD: {WILD}}
        self._escaped: Places = {WILD}
        self._weights: dict[str, int] = {}
        self._fresh: dict[tuple[object, int], int] = {}
        self._resolved: dict[Value, AttributeValue] = {}
        self._written_names = _written_names(module)
        self._nodes = list(graph.all_nodes())
        # A call, or an attribute that isn't known, may give any of the weights.
        has_calls = any(node.kind in _CALLS for node in self._nodes)
        self._weights_escape = has_calls or bool(self._written_names)
        self._solve()
        self._reads: dict[Node, Places] = {}
        self._writes: dict[Node, set[Write]] = {}
        self._collect()
        self._outputs = self._reach(graph.outputs)
        self._written: set[Write] = {w for found in self._writes.values() for w in found}

    # -- questions ---------------------------------------------------------------------------------------------

    def may_alias(self, a: Value, b: Value) -> bool:
        """Whether a write to one may be seen in the other (their own memory, not that of elements)."""
        if not sorts_of(a.type) & sorts_of(b.type):
            return False
        return self._meet(self._points.get(a, set()), self._points.get(b, set()))

    def may_alias_input(self, value: Value) -> bool:
        """Whether it may share memory that was there before the graph ran: inputs, attributes, weights."""
        places = self._reach([value])
        return self._is_open(places) or not places.isdisjoint(self._weights.values())

    def is_local(self, value: Value) -> bool:
        """Whether its own memory, not that of its elements, was made in this run and is seen in this graph only."""
        places = self._points.get(value, set())
        return not self._is_open(places) and places.isdisjoint(self._weights.values())

    def may_alias_output(self, value: Value) -> bool:
        """Whether it may share memory with a result of the graph or what a result contains."""
        return self._meet(self._reach([value]), self._outputs)

    def has_writers(self, value: Value) -> bool:
        """Whether any node of the graph may write its memory or that of its elements."""
        return self._hits(self._written, value)

    def may_write(self, node: Node) -> bool:
        """Whether the node, or one in its blocks, may write memory."""
        return bool(self._writes.get(node))

    def writes(self, node: Node, value: Value) -> bool:
        """Whether the node, or one in its blocks, may write the memory of ``value`` or of its elements."""
        return self._hits(self._writes.get(node, set()), value)

    def has_effect(self, node: Node) -> bool:
        """Whether the node must run, in order, whoever uses its results: raises, prints, guards, random, calls.

        Writes are not counted; ask ``may_write``.
        """
        return has_effect(node)

    def is_constant(self, value: Value) -> bool:
        """Whether it is the same in every run: a literal or weight, or an attribute, that nobody writes."""
        known = is_constant(value) or value in self._resolved
        return known and not self.has_writers(value)

    def can_move(self, node: Node, before: Node) -> bool:
        """Whether ``node`` may stand right before ``before`` (in its block) without changing what is computed."""
        if node is before or node.next is before:
            return True
        if node.block is not before.block:
            return False
        first, last = (node.next, before) if node.is_before(before) else (before, node)
        current = first
        while current is not None and current is not last:
            if self._depends(node, current) or self._depends(current, node):
                return False
            if has_effect(node) and (has_effect(current) or self.may_write(current)):
                return False
            if has_effect(current) and self.may_write(node):
                return False
            current = current.next
        return True

    # -- the fixpoint ------------------------------------------------------------------------------------------

    def _solve(self) -> None:
        for value in self.graph.inputs:
            if is_mutable(value.type):
                self._points[value] = {WILD}
        root = self._module.root if self._module else None
        if root is not None and self.graph.inputs:
            first = self.graph.inputs[0]
            if first.name == "self" and first.type == ty.ClassType(root.class_name):
                self._resolved[first] = root
        # Most nodes of a scripted program compute numbers, which no memory stands behind.
        nodes = [node for node in self._nodes if node.blocks or _touches_memory(node)]
        size = -1
        while size != (size := self._size()):
            for node in nodes:
                self._transfer(node)
            self._escaped = self._closure(self._escaped)

    def _size(self) -> int:
        sets = (*self._points.values(), *self._contents.values(), self._escaped)
        return sum(map(len, sets)) + len(self._points)

    def _transfer(self, node: Node) -> None:
        """Adds what one node says."""
        op = lookup(node.kind)
        if op is not None:
            self._schema(node, op.schema)
            if op.has(Trait.VIEW) and not _has_marks(op.schema):
                self._unmarked_view(node)
            return
        match node.kind:
            case "prim::If" | "prim::Loop" | "tsx::group":
                self._control(node)
            case "prim::Constant":
                ref = node.attributes.get("value")
                place = self._weight(ref) if isinstance(ref, WeightRef) else self._place(node, 0)
                self._add(node.output, {place})
            case "prim::GetAttr":
                self._get_attribute(node)
            case "prim::SetAttr":
                self._store(self._of(node, 0), self._of(node, 1))
            case "prim::unchecked_cast":
                self._add(node.output, self._of(node, 0))
            case "prim::Uninitialized":
                self._add(node.output, set())
            case "prim::ListUnpack" | "prim::TupleUnpack" | "prim::TupleIndex" | "prim::TupleSlice":
                self._take_apart(node)
            case "prim::ListConstruct" | "prim::TupleConstruct" | "prim::DictConstruct":
                place = self._place(node, 0)
                self._add(node.output, {place})
                for index in range(len(node.inputs)):
                    self._store({place}, self._of(node, index))
            case "prim::CallMethod" | "prim::CallFunction":
                self._escaped |= self._reach(node.inputs)
                for value in node.outputs:
                    self._add(value, {WILD})
            case _:
                for index, value in enumerate(node.outputs):
                    self._add(value, {self._place(node, index)})

    def _control(self, node: Node) -> None:
        for block in node.blocks:
            if node.kind == GROUP:
                for value, operand in zip(block.inputs, node.inputs, strict=False):
                    self._add(value, self._points.get(operand, set()))
            skip = 1 if node.kind == "prim::Loop" else 0
            results = block.outputs[skip:]
            for output, result in zip(node.outputs, results, strict=False):
                self._add(output, self._points.get(result, set()))
            if node.kind != "prim::Loop":
                continue
            carried = zip(block.inputs[1:], node.inputs[2:], results, node.outputs, strict=False)
            for value, start, result, output in carried:
                self._add(value, self._points.get(start, set()))
                self._add(value, self._points.get(result, set()))
                self._add(output, self._points.get(start, set()))

    def _take_apart(self, node: Node) -> None:
        source = node.inputs[0].node
        is_direct = source is not None and source.kind == "prim::TupleConstruct"
        if source is not None and is_direct and node.kind == "prim::TupleUnpack":
            for value, element in zip(node.outputs, source.inputs, strict=False):
                self._add(value, self._points.get(element, set()))
            return
        whole = self._of(node, 0)
        inside = self._inside(whole)
        for index, value in enumerate(node.outputs):
            if node.kind == "prim::TupleSlice":
                place = self._place(node, index)
                self._add(value, {place})
                self._store({place}, inside)
            else:
                self._add(value, inside)

    def _get_attribute(self, node: Node) -> None:
        name = node.attributes.get("name")
        owner = self._resolved.get(node.inputs[0])
        if isinstance(owner, Object) and name not in self._written_names:
            value = owner.attributes.get(str(name))
            if isinstance(value, (WeightRef, Object)):
                self._resolved[node.output] = value
                place = self._weight(value) if isinstance(value, WeightRef) else WILD
                self._add(node.output, {place})
                return
            if not is_mutable(node.output.type):
                self._resolved[node.output] = value
                return
        if is_mutable(node.output.type):
            self._add(node.output, self._inside(self._of(node, 0)))
            self._weights_escape = True
            self._escaped.update(self._weights.values())

    def _schema(self, node: Node, schema: Schema) -> None:
        for index, (formal, _) in enumerate(zip(schema.arguments, node.inputs, strict=False)):
            self._argument(node, schema, index, formal)
        if schema.mutates:
            self._mix(node, schema)
        for index, value in enumerate(node.outputs):
            if is_mutable(value.type):
                formal = schema.results[min(index, len(schema.results) - 1)]
                self._result(node, schema, index, formal)

    def _unmarked_view(self, node: Node) -> None:
        """``atleast_1d``, ``meshgrid``: torch's schemas claim fresh results, but they are views of the operands."""
        behind = self._reach(node.inputs)
        for value in node.outputs:
            if value.type.children():
                self._store(self._points.get(value, set()), behind)
            else:
                self._add(value, behind)

    def _argument(self, node: Node, schema: Schema, index: int, formal: Argument) -> None:
        """``t(c -> *) el``: the operand goes into the containers that the operator writes."""
        alias = formal.alias
        if alias is None or not alias.after:
            return
        containers = [i for i in schema.written() if i != index and i < len(node.inputs)]
        for container in containers:
            self._store(self._of(node, container), self._of(node, index))
        stays = any(
            mark is not None and set(mark.sets) & set(alias.sets)
            for result in schema.results
            for mark in (result.alias, result.inner_alias)
        )
        if not containers and not stays:
            self._escaped |= self._reach([node.inputs[index]])

    def _mix(self, node: Node, schema: Schema) -> None:
        """``extend(t[](a!) self, t[] other)``: the elements of one container go into the written one."""
        formals = [(i, a) for i, a in enumerate(schema.arguments) if _is_flat(a.type)]
        written = set(schema.written())
        for target, _ in formals:
            for source, _ in formals if target in written else ():
                if source != target and max(source, target) < len(node.inputs):
                    self._store(self._of(node, target), self._inside(self._of(node, source)))

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
            return self._reach(node.inputs) | {place}
        found: Places = set()
        for argument, operand in zip(schema.arguments, node.inputs, strict=False):
            places = self._points.get(operand, set())
            found |= self._inside(places) if _is_flat(argument.type) else places
        return found

    def _named_places(self, node: Node, schema: Schema, sets: Iterable[str]) -> Places:
        """What the operands in the alias sets point to; ``*`` stands for what the containers hold."""
        found: Places = set()
        for name in sets:
            for formal, operand in zip(schema.arguments, node.inputs, strict=False):
                places = self._points.get(operand, set())
                if name == "*":
                    found |= self._inside(places)
                    if isinstance(formal.type, ty.VarType):  # a default in place of an element
                        found |= places
                elif formal.alias is not None and name in formal.alias.sets:
                    found |= places
                elif formal.inner_alias is not None and name in formal.inner_alias.sets:
                    found |= self._inside(places)
        return found

    # -- places ------------------------------------------------------------------------------------------------

    def _place(self, node: Node, index: int) -> int:
        return self._fresh.setdefault((node, index), len(self._fresh) + 1)

    def _weight(self, ref: WeightRef) -> int:
        place = self._fresh.setdefault((ref, 0), len(self._fresh) + 1)
        self._weights[ref.name] = place
        if self._weights_escape:
            self._escaped.add(place)
        return place

    def _of(self, node: Node, index: int) -> Places:
        return self._points.get(node.inputs[index], set()) if index < len(node.inputs) else set()

    def _add(self, value: Value, places: Places) -> None:
        if is_mutable(value.type):
            self._points.setdefault(value, set()).update(places)

    def _store(self, containers: Places, places: Places) -> None:
        for container in list(containers):
            self._contents.setdefault(container, set()).update(places)
        if containers & self._escaped:
            self._escaped |= self._closure(places)

    def _inside(self, places: Places) -> Places:
        found: Places = set()
        for place in places:
            found |= self._contents.get(place, set())
            if place in self._escaped:
                found.add(WILD)
        return found

    def _closure(self, places: Iterable[int]) -> Places:
        found: Places = set()
        work = list(places)
        while work:
            place = work.pop()
            if place not in found:
                found.add(place)
                work.extend(self._contents.get(place, ()))
        return found

    def _reach(self, values: Iterable[Value]) -> Places:
        """The places of ``values`` and all that they contain."""
        return self._closure(p for value in values for p in self._points.get(value, ()))

    def _is_open(self, places: Places) -> bool:
        return not places.isdisjoint(self._escaped)

    def _meet(self, a: Places, b: Places) -> bool:
        return not a.isdisjoint(b) or (self._is_open(a) and self._is_open(b))

    # -- reads and writes --------------------------------------------------------------------------------------

    def _collect(self) -> None:
        """What each node reads and writes, with what is in its blocks."""
        for node in self._nodes:
            reads, writes = self._reach(node.inputs), self._own_writes(node)
            for block in node.blocks:
                reads |= self._reach(block.outputs)
            holder: Node | None = node
            while holder is not None:
                self._reads.setdefault(holder, set()).update(reads)
                self._writes.setdefault(holder, set()).update(writes)
                holder = holder.block.node

    def _own_writes(self, node: Node) -> set[Write]:
        if node.kind in _CALLS:
            places = self._reach(node.inputs) | {WILD}
            return {(place, sort) for place in places for sort in ALL_SORTS}
        if node.kind == "prim::SetAttr":
            return {(place, OBJECT) for place in self._of(node, 0)}
        found: set[Write] = set()
        for operand in written_operands(node):
            sorts = sorts_of(operand.type) or deep_sorts(operand.type)
            places = self._points.get(operand, set())
            found |= {(place, sort) for place in places for sort in sorts}
            if _writes_elements(node):
                inside = self._inside(places)
                found |= {(place, TENSOR) for place in inside}
        return found

    def _hits(self, writes: set[Write], value: Value) -> bool:
        sorts = deep_sorts(value.type)
        if not writes or not sorts:
            return False
        places = self._reach([value])
        is_open = self._is_open(places)
        return any(
            sort in sorts and (place in places or (is_open and place in self._escaped))
            for place, sort in writes
        )

    def _depends(self, later: Node, earlier: Node) -> bool:
        """Whether ``later`` uses a result of ``earlier``, or one of the two writes what the other touches."""
        for value in earlier.outputs:
            if any(ancestor_in(use.node, later.block) is later for use in value.uses):
                return True
        written = {place for place, _ in self._writes.get(earlier, ())}
        touched = self._reads.get(later, set()) | {p for p, _ in self._writes.get(later, ())}
        return bool(written) and self._meet(written, touched)


def _touches_memory(node: Node) -> bool:
    return any(is_mutable(value.type) for value in (*node.inputs, *node.outputs))


def _written_names(module: Module | None) -> set[object]:
    """The names of all attributes that some node of the module sets."""
    if module is None:
        return set()
    return {
        node.attributes.get("name")
        for _, graph in module.graphs()
        for node in graph.all_nodes()
        if node.kind == "prim::SetAttr"
    }


def _is_flat(type: ty.Type) -> bool:
    """Whether a schema's type is a list or dict whose elements are one type variable."""
    if isinstance(type, ty.DictType):
        return isinstance(type.value, ty.VarType)
    return isinstance(type, ty.ListType) and isinstance(type.element, ty.VarType)


def _holds_elements(formal: Argument) -> bool:
    """``t[](*)``: a fresh container of elements, as torch marks ``values`` and ``items`` of a dict."""
    is_container = isinstance(formal.type, (ty.ListType, ty.DictType, ty.TupleType))
    return is_container and formal.alias is not None and formal.alias.sets == ("*",)


def _has_marks(schema: Schema) -> bool:
    """Whether the schema says of any result what it shares memory with."""
    return any(r.alias is not None or r.inner_alias is not None for r in schema.results)


def _writes_elements(node: Node) -> bool:
    op = lookup(node.kind)
    return op is not None and any(
        a.inner_alias is not None and a.inner_alias.writes for a in op.schema.arguments
    )
