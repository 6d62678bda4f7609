"""Folds BatchNorm into the weights of the convolution or linear layer beside it; the BatchNorm node disappears.

With ``s = gamma / sqrt(var + eps)``: ``bn(conv(x, W, b)) == conv(x, s*W, s*(b - mean) + beta)``, per output channel.
A BatchNorm that stands before a convolution without padding goes into it per input channel:
``conv(bn(x), W, b) == conv(x, W*s, b + sum(W * (beta - s*mean)))``. The products are formed in float64 and rounded
once, so the result differs from the unfolded one by rounding. New weights are made (``conv.weight.bn_folded``):
a weight that others share is never changed.

Before:

    graph(%x : Float(2, 3, 8, 8)):
      %weight : Float(4, 3, 3, 3) = prim::Constant[value=<Tensor>, name="conv.weight"]()
      %none : NoneType = prim::Constant()
      %one : int[] = prim::Constant[value=[1, 1]]()
      %zero : int[] = prim::Constant[value=[0, 0]]()
      %groups : int = prim::Constant[value=1]()
      %c : Float(2, 4, 6, 6) = aten::conv2d(%x, %weight, %none, %one, %zero, %one, %groups)
      %gamma : Float(4) = prim::Constant[value=<Tensor>, name="bn.weight"]()
      %beta : Float(4) = prim::Constant[value=<Tensor>, name="bn.bias"]()
      %mean : Float(4) = prim::Constant[value=<Tensor>, name="bn.running_mean"]()
      %var : Float(4) = prim::Constant[value=<Tensor>, name="bn.running_var"]()
      %false : bool = prim::Constant[value=False]()
      %momentum : float = prim::Constant[value=0.1]()
      %eps : float = prim::Constant[value=1e-05]()
      %y : Float(2, 4, 6, 6) = aten::batch_norm(%c, %gamma, %beta, %mean, %var, %false, %momentum, %eps, %false)
      return (%y)

After:

    graph(%x : Float(2, 3, 8, 8)):
      %one : int[] = prim::Constant[value=[1, 1]]()
      %zero : int[] = prim::Constant[value=[0, 0]]()
      %groups : int = prim::Constant[value=1]()
      %weight : Float(4, 3, 3, 3) = prim::Constant[value=<Tensor>, name="conv.weight.bn_folded"]()
      %bias : Float(4) = prim::Constant[value=<Tensor>, name="conv.bias.bn_folded"]()
      %c : Float(2, 4, 6, 6) = aten::conv2d(%x, %weight, %bias, %one, %zero, %one, %groups)
      return (%c)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tsx.ir.alias import AliasAnalysis
from tsx.ir.build import Builder, constant_value, is_constant
from tsx.ir.graph import Node, Value, WeightRef
from tsx.ir.location import Origin
from tsx.ir.module import Module
from tsx.ir.types import DType, TensorType
from tsx.ir.walk import ancestor_in
from tsx.ops.dtypes import cast
from tsx.ops.weights import Weight, as_weight
from tsx.passes.define import Context, define
from tsx.passes.support.constants import add_weight, derived_name, drop_unused_weights
from tsx.passes.support.describe import describe
from tsx.passes.support.erase import erase_dead
from tsx.passes.support.ranks import only_asks_sizes, rank_at
from tsx.passes.support.walk import walk_outside_groups

Doubles = npt.NDArray[np.float64]

_BATCH_NORM = "aten::batch_norm"
# Operand numbers of the contractions: padding (None: there is none) and groups, and the rank of a batched result.
_LAYERS: dict[str, tuple[int | None, int | None, int]] = {
    "aten::linear": (None, None, 2),
    "aten::conv1d": (4, 6, 3),
    "aten::conv2d": (4, 6, 4),
    "aten::conv3d": (4, 6, 5),
    "aten::conv1d.padding": (4, 6, 3),
    "aten::conv2d.padding": (4, 6, 4),
    "aten::conv3d.padding": (4, 6, 5),
    "aten::conv_transpose1d": (4, 6, 3),
    "aten::conv_transpose2d.input": (4, 6, 4),
    "aten::conv_transpose3d.input": (4, 6, 5),
}


@define(safety="ulp", requires=("freeze",))
def conv_bn(ctx: Context) -> None:
    """Folds into the layer before, else into the layer after, until nothing folds."""
    if not any(node.kind == _BATCH_NORM for node in ctx.graph.all_nodes()):
        return
    ctx.abstracts()  # the ranks decide which dimension the channels are
    while True:
        before = ctx.graph.mutations
        aliases = ctx.aliases()
        for norm in list(walk_outside_groups(ctx.graph.block)):
            if norm.kind != _BATCH_NORM or any(map(aliases.has_writers, norm.inputs)):
                continue
            affine, is_written = _read_norm(norm, ctx.module), aliases.has_writers(norm.output)
            if affine is None:
                continue
            if not _into_previous(ctx, norm, affine, aliases):
                _into_next(ctx, norm, affine, aliases)
            elif is_written:  # the layer's result is now, which the analysis can't know
                aliases = ctx.aliases()
        if ctx.graph.mutations == before:
            break
    ctx.module_mutations += drop_unused_weights(ctx.module)


@dataclass(frozen=True, slots=True)
class _Affine:
    """What an evaluating BatchNorm does to each channel: ``scale * x + shift``."""

    scale: Doubles
    shift: Doubles


def _read_norm(norm: Node, module: Module) -> _Affine | None:
    """The affine map of a BatchNorm with constant statistics; None in training mode or when it isn't finite."""
    training, eps = _scalar(norm.inputs[5]), _scalar(norm.inputs[7])
    mean, var = (_array(norm.inputs[i], module) for i in (3, 4))
    if training is not False or not isinstance(eps, float) or mean is None or var is None:
        return None
    gamma, beta = (_array(norm.inputs[i], module) for i in (1, 2))
    if (gamma is None and not _is_none(norm.inputs[1])) or (
        beta is None and not _is_none(norm.inputs[2])
    ):
        return None
    with np.errstate(all="ignore"):
        scale = (1.0 if gamma is None else gamma) / np.sqrt(var + eps)
        shift = (0.0 if beta is None else beta) - scale * mean
    return _Affine(scale, shift) if np.isfinite(scale).all() and np.isfinite(shift).all() else None


