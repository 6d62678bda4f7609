"""torch's modules for the script compiler: their tensors, children, attributes and hooks."""

from __future__ import annotations

from typing import Any

import torch
from torch._jit_internal import _get_overloaded_methods
from torch.nn.modules import module as torch_module

from tsx.capture.modules import StateTree
from tsx.capture.script.live import worlds
from tsx.capture.torch import tensors
from tsx.capture.torch.state import OWN, state_tree
from tsx.errors import fail
from tsx.ir.types import TensorType
from tsx.ops.weights import Weight

Hooks = list[tuple[Any, bool]]


class TorchModules:
    """torch.nn."""

    base: type = torch.nn.Module
    library = "torch"

    def is_array(self, obj: object) -> bool:
        return isinstance(obj, torch.Tensor)

    def state(self, module: torch.nn.Module) -> StateTree:
        _refuse_compiled(module)
        return state_tree(module)

    def weight(self, array: torch.Tensor) -> Weight:
        return tensors.weight_of(array)

    def tensor_type(self, array: torch.Tensor) -> TensorType:
        return tensors.type_of(array)

    def children(self, module: torch.nn.Module) -> dict[str, Any]:
        found = {name: child for name, child in module._modules.items() if child is not None}
        for child in found.values():
            _refuse_compiled(child)
        return found

    def arrays(self, module: torch.nn.Module) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for table in (module._parameters, module._buffers):
            found |= {name: t for name, t in table.items() if t is not None}
        for name, value in vars(module).items():
            if name not in OWN and isinstance(value, torch.Tensor):
                found[name] = value
        return found

    def plain(self, module: torch.nn.Module) -> dict[str, Any]:
        own = {
            name: value
            for name, value in vars(module).items()
            if name not in OWN and not isinstance(value, torch.Tensor)
        }
        for table in (module._parameters, module._buffers, module._modules):
            own |= {name: None for name, value in table.items() if value is None}
        return own | {"training": False}  # models are converted in eval mode

    def overloads(self, cls: type, function: Any) -> list[Any]:
        return list(_get_overloaded_methods(function, cls) or ())

    def hooks(self, module: torch.nn.Module) -> tuple[Hooks, Hooks]:
        before = [
            (hook, key in module._forward_pre_hooks_with_kwargs)
            for key, hook in module._forward_pre_hooks.items()
        ]
        after = [
            (hook, key in module._forward_hooks_with_kwargs)
            for key, hook in module._forward_hooks.items()
        ]
        return (
            [(hook, False) for hook in torch_module._global_forward_pre_hooks.values()] + before,
            [(hook, False) for hook in torch_module._global_forward_hooks.values()] + after,
        )


def _refuse_compiled(module: torch.nn.Module) -> None:
    """A module that torch.jit compiled has methods of TorchScript and no Python source."""
    if isinstance(module, torch.jit.ScriptModule):
        raise fail("TSX3308", what=getattr(module, "original_name", type(module).__name__))


worlds.append(TorchModules())
