"""Containers: Sequential, ModuleList, ModuleDict, ParameterList."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self, overload

from tsx.nn.module import Module, Parameter
from tsx.ops.dtypes import Array


class _Indexed(Module):
    """Children by position: their names are "0", "1", …; or, in a Sequential, those that they were given."""

    def _children(self) -> list[Module]:
        return [child for child in self._modules.values() if child is not None]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Module]:
        return iter(self._children())

    @overload
    def __getitem__(self, index: int) -> Module: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...
    def __getitem__(self, index: int | slice) -> Module | Self:
        if isinstance(index, slice):
            return self._of(list(self._modules.items())[index])
        return self._children()[index]

    def _of(self, children: list[tuple[str, Module | None]]) -> Self:
        made = type(self)()
        for name, child in children:
            made.add_module(name, child)
        return made

    def __setitem__(self, index: int, module: Module) -> None:
        self.add_module(list(self._modules)[index], module)

    def append(self, module: Module) -> Self:
        self.add_module(str(len(self)), module)
        return self

    def extend(self, modules: Iterable[Module]) -> Self:
        for module in modules:
            self.append(module)
        return self


class Sequential(_Indexed):
    """Calls its children one after another; takes them in order, or one dict of named ones."""

    def __init__(self, *modules: Module | Mapping[str, Module]) -> None:
        super().__init__()
        first = modules[0] if len(modules) == 1 else None
        if isinstance(first, Mapping):
            for name, module in first.items():
                self.add_module(name, module)
            return
        for index, child in enumerate(modules):
            assert isinstance(child, Module)
            self.add_module(str(index), child)

    def forward(self, input: Any) -> Any:
        for child in self:
            input = child(input)
        return input


class ModuleList(_Indexed):
    """A list of modules; it has no forward of its own."""

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        super().__init__()
        self.extend(modules)

    def _of(self, children: list[tuple[str, Module | None]]) -> Self:
        return type(self)(child for _, child in children if child is not None)

    def insert(self, index: int, module: Module) -> None:
        children = self._children()
        children.insert(index, module)
        self._modules.clear()
        self.extend(children)

    def __repr__(self) -> str:
        """Runs of equal children are folded, as torch folds them."""
        texts = [repr(child) for child in self]
        if not texts:
            return f"{self._repr_name()}()"
        runs: list[tuple[int, int, str]] = []
        for index, text in enumerate(texts):
            if runs and runs[-1][2] == text:
                runs[-1] = (runs[-1][0], index, text)
            else:
                runs.append((index, index, text))
        lines = []
        for first, last, text in runs:
            body = text.replace("\n", "\n  ")
            count = last - first + 1
            lines.append(
                f"({first}): {body}" if count == 1 else f"({first}-{last}): {count} x {body}"
            )
        return f"{self._repr_name()}(\n  " + "\n  ".join(lines) + "\n)"


class ModuleDict(Module):
    """Modules by name; it has no forward of its own."""

    def __init__(self, modules: Mapping[str, Module] | None = None) -> None:
        super().__init__()
        self.update(modules or {})

    def update(self, modules: Mapping[str, Module]) -> None:
        for name, module in modules.items():
            self.add_module(name, module)

    def __getitem__(self, name: str) -> Module:
        found = self._modules[name]
        assert found is not None
        return found

    def __setitem__(self, name: str, module: Module) -> None:
        self.add_module(name, module)

    def __delitem__(self, name: str) -> None:
        del self._modules[name]

    def __contains__(self, name: object) -> bool:
        return name in self._modules

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def keys(self) -> Iterable[str]:
        return self._modules.keys()

    def values(self) -> Iterable[Module | None]:
        return self._modules.values()

    def items(self) -> Iterable[tuple[str, Module | None]]:
        return self._modules.items()


class ParameterList(Module):
    """Parameters by position, named "0", "1", …"""

    def __init__(self, values: Iterable[Array | Parameter] = ()) -> None:
        super().__init__()
        for value in values:
            self.append(value)

    def append(self, value: Array | Parameter) -> Self:
        self.register_parameter(str(len(self)), value)
        return self

    def __len__(self) -> int:
        return len(self._parameters)

    def __getitem__(self, index: int) -> Array:
        found = list(self._parameters.values())[index]
        assert found is not None
        return found

    def __iter__(self) -> Iterator[Array]:
        return (self[index] for index in range(len(self)))
