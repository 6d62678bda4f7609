"""A campaign of random programs: ``python -m tests.script.generate --seeds 0:20000``.

Prints each failure with its seed and the reduced program, then how many programs ran and what became of them. The
exit status is 1 when one failed.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections import Counter

from tests.script.generate.check import check
from tests.script.generate.program import make
from tests.script.generate.reduce import reduce


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.script.generate", description=__doc__)
    parser.add_argument(
        "--seeds", default="0:200", help="the first seed and the one after the last"
    )
    parser.add_argument(
        "--show", action="store_true", help="print the programs instead of running them"
    )
    parser.add_argument(
        "--reduce", type=int, default=3, help="how many failures of a kind to make small"
    )
    parser.add_argument("--most", type=int, default=1000, help="stop after so many failures")
    parser.add_argument(
        "--optimize-every", type=int, default=1, help="run every so many programs at level 3, too"
    )
    options = parser.parse_args()
    first, _, end = options.seeds.partition(":")
    seeds = range(int(first), int(end or int(first) + 1))
    if options.show:
        for seed in seeds:
            program = make(seed)
            print(f"# seed {seed}\n{program.source}\n# calls: {program.calls}\n")
        return 0
    return campaign(seeds, options.reduce, options.most, options.optimize_every)


def campaign(seeds: range, to_reduce: int, most: int, optimize_every: int) -> int:
    """Runs the programs of ``seeds``."""
    warnings.simplefilter("ignore")
    started, kinds, done = time.monotonic(), Counter[str](), 0
    for seed in seeds:
        done += 1
        level = None if seed % optimize_every else 3
        found = check(make(seed), level=level)
        if found is None:
            continue
        kinds[found.kind] += 1
        print(f"seed {seed}: {found.kind}", flush=True)
        if kinds[found.kind] <= to_reduce:
            small = reduce(make(seed), check)
            again = check(small)
            print(f"{small.source}# calls: {small.calls}\n{again and again.detail}\n", flush=True)
        if sum(kinds.values()) >= most:
            break
    minutes = (time.monotonic() - started) / 60
    print(f"seeds {seeds.start}:{seeds.start + done}: {done} programs in {minutes:.1f} minutes")
    print(f"{sum(kinds.values())} failed: {dict(kinds.most_common()) or 'none'}")
    return 1 if kinds else 0


if __name__ == "__main__":
    sys.exit(main())
