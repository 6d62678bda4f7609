"""Names of groups as people know the layers: ``Conv2d_ReLU``."""

from __future__ import annotations

from collections.abc import Sequence

_SHOWN = 4

# Where torch's class is not the operator's name in camel case.
_NAMES = {
    "relu": "ReLU", "relu6": "ReLU6", "leaky_relu": "LeakyReLU", "elu": "ELU", "selu": "SELU", "celu": "CELU",
    "gelu": "GELU", "silu": "SiLU", "prelu": "PReLU", "mm": "MatMul", "bmm": "MatMul", "matmul": "MatMul",
    "addmm": "Linear", "conv_transpose1d": "ConvTranspose1d", "conv_transpose2d": "ConvTranspose2d",
    "conv_transpose3d": "ConvTranspose3d", "_convolution": "Conv", "convolution": "Conv",
}  # fmt: skip


def group_name(kinds: Sequence[str]) -> str:
    """The display name of a group whose nodes have these kinds, in order; a long one names the first few."""
    parts = [layer_name(kind) for kind in kinds]
    if len(parts) > _SHOWN:
        parts[_SHOWN - 1 :] = [f"and_{len(parts) - _SHOWN + 1}_more"]
    return "_".join(parts)


def layer_name(kind: str) -> str:
    """``aten::hardswish`` as ``Hardswish``, ``aten::conv2d`` as ``Conv2d``."""
    base = kind.partition("::")[2].partition(".")[0]
    return _NAMES.get(base) or "".join(part.capitalize() for part in base.split("_"))
