"""Bodies of the norms: statistics over rows, a batch or its groups, and one ending that scales and shifts."""

from __future__ import annotations

from tsx.ops.bodies.language import Tensor, aten, known, prim, tsx


def _affine(normal: Tensor, weight: Tensor | None, bias: Tensor | None) -> Tensor:
    if weight is not None:
        normal = normal * weight
    if bias is not None:
        normal = normal + bias
    return normal


def _standardized(rows: Tensor, eps: float) -> Tensor:
    """The rows (last dimension) with mean 0 and variance 1."""
    centred = rows - aten.mean(rows, [-1], True)
    variance = aten.mean(centred * centred, [-1], True)
    return centred * aten.rsqrt(variance + eps)


def layer_norm(
    input: Tensor,
    normalized_shape: list[int],
    weight: Tensor | None,
    bias: Tensor | None,
    eps: float,
    cudnn_enable: bool,
) -> Tensor:
    rows = aten.flatten(tsx.widen(input), aten.neg(aten.len(normalized_shape)), -1)
    normal = aten.reshape(_standardized(rows, eps), aten.size(input))
    return aten.type_as(_affine(normal, weight, bias), input)


def group_norm(
    input: Tensor,
    num_groups: int,
    weight: Tensor | None,
    bias: Tensor | None,
    eps: float,
    cudnn_enabled: bool,
) -> Tensor:
    rows = aten.reshape(tsx.widen(input), [aten.size(input, 0), num_groups, -1])
    whole = aten.reshape(_standardized(rows, eps), aten.size(input))
    # The channels come last, where the affine terms meet them.
    shifted = _affine(aten.transpose(whole, 1, -1), weight, bias)
    return aten.transpose(aten.type_as(shifted, input), 1, -1)


def rms_norm(
    input: Tensor, normalized_shape: list[int], weight: Tensor | None, eps: float | None
) -> Tensor:
    if eps is not None:
        small = eps
    elif prim.dtype(input) == 7:  # float64
        small = 2.220446049250313e-16
    else:
        small = 1.1920928955078125e-07
    rows = aten.flatten(tsx.widen(input), aten.neg(aten.len(normalized_shape)), -1)
    power = aten.mean(rows * rows, [-1], True)
    normal = aten.reshape(rows * aten.rsqrt(power + small), aten.size(input))
    return aten.type_as(_affine(normal, weight, None), input)


def _normalized(
    x: Tensor, mean: Tensor, var: Tensor, eps: float, weight: Tensor | None, bias: Tensor | None
) -> Tensor:
    """``x`` (channels last) by statistics of each channel."""
    return _affine((x - mean) * aten.rsqrt(tsx.widen(var) + eps), weight, bias)


def batch_norm(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    training: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool,
) -> Tensor:
    x = aten.transpose(tsx.widen(input), 1, -1)
    if training:
        rows = aten.reshape(x, [-1, aten.size(x, -1)])
        var, mean = aten.var_mean(rows, [0], correction=0, keepdim=False)
        if running_mean is not None and running_var is not None:
            unbiased = aten.var(rows, [0], correction=1, keepdim=False)
            aten.lerp_(running_mean, aten.type_as(mean, running_mean), momentum)
            aten.lerp_(running_var, aten.type_as(unbiased, running_var), momentum)
    else:
        mean, var = known(running_mean), known(running_var)
    shifted = _normalized(x, mean, var, eps, weight, bias)
    return aten.type_as(aten.transpose(shifted, 1, -1), input)


def instance_norm(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    use_input_stats: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool,
) -> Tensor:
    wide = tsx.widen(input)
    if use_input_stats:
        batch, channels = aten.size(input, 0), aten.size(input, 1)
        rows = aten.reshape(wide, [batch, channels, -1])
        image_var, image_mean = aten.var_mean(rows, [-1], correction=0, keepdim=False)
        if running_mean is not None and running_var is not None:
            unbiased = aten.var(rows, [-1], correction=1, keepdim=False)
            mean_of_means = aten.mean(image_mean, [0])
            mean_of_vars = aten.mean(unbiased, [0])
            aten.lerp_(running_mean, aten.type_as(mean_of_means, running_mean), momentum)
            aten.lerp_(running_var, aten.type_as(mean_of_vars, running_var), momentum)
        inner = aten.mul([1], aten.sub(aten.dim(input), 2))
        kept = aten.add(aten.add([batch], inner), [channels])
        mean, var = aten.reshape(image_mean, kept), aten.reshape(image_var, kept)
    else:
        mean, var = known(running_mean), known(running_var)
    shifted = _normalized(aten.transpose(wide, 1, -1), mean, var, eps, weight, bias)
    return aten.type_as(aten.transpose(shifted, 1, -1), input)


BODIES = {
    "aten::layer_norm": layer_norm,
    "aten::group_norm": group_norm,
    "aten::rms_norm": rms_norm,
    "aten::batch_norm": batch_norm,
    "aten::instance_norm": instance_norm,
}
