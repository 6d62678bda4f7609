"""The functions of ``tsx.nn.functional`` that are activations."""

from __future__ import annotations

from tsx.nn.calls import Dtype, Tensor, dtype_code, tensor


def relu(input: Tensor) -> Tensor:
    return tensor("relu", input)


def relu6(input: Tensor) -> Tensor:
    return tensor("relu6", input)


def elu(input: Tensor, alpha: float = 1.0) -> Tensor:
    return tensor("elu", input, alpha)


def selu(input: Tensor) -> Tensor:
    return tensor("selu", input)


def celu(input: Tensor, alpha: float = 1.0) -> Tensor:
    return tensor("celu", input, alpha)


def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    return tensor("gelu", input, approximate=approximate)


def silu(input: Tensor) -> Tensor:
    return tensor("silu", input)


def mish(input: Tensor) -> Tensor:
    return tensor("mish", input)


def glu(input: Tensor, dim: int = -1) -> Tensor:
    return tensor("glu", input, dim)


def tanh(input: Tensor) -> Tensor:
    return tensor("tanh", input)


def tanhshrink(input: Tensor) -> Tensor:
    return tensor("sub.Tensor", input, tensor("tanh", input))


def sigmoid(input: Tensor) -> Tensor:
    return tensor("sigmoid", input)


def logsigmoid(input: Tensor) -> Tensor:
    return tensor("log_sigmoid", input)


def hardsigmoid(input: Tensor) -> Tensor:
    return tensor("hardsigmoid", input)


def hardswish(input: Tensor) -> Tensor:
    return tensor("hardswish", input)


def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    return tensor("hardtanh", input, min_val, max_val)


def hardshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    return tensor("hardshrink", input, lambd)


def softshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    return tensor("softshrink", input, lambd)


def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    return tensor("softplus", input, beta, threshold)


def softsign(input: Tensor) -> Tensor:
    return tensor("div.Tensor", input, tensor("add.Scalar", tensor("abs", input), 1))


def leaky_relu(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    return tensor("leaky_relu", input, negative_slope)


def prelu(input: Tensor, weight: Tensor) -> Tensor:
    return tensor("prelu", input, weight)


def threshold(input: Tensor, threshold: float, value: float) -> Tensor:
    return tensor("threshold", input, threshold, value)


def softmax(input: Tensor, dim: int, dtype: Dtype = None) -> Tensor:
    return tensor("softmax.int", input, dim, dtype_code(dtype))


def softmin(input: Tensor, dim: int, dtype: Dtype = None) -> Tensor:
    return softmax(tensor("neg", input), dim, dtype)


def log_softmax(input: Tensor, dim: int, dtype: Dtype = None) -> Tensor:
    return tensor("log_softmax.int", input, dim, dtype_code(dtype))


def dropout(input: Tensor, p: float = 0.5, training: bool = True) -> Tensor:
    """The input; refused with TSX4058 while training, since tsx draws no random numbers."""
    return tensor("dropout", input, p, training)
