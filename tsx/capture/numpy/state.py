"""The state of a tsx.nn module: its attribute tree, and what a run writes to it."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from tsx.capture.modules import Path, StateTree
from tsx.capture.numpy.proxy import TracedArray
from tsx.capture.numpy.recorder import Recorder
from tsx.capture.trace.tracer import Tracer
from tsx.nn.module import Module

OWN = frozenset(vars(Module()))  # the bookkeeping in each module


def module_of(model: object) -> Module | None:
    """The module that holds the state of ``model``: itself, or what a method is bound to."""
    if isinstance(model, Module):
        return model
    owner = getattr(model, "__self__", None)
    return owner if isinstance(owner, Module) else None


def state_tree(module: Module) -> StateTree:
    """Parameters, buffers and plain array attributes of ``module`` and everything below."""
    tree = StateTree(type(module).__name__)
    _add(tree, (), module)
    return tree


def _add(tree: StateTree, path: Path, module: Module) -> None:
    if not tree.add_object(path, module):
        return
    for role, table in (("parameter", module._parameters), ("buffer", module._buffers)):
        for name, array in table.items():
            if array is not None:
                tree.add_array((*path, name), array, role)
    for name, attribute in vars(module).items():
        if isinstance(attribute, np.ndarray):
            tree.add_array((*path, name), attribute, "plain")
    for name, child in module._modules.items():
        if child is not None:
            _add(tree, (*path, name), child)


class Snapshot:
    """A module before a run: says what the run wrote, and undoes it."""

    def __init__(self, module: Module) -> None:
        self.modules = list(module.modules())
        self.before = [_attributes(m) for m in self.modules]
        self.tables = [
            (dict(m._parameters), dict(m._buffers), dict(m._modules), dict(vars(m)))
            for m in self.modules
        ]
        self.contents = [
            (array, array.copy())
            for attributes in self.before
            for array in attributes.values()
            if isinstance(array, np.ndarray)
        ]

    def substitute(self, recorder: Recorder) -> None:
        """Proxies in place of the module's arrays, so that what the model computes from them is recorded."""
        state = recorder.tracer.state
        assert state is not None
        proxies: dict[int, TracedArray] = {}
        for module in self.modules:
            for table in (module._parameters, module._buffers, vars(module)):
                for name, array in list(table.items()):
                    if isinstance(array, np.ndarray):
                        proxy = proxies.setdefault(id(array), TracedArray(recorder, array))
                        state.add_alias(proxy, array)
                        cast("dict[str, object]", table)[name] = proxy
        self.before = [_attributes(m) for m in self.modules]

    def record_writes(self, tracer: Tracer) -> None:
        """Arrays that the run replaced become ``prim::SetAttr``; what no program can hold goes to ``tracer.kept``."""
        assert tracer.state is not None
        for module, before in zip(self.modules, self.before, strict=True):
            scope = tracer.state.scopes.get(id(module), "")
            path = tuple(scope.split(".")) if scope else ()
            for name, after in _attributes(module).items():
                old = before.get(name)
                if after is old:
                    continue
                if isinstance(old, TracedArray) and tracer.door.is_array(after):
                    tracer.set_attribute(path, name, after)
                elif isinstance(old, (bool, int, float, str)) or isinstance(after, TracedArray):
                    tracer.kept.append(".".join((*path, name)))

    def restore(self) -> None:
        """Everything as it was before the run."""
        for module, (parameters, buffers, modules, attributes) in zip(
            self.modules, self.tables, strict=True
        ):
            own = vars(module)
            own.clear()
            own.update(attributes)
            for table, kept in (
                (module._parameters, parameters),
                (module._buffers, buffers),
                (module._modules, modules),
            ):
                table.clear()
                table.update(kept)  # type: ignore[arg-type]  # each pair has one type
        for array, content in self.contents:
            if not np.array_equal(array, content):
                array[...] = content


def _attributes(module: Module) -> dict[str, Any]:
    """Buffers, parameters and plain attributes by name."""
    plain = {name: value for name, value in vars(module).items() if name not in OWN}
    return {**module._parameters, **module._buffers, **plain}
