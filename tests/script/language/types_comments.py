"""Section 1.1: `# type:` comments."""

from typing import Dict, List, Optional, Tuple

import torch

from tests.script.rows import Rows

rows = Rows("1.1", "Type comments and strings")

X = torch.arange(6.0).reshape(2, 3) - 2


def type_comment(n, scale):
    # type: (int, float) -> float
    return n * scale


rows.add(type_comment, "`# type: (int, float) -> float`", (3, 0.5))


def type_comment_lines(
    words,  # type: List[str]
    joined,  # type: bool
):
    # type: (...) -> Optional[str]
    if joined:
        return "-".join(words)
    return None


rows.add(
    type_comment_lines, "a type comment for each parameter", (["a", "b"], True), (["a"], False)
)


def type_comment_on_local(n: int) -> int:
    table = {}  # type: Dict[int, int]
    for i in range(n):
        table[i] = i * i
    return table[n - 1]


rows.add(type_comment_on_local, "a type comment on an assignment", 4)


def type_comment_tuple(pair):
    # type: (Tuple[int, int]) -> Tuple[int, int]
    a, b = pair
    return b, a


rows.add(type_comment_tuple, "a tuple in a type comment", ((1, 2),))


def string_annotations(x: "torch.Tensor", n: "Optional[int]" = None) -> "List[int]":
    return [x.size(0), n if n is not None else -1]


rows.add(string_annotations, "annotations in quotes", X, (X, 3))


def stray_comment(n: int) -> int:
    # the type: of this is an int
    return n + 1  # type: ignore


rows.add(stray_comment, "`# type: ignore` is a comment", 3)


def quoted_inside(values: List["int"]) -> Dict["str", "int"]:
    return {"n": len(values)}


rows.add(quoted_inside, "quotes inside an annotation", ([1, 2],))
