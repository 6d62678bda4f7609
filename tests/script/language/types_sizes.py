"""Section 1.1: sizes, and tuples whose length only a run knows."""

from typing import List, Tuple

import torch
from torch import Tensor

from tests.script.rows import Rows

rows = Rows("1.1", "Sizes and tuples of any length")


def tuple_of_sizes(x: Tensor):
    sizes = tuple(x.shape)
    grown = sizes + (1,)
    for i in range(2):
        grown += (i,)
    return (
        sizes,
        str(sizes),
        f"{sizes[:1]}",
        grown,
        str((7,) + sizes),
        sizes * 2,
        x.stride(),
        str(x.stride()),
    )


rows.add(
    tuple_of_sizes,
    "`tuple(x.shape)` prints, adds and is returned as a tuple",
    torch.zeros(2, 3),
    torch.zeros(4),
)


def sizes_text(x: Tensor):
    return (
        str(x.shape),
        f"{x.size()}",
        repr(x.shape[1:]),
        str(x.shape + (1,)),
        str(list(x.shape)),
        str(tuple(x.size())),
    )


rows.add(sizes_text, "the text of `x.shape`", torch.zeros(2, 3), torch.zeros(4))


def sizes_returned(x: Tensor):
    return x.shape, x.size(), {"n": x.shape[0]}, (tuple(x.shape[:1]), x.dim())


rows.add(sizes_returned, "sizes are returned as tuples", torch.zeros(2, 3))


def sizes_compared(x: Tensor):
    s = x.shape
    t = tuple(s)
    found = [(2, 3), (4, 5)]
    return (
        s == (2, 3),
        s == [2, 3],
        t == [2, 3],
        list(s) == [2, 3],
        (2, 3) == s,
        s != (2, 3),
        s[:1] == (2,),
        s < (3,),
        t <= (2, 4),
        s in [(2, 3)],
        s in found,
        t in found,
        t in ((2, 3),),
        s == torch.Size([2, 3]),
        t == s,
    )


rows.add(
    sizes_compared,
    "`x.shape` compares with tuples, and with no list",
    torch.zeros(2, 3),
    torch.zeros(4, 5),
)


def tuple_kinds(x: Tensor):
    parts = x.chunk(2)
    return (
        isinstance(x.shape, tuple),
        isinstance(x.shape, list),
        isinstance(x.shape, torch.Size),
        isinstance(parts, tuple),
        isinstance(parts, list),
        isinstance(tuple(x.shape), list),
        isinstance(list(parts), list),
        type(parts) is tuple,
        isinstance(x.unbind(), (list, tuple)),
    )


rows.add(tuple_kinds, "`isinstance` of sizes and of what `chunk` gives", torch.zeros(2, 3))


def parts_returned(x: Tensor):
    return (
        torch.split(x, 1),
        x.chunk(2),
        x.unbind(1),
        torch.tensor_split(x, 2),
        list(x.split(1)),
        x.split(1)[1:],
    )


rows.add(
    parts_returned, "`split`, `chunk` and `unbind` give tuples", torch.arange(6.0).reshape(2, 3)
)


def parts_added(x: Tensor):
    parts = x.chunk(2) + (x,)
    first, *rest = x.unbind(1)
    return parts, parts + x.split(1), len(parts * 2), rest, torch.cat(x.split(1)[::-1])


rows.add(
    parts_added, "`+` of what `chunk` gives, and a starred rest", torch.arange(6.0).reshape(2, 3)
)


def parts_grown(x: Tensor) -> List[Tensor]:
    parts = x.chunk(2)
    parts.append(x)
    return parts


rows.add(
    parts_grown,
    "`append` to what `chunk` gives",
    torch.arange(6.0).reshape(2, 3),
    refused="it is a tuple in Python, which stops here: write `list(x.chunk(2))`",
    code="TSX3011",
)


def sizes_as_key(x: Tensor) -> int:
    counts = {tuple(x.shape): 1}
    return counts[(2, 3)]


rows.add(
    sizes_as_key,
    "`tuple(x.shape)` as a key",
    torch.zeros(2, 3),
    refused="a key has a known length here; write `(x.shape[0], x.shape[1])`",
    code="TSX3110",
)


def any_length_printed(values: Tuple[int, ...]) -> Tuple[int, ...]:
    print(values, len(values), values + (1,))
    return values


rows.add(any_length_printed, "`Tuple[int, ...]` is a tuple", ((1, 2, 3),), ((),), ((4,),))


def tuple_of_list(values: List[int]):
    made = tuple(values)
    values.append(9)
    return (
        made,
        str(made),
        tuple(v * 2 for v in values),
        made == (1, 2),
        str(tuple([str(v) for v in values])),
    )


rows.add(tuple_of_list, "`tuple(list)` of any length", ([1, 2],), ([],))
