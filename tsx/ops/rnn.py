"""Recurrent layers: lstm, gru, rnn_tanh and rnn_relu over padded (``.input``) and packed (``.data``) sequences.

Parameters come as one list, layer by layer and forwards before backwards: w_ih, w_hh, then b_ih, b_hh if there are
biases, then w_hr if the LSTM has projections (torch.nn.LSTM). Dropout between layers is refused while training.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tsx.errors import fail
from tsx.ir.dims import Dim
from tsx.ir.op import Abstract
from tsx.ir.types import Shape, TensorType
from tsx.ops.define import op
from tsx.ops.dtypes import Array, type_of
from tsx.ops.nn_rules import (
    differ,
    need_rank,
    one_dtype,
    product,
    shape_text,
    tensor_of,
)
from tsx.ops.precision import narrow, need_float, need_same, widen
from tsx.ops.rnn_kernels import (
    State,
    Step,
    Weights,
    gru_step,
    lstm_step,
    relu_step,
    run_layers,
    tanh_step,
)


@dataclass(frozen=True, slots=True)
class _Kind:
    """One sort of recurrent layer: how many gates, how many states, and its step."""

    name: str
    gates: int
    states: int
    step: Step


_KINDS = (
    _Kind("lstm", 4, 2, lstm_step),
    _Kind("gru", 3, 1, gru_step),
    _Kind("rnn_tanh", 1, 1, tanh_step),
    _Kind("rnn_relu", 1, 1, relu_step),
)


@dataclass(frozen=True, slots=True)
class _Layout:
    """What the operands after the sequence say about the stack."""

    kind: _Kind
    biases: bool
    layers: int
    directions: int
    projected: bool

    @property
    def stride(self) -> int:
        """Parameters for each layer and direction."""
        return 2 + 2 * self.biases + self.projected

    def check(
        self, features: Dim | None, states: Sequence[Shape | None], params: Sequence[Shape | None]
    ) -> None:
        """Refuses parameter lists of the wrong length, and states and weights of the wrong sizes."""
        name, count = self.kind.name, self.layers * self.directions
        if len(params) != count * self.stride:
            expected = f"{count * self.stride} parameters"
            raise fail("TSX4059", op=name, expected=expected, found=len(params))
        for state in states:
            if state is not None and (len(state) != 3 or differ(state[0], count)):
                expected = f"states of sizes [{count}, batch, features]"
                raise fail("TSX4059", op=name, expected=expected, found=shape_text(state))
        out, hidden = (None if s is None else s[2] for s in (states[0], states[-1]))
        for index in range(count):
            deeper = None if out is None else out * self.directions
            wanted = self._parameter_shapes(
                features if index < self.directions else deeper, hidden, out
            )
            for found, shape in zip(params[index * self.stride :], wanted, strict=False):
                if found is not None and (
                    len(found) != len(shape) or any(map(differ, found, shape))
                ):
                    expected = f"a parameter of sizes {shape_text(shape)}"
                    raise fail("TSX4059", op=name, expected=expected, found=shape_text(found))

    def _parameter_shapes(
        self, width: Dim | None, hidden: Dim | None, out: Dim | None
    ) -> list[Shape]:
        rows = None if hidden is None else hidden * self.kind.gates
        matrices: list[Shape] = [(rows, width), (rows, out)]
        biases: list[Shape] = [(rows,), (rows,)] if self.biases else []
        return matrices + biases + ([(out, hidden)] if self.projected else [])

    def weights(self, params: Sequence[Array]) -> list[Weights]:
        made = []
        for start in range(0, len(params), self.stride):
            own = [widen(p) for p in params[start : start + self.stride]]
            first, second = own[2:4] if self.biases else (None, None)
            made.append(Weights(own[0], own[1], first, second, own[-1] if self.projected else None))
        return made


def _layout(
    kind: _Kind, states: Sequence[Shape | None], biases: bool, layers: int, bidirectional: bool, parameters: int,
) -> _Layout:  # fmt: skip
    """The layout that the sizes of the states tell; where these are not known, the number of parameters does."""
    sizes = [None if s is None or len(s) != 3 else s[2] for s in states]
    directions = 1 + bidirectional
    projected = len(sizes) == 2 and differ(sizes[0], sizes[1])
    if len(sizes) == 2 and None in sizes:
        projected = parameters == layers * directions * (3 + 2 * biases)
    return _Layout(kind, biases, layers, directions, projected)


def _refuse_dropout(kind: _Kind, layers: Abstract, dropout: Abstract, train: Abstract) -> None:
    active = isinstance(dropout, (int, float)) and dropout > 0 and train is True
    if active and isinstance(layers, int) and layers > 1:
        raise fail("TSX4058", op=f"{kind.name} with dropout={dropout} and train=True")


# --- rules -----------------------------------------------------------------------------------------------------


def _as_list(value: Abstract) -> list[TensorType] | None:
    """A ``Tensor`` or ``Tensor[]`` operand as a list; None when its length is unknown."""
    if isinstance(value, (list, tuple)):
        return [tensor_of(v) for v in value]
    return [value] if isinstance(value, TensorType) else None


def _infer_layers(
    kind: _Kind, rows: TensorType, lead: Shape | None, hx: Abstract, params: Abstract, biases: Abstract,
    layers: Abstract, bidirectional: Abstract,
) -> tuple[TensorType, ...]:  # fmt: skip
    """The rows' result (``lead`` and the output features) and the final states."""
    states, weights = _as_list(hx), _as_list(params)
    if states is not None and len(states) != kind.states:
        expected = f"{kind.states} initial states"
        raise fail("TSX4059", op=kind.name, expected=expected, found=len(states))
    dtype = one_dtype(kind.name, rows, *(states or ()), *(weights or ()))
    unknown = (TensorType(dtype),) * (1 + kind.states)
    if states is None or weights is None or not isinstance(layers, int):
        return unknown
    if not isinstance(biases, bool) or not isinstance(bidirectional, bool):
        return unknown
    shapes = [s.shape for s in states]
    layout = _layout(kind, shapes, biases, layers, bidirectional, len(weights))
    layout.check(rows.shape[-1] if rows.shape else None, shapes, [w.shape for w in weights])
    out = shapes[0][2] if shapes[0] is not None else None
    width = None if out is None else out * layout.directions
    result = TensorType(dtype, None if lead is None else (*lead, width))
    return result, *(TensorType(dtype, s) for s in shapes)


