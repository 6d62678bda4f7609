"""What TorchScript makes of every row: ``python -m tests.script.probe`` runs torch.jit.script on the language table
and writes ``torchscript.toml``; ``--check`` only says what is different now.

A row's outcome there is ``equal`` (it compiles, and gives what eager Python gives on every input, errors included),
``differs`` (it compiles, and some input gives something else), ``rejects`` (it does not compile) or ``dies`` (it takes
the process with it, so rows run in a child process).
"""

from __future__ import annotations

import faulthandler
import json
import os
import re
import signal
import sys
import tomllib
import warnings
from pathlib import Path
from typing import Any, NoReturn

import torch

from tests.script.outcome import Outcome, difference, run
from tests.script.rows import Row, all_rows

DATA = Path(__file__).with_name("torchscript.toml")
HEAD = f"""\
# What torch.jit.script makes of each row of the language table, probed on torch 2.13.0 by
# `python -m {__package__}.probe`; `pytest tests/script -k torchscript` holds it against the torch that is installed.
"""
TIME = 60  # seconds for a row


def probe_rows(rows: list[Row]) -> dict[str, tuple[str, str]]:
    """The outcomes and their details. What kills the process that probes is probed no further."""
    found: dict[str, tuple[str, str]] = {}
    left = rows
    while left:
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(read)
            _answer(left, write)
        os.close(write)
        with os.fdopen(read, encoding="utf-8") as pipe:
            answers = [json.loads(line) for line in pipe]
        _, status = os.waitpid(child, 0)
        found |= {row.id: tuple(a) for row, a in zip(left, answers, strict=False)}
        left = left[len(answers) :]
        if left:
            cause = signal.Signals(os.WTERMSIG(status)).name
            found[left[0].id] = ("dies", f"the process gets {cause}")
            left = left[1:]
    return found


def _answer(rows: list[Row], write: int) -> NoReturn:
    """In the child: a line for each row."""
    faulthandler.disable()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    with os.fdopen(write, "w", encoding="utf-8") as pipe:
        for row in rows:
            signal.alarm(TIME)
            pipe.write(json.dumps(_probed(row)) + "\n")
            pipe.flush()
    os._exit(0)


def _probed(row: Row) -> tuple[str, str]:
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    try:
        made = torch.jit.script(row.make())
    except Exception as error:
        return "rejects", _first_line(error)
    original = row.make()
    for index in range(len(row.inputs)):
        eager = run(original, row.arguments(index))
        theirs = _as_python(run(made, row.arguments(index)))
        found = difference(theirs, eager, any_error=row.any_error)
        if found:
            shown = ", ".join(map(_shown, row.inputs[index]))
            return "differs", f"({shown}): {found}"
    return "equal", ""


def _as_python(outcome: Outcome) -> Outcome:
    """An error of the interpreter as the Python error that its last line tells of."""
    if outcome.error is None or outcome.error[0] not in ("Error", "RuntimeError"):
        return outcome
    lines = outcome.error[1].strip().splitlines() or [""]
    starts = [i for i, line in enumerate(lines) if line.startswith("builtins.")]
    last = lines[starts[-1]].removeprefix("builtins.") if starts else lines[-1]
    name, colon, message = last.partition(": ")
    if not colon or not name.replace(".", "").isidentifier():
        return outcome.with_error("RuntimeError", last)
    return outcome.with_error(name.rpartition(".")[2], message)


def _first_line(error: Exception) -> str:
    """The sentence of torch's message: the first line that says something, without addresses and paths."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = lines[0] if lines else type(error).__name__
    hints = [line for line in lines if line.startswith(("Expected a value", "Could not match"))]
    if hints and (text.startswith("Arguments for call") or text.endswith(") -> Tensor:")):
        text = hints[0]
    text = re.sub(r" \(of Python compilation unit at: \w+\)|__torch__\.(\w+\.)*", "", text)
    text = re.sub(r"<function (\S+) at \w+>", r"\1", text)
    text = re.sub(r"/\S*/(?=tests/)", "", text)
    return text.partition(' at "/')[0].removesuffix(".:").removesuffix(":")[:160]


def _shown(value: Any) -> str:
    if isinstance(value, torch.Tensor):
        return f"Tensor{list(value.shape)}"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k!r}: {_shown(v)}" for k, v in value.items()) + "}"
    return repr(value)[:60]


def recorded() -> dict[str, tuple[str, str]]:
    """What the data file holds."""
    if not DATA.exists():
        return {}
    rows = tomllib.loads(DATA.read_text(encoding="utf-8"))
    return {name: (row["outcome"], row.get("detail", "")) for name, row in rows.items()}


def write(found: dict[str, tuple[str, str]]) -> None:
    """Writes the data file."""
    lines = [HEAD]
    for name, (outcome, detail) in found.items():
        more = f", detail = {json.dumps(detail)}" if detail else ""
        lines.append(f'{name} = {{ outcome = "{outcome}"{more} }}')
    DATA.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> int:
    found = probe_rows(all_rows())
    if "--check" not in sys.argv:
        write(found)
        return 0
    old = recorded()
    changed = [name for name in {**old, **found} if old.get(name) != found.get(name)]
    for name in changed:
        print(f"{name}: {old.get(name)} is now {found.get(name)}")
    return 1 if changed else 0


if __name__ == "__main__":
    sys.exit(main())
