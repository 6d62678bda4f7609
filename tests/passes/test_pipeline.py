"""Pipelines: how they are written, expanded and checked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import tsx.passes
from tests.passes.modules import module_of
from tsx.errors import PassError
from tsx.ir.location import NOWHERE
from tsx.ir.module import Module
from tsx.ir.types import INT
from tsx.passes import define, pipeline
from tsx.passes.define import Context, PassFunction, PassInfo
from tsx.passes.pipeline import PassCall, PassResult

TEXT = """graph(%x : Float(2, 3)):
  %one : int = prim::Constant[value=1]()
  %dead : Float(2, 3) = aten::relu(%x)
  %y : Float(2, 3) = aten::mul.Scalar(%x, %one)
  return (%y)
"""


def names(calls: list[PassCall]) -> list[str]:
    return [str(call) for call in calls]


def test_each_file_is_a_pass_of_its_name() -> None:
    folder = Path(next(iter(tsx.passes.__path__)))
    files = {path.stem for path in folder.glob("*.py")} - {"__init__", "define", "pipeline"}
    assert files == {known.name for known in pipeline.list_passes()}


def test_options_are_read_by_the_type_of_their_default() -> None:
    (call,) = pipeline.parse("fold{max-bytes=4096}")
    assert call == PassCall("fold", (("max_bytes", 4096),))
    assert str(call) == "fold{max-bytes=4096}"
    assert pipeline.parse(" dce , conv-bn ") == [PassCall("dce"), PassCall("conv_bn")]
    assert pipeline.parse("") == []


def test_a_pipeline_prints_as_it_reads() -> None:
    text = "dce,fold{max-bytes=0},fuse"
    assert ",".join(names(pipeline.parse(text))) == text


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("dcee", "TSX8020", "there is no pass called dcee; the closest is dce"),
        ("zzz", "TSX8020", "there is no pass called zzz"),
        ("fold{maxbytes=1}", "TSX8021", "does not take maxbytes=1; the closest is max-bytes"),
        ("fold{max-bytes=big}", "TSX8021", "does not take max-bytes=big"),
        ("dce{x=1}", "TSX8021", "does not take x=1"),
        ("dce,,fold", "TSX8022", "at ',fold'"),
        ("dce,", "TSX8022", "at 'the end'"),
        ("dce{", "TSX8022", "at 'dce{'"),
    ],
)
def test_what_is_no_pipeline_is_refused(text: str, code: str, said: str) -> None:
    with pytest.raises(PassError) as caught:
        pipeline.parse(text)
    assert caught.value.code == code
    assert said in str(caught.value)
    assert caught.value.exit_status == 2


def test_requirements_are_added_once_and_before() -> None:
    calls = pipeline.expand(pipeline.parse("dce,fold,fuse"))
    assert names(calls) == ["dce", "inline", "freeze", "fold", "functionalize", "conv_bn", "fuse"]
    assert names(pipeline.expand(calls)) == names(calls)
    assert pipeline.weakest(calls) == "ulp"
    assert pipeline.weakest(pipeline.parse("dce,fold")) == "exact"


def test_levels_grow_weaker_and_presets_are_pipelines() -> None:
    classes = [pipeline.weakest(pipeline.level(n)) for n in range(4)]
    assert classes == ["exact", "exact", "exact", "ulp"]
    assert "fold{max-bytes=0}" in names(pipeline.preset("mobile"))
    for wrong in (lambda: pipeline.level(4), lambda: pipeline.preset("desktop")):
        with pytest.raises(PassError, match="TSX8028"):
            wrong()


def test_a_result_tells_what_each_rule_did() -> None:
    module = module_of(TEXT)
    first, second = pipeline.run(module, pipeline.parse("canonicalize,dce"))
    assert [(r.rule, r.graph, r.before, r.after) for r in first.rewrites] == [
        ("x * 1 == x", "forward", "mul(%x, 1)", "%x")
    ]
    assert first.changed
    assert first.mutations > 0
    assert [r.before for r in second.rewrites] == ["relu(%x)"]
    assert module.metadata["passes"] == "canonicalize,dce"


def test_the_hook_sees_every_step() -> None:
    seen: list[tuple[str, str]] = []

    def hook(previous: PassResult | None, module: Module, following: PassCall | None) -> None:
        seen.append((previous.name if previous else "", following.name if following else ""))

    pipeline.run(module_of(TEXT), pipeline.parse("dce,cse"), hook=hook)
    assert seen == [("", "dce"), ("dce", "cse"), ("cse", "")]


@pytest.fixture
def add_pass(monkeypatch: pytest.MonkeyPatch) -> Callable[[PassFunction], PassFunction]:
    """Makes a function a pass for one test."""

    def add(function: PassFunction) -> PassFunction:
        known = PassInfo(function.__name__, "exact", (), "", {}, "", "", False, function)
        everything = {**{p.name: p for p in pipeline.list_passes()}, known.name: known}
        monkeypatch.setattr(pipeline, "_registry", lambda: everything)
        return function

    return add


def refuse(text: str, code: str) -> PassError:
    with pytest.raises(PassError) as caught:
        pipeline.run(module_of(TEXT), pipeline.parse(text))
    assert caught.value.code == code
    assert caught.value.exit_status == 70
    return caught.value


def test_a_pass_that_changes_nothing_but_says_so_is_caught(
    add_pass: Callable[[PassFunction], PassFunction],
) -> None:
    @add_pass
    def busy(ctx: Context) -> None:
        ctx.graph.create("aten::relu", origin=NOWHERE).add_output(INT)

    assert "dce" in str(refuse("dce,busy", "TSX8023"))


def test_a_pass_that_hides_a_change_is_caught(
    add_pass: Callable[[PassFunction], PassFunction],
) -> None:
    @add_pass
    def sly(ctx: Context) -> None:
        next(iter(ctx.graph.nodes)).attributes["value"] = 2

    refuse("sly", "TSX8023")


def test_a_pass_that_breaks_the_graph_is_named_with_those_before(
    add_pass: Callable[[PassFunction], PassFunction],
) -> None:
    @add_pass
    def careless(ctx: Context) -> None:
        ctx.graph.block.return_node.set_inputs(())

    error = refuse("cse,dce,careless", "TSX8024")
    assert "the pass careless left" in str(error)
    assert "passes before it: cse, dce" in str(error)


def test_a_pass_that_crashes_is_named(add_pass: Callable[[PassFunction], PassFunction]) -> None:
    @add_pass
    def clumsy(ctx: Context) -> None:
        raise KeyError("lost")

    assert "the pass clumsy failed: KeyError: 'lost'" in str(refuse("clumsy", "TSX8025"))


def test_a_pass_must_live_in_a_file_of_its_name() -> None:
    with pytest.raises(ValueError, match=r"must live in stray\.py"):

        @define.define(safety="exact")
        def stray(ctx: Context) -> None:
            """Nothing."""


def test_a_module_in_training_mode_is_not_frozen() -> None:
    module = module_of(
        """graph(%self : __torch__.Net, %x : Float(2)):
  %w : Float(2) = prim::GetAttr[name="w"](%self)
  %y : Float(2) = aten::mul.Tensor(%x, %w)
  return (%y)
