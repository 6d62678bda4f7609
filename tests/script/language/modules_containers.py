"""Section 1.5: submodules and module containers."""

from typing import Dict, List, Tuple

import torch
from torch import Tensor, nn

from tests.script.rows import Rows

rows = Rows("1.5", "Submodules and containers")

X = torch.arange(6.0).reshape(2, 3) - 2


class Block(nn.Module):
    def __init__(self, k: float = 1.0):
        super().__init__()
        self.linear = nn.Linear(3, 3)
        self.k = k

    def forward(self, x: Tensor) -> Tensor:
        return x + self.k * torch.relu(self.linear(x))


class Nested(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = Block(0.5)
        self.second = Block(2.0)

    def forward(self, x: Tensor) -> Tensor:
        return self.second(self.first(x)) + self.first.linear.bias


rows.add(Nested, "submodules of one class with other constants", X)


class Shared(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = Block()
        self.b = self.a

    def forward(self, x: Tensor) -> Tensor:
        return self.b(self.a(x))


rows.add(Shared, "one submodule under two names", X)


class Sequential(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


rows.add(Sequential, "`nn.Sequential`", X)


class SequentialItems(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = layer(x)
        return x + len(self.layers) + self.layers[0].bias.sum()


rows.add(SequentialItems, "iterating over a `Sequential`, `len`, `[0]`", X)


class ListLoop(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(3, 3), nn.Tanh(), Block()])

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = layer(x)
        return x


rows.add(ListLoop, "`for layer in ModuleList`", X)


class ListBreak(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(3, 3) for _ in range(4)])

    def forward(self, x: Tensor, stop: int) -> Tensor:
        for i, layer in enumerate(self.layers):
            if i == stop:
                break
            if i == 1:
                continue
            x = layer(x)
        return x


rows.add(ListBreak, "`break` and `continue` over a ModuleList", (X, 3), (X, 0), (X, 9))


class ListReturn(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(3, 3) for _ in range(3)])

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = layer(x)
            if x.sum() > 0:
                return x * 100
        return x


rows.add(ListReturn, "`return` inside a loop over a ModuleList", X, X + 5)


class ListEnumerate(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(3, 3) for _ in range(3)])
        self.scales = [1.0, 0.5, 2.0]

    def forward(self, x: Tensor) -> Tensor:
        for i, (layer, scale) in enumerate(zip(self.layers, self.scales)):
            x = layer(x) * scale + i
        return x


rows.add(ListEnumerate, "`enumerate(zip(ModuleList, list))`", X)


class ListZip(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.ModuleList([nn.Linear(3, 3), nn.Linear(3, 3)])
        self.b = nn.ModuleList([nn.ReLU(), nn.Tanh()])

    def forward(self, x: Tensor) -> Tensor:
        for linear, act in zip(self.a, self.b):
            x = act(linear(x))
        return x


rows.add(ListZip, "`zip` of two ModuleLists", X)


class ListReversed(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(3, 4), nn.Linear(4, 3)])

    def forward(self, x: Tensor) -> Tensor:
        x = x @ self.layers[0].weight.t()
        for layer in reversed(self.layers):
            if layer.in_features == x.size(1):
                x = layer(x)
        return x


rows.add(ListReversed, "`reversed(ModuleList)`", X)


class ListIndex(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(3, 3), nn.Linear(3, 2)])

    def forward(self, x: Tensor) -> Tensor:
        return self.layers[-1](self.layers[0](x)) + len(self.layers)


rows.add(ListIndex, "`ModuleList[-1]`", X)


class ListRange(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(3, 3) for _ in range(3)])

    def forward(self, x: Tensor) -> Tensor:
        for i in range(len(self.layers)):
            x = self.layers[i](x) + i
        return x


rows.add(ListRange, "`for i in range(len(ModuleList))`", X)


class ListSlice(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(3, 3) for _ in range(4)])

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers[1:3]:
            x = layer(x)
        return x


rows.add(ListSlice, "slices of a ModuleList", X)


class ListUnknownIndex(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(3, 3) for _ in range(2)])

    def forward(self, x: Tensor, i: int) -> Tensor:
        return self.layers[i](x)


rows.add(
    ListUnknownIndex,
    "a ModuleList and an index that is an input",
    (X, 0),
    (X, 1),
)


class ListComprehension(nn.Module):
    def __init__(self):
        super().__init__()
        self.heads = nn.ModuleList([nn.Linear(3, 2) for _ in range(3)])

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([head(x) for head in self.heads], dim=1)


rows.add(ListComprehension, "a comprehension over a ModuleList", X)


class ListOfLists(nn.Module):
    def __init__(self):
        super().__init__()
        self.stages = nn.ModuleList(
            [nn.ModuleList([nn.Linear(3, 3), nn.ReLU()]), nn.ModuleList([nn.Linear(3, 2)])]
        )

    def forward(self, x: Tensor) -> List[Tensor]:
        out: List[Tensor] = []
        for stage in self.stages:
            for layer in stage:
                x = layer(x)
            out.append(x)
        return out


