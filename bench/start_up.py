"""What commands cost before they do anything: processor time of fresh processes, the sides in turns, medians.

    python bench/start_up.py [--rounds 21] [--against CHECKOUT] [--json]

The sides are Python by itself, NumPy and rich, which every command needs that shows a table, and tsx: ``import``,
``load`` on either runtime, and commands on a small archive. ``--against`` takes another checkout of tsx into the turns
(``git worktree add /tmp/old COMMIT``; it takes this one's C++ engine).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "fixtures" / "golden" / "v1.0"
SMALL = str(GOLDEN / "model_resblock.tsx")
NO_INPUTS = str(GOLDEN / "nothing.tsx")

COMMANDS = {
    "tsx --help": ("--help",),
    "tsx inspect": ("inspect", SMALL),
    "tsx check": ("check", SMALL),
    "tsx run": ("run", NO_INPUTS, "--engine", "native"),
    "tsx run, on NumPy": ("run", NO_INPUTS, "--engine", "numpy"),
}
CODE = {
    "import tsx": "import numpy, tsx",
    "tsx.load": f"import tsx; tsx.load({SMALL!r}, engine='native')",
    "tsx.load, on NumPy": f"import tsx; tsx.load({SMALL!r}, engine='numpy')",
}


def sides_of(checkout: Path) -> dict[str, list[str]]:
    """The command lines of one checkout of tsx."""
    own = f"import sys; sys.path.insert(0, {str(checkout)!r})\n"
    if checkout != ROOT:  # a package's folder is searched for its extension
        own += (
            f"import tsx.runtime; tsx.runtime.__path__.append({str(ROOT / 'tsx' / 'runtime')!r})\n"
        )
    lines = {name: ["-c", own + code] for name, code in CODE.items()}
    for name, arguments in COMMANDS.items():
        lines[name] = ["-c", f"{own}from tsx.cli import main; main({list(arguments)!r})"]
    return lines


def seconds(line: list[str]) -> float:
    """Processor time of a fresh process."""
    # With bytecode kept, as that of every installed package is; the round that does not count writes it.
    keeps = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *line], check=True, env=keeps, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(sides: dict[str, list[str]], rounds: int) -> dict[str, float]:
    found: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(rounds + 1):
        for name, line in sides.items():
            value = seconds(line)
            if turn:
                found[name].append(value)
    return {name: statistics.median(values) for name, values in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--against", type=Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    sides = {
        "python": ["-c", ""],
        "numpy and rich": ["-c", "import numpy, rich.console, rich.table"],
        **sides_of(ROOT),
    }
    if options.against:
        other = sides_of(options.against.resolve())
        sides |= {f"{name}, there": line for name, line in other.items()}
    found = measure(sides, options.rounds)
    if options.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name}: {value * 1e3:.0f} ms")


if __name__ == "__main__":
    main()
