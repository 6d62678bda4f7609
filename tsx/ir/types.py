"""The type grammar: what a value of a program can be.

Types are immutable and compare by structure. ``str(type)`` is the canonical text, which ``text.parse_type`` reads
back. The grammar is TorchScript's (PyTorch, ``torch/csrc/jit/ir/irparser.cpp`` and ``schema_type_parser.cpp``) with
symbolic sizes; the archive saves every type in it, also those that no capture makes yet.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum

from tsx.ir.dims import Dim

Shape = tuple[Dim | None, ...]
"""Sizes, outermost first; None is an unknown size."""


class DType(Enum):
    """Element types: torch's scalar type code, torch's name, TorchScript's type name, bytes an element."""

    UINT8 = (0, "uint8", "Byte", 1)
    INT8 = (1, "int8", "Char", 1)
    INT16 = (2, "int16", "Short", 2)
    INT32 = (3, "int32", "Int", 4)
    INT64 = (4, "int64", "Long", 8)
    FLOAT16 = (5, "float16", "Half", 2)
    FLOAT32 = (6, "float32", "Float", 4)
    FLOAT64 = (7, "float64", "Double", 8)
    COMPLEX32 = (8, "complex32", "ComplexHalf", 4)
    COMPLEX64 = (9, "complex64", "ComplexFloat", 8)
    COMPLEX128 = (10, "complex128", "ComplexDouble", 16)
    BOOL = (11, "bool", "Bool", 1)
    QINT8 = (12, "qint8", "QInt8", 1)
    QUINT8 = (13, "quint8", "QUInt8", 1)
    QINT32 = (14, "qint32", "QInt32", 4)
    BFLOAT16 = (15, "bfloat16", "BFloat16", 2)

    def __init__(self, code: int, torch_name: str, type_name: str, itemsize: int) -> None:
        self.code = code
        self.torch_name = torch_name
        self.type_name = type_name
        self.itemsize = itemsize

    @property
    def is_float(self) -> bool:
        return self in _FLOATS

    @property
    def is_complex(self) -> bool:
        return self in _COMPLEXES

    @property
    def is_quantized(self) -> bool:
        return self in _QUANTIZED

    @property
    def is_integer(self) -> bool:
        """A signed or unsigned integer; bool and quantised types are not."""
        return self in _INTEGERS

    def __str__(self) -> str:
        return self.torch_name


_FLOATS = frozenset({DType.FLOAT16, DType.BFLOAT16, DType.FLOAT32, DType.FLOAT64})
_COMPLEXES = frozenset({DType.COMPLEX32, DType.COMPLEX64, DType.COMPLEX128})
_QUANTIZED = frozenset({DType.QINT8, DType.QUINT8, DType.QINT32})
_INTEGERS = frozenset({DType.UINT8, DType.INT8, DType.INT16, DType.INT32, DType.INT64})
DTYPE_BY_CODE = {dtype.code: dtype for dtype in DType}
DTYPE_BY_NAME = {dtype.torch_name: dtype for dtype in DType}
DTYPE_BY_TYPE_NAME = {dtype.type_name: dtype for dtype in DType}


class Type:
    """Base of all types."""

    __slots__ = ()

    def children(self) -> tuple[Type, ...]:
        """The types it is made of."""
        return ()


@dataclass(frozen=True, slots=True)
class TensorType(Type):
    """A tensor; None means "not known", for the dtype, the whole shape, or one size in it.

    ``strides``, ``requires_grad`` and ``device`` are parts of TorchScript's grammar; tsx keeps but never needs them.
    """

    dtype: DType | None = None
    shape: Shape | None = None
    strides: tuple[int, ...] | None = None
    requires_grad: bool | None = None
    device: str | None = None

    @property
    def rank(self) -> int | None:
        return None if self.shape is None else len(self.shape)

    def __str__(self) -> str:
        name = self.dtype.type_name if self.dtype else "Tensor"
        if self.shape is None and self.strides is None and self.requires_grad is None:
            parts = [f"device={_device_text(self.device)}"] if self.device is not None else []
            return f"{name}({', '.join(['...', *parts])})" if parts else name
        parts = ["..."] if self.shape is None else [dim_text(size) for size in self.shape]
        if self.strides is not None:
            parts.append(f"strides=[{', '.join(map(str, self.strides))}]")
        if self.requires_grad is not None:
            parts.append(f"requires_grad={int(self.requires_grad)}")
        if self.device is not None:
            parts.append(f"device={_device_text(self.device)}")
        return f"{name}({', '.join(parts)})"


@dataclass(frozen=True, slots=True)
class AtomType(Type):
    """A type without parts: int, float, bool, str, complex, Scalar, NoneType, Device, …"""

    name: str

    def __str__(self) -> str:
        return self.name


