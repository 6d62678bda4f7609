"""Annotations: what a type that the source states means in the IR.

Takes an annotation as it stands in the AST with the names around it, as a live object, as a string, or as a type
comment. Gives an IR type, or None where the annotation leaves the type to inference (a bare ``Final``). Raises
``BadAnnotation`` for what has no static meaning. Never evaluates an annotation: names are looked up, the rest is read.
"""

from __future__ import annotations

import ast
import builtins
import collections
import collections.abc
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from tsx.capture.script.words import type_words
from tsx.capture.source import MODULE_BASES
from tsx.ir import types as ty

MISSING: Any = type("Missing", (), {"__repr__": lambda self: "<missing>"})()
"""What a lookup gives for a name that isn't there; None is a value like any other."""


class BadAnnotation(Exception):
    """An annotation without a static meaning: an error code with its facts, and the AST it is about, if any."""

    def __init__(
        self, code: str, node: ast.AST | None = None, help: str | None = None, **facts: object
    ) -> None:
        super().__init__(code)
        self.code = code
        self.node = node
        self.help = help
        self.facts = facts


class Known(Protocol):
    """What annotations may name beyond Python's own types."""

    def annotated(self, annotation: object) -> ty.Type | None:
        """The type that a library's object stands for (``torch.Tensor``, ``torch.device``); None when it is none."""
        ...

    def class_type(self, cls: type) -> ty.Type | None:
        """The type of the instances of a user's class; None when the class can't be compiled."""
        ...


Names = Callable[[str], object]
"""Looks a name up where the annotation stands: its value, or MISSING."""