rows.add(ListOfLists, "a ModuleList of ModuleLists", X)


class DictItems(nn.Module):
    def __init__(self):
        super().__init__()
        self.heads = nn.ModuleDict({"cls": nn.Linear(3, 2), "box": nn.Linear(3, 4)})

    def forward(self, x: Tensor) -> Dict[str, Tensor]:
        out: Dict[str, Tensor] = {}
        for name, head in self.heads.items():
            out[name] = head(x)
        return out


rows.add(DictItems, "`ModuleDict.items()`", X)


class DictKeys(nn.Module):
    def __init__(self):
        super().__init__()
        self.heads = nn.ModuleDict({"cls": nn.Linear(3, 2), "box": nn.Linear(3, 4)})

    def forward(self, x: Tensor) -> Tensor:
        total = torch.zeros(1)
        for name in self.heads:
            total = total + len(name)
        for head in self.heads.values():
            total = total + head(x).sum()
        if "cls" in self.heads and "mask" not in self.heads:
            total = total + self.heads["cls"](x).mean()
        return total


rows.add(DictKeys, '`ModuleDict` keys, values, `in`, `["name"]`', X)


class ParameterList(nn.Module):
    def __init__(self):
        super().__init__()
        self.weights = nn.ParameterList([nn.Parameter(torch.ones(3) * i) for i in range(3)])

    def forward(self, x: Tensor) -> Tensor:
        for w in self.weights:
            x = x + w
        return x * self.weights[2]


rows.add(ParameterList, "`ParameterList`", X)


class ParameterDict(nn.Module):
    def __init__(self):
        super().__init__()
        self.weights = nn.ParameterDict({"a": nn.Parameter(torch.ones(3))})

    def forward(self, x: Tensor) -> Tensor:
        return x * self.weights["a"]


rows.add(ParameterDict, "`ParameterDict`", X)


class PythonListOfModules(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(3, 3)
        self.b = nn.Linear(3, 3)
        self.order = [self.a, self.b, self.a]

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.order:
            x = layer(x)
        return x


rows.add(PythonListOfModules, "a plain list of modules", X)


class Chosen(nn.Module):
    def __init__(self):
        super().__init__()
        self.small = nn.Linear(3, 2)
        self.large = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 2))

    def forward(self, x: Tensor) -> Tensor:
        if x.size(0) > 1:
            y = self.large(x)
        else:
            y = self.small(x)
        return y


rows.add(Chosen, "branches call different submodules", X, X[:1])


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell = nn.LSTMCell(3, 4)

    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor]:
        h = torch.zeros(1, 4)
        c = torch.zeros(1, 4)
        for i in range(x.size(0)):
            h, c = self.cell(x[i : i + 1], (h, c))
        return h, c


rows.add(Recurrent, "an LSTMCell in a loop", X)


class Layers(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3, padding=1)
        self.bn = nn.BatchNorm2d(2)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.drop = nn.Dropout(0.5)
        self.fc = nn.Linear(2, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(torch.relu(self.bn(self.conv(x))))
        return self.fc(self.drop(torch.flatten(x, 1)))


rows.add(Layers, "torch's own layers", torch.arange(16.0).reshape(1, 1, 4, 4))


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True)
        self.norm = nn.LayerNorm(4)

    def forward(self, x: Tensor) -> Tensor:
        y, _ = self.attention(x, x, x, need_weights=False)
        return self.norm(x + y)


rows.add(
    Attention,
    "`nn.MultiheadAttention`, whose source is compiled",
    torch.arange(12.0).reshape(1, 3, 4) / 10,
)


class Rnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(3, 4, num_layers=2, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        out, hidden = self.rnn(x.unsqueeze(0))
        return out[:, -1] + hidden[-1]


rows.add(Rnn, "`nn.GRU`", X)


class CallsMethodOfChild(nn.Module):
    def __init__(self):
        super().__init__()
        self.child = HasMethods()

    def forward(self, x: Tensor) -> Tensor:
        return self.child.encode(x) + self.child.width()


class HasMethods(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(3, 3)

    def encode(self, x: Tensor) -> Tensor:
        return self.linear(x)

    def width(self) -> int:
        return self.linear.out_features


rows.add(CallsMethodOfChild, "another method of a submodule", X)


class ModuleArgument(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(3, 3)

    def forward(self, x: Tensor) -> Tensor:
        return apply_layer(self.linear, x)


def apply_layer(layer, x: Tensor) -> Tensor:
    return layer(x) + layer.bias


rows.add(ModuleArgument, "a submodule passed to a function", X)


class ModuleLocal(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(3, 3)

    def forward(self, x: Tensor) -> Tensor:
        layer = self.linear
        f = layer
        return f(layer(x))


rows.add(ModuleLocal, "a submodule under a local name", X)