def _input_rule(kind: _Kind) -> Callable[..., tuple[TensorType, ...]]:
    def rule(
        input: Abstract, hx: Abstract, params: Abstract, biases: Abstract, layers: Abstract, dropout: Abstract,
        train: Abstract, bidirectional: Abstract, batch_first: Abstract,
    ) -> tuple[TensorType, ...]:  # fmt: skip
        _refuse_dropout(kind, layers, dropout, train)
        shape = need_rank(kind.name, input, (3,), "input")
        lead = None if shape is None else shape[:2]
        batch = None
        if shape is not None and isinstance(batch_first, bool):
            batch = shape[0 if batch_first else 1]
        for state in _as_list(hx) or ():
            if state.shape is not None and len(state.shape) == 3 and differ(state.shape[1], batch):
                found = shape_text(state.shape)
                raise fail(
                    "TSX4059", op=kind.name, expected=f"states for a batch of {batch}", found=found
                )
        return _infer_layers(
            kind, tensor_of(input), lead, hx, params, biases, layers, bidirectional
        )

    return rule


def _data_rule(kind: _Kind) -> Callable[..., tuple[TensorType, ...]]:
    def rule(
        data: Abstract, sizes: Abstract, hx: Abstract, params: Abstract, biases: Abstract, layers: Abstract,
        dropout: Abstract, train: Abstract, bidirectional: Abstract,
    ) -> tuple[TensorType, ...]:  # fmt: skip
        _refuse_dropout(kind, layers, dropout, train)
        shape = need_rank(kind.name, data, (2,), "data tensor")
        lead = None if shape is None else shape[:1]
        return _infer_layers(kind, tensor_of(data), lead, hx, params, biases, layers, bidirectional)

    return rule


# --- meaning ---------------------------------------------------------------------------------------------------

Hx = Array | Sequence[Array]


def _run(
    kind: _Kind, rows: Array, sizes: Sequence[int], hx: Hx, params: Sequence[Array], biases: bool, layers: int,
    bidirectional: bool,
) -> tuple[Array, ...]:  # fmt: skip
    initial = [hx] if isinstance(hx, np.ndarray) else list(hx)
    dtype = need_same(kind.name, rows, *initial, *params)
    need_float(kind.name, rows)
    shapes = [s.shape for s in initial]
    layout = _layout(kind, shapes, biases, layers, bidirectional, len(params))
    states: State = tuple(widen(s) for s in initial)
    weights = layout.weights(params)
    out, final = run_layers(weights, kind.step, widen(rows), sizes, states, layout.directions)
    return narrow(out, dtype), *(narrow(f, dtype) for f in final)


def _types(values: Hx) -> Abstract:
    return type_of(values) if isinstance(values, np.ndarray) else [type_of(v) for v in values]


def _input_eval(kind: _Kind) -> Callable[..., tuple[Array, ...]]:
    rule = _input_rule(kind)

    def evaluate(
        input: Array, hx: Hx, params: Sequence[Array], biases: bool, layers: int, dropout: float, train: bool,
        bidirectional: bool, batch_first: bool,
    ) -> tuple[Array, ...]:  # fmt: skip
        rule(
            type_of(input), _types(hx), _types(params), biases, layers, dropout, train, bidirectional, batch_first
        )  # fmt: skip
        steps = np.ascontiguousarray(input.swapaxes(0, 1) if batch_first else input)
        length, batch, features = steps.shape
        rows = steps.reshape(length * batch, features)
        out, *final = _run(kind, rows, [batch] * length, hx, params, biases, layers, bidirectional)
        result = out.reshape(length, batch, out.shape[-1])
        return np.ascontiguousarray(result.swapaxes(0, 1)) if batch_first else result, *final

    return evaluate