INT = AtomType("int")
FLOAT = AtomType("float")
BOOL = AtomType("bool")
STR = AtomType("str")
COMPLEX = AtomType("complex")
NUMBER = AtomType("Scalar")  # int, float or complex
NONE = AtomType("NoneType")
DEVICE = AtomType("Device")
GENERATOR = AtomType("Generator")
STREAM = AtomType("Stream")
STORAGE = AtomType("Storage")
ANY = AtomType("Any")
ATOMS = {
    t.name: t
    for t in (INT, FLOAT, BOOL, STR, COMPLEX, NUMBER, NONE, DEVICE, GENERATOR, STREAM, STORAGE, ANY)
}
TENSOR = TensorType()


@dataclass(frozen=True, slots=True)
class ListType(Type):
    element: Type

    def children(self) -> tuple[Type, ...]:
        return (self.element,)

    def __str__(self) -> str:
        return f"{self.element}[]"


@dataclass(frozen=True, slots=True)
class OptionalType(Type):
    element: Type

    def children(self) -> tuple[Type, ...]:
        return (self.element,)

    def __str__(self) -> str:
        return f"{self.element}?"


@dataclass(frozen=True, slots=True)
class DictType(Type):
    key: Type
    value: Type

    def children(self) -> tuple[Type, ...]:
        return self.key, self.value

    def __str__(self) -> str:
        return f"Dict({self.key}, {self.value})"


@dataclass(frozen=True, slots=True)
class TupleType(Type):
    """A tuple; a NamedTuple has a qualified name and field names as well."""

    elements: tuple[Type, ...]
    name: str = ""
    fields: tuple[str, ...] = ()

    def children(self) -> tuple[Type, ...]:
        return self.elements

    def __str__(self) -> str:
        if self.name:
            pairs = zip(self.fields, self.elements, strict=False)  # printing never fails
            fields = ", ".join(f"{name_text(f)} : {e}" for f, e in pairs)
            return f"NamedTuple<{name_text(self.name)}>({fields})"
        return f"({', '.join(map(str, self.elements))})"


@dataclass(frozen=True, slots=True)
class UnionType(Type):
    members: tuple[Type, ...]

    def children(self) -> tuple[Type, ...]:
        return self.members

    def __str__(self) -> str:
        return f"Union[{', '.join(map(str, self.members))}]"


@dataclass(frozen=True, slots=True)
class FutureType(Type):
    """The result of ``prim::fork``; ``kind`` is Future, Await or RRef."""

    element: Type
    kind: str = "Future"

    def children(self) -> tuple[Type, ...]:
        return (self.element,)

    def __str__(self) -> str:
        return f"{self.kind}({self.element})"


@dataclass(frozen=True, slots=True)
class FunctionType(Type):
    """A function value: the qualified name of an entry of the function table."""

    name: str

    def __str__(self) -> str:
        return f"Function<{name_text(self.name)}>"


@dataclass(frozen=True, slots=True)
class ClassType(Type):
    """An object; the class table of the module tells its attributes and methods. Prints as its dotted name."""

    name: str

    def __str__(self) -> str:
        is_plain = _DOTTED.fullmatch(self.name) and self.name not in _RESERVED
        return self.name if is_plain else f"Class<{name_text(self.name)}>"


@dataclass(frozen=True, slots=True)
class InterfaceType(Type):
    name: str

    def __str__(self) -> str:
        return f"Interface<{name_text(self.name)}>"


@dataclass(frozen=True, slots=True)
class EnumType(Type):
    name: str

    def __str__(self) -> str:
        return f"Enum<{name_text(self.name)}>"


@dataclass(frozen=True, slots=True)
class VarType(Type):
    """A type variable of a schema (``t``, ``tVal``); never the type of a value in a program."""

    name: str

    def __str__(self) -> str:
        return self.name


_DOTTED = re.compile(r"[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*", re.ASCII)
_DEVICE = re.compile(r"[A-Za-z_]\w*(?::\d{1,9})?", re.ASCII)
# Words that mean something else where a type or a literal may stand.
_RESERVED = frozenset(
    {*ATOMS, *DTYPE_BY_TYPE_NAME, "Tensor", "Dict", "Union", "NamedTuple", "Function", "Interface"}
    | {"Enum", "Class", "Future", "Await", "RRef", "True", "False", "None", "inf", "nan", "complex"}
)


def name_text(name: str) -> str:
    """A qualified name as the text writes it: quoted, in ASCII, unless it is dotted words."""
    is_plain = _DOTTED.fullmatch(name) and name not in ("inf", "nan")  # those are numbers
    return name if is_plain else json.dumps(name)


def _device_text(device: str) -> str:
    return device if _DEVICE.fullmatch(device) else json.dumps(device)


def dim_text(size: Dim | None) -> str:
    """A size as types print it: ``*`` when unknown."""
    return "*" if size is None else str(size)


