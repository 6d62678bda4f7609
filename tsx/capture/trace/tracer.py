"""Tracer: one run of a model becomes one graph.

Takes the operators a door sees, with live operands and results. Gives nodes with types checked against the actual
results, ids, spans and scopes. Live arrays are known by identity; what was never seen becomes a constant.
Never drops a use of a traced value by Python: those are guards.
"""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from tsx.capture.modules import Path, StateTree
from tsx.capture.trace.arithmetic import Scalars
from tsx.capture.trace.calls import Functions
from tsx.capture.trace.door import Door
from tsx.capture.trace.results import Results
from tsx.capture.trace.scalars import TracedScalar
from tsx.capture.trace.shapes import Symbols
from tsx.capture.trace.sites import Site, site_of
from tsx.capture.trace.spans import Locator, entry_code
from tsx.errors import TsxError, fail
from tsx.ir import types as ty
from tsx.ir.build import Builder, constant_type
from tsx.ir.dims import Dim, Expr, FloorDiv
from tsx.ir.graph import Attribute, Graph, Node, Value
from tsx.ir.location import Origin, Span
from tsx.ir.module import ClassDef
from tsx.ir.op import Abstract, Op, Trait, Unknown, lookup
from tsx.ops.quantized_forms import takes_quantized
from tsx.ops.weights import Weight

HoleKey = tuple[int, int, int]
"""Where a plain int became an operand: number of the record, operand, element of a list (-1: not in a list)."""


# Arrays that earlier runs computed from their inputs: met again, they would be constants with one run's data in them.
_COMPUTED: dict[int, tuple[weakref.ref[object], int]] = {}
_serials = itertools.count()


@dataclass(frozen=True, slots=True)
class Unsupported:
    """One use of an operator that tsx has no record of."""

    name: str
    span: Span | None
    scope: str


