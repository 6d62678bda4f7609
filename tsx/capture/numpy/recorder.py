"""Recording operators on proxies of arrays.

The operator runs on the real arrays through its record, as the runtime will run it, so views are views and writes show
where they must.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tsx.capture.trace.scalars import TracedScalar
from tsx.capture.trace.tracer import Tracer, Unsupported
from tsx.errors import TsxError, fail
from tsx.ir.op import Op, Trait, lookup
from tsx.ir.types import DType
from tsx.ops.call import evaluate
from tsx.ops.dtypes import Array, cast, dtype_of, from_numpy


class Recorder:
    """One trace of a NumPy function; ``proxy`` makes what Python sees of an array."""

    def __init__(self, tracer: Tracer, proxy_class: type[Any]) -> None:
        self.tracer = tracer
        self.proxy_class = proxy_class

    def proxy(self, array: Array) -> Any:
        return self.proxy_class(self, array)

    def record(self, op: Op, operands: Sequence[object]) -> Any:
        """Runs and records one operator; results are proxies, or numbers."""
        named = dict(zip((a.name for a in op.schema.arguments), operands, strict=False))
        is_off = named.get("train", named.get("training")) is False
        if op.has(Trait.RANDOM) and not is_off:
            raise fail("TSX2007", what=op.schema.base, where=self.tracer.locator.span() or "")
        by_array = {id(o.array): o for o in _flat(operands) if isinstance(o, self.proxy_class)}

        def run() -> object:
            return self._wrap(evaluate(op, [concrete(o) for o in operands]), by_array)

        return self.tracer.record(op, list(operands), run)

    def _wrap(self, result: object, by_array: dict[int, Any]) -> object:
        """Arrays as proxies; an operand that comes back (an in-place result) is itself."""
        if isinstance(result, np.ndarray):
            known = by_array.get(id(result))
            return self.proxy(result) if known is None else known
        if isinstance(result, (list, tuple)):
            items = [self._wrap(r, by_array) for r in result]
            return items if isinstance(result, list) else tuple(items)
        return result

    def aten(self, name: str, *operands: object) -> Any:
        """Records ``aten::name``; operands in schema order, trailing defaults may be left out."""
        op = lookup(f"aten::{name}")
        if op is None:
            raise fail("TSX9001", detail=f"no operator aten::{name}")
        complete = list(operands)
        for argument in op.schema.arguments[len(operands) :]:
            default = argument.default
            complete.append(list(default) if isinstance(default, list) else default)
        return self.record(op, complete)

    def cast(self, x: Any, dtype: DType) -> Any:
        """``x`` (proxy or array) as ``dtype``; constants are converted at once."""
        if not isinstance(x, self.proxy_class):
            return cast(np.asarray(x), dtype)
        if dtype_of(x.array) is dtype:
            return x
        return self.aten("to.dtype", x, dtype.code, False, False, None)

    def unsupported(self, name: str, result: object) -> Any:
        """Notes a function that tsx can't convert and goes on with NumPy's result to find the others."""
        tracer = self.tracer
        tracer.unsupported.append(Unsupported(name, tracer.locator.span(), tracer.scope))
        return self._wrap(result, {})


def concrete(obj: Any) -> Any:
    """``obj`` with real arrays and plain numbers in place of proxies and traced numbers."""
    if isinstance(obj, TracedScalar):
        return obj.hint
    if isinstance(obj, (list, tuple)) and not hasattr(obj, "_fields"):
        return type(obj)(concrete(item) for item in obj)
    if isinstance(obj, slice):
        return slice(concrete(obj.start), concrete(obj.stop), concrete(obj.step))
    return obj.array if hasattr(type(obj), "__tsx_record__") else obj


def _flat(operands: Sequence[object]) -> list[Any]:
    found: list[Any] = []
    for operand in operands:
        found += _flat(operand) if isinstance(operand, (list, tuple)) else [operand]
    return found


def result_dtype(result: object) -> DType:
    """The element type of what NumPy gave."""
    return from_numpy(np.asarray(result).dtype)


def is_supported(dtype: np.dtype[Any]) -> bool:
    """Whether a program can hold arrays of ``dtype``."""
    try:
        from_numpy(dtype)
    except TsxError:
        return False
    return True
