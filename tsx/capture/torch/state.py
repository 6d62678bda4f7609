"""The state of a torch module: its attribute tree, and what a run writes to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
import torch.nn.parameter

from tsx.capture.modules import Path, StateTree
from tsx.errors import fail

if TYPE_CHECKING:
    from tsx.capture.torch.mode import Recorder

OWN = frozenset(torch.nn.Module().__dict__)  # torch's own bookkeeping in each module


def state_tree(module: torch.nn.Module) -> StateTree:
    """Parameters, buffers and plain tensor attributes of ``module`` and everything below."""
    tree = StateTree(type(module).__name__)
    _add(tree, (), module)
    return tree


def _add(tree: StateTree, path: Path, module: torch.nn.Module) -> None:
    if not tree.add_object(path, module):
        return
    for name, tensor in module._parameters.items():
        if torch.nn.parameter.is_lazy(tensor):
            raise fail("TSX2013", what=".".join((*path, name)))
        if tensor is not None:
            tree.add_array((*path, name), tensor, "parameter")
    for name, tensor in module._buffers.items():
        if tensor is not None:
            tree.add_array((*path, name), tensor, "buffer")
    for name, attribute in module.__dict__.items():
        if isinstance(attribute, torch.Tensor) and name not in OWN:
            tree.add_array((*path, name), attribute, "plain")
    for name, child in module._modules.items():
        if child is not None:
            _add(tree, (*path, name), child)


class Snapshot:
    """A module before a run: says what the run wrote, and undoes it."""

    def __init__(self, module: torch.nn.Module) -> None:
        # TorchScript keeps the attributes of its modules itself, and its code can't replace them.
        self.modules = [m for m in module.modules() if not isinstance(m, torch.jit.ScriptModule)]
        self.tables = [
            (dict(m._parameters), dict(m._buffers), dict(m._modules), dict(m.__dict__))
            for m in self.modules
        ]
        self.buffers = [
            (tensor, tensor.detach().clone(), _version(tensor))
            for m in module.modules()
            for tensor in m._buffers.values()
            if tensor is not None
        ]

    def record_writes(self, recorder: Recorder) -> None:
        """Tensors that the run replaced become ``prim::SetAttr``; what no program can hold goes to ``tracer.kept``."""
        state = recorder.tracer.state
        assert state is not None
        for module, (_, buffers, _, attributes) in zip(self.modules, self.tables, strict=True):
            scope = state.scopes.get(id(module), "")
            path = tuple(scope.split(".")) if scope else ()
            now = [(n, v, buffers.get(n)) for n, v in module._buffers.items()]
            now += [(n, v, attributes.get(n)) for n, v in module.__dict__.items() if n not in OWN]
            for name, after, before in now:
                if after is not before and not _is_derived(module, name):
                    _record_write(recorder, path, name, before, after)

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


def _record_write(recorder: Recorder, path: Path, name: str, before: object, after: object) -> None:
    """An attribute that the run assigned."""
    tracer = recorder.tracer
    if isinstance(before, torch.Tensor) and isinstance(after, torch.Tensor):
        if tracer.known(after) is not None:
            with recorder.silently():
                tracer.set_attribute(path, name, after)
    elif isinstance(before, _PLAIN) or isinstance(after, torch.Tensor):
        tracer.kept.append(".".join((*path, name)))


_PLAIN = (bool, int, float, str, torch.Tensor)


def _is_derived(module: torch.nn.Module, name: str) -> bool:
    """Whether a hook computes the attribute anew before each call, as weight_norm does: not state."""
    return any(getattr(hook, "name", None) == name for hook in module._forward_pre_hooks.values())


def _reset(table: dict[str, Any], before: dict[str, Any]) -> None:
    table.clear()
    table.update(before)


def _version(tensor: torch.Tensor) -> int | None:
    """How often a tensor was written; None when torch doesn't count (tensors made in inference mode)."""
    return None if tensor.is_inference() else tensor._version