@dataclass(slots=True)
class Reader:
    """Reads the annotations of one scope. ``variables`` are type variables that already stand for a type."""

    known: Known
    names: Names = lambda name: getattr(builtins, name, MISSING)
    variables: Mapping[object, ty.Type] = field(default_factory=dict)
    _depth: int = 0

    def read(self, annotation: object) -> ty.Type | None:
        """The type of an annotation: an AST, a string, or a live object."""
        self._depth += 1
        try:
            if self._depth > _DEEPEST:
                raise BadAnnotation("TSX3201", _node(annotation), text="a type that holds itself")
            if isinstance(annotation, ast.AST):
                return self._ast(annotation)
            if isinstance(annotation, str):
                return self._string(annotation, None)
            return self._object(annotation)
        finally:
            self._depth -= 1

    def part(self, annotation: object) -> ty.Type:
        """A type inside another one, which inference can't supply."""
        found = self.read(annotation)
        if found is None:
            raise BadAnnotation("TSX3201", _node(annotation), text=shown(annotation))
        return found

    # -- the three forms ----------------------------------------------------------------------------------------------

    def _ast(self, node: ast.AST) -> ty.Type | None:
        match node:
            case ast.Constant(value=str(text)):
                return self._string(text, node)
            case ast.Constant(value=None):
                return ty.NONE
            case ast.BinOp(op=ast.BitOr()):
                return union([self.part(node.left), self.part(node.right)])
            case ast.Subscript():
                items = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
                return self._located(node, lambda: self._subscript(self.value(node.value), items))
            case ast.Name() | ast.Attribute():
                return self._located(node, lambda: self._object(self.value(node)))
        raise BadAnnotation("TSX3201", node, text=shown(node))

    def _located(self, node: ast.AST, read: Callable[[], ty.Type | None]) -> ty.Type | None:
        """``read()`` of what ``node`` names; what is wrong with it is wrong at ``node``."""
        try:
            return read()
        except BadAnnotation as bad:
            bad.node = bad.node or node
            raise

    def value(self, node: ast.AST) -> object:
        """The object that a dotted name means."""
        if isinstance(node, ast.Name):
            found = self.names(node.id)
            if found is MISSING:
                found = getattr(builtins, node.id, MISSING)
        elif isinstance(node, ast.Attribute):
            owner = self.value(node.value)
            found = getattr(owner, node.attr, MISSING)
        else:
            raise BadAnnotation("TSX3201", node, text=shown(node))
        if found is MISSING:
            found = self._usual(node)
        if found is MISSING:
            raise BadAnnotation("TSX3200", node, name=shown(node))
        return found

    @staticmethod
    def _usual(node: ast.AST) -> object:
        """``List`` in a type comment, or under ``TYPE_CHECKING``, often has no import that runs."""
        name = node.id if isinstance(node, ast.Name) else ""
        return getattr(typing, name, MISSING) if name in typing.__all__ else MISSING

    def _string(self, text: str, at: ast.AST | None) -> ty.Type | None:
        try:
            tree = ast.parse(text.strip(), mode="eval")
        except SyntaxError:
            raise BadAnnotation("TSX3201", at, text=repr(text)) from None
        try:
            return self._ast(tree.body)
        except BadAnnotation as bad:
            bad.node = at  # the places inside the string are no places of the file
            raise

    def _object(self, annotation: Any) -> ty.Type | None:
        if _is_hashable(annotation) and annotation in _ATOMS:
            return _ATOMS[annotation]
        found = self.known.annotated(annotation)
        if found is not None:
            return found
        if isinstance(annotation, (str, typing.ForwardRef)):
            text = annotation if isinstance(annotation, str) else annotation.__forward_arg__
            return self._string(text, None)
        if _is_alias(annotation):  # type Ids = list[int]
            return self.read(annotation.__value__)
        if isinstance(annotation, typing.NewType):
            return self.read(annotation.__supertype__)
        if isinstance(annotation, typing.TypeVar):
            return self._variable(annotation)
        origin = typing.get_origin(annotation)
        if origin is not None:
            arguments = typing.get_args(annotation)
            if not hasattr(annotation, "__args__"):  # typing.List, without a parameter
                self._refuse(annotation)
                return self._bare(origin, annotation)
            return self._subscript(origin, arguments or ((),))
        if annotation is typing.Final:
            return None
        if _is_hashable(annotation) and annotation in _GENERIC:
            return self._bare(annotation, annotation)
        self._refuse(annotation)
        if isinstance(annotation, type):
            made = self.known.class_type(annotation)
            if made is not None:
                return made
        help = _NO_MODULE if is_module_class(annotation) else None
        raise BadAnnotation("TSX3201", help=help, text=shown(annotation))

    def _variable(self, variable: typing.TypeVar) -> ty.Type | None:
        if variable in self.variables:
            return self.variables[variable]
        if variable.__bound__ is not None:
            return self.read(variable.__bound__)
        if variable.__constraints__:
            return union([self.part(c) for c in variable.__constraints__])
        return None  # it is what the argument is

    # -- types made of types ------------------------------------------------------------------------------------------

    def _subscript(self, head: Any, items: Sequence[object]) -> ty.Type | None:
        head = typing.get_origin(head) or head
        if _is_hashable(head) and head in _MEANINGS:
            return _MEANINGS[head](self, list(items))
        found = self.known.annotated(head)
        if found is not None:  # numpy.ndarray[Any, dtype[float32]]
            return found
        if type(head).__name__ == "BroadcastingListCls":  # torch's BroadcastingList2[int]
            return None  # one T, or several: what is given
        if _is_alias(head):
            variables = {p: self.part(i) for p, i in zip(head.__type_params__, items, strict=False)}
            inner = Reader(self.known, self.names, {**self.variables, **variables}, self._depth)
            return inner.read(head.__value__)
        self._refuse(head)
        if isinstance(head, type):
            made = self.known.class_type(head)
            if made is not None:
                return made
        raise BadAnnotation("TSX3201", text=f"{shown(head)}[…]")

    def _bare(self, head: object, annotation: object) -> ty.Type | None:
        if head is tuple and self._depth == 1:
            return None  # what it holds is what is returned
        expected = "the types of what it holds, as list[int]"
        if head in _DICTS:
            expected = "the types of its keys and values, as dict[str, int]"
        raise BadAnnotation("TSX3203", type=shown(annotation), expected=expected)

    def _refuse(self, annotation: object) -> None:
        for refused, why, help in _REFUSED:
            if annotation is refused or typing.get_origin(annotation) is refused:
                raise BadAnnotation("TSX3202", help=help, type=shown(annotation), why=why)

    def list_of(self, items: list[object]) -> ty.Type:
        _count("a list", items, 1, "one parameter, as list[int]")
        return ty.ListType(self.part(items[0]))

    def dict_of(self, items: list[object]) -> ty.Type:
        _count("a dict", items, 2, "two parameters, as dict[str, int]")
        key = self.part(items[0])
        if not is_key(key):
            raise BadAnnotation("TSX3204", _node(items[0]), type=type_words(key))
        return ty.DictType(key, self.part(items[1]))

    def set_of(self, items: list[object]) -> ty.Type:
        """A set is held as a dict to None."""
        _count("a set", items, 1, "one parameter, as set[int]")
        element = self.part(items[0])
        if not is_key(element):
            raise BadAnnotation("TSX3204", _node(items[0]), type=type_words(element))
        return ty.DictType(element, ty.NONE)

    def tuple_of(self, items: list[object]) -> ty.Type:
        if len(items) == 1 and _is_empty(items[0]):
            return ty.TupleType(())
        if len(items) == 2 and _is_ellipsis(items[1]):
            return ty.ListType(
                self.part(items[0])
            )  # any number of one type: a list that is only read
        if any(map(_is_ellipsis, items)):
            raise BadAnnotation("TSX3203", type="tuple", expected="one type before `...`")
        return ty.TupleType(tuple(self.part(item) for item in items))

    def optional_of(self, items: list[object]) -> ty.Type | None:
        _count("Optional", items, 1, "one parameter, as Optional[int]")
        inner = self.read(items[0])
        return union([inner, ty.NONE]) if inner is not None else None

    def union_of(self, items: list[object]) -> ty.Type:
        return union([self.part(item) for item in items])

    def literal_of(self, items: list[object]) -> ty.Type:
        return union([self._literal(item) for item in items])

    def _literal(self, item: object) -> ty.Type:
        if isinstance(item, ast.UnaryOp) and isinstance(item.op, ast.USub):
            item = item.operand
        value = item.value if isinstance(item, ast.Constant) else item
        if isinstance(item, ast.Attribute):  # Literal[Color.RED]
            value = self.value(item)
        if type(value) in _ATOMS:
            return _ATOMS[type(value)]
        made = self.known.class_type(type(value)) if not isinstance(value, ast.AST) else None
        if made is None:
            raise BadAnnotation("TSX3201", _node(item), text=shown(item))
        return made

    def first_of(self, items: list[object]) -> ty.Type | None:
        """``Final[T]``, ``ClassVar[T]``, ``Annotated[T, …]``, ``Required[T]``: what T says."""
        return self.read(items[0])


