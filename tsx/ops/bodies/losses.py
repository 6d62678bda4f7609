"""Bodies of the losses that compare element by element: a formula for one element, and one ending for all."""

from __future__ import annotations

from tsx.ops.bodies.language import Tensor, aten, tsx


def _reduced(loss: Tensor, reduction: int, like: Tensor) -> Tensor:
    """All losses (0), their mean (1) or their sum (2), in the dtype of ``like``."""
    if reduction == 0:
        result = loss
    elif reduction == 1:
        result = aten.mean(loss)
    else:
        result = aten.sum(loss)
    return aten.type_as(result, like)


def _weighted(loss: Tensor, weight: Tensor | None) -> Tensor:
    return loss if weight is None else loss * weight


def mse_loss(self: Tensor, target: Tensor, reduction: int) -> Tensor:
    gap = tsx.widen(self) - tsx.widen(target)
    return _reduced(gap * gap, reduction, self - target)


def l1_loss(self: Tensor, target: Tensor, reduction: int) -> Tensor:
    gap = tsx.widen(self) - tsx.widen(target)
    return _reduced(aten.abs(gap), reduction, self - target)


def huber_loss(self: Tensor, target: Tensor, reduction: int, delta: float) -> Tensor:
    size = aten.abs(tsx.widen(self) - tsx.widen(target))
    near = size * size * 0.5
    far = (size - aten.mul(delta, 0.5)) * delta
    return _reduced(aten.where(size <= delta, near, far), reduction, self - target)


def smooth_l1_loss(self: Tensor, target: Tensor, reduction: int, beta: float) -> Tensor:
    size = aten.abs(tsx.widen(self) - tsx.widen(target))
    near = size * 0.5 * size / beta
    far = size - aten.mul(beta, 0.5)
    return _reduced(aten.where(size < beta, near, far), reduction, self - target)


def soft_margin_loss(self: Tensor, target: Tensor, reduction: int) -> Tensor:
    agreement = tsx.widen(target) * tsx.widen(self)
    return _reduced(-aten.log_sigmoid(agreement), reduction, self - target)


def hinge_embedding_loss(self: Tensor, target: Tensor, margin: float, reduction: int) -> Tensor:
    x, t = tsx.widen(self), tsx.widen(target)
    apart = aten.masked_fill(aten.clamp_min(margin - x, 0), aten.eq(t, 1), 0)
    near = aten.masked_fill(x, aten.eq(t, -1), 0)
    return _reduced(apart + near, reduction, self - target)


def margin_ranking_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float, reduction: int
) -> Tensor:
    x, y = tsx.widen(input1), tsx.widen(input2)
    loss = aten.clamp_min(target * (y - x) + margin, 0)
    return _reduced(loss, reduction, input1 - input2 + margin)


def kl_div(self: Tensor, target: Tensor, reduction: int, log_target: bool) -> Tensor:
    x, t = tsx.widen(self), tsx.widen(target)
    loss = aten.exp(t) * (t - x) if log_target else aten.xlogy(t, t) - t * x
    return _reduced(loss, reduction, self - target)


def poisson_nll_loss(
    input: Tensor, target: Tensor, log_input: bool, full: bool, eps: float, reduction: int
) -> Tensor:
    x, t = tsx.widen(input), tsx.widen(target)
    loss = aten.exp(x) - t * x if log_input else x - t * aten.log(x + eps)
    if full:
        stirling = t * aten.log(t) - t + aten.log(t * 6.283185307179586) * 0.5
        loss = loss + aten.masked_fill(stirling, t <= 1, 0)
    return _reduced(loss, reduction, input - target + eps)


def binary_cross_entropy(
    self: Tensor, target: Tensor, weight: Tensor | None, reduction: int
) -> Tensor:
    x, t = tsx.widen(self), tsx.widen(target)
    hit = aten.clamp_min(aten.log(x), -100)
    miss = aten.clamp_min(aten.log1p(-x), -100)
    loss = (t - 1) * miss - t * hit
    return _reduced(_weighted(loss, weight), reduction, self - target)


def binary_cross_entropy_with_logits(
    self: Tensor, target: Tensor, weight: Tensor | None, pos_weight: Tensor | None, reduction: int
) -> Tensor:
    x, t = tsx.widen(self), tsx.widen(target)
    log = aten.log_sigmoid(x)
    if pos_weight is not None:
        log = ((tsx.widen(pos_weight) - 1) * t + 1) * log
    loss = (1 - t) * x - log
    return _reduced(_weighted(loss, weight), reduction, self - target)


BODIES = {
    "aten::mse_loss": mse_loss,
    "aten::l1_loss": l1_loss,
    "aten::huber_loss": huber_loss,
    "aten::smooth_l1_loss": smooth_l1_loss,
    "aten::soft_margin_loss": soft_margin_loss,
    "aten::hinge_embedding_loss": hinge_embedding_loss,
    "aten::margin_ranking_loss": margin_ranking_loss,
    "aten::kl_div": kl_div,
    "aten::poisson_nll_loss": poisson_nll_loss,
    "aten::binary_cross_entropy": binary_cross_entropy,
    "aten::binary_cross_entropy_with_logits": binary_cross_entropy_with_logits,
}
