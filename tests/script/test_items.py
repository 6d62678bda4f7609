"""Objects and members of enums in containers: compiled, optimised and saved programs do what Python does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import tsx
from tests.script.check import python_outcome
from tests.script.item_programs import (
    CASES,
    ById,
    Key,
    Plain,
    Tree,
    V,
    one_of_several,
    returned,
)
from tests.script.outcome import difference, run
from tsx.errors import ScriptError


def saved(module: tsx.Module, path: Path) -> tsx.Module:
    module.save(path)
    return tsx.load(path)


@pytest.mark.parametrize("program", CASES, ids=lambda program: program.__name__)
def test_as_python(program: Callable[..., Any], tmp_path: Path) -> None:
    """As compiled, at optimisation level 3, and both saved and loaded."""
    module = tsx.script(program)
    fast = tsx.optimize(module, level=3)
    paths = tmp_path / "program.tsx", tmp_path / "fast.tsx"
    for each in (module, fast, saved(module, paths[0]), saved(fast, paths[1])):
        session = each.session()
        for args in CASES[program]:
            assert not difference(python_outcome(session, args), run(program, args))


def unhashable(n: int) -> int:
    return len({Tree(n)})


def unhashable_key(n: int) -> int:
    return {Tree(n): 1}[Tree(n)]


def unordered(n: int) -> int:
    return max([ById(n), ById(1)]).a


def without_text(n: int) -> str:
    return str([Plain(n)])


def unknown_template(template: str) -> str:
    return template % V(1)


def unknown_format(template: str) -> str:
    return template.format(Key(1))


@pytest.mark.parametrize(
    ("program", "code"),
    [
        (unhashable, "TSX3118"),
        (unhashable_key, "TSX3118"),
        (unordered, "TSX3116"),
        (without_text, "TSX3104"),
        (unknown_template, "TSX3120"),
        (unknown_format, "TSX3120"),
    ],
)
def test_what_has_no_static_meaning(program: Callable[..., Any], code: str) -> None:
    with pytest.raises(ScriptError) as caught:
        tsx.script(program)
    assert caught.value.code == code


def test_results_have_labels(tmp_path: Path) -> None:
    """Records with the names of what the program returned, from the file alone."""
    module = saved(tsx.script(returned), tmp_path / "program.tsx")
    point, points, table, held, color = module(1)
    for found in (point, points[0], table["a"][0], held.point, held.points[0], held.some):
        assert type(found).__name__ == "Point"
        assert found._fields == ("x", "y")
        assert found.y == 0.5
    assert point == (1, 0.5)
    assert repr(point) == "Point(x=1, y=0.5)"
    assert (
        repr(held)
        == "Held(point=Point(x=1, y=0.5), points=[Point(x=1, y=0.5)], some=Point(x=2, y=0.5))"
    )
    assert (color.name, color.value, str(color), repr(color)) == (
        "RED",
        1,
        "Color.RED",
        "<Color.RED: 1>",
    )
    several = tsx.script(one_of_several)
    assert several(1) == 1
    assert several(2).x == 2
