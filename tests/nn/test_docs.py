"""docs/nn.md: its examples are what Python prints, and its list of layers is complete."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

from tsx import nn

PAGE = Path(__file__).resolve().parents[2] / "docs" / "nn.md"


def test_the_examples_are_what_python_prints() -> None:
    failed, tried = doctest.testfile(str(PAGE), module_relative=False, encoding="utf-8")
    assert tried > 10
    assert not failed


def test_every_layer_is_listed() -> None:
    text = PAGE.read_text(encoding="utf-8")
    words = set(re.findall(r"\w+", text))
    families = {re.sub(r"[123]d$", "", name) for name in nn.__all__ if name[0].isupper()}
    missing = [f for f in families if not words & {f, f"{f}1d", f"{f}2d"}]
    assert sorted(missing) == []
