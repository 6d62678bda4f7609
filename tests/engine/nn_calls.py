"""Calls of network operators that torch's op_db does not reach, for ``rule_cases``: one a line."""

# ruff: noqa: E501  (one call a line)
from __future__ import annotations

from tsx.ir.dims import sym
from tsx.ir.op import Abstract
from tsx.ir.types import DType, TensorType

_HALF, _INT, _INT32, _BYTE = DType.FLOAT16, DType.INT64, DType.INT32, DType.UINT8
_CODE = DType.FLOAT64.code


def _t(*sizes: int, dtype: DType = DType.FLOAT32) -> TensorType:
    return TensorType(dtype, sizes)


def _layers(gates: int, *widths: int, hidden: int, biases: bool, out: int = 0) -> list[TensorType]:
    """The parameters of layers and directions whose inputs have these widths; ``out`` for projections."""
    made = []
    for width in widths:
        made += [_t(gates * hidden, width), _t(gates * hidden, out or hidden)]
        made += [_t(gates * hidden)] * 2 if biases else []
        made += [_t(out, hidden)] if out else []
    return made


# fmt: off
_X, _W, _N = _t(2, 6, 9, 8), _t(8, 3, 3, 2), None
_NORM: list[Abstract] = [_t(5, 3, 4), _t(3), _t(3), _t(3), _t(3)]
_CELLS: list[tuple[str, list[Abstract]]] = [
    (f"aten::{name}_cell", [_t(3, 5), hx, _t(rows, 5), _t(rows, 4), b, b])
    for name, rows, hx in (("gru", 12, _t(3, 4)), ("rnn_tanh", 4, _t(3, 4)), ("rnn_relu", 4, _t(3, 4)), ("lstm", 16, [_t(3, 4), _t(3, 4)]))
    for b in (_t(rows), None)
]
_LAYERS: list[tuple[str, list[Abstract]]] = [
    call
    for name, gates in (("gru", 3), ("rnn_tanh", 1), ("rnn_relu", 1))
    for call in (
        (f"aten::{name}.input", [_t(7, 3, 5), _t(1, 3, 4), _layers(gates, 5, hidden=4, biases=True), True, 1, 0.0, False, False, False]),
        (f"aten::{name}.input", [_t(3, 7, 5), _t(4, 3, 4), _layers(gates, 5, 5, 8, 8, hidden=4, biases=False), False, 2, 0.5, False, True, True]),
        (f"aten::{name}.input", [_t(3, 7, 5), _t(2, 3, 4), _layers(gates, 5, 4, hidden=4, biases=False), False, 2, 0.5, True, False, True]),
        (f"aten::{name}.data", [_t(17, 5), _t(7, dtype=_INT), _t(2, 3, 4), _layers(gates, 5, 5, hidden=4, biases=True), True, 1, 0.0, True, True]),
    )
]
MADE_UP: list[tuple[str, list[Abstract]]] = [
    *_CELLS,
    *_LAYERS,
    ("aten::lstm.input", [_t(7, 3, 5), [_t(1, 3, 4), _t(1, 3, 4)], _layers(4, 5, hidden=4, biases=True), True, 1, 0.0, False, False, False]),
    ("aten::lstm.input", [_t(3, 7, 5), [_t(4, 3, 2), _t(4, 3, 4)], _layers(4, 5, 5, 4, 4, hidden=4, biases=False, out=2), False, 2, 0.25, False, True, True]),
    ("aten::lstm.input", [_t(3, 7, 5), [TensorType(), _t(2, 3, 4)], _layers(4, 5, 2, hidden=4, biases=True, out=2), True, 2, 0.5, True, False, True]),
    ("aten::lstm.data", [_t(17, 5), _t(7, dtype=_INT), [_t(2, 3, 4), _t(2, 3, 4)], _layers(4, 5, 5, hidden=4, biases=True), True, 1, 0.0, True, True]),
    ("aten::_convolution", [_X, _W, _t(8), [2, 1], [1, 0], [1, 2], False, [0, 0], 2, False, False, True, True]),
    ("aten::_convolution", [_t(2, 6, 9, 8), _t(6, 4, 3, 2), _t(8), [2, 1], [1], [1], True, [1, 0], 2, False, False, True, True]),
    ("aten::_convolution.deprecated", [_t(6, 9), _t(4, 6, 3), _N, [1], [2], [1], False, [0], 1, False, False, True]),
    ("aten::_convolution_mode", [_X, _W, _N, [1, 1], "same", [2, 3], 2]),
    ("aten::_convolution_mode", [_t(6, 7, 9, 8), _t(4, 6, 3, 3, 2), _t(4), [2], "valid", [1], 1]),
    ("aten::conv2d.padding", [_X, _W, _t(8), [2, 1], "same", [1, 1], 2]),
    ("aten::conv_transpose2d.input", [_X, _t(6, 4, 3, 2), _t(4), [2, 3], [2, 1], [1, 0], 1, [1, 2]]),
    ("aten::max_pool1d", [_t(2, 6, 9), [3], [], [1], [1], True]),
    ("aten::max_pool1d_with_indices", [_t(6, 9), [3], [2], [0], [2], False]),
    ("aten::max_pool2d", [_X, [3, 2], [2, 3], [1, 1], [1, 1], True]),
    ("aten::max_pool2d", [_X, [3], [], 0, 1, False]),
    ("aten::max_pool3d", [_t(6, 7, 9, 8), [3, 2, 2], [2, 1, 2], [1, 0, 1], [1, 1, 1], False]),
    ("aten::max_unpool2d", [_X, _t(2, 6, 9, 8, dtype=_INT), [18, 16]]),
    ("aten::max_unpool3d", [_t(6, 7, 9, 8), _t(6, 7, 9, 8, dtype=_INT), [14, 18, 16], [2, 2, 2], [0, 0, 0]]),
    ("aten::adaptive_max_pool1d", [_t(2, 6, 9), [4]]),
    ("aten::adaptive_max_pool3d", [_t(6, 7, 9, 8), [4]]),
    ("aten::_adaptive_avg_pool2d", [_X, [4, sym("n")]]),
    ("aten::fractional_max_pool2d", [_X, [3, 2], [4, 5], _t(2, 6, 2)]),
    ("aten::fractional_max_pool3d", [_t(6, 7, 9, 8), [2], [4, 5, 3], _t(1, 6, 3)]),
    ("aten::bmm.dtype", [_t(2, 3, 4), _t(2, 4, 5), _CODE]),
    ("aten::mm.dtype", [_t(3, 4, dtype=_HALF), _t(4, 5, dtype=_HALF), DType.FLOAT32.code]),
    ("aten::linalg_matmul", [_t(2, 1, 3, 4), _t(5, 4, 2)]),
    ("aten::linalg_matmul", [_t(4), _t(5, 4, 2)]),
    ("aten::linear", [_t(2, 3, 4), _t(5, 4), _t(5)]),
    ("aten::linear", [_t(4), _t(4), _t(1)]),
    ("aten::addmm.dtype", [_t(5), _t(3, 4), _t(4, 5), _CODE, 1, 2.5]),
    ("aten::baddbmm.dtype", [_t(2, 1, 5), _t(2, 3, 4), _t(2, 4, 5), _CODE, 1, 1]),
    ("aten::addmm_", [_t(3, 5), _t(3, 4), _t(4, 5), 1, 1]),
    ("aten::addmv_", [_t(3), _t(3, 4), _t(4), 1, 1]),
    ("aten::addr_", [_t(3, 4), _t(3), _t(4), 1, 1]),
    ("aten::addbmm_", [_t(3, 5), _t(2, 3, 4), _t(2, 4, 5), 1, 1]),
    ("aten::baddbmm_", [_t(2, 3, 5), _t(2, 3, 4), _t(2, 4, 5), 1, 1]),
    ("aten::_grouped_mm", [_t(12, 4), _t(3, 4, 5), _t(3, dtype=_INT32), _N, _N]),
    ("aten::_grouped_mm", [_t(2, 12), _t(12, 5), _t(3, dtype=_INT32), _N, _N]),
    ("aten::_grouped_mm", [_t(3, 2, 4), _t(4, 9), _t(3, dtype=_INT32), _N, _N]),
    ("aten::_grouped_mm", [_t(3, 2, 4), _t(3, 4, 5), _N, _N, _CODE]),
    ("aten::scaled_dot_product_attention", [_t(2, 8, 5, 4), _t(2, 2, 7, 4), _t(2, 2, 7, 6), _t(5, 7), 0.0, False, _N, True]),
    ("aten::scaled_dot_product_attention", [_t(8, 5, 4), _t(7, 4), _t(7, 6), _N, 0.0, True, 0.5, False]),
    ("aten::_scaled_dot_product_flash_attention_for_cpu", [_t(2, 8, 5, 4, dtype=_HALF), _t(2, 8, 7, 4, dtype=_HALF), _t(2, 8, 7, 4, dtype=_HALF), 0.0, False, _t(5, 7), _N]),
    ("aten::_scaled_dot_product_attention_math", [_t(2, 8, 5, 4), _t(2, 4, 7, 4), _t(2, 4, 7, 4), _t(5, 7), 0.0, False, _N, _N, True]),
    ("aten::_scaled_dot_product_attention_math", [_t(2, 8, 5, 4), _t(2, 8, 7, 4), _t(2, 8, 7, 4), _N, 0.25, True, _N, _N, False]),
    ("aten::_fused_rms_norm", [_t(2, 3, 4, dtype=_HALF), [3, 4], _t(3, 4), _N]),
    ("aten::native_layer_norm", [_t(2, 3, 4, dtype=_HALF), [4], _t(4), _t(4), 1e-5]),
    ("aten::native_group_norm", [_t(2, 6, 9, 8), _t(6), _t(6), 2, 6, 72, 3, 1e-5]),
    ("aten::group_norm", [_t(2, 6), 3, _t(6), _N, 1e-5, True]),
    ("aten::batch_norm", [*_NORM, True, 0.1, 1e-5, True]),
    ("aten::instance_norm", [*_NORM, True, 0.1, 1e-5, True]),
    ("aten::_batch_norm_impl_index", [*_NORM, True, 0.1, 1e-5, True]),
    ("aten::native_batch_norm", [*_NORM, False, 0.1, 1e-5]),
    ("aten::native_batch_norm", [_t(5, 3, 4, dtype=_HALF), *_NORM[1:], True, 0.1, 1e-5]),
    ("aten::_native_batch_norm_legit.no_stats", [*_NORM[:3], True, 0.1, 1e-5]),
    ("aten::_weight_norm", [_t(4, 3, 2), _t(4, 1, 1), 0]),
    ("aten::_weight_norm_interface", [_t(4, 3, 2), _t(1, 3, 1), 1]),
    ("aten::_weight_norm_interface", [_t(4, 3, 2, dtype=_HALF), _t(dtype=_HALF), -1]),
    ("aten::embedding", [_t(10, 4), _t(2, 3, dtype=_INT), -1, False, False]),
    ("aten::embedding_renorm_", [_t(10, 4), _t(3, dtype=_INT), 1.0, 2.0]),
    ("aten::embedding_bag", [_t(10, 4), _t(7, dtype=_INT), _t(3, dtype=_INT), False, 0, False, _t(7), True]),
    ("aten::embedding_bag.padding_idx", [_t(10, 4), _t(7, dtype=_INT), _t(3, dtype=_INT), False, 1, False, _N, False, 2]),
    ("aten::embedding_bag.padding_idx", [_t(10, 4), _t(7, dtype=_INT), _t(3, dtype=_INT), False, 0, False, _N, True, _N]),
    ("aten::_embedding_bag", [_t(10, 4), _t(7, dtype=_INT), _t(3, dtype=_INT), False, 2, False, _N, True, -1]),
    ("aten::_embedding_bag", [_t(10, 4), _t(7, dtype=_INT), _t(3, dtype=_INT), False, 0, False, _N, False, 2]),
    ("aten::prelu", [_t(2, 6, 4), _t(6)]),
    ("aten::glu", [_t(2, 6, 4), 1]),
    ("aten::_softmax", [_t(2, 6, dtype=_HALF), 1, True]),
    ("aten::_log_softmax", [_t(2, 6), -1, False]),
    ("aten::softmax.int", [_t(2, 6, dtype=_INT), 1, _CODE]),
    *((f"aten::{name}{end}", [_t(2, 6), 0.5, False]) for name in ("dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout") for end in ("", "_")),
    ("aten::dropout", [_t(2, 6), 1.0, True]),
    ("aten::native_dropout", [_t(2, 6), 0.5, True]),
    ("aten::native_dropout", [_t(2, 6), 0.5, _N]),
    ("aten::hinge_embedding_loss", [_t(2, 6), _t(2, 6), 1.0, 1]),
    ("aten::kl_div", [_t(2, 6), _t(6), 0, True]),
    ("aten::l1_loss", [_t(2, 6), _t(2, 6, dtype=DType.FLOAT64), 2]),
    ("aten::margin_ranking_loss", [_t(2, 6), _t(2, 6), _t(2, 6), 0.5, 0]),
    ("aten::margin_ranking_loss", [_t(2, 6, dtype=_INT), _t(2, 6, dtype=_INT), _t(2, 6, dtype=_INT), 0.5, 0]),
    ("aten::poisson_nll_loss", [_t(2, 6), _t(2, 6), True, False, 1e-8, 0]),
    ("aten::binary_cross_entropy", [_t(2, 6), _t(2, 6), _t(6), 0]),
    ("aten::binary_cross_entropy_with_logits", [_t(2, 6), _t(2, 6), _N, _t(6), 0]),
    ("aten::cross_entropy_loss", [_t(2, 6, 4), _t(2, 4, dtype=_INT), _t(6), 0, -100, 0.25]),
    ("aten::cross_entropy_loss", [_t(6), _t(dtype=_INT), _N, 1, -100, 0.0]),
    ("aten::cross_entropy_loss", [_t(2, 6, 4), _t(2, 6, 4), _t(6), 0, -100, 0.25]),
    ("aten::nll_loss", [_t(2, 6), _t(2, dtype=_INT), _t(6), 0, -100]),
    ("aten::nll_loss_nd", [_t(6), _t(dtype=_INT), _t(6), 0, -100]),
    ("aten::nll_loss2d", [_t(2, 6, 5, 4), _t(2, 5, 4, dtype=_INT), _N, 1, -100]),
    ("aten::nll_loss2d_forward", [_t(2, 6, 5, 4), _t(2, 5, 4, dtype=_INT), _t(6), 0, -100]),
    ("aten::cdist", [_t(2, 1, 3, 4), _t(5, 7, 4), 2.0, _N]),
    ("aten::pdist", [_t(5, 4), 2.0]),
    ("aten::cosine_similarity", [_t(2, 1, 3), _t(4, 3), 1, 1e-8]),
    ("aten::pairwise_distance", [_t(2, 1, 3, dtype=_INT), _t(4, 3, dtype=_BYTE), 2.0, 1e-6, True]),
    ("aten::__interpolate", [_t(2, 3, 5, 4), 7, _N, "nearest", _N, _N, False]),
    ("aten::__interpolate", [_t(2, 3, 5, 4), _N, 1.5, "bilinear", False, _N, True]),
    ("aten::__interpolate.size_list", [_t(2, 3, 5), [7], _N, "linear", True, _N, False]),
    ("aten::__interpolate.scale_list", [_t(2, 3, 5, 4, 6), _N, [2.0, 0.5, 1.25], "trilinear", False, True, False]),
    ("aten::__interpolate.size_list_scale_list", [_t(2, 3, 5, 4), [7, 3], _N, "area", _N, _N, False]),
    ("aten::_upsample_bicubic2d_aa", [_X, [7, 3], False, _N, _N]),
    ("aten::_upsample_bicubic2d_aa.vec", [_X, _N, True, [1.5, 2.0]]),
    ("aten::upsample_bilinear2d", [_t(2, 3, 5, 4, dtype=_BYTE), [7], False, 1.5, _N]),
    *((f"aten::{name}.vec", [_t(*(2, 3, 5, 4, 6)[: n + 2]), *size, *corners, *scale])
      for name, n, corners in (
          ("upsample_nearest1d", 1, ()), ("upsample_nearest2d", 2, ()), ("upsample_nearest3d", 3, ()),
          ("_upsample_nearest_exact1d", 1, ()), ("_upsample_nearest_exact2d", 2, ()), ("_upsample_nearest_exact3d", 3, ()),
          ("upsample_linear1d", 1, (True,)), ("upsample_bilinear2d", 2, (False,)), ("upsample_trilinear3d", 3, (True,)),
          ("upsample_bicubic2d", 2, (False,)), ("_upsample_bilinear2d_aa", 2, (False,)))
      for size, scale in (((_N,), ([2.0, 0.3, 1.75][:n],)), (([7, 3, 9][:n],), (_N,)))),
    ("aten::grid_sampler", [_t(2, 3, 5, 4), _t(2, 7, 8, 2), 2, 0, False]),
    ("aten::grid_sampler", [_t(2, 3, 5, 4, 6), _t(2, 7, 8, 9, 3), 1, 2, True]),
    ("aten::grid_sampler_3d", [_t(2, 3, 5, 4, 6), _t(2, 7, 8, 9, 3), 0, 1, True]),
    ("aten::affine_grid_generator", [_t(2, 2, 3), [2, 3, 5, 4], False]),
    ("aten::affine_grid_generator", [_t(2, 3, 4), [2, 3, 5, 4, sym("n")], True]),
    ("aten::_pack_padded_sequence", [_t(7, 3, 5), _t(3, dtype=_INT), False]),
    ("aten::_pad_packed_sequence", [_t(17, 5), _t(7, dtype=_INT), True, 0.0, -1]),
    ("aten::_pad_packed_sequence", [_t(17, 5), _t(7, dtype=_INT), False, 0.0, 12]),
]
# fmt: on