"""
    )
    assert module.root is not None
    module.root.attributes["training"] = True
    with pytest.raises(PassError) as caught:
        pipeline.run(module, pipeline.parse("freeze"), verify=False)
    assert caught.value.code == "TSX8026"


def test_inlined_spans_are_call_chains() -> None:
    module = module_of(
        """graph(%x : Float(2)):
  %y : Float(2) = prim::CallFunction[name="f"](%x) # model.py:9:4 in forward, scope: layer, id: 7
  return (%y)

def f(%v : Float(2)):
  %w : Float(2) = aten::relu(%v) # helper.py:3:8 in f, id: 2
  return (%w)
"""
    )
    pipeline.run(module, pipeline.parse("inline"))
    (node,) = module.forward.graph.nodes
    span = node.origin.span
    assert span is not None
    assert str(span) == "helper.py:3:8"
    assert str(span.caller) == "model.py:9:4"
    assert node.origin.scope == "layer"


def test_folding_has_one_budget_however_often_it_runs() -> None:
    text = """graph(%x : Float(4)):
  %s : int[] = prim::Constant[value=[4]]()
  %v : float = prim::Constant[value=2.0]()
  %u : float = prim::Constant[value=3.0]()
  %n : NoneType = prim::Constant()
  %o : Float(4) = aten::full(%s, %v, %n, %n, %n, %n)
  %p : Float(4) = aten::full(%s, %u, %n, %n, %n, %n)
  %a : Float(4) = aten::mul.Tensor(%x, %o)
  %y : Float(4) = aten::mul.Tensor(%a, %p)
  return (%y)
"""
    module = module_of(text)
    calls = pipeline.parse("fold{max-bytes=20}")
    changed = [pipeline.run(module, calls)[-1].changed for _ in range(2)]
    assert changed == [True, False]
    assert len(module.weights) == 1


def test_a_spent_budget_does_not_stop_what_costs_nothing() -> None:
    module = module_of(
        """graph(%x : Float(2)):
  %a : int = prim::Constant[value=2]()
  %n : int = aten::mul.int(%a, %a)
  %y : Float(2) = aten::mul.Scalar(%x, %n)
  return (%y)
"""
    )
    module.metadata["folded-bytes"] = "1000"
    (*_, result) = pipeline.run(module, pipeline.parse("fold{max-bytes=0}"))
    assert result.changed


def test_a_module_that_is_broken_to_begin_with_is_no_pass_s_fault() -> None:
    module = module_of(TEXT)
    module.forward.graph.block.return_node.set_inputs(())
    with pytest.raises(PassError) as caught:
        pipeline.run(module, pipeline.parse("dce"))
    assert caught.value.code == "TSX8002"
