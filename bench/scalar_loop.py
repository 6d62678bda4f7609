"""A scripted loop over numbers, in the engine and in TorchScript's interpreter, in turns.

    make engine && python bench/scalar_loop.py [--rounds 11] [--iterations 3000000] [--json]

Fibonacci modulo a number, with a branch. Prints the medians of nanoseconds an iteration (processor time, so that other
work on the machine counts as little as possible) and how many times faster the engine is.
"""

from __future__ import annotations

import argparse
import ctypes
import io
import json
import os
import statistics
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tsx.ops  # noqa: F401  (fills the registry)
from tsx.api import Module, script

ROOT = Path(__file__).resolve().parent.parent
BUILD = Path(os.environ.get("TSX_ENGINE_BUILD", ROOT / "engine/build"))


def fibonacci(n: int) -> int:
    a, b = 0, 1
    for _ in range(n):
        a, b = b, (a + b) % 1000007
        if b % 2 == 0:
            b = b + 1
    return a


class _Arguments(ctypes.Structure):
    """tsx_arguments of engine/include/tsx/tsx.h."""

    _fields_ = (
        ("positional", ctypes.POINTER(ctypes.c_void_p)),
        ("positional_count", ctypes.c_size_t),
        ("names", ctypes.c_void_p),
        ("named", ctypes.c_void_p),
        ("named_count", ctypes.c_size_t),
    )


def engine(module: Module) -> Callable[[int], int]:
    """The module as a function of an int, run by the built libtsx through its C interface."""
    library = ctypes.CDLL(str(BUILD / "libtsx.so"))
    library.tsx_error_text.restype = ctypes.c_char_p
    file = io.BytesIO()
    module.save(file)
    loaded = ctypes.c_void_p()

    def checked(error: Any) -> None:
        if error:
            raise SystemExit(library.tsx_error_text(ctypes.c_void_p(error)).decode())

    for name in ("tsx_load_memory", "tsx_value_int", "tsx_module_call", "tsx_value_to_int"):
        getattr(library, name).restype = ctypes.c_void_p
    data = file.getvalue()
    size = ctypes.c_size_t(len(data))
    checked(library.tsx_load_memory(data, size, None, ctypes.byref(loaded)))

    def call(n: int) -> int:
        value, result, number = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_int64()
        checked(library.tsx_value_int(ctypes.c_int64(n), ctypes.byref(value)))
        arguments = _Arguments((ctypes.c_void_p * 1)(value), 1, None, None, 0)
        checked(
            library.tsx_module_call(
                loaded, None, ctypes.byref(arguments), None, ctypes.byref(result)
            )
        )
        checked(library.tsx_value_to_int(result, ctypes.byref(number)))
        library.tsx_value_free(value)
        library.tsx_value_free(result)
        return number.value

    return call


def torchscript() -> Callable[[int], int]:
    import torch

    torch.set_num_threads(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compiled: Callable[[int], int] = torch.jit.script(fibonacci)
    return compiled


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--iterations", type=int, default=3_000_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    sides = {"tsx engine": engine(script(fibonacci)), "TorchScript": torchscript()}
    assert len({run(1000) for run in sides.values()} | {fibonacci(1000)}) == 1
    times: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(options.rounds):
        for name, run in sides.items():
            start = time.process_time()
            run(options.iterations)
            times[name].append((time.process_time() - start) / options.iterations * 1e9)
    medians = {name: statistics.median(values) for name, values in times.items()}
    factor = medians["TorchScript"] / medians["tsx engine"]
    if options.json:
        print(json.dumps({"ns_per_iteration": times, "medians": medians, "factor": factor}))
        return
    for name, median in medians.items():
        spread = f"{min(times[name]):.1f} to {max(times[name]):.1f}"
        print(f"{name:<12} {median:8.1f} ns an iteration ({spread})")
    print(f"the engine is {factor:.1f} times faster")


if __name__ == "__main__":
    main()
