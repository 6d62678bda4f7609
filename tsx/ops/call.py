"""Calling an operator by its kind: at once on arrays, or recorded when an operand is being traced.

``tsx.nn`` and everything else that computes with operators goes through ``call``. A traced operand is any object with
a ``__tsx_record__(op, operands)`` method; it gets the record and the complete operand list, and returns what stands
for the results. No tracer is known here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tsx.ir.op import Op, lookup, unknown_op
from tsx.ir.schema import Argument, Schema
from tsx.ops.abstract import mismatch

RECORD = "__tsx_record__"


def call(kind: str, *operands: object, **keywords: object) -> object:
    """The result of operator ``kind`` (``aten::add.Tensor``): a value, or a tuple for several results.

    Operands are in schema order; the last ones may be given by name, and those with a default left out.
    """
    op = lookup(kind)
    if op is None:
        raise unknown_op(kind)
    complete = bind(op.schema, operands, keywords)
    recorder = _recorder(complete)
    if recorder is not None:
        return getattr(recorder, RECORD)(op, complete)
    return evaluate(op, complete)


def evaluate(op: Op, operands: Sequence[object]) -> object:
    """``op.eval`` on a complete operand list, with NumPy's floating-point warnings off."""
    with np.errstate(all="ignore"):
        return op.eval(*operands)


def bind(
    schema: Schema, operands: Sequence[object], keywords: Mapping[str, object]
) -> tuple[object, ...]:
    """The complete operand list: positions, then names, then defaults (a list default is a fresh list)."""
    if schema.is_vararg:
        return tuple(operands)
    if len(operands) > len(schema.arguments):
        raise mismatch(schema.kind, f"at most {len(schema.arguments)} operands", len(operands))
    complete = [
        _repeated(operand, argument)
        for operand, argument in zip(operands, schema.arguments, strict=False)
    ]
    left = dict(keywords)
    for argument in schema.arguments[len(operands) :]:
        if argument.name in left:
            complete.append(_repeated(left.pop(argument.name), argument))
        elif argument.has_default:
            default = argument.default
            complete.append(list(default) if isinstance(default, list) else default)
        else:
            raise mismatch(schema.kind, f"an operand for {argument.name!r}", "none")
    if left:
        raise mismatch(schema.kind, "operands that its schema has", ", ".join(sorted(left)))
    return tuple(complete)


def _repeated(operand: object, argument: Argument) -> object:
    """N equal items for the one number that may be given for ``int[N]``: programs know lists only."""
    if argument.size is None or operand is None or isinstance(operand, (list, tuple)):
        return operand
    return [operand] * argument.size


def _recorder(operands: Sequence[object]) -> object | None:
    """The first traced operand, also inside lists and tuples."""
    for operand in operands:
        if hasattr(operand, RECORD):
            return operand
        if isinstance(operand, (list, tuple)):
            found = _recorder(operand)
            if found is not None:
                return found
    return None
