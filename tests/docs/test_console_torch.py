"""The console blocks of the docs are what the commands print. ``pytest --bless`` writes them again.

In a Markdown file, ``<!-- file: NAME -->`` before a python block makes it a file; each ``$`` line of a console block
runs in the same folder; what varies from run to run (times) is masked on both sides.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = ["README.md", "docs/quantized.md"]
BLOCK = re.compile(
    r"(?:<!-- file: (?P<file>\S+) -->\n)?```(?P<kind>python|console)\n(?P<text>.*?)```", re.S
)
VARIES = re.compile(r"\d+\.\d+( ms)|(?<= )\d+\.\d+$|\d(\.\d+)?e-\d+", re.M)


@pytest.mark.torch
@pytest.mark.parametrize("page", PAGES)
def test_console_blocks(page: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")

    def run_block(match: re.Match[str]) -> str:
        if match["file"]:
            (tmp_path / match["file"]).write_text(match["text"], encoding="utf-8")
        if match["kind"] == "python":
            return match[0]
        commands = [line for line in match["text"].splitlines() if line.startswith("$ ")]
        shown = "".join(f"{command}\n{run(command[2:], tmp_path)}" for command in commands)
        return f"```console\n{shown}```"

    now = BLOCK.sub(run_block, text)
    if request.config.getoption("--bless"):
        (ROOT / page).write_text(now, encoding="utf-8")
        return
    assert VARIES.sub("N", text) == VARIES.sub("N", now), (
        f"run: pytest {Path(__file__).name} --bless"
    )


def run(command: str, folder: Path) -> str:
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "COLUMNS": "100",
        "NO_COLOR": "1",
        "PYTHONPATH": str(ROOT),
    }
    command = re.sub(r"^tsx ", f"{sys.executable} -m tsx ", command)
    done = subprocess.run(
        command,
        shell=True,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=120,
    )
    return done.stdout.decode()