def is_subtype(sub: Type, sup: Type) -> bool:
    """Whether every value of ``sub`` is a value of ``sup`` (lists and dicts are invariant, as in TorchScript)."""
    if sub is sup or sub == sup or sup == ANY:
        return True
    if isinstance(sup, OptionalType):
        inner = sub.element if isinstance(sub, OptionalType) else sub
        return sub == NONE or is_subtype(inner, sup.element)
    if isinstance(sup, UnionType):
        parts = sub.members if isinstance(sub, UnionType) else (sub,)
        return all(any(is_subtype(p, m) for m in sup.members) for p in parts)
    if isinstance(sub, UnionType):
        return all(is_subtype(member, sup) for member in sub.members)
    if sup == NUMBER:
        return sub in (INT, FLOAT, COMPLEX)
    if isinstance(sub, TensorType) and isinstance(sup, TensorType):
        return _tensor_subtype(sub, sup)
    if isinstance(sub, TupleType) and isinstance(sup, TupleType):
        same_kind = not sup.name or sup.name == sub.name
        return (
            same_kind
            and len(sub.elements) == len(sup.elements)
            and all(is_subtype(a, b) for a, b in zip(sub.elements, sup.elements, strict=True))
        )
    if isinstance(sub, ListType) and isinstance(sup, ListType):
        return _invariant(sub.element, sup.element)
    if isinstance(sub, DictType) and isinstance(sup, DictType):
        return _invariant(sub.key, sup.key) and _invariant(sub.value, sup.value)
    if isinstance(sub, FutureType) and isinstance(sup, FutureType):
        return sub.kind == sup.kind and is_subtype(sub.element, sup.element)
    return False


def _invariant(a: Type, b: Type) -> bool:
    # The sizes and dtype of a tensor are knowledge about it, not another type.
    return erase_shapes(a) == erase_shapes(b)


def is_quantized(type: Type) -> bool:
    """Whether it is a tensor of a quantised dtype."""
    return isinstance(type, TensorType) and type.dtype is not None and type.dtype.is_quantized


def _tensor_subtype(sub: TensorType, sup: TensorType) -> bool:
    if sup.dtype is not None and sub.dtype is not sup.dtype:
        return False
    if sup.shape is None:
        return True
    return (
        sub.shape is not None
        and len(sub.shape) == len(sup.shape)
        and all(b is None or a == b for a, b in zip(sub.shape, sup.shape, strict=True))
    )


def erase_shapes(type: Type) -> Type:
    """The type without what is known of tensors (dtype, sizes)."""
    return map_tensors(type, lambda _: TENSOR)


def map_tensors(type: Type, change: Callable[[TensorType], Type]) -> Type:
    """The type with each tensor type in it replaced by ``change`` of it."""
    match type:
        case TensorType():
            return change(type)
        case ListType(element):
            return ListType(map_tensors(element, change))
        case OptionalType(element):
            return OptionalType(map_tensors(element, change))
        case DictType(key, value):
            return DictType(map_tensors(key, change), map_tensors(value, change))
        case TupleType(elements, name, fields):
            return TupleType(tuple(map_tensors(e, change) for e in elements), name, fields)
        case UnionType(members):
            return UnionType(tuple(map_tensors(m, change) for m in members))
        case FutureType(element, kind):
            return FutureType(map_tensors(element, change), kind)
        case _:
            return type


def unify(a: Type, b: Type) -> Type | None:
    """The least type that holds both, as TorchScript's ``unifyTypes``; None when there is none."""
    if is_subtype(a, b):
        return b
    if is_subtype(b, a):
        return a
    if isinstance(a, TensorType) and isinstance(b, TensorType):
        return join_tensors(a, b)
    if a == NONE or b == NONE:
        return OptionalType(b if a == NONE else a)
    if isinstance(a, OptionalType) or isinstance(b, OptionalType):
        inner = unify(
            a.element if isinstance(a, OptionalType) else a,
            b.element if isinstance(b, OptionalType) else b,
        )
        return OptionalType(inner) if inner is not None else None
    if isinstance(a, TupleType) and isinstance(b, TupleType) and len(a.elements) == len(b.elements):
        elements = [unify(x, y) for x, y in zip(a.elements, b.elements, strict=True)]
        if all(e is not None for e in elements):
            return TupleType(tuple(e for e in elements if e is not None))
        return None
    erased = erase_shapes(a)
    return erased if erased == erase_shapes(b) else None


def join_tensors(a: TensorType, b: TensorType) -> TensorType:
    """What is known of a tensor that is one of the two."""
    dtype = a.dtype if a.dtype is b.dtype else None
    if a.shape is None or b.shape is None or len(a.shape) != len(b.shape):
        return TensorType(dtype)
    sizes = (x if x == y else None for x, y in zip(a.shape, b.shape, strict=True))
    return TensorType(dtype, tuple(sizes))


def class_names(types: Iterable[Type]) -> set[str]:
    """Names of the classes, enums and interfaces that ``types`` mention."""
    found: set[str] = set()
    work = list(types)
    while work:
        current = work.pop()
        if isinstance(current, (ClassType, EnumType, InterfaceType)):
            found.add(current.name)
        work.extend(current.children())
    return found
