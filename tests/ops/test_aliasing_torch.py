"""Views share memory exactly where torch's do: what is written through one side is seen on the other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tsx.errors import TsxError
from tsx.ops.call import call

pytestmark = pytest.mark.torch

MATRIX, CUBE = (4, 6), (2, 3, 4)
# kind, sizes of the operand, the other operands; the torch operator is the one of the same name
VIEWS: list[tuple[str, tuple[int, ...], tuple[Any, ...]]] = [
    ("aten::view", MATRIX, ([3, 8],)),
    ("aten::reshape", MATRIX, ([2, -1],)),
    ("aten::permute", CUBE, ([2, 0, 1],)),
    ("aten::transpose.int", CUBE, (0, -1)),
    ("aten::swapaxes", CUBE, (1, 2)),
    ("aten::t", MATRIX, ()),
    ("aten::numpy_T", MATRIX, ()),
    ("aten::mT", CUBE, ()),
    ("aten::mH", CUBE, ()),
    ("aten::adjoint", CUBE, ()),
    ("aten::squeeze", (1, 3, 1), ()),
    ("aten::squeeze.dim", (1, 3, 1), (0,)),
    ("aten::squeeze.dims", (1, 3, 1), ([0, 2],)),
    ("aten::unsqueeze", MATRIX, (-1,)),
    ("aten::flatten.using_ints", CUBE, (0, 1)),
    ("aten::flatten.using_ints", (), ()),
    ("aten::unflatten.int", MATRIX, (1, [2, 3])),
    ("aten::ravel", MATRIX, ()),
    ("aten::select.int", MATRIX, (1, -2)),
    ("aten::select.int", (3,), (0, 1)),
    ("aten::slice.Tensor", MATRIX, (1, 1, -1, 2)),
    ("aten::narrow", MATRIX, (0, 1, 2)),
    ("aten::movedim.int", CUBE, (0, 2)),
    ("aten::movedim.intlist", CUBE, ([0, 1], [2, 0])),
    ("aten::diagonal", MATRIX, (1,)),
    ("aten::as_strided", MATRIX, ([2, 3], [6, 2], 1)),
    ("aten::detach", MATRIX, ()),
    ("aten::alias", MATRIX, ()),
    ("aten::expand", MATRIX, ([-1, 6],)),
    ("aten::expand", MATRIX, ([1, 4, 6],)),
    ("aten::view_as_real", MATRIX, ()),
    ("aten::view_as_complex", (3, 2), ()),
    ("aten::real", MATRIX, ()),
    ("aten::imag", MATRIX, ()),
    ("aten::view.dtype", MATRIX, (torch.int32,)),
    ("aten::squeeze_", (1, 3, 1), ()),
    ("aten::unsqueeze_", MATRIX, (0,)),
    ("aten::t_", MATRIX, ()),
    ("aten::transpose_", CUBE, (0, 1)),
    ("aten::atleast_2d", (3,), ()),
    ("aten::atleast_3d", MATRIX, ()),
]
LISTS: list[tuple[str, tuple[int, ...], tuple[Any, ...]]] = [
    ("aten::unbind.int", MATRIX, (1,)),
    ("aten::split.Tensor", MATRIX, (4, 1)),
    ("aten::split_with_sizes", MATRIX, ([1, 3, 2], 1)),
    ("aten::chunk", MATRIX, (4, 1)),
    ("aten::tensor_split.sections", MATRIX, (4, 1)),
    ("aten::tensor_split.indices", MATRIX, ([1, 4], 1)),
    ("aten::hsplit.int", MATRIX, (2,)),
    ("aten::vsplit.array", MATRIX, ([1],)),
    ("aten::dsplit.int", CUBE, (2,)),
]
COMPLEX = {"aten::view_as_real", "aten::real", "aten::imag"}


def torch_op(kind: str) -> Any:
    name, _, overload = kind.removeprefix("aten::").partition(".")
    return getattr(getattr(torch.ops.aten, name), overload or "default")


def ours(operands: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(3 if operand is torch.int32 else operand for operand in operands)


def base(kind: str, sizes: tuple[int, ...]) -> torch.Tensor:
    count = int(np.prod(sizes))
    dtype = torch.complex64 if kind in COMPLEX else torch.float32
    return torch.arange(1, count + 1).to(dtype).reshape(sizes)


@pytest.mark.parametrize(
    ("kind", "sizes", "operands"), VIEWS, ids=lambda v: v if isinstance(v, str) else ""
)
def test_a_write_through_the_view_reaches_the_base(
    kind: str, sizes: tuple[int, ...], operands: tuple[Any, ...]
) -> None:
    theirs = base(kind, sizes)
    mine = theirs.numpy().copy()
    their_view = torch_op(kind)(theirs, *operands)
    my_view = call(kind, mine, *ours(operands))
    assert isinstance(my_view, np.ndarray)
    assert my_view.shape == tuple(their_view.shape)
    steps = [s * their_view.element_size() for s in their_view.stride()]
    sized = [
        i for i, size in enumerate(my_view.shape) if size > 1
    ]  # a stride over one element means nothing
    assert [my_view.strides[i] for i in sized] == [steps[i] for i in sized]
    their_view.fill_(7)
    my_view[...] = 7
    np.testing.assert_array_equal(mine.reshape(theirs.shape), theirs.numpy())


@pytest.mark.parametrize(
    ("kind", "sizes", "operands"), LISTS, ids=lambda v: v if isinstance(v, str) else ""
)
def test_a_write_through_a_piece_reaches_the_base(
    kind: str, sizes: tuple[int, ...], operands: tuple[Any, ...]
) -> None:
    theirs = base(kind, sizes)
    mine = theirs.numpy().copy()
    pieces = call(kind, mine, *ours(operands))
    assert isinstance(pieces, list)
    for i, (piece, expected) in enumerate(
        zip(pieces, torch_op(kind)(theirs, *operands), strict=True)
    ):
        expected.fill_(-i - 1)
        piece[...] = -i - 1
    np.testing.assert_array_equal(mine, theirs.numpy())


def layouts() -> Iterator[tuple[str, Any]]:
    """Tensors as views leave them; each as a function of a contiguous (4, 6) one."""
    yield "contiguous", lambda x: x
    yield "transposed", lambda x: x.transpose(0, 1) if isinstance(x, torch.Tensor) else x.T
    yield "columns", lambda x: x[:, 1:4]
    yield "every second row", lambda x: x[::2]
    yield "one column", lambda x: x[:, 2]
    yield (
        "expanded",
        lambda x: (
            x[:1].expand(5, 6) if isinstance(x, torch.Tensor) else np.broadcast_to(x[:1], (5, 6))
        ),
    )


SIZES = ([-1], [2, -1], [3, -1], [6, 4], [4, 6], [2, 2, -1], [1, 1, -1], [5, 3, 2])


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize(("name", "layout"), list(layouts()))
def test_view_and_reshape_share_or_refuse_as_torch(name: str, layout: Any, size: list[int]) -> None:
    theirs = torch.arange(24.0).reshape(4, 6)
    mine = theirs.numpy().copy()
    their_part, my_part = layout(theirs), layout(mine)
    try:
        expected = their_part.view(size)
    except RuntimeError:
        expected = None
        with pytest.raises(TsxError, match=r"TSX4036|TSX4037"):
            call("aten::view", my_part, list(size))
    if expected is not None:
        seen = call("aten::view", my_part, list(size))
        assert isinstance(seen, np.ndarray)
        np.testing.assert_array_equal(seen, expected.numpy())
        assert np.shares_memory(seen, mine)
    try:
        reshaped = their_part.reshape(size)
    except RuntimeError:
        return
    result = call("aten::reshape", my_part, list(size))
    assert isinstance(result, np.ndarray)
    np.testing.assert_array_equal(result, reshaped.numpy())
    shares = reshaped.untyped_storage().data_ptr() == theirs.untyped_storage().data_ptr()
    assert np.shares_memory(result, mine) == shares


def test_windows_overlap_in_memory() -> None:
    theirs = torch.arange(7.0)
    mine = theirs.numpy().copy()
    their_view, my_view = theirs.unfold(0, 3, 2), call("aten::unfold", mine, 0, 3, 2)
    assert isinstance(my_view, np.ndarray)
    np.testing.assert_array_equal(my_view, their_view.numpy())
    their_view[0, 2] = my_view[0, 2] = 50.0
    np.testing.assert_array_equal(my_view, their_view.numpy())


def test_expanded_tensors_refuse_writes() -> None:
    spread = call("aten::expand", np.ones((1, 3), np.float32), [4, 3])
    with pytest.raises(TsxError, match="TSX4008"):
        call("aten::cumsum_", spread, 0)
    first, _ = call("aten::meshgrid", [np.arange(2.0), np.arange(3.0)])
    with pytest.raises(TsxError, match="TSX4008"):
        call("aten::tril_", first)


def test_as_strided_sees_the_memory_behind_a_view() -> None:
    theirs = torch.arange(12.0)
    mine = theirs.numpy().copy()
    their_view = theirs[4:8].as_strided([2, 2], [2, 1], 1)
    my_view = call("aten::as_strided", mine[4:8], [2, 2], [2, 1], 1)
    np.testing.assert_array_equal(my_view, their_view.numpy())
    nested = call("aten::as_strided", my_view, [3], [3], 0)
    np.testing.assert_array_equal(nested, their_view.as_strided([3], [3], 0).numpy())
    with pytest.raises(TsxError, match="TSX4032"):
        call("aten::as_strided", mine, [4], [4], 0)


def test_as_strided_of_a_mapped_tensor_needs_no_guess(tmp_path: Path) -> None:
    path = tmp_path / "weights.bin"
    path.write_bytes(np.arange(12.0, dtype=np.float32).tobytes())
    mapped = np.memmap(path, np.uint8, "r")[16:].view(np.float32)
    found = call("aten::as_strided", mapped, [2, 2], [2, 1], None)
    np.testing.assert_array_equal(found, [[4, 5], [6, 7]])
    with pytest.raises(TsxError, match="TSX4005"):  # whose offset would count from the file's start
        call("aten::as_strided", mapped, [2, 2], [2, 1], 0)


INPLACE: list[tuple[str, tuple[Any, ...]]] = [
    ("aten::index_put_", ([torch.tensor([0, 0, 2])], torch.ones(3, 6), True)),
    ("aten::index_fill_.int_Scalar", (1, torch.tensor([0, 3]), 9)),
    ("aten::index_add_", (0, torch.tensor([1, 1]), torch.ones(2, 6))),
    ("aten::index_copy_", (0, torch.tensor([3, 1]), torch.zeros(2, 6))),
    ("aten::scatter_.value", (1, torch.tensor([[0], [5]]), 3.0)),
    ("aten::scatter_add_", (0, torch.tensor([[1, 2, 0]]), torch.ones(1, 3))),
    ("aten::scatter_reduce_.two", (0, torch.tensor([[1, 1, 1]]), torch.ones(1, 3), "amax")),
    ("aten::masked_scatter_", (torch.eye(4, 6) > 0, torch.full((4,), 8.0))),
    ("aten::cumsum_", (1,)),
    ("aten::cumprod_", (0,)),
    ("aten::tril_", (1,)),
    ("aten::triu_", ()),
    ("aten::fill_diagonal_", (5.0,)),
    ("aten::put_", (torch.tensor([0, -1]), torch.tensor([1.5, 2.5]))),
]


@pytest.mark.parametrize(
    ("kind", "operands"), INPLACE, ids=lambda v: v if isinstance(v, str) else ""
)
def test_in_place_forms_write_through_views_and_return_self(
    kind: str, operands: tuple[Any, ...]
) -> None:
    theirs = torch.arange(48.0).reshape(6, 8)
    mine = theirs.numpy().copy()
    their_part, my_part = theirs[1:5, ::1][:, 2:], mine[1:5, 2:]

    def plain(value: Any) -> Any:
        if isinstance(value, torch.Tensor):
            return value.numpy()
        return [plain(v) for v in value] if isinstance(value, list) else value

    torch_op(kind)(their_part, *operands)
    assert call(kind, my_part, *map(plain, operands)) is my_part
    np.testing.assert_array_equal(mine, theirs.numpy())
