"""Every command does its work: results on stdout, messages on stderr, statuses as documented."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import Tsx

COMMANDS = [
    "convert", "trace", "optimize", "inspect", "run", "diff", "check", "compare", "bench", "passes", "ops", "explain",
    "doctor", "completion",
]  # fmt: skip


def expected(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.maximum(x * y + 1, 0)


def test_run_writes_what_numpy_gives(
    tsx: Tsx, model: Path, arrays: tuple[Path, Path], tmp_path: Path
) -> None:
    x, y = (np.load(path) for path in arrays)
    outcome = tsx(
        "run",
        model,
        "--input",
        arrays[0],
        "--input",
        f"y={arrays[1]}",
        "--output",
        tmp_path / "o.npy",
    )
    assert outcome.status == 0, outcome.err
    np.testing.assert_array_equal(expected(x, y), np.load(tmp_path / "o.npy"))


def test_run_streams_arrays(
    tsx: Tsx,
    model: Path,
    arrays: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(arrays[0].read_bytes()))
    monkeypatch.setattr("sys.stdin", stdin)
    outcome = tsx("run", model, "--input", "x=-", "--input", arrays[1], "--output", "-")
    assert outcome.status == 0, outcome.err
    given = np.load(io.BytesIO(outcome.out.encode(errors="surrogateescape")))
    x, y = (np.load(path) for path in arrays)
    np.testing.assert_array_equal(expected(x, y), given)


def test_run_prints_results_and_nothing_else(
    tsx: Tsx, model: Path, arrays: tuple[Path, Path]
) -> None:
    outcome = tsx("run", model, "--input", arrays[0], "--input", arrays[1])
    assert outcome.status == 0
    assert "float32[5, 4]" in outcome.out
    assert outcome.err == ""


def test_step_shows_the_stack_machine(tsx: Tsx, model: Path, arrays: tuple[Path, Path]) -> None:
    out = tsx("run", model, "--input", arrays[0], "--input", arrays[1], "--step").out
    assert "aten::mul.Tensor" in out
    assert "RET" in out


def test_profile_names_operators(tsx: Tsx, model: Path, arrays: tuple[Path, Path]) -> None:
    given = ("run", model, "--input", arrays[0], "--input", arrays[1], "--profile", "--engine")
    for engine in ("native", "numpy"):
        out = tsx(*given, engine).out
        assert "aten::mul.Tensor" in out
        assert "line " in out
        assert ("bytes made" in out) == (engine == "numpy")


@pytest.mark.parametrize("engine", ["native", "numpy"])
def test_a_trace_file_has_an_event_for_each_operator(
    tsx: Tsx, model: Path, arrays: tuple[Path, Path], tmp_path: Path, engine: str
) -> None:
    target = tmp_path / "run.json"
    given = ("run", model, "--input", arrays[0], "--input", arrays[1], "--engine", engine)
    outcome = tsx(*given, "--trace-file", target)
    assert outcome.status == 0, outcome.err
    assert "calls of operators" in outcome.err
    assert "line " not in outcome.out, "the tables are --profile's"
    trace = json.loads(target.read_text())
    assert trace["otherData"] == {"left_out": 0}
    events = trace["traceEvents"]
    product = next(event for event in events if event["name"] == "aten::mul.Tensor")
    assert (product["ph"], product["cat"]) == ("X", "operator")
    assert product["args"]["operands"] == "Float(5, 4), Float(5, 4)"
    assert product["args"]["results"] == "Float(5, 4)"
    assert product["args"]["source"].startswith("model.py:")
    starts = [event["ts"] for event in events]
    ends = [event["ts"] + event["dur"] for event in events]
    assert starts == sorted(starts)
    assert all(a <= b + 0.002 for a, b in zip(ends, starts[1:], strict=False)), (
        "one after the other"
    )


def test_a_trace_file_replaces_no_other_file(
    tsx: Tsx, model: Path, arrays: tuple[Path, Path]
) -> None:
    given = ("run", model, "--input", arrays[0], "--input", arrays[1])
    assert tsx(*given, "--trace-file", arrays[0]).status == 2
    np.load(arrays[0])
    assert tsx(*given, "--trace-file", model.parent, "--step", "--engine", "numpy").status == 2


def test_optimize_diff_tells_rules_and_counts(tsx: Tsx, model: Path, tmp_path: Path) -> None:
    outcome = tsx(
        "optimize",
        model,
        "--passes",
        "dce,fold,fuse",
        "--diff",
        "--verify",
        "-o",
        tmp_path / "fast.tsx",
    )
    assert outcome.status == 0, outcome.err
    assert "functionalize" in outcome.out, "the expanded list is printed"
    assert "before" in outcome.out
    assert "equal to the original" in outcome.out
    assert tsx("diff", model, tmp_path / "fast.tsx").status == 1
    assert tsx("diff", model, model).status == 0
    assert tsx("check", tmp_path / "fast.tsx").status == 0


def test_optimize_in_place_replaces_the_file(tsx: Tsx, model: Path) -> None:
    before = model.read_bytes()
    assert tsx("optimize", model).status == 0
    assert model.read_bytes() != before
    assert [p.name for p in model.parent.iterdir() if p.suffix not in {".tsx", ".py"}] == []


@pytest.mark.parametrize(
    "part", ["--graph", "--graph=canonical", "--code", "--bytecode", "--weights", "--ops"]
)
def test_inspect_parts(tsx: Tsx, model: Path, part: str) -> None:
    outcome = tsx("inspect", model, part)
    assert outcome.status == 0
    assert part == "--weights" or "mul" in outcome.out or "x * y" in outcome.out


def test_inspect_fits_80_columns(tsx: Tsx, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = tsx("inspect", model).out.splitlines()
    assert max(map(len, lines)) <= 80
    assert "forward" in lines[0] + lines[1]


def test_compare_with_the_source(tsx: Tsx, model: Path, source: Path) -> None:
    outcome = tsx("compare", model, "--against", source)
    assert outcome.status == 0, outcome.err
    assert "equal to the original" in outcome.out


def test_compare_finds_a_difference(tsx: Tsx, model: Path, source: Path) -> None:
    source.write_text(source.read_text().replace("+ 1", "+ 2"))
    assert tsx("compare", model, "--against", source).status == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("passes",), ("passes", "fuse"), ("ops",), ("ops", "aten::relu"),
        ("explain", "TSX1001"), ("explain", "exit-codes"),
    ],
)  # fmt: skip
def test_reference_commands(tsx: Tsx, arguments: tuple[str, ...]) -> None:
    outcome = tsx(*arguments)
    assert outcome.status == 0
    assert outcome.out
    data = json.loads(tsx(*arguments, "--json").out)
    assert data["schema"] == f"tsx.{arguments[0]}/1"


def test_doctor_says_what_is_here(tsx: Tsx) -> None:
    outcome = tsx("doctor", "--json")
    data = json.loads(outcome.out)
    assert data["facts"]["numpy"] == np.__version__
    assert outcome.status == (1 if data["findings"] else 0)


def test_json_of_every_model_command(
    tsx: Tsx, model: Path, source: Path, arrays: tuple[Path, Path], tmp_path: Path
) -> None:
    for arguments in (
        ("convert", source, "-o", tmp_path / "again.tsx"),
        ("optimize", model, "-o", tmp_path / "fast.tsx"),
        ("inspect", model, "--weights"),
        ("run", model, "--input", arrays[0], "--input", arrays[1]),
        ("check", model),
        ("diff", model, model),
        ("compare", model, "--against", source),
    ):
        outcome = tsx(*arguments, "--json")
        assert outcome.status == 0, outcome.err
        assert json.loads(outcome.out)["schema"] == f"tsx.{arguments[0]}/1"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(tsx: Tsx, shell: str) -> None:
    assert "_TSX_COMPLETE" in tsx("completion", shell).out


@pytest.mark.parametrize("name", COMMANDS)
def test_help_has_an_example_and_fits(tsx: Tsx, name: str) -> None:
    outcome = tsx(name, "--help")
    assert outcome.status == 0
    assert name in ("doctor",) or "Example" in outcome.out


def test_every_command_is_listed(tsx: Tsx) -> None:
    out = tsx("--help").out
    assert [name for name in COMMANDS if f"\n  {name}" not in out] == []


def test_what_a_model_prints_goes_to_stderr(tsx: Tsx, source: Path) -> None:
    source.write_text(source.read_text().replace("    return", "    print('hello')\n    return"))
    outcome = tsx("convert", source, "-o", "-")
    assert outcome.status == 0
    assert "hello" in outcome.err
    assert "hello" not in outcome.out


def test_parts_of_a_structured_input_go_by_the_names_that_inspect_shows(
    tsx: Tsx, tmp_path: Path
) -> None:
    source = tmp_path / "model.py"
    source.write_text(
        "import numpy as np\n\n\ndef forward(x, cache):\n    return x + cache[0]['k'] * cache[1]\n\n\n"
        "one = np.ones((2, 3), np.float32)\nexample_inputs = (one, ({'k': one}, one))\n"
    )
    assert tsx("convert", source).status == 0
    listed = json.loads(tsx("inspect", tmp_path / "model.tsx", "--json").out)["summary"]["inputs"]
    arguments: list[object] = []
    for number, entry in enumerate(listed):
        np.save(tmp_path / f"{number}.npy", np.full((4, 5), number + 2, np.float32))
        arguments += ["--input", f"{entry['name']}={tmp_path / f'{number}.npy'}"]
    outcome = tsx("run", tmp_path / "model.tsx", *arguments, "-o", tmp_path / "o.npy")
    assert outcome.status == 0, outcome.err
    np.testing.assert_array_equal(
        np.full((4, 5), 2 + 3 * 4, np.float32), np.load(tmp_path / "o.npy")
    )


def test_bench_times_made_up_inputs(tsx: Tsx, model: Path) -> None:
    outcome = tsx("bench", model, "--calls", "5", "--warmup", "2", "--json")
    assert outcome.status == 0, outcome.err
    (side,) = json.loads(outcome.out)["sides"]
    assert (side["calls"], len(side["warmup"]), len(side["seconds"])) == (5, 2, 5)
    assert min(side["seconds"]) <= side["median"] <= side["p90"] <= side["p99"]
    assert side["p99"] == max(side["seconds"])


def test_bench_says_what_ran_it(tsx: Tsx, model: Path) -> None:
    found = json.loads(tsx("bench", model, "--calls", "1", "--engine", "numpy", "--json").out)
    assert (found["engine"], found["threads"]) == ("numpy", None)
    outcome = tsx("bench", model, "--calls", "1", "--engine", "native", "--json")
    found = json.loads(outcome.out)
    assert found["engine"] == "native"
    assert found["threads"] >= 1
    assert "tsx on NumPy" in tsx("bench", model, "--calls", "1", "--engine", "numpy").out


def test_bench_times_the_original_in_turns(tsx: Tsx, model: Path, source: Path) -> None:
    outcome = tsx("bench", model, "--against", source, "--calls", "3", "--warmup", "0")
    assert outcome.status == 0, outcome.err
    assert "original" in outcome.out
    assert "times the time of tsx" in outcome.out


def test_bench_refuses_what_run_refuses(tsx: Tsx, model: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.ones((2, 3)))
    outcome = tsx("bench", model, "--input", tmp_path / "x.npy")
    assert outcome.status == 5, outcome.err
    assert tsx("bench", model, "--calls", "0").status == 2
    assert tsx("bench", model, "--method", "none").status == 2
