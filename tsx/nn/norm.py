"""Norm layers: BatchNorm1d/2d/3d, InstanceNorm1d/2d/3d, LayerNorm, GroupNorm, RMSNorm, LocalResponseNorm."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tsx.errors import fail
from tsx.nn import functional as F
from tsx.nn import init
from tsx.nn.calls import Tensor, ints
from tsx.nn.module import Module


class _ChannelNorm(Module):
    """Affine terms and running statistics of one element for each channel."""

    _ranks: tuple[int, ...]

    def __init__(
        self,
        num_features: int,
        eps: float,
        momentum: float | None,
        affine: bool,
        track_running_stats: bool,
        bias: bool,
    ) -> None:
        super().__init__()
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        self.register_parameter("weight", init.ones(num_features) if affine else None)
        self.register_parameter("bias", init.zeros(num_features) if affine and bias else None)
        track = track_running_stats
        self.register_buffer("running_mean", np.zeros(num_features, np.float32) if track else None)
        self.register_buffer("running_var", np.ones(num_features, np.float32) if track else None)
        self.register_buffer("num_batches_tracked", np.zeros((), np.int64) if track else None)

    def _check(self, input: Tensor) -> None:
        if len(input.shape) not in self._ranks:
            expected = f"an input of {' or '.join(map(str, self._ranks))} dimensions"
            raise fail(
                "TSX1034", layer=type(self).__name__, expected=expected, found=len(input.shape)
            )

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )


class _BatchNorm(_ChannelNorm):
    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = True,
        track_running_stats: bool = True,
        *,
        bias: bool = True,
    ) -> None:  # fmt: skip
        super().__init__(num_features, eps, momentum, affine, track_running_stats, bias)

    def forward(self, input: Tensor) -> Tensor:
        self._check(input)
        factor = 0.0 if self.momentum is None else self.momentum
        if self.training and self.num_batches_tracked is not None:
            self.num_batches_tracked += 1
            if self.momentum is None:  # a cumulative average
                factor = 1 / float(self.num_batches_tracked)
        statistics = self.training or self.running_mean is None
        means = self.running_mean, self.running_var
        return F.batch_norm(input, *means, self.weight, self.bias, statistics, factor, self.eps)


class BatchNorm1d(_BatchNorm):
    """Over ``(N, C)`` or ``(N, C, L)``."""

    _ranks = (2, 3)


class BatchNorm2d(_BatchNorm):
    """Over ``(N, C, H, W)``."""

    _ranks = (4,)


class BatchNorm3d(_BatchNorm):
    """Over ``(N, C, D, H, W)``."""

    _ranks = (5,)


class _InstanceNorm(_ChannelNorm):
    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float = 0.1, affine: bool = False,
        track_running_stats: bool = False,
        *,
        bias: bool = True,
    ) -> None:  # fmt: skip
        super().__init__(num_features, eps, momentum, affine, track_running_stats, bias)

    def forward(self, input: Tensor) -> Tensor:
        self._check(input)
        batched = len(input.shape) == max(self._ranks)
        x = input if batched else F.unsqueeze(input, 0)
        statistics = self.training or not self.track_running_stats
        means = self.running_mean, self.running_var
        momentum = 0.0 if self.momentum is None else self.momentum
        result = F.instance_norm(x, *means, self.weight, self.bias, statistics, momentum, self.eps)
        return result if batched else F.squeeze(result, 0)


class InstanceNorm1d(_InstanceNorm):
    _ranks = (2, 3)


class InstanceNorm2d(_InstanceNorm):
    _ranks = (3, 4)


class InstanceNorm3d(_InstanceNorm):
    _ranks = (4, 5)


class LayerNorm(Module):
    """Over the last ``len(normalized_shape)`` dimensions."""

    def __init__(
        self, normalized_shape: int | Sequence[int], eps: float = 1e-5, elementwise_affine: bool = True,
        bias: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        self.normalized_shape = tuple(ints(normalized_shape, 1))
        self.eps, self.elementwise_affine = eps, elementwise_affine
        shape = self.normalized_shape
        self.register_parameter("weight", init.ones(*shape) if elementwise_affine else None)
        self.register_parameter("bias", init.zeros(*shape) if elementwise_affine and bias else None)

    def forward(self, input: Tensor) -> Tensor:
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}, "
            f"bias={self.bias is not None}"
        )


class RMSNorm(Module):
    """LayerNorm without the mean; ``eps=None`` means the epsilon of the dtype."""

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
    ) -> None:
        super().__init__()
        self.normalized_shape = tuple(ints(normalized_shape, 1))
        self.eps, self.elementwise_affine = eps, elementwise_affine
        weight = init.ones(*self.normalized_shape) if elementwise_affine else None
        self.register_parameter("weight", weight)

    def forward(self, input: Tensor) -> Tensor:
        return F.rms_norm(input, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"
        )


class GroupNorm(Module):
    """Over the channels of each of ``num_groups`` groups and all that follows them."""

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        bias: bool = True,
    ) -> None:
        super().__init__()
        if num_groups < 1 or num_channels % num_groups:
            expected = "a num_groups that divides num_channels"
            found = f"{num_groups} for {num_channels}"
            raise fail("TSX1034", layer="GroupNorm", expected=expected, found=found)
        self.num_groups, self.num_channels = num_groups, num_channels
        self.eps, self.affine = eps, affine
        self.register_parameter("weight", init.ones(num_channels) if affine else None)
        self.register_parameter("bias", init.zeros(num_channels) if affine and bias else None)

    def forward(self, input: Tensor) -> Tensor:
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
            f"bias={self.bias is not None}"
        )


class LocalResponseNorm(Module):
    """Over ``size`` neighbouring channels."""

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k

    def forward(self, input: Tensor) -> Tensor:
        return F.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"