def _into_previous(ctx: Context, norm: Node, affine: _Affine, aliases: AliasAnalysis) -> bool:
    """``s * conv(x, W, b) + t == conv(x, s*W, s*b + t)``."""
    layer = norm.inputs[0].node
    if layer is None or layer.kind not in _LAYERS or not only_asks_sizes(layer.output, norm):
        return False
    if layer.block is not norm.block or not aliases.is_unwritten(layer):
        return False
    # What writes the norm's result writes the layer's then, and may give it other sizes.
    if aliases.has_writers(norm.output) and _is_asked_later(layer.output, norm):
        return False
    weight, bias = _parameters(layer, ctx.module)
    if weight is None or bias is None or not _has_channels(layer, norm, affine, aliases):
        return False
    scaled = _scale_outputs(layer, weight, affine.scale)
    if scaled is None:
        return False
    shifted = bias * affine.scale + affine.shift
    if not _store(ctx, layer, norm, scaled, shifted, "bn(conv(x)) == conv'(x)"):
        return False
    norm.output.replace_uses(layer.output)
    _finish(layer, norm)
    return True


def _is_asked_later(value: Value, node: Node) -> bool:
    """Whether anything but ``node`` uses ``value`` where ``node`` may have run."""
    holders = [ancestor_in(user, node.block) for user, _ in value.uses if user is not node]
    return any(holder is None or not holder.is_before(node) for holder in holders)


def _into_next(ctx: Context, norm: Node, affine: _Affine, aliases: AliasAnalysis) -> bool:
    """``conv(s*x + t, W, b) == conv(x, W*s, b + sum(W*t))``, where no padding mixes in zeros."""
    if len(norm.output.uses) != 1:
        return False
    layer, operand = norm.output.uses[0]
    if operand != 0 or layer.kind not in _LAYERS or layer.block is not norm.block:
        return False
    if aliases.has_writers(norm.output):  # a write there may come before the layer
        return False
    weight, bias = _parameters(layer, ctx.module)
    if weight is None or bias is None or not aliases.is_unwritten(layer):
        return False
    if not _is_unpadded(layer) or not _has_rank(norm.output, layer, layer, aliases):
        return False
    groups = _groups(layer)
    per_group = weight.shape[1]
    if affine.scale.shape != (per_group * groups,):
        return False
    shape = (groups, 1, per_group, *[1] * (weight.ndim - 2))
    split = weight.reshape(groups, -1, *weight.shape[1:])
    scaled = (split * affine.scale.reshape(shape)).reshape(weight.shape)
    moved = (split * affine.shift.reshape(shape)).reshape(len(weight), -1).sum(axis=1)
    if not _store(ctx, layer, norm, scaled, bias + moved, "conv(bn(x)) == conv'(x)"):
        return False
    norm.output.replace_uses(norm.inputs[0])
    _finish(layer, norm)
    return True


