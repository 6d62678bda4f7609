"""The registry by parts: one operator is the file that defines it, and nothing depends on what was looked up before."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any


def fresh(code: str) -> Any:
    """What ``code`` leaves in ``found``, in an interpreter of its own."""
    setup = "import json, sys, tsx.ops\nfrom tsx.ir.op import all_ops, lookup, overloads\n"
    command = [sys.executable, "-c", f"{setup}{code}\nprint(json.dumps(found))"]
    return json.loads(
        subprocess.run(command, check=True, stdout=subprocess.PIPE, timeout=60).stdout
    )


def test_one_operator_takes_the_file_that_defines_it() -> None:
    found = fresh(
        "kind = lookup('aten::softplus').kind\n"
        "files = [name for name in sys.modules if name.startswith('tsx.ops.')]\n"
        "found = [kind, 'tsx.ops.activations' in files, 'tsx.ops.fourier' in files, lookup('prim::If')]\n"
        "found.append('tsx.ops.fourier' in sys.modules)"
    )
    assert found == ["aten::softplus", True, False, None, False]


def test_an_operator_that_the_index_lacks_is_looked_for_everywhere() -> None:
    assert fresh("tsx.ops._index = dict\nfound = lookup('aten::softplus').kind") == "aten::softplus"
    renamed = "tsx.ops._index = lambda: {'aten::softplus': 'gone'}\n"
    assert fresh(f"{renamed}found = lookup('aten::softplus').kind") == "aten::softplus"
    assert fresh("found = lookup('my::softplus')") is None


def test_an_operator_by_itself_finds_what_its_formula_calls() -> None:
    code = "import numpy\nfound = float(lookup('aten::sigmoid').eval(numpy.zeros(())))"
    assert fresh(code) == 0.5


def test_overloads_keep_their_order() -> None:
    """Scripts take the first overload that fits."""
    everything = (
        "found = {op.schema.name: [o.kind for o in overloads(op.schema.name)] for op in all_ops()}"
    )
    kinds = "('aten::index.str', 'aten::eq.str', 'aten::where', 'tsx::len.str')"
    found = fresh(f"for kind in {kinds}: lookup(kind)\n{everything}")
    assert found == fresh(f"tsx.ops._index = dict\n{everything}")  # in the order of definition
    assert found["aten::index"][0] == "aten::index.list_int"
