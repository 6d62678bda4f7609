"""``tsx script`` and ``tsx convert`` on torch models: what is compared, and what is said of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Tsx

pytestmark = pytest.mark.torch


def test_random_numbers_are_not_compared(tsx: Tsx, tmp_path: Path) -> None:
    path = tmp_path / "noise.py"
    path.write_text(
        "import torch\n\n\ndef forward(x):\n    return x + torch.rand(3)\n\n\n"
        "example_inputs = (torch.ones(3),)\n",
        encoding="utf-8",
    )
    outcome = tsx("script", path)
    assert outcome.status == 0
    assert "not compared with the original: it draws random numbers (rand, " in outcome.out
