"""The one place that puts operator records into the registry.

``op`` defines a primitive with its meaning in NumPy, ``composite`` one whose meaning is a body in tsx's own IR.
Elementwise operators are defined by the families in ``families.py``, one line each.
"""

from __future__ import annotations

from collections.abc import Callable

from tsx.ir.op import Evaluate, Infer, Op, Trait, register
from tsx.ir.schema import parse_schema
from tsx.ops.bodies import body_of


def op(
    schema: str,
    *,
    infer: Infer,
    eval: Evaluate,
    traits: Trait = Trait.PURE,
    torch: tuple[str, ...] = (),
    numpy: tuple[str, ...] = (),
    version: int = 1,
    scalar_op: str = "",
    flops: Callable[..., int] | None = None,
    doc: str = "",
) -> Op:
    """Defines a primitive operator."""
    return register(
        Op(
            schema=parse_schema(schema),
            infer=infer,
            eval=eval,
            traits=traits,
            torch_names=torch,
            numpy_names=numpy,
            version=version,
            scalar_op=scalar_op,
            flops=flops,
            doc=doc,
        )
    )


def composite(
    schema: str,
    *,
    infer: Infer,
    eval: Evaluate,
    traits: Trait = Trait.PURE,
    torch: tuple[str, ...] = (),
    version: int = 1,
    flops: Callable[..., int] | None = None,
    doc: str = "",
) -> Op:
    """Defines a composite: its body is a Python function in ``bodies/``, of which ``make generate`` makes IR text.

    The text's graph takes the operands in schema order. ``eval`` is the NumPy runtime's own fast answer; tests hold it
    equal to running the body.
    """
    parsed = parse_schema(schema)
    return register(
        Op(
            schema=parsed,
            infer=infer,
            eval=eval,
            body=body_of(parsed.kind),
            traits=traits,
            torch_names=torch,
            version=version,
            flops=flops,
            doc=doc,
        )
    )
