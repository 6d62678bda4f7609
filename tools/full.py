"""``make full``: what does not fit into CI, with a row in docs/ledger.md for each run.

Runs every test with the samples of the operator matrix uncapped, Hypothesis at ten times its examples and 20,000 random
programs; appends date, commit, counts and time. ``--stage script`` runs one stage. A ledger row is evidence, so it is
written only for a clean work tree.
"""

from __future__ import annotations

import argparse
import datetime
import os
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LEDGER = ROOT / "docs" / "ledger.md"
STAGES = {
    "python": ["-m", "not matrix and not zoo and not script and not engine"],
    "matrix": ["-m", "matrix"],
    "zoo": ["-m", "zoo"],
    "script": ["-m", "script"],
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stage", choices=STAGES, action="append", help="only this stage")
    wanted = parser.parse_args().stage or list(STAGES)
    if _git("status", "--porcelain"):
        print("commit first: a ledger row names the commit that it is about", file=sys.stderr)
        return 1
    failed = 0
    for stage, selection in STAGES.items():
        if stage not in wanted:
            continue
        started = time.monotonic()
        counts, status = _run(selection)
        minutes = (time.monotonic() - started) / 60
        commit = _git("rev-parse", "--short", "HEAD")
        row = f"| {datetime.date.today()} | {commit} | {stage} | {counts} | {minutes:.1f} |"
        with LEDGER.open("a", encoding="utf-8") as ledger:
            ledger.write(row + "\n")
        print(row)
        failed += status != 0
    return 1 if failed else 0


def _run(selection: list[str]) -> tuple[str, int]:
    """pytest's closing line without its time, and its status."""
    environment = {
        **os.environ,
        "TSX_EXAMPLES": "500",
        "TSX_SAMPLES": "1000",
        "TSX_PROGRAMS": "20000",
        "OMP_NUM_THREADS": "1",
    }
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-n",
        "2",
        "--dist",
        "worksteal",
        *selection,
        "tests",
    ]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=False
    )
    sys.stdout.write(done.stdout[-4000:])
    lines = [line for line in done.stdout.splitlines() if re.search(r"\d+ passed|\d+ failed", line)]
    return (
        re.sub(r" in [\d.]+s.*", "", lines[-1]).strip("= ") if lines else "no tests ran"
    ), done.returncode


def _git(*arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    ).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
