"""Abstract operands made from a schema alone, for operators that torch's op_db has no samples of."""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterator

from tsx.ir import types as ty
from tsx.ir.dims import sym
from tsx.ir.op import Abstract, Op, Unknown
from tsx.ir.schema import Argument
from tsx.ir.types import DType, TensorType

_SHAPES: tuple[tuple[int, ...], ...] = ((3, 4), (2, 3, 4), (5,), (), (1, 4), (2, 0), (2, 3, 5, 6))
_DTYPES = (DType.FLOAT32, DType.INT64, DType.BOOL, DType.FLOAT16, DType.COMPLEX64, DType.QUINT8)
_CODES = (6, 4, 11, 0, 1, 3, 7, 9, 12, 13, 15, 99)
_HUGE = (2**63 - 1, -(2**63), 2**40)
_WORDS = (
    "", "a", "A b\tc", "12", "-7.5e3", "add", "less", "sum", "divide=", "power", "where", "fill", "\u00e9\u4e2d",
    "{}", "%s", "reflect", "percentile",
)  # fmt: skip
_ELEMENTS = (ty.INT, ty.STR, ty.TENSOR, ty.FLOAT)


class Maker:
    """Operands of one call. A variable of the schema is one type throughout."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.variables: dict[str, ty.Type] = {}
        self.shape = rng.choice(_SHAPES)
        self.dtype = rng.choice(_DTYPES)

    def operand(self, formal: Argument) -> Abstract:
        if formal.spelling.startswith("ScalarType"):
            is_none = formal.may_be_none and self.rng.random() < 0.5
            return None if is_none else self.rng.choice(_CODES)
        return self.value(formal.type)

    def value(self, type: ty.Type) -> Abstract:
        rng = self.rng
        match type:
            case ty.TensorType():
                is_same = rng.random() < 0.6
                dtype = self.dtype if rng.random() < 0.7 else rng.choice(_DTYPES)
                return TensorType(dtype, self.shape if is_same else rng.choice(_SHAPES))
            case ty.OptionalType(element):
                return None if rng.random() < 0.5 else self.value(element)
            case ty.ListType(element):
                if rng.random() < 0.3:
                    return Unknown(self.told(type))
                return [self.value(element) for _ in range(rng.randrange(4))]
            case ty.TupleType(elements):
                return tuple(self.value(element) for element in elements)
            case ty.VarType(name):
                return self.value(self.variables.setdefault(name, rng.choice(_ELEMENTS)))
        return self.atom(type)

    def atom(self, type: ty.Type) -> Abstract:
        rng = self.rng
        if type == ty.NUMBER:
            type = rng.choice((ty.INT, ty.FLOAT, ty.BOOL, ty.COMPLEX))
        if type == ty.INT:
            return rng.choice(
                [*range(-3, 9), *range(9), sym("n"), sym("m") * 2 + 1, Unknown(type), *_HUGE]
            )
        if type == ty.FLOAT:
            return rng.choice(
                [0.5, 2.0, -0.0, 0.0, 10.0, 1e300, float("inf"), float("nan"), Unknown(type)]
            )
        if type == ty.BOOL:
            return rng.choice([True, False, True, False, Unknown(type)])
        if type == ty.COMPLEX:
            return rng.choice([1 + 2j, 0j, -1.5j, Unknown(type)])
        if type == ty.STR:
            return rng.choice([*_WORDS, Unknown(type)])
        return None if type == ty.NONE else Unknown(self.told(type))

    def told(self, type: ty.Type) -> ty.Type:
        """A type with its variables told."""
        match type:
            case ty.VarType(name):
                return self.variables.setdefault(name, self.rng.choice(_ELEMENTS))
            case ty.ListType(element):
                return ty.ListType(self.told(element))
            case ty.OptionalType(element):
                return ty.OptionalType(self.told(element))
            case ty.DictType(key, value):
                return ty.DictType(self.told(key), self.told(value))
            case ty.TupleType(elements):
                return ty.TupleType(tuple(map(self.told, elements)))
        return type


def made(op: Op, count: int = 4) -> Iterator[list[Abstract]]:
    """The operands of some calls, the same ones every time."""
    rng = random.Random(zlib.crc32(op.schema.text.encode()))
    for _ in range(count):
        maker = Maker(rng)
        operands = [maker.operand(formal) for formal in op.schema.arguments]
        if op.schema.is_vararg:
            operands += [maker.value(rng.choice(_ELEMENTS)) for _ in range(rng.randrange(3))]
        yield operands
