"""``Formula``: the whole meaning of an elementwise operator – its scalar text, its promotion, its refusals.

Takes operands in schema order, as tile registers, numbers, strings or None. Gives tile instructions (``emit``) for
any engine, dtypes (``dtypes``) for the type rule, and values (``evaluate``) through NumPy. Half precision is computed
in float32 and rounded once, when the operator's result is stored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tsx.errors import fail
from tsx.ir.op import Unknown
from tsx.ir.schema import Schema, parse_schema
from tsx.ir.types import DType
from tsx.ops.abstract import dtype_arg, mismatch
from tsx.ops.dtypes import Array, dtype_of, to_numpy
from tsx.ops.interpret import Runner, compile_tile
from tsx.ops.promote import Category, Kind, describe, kind_dtypes, result_type
from tsx.ops.scalar import Value, emit, parse
from tsx.ops.tile import Constant, Register, TileBuilder, TileProgram

Operand = Register | Constant | str | None


@dataclass(frozen=True, slots=True, eq=False)
class Formula:
    """One operator's meaning, by case.

    ``texts`` has the scalar text for each case: the value of the ``select`` operand, then the class of the computed
    dtype (bool, integer, float, complex), as in ``floor/integer``; the first of ``floor/integer``, ``floor``,
    ``integer`` and the empty case that exists counts.
    """

    schema: Schema
    texts: Mapping[str, str]
    kind: Kind | Mapping[str, Kind] = Kind.DEFAULT  # or by the value of the ``select`` operand
    promotes: frozenset[str] = frozenset()  # the arguments that take part in promotion
    fixed: Mapping[str, DType] = field(default_factory=dict)  # arguments loaded as one dtype
    select: str = ""
    refuses: frozenset[str] = frozenset()  # classes of promoted dtype that torch refuses
    compute: DType | None = None  # instead of the promoted dtype
    becomes: str = ""  # a cast: the argument that says the dtype, as a code or as a tensor
    _runners: dict[object, Runner] = field(default_factory=dict, repr=False)  # by signature
    _baked: tuple[bool, ...] = field(init=False, repr=False)  # for each argument, see ``bakes``

    def __post_init__(self) -> None:
        baked = tuple(self.bakes(argument.name) for argument in self.schema.arguments)
        object.__setattr__(self, "_baked", baked)

    def bakes(self, argument: str) -> bool:
        """Whether the value of a number is part of the program; one that takes part in promotion is loaded."""
        return argument not in self.promotes or argument == self.select

    def __str__(self) -> str:
        """The text, or each case's."""
        if tuple(self.texts) == ("",):
            return self.texts[""]
        return " | ".join(f"{case or 'else'}: {text}" for case, text in self.texts.items())

    @classmethod
    def private(cls, schema: str, text: str) -> Formula:
        """A formula of tensors that is part of an operator, not one of its own."""
        parsed = parse_schema(schema)
        return cls(parsed, {"": text}, promotes=frozenset(a.name for a in parsed.arguments))

    def dtypes(self, operands: Sequence[object]) -> tuple[DType, DType] | None:
        """(the dtype it computes in, the dtype of its result) for operands of any kind; None when not known yet.

        Raises TSX4006 for a dtype that the operator refuses.
        """
        common = result_type(
            *(v for a, v in self._arguments(operands) if a in self.promotes and v is not None)
        )
        if common is None:
            return None
        if self.becomes:
            target = self._target(operands, common)
            return None if target is None else (target, target)
        if dtype_class(common) in self.refuses:
            raise fail("TSX4006", op=self.schema.kind, dtype=common)
        kind = self.kind if isinstance(self.kind, Kind) else self._kind_by(self._chosen(operands))
        compute, result = kind_dtypes(kind, common)
        return self.compute or compute, result

    def emit(self, builder: TileBuilder, operands: Sequence[Operand]) -> Register:
        """Appends the operator's instructions; gives its result, rounded to the operator's result dtype."""
        dtypes = self.dtypes(operands)
        assert dtypes is not None, "registers have a dtype"
        compute, result = dtypes
        expression = parse(self.text(operands, compute))
        used = expression.names()
        values: dict[str, Value] = {
            "largest": finite_limit(result, 1),
            "lowest": finite_limit(result, -1),
        }
        for name, operand in self._arguments(operands):
            if name in used and not isinstance(operand, str):
                values[name] = operand
                if isinstance(operand, Register):
                    values[name] = builder.cast(operand, self.fixed.get(name, compute))
        value = emit(builder, expression, values, compute)
        if value is None:
            raise mismatch(self.schema.kind, "at least one operand that is not None", "none")
        if not isinstance(value, Register):
            value = builder.constant(value, compute)
        ranked = any(isinstance(o, Register) and o.category is Category.TENSOR for o in operands)
        category = Category.TENSOR if ranked else Category.ZERO_DIM
        return builder.retag(builder.cast(value, result), category)

    def _kind_by(self, chosen: str) -> Kind:
        assert not isinstance(self.kind, Kind)
        if chosen not in self.kind:
            known = ", ".join(map(repr, self.kind))
            raise mismatch(self.schema.kind, f"{self.select} to be one of {known}", repr(chosen))
        return self.kind[chosen]

    def text(self, operands: Sequence[object], compute: DType) -> str:
        """The scalar text for these operands."""
        chosen, kind = self._chosen(operands), dtype_class(compute)
        for case in (f"{chosen}/{kind}", chosen or kind, kind, ""):
            if case in self.texts:
                return self.texts[case]
        known = ", ".join(repr(case) for case in self.texts if "/" not in case)
        raise mismatch(self.schema.kind, f"{self.select} to be one of {known}", repr(chosen))

    def evaluate(self, operands: Sequence[object]) -> Array:
        """The value, in NumPy. The program is made once for each signature of operands."""
        signature = tuple(
            [
                (operand.dtype, operand.ndim > 0)
                if isinstance(operand, np.ndarray)
                else (type(operand), repr(operand) if baked else "")  # repr tells 0.0 from -0.0
                for operand, baked in zip(operands, self._baked, strict=True)
            ]
        )
        runner = self._runners.get(signature)
        if runner is None:
            if len(self._runners) >= _MAX_RUNNERS:
                self._runners.clear()
            runner = self._runners[signature] = compile_tile(self._program(operands))
        return runner(operands)[0]

    def __call__(self, *operands: object) -> Array:
        return self.evaluate(operands)

    def _target(self, operands: Sequence[object], own: DType) -> DType | None:
        wanted = dict(self._arguments(operands))[self.becomes]
        return describe(wanted)[0] if not _is_code(wanted) else dtype_arg(wanted, own)

    def _chosen(self, operands: Sequence[object]) -> str:
        return str(dict(self._arguments(operands))[self.select]) if self.select else ""

    def _arguments(self, operands: Sequence[Any]) -> list[tuple[str, Any]]:
        names = (argument.name for argument in self.schema.arguments)
        return list(zip(names, operands, strict=True))

    def _program(self, operands: Sequence[object]) -> TileProgram:
        """The operator alone, for operands like these."""
        builder = TileBuilder()
        given: list[Operand] = []
        for slot, (value, baked) in enumerate(zip(operands, self._baked, strict=True)):
            if isinstance(value, np.ndarray):
                category = Category.TENSOR if value.ndim else Category.ZERO_DIM
                given.append(builder.load(slot, dtype_of(value), category))
            elif value is None or isinstance(value, str) or baked:
                assert value is None or isinstance(value, (bool, int, float, complex, str))
                given.append(value)
            else:
                given.append(builder.load(slot, number_dtype(value), Category.NUMBER))
        builder.store(self.emit(builder, given))
        return builder.finish()


