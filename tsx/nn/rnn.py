"""Recurrent layers: LSTM, GRU, RNN and their cells, with torch's parameter names and gate order."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tsx.errors import fail
from tsx.nn import functional as F
from tsx.nn import init
from tsx.nn.calls import Tensor, tensor, tensors
from tsx.nn.module import Module
from tsx.ops.dtypes import Array


class _Recurrent(Module):
    """A stack of layers with parameters weight_ih_l0, weight_hh_l0, bias_ih_l0, …, ``_reverse`` for backwards."""

    _gates: int
    _states = 1

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True, batch_first: bool = False,
        dropout: float = 0.0, bidirectional: bool = False, *, proj_size: int = 0,
        generator: np.random.Generator | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.bias, self.batch_first, self.dropout = bias, batch_first, float(dropout)
        self.bidirectional, self.proj_size = bidirectional, proj_size
        if num_layers < 1 or hidden_size < 1:
            found = f"hidden_size={hidden_size}, num_layers={num_layers}"
            raise fail(
                "TSX1034", layer=type(self).__name__, expected="sizes of 1 or more", found=found
            )
        self._names: list[str] = []
        out, bound = proj_size or hidden_size, 1 / math.sqrt(hidden_size)
        for layer in range(num_layers):
            width = input_size if layer == 0 else out * self._directions
            for suffix in (f"_l{layer}", f"_l{layer}_reverse")[: self._directions]:
                rows = self._gates * hidden_size
                shapes: dict[str, tuple[int, ...]] = {"weight_ih": (rows, width), "weight_hh": (rows, out)}  # fmt: skip
                if bias:
                    shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)}
                if proj_size:
                    shapes["weight_hr"] = (proj_size, hidden_size)
                for name, shape in shapes.items():
                    self._names.append(name + suffix)
                    self.register_parameter(name + suffix, init.uniform(shape, bound, generator))

    @property
    def _directions(self) -> int:
        return 2 if self.bidirectional else 1

    def _run(self, kind: str, input: Tensor, states: Sequence[Tensor] | None) -> tuple[Tensor, ...]:
        """Output and final states; an input without a batch dimension gives results without one."""
        batched = len(input.shape) == 3
        x = input if batched else F.unsqueeze(input, 0 if self.batch_first else 1)
        if states is None:
            batch = x.shape[0 if self.batch_first else 1]
            count = self.num_layers * self._directions
            sizes = [self.proj_size or self.hidden_size, self.hidden_size][: self._states]
            initial = [tensor("new_zeros", x, [count, batch, size]) for size in sizes]
        else:
            initial = [s if batched else F.unsqueeze(s, 1) for s in states]
        parameters: list[Array] = [getattr(self, name) for name in self._names]
        out, *final = tensors(
            f"{kind}.input", x, initial if self._states == 2 else initial[0], parameters, self.bias, self.num_layers,
            self.dropout, self.training, self.bidirectional, self.batch_first,
        )  # fmt: skip
        if batched:
            return out, *final
        return F.squeeze(out, 0 if self.batch_first else 1), *(F.squeeze(s, 1) for s in final)

    def extra_repr(self) -> str:
        text = f"{self.input_size}, {self.hidden_size}"
        if self.proj_size:
            text += f", proj_size={self.proj_size}"
        if self.num_layers != 1:
            text += f", num_layers={self.num_layers}"
        if self.bias is not True:
            text += f", bias={self.bias}"
        if self.batch_first is not False:
            text += f", batch_first={self.batch_first}"
        if self.dropout != 0:
            text += f", dropout={self.dropout}"
        if self.bidirectional is not False:
            text += f", bidirectional={self.bidirectional}"
        return text


class LSTM(_Recurrent):
    """Gives ``(output, (h_n, c_n))``; the initial states default to zeros."""

    _gates, _states = 4, 2

    def forward(
        self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        out, hidden, cell = self._run("lstm", input, hx)
        return out, (hidden, cell)


class GRU(_Recurrent):
    """Gives ``(output, h_n)``."""

    _gates = 3

    def __init__(self, input_size: int, hidden_size: int, *args: Any, **kwargs: Any) -> None:
        if kwargs.get("proj_size"):
            raise fail("TSX1034", layer="GRU", expected="no proj_size", found=kwargs["proj_size"])
        super().__init__(input_size, hidden_size, *args, **kwargs)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> tuple[Tensor, Tensor]:
        out, hidden = self._run("gru", input, None if hx is None else [hx])
        return out, hidden


class RNN(_Recurrent):
    """Elman's: ``h' = tanh(W_ih x + b_ih + W_hh h + b_hh)``, or relu. Gives ``(output, h_n)``."""

    _gates = 1

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, nonlinearity: str = "tanh", bias: bool = True,
        batch_first: bool = False, dropout: float = 0.0, bidirectional: bool = False, *,
        generator: np.random.Generator | None = None,
    ) -> None:  # fmt: skip
        _check_nonlinearity("RNN", nonlinearity)
        super().__init__(
            input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, generator=generator
        )  # fmt: skip
        self.nonlinearity = nonlinearity

    def forward(self, input: Tensor, hx: Tensor | None = None) -> tuple[Tensor, Tensor]:
        out, hidden = self._run(f"rnn_{self.nonlinearity}", input, None if hx is None else [hx])
        return out, hidden


def _check_nonlinearity(layer: str, name: str) -> None:
    if name not in ("tanh", "relu"):
        raise fail("TSX1034", layer=layer, expected='nonlinearity "tanh" or "relu"', found=name)


class _Cell(Module):
    """One step of one layer: weight_ih, weight_hh, bias_ih, bias_hh."""

    _gates: int

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, *,
        generator: np.random.Generator | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.input_size, self.hidden_size, self.bias = input_size, hidden_size, bias
        bound, rows = 1 / math.sqrt(hidden_size) if hidden_size else 0.0, self._gates * hidden_size
        self.register_parameter("weight_ih", init.uniform((rows, input_size), bound, generator))
        self.register_parameter("weight_hh", init.uniform((rows, hidden_size), bound, generator))
        for name in ("bias_ih", "bias_hh"):
            self.register_parameter(name, init.uniform((rows,), bound, generator) if bias else None)

    def _step(
        self, kind: str, input: Tensor, states: Sequence[Tensor] | None, count: int
    ) -> tuple[Tensor, ...]:
        batched = len(input.shape) == 2
        x = input if batched else F.unsqueeze(input, 0)
        if states is None:
            initial = [tensor("new_zeros", x, [x.shape[0], self.hidden_size])] * count
        else:
            initial = [s if batched else F.unsqueeze(s, 0) for s in states]
        operands = (self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
        if count == 2:
            found = tensors(f"{kind}_cell", x, initial, *operands)
        else:
            found = (tensor(f"{kind}_cell", x, initial[0], *operands),)
        return found if batched else tuple(F.squeeze(s, 0) for s in found)

    def extra_repr(self) -> str:
        text = f"{self.input_size}, {self.hidden_size}"
        return text if self.bias else f"{text}, bias={self.bias}"


class LSTMCell(_Cell):
    """Gives ``(h', c')``."""

    _gates = 4

    def forward(
        self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        hidden, cell = self._step("lstm", input, hx, 2)
        return hidden, cell


class GRUCell(_Cell):
    _gates = 3

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        return self._step("gru", input, None if hx is None else [hx], 1)[0]


class RNNCell(_Cell):
    _gates = 1

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, nonlinearity: str = "tanh", *,
        generator: np.random.Generator | None = None,
    ) -> None:  # fmt: skip
        _check_nonlinearity("RNNCell", nonlinearity)
        super().__init__(input_size, hidden_size, bias, generator=generator)
        self.nonlinearity = nonlinearity

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        return self._step(f"rnn_{self.nonlinearity}", input, None if hx is None else [hx], 1)[0]

    def extra_repr(self) -> str:
        text = super().extra_repr()
        return text if self.nonlinearity == "tanh" else f"{text}, nonlinearity={self.nonlinearity}"
