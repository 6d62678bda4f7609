"""Section 1.5: methods, entry points and hooks of modules."""

from typing import Dict, Final, List, Optional, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.script.rows import Rows

rows = Rows("1.5", "Methods, entry points, hooks")

X = torch.arange(6.0).reshape(2, 3) - 2


class Helpers(nn.Module):
    def __init__(self):
        super().__init__()
        self.k = 2.0

    def scale(self, x: Tensor, k: float = 1.0) -> Tensor:
        return x * k * self.k

    def both(self, x: Tensor) -> Tuple[Tensor, Tensor]:
        return self.scale(x), self.scale(x, k=3.0)

    def forward(self, x: Tensor) -> Tensor:
        a, b = self.both(x)
        return a + b


rows.add(Helpers, "methods call methods", X)


class StaticMethods(nn.Module):
    @staticmethod
    def double(x: Tensor) -> Tensor:
        return x * 2

    @classmethod
    def name_length(cls) -> int:
        return 4

    def forward(self, x: Tensor) -> Tensor:
        return self.double(x) + StaticMethods.double(x) + self.name_length()


rows.add(StaticMethods, "static and class methods", X)


class Properties(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(3, 3)

    @property
    def width(self) -> int:
        return self.linear.out_features * 2

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(x) * self.width


rows.add(Properties, "a property", X)


class PropertySetter(nn.Module):
    def __init__(self):
        super().__init__()
        self._rate = 1.0

    @property
    def rate(self) -> float:
        return self._rate

    @rate.setter
    def rate(self, value: float):
        self._rate = value * 2

    def forward(self, x: Tensor) -> Tensor:
        self.rate = 3.0
        return x * self.rate


rows.add(PropertySetter, "a property with a setter", X)


class Parent(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(3))

    def forward(self, x: Tensor) -> Tensor:
        return self.inner(x) * self.weight

    def inner(self, x: Tensor) -> Tensor:
        return x + 1


class Child(Parent):
    def inner(self, x: Tensor) -> Tensor:
        return x + 10


rows.add(Child, "an overridden method of a base class", X)


class SuperForward(Parent):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) * 2


rows.add(SuperForward, "`super().forward(x)`", X)


class Exported(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x

    @torch.jit.export
    def embed(self, x: Tensor) -> Tensor:
        return x * 2


rows.add(Exported, "`@torch.jit.export`", X)


class Ignored(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x + 1

    @torch.jit.ignore
    def debug(self, x: Tensor) -> None:
        import pdb

    @torch.jit.unused
    def later(self, x: Tensor) -> Tensor:
        raise NotImplementedError


rows.add(Ignored, "`@torch.jit.ignore` and `unused` methods that nobody calls", X)


class CallsUnused(nn.Module):
    def __init__(self):
        super().__init__()
        self.slow = False

    @torch.jit.unused
    def slow_path(self, x: Tensor) -> Tensor:
        return x.numpy()

    def forward(self, x: Tensor) -> Tensor:
        if self.slow:
            return self.slow_path(x)
        return x * 3


rows.add(CallsUnused, "an `unused` method behind a static `if`", X)


class CallsIgnored(nn.Module):
    @torch.jit.ignore
    def python_only(self, x: Tensor) -> Tensor:
        return x + 1

    def forward(self, x: Tensor) -> Tensor:
        return self.python_only(x)


rows.add(
    CallsIgnored,
    "a call of an `ignore`d method",
    X,
    refused="it would be a call back into Python, which a saved program has not; TorchScript refuses to save it",
    code="TSX3243",
)


class ForwardHooks(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_forward_hook(double_hook)
        self.register_forward_pre_hook(shift_hook)

    def forward(self, x: Tensor) -> Tensor:
        return x + 1


def double_hook(self, inputs: Tuple[Tensor], output: Tensor) -> Tensor:
    return output * 2


def shift_hook(self, inputs: Tuple[Tensor]) -> Tuple[Tensor]:
    return (inputs[0] + 10,)


rows.add(ForwardHooks, "forward hooks and pre-hooks", X)


class OptionalInputs(nn.Module):
    def forward(self, x: Tensor, mask: Optional[Tensor] = None, scale: float = 2.0) -> Tensor:
        if mask is not None:
            x = x.masked_fill(mask, 0.0)
        return x * scale


rows.add(OptionalInputs, "optional inputs with defaults", X, (X, X > 0), (X, None, 3.0))


class SeveralOutputs(nn.Module):
    def forward(self, x: Tensor) -> Dict[str, Tensor]:
        return {"mean": x.mean(), "rows": x.sum(1)}


rows.add(SeveralOutputs, "a dict as a module's result", X)


class KeywordInputs(nn.Module):
    def forward(self, x: Tensor, *, k: int = 2) -> Tensor:
        return x * k


rows.add(KeywordInputs, "keyword-only inputs of `forward`", X)


class AutogradFunction(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x: Tensor) -> Tensor:
        return x * 3

    @staticmethod
    def backward(ctx, g):
        return g * 3


class UsesFunction(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return AutogradFunction.apply(x) + 1


rows.add(UsesFunction, "`torch.autograd.Function.apply`", X)


class NamedAccess(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(3, 2)
        self.b = nn.Linear(3, 2)

    def forward(self, x: Tensor) -> Tensor:
        total = torch.zeros(2)
        for name, child in self.named_children():
            if name != "b":
                total = total + child(x).sum(0)
        for p in self.parameters():
            total = total + p.sum()
        return total


rows.add(NamedAccess, "`named_children()` and `parameters()`", X)


class GetattrName(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer0 = nn.Linear(3, 3)
        self.layer1 = nn.Linear(3, 3)

    def forward(self, x: Tensor) -> Tensor:
        for i in (0, 1):
            x = getattr(self, f"layer{i}")(x)
        if hasattr(self, "layer2"):
            x = self.layer2(x)
        return x


rows.add(GetattrName, '`getattr(self, f"layer{i}")` and `hasattr`', X)


class Overloaded(nn.Module):
    @torch.jit._overload_method
    def scale(self, x: Tensor) -> Tensor: ...

    @torch.jit._overload_method
    def scale(self, x: int) -> int: ...

    def scale(self, x):
        return x * 2

    def forward(self, x: Tensor) -> Tensor:
        return self.scale(x) + self.scale(3)


rows.add(Overloaded, "`torch.jit._overload_method`", X)


class TiedWeights(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(5, 3)
        self.out = nn.Linear(3, 5, bias=False)
        self.out.weight = self.embed.weight

    def forward(self, i: Tensor) -> Tensor:
        return self.out(self.embed(i))


rows.add(TiedWeights, "one weight under two names", torch.tensor([0, 3]))
