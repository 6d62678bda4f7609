"""``nn.TransformerEncoder`` as eager torch computes it for inference, without nested tensors.

In eval mode and without gradients, torch packs a padded batch into a nested tensor, runs the layers on what is valid,
and pads the result with zeros: rows that are padding come out as 0, where the plain path leaves what attention makes of
them. A program has no nested tensors; ``forward`` masks the padding in each layer and zeroes it behind the last, under
the same conditions. It also asks no mask whether it is causal: that answer is a hint to kernels and changes no result.

``forward`` stands for torch's own, in traces (``installed``) and in scripts (``stand_in_for``), as long as torch's fast
path is on (``torch.backends.mha.set_fastpath_enabled``).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.nn.modules import transformer

_FORWARD = torch.nn.TransformerEncoder.forward
_DETECT = transformer._detect_is_causal_mask


def forward(
    self: Any,
    src: Tensor,
    mask: Tensor | None = None,
    src_key_padding_mask: Tensor | None = None,
    is_causal: bool | None = None,
) -> Tensor:
    """The layers in turn, with zeros for padding where torch would have packed the batch."""
    padding = F._canonical_mask(
        mask=src_key_padding_mask,
        mask_name="src_key_padding_mask",
        other_type=F._none_or_dtype(mask),
        other_name="mask",
        target_type=src.dtype,
    )
    mask = F._canonical_mask(
        mask=mask,
        mask_name="mask",
        other_type=None,
        other_name="",
        target_type=src.dtype,
        check_other=False,
    )
    output = src
    for layer in self.layers:
        output = layer(
            output, src_mask=mask, is_causal=is_causal is True, src_key_padding_mask=padding
        )
    packs = getattr(self, "use_nested_tensor", False)
    if packs and padding is not None and mask is None and src.dim() == 3:
        output = _without_padding(output, padding.logical_not())
    if self.norm is not None:
        output = self.norm(output)
    return output


def _without_padding(output: Tensor, valid: Tensor) -> Tensor:
    """Zeros for padding, unless a row has some in front of what is valid: torch doesn't pack such a batch."""
    packed = torch.logical_or(valid[:, :-1], valid[:, 1:].logical_not()).all()
    return output.masked_fill(torch.logical_and(valid.logical_not(), packed).unsqueeze(-1), 0.0)


def given_hint(mask: Tensor | None, is_causal: bool | None = None, size: int | None = None) -> bool:
    """What the caller says of a mask: looking into it would hold a program to masks like the sample's."""
    return is_causal is True


def stand_in_for(obj: object) -> Any:
    """What stands for a function of torch in programs; None for all others."""
    if obj is _DETECT:
        return given_hint
    return forward if obj is _FORWARD and torch.backends.mha.get_fastpath_enabled() else None


@contextmanager
def installed() -> Iterator[None]:
    """The functions above in place of torch's, and transformer layers as their source says: the fused fast path is
    one opaque operator."""
    enabled = torch.backends.mha.get_fastpath_enabled()
    cls: Any = torch.nn.TransformerEncoder
    cls.forward = forward if enabled else _FORWARD
    transformer._detect_is_causal_mask = given_hint
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(enabled)
        transformer._detect_is_causal_mask = _DETECT
        cls.forward = _FORWARD
