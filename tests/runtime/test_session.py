"""Modules that write their attributes: sessions own the state, the loaded module never changes."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from tests.runtime.build import NET, floats, net
from tsx import api
from tsx.errors import RunError
from tsx.ir.graph import WeightRef
from tsx.ir.module import Method, Module, Object
from tsx.ir.text import parse_graph
from tsx.runtime.border import Executable
from tsx.runtime.snapshot import with_state

COUNTER = """graph(%self : __torch__.Net, %x : Float(s0)):
  %1 : int = prim::Constant[value=1]()
  %n : Float(1) = prim::GetAttr[name="count"](%self)
  %m : Float(1) = aten::add.Scalar(%n, %1, %1)
   = prim::SetAttr[name="count"](%self, %m)
  %y : Float(s0) = aten::mul.Tensor(%x, %m)
  return (%y)
"""
IN_PLACE = """graph(%self : __torch__.Net, %x : Float(s0)):
  %1 : int = prim::Constant[value=1]()
  %n : Float(1) = prim::GetAttr[name="count"](%self)
  %m : Float(1) = aten::add_.Scalar(%n, %1, %1)
  %w : Float(1) = prim::GetAttr[name="weight"](%self)
  %v : Float(s0) = aten::mul.Tensor(%x, %w)
  %y : Float(s0) = aten::mul.Tensor(%v, %n)
  return (%y)
"""


def counter(text: str = COUNTER) -> Module:
    return net(text, {"count": floats(0), "weight": floats(1)})


def calls(run: object, count: int, **options: object) -> list[float]:
    assert callable(run)
    return [run("forward", (floats(1),), **options).item() for _ in range(count)]


@pytest.mark.parametrize("text", [COUNTER, IN_PLACE])
def test_state_lives_on_between_calls(text: str) -> None:
    executable = Executable(counter(text))
    assert executable.is_stateful
    assert calls(executable.run, 3) == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("text", [COUNTER, IN_PLACE])
def test_sessions_have_state_of_their_own(text: str) -> None:
    executable = Executable(counter(text))
    one, two = executable.session(), executable.session()
    assert calls(executable.run, 2, session=one) == [1.0, 2.0]
    assert calls(executable.run, 1, session=two) == [1.0]
    assert calls(executable.run, 1) == [1.0]
    assert calls(executable.run, 1, session=one) == [3.0]


@pytest.mark.parametrize("text", [COUNTER, IN_PLACE])
def test_the_loaded_module_never_changes(text: str) -> None:
    module = counter(text)
    calls(Executable(module).run, 3)
    assert calls(Executable(module).run, 1) == [1.0]
    assert module.root is not None
    assert module.root.attributes["count"] == WeightRef("count")


def test_only_what_is_written_is_copied() -> None:
    session = Executable(counter(IN_PLACE)).session()
    assert list(session.tensors()) == ["count"]


def test_a_module_that_writes_nothing_needs_no_session() -> None:
    text = """graph(%self : __torch__.Net, %x : Float(s0)):
  %w : Float(1) = prim::GetAttr[name="weight"](%self)
  %1 : int = prim::Constant[value=1]()
  %a : Float(s0) = aten::mul.Tensor(%x, %w)
  %b : Float(s0) = aten::add_.Scalar(%a, %1, %1)
  return (%b)
"""
    assert not Executable(counter(text)).is_stateful


def test_tied_weights_stay_tied_in_a_session() -> None:
    text = IN_PLACE.replace('GetAttr[name="weight"]', 'GetAttr[name="other"]')
    module = net(text, {"count": floats(0)}, {"other": WeightRef("count")})
    assert calls(Executable(module).run, 2) == [1.0, 4.0]


def test_shared_objects_stay_shared_in_a_session() -> None:
    text = """graph(%self : __torch__.Net, %x : Float(s0)):
  %a : Part = prim::GetAttr[name="a"](%self)
  %b : Part = prim::GetAttr[name="b"](%self)
   = prim::SetAttr[name="v"](%a, %x)
  %y : Float(s0) = prim::GetAttr[name="v"](%b)
  return (%y)
"""
    part = Object("Part", {"v": None})
    module = net(text, {}, {"a": part, "b": part})
    assert calls(Executable(module).run, 1) == [1.0]


def test_state_shares_no_memory_with_callers() -> None:
    """What a call stores of its inputs, and what it gives of its state, are copies."""
    text = """graph(%self : __torch__.Net, %x : Float(s0)):
  %old : Float(1) = prim::GetAttr[name="count"](%self)
   = prim::SetAttr[name="count"](%self, %x)
  return (%old)
"""
    executable = Executable(counter(text))
    given = floats(5)
    executable.run("forward", (given,))
    given[0] = -1
    result = executable.run("forward", (floats(6),))
    assert result.tolist() == [5.0]
    result[0] = -1
    last = executable.run("forward", (floats(0),))
    assert last.tolist() == [6.0]


def test_an_error_leaves_state_that_is_the_sessions_own() -> None:
    text = """graph(%self : __torch__.Net, %x : Float(s0)):
  %old : Float(1) = prim::GetAttr[name="count"](%self)
   = prim::SetAttr[name="count"](%self, %x)
  %y : Float = aten::mm(%x, %old)
  return (%y)
