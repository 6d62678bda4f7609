"""Section 1.5: attributes and constants of modules."""

from typing import Dict, Final, List, Optional, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.script.rows import Rows

rows = Rows("1.5", "Attributes")

X = torch.arange(6.0).reshape(2, 3) - 2


class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(3) * 2)
        self.register_buffer("shift", torch.tensor([1.0, 2.0, 3.0]))
        self.factor = 3

    def forward(self, x: Tensor) -> Tensor:
        return x * self.weight * self.factor + self.shift


rows.add(Affine, "parameters, buffers, an int", X)


class NonPersistent(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("table", torch.arange(3.0), persistent=False)
        self.register_buffer("missing", None)
        self.register_parameter("bias", None)

    def forward(self, x: Tensor) -> Tensor:
        if self.bias is not None:
            x = x + self.bias
        if self.missing is not None:
            x = x + self.missing
        return x + self.table


rows.add(NonPersistent, "buffers that are not saved, parameters and buffers that are None", X)


class PlainTensor(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = torch.tensor(2.5)

    def forward(self, x: Tensor) -> Tensor:
        return x * self.scale


rows.add(PlainTensor, "a Tensor that is no buffer", X)


class PlainValues(nn.Module):
    def __init__(self):
        super().__init__()
        self.n = 3
        self.rate = 0.5
        self.name = "sum"
        self.flag = True
        self.nothing = None
        self.sizes = (2, 3)
        self.steps = [1, 2]

    def forward(self, x: Tensor) -> Tensor:
        if self.name == "sum" and self.flag:
            x = x * self.rate + self.n
        for step in self.steps:
            x = x + step
        return x.reshape(self.sizes)


rows.add(PlainValues, "int, float, str, bool, tuple and list attributes", X)


class StaticFlag(nn.Module):
    def __init__(self):
        super().__init__()
        self.use_norm = False

    def forward(self, x: Tensor) -> Tensor:
        if self.use_norm:
            return self.norm(x)  # there is no such layer
        return x + 1


rows.add(StaticFlag, "`if` on a plain bool attribute: the dead branch is not compiled", X)


class StaticNone(nn.Module):
    def __init__(self):
        super().__init__()
        self.extra = None

    def forward(self, x: Tensor) -> Tensor:
        if self.extra is not None:
            x = self.extra(x)
        return x


rows.add(StaticNone, "`self.layer is not None` with a layer that is None", X)


class StaticStr(nn.Module):
    def __init__(self):
        super().__init__()
        self.mode = "mean"

    def forward(self, x: Tensor) -> Tensor:
        if self.mode == "missing":
            return self.missing(x)
        elif self.mode == "mean":
            return x.mean()
        else:
            raise ValueError("no mode " + self.mode)


rows.add(StaticStr, "a str attribute decides what is compiled", X)


class Training(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            return F.dropout(x, 0.5)
        return x * 2


rows.add(Training, "`self.training` is False", X)


class WithConstants(nn.Module):
    __constants__ = ["n", "mode"]

    def __init__(self):
        super().__init__()
        self.n = 4
        self.mode = "double"

    def forward(self, x: Tensor) -> Tensor:
        if self.mode == "double":
            return x * self.n
        return self.nowhere(x)


rows.add(WithConstants, "`__constants__`", X)


class WithFinal(nn.Module):
    n: Final[int]
    sizes: Final[List[int]]

    def __init__(self):
        super().__init__()
        self.n = 2
        self.sizes = [1, 2]

    def forward(self, x: Tensor) -> Tensor:
        for size in self.sizes:
            x = x + size
        return x * self.n


rows.add(WithFinal, "`Final` attributes", X)


class ClassConstants(nn.Module):
    scale = 2.0
    names = ("a", "b")

    def forward(self, x: Tensor) -> Tensor:
        return x * self.scale + len(self.names)


rows.add(ClassConstants, "constants of the class", X)


class Annotated(nn.Module):
    last: Optional[Tensor]
    counts: Dict[str, int]
    log: List[int]

    def __init__(self):
        super().__init__()
        self.last = None
        self.counts = {}
        self.log = []

    def forward(self, x: Tensor) -> Tensor:
        last = self.last
        if last is None:
            last = torch.zeros_like(x)
        self.last = x + last
        self.counts["calls"] = self.counts.get("calls", 0) + 1
        self.log.append(x.size(0))
        return last + len(self.log) + self.counts["calls"]


rows.add(Annotated, "annotated attributes of types that the value does not show", X, X + 1)


class JitAttribute(nn.Module):
    def __init__(self):
        super().__init__()
        self.names = torch.jit.Attribute({"a": 1}, Dict[str, int])

    def forward(self, x: Tensor) -> Tensor:
        return x + self.names["a"]


rows.add(
    JitAttribute,
    "`torch.jit.Attribute`",
    refused="eager Python sees a pair of value and type, so the module does not run; annotate the attribute",
    code="TSX3201",
)


class EmptyAttribute(nn.Module):
    def __init__(self):
        super().__init__()
        self.hooks_of_mine = []
        self.table = {}

    def forward(self, x: Tensor) -> Tensor:
        return x + len(self.hooks_of_mine) + len(self.table)


rows.add(EmptyAttribute, "an empty list and dict without annotation, read only", X)


class UnusedAttribute(nn.Module):
    def __init__(self):
        super().__init__()
        self.config = object()
        self.callback = print
        self.mixed = [1, "a", None]

    def forward(self, x: Tensor) -> Tensor:
        return x + 1


rows.add(UnusedAttribute, "attributes of unknown types that nobody reads", X)


class ConfigAttribute(nn.Module):
    def __init__(self):
        super().__init__()

        class Config:
            hidden = 3
            eps = 0.5

        self.config = Config()

    def forward(self, x: Tensor) -> Tensor:
        return x * self.config.eps + self.config.hidden


rows.add(ConfigAttribute, "a plain object with constants (a config)", X)


class DtypeAttribute(nn.Module):
    def __init__(self):
        super().__init__()
        self.dtype = torch.float64
        self.device = torch.device("cpu")

    def forward(self, x: Tensor) -> Tensor:
        return x.to(self.dtype) + torch.zeros(3, dtype=self.dtype, device=self.device)


rows.add(DtypeAttribute, "dtype and device attributes", X)


class FunctionAttribute(nn.Module):
    def __init__(self):
        super().__init__()
        self.activation = torch.tanh
        self.pool = F.relu

    def forward(self, x: Tensor) -> Tensor:
        return self.pool(self.activation(x))


rows.add(FunctionAttribute, "functions as attributes", X)


class WritesState(nn.Module):
    def __init__(self):
        super().__init__()
        self.calls = 0
        self.register_buffer("running", torch.zeros(3))

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        self.running = self.running * 0.5 + x.sum(0)
        if self.calls > 1:
            self.running.zero_()
        return self.running


rows.add(WritesState, "attributes and buffers are written", X, X + 1)


class DefinesAttribute(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        self.seen = x
        return self.seen + 1


rows.add(
    DefinesAttribute,
    "an attribute that `__init__` does not define",
    X,
    refused="what it is before the first call is unknown; define it in `__init__`",
    code="TSX3241",
)
