"""TracedArray: what a NumPy function gets in place of an array.

It has NumPy's protocols (``__array_ufunc__``, ``__array_function__``), operators, methods and indexing; every use is
recorded, and every place where Python takes a plain number out is guarded. It is no ``ndarray``: NumPy would read one
behind the trace's back.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from tsx.capture.numpy import functions, indexing, ufuncs
from tsx.capture.numpy.recorder import Recorder
from tsx.errors import fail
from tsx.ir import types as ty
from tsx.ir.op import Op, Unknown
from tsx.ops.dtypes import Array, from_numpy

_NUMBERS: dict[type, tuple[str, ty.Type]] = {
    bool: ("aten::Bool.Tensor", ty.BOOL),
    int: ("aten::Int.Tensor", ty.INT),
    float: ("aten::Float.Tensor", ty.FLOAT),
}


class TracedArray(NDArrayOperatorsMixin):
    """An array in a trace: ``array`` is the real one, ``recorder`` writes down what is done to it."""

    __slots__ = ("__weakref__", "array", "recorder")
    __hash__ = object.__hash__

    def __init__(self, recorder: Recorder, array: Array) -> None:
        self.recorder = recorder
        self.array = array

    # Recording.

    def __tsx_record__(self, op: Op, operands: tuple[object, ...]) -> Any:
        return self.recorder.record(op, operands)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return ufuncs.apply(self.recorder, ufunc, method, inputs, kwargs)

    def __array_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> Any:
        return functions.apply(self.recorder, func, args, dict(kwargs))

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise fail("TSX2005", what="a plain array", where=self.recorder.tracer.locator.span() or "")

    # What is the same in every run, and sizes.

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.array.dtype

    @property
    def ndim(self) -> int:
        return self.array.ndim

    @property
    def shape(self) -> tuple[Any, ...]:
        return tuple(self.recorder.tracer.size(self, dim) for dim in range(self.array.ndim))

    @property
    def size(self) -> Any:
        return math.prod(self.shape)

    @property
    def itemsize(self) -> int:
        return self.array.itemsize

    @property
    def T(self) -> Any:
        return functions.transpose(self.recorder, self, None)

    @property
    def mT(self) -> Any:
        return self.recorder.aten("transpose.int", self, -2, -1)

    @property
    def real(self) -> Any:
        return self.recorder.aten("real", self) if self.array.dtype.kind == "c" else self

    @property
    def imag(self) -> Any:
        return self.recorder.aten("imag", self)

    @property
    def flat(self) -> Any:
        return iter(self.reshape(-1))

    # Values that Python takes out.

    def _number(self, kind: type) -> Any:
        tracer = self.recorder.tracer
        value = tracer.array_value(self)
        hint = kind(self.array.item())
        if not tracer.varies(value):
            return hint
        if kind not in _NUMBERS:
            raise fail("TSX2005", what=f"a {kind.__name__}", where=tracer.locator.span() or "")
        name, type_ = _NUMBERS[kind]
        tracer.at_here()
        node = tracer.emit(name, [value], (type_,))
        tracer.abstracts[node.output] = Unknown(type_)
        return tracer.door.scalar(tracer, node.output, hint, None)

    def item(self, *index: Any) -> Any:
        kind = {"b": bool, "f": float, "c": complex}.get(self.array.dtype.kind, int)
        return (self[index] if index else self)._number(kind)

    def tolist(self) -> Any:
        return self.item() if self.ndim == 0 else [row.tolist() for row in self]

    def __bool__(self) -> bool:
        if self.array.size != 1:
            return bool(self.array)  # NumPy's own error: the truth value is ambiguous
        return bool(self._number(bool))

    def __int__(self) -> int:
        return int(self._number(int))

    def __index__(self) -> int:
        if self.array.dtype.kind not in "iu":
            raise TypeError("only integer arrays can be converted to an index")
        return int(self._number(int))

    def __float__(self) -> float:
        return float(self._number(float))

    def __complex__(self) -> complex:
        return complex(self._number(complex))

    def __len__(self) -> int:
        if self.ndim == 0:
            raise TypeError("len() of unsized object")
        return int(self.recorder.tracer.size(self, 0))

    def __iter__(self) -> Iterator[Any]:
        return iter(self[i] for i in range(len(self)))

    def __contains__(self, value: Any) -> bool:
        return bool((self == value).any())

    # Indexing and methods.

    def __getitem__(self, index: Any) -> Any:
        return indexing.get_item(self.recorder, self, index)

    def __setitem__(self, index: Any, value: Any) -> None:
        indexing.set_item(self.recorder, self, index, value)

    def __getattr__(self, name: str) -> Any:
        method = functions.METHODS.get(name)
        if method is None:
            if hasattr(np.ndarray, name) and not name.startswith("__"):
                where = self.recorder.tracer.locator.span() or ""
                raise fail("TSX2005", what=f"an array's {name}", where=where)
            raise AttributeError(f"a traced array has no {name}")
        return lambda *args, **kwargs: method(self.recorder, self, *args, **kwargs)

    def astype(self, dtype: Any, **kwargs: Any) -> Any:
        """A copy as ``dtype``, as NumPy's."""
        target = from_numpy(np.dtype(dtype))
        copy = kwargs.get("copy", True)
        return self.recorder.aten("to.dtype", self, target.code, False, bool(copy), None)

    def __copy__(self) -> Any:
        return self.recorder.aten("clone", self)

    def __deepcopy__(self, memo: Any) -> Any:
        return self.recorder.aten("clone", self)

    def __repr__(self) -> str:
        return f"traced {self.array!r}"