def union(members: Sequence[ty.Type]) -> ty.Type:
    """The union of types in its normal form: ``T | None`` is Optional, one member stands alone, none stands twice."""
    flat: list[ty.Type] = []
    for member in members:
        parts: Sequence[ty.Type] = (member,)
        if isinstance(member, ty.UnionType):
            parts = member.members
        elif isinstance(member, ty.OptionalType):
            inner = member.element
            parts = (*(inner.members if isinstance(inner, ty.UnionType) else (inner,)), ty.NONE)
        flat += [part for part in parts if part not in flat]
    if ty.ANY in flat:
        return ty.ANY
    rest = [member for member in flat if member != ty.NONE]
    if not rest:
        return ty.NONE
    if set(rest) == {ty.INT, ty.FLOAT, ty.COMPLEX}:
        rest = [ty.NUMBER]
    inner = rest[0] if len(rest) == 1 else ty.UnionType(tuple(rest))
    return ty.OptionalType(inner) if ty.NONE in flat else inner


def is_key(type: ty.Type) -> bool:
    """Whether the values of a type can be keys of a dict: they hash by what they are."""
    if isinstance(type, ty.TupleType):
        return all(map(is_key, type.elements))
    if isinstance(type, (ty.OptionalType, ty.UnionType)):
        return all(map(is_key, type.children()))
    return type in _KEYS or isinstance(type, ty.EnumType)


def shown(annotation: object) -> str:
    """An annotation as messages show it."""
    if isinstance(annotation, ast.AST):
        return ast.unparse(annotation)
    if isinstance(annotation, type) and not typing.get_args(annotation):
        return annotation.__qualname__
    return str(annotation).replace("typing.", "")


