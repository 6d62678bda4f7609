"""Archives that ask the host for operators, in a process that has none of them: looking at them needs none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Tsx
from tests.engine.host_archive import ARCHIVE, SCHEMAS, registered

PEAKS = ARCHIVE.with_name("peaks.tsx")


def test_inspect_shows_the_graph_and_what_the_host_has_to_provide(tsx: Tsx) -> None:
    outcome = tsx("inspect", PEAKS)
    assert (outcome.status, outcome.err) == (0, "")
    assert "requires     my::peaks, which is not registered here" in outcome.out
    assert "t2 = my::peaks(t1, 0.5) : Long(s1)" in outcome.out
    summary = json.loads(tsx("inspect", PEAKS, "--json").out)["summary"]
    assert summary["requires"] == {"my::peaks": ""}


@pytest.mark.parametrize(
    ("part", "line"),
    [
        ("--graph", "t2 = my::peaks(t1, 0.5)"),
        ("--graph=canonical", "my::peaks(%1, %2)"),
        ("--code", "t2 = my::peaks(t1, 0.5)"),
        ("--code", "assert (peaks(np.tanh(x), 0.5)).dim() == 1"),
        ("--bytecode", "CALL my::peaks"),
        ("--ops", "my::peaks"),
        ("--weights", "weight"),
    ],
)
def test_each_part_can_be_shown(tsx: Tsx, part: str, line: str) -> None:
    outcome = tsx("inspect", PEAKS, part)
    assert outcome.status == 0
    assert line in outcome.out


def test_inspect_shows_the_schema_of_what_is_registered(tsx: Tsx) -> None:
    with registered():
        out = tsx("inspect", ARCHIVE, "--method", "above").out
    assert all(f"requires     {schema}" in out for schema in SCHEMAS[:3])


def test_diff_needs_no_operators_of_the_host(tsx: Tsx) -> None:
    assert tsx("diff", PEAKS, PEAKS).out.strip() == "no difference"
    outcome = tsx("diff", PEAKS, ARCHIVE)
    assert outcome.status == 1
    assert "host::above" in outcome.out


def test_check_says_what_it_could_not_ask(tsx: Tsx, tmp_path: Path) -> None:
    found = json.loads(tsx("check", PEAKS, "--json").out)
    assert (found["requires"], found["not_registered"]) == (["my::peaks"], ["my::peaks"])
    outcome = tsx("check", PEAKS)
    assert outcome.status == 0
    assert "not registered   my::peaks" in outcome.out
    damaged = bytearray(PEAKS.read_bytes())
    damaged[-1] ^= 1
    (tmp_path / "damaged.tsx").write_bytes(damaged)
    assert tsx("check", tmp_path / "damaged.tsx").status == 3


@pytest.mark.parametrize("command", ["run", "bench", "optimize"])
def test_what_runs_or_rewrites_needs_them(tsx: Tsx, command: str) -> None:
    outcome = tsx(command, PEAKS)
    assert outcome.status == 3
    assert "TSX6007" in outcome.err
