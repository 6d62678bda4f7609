"""Runs the engine's fuzz targets: ``python tools/fuzz.py BUILD --seconds 200``.

Each target runs on the seeds (``fuzz_seeds.py``) and what earlier runs found (``--corpus``), two at a time, for its
part of the time. Prints a row of the table in docs/ledger.md for each; a crash is kept in the corpus folder, and the
exit status is 1. BUILD is configured with ``-DTSX_FUZZ=ON`` (``make fuzz``).
"""

from __future__ import annotations

import argparse
import concurrent.futures
import datetime
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tools import fuzz_seeds

_INTERRUPTED = 72  # libFuzzer's status after Ctrl-C, with its figures told
ROOT = Path(__file__).resolve().parent.parent
TARGETS = {"vm": 4096, "program": 4096, "container": 16384, "msgpack": 4096}  # longest inputs


@dataclass(frozen=True, slots=True)
class Result:
    """What a run of one target came to."""

    target: str
    seconds: float  # of a processor
    executions: int
    coverage: str
    crashed: bool

    def row(self) -> str:
        commit = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
        ).stdout.strip()  # fmt: skip
        found = "a crash" if self.crashed else "none"
        return (
            f"| {datetime.date.today()} | {commit} | {self.target} | {self.seconds / 3600:.2f} | "
            f"{self.executions:,} | {self.coverage} | {found} |"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", type=Path, help="where the targets were built")
    parser.add_argument(
        "--seconds", type=int, default=200, help="for all targets together, with two at a time"
    )
    parser.add_argument(
        "--corpus", type=Path, help="where inputs and crashes are kept; by default a new folder"
    )
    parser.add_argument("--target", choices=TARGETS, action="append", help="only this target")
    options = parser.parse_args()  # fmt: skip
    corpus = options.corpus or Path(tempfile.mkdtemp(prefix="tsx-fuzz-"))
    fuzz_seeds.write(corpus / "seeds")
    targets = options.target or list(TARGETS)
    each = options.seconds * min(2, len(targets)) // len(targets)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = list(
            pool.map(lambda t: _fuzz(options.build, corpus, t, each, bool(options.corpus)), targets)
        )
    for result in results:
        print(result.row())
    if not options.corpus and not any(r.crashed for r in results):
        shutil.rmtree(corpus)
    return int(any(r.crashed for r in results))


def _fuzz(build: Path, corpus: Path, target: str, seconds: int, is_campaign: bool) -> Result:
    found, log = corpus / target, corpus / f"{target}.log"
    found.mkdir(exist_ok=True)
    seed = [] if is_campaign else ["-seed=1"]  # CI does the same each time, as far as its time goes
    command = [
        build / "fuzz" / f"fuzz_{target}", found, corpus / "seeds" / target,
        f"-dict={corpus / 'seeds/words'}", f"-max_len={TARGETS[target]}", f"-max_total_time={seconds}",
        f"-artifact_prefix={corpus}/crash-{target}-", "-timeout=20", "-rss_limit_mb=2048", "-print_final_stats=1",
        *seed,
    ]  # fmt: skip
    environment = {**os.environ, "ASAN_OPTIONS": "allocator_may_return_null=1"}
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment)
        _, ended, usage = os.wait4(process.pid, 0)
    status = process.returncode = os.waitstatus_to_exitcode(ended)
    text = log.read_text(errors="replace")
    crashed = status not in (0, _INTERRUPTED)
    if crashed:
        print(f"fuzz_{target} stopped with {status}; the input is in {corpus}", file=sys.stderr)
        print(text[-6000:], file=sys.stderr)
    ran = re.findall(r"stat::number_of_executed_units:\s+(\d+)", text)
    covered = re.findall(r"cov: (\d+) ft: (\d+)", text)
    coverage = " / ".join(covered[-1]) if covered else "?"
    seconds = usage.ru_utime + usage.ru_stime
    return Result(target, seconds, int(ran[-1]) if ran else 0, coverage, crashed)


if __name__ == "__main__":
    sys.exit(main())
