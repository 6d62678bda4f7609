"""Module: a tree of layers with parameters, buffers and children, shaped like torch.nn.Module.

Parameters are plain ``ndarray``s: ``self.weight = Parameter(array)`` registers one, and ``self.weight`` is the array.
Names and state_dict keys are torch's, so a checkpoint saved there loads here. Layers compute through ``tsx.ops.call``
only, so a module runs on arrays and records itself on traced values alike.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from tsx.errors import fail
from tsx.ir.types import DTYPE_BY_NAME, DType
from tsx.nn.checkpoint import read_state
from tsx.ops.dtypes import Array, cast, dtype_of

Scope = Callable[["Module"], AbstractContextManager[None]]
_SCOPE: ContextVar[Scope | None] = ContextVar("tsx.nn scope", default=None)


@contextlib.contextmanager
def module_scopes(scope: Scope) -> Iterator[None]:
    """While it lasts, every module call runs inside ``scope(module)``: how a capture knows where it is."""
    token = _SCOPE.set(scope)
    try:
        yield
    finally:
        _SCOPE.reset(token)


@dataclass(frozen=True, slots=True)
class Parameter:
    """Marks an array as a parameter of the module that it is assigned to."""

    data: Array


class Module:
    """The base of all layers. A subclass calls ``super().__init__()``, assigns attributes and defines ``forward``."""

    training: bool
    forward: Callable[..., Any]
    _parameters: dict[str, Array | None]
    _buffers: dict[str, Array | None]
    _modules: dict[str, Module | None]
    _transient: set[str]  # buffers that a state_dict leaves out

    def __init__(self) -> None:
        for name in ("_parameters", "_buffers", "_modules"):
            object.__setattr__(self, name, {})
        object.__setattr__(self, "_transient", set())
        self.training = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not hasattr(self, "forward"):
            raise fail("TSX1033", cls=type(self).__name__)
        scope = _SCOPE.get()
        if scope is None:
            return self.forward(*args, **kwargs)
        with scope(self):
            return self.forward(*args, **kwargs)

    # --- attributes ----------------------------------------------------------------------------------------------

    def _tables(self) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
        if "_parameters" not in self.__dict__:
            raise fail("TSX1030", cls=type(self).__name__)
        return self._parameters, self._buffers, self._modules

    def __setattr__(self, name: str, value: Any) -> None:
        parameters, buffers, modules = self._tables()
        if isinstance(value, Parameter):
            self.__dict__.pop(name, None)
            parameters[name] = value.data
        elif isinstance(value, Module):
            self.__dict__.pop(name, None)
            modules[name] = value
        elif isinstance(value, np.ndarray) or value is None:
            table = next((t for t in (parameters, buffers, modules) if name in t), self.__dict__)
            table[name] = value
        else:
            for table in (parameters, buffers, modules):
                table.pop(name, None)
            object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Any:
        # Only called for names that the instance and its class don't have.
        for table in ("_parameters", "_buffers", "_modules"):
            entries = self.__dict__.get(table, {})
            if name in entries:
                return entries[name]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __delattr__(self, name: str) -> None:
        for table in self._tables():
            if name in table:
                del table[name]
                return
        object.__delattr__(self, name)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._parameters, *self._buffers, *self._modules})

    def register_parameter(self, name: str, data: Array | Parameter | None) -> None:
        """Adds a parameter; None keeps the name for a parameter that this layer goes without."""
        self._tables()[0][name] = data.data if isinstance(data, Parameter) else data

    def register_buffer(self, name: str, data: Array | None, persistent: bool = True) -> None:
        """Adds an array that is state but not trained; one that isn't persistent stays out of state_dict."""
        self._tables()[1][name] = data
        (self._transient.discard if persistent else self._transient.add)(name)

    def add_module(self, name: str, module: Module | None) -> None:
        self._tables()[2][name] = module

    register_module = add_module

    # --- walks ---------------------------------------------------------------------------------------------------

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """This module and all below, each once, with dotted names."""
        yield from self._walk(prefix, set())

    def _walk(self, prefix: str, seen: set[int]) -> Iterator[tuple[str, Module]]:
        if id(self) in seen:
            return
        seen.add(id(self))
        yield prefix, self
        for name, child in self._modules.items():
            if child is not None:
                yield from child._walk(_join(prefix, name), seen)

    def modules(self) -> Iterator[Module]:
        return (module for _, module in self.named_modules())

    def named_children(self) -> Iterator[tuple[str, Module]]:
        seen: set[int] = set()
        for name, child in self._modules.items():
            if child is not None and id(child) not in seen:
                seen.add(id(child))
                yield name, child

    def children(self) -> Iterator[Module]:
        return (child for _, child in self.named_children())

    def named_parameters(
        self, prefix: str = "", recurse: bool = True
    ) -> Iterator[tuple[str, Array]]:
        """Every parameter once, under the first name that reaches it."""
        return self._named_arrays("_parameters", prefix, recurse)

    def parameters(self, recurse: bool = True) -> Iterator[Array]:
        return (array for _, array in self.named_parameters(recurse=recurse))

    def named_buffers(self, prefix: str = "", recurse: bool = True) -> Iterator[tuple[str, Array]]:
        return self._named_arrays("_buffers", prefix, recurse)

    def buffers(self, recurse: bool = True) -> Iterator[Array]:
        return (array for _, array in self.named_buffers(recurse=recurse))

    def _named_arrays(self, table: str, prefix: str, recurse: bool) -> Iterator[tuple[str, Array]]:
        seen: set[int] = set()
        for path, module in self.named_modules(prefix) if recurse else [(prefix, self)]:
            for name, array in getattr(module, table).items():
                if array is not None and id(array) not in seen:
                    seen.add(id(array))
                    yield _join(path, name), array

    # --- state ---------------------------------------------------------------------------------------------------

    def state_dict(self, prefix: str = "") -> dict[str, Array]:
        """Parameters and persistent buffers by dotted name, in torch's order; the arrays themselves, not copies."""
        found: dict[str, Array] = {}
        for name, array in self._own_state():
            found[prefix + name] = array
        for name, child in self._modules.items():
            if child is not None:
                found.update(child.state_dict(f"{prefix}{name}."))
        return found

    def _own_state(self) -> Iterator[tuple[str, Array]]:
        for name, array in (*self._parameters.items(), *self._buffers.items()):
            if array is not None and name not in self._transient:
                yield name, array

    def load_state_dict(
        self, state: Mapping[str, Any] | str | Path, strict: bool = True
    ) -> tuple[list[str], list[str]]:
        """Copies ``state`` (a dict of arrays or tensors, a ``.npz`` or a ``.safetensors`` file) into this module.

        Gives the missing and the unexpected keys. Raises TSX1031 for those when ``strict``, TSX1032 for sizes that
        differ; nothing is copied then. Contents are converted to the dtype that the module has.
        """
        entries = read_state(state)
        own = self.state_dict()
        missing = [key for key in own if key not in entries]
        unexpected = [key for key in entries if key not in own]
        if strict and (missing or unexpected):
            detail = "; ".join(
                f"{what}: {', '.join(keys[:5])}{' …' if len(keys) > 5 else ''}"
                for what, keys in (("missing", missing), ("unexpected", unexpected))
                if keys
            )
            raise fail("TSX1031", cls=type(self).__name__, detail=detail)
        loaded = {key: entries[key] for key in own if key in entries}
        for key, array in loaded.items():
            if array.shape != own[key].shape:
                found, expected = list(array.shape), list(own[key].shape)
                raise fail("TSX1032", key=key, found=found, expected=expected)
        self._load(loaded, "")
        return missing, unexpected

    def _load(self, entries: Mapping[str, Array], prefix: str) -> None:
        for table in (self._parameters, self._buffers):
            for name, array in table.items():
                if array is not None and prefix + name in entries:
                    array[...] = cast(entries[prefix + name], dtype_of(array))
        for name, child in self._modules.items():
            if child is not None:
                child._load(entries, f"{prefix}{name}.")

    # --- modes and dtypes ----------------------------------------------------------------------------------------

    def train(self, mode: bool = True) -> Self:
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        return self.train(False)

    def apply(self, function: Callable[[Module], object]) -> Self:
        """Calls ``function`` on every module, children first."""
        for child in self.children():
            child.apply(function)
        function(self)
        return self

    def to(self, dtype: DType | str) -> Self:
        """Converts floating-point parameters and buffers to ``dtype`` (also by name: "float16")."""
        target = DTYPE_BY_NAME[dtype] if isinstance(dtype, str) else dtype
        changed: dict[int, Array] = {}  # a tied parameter stays one
        for module in self.modules():
            for table in (module._parameters, module._buffers):
                for name, array in table.items():
                    if array is not None and dtype_of(array).is_float:
                        table[name] = changed.setdefault(id(array), cast(array, target))
        return self

    def half(self) -> Self:
        return self.to(DType.FLOAT16)

    def bfloat16(self) -> Self:
        return self.to(DType.BFLOAT16)

    def float(self) -> Self:
        return self.to(DType.FLOAT32)

    def double(self) -> Self:
        return self.to(DType.FLOAT64)

    # --- text ----------------------------------------------------------------------------------------------------

    def extra_repr(self) -> str:
        """What stands between the parentheses of ``repr``, before the children."""
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr().splitlines()
        children = [f"({n}): {_indent(repr(m))}" for n, m in self._modules.items()]
        name = self._repr_name()
        if len(extra) == 1 and not children:
            return f"{name}({extra[0]})"
        lines = extra + children
        return f"{name}(\n  " + "\n  ".join(lines) + "\n)" if lines else f"{name}()"

    def _repr_name(self) -> str:
        return type(self).__name__


def _join(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name


def _indent(text: str) -> str:
    return text.replace("\n", "\n  ")