def _data_eval(kind: _Kind) -> Callable[..., tuple[Array, ...]]:
    rule = _data_rule(kind)

    def evaluate(
        data: Array, sizes: Array, hx: Hx, params: Sequence[Array], biases: bool, layers: int, dropout: float,
        train: bool, bidirectional: bool,
    ) -> tuple[Array, ...]:  # fmt: skip
        rule(
            type_of(data), type_of(sizes), _types(hx), _types(params), biases, layers, dropout, train, bidirectional
        )  # fmt: skip
        return _run(kind, data, sizes.tolist(), hx, params, biases, layers, bidirectional)

    return evaluate


def _flops(*values: Abstract) -> int:
    """Two operations for each weight element and row; the rows are those of the input or the packed data."""
    rows = tensor_of(values[0]).shape
    lists = [p for p in values[2:4] if isinstance(p, (list, tuple)) and len(p) > 1]
    shapes = [tensor_of(p).shape for params in lists[-1:] for p in params]
    matrices = [s for s in shapes if s is not None and len(s) == 2]
    return 2 * product((rows or (None,))[:-1]) * sum(product(s) for s in matrices)


def _define(kind: _Kind) -> None:
    hx = "Tensor[] hx" if kind.states == 2 else "Tensor hx"
    middle = f"{hx}, Tensor[] params, bool has_biases, int num_layers, float dropout, bool train, bool bidirectional"
    results = ", ".join(["Tensor"] * (1 + kind.states))
    op(
        f"aten::{kind.name}.input(Tensor input, {middle}, bool batch_first) -> ({results})",
        infer=_input_rule(kind),
        eval=_input_eval(kind),
        flops=_flops,
    )
    op(
        f"aten::{kind.name}.data(Tensor data, Tensor batch_sizes, {middle}) -> ({results})",
        infer=_data_rule(kind),
        eval=_data_eval(kind),
        flops=_flops,
    )


for _kind in _KINDS:
    _define(_kind)


# --- cells -----------------------------------------------------------------------------------------------------


def _cell_rule(kind: _Kind) -> Callable[..., Abstract]:
    def rule(input: Abstract, hx: Abstract, *params: Abstract) -> Abstract:
        need_rank(kind.name + "_cell", input, (2,), "input")
        weights = [p for p in params if p is not None]
        states = _as_list(hx)
        stacked = None
        if (
            states is not None
        ):  # a cell is a stack of one layer; its states lack the first dimension
            shapes = [None if s.shape is None else (1, *s.shape) for s in states]
            stacked = [TensorType(s.dtype, shape) for s, shape in zip(states, shapes, strict=True)]
        rows, biases = tensor_of(input), len(weights) == 4
        found = _infer_layers(kind, rows, (), stacked, weights, biases, 1, False)
        finals = tuple(TensorType(t.dtype, t.shape and t.shape[1:]) for t in found[1:])
        return finals if kind.states == 2 else finals[0]

    return rule


def _cell_eval(kind: _Kind) -> Callable[..., object]:
    rule = _cell_rule(kind)

    def evaluate(
        input: Array, hx: Hx, w_ih: Array, w_hh: Array, b_ih: Array | None, b_hh: Array | None
    ) -> object:
        kinds = [None if p is None else type_of(p) for p in (w_ih, w_hh, b_ih, b_hh)]
        rule(type_of(input), _types(hx), *kinds)
        states = [hx[None]] if isinstance(hx, np.ndarray) else [h[None] for h in hx]
        params = [w_ih, w_hh, *(b for b in (b_ih, b_hh) if b is not None)]
        _, *final = _run(kind, input, [len(input)], states, params, len(params) == 4, 1, False)
        return tuple(f[0] for f in final) if kind.states == 2 else final[0][0]

    return evaluate


def _cell_flops(*values: Abstract) -> int:
    return _flops(values[0], None, list(values[2:4]))


for _kind in _KINDS:
    _hx = "Tensor[] hx" if _kind.states == 2 else "Tensor hx"
    _result = "(Tensor, Tensor)" if _kind.states == 2 else "Tensor"
    op(
        f"aten::{_kind.name}_cell(Tensor input, {_hx}, Tensor w_ih, Tensor w_hh, Tensor? b_ih=None, "
        f"Tensor? b_hh=None) -> {_result}",
        infer=_cell_rule(_kind),
        eval=_cell_eval(_kind),
        flops=_cell_flops,
    )
