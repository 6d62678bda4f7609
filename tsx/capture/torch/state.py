"""The state of a torch module: its attribute tree, and what a run writes to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from tsx.capture.modules import Path, StateTree
from tsx.errors import fail

if TYPE_CHECKING:
    from tsx.capture.torch.mode import Recorder
    from tsx.capture.trace.tracer import Tracer

_OWN = frozenset(torch.nn.Module().__dict__)  # torch's own bookkeeping in each module


def state_tree(module: torch.nn.Module) -> StateTree:
    """Parameters, buffers and plain tensor attributes of ``module`` and everything below."""
    tree = StateTree(type(module).__name__)
    _add(tree, (), module)
    return tree


def _add(tree: StateTree, path: Path, module: torch.nn.Module) -> None:
    if not tree.add_object(path, module):
        return
    for name, tensor in module._parameters.items():
        if tensor is not None:
            tree.add_array((*path, name), tensor, "parameter")
    for name, tensor in module._buffers.items():
        if tensor is not None:
            tree.add_array((*path, name), tensor, "buffer")
    for name, attribute in module.__dict__.items():
        if isinstance(attribute, torch.Tensor) and name not in _OWN:
            tree.add_array((*path, name), attribute, "plain")
    for name, child in module._modules.items():
        if child is not None:
            _add(tree, (*path, name), child)


class Snapshot:
    """A module before a run: says what the run wrote, and undoes it."""

    def __init__(self, module: torch.nn.Module, tracer: Tracer, recorder: Recorder) -> None:
        self.tracer = tracer
        self.recorder = recorder
        self.modules = list(module.modules())
        self.tables = [
            (dict(m._parameters), dict(m._buffers), dict(m._modules), dict(m.__dict__))
            for m in self.modules
        ]
        self.buffers = [
            (tensor, tensor.detach().clone(), _version(tensor))
            for m in self.modules
            for tensor in m._buffers.values()
            if tensor is not None
        ]

    def record_writes(self) -> None:
        """Buffers that the run replaced become ``prim::SetAttr``; other changed attributes are refused or ignored."""
        assert self.tracer.state is not None
        for module, (_, buffers, _, attributes) in zip(self.modules, self.tables, strict=True):
            scope = self.tracer.state.scopes.get(id(module), "")
            path = tuple(scope.split(".")) if scope else ()
            for name, tensor in module._buffers.items():
                if tensor is not buffers.get(name):
                    self._set(path, name, tensor)
            for name, value in module.__dict__.items():
                if name not in _OWN and value is not attributes.get(name):
                    self._attribute(module, path, name, attributes.get(name), value)

    def _attribute(
        self, module: torch.nn.Module, path: Path, name: str, before: object, after: object
    ) -> None:
        """A plain attribute that the run assigned: a tensor is state, a number is lost with a warning."""
        is_tensor = isinstance(after, torch.Tensor)
        if isinstance(before, torch.Tensor) and is_tensor:
            if self.tracer.known(after) is not None and not _is_derived(module, name):
                self._set(path, name, after)
        elif isinstance(before, (bool, int, float, str)) or (before is None and is_tensor):
            dotted = ".".join((*path, name))
            self.tracer.warnings.append(
                f"the model sets {dotted} while it runs; the program starts every call with the value it has now"
            )

    def _set(self, path: Path, name: str, tensor: object) -> None:
        if tensor is None:
            raise fail("TSX2008", what=".".join((*path, name)))
        with self.recorder.silently():
            self.tracer.set_attribute(path, name, tensor)

    def restore(self) -> None:
        """Everything as it was before the run."""
        for module, (parameters, buffers, children, attributes) in zip(
            self.modules, self.tables, strict=True
        ):
            module.__dict__.clear()
            module.__dict__.update(attributes)
            _reset(module._parameters, parameters)
            _reset(module._buffers, buffers)
            _reset(module._modules, children)
        for tensor, before, version in self.buffers:
            if version is None or _version(tensor) != version:
                with torch.no_grad():
                    tensor.copy_(before)


def _is_derived(module: torch.nn.Module, name: str) -> bool:
    """Whether a hook computes the attribute anew before each call, as weight_norm does: not state."""
    return any(getattr(hook, "name", None) == name for hook in module._forward_pre_hooks.values())


def _reset(table: dict[str, Any], before: dict[str, Any]) -> None:
    table.clear()
    table.update(before)


def _version(tensor: torch.Tensor) -> int | None:
    """How often a tensor was written; None when torch doesn't count (tensors made in inference mode)."""
    return None if tensor.is_inference() else tensor._version
