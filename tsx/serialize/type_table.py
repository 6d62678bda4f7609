"""Sizes and types as tables whose entries refer to earlier ones (docs/archive.md, section 6).

A table is flat, so reading it needs no recursion; and because an entry may be referred to often, the size of everything
written out in full is bounded as well.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tsx.errors import fail
from tsx.ir import types as ty
from tsx.ir.dims import Atom, Dim, Expr, FloorDiv, Monomial, Symbol
from tsx.serialize import checked, limits

_FUTURES = ("Future", "Await", "RRef")


@dataclass(slots=True)
class TypeWriter:
    """Numbers sizes and types by first use and keeps their rows."""

    size_rows: list[Any] = field(default_factory=list)
    type_rows: list[Any] = field(default_factory=list)
    _sizes: dict[Expr, int] = field(default_factory=dict)
    _types: dict[ty.Type, int] = field(default_factory=dict)

    def size(self, expr: Expr) -> int:
        """The index of a symbolic size."""
        if expr not in self._sizes:
            row = [[c, *(self._atom(atom) for atom in monomial)] for monomial, c in expr.terms]
            self.size_rows.append(row)
            self._sizes[expr] = len(self.size_rows) - 1
        return self._sizes[expr]

    def _atom(self, atom: Atom) -> Any:
        if isinstance(atom, Symbol):
            return atom.name
        return [self.size(atom.numerator), atom.divisor]

    def type(self, type: ty.Type) -> int:
        """The index of a type; ``ArchiveError`` TSX6010 for one that no value of a program has."""
        if type not in self._types:
            row = self._row(type)  # enters the parts first
            self.type_rows.append(row)
            self._types[type] = len(self.type_rows) - 1
        return self._types[type]

    def _row(self, type: ty.Type) -> list[Any]:
        match type:
            case ty.TensorType(dtype, shape, strides, requires_grad, device):
                name = None if dtype is None else dtype.torch_name
                return ["tensor", name, self._shape(shape), strides, requires_grad, device]
            case ty.AtomType(name):
                return ["atom", name]
            case ty.ListType(element):
                return ["list", self.type(element)]
            case ty.OptionalType(element):
                return ["optional", self.type(element)]
            case ty.DictType(key, value):
                return ["dict", self.type(key), self.type(value)]
            case ty.UnionType(members):
                return ["union", [self.type(member) for member in members]]
            case ty.TupleType(elements, name, fields):
                return ["tuple", [self.type(element) for element in elements], name, fields]
            case ty.FutureType(element, kind):
                return ["future", kind, self.type(element)]
            case ty.FunctionType(name):
                return ["function", name]
            case ty.ClassType(name):
                return ["class", name]
            case ty.InterfaceType(name):
                return ["interface", name]
            case ty.EnumType(name):
                return ["enum", name]
        raise fail("TSX6010", what=f"a value can't have the type {type}")

    def _shape(self, shape: ty.Shape | None) -> list[Any] | None:
        if shape is None:
            return None
        return [[self.size(size)] if isinstance(size, Expr) else size for size in shape]


@dataclass(frozen=True, slots=True)
class Sizes:
    """The table of symbolic sizes, and how many terms and factors each has when written out."""

    exprs: list[Expr]
    weights: list[int]


def read_sizes(rows: Any) -> Sizes:
    """The table of symbolic sizes; each is in normal form, or the archive is refused."""
    sizes: list[Expr] = []
    growth = limits.Growth("sizes", limits.SIZE)
    for row in checked.array(rows, "the sizes"):
        parts: list[int] = []
        terms = [
            _read_term(checked.array(term, "a term of a size"), sizes, parts)
            for term in checked.array(row, "a size")
        ]
        growth.add(parts, 1 + sum(1 + len(monomial) for monomial, _ in terms))
        expr = Expr(tuple(terms))
        if not terms or expr + 0 != expr:
            raise checked.malformed("a size is not in normal form")
        sizes.append(expr)
    return Sizes(sizes, growth.weights)


def _read_term(row: list[Any], sizes: list[Expr], parts: list[int]) -> tuple[Monomial, int]:
    if not row or len(row) > limits.DEPTH:
        raise checked.malformed("a term of a size has a coefficient and at most 63 factors")
    atoms: list[Atom] = []
    for factor in row[1:]:
        if isinstance(factor, str):
            atoms.append(Symbol(checked.identifier(factor, "a symbol")))
            continue
        at, divisor = checked.array(factor, "a floor division", 2)
        parts.append(checked.index(at, sizes, "the size in a floor division"))
        atom = FloorDiv(sizes[at], checked.integer(divisor, "the divisor of a size", 2))
        # Dividing simplifies; a division in normal form comes back as itself.
        if atom.numerator // divisor != Expr((((atom,), 1),)):
            raise checked.malformed("a floor division is not in normal form")
        atoms.append(atom)
    if sorted(atoms, key=str) != atoms:
        raise checked.malformed("the factors of a size are out of order")
    return tuple(atoms), checked.integer(row[0], "the coefficient of a size")


def read_types(rows: Any, sizes: Sizes) -> list[ty.Type]:
    """The table of types."""
    types: list[ty.Type] = []
    growth = limits.Growth("types")
    for row in checked.array(rows, "the types"):
        tag, *fields = checked.array(row, "a type") or [None]
        reader = TYPE_READERS.get(checked.string(tag, "the kind of a type"))
        if reader is None or len(fields) != reader.fields:
            raise checked.malformed(f"{tag!r:.60} with {len(fields)} fields is no type")
        source = _Row(fields, types, sizes)
        types.append(reader.read(source))
        growth.add(source.parts, source.own)
    return types


@dataclass(slots=True)
class _Row:
    """The fields of one type and the tables it may refer to; ``parts`` and ``own`` say how large it is."""

    fields: list[Any]
    types: list[ty.Type]
    sizes: Sizes
    parts: list[int] = field(default_factory=list)
    own: int = 1

    def size(self, at: Any) -> Expr:
        number = checked.index(at, self.sizes.exprs, "a size")
        self.own += self.sizes.weights[number]
        return self.sizes.exprs[number]

    def type(self, at: Any) -> ty.Type:
        number = checked.index(at, self.types, "a part of a type")
        self.parts.append(number)
        return self.types[number]

    def type_list(self, rows: Any) -> tuple[ty.Type, ...]:
        return tuple(self.type(at) for at in checked.array(rows, "the parts of a type"))


@dataclass(frozen=True, slots=True)
class _Reader:
    fields: int
    read: Callable[[_Row], ty.Type]


def _read_tensor(row: _Row) -> ty.Type:
    name, shape, strides, requires_grad, device = row.fields
    dtype = None if name is None else ty.DTYPE_BY_NAME.get(checked.string(name, "a dtype"))
    if name is not None and dtype is None:
        raise checked.malformed(f"{name!r:.60} is no dtype")
    sizes = None if shape is None else _read_shape(shape, row)
    if strides is not None:
        strides = tuple(checked.integer(s, "a stride") for s in checked.array(strides, "strides"))
    if requires_grad is not None:
        checked.boolean(requires_grad, "requires_grad")
    if device is not None:
        checked.name(device, "a device")
    return ty.TensorType(dtype, sizes, strides, requires_grad, device)


def _read_shape(shape: Any, row: _Row) -> ty.Shape:
    limits.within("the rank of a type", len(checked.array(shape, "a shape")), limits.RANK)
    sizes: list[Dim | None] = []
    for size in shape:
        if isinstance(size, list):
            sizes.append(row.size(checked.array(size, "a symbolic size", 1)[0]))
        else:
            sizes.append(None if size is None else checked.integer(size, "a size", 0))
    return tuple(sizes)


def _read_atom(row: _Row) -> ty.Type:
    name = checked.string(row.fields[0], "the name of a type")
    if name not in ty.ATOMS:
        raise checked.malformed(f"{name!r:.60} is no type")
    return ty.ATOMS[name]


def _read_tuple(row: _Row) -> ty.Type:
    elements = row.type_list(row.fields[0])
    fields = tuple(
        checked.identifier(f, "a field") for f in checked.array(row.fields[2], "the fields")
    )
    if row.fields[1] == "" and not fields:
        return ty.TupleType(elements)
    checked.unique(fields, "a NamedTuple")
    if len(fields) != len(elements):
        raise checked.malformed("a NamedTuple has a field for each element")
    return ty.TupleType(elements, checked.dotted(row.fields[1], "the name of a type"), fields)


def _read_future(row: _Row) -> ty.Type:
    kind = checked.string(row.fields[0], "the kind of a future")
    if kind not in _FUTURES:
        raise checked.malformed(f"{kind!r:.60} is no kind of future")
    return ty.FutureType(row.type(row.fields[1]), kind)


def _named(make: Callable[[str], ty.Type]) -> _Reader:
    return _Reader(1, lambda row: make(checked.dotted(row.fields[0], "the name of a type")))


TYPE_READERS = {
    "tensor": _Reader(5, _read_tensor),
    "atom": _Reader(1, _read_atom),
    "list": _Reader(1, lambda row: ty.ListType(row.type(row.fields[0]))),
    "optional": _Reader(1, lambda row: ty.OptionalType(row.type(row.fields[0]))),
    "dict": _Reader(2, lambda row: ty.DictType(row.type(row.fields[0]), row.type(row.fields[1]))),
    "union": _Reader(1, lambda row: ty.UnionType(row.type_list(row.fields[0]))),
    "tuple": _Reader(3, _read_tuple),
    "future": _Reader(2, _read_future),
    "function": _named(ty.FunctionType),
    "class": _named(ty.ClassType),
    "interface": _named(ty.InterfaceType),
    "enum": _named(ty.EnumType),
}
