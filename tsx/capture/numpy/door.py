"""The door to NumPy: proxies in, a graph out; tsx.nn modules with their attribute tree and scopes."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from tsx.capture.modules import StateTree
from tsx.capture.notes import all_modules
from tsx.capture.numpy.creation import traced_creation
from tsx.capture.numpy.proxy import TracedArray
from tsx.capture.numpy.recorder import Recorder
from tsx.capture.numpy.state import Snapshot, module_of, state_tree
from tsx.capture.trace.memos import without_memos
from tsx.capture.trace.scalars import TracedBool, TracedFloat, TracedInt, TracedScalar
from tsx.capture.trace.spans import is_user_file
from tsx.capture.trace.standins import source_modules, stand_ins
from tsx.capture.trace.tracer import Tracer
from tsx.errors import fail
from tsx.ir.dims import Dim
from tsx.ir.graph import Value
from tsx.ir.types import TensorType
from tsx.nn.module import Module, module_scopes
from tsx.ops.dtypes import Array, more_than_elements, type_of
from tsx.ops.weights import Weight

_TSX = str(Path(__file__).parents[2])


class NumpyDoor:
    """NumPy's world."""

    name = "numpy"
    library_roots: tuple[str, ...] = (np.__path__[0],)

    def is_array(self, obj: object) -> bool:
        return isinstance(obj, (TracedArray, np.ndarray))

    def type_of(self, array: object) -> TensorType:
        return type_of(_real(array))

    def weight(self, array: object) -> Weight:
        return Weight(np.array(_real(array), order="C", copy=True))

    def made_value(self, tracer: Tracer, array: object) -> Value | None:
        return None

    def object_value(self, tracer: Tracer, obj: object) -> Value:
        what = f"an object of {type(obj).__name__}"
        raise fail("TSX2006", what=what, where=tracer.locator.span() or "")

    def scalar(
        self, tracer: Tracer, value: Value, hint: float | bool, dim: Dim | None
    ) -> TracedScalar:
        if isinstance(hint, bool):
            return TracedBool(tracer, value, hint)
        if isinstance(hint, int):
            return TracedInt(tracer, value, hint, dim)
        return TracedFloat(tracer, value, hint)

    def resize(self, array: object, shape: Sequence[int]) -> Array:
        out = _real(array)
        for dim, size in enumerate(shape):
            if out.shape[dim] == 0 and size:
                out = np.zeros((*out.shape[:dim], size, *out.shape[dim + 1 :]), out.dtype)
            elif out.shape[dim] != size:
                out = np.take(out, np.arange(size) % out.shape[dim], axis=dim)
        return out.copy()

    def copy(self, array: object) -> Array:
        return _real(array).copy()

    def live(self, tracer: Tracer, array: object) -> TracedArray:
        return TracedArray(Recorder(tracer, TracedArray), _real(array))

    def to_array(self, array: object) -> Array:
        return _real(array)

    def from_array(self, tracer: Tracer, array: Array) -> TracedArray:
        return self.live(tracer, array)

    def state(self, model: object) -> StateTree | None:
        owner = module_of(model)
        return state_tree(owner) if owner is not None else None

    @contextmanager
    def prepared(self, model: object) -> Iterator[None]:
        owner = module_of(model)
        modules = all_modules(owner) if owner is not None else []
        was_training = [module.training for module in modules]
        for module in modules:
            module.training = False
        try:
            yield
        finally:
            for module, training in zip(modules, was_training, strict=True):
                module.training = training

    def run(
        self,
        tracer: Tracer,
        model: Any,
        args: tuple[object, ...],
        kwargs: dict[str, object],
    ) -> object:
        owner = module_of(model)
        classes = {type(m) for m in owner.modules()} if owner is not None else set()
        snapshot = Snapshot(owner) if owner is not None else None
        with ExitStack() as stack:
            if owner is not None:
                stack.enter_context(module_scopes(_scope(tracer)))
            stack.enter_context(_traced_builtins())
            stack.enter_context(stand_ins(model, classes, _is_library))
            stack.enter_context(without_memos(source_modules(model, classes, _is_library)))
            recorder = Recorder(tracer, TracedArray)
            stack.enter_context(traced_creation(recorder))
            try:
                if snapshot is not None:
                    snapshot.substitute(recorder)
                result = model(*args, **kwargs)
                if snapshot is not None:
                    snapshot.record_writes(tracer)
            finally:
                if snapshot is not None:
                    snapshot.restore()
        return result

    @contextmanager
    def kept(self, model: object) -> Iterator[None]:
        owner = module_of(model)
        snapshot = Snapshot(owner) if owner is not None else None
        try:
            yield
        finally:
            if snapshot is not None:
                snapshot.restore()


def _real(array: object) -> Array:
    real = array.array if isinstance(array, TracedArray) else array
    assert isinstance(real, np.ndarray)
    more = more_than_elements(real)
    if more is not None:
        raise fail("TSX2006", what=more[0], help=more[1])
    return real


def _is_library(file: str) -> bool:
    return file.startswith((*NumpyDoor.library_roots, _TSX))


def _scope(tracer: Tracer) -> Callable[[Module], AbstractContextManager[None]]:
    def scope(module: Module) -> AbstractContextManager[None]:
        assert tracer.state is not None
        return tracer.in_scope(tracer.state.scopes.get(id(module), tracer.scope))

    return scope


@contextmanager
def _traced_builtins() -> Iterator[None]:
    """``len(x)`` of a traced array is a traced size (CPython's own would force it to a plain int), and the model's
    source finds it to be the ``np.ndarray`` that it stands for."""
    original_len, original_isinstance = builtins.len, builtins.isinstance

    def traced_len(obj: Any, /) -> Any:
        if type(obj) is TracedArray and obj.ndim:
            return obj.shape[0]
        return original_len(obj)

    def traced_isinstance(obj: object, kinds: Any, /) -> bool:
        if type(obj) is TracedArray and is_user_file(sys._getframe(1).f_code.co_filename):
            return issubclass(np.ndarray, kinds)
        return original_isinstance(obj, kinds)

    builtins.len, builtins.isinstance = traced_len, traced_isinstance
    try:
        yield
    finally:
        builtins.len, builtins.isinstance = original_len, original_isinstance
