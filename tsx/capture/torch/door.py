"""The door to torch: how a tracer sees torch tensors and runs torch modules. Only this package imports torch."""

from __future__ import annotations

import builtins
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import torch

from tsx.capture.modules import StateTree
from tsx.capture.notes import all_modules
from tsx.capture.torch import encoder, numbers, quantized, special, tensors
from tsx.capture.torch.arrays import array_of, tensor_of
from tsx.capture.torch.mode import Recorder
from tsx.capture.torch.scripted import scripted_calls
from tsx.capture.torch.state import Snapshot, state_tree
from tsx.capture.trace.memos import without_memos
from tsx.capture.trace.scalars import TracedScalar
from tsx.capture.trace.standins import source_modules, stand_ins
from tsx.capture.trace.tracer import Tracer
from tsx.errors import fail
from tsx.ir.dims import Dim
from tsx.ir.graph import Value
from tsx.ir.types import TensorType
from tsx.ops.dtypes import Array
from tsx.ops.weights import Weight

_TORCH = os.path.dirname(str(torch.__file__))


class TorchDoor:
    """torch's world."""

    name = "torch"
    library_roots: tuple[str, ...] = (_TORCH, os.path.dirname(np.__file__))

    def is_array(self, obj: object) -> bool:
        return isinstance(obj, torch.Tensor)

    def type_of(self, array: object) -> TensorType:
        assert isinstance(array, torch.Tensor)
        return tensors.type_of(array)

    def weight(self, array: object) -> Weight:
        assert isinstance(array, torch.Tensor)
        return tensors.weight_of(array)

    def made_value(self, tracer: Tracer, array: object) -> Value | None:
        assert isinstance(array, torch.Tensor)
        return quantized.constant(tracer, array) if array.is_quantized else None

    def object_value(self, tracer: Tracer, obj: object) -> Value:
        found = quantized.packed(tracer, obj)
        if found is None:
            what = f"an object of {quantized.class_of(obj) or type(obj).__name__}"
            raise fail("TSX2006", what=what, where=tracer.locator.span() or "")
        return found

    def scalar(
        self, tracer: Tracer, value: Value, hint: float | bool, dim: Dim | None
    ) -> TracedScalar:
        return numbers.scalar(tracer, value, hint, dim)

    def resize(self, array: object, shape: Sequence[int]) -> torch.Tensor:
        assert isinstance(array, torch.Tensor)
        return tensors.resized(array, shape)

    def copy(self, array: object) -> torch.Tensor:
        assert isinstance(array, torch.Tensor)
        return array.detach().clone()

    def live(self, tracer: Tracer, array: object) -> object:
        return array

    def to_array(self, array: object) -> Array:
        assert isinstance(array, torch.Tensor)
        return array_of(array)

    def from_array(self, tracer: Tracer, array: Array) -> torch.Tensor:
        return tensor_of(array)

    def state(self, model: object) -> StateTree | None:
        owner = module_of(model)
        return state_tree(owner) if owner is not None else None

    @contextmanager
    def prepared(self, model: object) -> Iterator[None]:
        """The model in eval mode and its state kept, both as they were afterwards."""
        owner = module_of(model)
        if owner is None:
            yield
            return
        was_training = [(m, m.training) for m in all_modules(owner)]
        owner.eval()
        for module, _ in was_training:
            module.training = False
        try:
            yield
        finally:
            for module, training in was_training:
                module.training = training

    def run(
        self,
        tracer: Tracer,
        model: Any,
        args: tuple[object, ...],
        kwargs: dict[str, object],
    ) -> object:
        recorder = Recorder(tracer)
        owner = module_of(model)
        with ExitStack() as stack:
            stack.enter_context(torch.no_grad())
            stack.enter_context(_scopes(tracer, recorder))
            stack.enter_context(encoder.installed())
            stack.enter_context(_traced_len(recorder))
            stack.enter_context(_says_it_traces(recorder))
            stack.enter_context(scripted_calls())
            classes = {type(m) for m in owner.modules()} if owner is not None else set()
            stack.enter_context(stand_ins(model, classes, _is_library))
            stack.enter_context(without_memos(source_modules(model, classes, _is_library)))
            snapshot = Snapshot(owner) if owner is not None else None
            try:
                with recorder.watching():
                    result = model(*args, **kwargs)
                if snapshot is not None:
                    snapshot.record_writes(recorder)
            finally:
                if snapshot is not None:
                    snapshot.restore()
        return result

    @contextmanager
    def kept(self, model: object) -> Iterator[None]:
        owner = module_of(model)
        snapshot = Snapshot(owner) if owner is not None else None
        try:
            with torch.no_grad():
                yield
        finally:
            if snapshot is not None:
                snapshot.restore()


def _is_library(file: str) -> bool:
    return file.startswith(TorchDoor.library_roots)


def module_of(model: object) -> torch.nn.Module | None:
    """The module that holds the state of ``model``: itself, or what a method is bound to."""
    if isinstance(model, torch.nn.Module):
        return model
    owner = getattr(model, "__self__", None)
    return owner if isinstance(owner, torch.nn.Module) else None


@contextmanager
def _scopes(tracer: Tracer, recorder: Recorder) -> Iterator[None]:
    """Names the module that is running; hooks run inside, as part of it."""
    original = torch.nn.Module.__call__
    state = tracer.state

    def call(module: Any, *args: Any, **kwargs: Any) -> Any:
        name = state.scopes.get(id(module)) if state is not None else None
        if name is None or recorder.quiet:
            return original(module, *args, **kwargs)
        with tracer.in_scope(name):
            return original(module, *args, **kwargs)

    torch.nn.Module.__call__ = call
    try:
        yield
    finally:
        torch.nn.Module.__call__ = original


@contextmanager
def _traced_len(recorder: Recorder) -> Iterator[None]:
    """``len(x)`` of a tensor is a traced size; CPython's own would force it to a plain int."""
    original = builtins.len

    def traced_len(obj: Any, /) -> Any:
        if isinstance(obj, torch.Tensor) and not recorder.quiet and obj.dim():
            return obj.shape[0]
        return original(obj)

    builtins.len = traced_len
    try:
        yield
    finally:
        builtins.len = original


@contextmanager
def _says_it_traces(recorder: Recorder) -> Iterator[None]:
    """``torch.jit.is_tracing()`` is true: libraries then leave out shortcuts that look into the data.

    ``torch.cond`` calls the branch that the sample takes, with a guard; its own machinery would compile both.
    """
    originals = torch.jit.is_tracing, torch.cond
    torch.jit.is_tracing = _yes
    torch.cond = lambda *args: special.cond(recorder, *args)
    try:
        yield
    finally:
        torch.jit.is_tracing, torch.cond = originals


def _yes() -> bool:
    """The answer for everybody but torch itself, which asks about TorchScript's own tracer."""
    return not sys._getframe(1).f_code.co_filename.startswith(_TORCH)
