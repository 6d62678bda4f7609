"""What torch refuses, tsx refuses: the error inputs of torch's ``op_db`` on both runtimes.

Takes every ``ErrorInput`` of every OpInfo. Where torch raises inside an operator that tsx has, each runtime must raise
a ``TsxError`` on the same operands, never a traceback of NumPy or an answer. ``accepted.toml`` lists what tsx takes
although torch does not, with the reason.
"""

from __future__ import annotations

import itertools
import tomllib
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch.testing._internal.common_methods_invocations import op_db
from torch.testing._internal.opinfo.core import OpInfo

from tests.ops.matrix import PROCESSES, RUNTIMES, Calls, Recorder, is_strided
from tests.ops.matrix_compare import array_of
from tsx.errors import TsxError
from tsx.ir.op import Op

ACCEPTED = Path(__file__).with_name("accepted.toml")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A call that torch refuses, and what a runtime does with it: ``problem`` is empty when it refuses, too."""

    entry: str
    kind: str
    runtime: str
    torchs: str
    problem: str = ""


class Refusals(Recorder):
    """Asks both runtimes for what torch refused."""

    def __init__(self, entry: str) -> None:
        self.entry = entry
        self.found: list[Refusal] = []

    def refused(self, op: Op, operands: Sequence[object], error: Exception) -> None:
        if not is_strided(operands):
            return
        for runtime in RUNTIMES:
            problem = problem_of(op, operands, runtime)
            told = str(error).partition("\n")[0]
            self.found.append(Refusal(self.entry, op.kind, runtime, told, problem))


def problem_of(op: Op, operands: Sequence[object], runtime: str) -> str:
    """Nothing when the runtime raises an error of tsx; else what it gives."""
    try:
        value = RUNTIMES[runtime](op, [array_of(operand, copy=True) for operand in operands])
    except TsxError:
        return ""
    except Exception as error:  # what no user may see is what is looked for
        return f"{type(error).__name__}: {error}"
    return f"answers {value!r:.80}"


def error_inputs(info: OpInfo) -> Iterator[Any]:
    """Those that torch can make on this build."""
    if info.error_inputs_func is not None:
        yield from info.error_inputs("cpu")


def refusals_of(index: int) -> list[Refusal]:
    """All refusals of one OpInfo."""
    torch.set_num_threads(1)
    info = op_db[index]
    recorder = Refusals(f"{info.name}.{v}" if (v := info.variant_test_name) else info.name)
    torch.manual_seed(0)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        for given in error_inputs(info):
            sample = given.sample_input
            with Calls(recorder):
                try:
                    info(sample.input, *sample.args, **sample.kwargs)
                except Exception:
                    continue  # it is what they are for
    return recorder.found


def all_refusals() -> list[Refusal]:
    with ProcessPoolExecutor(PROCESSES) as pool:
        found = pool.map(refusals_of, range(len(op_db)), chunksize=16)
        return list(itertools.chain.from_iterable(found))


def accepted() -> dict[tuple[str, str], str]:
    """(kind, runtime) -> why tsx takes what torch refuses."""
    rows = tomllib.loads(ACCEPTED.read_text(encoding="utf-8")).get("accepted", [])
    return {
        (kind, runtime): row["reason"]
        for row in rows
        for kind in row["kinds"]
        for runtime in row.get("runtimes", RUNTIMES)
    }