_MAX_RUNNERS = 256  # programs kept for one operator


def _is_code(value: object) -> bool:
    """Whether a cast's dtype operand is a ScalarType (or None, or unknown), rather than a tensor."""
    return value is None or isinstance(value, (int, Unknown))


def number_dtype(value: object) -> DType:
    """The dtype that a Python number is loaded as."""
    if isinstance(value, bool):
        return DType.BOOL
    if isinstance(value, int):
        return DType.INT64
    return DType.COMPLEX128 if isinstance(value, complex) else DType.FLOAT64


def dtype_class(dtype: DType) -> str:
    """bool, integer, float or complex."""
    if dtype is DType.BOOL:
        return "bool"
    if dtype.is_float:
        return "float"
    return "complex" if dtype.is_complex else "integer"


def finite_limit(dtype: DType, sign: int) -> Constant:
    """The largest (sign 1) or most negative (sign -1) finite number of ``dtype``."""
    if dtype is DType.BFLOAT16:
        return sign * 3.3895313892515355e38  # 0x7f7f
    if dtype is DType.BOOL:
        return sign > 0
    if dtype.is_float or dtype.is_complex:
        return sign * float(np.finfo(to_numpy(dtype)).max)
    bounds = np.iinfo(to_numpy(dtype))
    return int(bounds.max if sign > 0 else bounds.min)
