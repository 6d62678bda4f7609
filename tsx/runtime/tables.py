"""The tables of a program while it is lowered: entries in the order of first use, equal ones once.

Takes what the emitter refers to, gives indices; ``functions`` grows as calls are met, so lowering ends when each of its
rows has code.
"""

from __future__ import annotations

from collections.abc import Container, Hashable
from typing import Generic, TypeVar

from tsx.errors import fail
from tsx.ir.graph import Attribute, Graph, Node
from tsx.ir.location import Span
from tsx.ir.module import Module
from tsx.ir.op import Op
from tsx.ir.text import parse_graph
from tsx.ir.types import Type
from tsx.runtime.program import Constant, Function, Guard, Operator, Program
from tsx.runtime.tile import Tile, tile_of

_T = TypeVar("_T")


class _Table(Generic[_T]):
    def __init__(self) -> None:
        self.rows: list[_T] = []
        self._places: dict[Hashable, int] = {}

    def place(self, row: _T, key: Hashable) -> int:
        """The index of the row with this key, which becomes ``row`` when it is new."""
        index = self._places.setdefault(key, len(self.rows))
        if index == len(self.rows):
            self.rows.append(row)
        return index


class Tables:
    """``bodies`` says whether composite operators become calls of their bodies; ``absent``, what may be undefined."""

    def __init__(self, module: Module | None, bodies: bool, absent: Container[str] = ()) -> None:
        self.module = module
        self.bodies = bodies
        self.absent = absent
        self.functions: list[tuple[str, Graph]] = []
        self.methods: dict[tuple[str, str], int] = {}
        self._function_places: dict[int, int] = {}  # by the identity of the graph
        self._body_graphs: dict[str, Graph] = {}
        self._constants = _Table[Constant]()
        self._operators = _Table[Operator]()
        self._names = _Table[str]()
        self._types = _Table[Type]()
        self._guards = _Table[Guard]()
        self._tiles: list[Tile] = []

    def program(self, functions: list[Function], entries: dict[str, int]) -> Program:
        return Program(
            tuple(functions), entries, tuple(self._constants.rows), tuple(self._operators.rows),
            tuple(self._names.rows), tuple(self._types.rows), tuple(self._guards.rows), tuple(self._tiles),
            dict(self.methods),
        )  # fmt: skip

    def constant(self, value: Attribute, type: Type) -> int:
        # repr tells 1, True, 1.0 and -0.0 apart, which == does not.
        return self._constants.place(Constant(value, type), (repr(value), type))

    def operator(self, kind: str, operands: int, results: int) -> int:
        row = Operator(kind, operands, results)
        return self._operators.place(row, row)

    def name(self, name: str) -> int:
        return self._names.place(name, name)

    def type(self, type: Type) -> int:
        return self._types.place(type, type)

    def guard(self, guard: Guard) -> int:
        return self._guards.place(guard, (guard.kind, repr(guard.expect), guard.source))

    def tile(self, group: Node) -> int:
        self._tiles.append(tile_of(group))
        return len(self._tiles) - 1

    def function(self, name: str, graph: Graph) -> int:
        place = self._function_places.setdefault(id(graph), len(self.functions))
        if place == len(self.functions):
            self.functions.append((name, graph))
        return place

    def body(self, op: Op) -> int:
        """The function of a composite operator's body."""
        if op.kind not in self._body_graphs:
            self._body_graphs[op.kind] = parse_graph(op.body, file=op.kind)
        return self.function(op.kind, self._body_graphs[op.kind])

    def called_function(self, name: str, where: Span | None) -> int:
        functions = self.module.functions if self.module else {}
        if name not in functions:
            raise fail("TSX5003", name=name, where=where or "")
        return self.function(name, functions[name])

    def called_method(self, class_name: str, method: str, where: Span | None) -> int:
        definition = self.module.classes.get(class_name) if self.module else None
        if definition is None or method not in definition.methods:
            raise fail("TSX5003", name=f"{class_name}.{method}", where=where or "")
        return self.function(f"{class_name}.{method}", definition.methods[method])

    def implementations(self, method: str) -> None:
        """Enters the method of every class that has it, for calls that the object's class decides."""
        for name, definition in (self.module.classes if self.module else {}).items():
            if method in definition.methods:
                graph = definition.methods[method]
                self.methods[name, method] = self.function(f"{name}.{method}", graph)
