"""Door: what a tracer has to know about a world of arrays (torch's, NumPy's).

The tracer builds graphs from live objects without knowing whose they are; a door recognises them, tells their types,
copies their contents, and runs a model with recording on.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

from tsx.ir.dims import Dim
from tsx.ir.graph import Value
from tsx.ir.types import TensorType
from tsx.ops.dtypes import Array
from tsx.ops.weights import Weight

if TYPE_CHECKING:
    from tsx.capture.modules import StateTree
    from tsx.capture.trace.scalars import TracedScalar
    from tsx.capture.trace.tracer import Tracer


class Door(Protocol):
    """One world of arrays."""

    name: str  # "torch" or "numpy", for messages
    library_roots: tuple[str, ...]  # folders whose frames are no user code

    def is_array(self, obj: object) -> bool:
        """Whether ``obj`` is an array of this world (live, or a proxy of one)."""
        ...

    def type_of(self, array: object) -> TensorType:
        """Its dtype and its sizes in this run."""
        ...

    def weight(self, array: object) -> Weight:
        """A copy of its contents."""
        ...

    def made_value(self, tracer: Tracer, array: object) -> Value | None:
        """The value of a constant that operators make of plain ones; None for a plain one."""
        ...

    def object_value(self, tracer: Tracer, obj: object) -> Value:
        """The value of a framework's own object; TSX2006 for one that no program can hold."""
        ...

    def scalar(
        self, tracer: Tracer, value: Value, hint: float | bool, dim: Dim | None
    ) -> TracedScalar:
        """The traced number that Python code will see."""
        ...

    def resize(self, array: object, shape: Sequence[int]) -> object:
        """A new input with other sizes, made by repeating the elements of ``array`` (so ids and masks stay valid)."""
        ...

    def copy(self, array: object) -> object:
        """A copy of an input that a run may write to."""
        ...

    def live(self, tracer: Tracer, array: object) -> object:
        """What the model gets for an input: the array, or a proxy that records."""
        ...

    def to_array(self, array: object) -> Array:
        """The NumPy array of a live array; they share memory."""
        ...

    def from_array(self, tracer: Tracer, array: Array) -> object:
        """What the model gets for an array that a program gave."""
        ...

    def state(self, model: object) -> StateTree | None:
        """The attribute tree of a module; None for a function."""
        ...

    def kept(self, model: object) -> AbstractContextManager[None]:
        """Calls of the model itself, without gradients, that leave its state as it was."""
        ...

    def prepared(self, model: object) -> AbstractContextManager[None]:
        """The model made ready for tracing (eval mode), and put back afterwards."""
        ...

    def run(
        self,
        tracer: Tracer,
        model: object,
        args: tuple[object, ...],
        kwargs: dict[str, object],
    ) -> object:
        """Calls the model on live arrays with recording on; what it returns."""
        ...