def signature_of_comment(text: str) -> tuple[list[ast.expr] | None, ast.expr]:
    """``(int, List[int]) -> Tensor`` of a type comment: its parameters (None for ``(...)``) and its result."""
    try:
        tree = ast.parse(text.strip(), mode="func_type")
    except SyntaxError:
        raise BadAnnotation("TSX3205", text=text.strip()) from None
    assert isinstance(tree, ast.FunctionType)
    parameters = tree.argtypes
    if len(parameters) == 1 and _is_ellipsis(parameters[0]):
        return None, tree.returns
    return [p.value if isinstance(p, ast.Starred) else p for p in parameters], tree.returns


_NO_MODULE = "make it an attribute of the module that calls it, self.layer, or give the tensors that it computes"


def is_module_class(cls: object) -> bool:
    """Whether instances of ``cls`` are layers of torch.nn or tsx.nn."""
    bases = cls.__mro__ if isinstance(cls, type) else ()
    return any((base.__module__, base.__name__) in MODULE_BASES for base in bases)


def _node(annotation: object) -> ast.AST | None:
    return annotation if isinstance(annotation, ast.AST) else None


def _count(what: str, items: Sequence[object], wanted: int, expected: str) -> None:
    if len(items) != wanted:
        raise BadAnnotation(
            "TSX3203", _node(items[-1]) if items else None, type=what, expected=expected
        )


def _is_ellipsis(item: object) -> bool:
    return item is ... or (isinstance(item, ast.Constant) and item.value is ...)


def _is_empty(item: object) -> bool:
    return item == () or (isinstance(item, ast.Tuple) and not item.elts)


def _is_alias(value: object) -> bool:
    return (
        type(value).__name__ == "TypeAliasType"
    )  # typing's from Python 3.12, or typing_extensions'


def _is_hashable(value: object) -> bool:
    return getattr(type(value), "__hash__", None) is not None and not isinstance(
        value, (list, dict)
    )


_DEEPEST = 50
_ATOMS: dict[Any, ty.Type] = {
    int: ty.INT, float: ty.FLOAT, bool: ty.BOOL, str: ty.STR, complex: ty.COMPLEX,
    None: ty.NONE, type(None): ty.NONE, Any: ty.ANY, object: ty.ANY,
    np.float64: ty.FLOAT, np.complex128: ty.COMPLEX, np.ndarray: ty.TENSOR,
}  # fmt: skip
_KEYS = frozenset({ty.INT, ty.FLOAT, ty.BOOL, ty.STR, ty.COMPLEX, ty.NONE, ty.DEVICE, ty.NUMBER})

_LISTS = (
    list, collections.abc.Sequence, collections.abc.MutableSequence, collections.abc.Iterable,
    collections.abc.Collection, collections.abc.Reversible,
)  # fmt: skip
_DICTS = (
    dict, collections.abc.Mapping, collections.abc.MutableMapping, collections.OrderedDict,
)  # fmt: skip
_SETS = (set, frozenset, collections.abc.Set, collections.abc.MutableSet)
_Meaning = Callable[[Reader, list[Any]], "ty.Type | None"]
_MEANINGS: dict[Any, _Meaning] = {
    **dict.fromkeys(_LISTS, Reader.list_of),
    **dict.fromkeys(_DICTS, Reader.dict_of),
    **dict.fromkeys(_SETS, Reader.set_of),
    tuple: Reader.tuple_of,
    typing.Optional: Reader.optional_of,
    typing.Union: Reader.union_of,
    types.UnionType: Reader.union_of,
    typing.Literal: Reader.literal_of,
    **dict.fromkeys(
        (typing.Final, typing.ClassVar, typing.Annotated, typing.Required, typing.NotRequired),
        Reader.first_of,
    ),
    np.ndarray: lambda reader, items: ty.TENSOR,
}
_GENERIC = frozenset(_MEANINGS) - {np.ndarray}

_REFUSED: tuple[tuple[object, str, str], ...] = (
    (collections.abc.Callable, "which function it is has to be known when the program is compiled",
     "call the function by its name, or make it an attribute of the module"),
    (collections.abc.Generator, "a generator keeps a frame of Python alive", "return a list"),
    (bytes, "a program holds text and tensors, no bytes", "use a uint8 tensor, or decode to str"),
    (bytearray, "a program holds text and tensors, no bytes", "use a uint8 tensor"),
    (type, "which class it is has to be known when the program is compiled",
     "name the class where it is used"),
    (range, "a range lives in a for statement only", "pass start, stop and step as ints"),
)  # fmt: skip
