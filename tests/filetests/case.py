"""The format of file tests: one for all stages.

    The rule that the test shows, in one line
    passes: dce,fold
    weight w: float32 [[1, 2], [3, 4]]

    graph(%x : Tensor):
      return (%x)
    ---
    what the stage gives

A file may hold several cases, parted by lines of ``====``. A stage is a function from a case to text (``stages.py``);
the folder of the file names it. ``pytest tests/filetests --bless`` writes what the stages give into the files.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tsx.ir.graph import Graph
from tsx.ir.module import Method, Module, Parameter, TreeSpec
from tsx.ir.text import parse_graph
from tsx.ir.types import DTYPE_BY_NAME, DType
from tsx.ops.dtypes import cast
from tsx.ops.weights import Weight

ROOT = Path(__file__).parent
_CASE_MARK = "===="
_RESULT_MARK = "---"


@dataclass(frozen=True)
class Case:
    """One case of a file; ``index`` is its place there."""

    path: Path
    index: int
    title: str
    options: tuple[tuple[str, str], ...]
    input: str
    expected: str

    @property
    def stage(self) -> str:
        return self.path.relative_to(ROOT).parts[0]

    @property
    def id(self) -> str:
        return f"{self.path.relative_to(ROOT).with_suffix('')}:{self.title}"

    def option(self, name: str, default: str = "") -> str:
        """The value of the option ``name: value``."""
        return dict(self.options).get(name, default)

    def named(self, kind: str) -> dict[str, str]:
        """The options ``kind name: value`` by name, in order."""
        words = ((key.split(), value) for key, value in self.options)
        return {w[1]: value for w, value in words if len(w) == 2 and w[0] == kind}

    def graph(self) -> Graph:
        """The input as a graph."""
        return parse_graph(self.input, self.path.name)

    def module(self) -> Module:
        """The input as the only method of a module, with the weights that the options give."""
        graph = self.graph()
        graph.name = "forward"
        method = Method(
            graph,
            tuple(Parameter(value.name or f"input{i}") for i, value in enumerate(graph.inputs)),
            TreeSpec("leaf") if len(graph.outputs) == 1 else _tuple_of(len(graph.outputs)),
            source="built",
        )
        weights = {name: Weight(read_array(text)) for name, text in self.named("weight").items()}
        return Module("test", {"forward": method}, weights=weights)


def _tuple_of(count: int) -> TreeSpec:
    return TreeSpec("tuple", (TreeSpec("leaf"),) * count)


def read_array(text: str) -> np.ndarray[Any, Any]:
    """An array from ``float32 [[1, 2], [3, NaN]]``: a dtype and nested JSON lists."""
    name, _, values = text.partition(" ")
    dtype = DTYPE_BY_NAME[name]
    data = json.loads(values)
    if dtype.is_integer or dtype is DType.BOOL:
        return cast(np.asarray(data, np.int64), dtype)
    return cast(np.asarray(data, np.float64), dtype)


def read_cases(path: Path) -> Iterator[Case]:
    """The cases of a file, in order."""
    text = path.read_text(encoding="utf-8")
    for index, part in enumerate(_split(text, _CASE_MARK)):
        head, mark, rest = part.strip("\n").partition("\n\n")
        assert mark, f"{path}: case {index + 1} has no empty line after its options"
        title, *options = head.split("\n")
        pieces = _split(rest, _RESULT_MARK)
        pairs = tuple((k.strip(), v.strip()) for k, _, v in (o.partition(":") for o in options))
        expected = pieces[1].strip("\n") if len(pieces) > 1 else ""
        yield Case(path, index, title, pairs, pieces[0].strip("\n"), expected)


def _split(text: str, mark: str) -> list[str]:
    parts = [""]
    for line in text.splitlines(keepends=True):
        if line.rstrip("\n") == mark:
            parts.append("")
        else:
            parts[-1] += line
    return parts


def bless(case: Case, result: str) -> None:
    """Writes ``result`` as what ``case`` expects."""
    texts = []
    for other in read_cases(case.path):
        expected = result if other.index == case.index else other.expected
        head = "\n".join([other.title, *(f"{k}: {v}" for k, v in other.options)])
        texts.append(f"{head}\n\n{other.input}\n{_RESULT_MARK}\n{expected}\n")
    case.path.write_text(f"{_CASE_MARK}\n".join(texts), encoding="utf-8")


def explain(case: Case, result: str) -> str:
    """What differs, and the command that accepts it."""
    diff = difflib.unified_diff(
        case.expected.splitlines(), result.splitlines(), "expected", "given", lineterm=""
    )
    place = case.path.relative_to(ROOT)
    return "\n".join(
        [
            f"{place}: {case.title}",
            *diff,
            f"to accept it: pytest tests/filetests -k {case.path.stem} --bless",
        ]
    )
