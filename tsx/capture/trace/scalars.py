"""Python numbers that a trace follows: sizes, and what ``item()`` gives.

A ``TracedInt`` is deliberately no subclass of ``int``: CPython would then read its digits in ``range(n)``, ``l[n]``,
``'%d' % n`` or ``int(n)`` without asking. As it is, arithmetic is recorded, and every place where Python needs the
plain number goes through ``__index__``, ``__int__``, ``__float__``, ``__bool__`` or ``__hash__`` here, each of which
records a guard. So a number can't leave a trace unseen. (torch's own ``SymInt`` works the same way, and torch accepts
subclasses of it wherever it takes an int; the torch door mixes it in.)
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from tsx.ir.dims import Dim
from tsx.ir.graph import Value

if TYPE_CHECKING:
    from tsx.capture.trace.tracer import Tracer


class TracedScalar:
    """A number with the value that stands for it in the graph.

    ``hint`` is what it is in this run; ``dim`` what is known of an int for all runs.
    """

    def __init__(
        self, tracer: Tracer, value: Value, hint: float | bool, dim: Dim | None = None
    ) -> None:
        self.tracer = tracer
        self.value = value
        self.hint = hint
        self.dim = dim

    def _binary(self, name: str, other: object, reflected: bool = False) -> Any:
        if not isinstance(other, (int, float, TracedScalar)):
            return NotImplemented
        pair = (other, self) if reflected else (self, other)
        return self.tracer.scalars.arithmetic(name, *pair)

    def _compare(self, name: str, other: object) -> Any:
        if not isinstance(other, (int, float, TracedScalar)):
            return NotImplemented
        return self.tracer.scalars.compare(name, self, other)

    # Leaving the trace: Python needs the plain value.

    def __bool__(self) -> bool:
        return bool(self.tracer.scalars.truth(self))

    def __int__(self) -> int:
        return int(self.tracer.scalars.consume(self))

    def __float__(self) -> float:
        return float(self.tracer.scalars.consume(self))

    def __complex__(self) -> complex:
        return complex(self.tracer.scalars.consume(self))

    def __hash__(self) -> int:
        return hash(self.tracer.scalars.consume(self))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.asarray(self.tracer.scalars.consume(self), dtype)

    # A text may decide something (a key, a name), so it counts as a use; what print() shows does not.

    def __repr__(self) -> str:
        return repr(self.tracer.scalars.text(self))

    def __str__(self) -> str:
        return str(self.tracer.scalars.text(self))

    def __format__(self, spec: str) -> str:
        return format(self.tracer.scalars.text(self), spec)

    def __copy__(self) -> TracedScalar:
        return self

    def __deepcopy__(self, memo: object) -> TracedScalar:
        return self

    def __reduce__(self) -> Any:
        raise TypeError("a traced number can't be pickled")

    # Comparisons give a plain bool: the sizes decide it for every run, or it is guarded.

    def __eq__(self, other: object) -> Any:
        return self._compare("eq", other)

    def __ne__(self, other: object) -> Any:
        return self._compare("ne", other)

    def __lt__(self, other: object) -> Any:
        return self._compare("lt", other)

    def __le__(self, other: object) -> Any:
        return self._compare("le", other)

    def __gt__(self, other: object) -> Any:
        return self._compare("gt", other)

    def __ge__(self, other: object) -> Any:
        return self._compare("ge", other)


class TracedNumber(TracedScalar):
    """What ints and floats share: recorded arithmetic."""

    def __add__(self, other: object) -> Any:
        return self._binary("add", other)

    def __radd__(self, other: object) -> Any:
        return self._binary("add", other, True)

    def __sub__(self, other: object) -> Any:
        return self._binary("sub", other)

    def __rsub__(self, other: object) -> Any:
        return self._binary("sub", other, True)

    def __mul__(self, other: object) -> Any:
        if isinstance(other, (list, tuple, str)):
            return other * int(self)
        return self._binary("mul", other)

    def __rmul__(self, other: object) -> Any:
        if isinstance(other, (list, tuple, str)):
            return self.__mul__(other)
        return self._binary("mul", other, True)

    def __truediv__(self, other: object) -> Any:
        return self._binary("div", other)

    def __rtruediv__(self, other: object) -> Any:
        return self._binary("div", other, True)

    def __floordiv__(self, other: object) -> Any:
        return self._binary("floordiv", other)

    def __rfloordiv__(self, other: object) -> Any:
        return self._binary("floordiv", other, True)

    def __mod__(self, other: object) -> Any:
        return self._binary("remainder", other)

    def __rmod__(self, other: object) -> Any:
        return self._binary("remainder", other, True)

    def __divmod__(self, other: object) -> Any:
        return self._binary("floordiv", other), self._binary("remainder", other)

    def __rdivmod__(self, other: object) -> Any:
        return self._binary("floordiv", other, True), self._binary("remainder", other, True)

    def __pow__(self, other: object, modulus: object = None) -> Any:
        return self._binary("pow", other)

    def __rpow__(self, other: object) -> Any:
        return self._binary("pow", other, True)

    def __neg__(self) -> Any:
        return self.tracer.scalars.unary("neg", self)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return -self if self < 0 else self

    # torch's helpers for symbolic numbers look these up.

    def __sym_max__(self, other: object) -> Any:
        return self if self >= other else other

    def __sym_min__(self, other: object) -> Any:
        return self if self <= other else other

    def __sym_sqrt__(self) -> Any:
        return self.tracer.scalars.unary("sqrt", self)

    def __sym_float__(self) -> Any:
        return self.tracer.scalars.unary("Float", self)


class TracedInt(TracedNumber):
    """A traced int: a size, or an element that ``item()`` took from a tensor."""

    def __index__(self) -> int:
        return int(self.tracer.scalars.consume(self))

    def __floor__(self) -> Any:
        return self

    def __ceil__(self) -> Any:
        return self

    def __trunc__(self) -> Any:
        return self

    def __round__(self, digits: int | None = None) -> Any:
        return self

    def __sym_int__(self) -> Any:
        return self

    def __lshift__(self, other: int) -> Any:
        return self * (1 << operator.index(other))

    def __rshift__(self, other: int) -> Any:
        return self // (1 << operator.index(other))

    def __and__(self, other: Any) -> Any:
        return operator.index(self) & other

    def __rand__(self, other: Any) -> Any:
        return other & operator.index(self)

    def __or__(self, other: Any) -> Any:
        return operator.index(self) | other

    def __ror__(self, other: Any) -> Any:
        return other | operator.index(self)

    def __xor__(self, other: Any) -> Any:
        return operator.index(self) ^ other

    def __rxor__(self, other: Any) -> Any:
        return other ^ operator.index(self)

    def __invert__(self) -> Any:
        return -self - 1

    def bit_length(self) -> int:
        return operator.index(self).bit_length()

    def is_integer(self) -> bool:
        return True

    @property
    def numerator(self) -> TracedInt:
        return self

    @property
    def denominator(self) -> int:
        return 1

    @property
    def real(self) -> TracedInt:
        return self

    @property
    def imag(self) -> int:
        return 0


class TracedFloat(TracedNumber):
    """A traced float."""

    def __floor__(self) -> Any:
        return self.tracer.scalars.unary("floor", self)

    def __ceil__(self) -> Any:
        return self.tracer.scalars.unary("ceil", self)

    def __trunc__(self) -> Any:
        return self.tracer.scalars.unary("Int", self)

    def __round__(self, digits: int | None = None) -> Any:
        return round(float(self), digits)

    def __sym_int__(self) -> Any:
        return self.tracer.scalars.unary("Int", self)

    def is_integer(self) -> bool:
        return float(self).is_integer()

    @property
    def real(self) -> TracedFloat:
        return self

    @property
    def imag(self) -> float:
        return 0.0


class TracedBool(TracedScalar):
    """A traced bool: what ``item()`` took from a bool tensor."""

    def __index__(self) -> int:
        return int(bool(self))

    def __invert__(self) -> int:
        return ~int(bool(self))

    def __and__(self, other: Any) -> Any:
        return bool(self) & other

    def __rand__(self, other: Any) -> Any:
        return other & bool(self)

    def __or__(self, other: Any) -> Any:
        return bool(self) | other

    def __ror__(self, other: Any) -> Any:
        return other | bool(self)

    def __xor__(self, other: Any) -> Any:
        return bool(self) ^ other

    def __rxor__(self, other: Any) -> Any:
        return other ^ bool(self)

    def __add__(self, other: Any) -> Any:
        return int(bool(self)) + other

    def __radd__(self, other: Any) -> Any:
        return other + int(bool(self))

    def __mul__(self, other: Any) -> Any:
        return int(bool(self)) * other

    def __rmul__(self, other: Any) -> Any:
        return other * int(bool(self))

    def __sym_not__(self) -> bool:
        return not bool(self)
