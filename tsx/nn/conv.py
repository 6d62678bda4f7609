"""Convolution layers: Conv1d/2d/3d, ConvTranspose1d/2d/3d; Unfold and Fold (torch.nn.Conv2d and its relatives)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tsx.errors import fail
from tsx.nn import functional as F
from tsx.nn import init
from tsx.nn.calls import Size, Tensor, ints
from tsx.nn.module import Module

_PADDING_MODES = {"zeros": "constant", **{m: m for m in ("reflect", "replicate", "circular")}}


class _Conv(Module):
    """What all convolutions share; a transposed one has its weight the other way round."""

    _dims: int
    _transposed = False

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Size, stride: Size, padding: Size | str,
        dilation: Size, groups: int, bias: bool, padding_mode: str, output_padding: Size,
        generator: np.random.Generator | None,
    ) -> None:  # fmt: skip
        super().__init__()
        name, dims = type(self).__name__, self._dims
        if groups < 1 or in_channels % groups or out_channels % groups:
            found = f"{in_channels} and {out_channels} with groups={groups}"
            raise fail("TSX1034", layer=name, expected="channels that groups divides", found=found)
        if padding_mode not in _PADDING_MODES or (self._transposed and padding_mode != "zeros"):
            modes = ["zeros"] if self._transposed else list(_PADDING_MODES)
            expected = f"a padding_mode of {', '.join(modes)}"
            raise fail("TSX1034", layer=name, expected=expected, found=repr(padding_mode))
        if isinstance(padding, str) and padding not in ("same", "valid"):
            raise fail("TSX1034", layer=name, expected='padding "same" or "valid"', found=padding)
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        self.kernel_size = tuple(ints(kernel_size, dims))
        self.stride, self.dilation = tuple(ints(stride, dims)), tuple(ints(dilation, dims))
        self.padding = padding if isinstance(padding, str) else tuple(ints(padding, dims))
        self.output_padding = tuple(ints(output_padding, dims))
        self.padding_mode = padding_mode
        outer, inner = (
            (in_channels, out_channels) if self._transposed else (out_channels, in_channels)
        )
        shape = (outer, inner // groups, *self.kernel_size)
        weight, offset = init.kaiming_weight_and_bias(
            shape, out_channels if bias else None, generator
        )
        self.register_parameter("weight", weight)
        self.register_parameter("bias", offset)

    def extra_repr(self) -> str:
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        if self.padding != (0,) * self._dims:
            text += f", padding={self.padding}"
        if self.dilation != (1,) * self._dims:
            text += f", dilation={self.dilation}"
        if self.output_padding != (0,) * self._dims:
            text += f", output_padding={self.output_padding}"
        if self.groups != 1:
            text += f", groups={self.groups}"
        if self.bias is None:
            text += ", bias=False"
        if self.padding_mode != "zeros":
            text += f", padding_mode={self.padding_mode}"
        return text


class _ForwardConv(_Conv):
    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Size, stride: Size = 1, padding: Size | str = 0,
        dilation: Size = 1, groups: int = 1, bias: bool = True, padding_mode: str = "zeros", *,
        generator: np.random.Generator | None = None,
    ) -> None:  # fmt: skip
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode, 0, generator
        )  # fmt: skip

    def forward(self, input: Tensor) -> Tensor:
        padding: Size | str = self.padding
        if self.padding_mode != "zeros":
            input = F.pad(input, self._sides(), _PADDING_MODES[self.padding_mode])
            padding = 0
        convolve = (F.conv1d, F.conv2d, F.conv3d)[self._dims - 1]
        return convolve(
            input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups
        )

    def _sides(self) -> list[int]:
        """Padding as ``F.pad`` takes it: last dimension first, before and after."""
        sides: list[int] = []
        for axis in reversed(range(self._dims)):
            if self.padding == "same":
                total = self.dilation[axis] * (self.kernel_size[axis] - 1)
                sides += [total // 2, total - total // 2]
            else:
                width = 0 if isinstance(self.padding, str) else self.padding[axis]
                sides += [width, width]
        return sides


class Conv1d(_ForwardConv):
    """``(N, C, L)`` to ``(N, O, L')``; the weight is ``(O, C / groups, k)``."""

    _dims = 1


class Conv2d(_ForwardConv):
    """``(N, C, H, W)`` to ``(N, O, H', W')``; the weight is ``(O, C / groups, kh, kw)``."""

    _dims = 2


class Conv3d(_ForwardConv):
    """``(N, C, D, H, W)`` to ``(N, O, D', H', W')``; the weight is ``(O, C / groups, kd, kh, kw)``."""

    _dims = 3


class _TransposedConv(_Conv):
    _transposed = True

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Size, stride: Size = 1, padding: Size = 0,
        output_padding: Size = 0, groups: int = 1, bias: bool = True, dilation: Size = 1,
        padding_mode: str = "zeros", *, generator: np.random.Generator | None = None,
    ) -> None:  # fmt: skip
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode,
            output_padding, generator,
        )  # fmt: skip

    def forward(self, input: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """``output_size`` chooses among the sizes that the stride makes possible."""
        assert not isinstance(self.padding, str)
        more = self.output_padding
        if output_size is not None:
            more = self._extra(input, list(output_size)[-self._dims :])
        convolve = (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)[self._dims - 1]
        return convolve(
            input, self.weight, self.bias, self.stride, self.padding, more, self.groups, self.dilation
        )  # fmt: skip

    def _extra(self, input: Tensor, wanted: list[int]) -> tuple[int, ...]:
        assert not isinstance(self.padding, str)
        least = [
            (size - 1) * s - 2 * p + d * (k - 1) + 1
            for size, s, p, d, k in zip(
                input.shape[-self._dims :], self.stride, self.padding, self.dilation, self.kernel_size, strict=True
            )
        ]  # fmt: skip
        extra = tuple(w - m for w, m in zip(wanted, least, strict=True))
        if any(not 0 <= e < s for e, s in zip(extra, self.stride, strict=True)):
            most = [m + s - 1 for m, s in zip(least, self.stride, strict=True)]
            expected = f"an output_size from {least} to {most}"
            raise fail("TSX1034", layer=type(self).__name__, expected=expected, found=wanted)
        return extra


class ConvTranspose1d(_TransposedConv):
    """The transpose of Conv1d; the weight is ``(C, O / groups, k)``."""

    _dims = 1


class ConvTranspose2d(_TransposedConv):
    """The transpose of Conv2d; the weight is ``(C, O / groups, kh, kw)``."""

    _dims = 2


class ConvTranspose3d(_TransposedConv):
    """The transpose of Conv3d; the weight is ``(C, O / groups, kd, kh, kw)``."""

    _dims = 3


class Unfold(Module):
    """The windows of ``(N, C, H, W)`` as columns."""

    def __init__(
        self, kernel_size: Size, dilation: Size = 1, padding: Size = 0, stride: Size = 1
    ) -> None:
        super().__init__()
        self.kernel_size, self.dilation = kernel_size, dilation
        self.padding, self.stride = padding, stride

    def forward(self, input: Tensor) -> Tensor:
        return F.unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, dilation={self.dilation}, padding={self.padding}, "
            f"stride={self.stride}"
        )


class Fold(Unfold):
    """The sum of ``Unfold``'s columns at the places that they came from."""

    def __init__(
        self, output_size: Size, kernel_size: Size, dilation: Size = 1, padding: Size = 0, stride: Size = 1
    ) -> None:  # fmt: skip
        super().__init__(kernel_size, dilation, padding, stride)
        self.output_size = output_size

    def forward(self, input: Tensor) -> Tensor:
        window = (self.kernel_size, self.dilation, self.padding, self.stride)
        return F.fold(input, self.output_size, *window)

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}, {super().extra_repr()}"
