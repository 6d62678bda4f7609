"""Running the command in this process: arguments in; status, stdout and stderr out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from tsx.cli import main

NUMPY_MODEL = """\
import numpy as np


def forward(x, y):
    return np.maximum(x * y + 1, 0)


example_inputs = (np.ones((2, 3), np.float32), np.full((2, 3), 2, np.float32))
"""


@dataclass(frozen=True)
class Outcome:
    status: int
    out: str
    err: str


Tsx = Callable[..., Outcome]


@pytest.fixture
def tsx(capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Tsx:
    """Runs ``tsx`` with arguments; never lets a traceback through."""
    monkeypatch.setenv("COLUMNS", "100")

    def run(*arguments: object) -> Outcome:
        capfdbinary.readouterr()
        with pytest.raises(SystemExit) as stopped:
            main([str(a) for a in arguments])
        out, err = (part.decode(errors="surrogateescape") for part in capfdbinary.readouterr())
        assert "Traceback" not in out + err
        return Outcome(int(stopped.value.code or 0), out, err)

    return run


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A model.py over NumPy."""
    path = tmp_path / "model.py"
    path.write_text(NUMPY_MODEL, encoding="utf-8")
    return path


@pytest.fixture
def model(tmp_path: Path, source: Path, tsx: Tsx) -> Path:
    """An archive made from ``source``."""
    assert tsx("convert", source).status == 0
    return tmp_path / "model.tsx"


@pytest.fixture
def arrays(tmp_path: Path) -> tuple[Path, Path]:
    """Inputs that fit ``model``: another size than the sample's."""
    paths = tmp_path / "x.npy", tmp_path / "y.npy"
    for number, path in enumerate(paths):
        np.save(path, np.random.default_rng(number).standard_normal((5, 4), dtype=np.float32))
    return paths
