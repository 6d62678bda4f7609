"""Recurrent layers in NumPy: one product for the inputs of all steps, then one small product for each step.

Sequences lie packed: step ``t`` has ``sizes[t]`` rows, one for each sequence that is that long (torch's
PackedSequence); a padded batch is the case in which all sizes are equal. Gates stand in torch's order: i f g o for
LSTM, r z n for GRU.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tsx.ops.dtypes import Array
from tsx.ops.matmul import product

State = tuple[Array, ...]  # (h,) or (h, c), a row for each sequence
Step = Callable[["Weights", Array, State], State]


@dataclass(frozen=True, slots=True)
class Weights:
    """The parameters of one layer in one direction, in a dtype that NumPy computes in."""

    input: Array
    hidden: Array
    input_bias: Array | None = None
    hidden_bias: Array | None = None
    projection: Array | None = None


def gates_of(x: Array, weight: Array, bias: Array | None) -> Array:
    gates = product(x, weight.T)
    if bias is not None:
        gates += bias
    return gates


def _sigmoid(x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-x)), x.dtype)


def lstm_step(weights: Weights, gates: Array, state: State) -> State:
    """``c' = f c + i g``, ``h' = o tanh(c')``, then the projection if there is one."""
    hidden, cell = state
    gates = gates + gates_of(hidden, weights.hidden, weights.hidden_bias)
    size = cell.shape[-1]
    inside, forget, out = (_sigmoid(gates[:, k * size : (k + 1) * size]) for k in (0, 1, 3))
    cell = forget * cell + inside * np.tanh(gates[:, 2 * size : 3 * size])
    hidden = out * np.tanh(cell)
    if weights.projection is not None:
        hidden = product(hidden, weights.projection.T)
    return hidden, cell


def gru_step(weights: Weights, gates: Array, state: State) -> State:
    """``n = tanh(x_n + r h_n)``, ``h' = (h - n) z + n``."""
    (hidden,) = state
    size = hidden.shape[-1]
    own = gates_of(hidden, weights.hidden, weights.hidden_bias)
    reset = _sigmoid(gates[:, :size] + own[:, :size])
    update = _sigmoid(gates[:, size : 2 * size] + own[:, size : 2 * size])
    new = np.tanh(gates[:, 2 * size :] + reset * own[:, 2 * size :])
    return ((hidden - new) * update + new,)


def tanh_step(weights: Weights, gates: Array, state: State) -> State:
    return (np.tanh(gates + gates_of(state[0], weights.hidden, weights.hidden_bias)),)


def relu_step(weights: Weights, gates: Array, state: State) -> State:
    return (np.maximum(gates + gates_of(state[0], weights.hidden, weights.hidden_bias), 0),)


def _scan(
    weights: Weights, step: Step, rows: Array, sizes: Sequence[int], state: State, reverse: bool
) -> tuple[Array, State]:
    """One layer in one direction: the output of every row and the state of every sequence after its last step.

    Rows beyond a step's size are left alone: forwards they are sequences that have ended, backwards such that have not
    begun.
    """
    gates = gates_of(rows, weights.input, weights.input_bias)
    current = tuple(part.copy() for part in state)
    out = np.empty((len(rows), current[0].shape[-1]), rows.dtype)
    starts = np.concatenate([[0], np.cumsum(sizes)]).tolist()
    order = range(len(sizes))
    for t in reversed(order) if reverse else order:
        here = slice(starts[t], starts[t + 1])
        for part, new in zip(
            current, step(weights, gates[here], tuple(s[: sizes[t]] for s in current)), strict=True
        ):
            part[: sizes[t]] = new
        out[here] = current[0][: sizes[t]]
    return out, current


def run_layers(
    layers: Sequence[Weights],
    step: Step,
    rows: Array,
    sizes: Sequence[int],
    states: State,
    directions: int,
) -> tuple[Array, State]:
    """A stack of layers: ``layers`` and the first axis of each state count layer by layer, forwards before backwards.

    Gives the rows of the last layer and the final states, shaped like ``states``.
    """
    finals: list[State] = []
    for first in range(0, len(layers), directions):
        outputs = []
        for index in range(first, first + directions):
            start = tuple(part[index] for part in states)
            out, final = _scan(layers[index], step, rows, sizes, start, index > first)
            outputs.append(out)
            finals.append(final)
        rows = outputs[0] if directions == 1 else np.concatenate(outputs, axis=-1)
    return rows, tuple(np.stack(parts) for parts in zip(*finals, strict=True))
