"""What level 3 costs: random programs of the tests, compiled once, optimised again and again.

    python bench/pass_pipeline.py [--programs 60] [--rounds 3] [--level 3] [--against OTHER_TREE]

Prints CPU milliseconds a program (the best of the rounds: median, mean, most) and what a hash of the optimised module
says. With ``--against``, the source tree there (a git worktree) does the same, program by program in turn, and the
last line tells how much faster this tree is and how many programs end as the same graphs.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FIRST_SEED = 5000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--level", type=int, default=3)
    parser.add_argument("--against", type=Path)
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        return work(options.level)
    with tempfile.TemporaryDirectory() as folder:
        archives = compile_programs(options.programs, Path(folder))
        trees = [ROOT, *([options.against.resolve()] if options.against else [])]
        report(trees, archives, options)
    return 0


def compile_programs(count: int, folder: Path) -> list[Path]:
    sys.path.insert(0, str(ROOT))
    import tsx
    from tests.script.generate.program import loaded, make

    archives = []
    for seed in range(FIRST_SEED, FIRST_SEED + count):
        name = f"<program {seed}>"
        try:
            module = tsx.script(loaded(make(seed).source, name))
        except tsx.errors.TsxError:
            continue  # a program that is refused has no graph
        archives.append(folder / f"{seed}.tsx")
        tsx.save(module, archives[-1])
    return archives


def report(trees: list[Path], archives: list[Path], options: argparse.Namespace) -> None:
    workers = [Worker(tree, options.level) for tree in trees]
    for worker in workers:
        worker.ask(archives[0])  # what is imported and cached once
    best: list[list[float]] = [[] for _ in trees]
    same = 0
    for archive in archives:
        rounds = [[w.ask(archive) for w in workers] for _ in range(options.rounds)]
        for place in range(len(trees)):
            best[place].append(min(answers[place][0] for answers in rounds))
        same += len({answer[1] for answer in rounds[0]}) == 1
    for tree, times in zip(trees, best, strict=True):
        shown = f"median {statistics.median(times):.1f}, mean {statistics.mean(times):.1f}, most {max(times):.1f}"
        print(f"{tree}: {shown} ms of CPU a program")
    if options.against:
        ours, theirs = best
        ratio = statistics.median(b / a for a, b in zip(ours, theirs, strict=True))
        total = sum(theirs) / sum(ours)
        print(f"{ratio:.2f}x (median), {total:.2f}x (in all); {same} of {len(archives)} same")


class Worker:
    """A process that optimises archives with the code of one tree."""

    def __init__(self, tree: Path, level: int) -> None:
        command = [sys.executable, __file__, "--worker", "--level", str(level)]
        environment = {**os.environ, "PYTHONPATH": str(tree), "OMP_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            command, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def ask(self, archive: Path) -> tuple[float, str]:
        """CPU milliseconds, and the hash of what came out."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(archive, file=self.process.stdin, flush=True)
        milliseconds, digest = self.process.stdout.readline().split()
        return float(milliseconds), digest


def work(level: int) -> int:
    import tsx
    from tsx.ir.text import print_module

    for line in sys.stdin:
        module = tsx.load(line.strip())
        started = time.process_time()
        optimised = tsx.optimize(module, level=level).ir
        spent = time.process_time() - started
        text = f"{print_module(optimised)}{sorted(optimised.metadata.items())}"
        digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        print(f"{spent * 1000:.3f} {digest}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
