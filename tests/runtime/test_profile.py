"""Observers: steps, profiles and taps tell what happened, and change nothing."""

from __future__ import annotations

import numpy as np
import pytest

from tests.runtime.build import floats
from tsx.errors import RunError
from tsx.ir.text import parse_graph
from tsx.runtime.lower import lower
from tsx.runtime.observe import Moment, Observer
from tsx.runtime.profile import Profile, Steps, Taps, value_text
from tsx.runtime.values import UNINITIALIZED, EnumMember, Instance
from tsx.runtime.vm import VM

LAYERS = """graph(%x : Float(2)):
  %1 : int = prim::Constant[value=1]() # net.py:1:0
  %a : Float(2) = aten::add.Scalar(%x, %1, %1) # net.py:3:8, scope: body.0, id: 5
  %b : Float(2) = aten::relu(%a) # net.py:4:8, scope: body.1, id: 6
  %c : Float(2) = aten::detach(%b) # net.py:5:8, scope: head, id: 7
  return (%c)
"""


def observe(text: str, observer: Observer, *inputs: object) -> list[object]:
    vm = VM(lower(parse_graph(text)))
    assert str(vm.run("graph", list(inputs))) == str(vm.run("graph", list(inputs), observer))
    return []


def test_steps_show_stack_instruction_and_effect() -> None:
    steps = Steps()
    observe(LAYERS, steps, floats(1, -2))
    assert steps.rows == [
        (0, "", "MOVE x", "pushes Float(2), the last use of x"),
        (1, "Float(2)", "LOADC 1", "pushes 1"),
        (2, "Float(2) 1", "LOADC 1", "pushes 1"),
        (3, "Float(2) 1 1", "CALL aten::add.Scalar", "aten::add.Scalar(Float(2), 1, 1) → Float(2)"),
        (4, "Float(2)", "CALL aten::relu", "aten::relu(Float(2)) → Float(2)"),
        (5, "Float(2)", "CALL aten::detach", "aten::detach(Float(2)) → Float(2)"),
        (6, "Float(2)", "RET", "returns Float(2)"),
    ]


def test_steps_follow_calls_loops_and_branches() -> None:
    steps = Steps()
    observe("""graph(%n : int):
  %t : bool = prim::Constant[value=True]()
  %0 : int = prim::Constant[value=0]()
  %r : int = prim::Loop(%n, %t, %0)
    block0(%i : int, %a : int):
      %b : int = aten::add.int(%a, %i)
      -> (%t, %b)
  return (%r)
""", steps, 3)  # fmt: skip
    names = [row[2].split()[0] for row in steps.rows]
    assert names.count("ADD_I") == 3
    assert names.count("LOOP") == 4
    meanings = [row[3] for row in steps.rows]
    assert "add_i(0, 1) → 1" in meanings
    assert [meaning for meaning in meanings if meaning.startswith(("turn ", "ends"))] == [
        "turn 0",
        "turn 1",
        "turn 2",
        "ends after 3 turns",
    ]
    assert "jumps to 4" in meanings


def test_steps_say_what_branches_guards_and_calls_do() -> None:
    graph = parse_graph("""graph(%x : Tensor, %c : bool):
   = tsx::guard[kind="bool", expect=True, source="if c"](%c)
  %d : int = prim::Constant[value=0]()
  %n : NoneType = prim::Constant()
  %r : Tensor = prim::If(%c)
    block0():
      %y : Tensor = aten::softmax.int(%x, %d, %n)
      -> (%y)
    block1():
      -> (%x)
  return (%r)
""")
    steps = Steps()
    VM(lower(graph, bodies=True)).run("graph", [floats(1, 2), True], steps)
    meanings = [row[3] for row in steps.rows]
    assert "True, as when traced: if c" in meanings
    assert "True: goes on" in meanings
    assert "calls aten::softmax.int(Float(2), 0, None)" in meanings
    assert any(row[2].startswith("  LOAD") for row in steps.rows), "the callee is indented"


def test_steps_are_bounded() -> None:
    steps = Steps(limit=3)
    observe(LAYERS, steps, floats(1, 2))
    assert (len(steps.rows), steps.left_out) == (3, 4)


def test_a_profile_counts_calls_time_and_bytes() -> None:
    profile = Profile()
    observe(LAYERS, profile, floats(1, -2))
    rows = {kind: (calls, made) for kind, calls, _, made in profile.rows}
    assert rows["aten::add.Scalar"] == (1, 8)
    assert rows["aten::relu"] == (1, 8)
    assert rows["aten::detach"] == (1, 0), "a view makes no bytes"
    assert rows["LOADC"] == (2, 0)
    assert all(seconds >= 0 for _, _, seconds, _ in profile.rows)
    assert {"body.0", "body.1", "head"} <= {row[0] for row in profile.scopes}
    assert {"net.py:3", "net.py:4", "net.py:5"} <= {row[0] for row in profile.lines}


def test_taps_keep_the_last_value_of_each_scope_and_node() -> None:
    taps = Taps()
    observe(LAYERS, taps, floats(1, -2))
    assert {scope: array.tolist() for scope, array in taps.values.items()} == {
        "body.0": [2.0, -1.0],
        "body.1": [2.0, 0.0],
        "body": [2.0, 0.0],
        "head": [2.0, 0.0],
    }
    assert sorted(taps.ids) == [5, 6, 7]


def test_taps_keep_copies() -> None:
    taps = Taps()
    observe("""graph(%x : Float(1)):
  %1 : int = prim::Constant[value=1]()
  %a : Float(1) = aten::add.Scalar(%x, %1, %1) # scope: first
  %b : Float(1) = aten::add_.Scalar(%a, %1, %1) # scope: second
  return (%b)
""", taps, floats(0))  # fmt: skip
    assert {k: v.item() for k, v in taps.values.items()} == {"first": 1.0, "second": 2.0}


def test_taps_may_be_limited() -> None:
    taps = Taps(wanted={"head"})
    observe(LAYERS, taps, floats(1, -2))
    assert list(taps.values) == ["head"]
    assert list(taps.ids) == [7]


def test_values_in_a_few_letters() -> None:
    shown = {
        "Float(2, 3)": np.ones((2, 3), np.float32),
        "[1, 2, 3, 4, …]": [1, 2, 3, 4, 5],
        "(1, \"a\")": (1, "a"),
        "dict of 1": {"a": 1},
        "<Net>": Instance("__torch__.Net", {}),
        "Color.RED": EnumMember("m.Color", "RED", 1),
        "<uninitialized>": UNINITIALIZED,
        "None": None,
    }  # fmt: skip
    assert list(shown) == [value_text(value) for value in shown.values()]


def test_the_last_step_is_the_one_that_failed() -> None:
    steps = Steps()
    graph = parse_graph("graph(%x : Tensor):\n  %y : Tensor = aten::mm(%x, %x)\n  return (%y)\n")
    with pytest.raises(RunError):
        VM(lower(graph)).run("graph", [floats(1)], steps)
    assert steps.rows[-1] == (2, "Float(1) Float(1)", "CALL aten::mm", "stops here")


def test_an_error_of_the_observer_is_its_own() -> None:
    class Broken:
        def before(self, moment: Moment) -> None:
            raise ValueError("mine")

        def after(self, moment: Moment) -> None:
            """Never reached."""

    with pytest.raises(ValueError, match="mine"):
        observe(LAYERS, Broken(), floats(1, 2))
