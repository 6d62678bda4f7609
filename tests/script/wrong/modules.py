"""Modules: attributes, submodules, methods, hooks."""

from typing import Dict, List, Optional

import torch
from torch import Tensor, nn

from tests.script.wrong_programs import Wrong

wrong = Wrong()
X = torch.arange(6.0).reshape(2, 3) - 2


class MissingAttribute(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = 2.0

    def forward(self, x: Tensor) -> Tensor:
        return x * self.scal


class MissingAttributeFixed(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = 2.0

    def forward(self, x: Tensor) -> Tensor:
        return x * self.scale


wrong.add(MissingAttribute, MissingAttributeFixed, X)


class DefinedInForward(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        self.last = x
        return self.last + 1


class DefinedInForwardFixed(nn.Module):
    def __init__(self):
        super().__init__()
        self.last = torch.zeros(1)

    def forward(self, x: Tensor) -> Tensor:
        self.last = x
        return self.last + 1


wrong.add(DefinedInForward, DefinedInForwardFixed, X)


class EmptyListGrows(nn.Module):
    def __init__(self):
        super().__init__()
        self.log = []

    def forward(self, x: Tensor) -> Tensor:
        self.log.append(x.size(0))
        return x + len(self.log)


class EmptyListGrowsFixed(nn.Module):
    log: List[int]

    def __init__(self):
        super().__init__()
        self.log = []

    def forward(self, x: Tensor) -> Tensor:
        self.log.append(x.size(0))
        return x + len(self.log)


wrong.add(EmptyListGrows, EmptyListGrowsFixed, X, X)


class IgnoredIsCalled(nn.Module):
    @torch.jit.ignore
    def debug(self, x: Tensor) -> Tensor:
        return x + 1

    def forward(self, x: Tensor) -> Tensor:
        return self.debug(x)


class IgnoredIsCalledFixed(nn.Module):
    def debug(self, x: Tensor) -> Tensor:
        return x + 1

    def forward(self, x: Tensor) -> Tensor:
        return self.debug(x)


wrong.add(IgnoredIsCalled, IgnoredIsCalledFixed, X)


class ReplacesSubmodule(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 3)

    def forward(self, x: Tensor) -> Tensor:
        self.layer = nn.Linear(3, 3)
        return self.layer(x)


class ReplacesSubmoduleFixed(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x)


wrong.add(ReplacesSubmodule, ReplacesSubmoduleFixed, X)


class ModuleParameter(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 3)

    def forward(self, x: Tensor, other: nn.Module) -> Tensor:
        return other(self.layer(x))


class ModuleParameterFixed(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 3)
        self.other = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.other(self.layer(x))


wrong.add(ModuleParameter, ModuleParameterFixed, X)


class UnknownObject(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokenizer = object()

    def forward(self, x: Tensor) -> Tensor:
        return x + self.tokenizer.size()


class UnknownObjectFixed(nn.Module):
    def __init__(self):
        super().__init__()
        self.size = 3

    def forward(self, x: Tensor) -> Tensor:
        return x + self.size


wrong.add(UnknownObject, UnknownObjectFixed, X)


class AppendsModule(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(3, 3)])

    def forward(self, x: Tensor) -> Tensor:
        self.layers.append(nn.ReLU())
        for layer in self.layers:
            x = layer(x)
        return x


class AppendsModuleFixed(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(3, 3)])
        self.layers.append(nn.ReLU())

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = layer(x)
        return x


wrong.add(AppendsModule, AppendsModuleFixed, X)


class WrongForwardCall(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x, x)


class WrongForwardCallFixed(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x)


wrong.add(WrongForwardCall, WrongForwardCallFixed, X)


class MisspeltLayer(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Linear(3, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x).relu()


class MisspeltLayerFixed(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Linear(3, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv1(x).relu()


wrong.add(MisspeltLayer, MisspeltLayerFixed, X)


class EmptyDictFills(nn.Module):
    def __init__(self):
        super().__init__()
        self.cache = {}

    def forward(self, x: Tensor) -> Tensor:
        self.cache[x.size(0)] = x
        return x + len(self.cache)


class EmptyDictFillsFixed(nn.Module):
    cache: Dict[int, Tensor]

    def __init__(self):
        super().__init__()
        self.cache = {}

    def forward(self, x: Tensor) -> Tensor:
        self.cache[x.size(0)] = x
        return x + len(self.cache)


wrong.add(EmptyDictFills, EmptyDictFillsFixed, X)