class Tracer:
    """The state of one run. ``explained`` says which plain ints stand for expressions of sizes (see ``dynamic``)."""

    def __init__(
        self,
        door: Door,
        name: str,
        state: StateTree | None = None,
        explained: Mapping[HoleKey, Dim] | None = None,
    ) -> None:
        self.door = door
        self.graph = Graph(name)
        self.builder = Builder.at_end(self.graph.block, Origin())
        self.state = state
        self.explained = dict(explained or {})
        self.symbols = Symbols()
        self.scalars = Scalars(self)
        self.locator = Locator(door.library_roots)
        self.abstracts: dict[Value, Abstract] = {}
        self.ints: dict[HoleKey, int] = {}  # plain ints among the operands
        self.constants: dict[str, Weight] = {}  # live arrays that became weights, by weight name
        self.unsupported: list[Unsupported] = []
        self.warnings: list[str] = []
        self.kept: list[str] = []  # attributes that the run set and no program can hold
        self.record_spans: dict[int, Span | None] = {}
        self.scopes: list[str] = []
        self.functions = Functions()
        self.sites: dict[Node, Site | None] = {}  # of guards: the function that branched
        self.classes: dict[str, ClassDef] = {}  # of the programs that are called
        self.serial = next(_serials)
        self.is_recording = True
        self.is_printing = False  # inside print(): texts made there decide nothing
        self.is_computed: Callable[[object], bool] = lambda array: (
            False
        )  # made by an operator of this run
        self.silence: Callable[[], AbstractContextManager[None]] = (
            nullcontext  # the door's: nothing is recorded
        )
        self.note: Callable[[Any], Any] = lambda result: (
            result
        )  # the door's: results that nothing recorded made
        self._arrays: dict[int, tuple[weakref.ref[object], Value]] = {}
        self._plain: dict[tuple[ty.Type, str], Value] = {}
        self._opaque: dict[int, tuple[object, Value]] = {}  # frameworks' own objects, kept alive
        self._sizes: dict[tuple[Value, int], Value] = {}
        self._objects: dict[tuple[str, ...], Value] = {}
        self._symbol_source: dict[str, tuple[Value, int]] = {}
        self._guarded: set[tuple[Value, str]] = set()
        self._varying: set[Value] = set()
        self._all_vary = False  # once a constant was written with traced data, nothing is constant
        self._ids = 0
        self._records = 0
        if state is not None:
            self._self = self.graph.block.add_input(ty.ClassType(state.class_name(())), "self")

    # Inputs, and arrays by identity.

    def add_input(self, name: str, array: object, shape: ty.Shape) -> Value:
        """A tensor input whose sizes are ``shape``; symbols in it are bound to the actual sizes."""
        actual = self.door.type_of(array)
        value = self.graph.block.add_input(ty.TensorType(actual.dtype, shape), name)
        assert actual.shape is not None
        for index, (dim, size) in enumerate(zip(shape, actual.shape, strict=True)):
            if isinstance(dim, Expr) and isinstance(size, int):
                (symbol,) = dim.symbols()
                self.symbols.bind(symbol, size)
                self._symbol_source.setdefault(symbol, (value, index))
        self.abstracts[value] = value.type
        self._varying.add(value)
        self.bind(array, value)
        return value

    def bind(self, array: object, value: Value) -> None:
        """From now on ``array`` is ``value``."""
        key, owner = id(array), weakref.ref(self)

        def forget(_: object) -> None:
            _COMPUTED.pop(key, None)
            tracer = owner()
            if tracer is not None:
                tracer._arrays.pop(key, None)

        reference = weakref.ref(array, forget)
        self._arrays[key] = (reference, value)
        is_state = self.state is not None and self.state.path_of(array) is not None
        if self.varies(value) and not is_state:
            _COMPUTED[key] = (reference, self.serial)

    def known(self, array: object) -> Value | None:
        """The value of a live array, or None when the trace hasn't met it."""
        found = self._arrays.get(id(array))
        return found[1] if found is not None and found[0]() is array else None

    def array_value(self, array: object) -> Value:
        """The value of a live array: known, an attribute of the module, or a new constant."""
        value = self.known(array)
        if value is None:
            path = self.state.path_of(array) if self.state is not None else None
            value = self._attribute(path, array) if path is not None else self._constant(array)
            self.bind(array, value)
        return value

    def _attribute(self, path: tuple[str, ...], array: object) -> Value:
        owner = self.object_value(path[:-1])
        value = self.builder.get_attr(owner, path[-1], self.door.type_of(array))
        self.abstracts[value] = value.type
        self._varying.add(value)
        return value

    def object_value(self, path: tuple[str, ...]) -> Value:
        """The value of a submodule: a chain of ``prim::GetAttr`` from ``%self``."""
        assert self.state is not None
        if not path:
            return self._self
        if path not in self._objects:
            owner = self.object_value(path[:-1])
            type = ty.ClassType(self.state.class_name(path))
            self._objects[path] = self.builder.get_attr(owner, path[-1], type)
        return self._objects[path]

    def _constant(self, array: object) -> Value:
        reference, serial = _COMPUTED.get(id(array), (None, None))
        if reference is not None and reference() is array and serial != self.serial:
            raise fail("TSX2009", where=self.locator.span() or "")
        if self.is_computed(array):
            raise fail("TSX2012", where=self.locator.span() or "")
        return self._new_constant(array)

    def bind_constant(self, array: object) -> None:
        """Takes ``array`` for a constant, whatever made it."""
        self.bind(array, self._new_constant(array))

    def _new_constant(self, array: object) -> Value:
        made = self.door.made_value(self, array)
        if made is not None:
            return made
        name = f"constant_{len(self.constants)}"
        self.constants[name] = self.door.weight(array)
        value = self.builder.weight(name, self.door.type_of(array))
        self.abstracts[value] = value.type
        return value

    # Plain operands.

    def constant(self, value: Attribute, type: ty.Type | None = None) -> Value:
        """A ``prim::Constant``; one for each value in a trace."""
        type = type or constant_type(value)
        key = (type, repr(value))
        if key not in self._plain:
            made = self.builder.constant(value, type)
            self._plain[key] = made
            self.abstracts[made] = list(value) if isinstance(value, tuple) else value
        return self._plain[key]

    def number_operand(self, operand: object, hint: Attribute) -> Value:
        """The value of a number, traced or plain."""
        if isinstance(operand, TracedScalar):
            if operand.tracer is not self:
                raise fail("TSX2009", where=self.locator.span() or "")
            return operand.value
        return self.constant(hint)

    def operand(self, obj: object, type: ty.Type, key: HoleKey) -> Value:
        """The value of any operand of schema type ``type``."""
        if isinstance(type, ty.OptionalType):
            type = ty.NONE if obj is None else type.element
        if obj is None:
            return self.constant(None)
        if self.door.is_array(obj):
            return self.array_value(obj)
        if isinstance(obj, TracedScalar):
            return self._as_type(self.number_operand(obj, obj.hint), type)
        if isinstance(obj, (list, tuple)):
            return self._list_operand(obj, type, key)
        if isinstance(type, ty.ClassType):
            return self._object_operand(obj)
        if isinstance(obj, int) and not isinstance(obj, bool):
            if key in self.explained:
                return self.size_expression(self.explained[key])
            self.ints[key] = int(obj)
        if type == ty.FLOAT and isinstance(obj, (int, float)):
            return self.constant(float(obj))
        if type == ty.INT and isinstance(obj, int):
            return self.constant(int(obj))
        return self.constant(_attribute(obj), ty.DEVICE if type == ty.DEVICE else None)

    def _object_operand(self, obj: object) -> Value:
        """The value of a framework's own object; one for each object in a trace."""
        if id(obj) not in self._opaque:
            value = self.door.object_value(self, obj)
            self._opaque[id(obj)] = (obj, value)
        return self._opaque[id(obj)][1]

    def _as_type(self, value: Value, type: ty.Type) -> Value:
        """A traced int where a float is wanted is converted, as torch does."""
        if type == ty.FLOAT and value.type == ty.INT and lookup("aten::Float.int") is not None:
            converted = self.emit("aten::Float.int", [value], (ty.FLOAT,)).output
            self.abstracts[converted] = Unknown(ty.FLOAT)
            return converted
        return value

    def _list_operand(self, items: Sequence[object], wanted: ty.Type, key: HoleKey) -> Value:
        element = wanted.element if isinstance(wanted, ty.ListType) else ty.ANY
        node, operand, _ = key
        keys = [(node, operand, index) for index in range(len(items))]
        is_plain = all(_is_plain(item) for item in items)
        if is_plain and not any(k in self.explained for k in keys) and not _holds_arrays(element):
            kind = element.element if isinstance(element, ty.OptionalType) else element
            self.ints.update(
                {k: int(i) for k, i in zip(keys, items, strict=True) if type(i) is int}
            )
            plain = tuple(float(i) if kind == ty.FLOAT else _attribute(i) for i in items)  # type: ignore[arg-type]  # plain, so numbers
            return self.constant(plain, ty.ListType(kind if plain or kind != ty.ANY else ty.INT))
        values = [self.operand(i, element, k) for i, k in zip(items, keys, strict=True)]
        made = self.builder.list(values, element)
        self.abstracts[made] = [self.abstracts[v] for v in values]
        if any(self.varies(v) for v in values):
            self._varying.add(made)
        return made

    def size_expression(self, dim: Dim) -> Value:
        """Nodes that compute ``dim`` from the sizes of the inputs."""
        if isinstance(dim, int):
            return self.constant(dim)
        total: object = 0
        for monomial, coefficient in dim.terms:
            product: object = coefficient
            for atom in monomial:
                factor = (
                    self._divided(atom) if isinstance(atom, FloorDiv) else self.symbol(atom.name)
                )
                product = self.scalars.arithmetic("mul", product, factor)  # type: ignore[arg-type]  # ints, plain or traced
            total = self.scalars.arithmetic("add", total, product)  # type: ignore[arg-type]  # ints, plain or traced
        hint = total.hint if isinstance(total, TracedScalar) else total
        return self.number_operand(total, _attribute(hint))

    def _divided(self, atom: FloorDiv) -> object:
        numerator = self.size_expression(atom.numerator)
        hint = self.symbols.value(atom.numerator)
        traced = self.door.scalar(self, numerator, hint or 0, atom.numerator)
        return self.scalars.arithmetic("floordiv", traced, atom.divisor)

    def symbol(self, name: str) -> object:
        value, dim = self._symbol_source[name]
        return self._size_of(value, dim)

    # Sizes.

    def size(self, array: object, dim: int) -> int | TracedScalar:
        """``array.shape[dim]``: a plain int when it is the same in every run, else a traced one."""
        return self._size_of(self.array_value(array), dim)

    def _size_of(self, value: Value, dim: int) -> int | TracedScalar:
        assert isinstance(value.type, ty.TensorType) and value.type.shape is not None
        known = value.type.shape[dim]
        if isinstance(known, int):
            return known
        key = (value, dim)
        if key not in self._sizes:
            node = self.emit("aten::size.int", [value, self.constant(dim)], (ty.INT,))
            self._sizes[key] = node.output
            self.abstracts[node.output] = known
        hint = self.symbols.value(known)
        assert hint is not None and known is not None
        return self.door.scalar(self, self._sizes[key], hint, known)

    # Nodes.

    def at_here(self) -> None:
        """Makes the running line the origin of what follows."""
        self._ids += 1
        self.builder.origin = Origin.at(self._ids, self.locator.span(), self.scope)

    @property
    def scope(self) -> str:
        return self.scopes[-1] if self.scopes else ""

    @contextmanager
    def in_scope(self, name: str) -> Iterator[None]:
        self.scopes.append(name)
        try:
            yield
        finally:
            self.scopes.pop()

    def emit(
        self,
        kind: str,
        values: Sequence[Value],
        types: Sequence[ty.Type],
        attributes: Mapping[str, Attribute] | None = None,
    ) -> Node:
        """A node at the running line; what it gives varies when an operand does."""
        node = self.builder.node(kind, values, types, attributes)
        if any(self.varies(v) for v in values):
            self._varying.update(node.outputs)
        return node

    def varies(self, value: Value) -> bool:
        """Whether ``value`` may be another one in another run (it depends on inputs or on module state)."""
        return self._all_vary or value in self._varying

    def record(self, op: Op, operands: Sequence[object], run: Callable[[], object]) -> object:
        """Runs ``op`` on live ``operands`` (schema order) and adds it; gives what Python should see.

        Operands become values before the run, which may write to them.
        """
        self.at_here()
        origin = self.builder.origin
        self._records += 1
        arguments = op.schema.arguments
        values = [
            self.operand(
                obj, arguments[i].type if i < len(arguments) else ty.ANY, (self._records, i, -1)
            )
            for i, obj in enumerate(operands)
        ]
        self.builder.origin = origin
        self.record_spans[self._records] = origin.span
        if not takes_quantized(op.kind) and any(ty.is_quantized(v.type) for v in values):
            raise fail("TSX2017", op=op.kind, where=origin.span or "")
        inferred = self._infer(op, values)
        if op.has(Trait.INPLACE) and any(self.varies(v) for v in values):
            self._all_vary = self._all_vary or not self.varies(values[0])
        return Results(self).bind(op, values, inferred, run())

    def next_hole(self) -> HoleKey:
        """The place of an operand that is recorded by itself."""
        self._records += 1
        self.record_spans[self._records] = self.builder.origin.span
        return self._records, 0, -1

    def _infer(self, op: Op, values: Sequence[Value]) -> Abstract:
        """What the operator's rule says of the results; ``Unknown`` when the rule objects (the caller then warns)."""
        try:
            return op.infer(*(self.abstracts[v] for v in values))
        except TsxError as error:
            self.warnings.append(f"the type rule of {op.kind} refused what ran: {error.message}")
            return Unknown(ty.ANY)

    def set_attribute(self, path: Path, name: str, array: object) -> None:
        """The run replaced an attribute of the module: ``prim::SetAttr``."""
        self.at_here()
        values = [self.object_value(path), self.array_value(array)]
        self.emit("prim::SetAttr", values, (), {"name": name})

    def finish(self, results: Sequence[Value]) -> None:
        """Ends the graph; numbers that outlive the trace are plain ones from now on."""
        self.graph.block.return_node.set_inputs(results)
        self.graph.block.return_node.origin = Origin((), (), "")
        self.is_recording = False

    # Guards.

    def guard(self, value: Value, kind: str, expect: Attribute) -> None:
        """Python is about to use ``value`` as a plain one: the trace holds only while it stays ``expect``."""
        if not self.varies(value) or (value, kind) in self._guarded:
            return
        self._guarded.add((value, kind))
        span, source = self.locator.span_and_source()
        self._ids += 1
        self.builder.origin = Origin.at(self._ids, span, self.scope)
        attributes = {"kind": kind, "expect": expect, "source": source}
        node = self.emit("tsx::guard", [value], (), attributes)
        if kind not in ("rank", "len", "dtype"):
            self.sites[node] = site_of(self.locator.frame(), entry_code())

    def guard_number(self, value: Value, kind: str, guard: str, expect: int) -> None:
        """A guard on a number that the operator ``kind`` tells of a result, and that no rule knows."""
        if lookup(kind) is not None and self.varies(value):
            number = self.emit(kind, [value], (ty.INT,)).output
            self.abstracts[number] = Unknown(ty.INT)
            self.guard(number, guard, expect)

    def guard_type(self, value: Value, type: ty.TensorType, rule: Abstract) -> None:
        """Guards on the rank and the dtype of a result, where its rule leaves them open."""
        known = rule if isinstance(rule, ty.TensorType) else ty.TENSOR
        if known.shape is None:
            self.guard_number(value, "aten::dim", "rank", len(type.shape or ()))
        if known.dtype is None and type.dtype is not None:
            self.guard_number(value, "prim::dtype", "dtype", type.dtype.code)


def _is_plain(item: object) -> bool:
    return item is None or isinstance(item, (bool, int, float, complex, str))


def _holds_arrays(type: ty.Type) -> bool:
    inner = type.element if isinstance(type, ty.OptionalType) else type
    return isinstance(inner, ty.TensorType)


def _attribute(obj: object) -> Attribute:
    """A plain operand as a constant's value; subclasses (NumPy's float64 is a float) become the plain type."""
    kinds: tuple[type[Any], ...] = (bool, int, float, complex, str)
    for kind in kinds:
        if isinstance(obj, kind):
            plain: Attribute = kind(obj)
            return plain
    if obj is None:
        return None
    raise fail("TSX2003", what=type(obj).__name__)