"""
    executable = Executable(counter(text))
    session = executable.session()
    given = floats(5)
    with pytest.raises(RunError):
        executable.run("forward", (given,), session=session)
    given[0] = -1
    assert session.tensors()["count"].item() == 5.0


def test_calls_of_one_session_wait_for_each_other() -> None:
    executable = Executable(counter(IN_PLACE))
    threads = [threading.Thread(target=calls, args=(executable.run, 25)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert calls(executable.run, 1) == [201.0]


def test_lists_of_a_session_are_its_own() -> None:
    text = """graph(%self : __torch__.Net, %x : Float(s0)):
  %l : Tensor[] = prim::GetAttr[name="seen"](%self)
  %m : Tensor[] = aten::append.t(%l, %x)
  %n : int = aten::len.t(%l)
  return (%n)
"""
    module = net(text, {}, {"seen": []})
    executable = Executable(module)
    session = executable.session()
    assert [
        executable.run("forward", (floats(1),), session=s) for s in (session, session, None)
    ] == [1, 2, 1]
    assert module.root is not None
    assert module.root.attributes["seen"] == []


def test_a_weight_is_never_handed_out() -> None:
    text = """graph(%self : __torch__.Net):
  %w : Float(1) = prim::GetAttr[name="weight"](%self)
  return (%w)
"""
    executable = Executable(counter(text))
    result = executable.run("forward")
    result[0] = 9
    assert executable.run("forward").tolist() == [1.0]
    assert np.array_equal(floats(1), executable.vm.host.weight("weight"))


def test_class_names_are_those_of_the_owner() -> None:
    """An attribute of the same name in another class is not taken for a written one."""
    text = """graph(%self : __torch__.Net, %x : Float(s0)):
  %p : Part = prim::GetAttr[name="part"](%self)
   = prim::SetAttr[name="count"](%p, %x)
  %c : Float(1) = prim::GetAttr[name="count"](%self)
  %y : Float(s0) = aten::mul.Tensor(%x, %c)
  return (%y)
"""
    module = net(text, {"count": floats(2)}, {"part": Object("Part", {"count": None})})
    executable = Executable(module)
    assert calls(executable.run, 2) == [2.0, 2.0]
    assert list(executable.session().tensors() | {"part.count": None}) == ["part.count"]
    assert NET in module.classes


def test_a_function_has_an_empty_session() -> None:
    graph = parse_graph("graph(%x : int):\n  %y : int = aten::neg.int(%x)\n  return (%y)\n")
    executable = Executable(Module("f", {"forward": Method(graph)}))
    session = executable.session()
    assert executable.run("forward", (3,), session=session) == -3
    assert session.tensors() == {}


@pytest.mark.parametrize("text", [COUNTER, IN_PLACE])
def test_a_session_becomes_a_module_that_goes_on_from_there(text: str) -> None:
    module = counter(text)
    executable = Executable(module)
    session = executable.session()
    calls(executable.run, 3, session=session)
    later = with_state(module, session)
    assert calls(Executable(later).run, 2) == [4.0, 5.0]
    assert calls(executable.run, 1, session=session) == [4.0], "the session goes on by itself"
    assert calls(Executable(module).run, 1) == [1.0]
    assert sorted(later.weights) == ["count", "weight"]
    assert later.weights["weight"] is module.weights["weight"]


def test_sharing_survives_in_a_saved_session() -> None:
    text = """graph(%self : __torch__.Net, %x : Float(s0)):
  %a : Part = prim::GetAttr[name="a"](%self)
  %b : Part = prim::GetAttr[name="b"](%self)
  %l : Tensor[] = prim::ListConstruct(%x, %x)
   = prim::SetAttr[name="v"](%a, %x)
   = prim::SetAttr[name="l"](%b, %l)
  return (%x)
"""
    part = Object("Part", {"v": None, "l": []})
    module = net(text, {}, {"a": part, "b": part})
    executable = Executable(module)
    session = executable.session()
    calls(executable.run, 1, session=session)
    root = with_state(module, session).root
    assert root is not None
    kept = root.attributes["a"]
    assert isinstance(kept, Object)
    assert kept is root.attributes["b"]
    one = WeightRef("a.v")
    assert {"v": one, "l": [one, one]} == kept.attributes


def test_a_name_that_a_graph_uses_is_not_taken() -> None:
    text = COUNTER.replace(
        "  return (%y)\n",
        '  %c : Float(1) = prim::Constant[value=<Tensor>, name="count"]()\n  return (%c)\n',
    )
    module = counter(text)
    executable = Executable(module)
    session = executable.session()
    calls(executable.run, 1, session=session)
    later = with_state(module, session)
    assert later.root is not None
    assert WeightRef("count.state") == later.root.attributes["count"]
    assert later.weights["count"] is module.weights["count"]


def test_a_saved_session_goes_on_where_it_was(tmp_path: Path) -> None:
    module = counter(IN_PLACE)
    session = api.Module(module).session()
    assert [session(floats(1)).item() for _ in range(2)] == [1.0, 2.0]
    session.save(tmp_path / "later.tsx")
    later = api.load(tmp_path / "later.tsx")
    assert [later(floats(1)).item() for _ in range(2)] == [3.0, 4.0]
    assert session(floats(1)).item() == 3.0
