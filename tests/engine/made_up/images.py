"""Made-up calls of losses over classes, operators on images, bags of rows and groups of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.engine.made_up.make import ANY, FLOATS, REAL, Calls, Make, Table
from tsx.ir.types import DType
from tsx.ops.dtypes import cast


def _interpolated(size: Any, scale: Any) -> Calls:
    def calls(t: Make) -> list[list[Any]]:
        modes = {
            3: ("nearest", "nearest-exact", "linear", "area", "bilinear"),
            4: ("nearest", "bilinear", "bicubic", "area"),
            5: ("trilinear", "nearest"),
        }
        made: list[list[Any]] = []
        for rank, words in modes.items():
            x = t(*(2, 2, 5, 4, 3)[:rank])
            dims = rank - 2
            given = [value * dims if isinstance(value, list) else value for value in (size, scale)]
            corners = (None, True) if given[0] is not None else (None,)
            made += [
                [x, *given, w, c, r, False] for w in words for c in corners for r in (None, True)
            ]
        made += [
            [
                t(1, 2, 6, 6),
                *([v * 2 if isinstance(v, list) else v for v in (size, scale)]),
                "bilinear",
                False,
                None,
                True,
            ]
        ]
        return made

    return calls


def _bags(t: Make, *more: Any) -> list[list[Any]]:
    table, index = t(6, 3), t.index(6, 7)
    starts = np.array([0, 2, 2, 5])
    modes = [
        [table, index, starts, False, m, False, None, last, *more]
        for m in (0, 1, 2)
        for last in (False, True)
    ]
    return [
        *modes,
        [
            table,
            index.astype(np.int32),
            starts.astype(np.int32),
            False,
            1,
            False,
            None,
            False,
            *more,
        ],
        [table, index, starts, False, 0, False, t(7), False, *more],
        [table, index, starts, False, 1, False, t(7), False, *more],
        [table, index + 9, starts, False, 0, False, None, False, *more],
        [table, index, starts + 1, False, 0, False, None, False, *more],
        [table, index[:0], starts[:0], False, 0, False, None, False, *more],
        [t.special(6, 3), index, starts, False, 2, False, None, False, *more],
    ]


def _losses(t: Make, *more: Any) -> list[list[Any]]:
    weight = t.shares(4)
    made = []
    for reduction in (0, 1, 2):
        made += [
            [t(5, 4), t.index(4, 5), None, reduction, -100, *more],
            [t(5, 4).T.reshape(5, 4), t.index(4, 5), weight, reduction, 2, *more],
            [t(2, 4, 3, 2), t.index(4, 2, 3, 2), weight, reduction, 1, *more],
            [t(4), t.index(4), None, reduction, -100, *more],
        ]
    return [
        *made,
        [t(5, 4), t.index(9, 5), None, 1, -100, *more],
        [t(5, 4), t.index(4, 4), None, 1, -100, *more],
        [t(0, 4), t.index(4, 0), None, 2, -100, *more],
    ]


def _cross_entropies(t: Make) -> list[list[Any]]:
    shares = [
        [t(5, 4), t.shares(5, 4), w, r, -100, s]
        for w in (None, t.shares(4))
        for r in (0, 1, 2)
        for s in (0.0, 0.3)
    ]
    return [
        *_losses(t, 0.0),
        *_losses(t, 0.2),
        *shares,
        [t(5, 4), t.index(4, 5), None, 1, -100, 1.5],
    ]


def _grids(dims: int) -> Calls:
    def calls(t: Make) -> list[list[Any]]:
        space = (5, 4, 3)[:dims]
        grid = cast(
            np.random.default_rng(dims).uniform(-1.6, 1.6, (2, *space[::-1], dims)), t.dtype
        )
        modes = (0, 1, 2) if dims == 2 else (0, 1)
        made = [
            [t(2, 3, *space), grid, m, p, c]
            for m in modes
            for p in (0, 1, 2)
            for c in (True, False)
        ]
        return [
            *made,
            [t(2, 3, *space), grid, 3, 0, True],
            [t(1, 3, *space), grid, 0, 0, True],
            [t(2, 0, *space), grid, 0, 0, True],
            [t(2, 1, *(1,) * dims), grid, 0, 2, True],
        ]

    return calls


def _unfolds(t: Make) -> list[list[Any]]:
    return [
        [t(2, 3, 6, 5), [2, 3], [1, 1], [0, 1], [1, 2]],
        [t(3, 6, 5), [2, 2], [2, 1], [1, 1], [2, 1]],
        [t(2, 3, 6, 5).transpose(0, 1, 3, 2), [3, 3], [1, 1], [0, 0], [1, 1]],
        [t(2, 3, 2, 2), [3, 3], [1, 1], [0, 0], [1, 1]],
        [t(0, 3, 6, 5), [2, 2], [1, 1], [0, 0], [1, 1]],
        [t(6, 5), [2, 2], [1, 1], [0, 0], [1, 1]],
    ]


def _folds(t: Make) -> list[list[Any]]:
    return [
        [t(2, 12, 20), [5, 6], [2, 2], [1, 1], [0, 0], [1, 1]],
        [t(12, 9), [5, 6], [2, 2], [2, 1], [1, 0], [2, 2]],
        [t(2, 12, 21), [5, 6], [2, 2], [1, 1], [0, 0], [1, 1]],
    ]


def _grouped(t: Make) -> list[list[Any]]:
    ends = np.array([2, 2, 5], np.int32)
    return [
        [t(5, 4), t(3, 4, 2), ends, None, None],
        [t(3, 2, 4), t(4, 5), ends, None, None],
        [t(2, 5), t(5, 3), ends, None, None],
        [t(3, 2, 4), t(3, 4, 5), None, None, None],
        [t(5, 4), t(3, 4, 2), None, None, None],
        [t(5, 4), t(2, 4, 2), ends, None, None],
        [t(5, 4), t(3, 4, 2), ends.astype(np.int64), None, None],
    ]


def _unpools(dims: int) -> Calls:
    def calls(t: Make) -> list[list[Any]]:
        rest: tuple[Any, ...] = () if dims == 2 else ([2] * 3, [0] * 3)
        shape = (2, 3, *(2,) * dims)
        size = [4] * dims
        return [
            [t(*shape), t.index(4**dims, *shape), size, *rest],
            [t(*shape[1:]), t.index(4**dims, *shape[1:]), size, *rest],
            [t(*shape), t.index(4**dims, *shape) + 999, size, *rest],
            [t(*shape), t.index(3, 3, *(2,) * dims), size, *rest],
        ]

    return calls


CALLS: Table = {
    "aten::nll_loss": (FLOATS, _losses),
    "aten::nll_loss2d": (FLOATS, _losses),
    "aten::nll_loss_nd": (FLOATS, _losses),
    "aten::nll_loss_forward": (FLOATS, _losses),
    "aten::nll_loss2d_forward": (FLOATS, _losses),
    "aten::cross_entropy_loss": (FLOATS, _cross_entropies),
    "aten::im2col": (ANY, _unfolds),
    "aten::col2im": (ANY, _folds),
    "aten::max_unpool2d": (REAL, _unpools(2)),
    "aten::max_unpool3d": (REAL, _unpools(3)),
    "aten::grid_sampler": (FLOATS, lambda t: _grids(2)(t) + _grids(3)(t)),
    "aten::grid_sampler_2d": (FLOATS, _grids(2)),
    "aten::grid_sampler_3d": (FLOATS, _grids(3)),
    "aten::affine_grid_generator": (
        FLOATS,
        lambda t: (
            [[t(2, 2, 3), [2, 3, 4, 5], c] for c in (True, False)]
            + [[t(2, 3, 4), [2, 1, 1, 4, 5], True], [t(2, 2, 3), [2, 3, 4], True]]
        ),
    ),
    "aten::__interpolate": (
        (DType.FLOAT32, DType.FLOAT64),
        lambda t: (
            _interpolated(7, None)(t) + _interpolated(None, 1.5)(t) + _interpolated(None, None)(t)
        ),
    ),
    "aten::__interpolate.size_list": ((DType.FLOAT32, DType.FLOAT64), _interpolated([7], None)),
    "aten::__interpolate.scale_list": ((DType.FLOAT32, DType.FLOAT64), _interpolated(None, [0.7])),
    "aten::__interpolate.size_list_scale_list": (
        (DType.FLOAT32, DType.FLOAT64),
        _interpolated(None, [1.3]),
    ),
    "aten::embedding_bag": (FLOATS, _bags),
    "aten::embedding_bag.padding_idx": (
        FLOATS,
        lambda t: _bags(t, 2) + _bags(t, -1) + _bags(t, None),
    ),
    "aten::_embedding_bag": (FLOATS, lambda t: _bags(t, 2) + _bags(t, -1)),
    "aten::embedding_renorm_": (
        FLOATS,
        lambda t: (
            [[t(5, 3), t.index(5, 4), 1.5, p] for p in (1.0, 2.0, 3.0, np.inf)]
            + [[t(5, 3), t.index(5, 4) + 9, 1.5, 2.0]]
        ),
    ),
    "aten::_grouped_mm": ((DType.FLOAT32, DType.FLOAT16, DType.BFLOAT16, DType.FLOAT64), _grouped),
}