def _scale_outputs(layer: Node, weight: Doubles, scale: Doubles) -> Doubles | None:
    """``weight`` times the factor of the output channel that each element contributes to."""
    if "conv_transpose" not in layer.kind:
        if scale.shape != weight.shape[:1]:
            return None
        return weight * scale.reshape(-1, *[1] * (weight.ndim - 1))
    # Of a transposed convolution the weight is (inputs, outputs of one group, …): groups lie along the inputs.
    groups, per_group = _groups(layer), weight.shape[1]
    if scale.shape != (groups * per_group,):
        return None
    split = weight.reshape(groups, -1, *weight.shape[1:])
    factor = scale.reshape(groups, 1, per_group, *[1] * (weight.ndim - 2))
    return (split * factor).reshape(weight.shape)


def _parameters(layer: Node, module: Module) -> tuple[Doubles | None, Doubles | None]:
    """Weight and bias in float64 (a bias of zeros for None); None for what isn't constant."""
    weight = _array(layer.inputs[1], module)
    bias = _array(layer.inputs[2], module)
    if weight is not None and bias is None and _is_none(layer.inputs[2]):
        outputs = weight.shape[0]
        if "conv_transpose" in layer.kind:
            outputs = weight.shape[1] * _groups(layer)
        bias = np.zeros(outputs)
    return weight, bias


def _store(
    ctx: Context, layer: Node, norm: Node, weight: Doubles, bias: Doubles, rule: str
) -> bool:
    """Gives ``layer`` new weights, unless rounding them to its dtype overflows."""
    old = layer.inputs[1].type
    assert isinstance(old, TensorType)
    assert old.dtype is not None
    rounded = [cast(array, old.dtype) for array in (weight, bias)]
    if not all(np.isfinite(cast(array, DType.FLOAT64)).all() for array in rounded):
        return False
    before = describe(norm)
    operands = layer.inputs[1:3]
    builder = Builder(layer, Origin.merge(layer.origin, norm.origin))
    source = _weight_name(operands[0])
    bias_source = _weight_name(operands[1]) or _bias_name(source)
    for index, (array, name) in enumerate(zip(rounded, (source, bias_source), strict=True), 1):
        made = Weight(np.ascontiguousarray(array), old.dtype)
        stored = add_weight(ctx.module, derived_name([name], ".bn_folded", ""), made)
        layer.set_input(index, builder.weight(stored, made.type))
    labels = [value.name if _weight_name(value) else "" for value in operands]
    erase_dead(operands)
    for value, label in zip(layer.inputs[1:3], labels, strict=True):
        value.name = label or value.name
    ctx.note(rule, norm, layer, before)
    return True


def _finish(layer: Node, norm: Node) -> None:
    layer.origin = Origin.merge(layer.origin, norm.origin)
    operands = norm.inputs
    norm.destroy()
    erase_dead(operands)


def _has_channels(layer: Node, norm: Node, affine: _Affine, aliases: AliasAnalysis) -> bool:
    """Whether dimension 1 of the result, which BatchNorm normalises, is the layer's channels."""
    return _has_rank(norm.inputs[0], layer, norm, aliases) and affine.scale.ndim == 1


def _has_rank(value: Value, layer: Node, at: Node, aliases: AliasAnalysis) -> bool:
    return rank_at(value, at, aliases) == _LAYERS[layer.kind][2]


def _is_unpadded(layer: Node) -> bool:
    index = _LAYERS[layer.kind][0]
    if index is None:
        return True
    padding = _scalar(layer.inputs[index])
    is_zero = isinstance(padding, tuple) and all(size == 0 for size in padding)
    return "conv_transpose" not in layer.kind and (is_zero or padding == "valid")


def _groups(layer: Node) -> int:
    index = _LAYERS[layer.kind][1]
    groups = 1 if index is None else _scalar(layer.inputs[index])
    return groups if isinstance(groups, int) else 0


def _array(value: Value, module: Module) -> Doubles | None:
    """A floating-point weight in float64; None for anything else."""
    name = _weight_name(value)
    if not name:
        return None
    weight = as_weight(module.weights[name])
    return cast(weight.array, DType.FLOAT64) if weight.dtype.is_float else None


def _weight_name(value: Value) -> str:
    held = _scalar(value)
    return held.name if isinstance(held, WeightRef) else ""


def _bias_name(weight: str) -> str:
    """``conv.bias`` for ``conv.weight``."""
    stem = weight.removesuffix("weight")
    return f"{stem}bias" if stem != weight else f"{weight}.bias"


def _scalar(value: Value) -> object:
    """The attribute of a constant; for None and for what isn't constant, None."""
    return constant_value(value) if is_constant(value) else None


def _is_none(value: Value) -> bool:
    return is_constant(value) and _scalar(value) is None
