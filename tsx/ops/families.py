"""Families of elementwise operators: a schema and a line of the scalar language make a whole record.

    unary("aten::silu(Tensor self) -> Tensor", "self * sigmoid(self)", inplace=True)
    binary("aten::add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor", "self + alpha * other")

Evaluation, the type rule and the tile instructions are derived. ``inplace=True`` also defines ``silu_``, by torch's
rules: the result must be castable to the tensor's dtype and must not be larger than it. ``also`` lists other kinds of
the same operator (``aten::special_expm1``); ``special_`` and ``__and__`` names have no in-place form in torch.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from tsx.errors import fail
from tsx.ir.op import Abstract, Evaluate, Infer, Op, Trait, defined, register
from tsx.ir.schema import Schema, parse_schema
from tsx.ir.types import NUMBER, TENSOR, DType, OptionalType, Shape, TensorType
from tsx.ops.abstract import broadcast, mismatch
from tsx.ops.dtypes import Array, cast, dtype_of
from tsx.ops.formula import Formula
from tsx.ops.promote import Kind, can_cast

_PROMOTING_NUMBERS = frozenset({"self", "other", "exponent", "min", "max", "end"})

Texts = str | Mapping[str, str]


def elementwise(
    schema: str,
    formula: Texts,
    *,
    kind: Kind | Mapping[str, Kind] = Kind.DEFAULT,
    promotes: str = "",
    fixed: Mapping[str, DType] | None = None,
    select: str = "",
    refuses: str = "",
    compute: DType | None = None,
    traits: Trait = Trait.NONE,
    inplace: bool = False,
    also: Sequence[str] = (),
    torch: tuple[str, ...] = (),
    numpy: tuple[str, ...] = (),
    doc: str = "",
) -> Op:
    """Defines an elementwise operator; see ``Formula`` for the parts of its meaning.

    ``promotes`` and ``refuses`` are words separated by spaces. Tensors that are not ``fixed`` take part in
    promotion, and numbers named like an operand (other, exponent, min, …); ``promotes`` says otherwise.
    """
    parsed = parse_schema(schema)
    fixed = dict(fixed or {})
    meaning = Formula(
        parsed,
        {"": formula} if isinstance(formula, str) else formula,
        kind,
        frozenset(promotes.split()) or _promoting(parsed, fixed),
        fixed,
        select,
        frozenset(refuses.split()),
        compute,
    )
    op = Op(
        schema=parsed,
        infer=_infer(meaning),
        eval=_evaluate(meaning),
        traits=Trait.PURE | Trait.ELEMENTWISE | traits,
        formula=meaning,
        torch_names=torch,
        numpy_names=numpy,
        doc=doc,
    )
    register(op)
    for name in also:
        register(_renamed(op, meaning, name))
        if inplace and not parse_schema(f"{name}() -> ()").base.startswith(("special_", "__")):
            define_inplace(replace(op, schema=_schema_named(parsed, name)))
    if inplace:
        define_inplace(op)
    return op


unary = elementwise
"""An operator of one tensor."""

ternary = elementwise
"""An operator of three operands."""

binary = elementwise
"""An operator of two operands that promote together."""

to_float = functools.partial(elementwise, kind=Kind.INT_TO_FLOAT)
"""An operator whose result is a float also for integers and bools: exp, sqrt, true division."""

compare = functools.partial(elementwise, kind=Kind.ALWAYS_BOOL)
"""An operator that computes in the promoted dtype and gives bool."""

logical = functools.partial(elementwise, kind=Kind.ALWAYS_BOOL, compute=DType.BOOL)
"""An operator on truth values: every operand is taken as bool."""


def inplace_as(kind: str, inplace_kind: str) -> Op:
    """The in-place form of operator ``kind`` under a name of its own (``__iand__``)."""
    return define_inplace(defined(kind), inplace_kind)


def define_inplace(op: Op, kind: str = "") -> Op:
    """``foo_`` from ``foo``: computes, checks dtype and shape as torch does, writes into the first operand."""
    schema = inplace_schema(op.schema, kind)
    return register(
        Op(
            schema=schema,
            infer=functools.partial(_infer_inplace, schema.kind, op.infer),
            eval=functools.partial(_evaluate_inplace, schema.kind, op.eval),
            traits=Trait.EFFECT | Trait.INPLACE | Trait.VIEW,
            doc=f"{op.kind}, written into self",
        )
    )


def inplace_schema(schema: Schema, kind: str = "") -> Schema:
    """The schema of ``foo_`` (or of ``kind``) made from that of ``foo``."""
    tail = schema.text.partition("(")[2]
    if not kind:
        kind = f"{schema.name}_.{schema.overload}" if schema.overload else f"{schema.name}_"
    arguments = tail.replace("Tensor ", "Tensor(a!) ", 1)
    arguments = arguments[: arguments.rindex("->")] + "-> Tensor(a!)"
    return parse_schema(f"{kind}({arguments}")


def write(kind: str, target: Array, value: Array) -> Array:
    """Writes ``value`` (broadcast, cast) into ``target`` and returns it; in-place operators end here."""
    result, own = dtype_of(value), dtype_of(target)
    if not can_cast(result, own):
        raise fail("TSX4007", op=kind, result=result, dtype=own)
    check_writable(kind, target)
    if value.shape != target.shape:
        _check_fits(kind, target.shape, value.shape)
    target[...] = cast(value, own)
    return target


def check_writable(kind: str, target: Array) -> None:
    """Refuses (TSX4008) to write where elements share memory, or into a weight."""
    if not target.flags.writeable:
        raise fail("TSX4008", op=kind)


def _check_fits(kind: str, target: tuple[int, ...], value: tuple[int, ...]) -> None:
    try:
        fits = np.broadcast_shapes(target, value) == target
    except ValueError:
        fits = False
    if not fits:
        raise mismatch(kind, f"a result of shape {list(target)}, as self has", list(value))


def _promoting(schema: Schema, fixed: Mapping[str, DType]) -> frozenset[str]:
    found = set()
    for argument in schema.arguments:
        inner = argument.type.element if isinstance(argument.type, OptionalType) else argument.type
        is_number = inner == NUMBER and argument.name in _PROMOTING_NUMBERS
        if (inner == TENSOR or is_number) and argument.name not in fixed:
            found.add(argument.name)
    return frozenset(found)


def _infer(formula: Formula) -> Infer:
    kind = formula.schema.kind
    arguments = formula.schema.arguments

    def infer(*operands: Abstract) -> Abstract:
        shapes = []
        for argument, operand in zip(arguments, operands, strict=True):
            if isinstance(operand, TensorType):
                shapes.append(operand.shape)
            elif argument.type == TENSOR:
                shapes.append(None if not isinstance(operand, (bool, int, float)) else ())
        dtypes = formula.dtypes(operands)
        return TensorType(dtypes[1] if dtypes else _sure_dtype(formula), broadcast(kind, shapes))

    return infer


def _sure_dtype(formula: Formula) -> DType | None:
    return DType.BOOL if formula.kind is Kind.ALWAYS_BOOL else None


def _evaluate(formula: Formula) -> Evaluate:
    kind = formula.schema.kind

    def evaluate(*operands: object) -> Array:
        try:
            return formula.evaluate(operands)
        except ValueError as error:
            shapes = " and ".join(str(list(o.shape)) for o in operands if isinstance(o, np.ndarray))
            raise mismatch(kind, "shapes that broadcast", shapes) from error

    return evaluate


def _infer_inplace(kind: str, infer: Infer, *operands: Abstract) -> Abstract:
    result, target = infer(*operands), operands[0]
    if not isinstance(result, TensorType) or not isinstance(target, TensorType):
        return result
    if result.dtype and target.dtype and not can_cast(result.dtype, target.dtype):
        raise fail("TSX4007", op=kind, result=result.dtype, dtype=target.dtype)
    if _outgrows(result.shape, target.shape):
        raise mismatch(kind, f"a result of shape {target}, as self has", result)
    return TensorType(target.dtype, target.shape)


def _outgrows(result: Shape | None, target: Shape | None) -> bool:
    """Whether a result surely doesn't fit: more dimensions, or a size that is known to differ."""
    if result is None or target is None:
        return False
    pairs = zip(result, target, strict=False)
    return len(result) > len(target) or any(
        isinstance(a, int) and isinstance(b, int) and a != b for a, b in pairs
    )


def _evaluate_inplace(kind: str, evaluate: Evaluate, *operands: object) -> object:
    target, value = operands[0], evaluate(*operands)
    assert isinstance(target, np.ndarray)
    assert isinstance(value, np.ndarray)
    return write(kind, target, value)


def _renamed(op: Op, formula: Formula, name: str) -> Op:
    other = replace(formula, schema=_schema_named(formula.schema, name))
    return replace(
        op, schema=other.schema, formula=other, infer=_infer(other), eval=_evaluate(other),
        torch_names=(), numpy_names=(), doc=f"another name of {op.kind}",
    )  # fmt: skip


def _schema_named(schema: Schema, kind: str) -> Schema:
    return parse_schema(f"{kind}({schema.text.partition('(')[2]}")


__all__ = [
    "binary", "check_writable", "compare", "define_inplace", "elementwise", "inplace_as", "inplace_schema", "logical",
    "ternary", "to_float", "unary", "write",
]  # fmt: skip
