"""A user's mistake gives one clear message and the documented status, never a traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import Tsx

COMMAND = [sys.executable, "-m", "tsx"]


def test_missing_file(tsx: Tsx, tmp_path: Path) -> None:
    for arguments in (
        ("inspect", tmp_path / "no.tsx"),
        ("run", tmp_path / "no.tsx"),
        ("convert", tmp_path / "no.py"),
    ):
        outcome = tsx(*arguments)
        assert outcome.status == 2
        assert "TSX1001" in outcome.err
        assert outcome.out == ""


@pytest.mark.parametrize(
    ("text", "code", "status", "words"),
    [
        ("x = 1 / 0\n", "TSX2051", 4, "ZeroDivisionError"),
        ("def f(:\n", "TSX2050", 4, "not Python"),
        ("x = 3\n", "TSX2052", 4, "--entry"),
        ("model = 3\n", "TSX2055", 4, "int"),
        ("import not_there_at_all\n", "TSX2054", 6, "pip install not_there_at_all"),
        ("raise SystemExit(3)\n", "TSX2051", 4, "SystemExit"),
        ("def forward(x):\n    return x\n", "TSX2056", 4, "--shape"),
    ],
)  # fmt: skip
def test_bad_source(
    tsx: Tsx, tmp_path: Path, text: str, code: str, status: int, words: str
) -> None:
    path = tmp_path / "model.py"
    path.write_text(text)
    outcome = tsx("convert", path)
    assert outcome.status == status
    assert code in outcome.err
    assert words in outcome.err
    assert not (tmp_path / "model.tsx").exists()


def test_raising_source_names_its_line(tsx: Tsx, tmp_path: Path) -> None:
    path = tmp_path / "model.py"
    path.write_text("def f():\n    raise ValueError('no weights')\n\n\nmodel = f()\n")
    err = tsx("convert", path).err
    assert "model.py:2" in err
    assert "no weights" in err


def test_wrong_entry_guesses(tsx: Tsx, source: Path) -> None:
    outcome = tsx("convert", source, "--entry", "forwards")
    assert outcome.status == 4
    assert "closest: forward" in outcome.err


def test_wrong_shape_dtype_and_name(
    tsx: Tsx, model: Path, arrays: tuple[Path, Path], tmp_path: Path
) -> None:
    x, y = arrays
    for array, words in (
        (np.ones((5, 4, 1), np.float32), "x"),
        (np.ones((5, 4), np.float64), "Double(5, 4)"),
        (np.ones((5, 3), np.float32), "x"),
    ):
        np.save(tmp_path / "bad.npy", array)
        outcome = tsx("run", model, "--input", f"x={tmp_path / 'bad.npy'}", "--input", f"y={y}")
        assert outcome.status == 5, outcome.err
        assert words in outcome.err
    outcome = tsx("run", model, "--input", f"x={x}", "--input", f"z={y}")
    assert outcome.status == 5
    assert "z" in outcome.err
    outcome = tsx("run", model, "--input", x)
    assert outcome.status == 5
    assert "y" in outcome.err


def test_input_that_is_no_array(tsx: Tsx, model: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.npy").write_bytes(b"\x93NUMPY\x01\x00")
    assert tsx("run", model, "--input", tmp_path / "bad.npy").status == 3
    np.save(tmp_path / "objects.npy", np.array([{}], dtype=object))
    outcome = tsx("run", model, "--input", tmp_path / "objects.npy")
    assert outcome.status == 3
    assert "TSX1002" in outcome.err


def test_unknown_pass_guesses(tsx: Tsx, model: Path) -> None:
    before = model.read_bytes()
    outcome = tsx("optimize", model, "--passes", "dce,fuze")
    assert outcome.status == 2
    assert "fuse" in outcome.err
    assert model.read_bytes() == before


def test_unknown_command_and_option(tsx: Tsx, model: Path) -> None:
    outcome = tsx("optimise", model)
    assert outcome.status == 2
    assert "optimize" in outcome.err
    assert tsx("inspect", model, "--grap").status == 2
    assert tsx("run").status == 2


def test_not_an_archive(tsx: Tsx, tmp_path: Path) -> None:
    path = tmp_path / "app.tsx"
    path.write_text("export const App = () => <div/>;\n")
    outcome = tsx("inspect", path)
    assert outcome.status == 3
    assert "TypeScript" in outcome.err


def test_damage_through_the_command(tsx: Tsx, model: Path, tmp_path: Path) -> None:
    data = model.read_bytes()
    bad = tmp_path / "bad.tsx"
    generator = np.random.default_rng(5)
    for number in range(50):
        place = int(generator.integers(len(data)))
        damaged = bytearray(data)
        if number % 3 == 0:
            damaged[place] ^= 1 << int(generator.integers(8))
        elif number % 3 == 1:
            del damaged[place:]
        else:
            damaged.insert(place, int(generator.integers(256)))
        bad.write_bytes(damaged)
        outcome = tsx("check", bad)
        assert outcome.status == 3, (number, place, outcome)
        assert "TSX6" in outcome.err


def test_names_from_a_model_can_not_act_on_the_terminal(tsx: Tsx, source: Path) -> None:
    source.write_text(
        source.read_text().replace("(x, y)", "(x\u0301, y)").replace("x * y", "x\u0301 * y")
    )
    assert tsx("convert", source).status == 0
    out = tsx("inspect", source.with_suffix(".tsx")).out
    assert not [c for c in out if c != "\n" and (ord(c) < 32 or 0x7F <= ord(c) < 0xA0)]


def test_unwritable_output(tsx: Tsx, model: Path) -> None:
    before = sorted(model.parent.iterdir())
    outcome = tsx("optimize", model, "-o", "/proc/no/fast.tsx")
    assert outcome.status == 2
    assert "/proc/no" in outcome.err
    assert sorted(model.parent.iterdir()) == before


def test_full_disk(tsx: Tsx, model: Path, arrays: tuple[Path, Path]) -> None:
    outcome = tsx("optimize", model, "-o", "/dev/full")
    assert outcome.status == 2
    assert "No space left" in outcome.err


def test_closed_stdout() -> None:
    process = subprocess.Popen([*COMMAND, "ops"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    _, err = process.communicate(timeout=60)
    assert b"Traceback" not in err
    assert process.returncode == 0


def test_full_stdout() -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run([*COMMAND, "ops"], stdout=full, stderr=subprocess.PIPE, timeout=60)
    assert b"Traceback" not in done.stderr
    assert b"TSX1005" in done.stderr
    assert done.returncode == 2


def test_ctrl_c(tmp_path: Path) -> None:
    path = tmp_path / "model.py"
    path.write_text("import time\nprint('ready', flush=True)\ntime.sleep(60)\n")
    process = subprocess.Popen([*COMMAND, "convert", str(path)], stderr=subprocess.PIPE)
    assert process.stderr is not None
    assert process.stderr.readline() == b"ready\n"
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert b"Traceback" not in err
    assert process.returncode == 130


def test_ascii_terminal(model: Path) -> None:
    environment = {**os.environ, "LC_ALL": "C", "PYTHONIOENCODING": "ascii", "NO_COLOR": "1"}
    done = subprocess.run(
        [*COMMAND, "inspect", str(model)], capture_output=True, env=environment, timeout=60
    )
    assert done.returncode == 0, done.stderr
    done.stdout.decode("ascii")


def test_help_starts_without_numpy() -> None:
    code = (
        "import sys; sys.argv = ['tsx', '--help']\n"
        "from tsx.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "bad = {'numpy', 'torch', 'rich', 'msgpack'} & set(sys.modules); assert not bad, bad"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_import_is_light() -> None:
    code = "import sys, tsx; tsx.load; bad = {'torch', 'rich', 'click'} & set(sys.modules); assert not bad, bad"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_a_look_into_an_archive_imports_no_capture_no_pass_and_no_machine(
    tsx: Tsx, model: Path
) -> None:
    code = (
        f"import sys; sys.argv = ['tsx', 'inspect', {str(model)!r}]\n"
        "from tsx.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "parts = ('tsx.capture.script', 'tsx.capture.t', 'tsx.passes', 'tsx.runtime.vm', 'tsx.runtime._engine')\n"
        "bad = [name for name in sys.modules if name.startswith(parts)]\n"
        "assert not bad, bad"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_only_files_of_their_kind_are_replaced(
    tsx: Tsx, model: Path, source: Path, arrays: tuple[Path, Path]
) -> None:
    text, archive = source.read_bytes(), model.read_bytes()
    for arguments in (
        ("convert", source, "-o", source),
        ("optimize", model, "-o", source),
        ("run", model, "--input", arrays[0], "--input", arrays[1], "-o", model),
        ("run", model, "--input", arrays[0], "--input", arrays[1], "-o", model.with_suffix(".txt")),
    ):
        assert tsx(*arguments).status == 2
    assert (source.read_bytes(), model.read_bytes()) == (text, archive)


def test_a_model_that_raises_on_the_samples(tsx: Tsx, tmp_path: Path) -> None:
    path = tmp_path / "model.py"
    path.write_text("import numpy as np\n\n\ndef forward(x):\n    return x @ np.ones((3, 3))\n")
    outcome = tsx("convert", path, "--shape", "2,4")
    assert outcome.status == 4
    assert "model.py:5" in outcome.err
    assert "--shape" in outcome.err


def test_relative_import(tsx: Tsx, tmp_path: Path) -> None:
    path = tmp_path / "model.py"
    path.write_text("from . import parts\n")
    assert "TSX2058" in tsx("convert", path).err


def test_an_archive_given_for_source(tsx: Tsx, model: Path) -> None:
    outcome = tsx("convert", model)
    assert outcome.status == 4
    assert "TSX2050" in outcome.err
