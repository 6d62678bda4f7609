"""What an instruction costs the VM: graphs of 200 nodes whose own work is next to nothing.

    python bench/vm_dispatch.py [--json]

Prints microseconds a run and nanoseconds an instruction (the best of several rounds), for typed scalar instructions,
calls of scalar and of tensor operators, a loop, and the same tensor graph called by hand, which is the floor.
"""

from __future__ import annotations

import argparse
import json
import timeit
from collections.abc import Callable

import numpy as np

import tsx.ops  # noqa: F401  (fills the registry)
from tsx.ir.graph import Graph
from tsx.ir.op import lookup
from tsx.ir.text import parse_graph
from tsx.runtime.lower import lower
from tsx.runtime.vm import VM

NODES = 200


def chain(line: str, operand: str) -> Graph:
    """``line`` 200 times, each on the result before it."""
    rows = [line.format(i + 1, i) for i in range(NODES)]
    return parse_graph(
        "\n".join(
            [
                f"graph(%v0 : {operand}):",
                "  %1 : int = prim::Constant[value=1]()",
                *rows,
                f"  return (%v{NODES})\n",
            ]
        )
    )


def loop() -> Graph:
    return parse_graph(f"""graph(%v0 : int):
  %t : bool = prim::Constant[value=True]()
  %n : int = prim::Constant[value={NODES}]()
  %r : int = prim::Loop(%n, %t, %v0)
    block0(%i : int, %a : int):
      %b : int = aten::add.int(%a, %i)
      -> (%t, %b)
  return (%r)
""")


CASES: dict[str, tuple[Graph, object]] = {
    "typed scalar: add.int": (chain("  %v{} : int = aten::add.int(%v{}, %1)", "int"), 1),
    "scalar call: gcd.int": (chain("  %v{} : int = aten::gcd.int(%v{}, %1)", "int"), 1),
    "tensor call: detach": (chain("  %v{} : Tensor = aten::detach(%v{})", "Tensor"), np.ones(4)),
    "tensor call: neg": (chain("  %v{} : Tensor = aten::neg(%v{})", "Tensor"), np.ones(4)),
    "tensor call: add": (
        chain("  %v{} : Tensor = aten::add.Scalar(%v{}, %1, %1)", "Tensor"),
        np.ones(4),
    ),
    "loop of 200 turns: add.int": (loop(), 1),
}


def best(function: Callable[[], object]) -> float:
    """Seconds a call, the best of seven rounds."""
    timer = timeit.Timer(function)
    count, _ = timer.autorange()
    return min(timer.repeat(7, max(1, count // 4))) / max(1, count // 4)


def by_hand(kind: str) -> float:
    """The same chain as a Python loop over the operator's own function: what no VM can go below."""
    op = lookup(kind)
    assert op is not None

    def run() -> object:
        value: object = np.ones(4)
        with np.errstate(all="ignore"):
            for _ in range(NODES):
                value = op.eval(value)
        return value

    return best(run)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--json", action="store_true")
    as_json = parser.parse_args().json
    rows: list[tuple[str, float, int]] = []
    for name, (graph, value) in CASES.items():
        program = lower(graph)
        vm = VM(program)
        vm.run("graph", [value])
        steps = len(program.functions[0].code) * (NODES if name.startswith("loop") else 1)
        rows.append((name, best(lambda vm=vm, value=value: vm.run("graph", [value])), steps))  # type: ignore[misc]
    rows.append(("by hand: neg", by_hand("aten::neg"), NODES))
    if as_json:
        print(json.dumps([{"name": n, "seconds": s, "instructions": i} for n, s, i in rows]))
        return
    for name, seconds, steps in rows:
        print(
            f"{name:28} {seconds * 1e6:9.1f} us  {seconds / steps * 1e9:7.1f} ns an instruction ({steps})"
        )


if __name__ == "__main__":
    main()
