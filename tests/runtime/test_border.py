"""Values in and out: bindings, array-likes, structures, copies, bfloat16."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import tsx
from tests.runtime.build import floats
from tsx.api import Module as Api
from tsx.errors import RunError, TsxError, UsageError
from tsx.ir.location import Span
from tsx.ir.module import LEAF, Method, Module, Parameter, Pin, TreeSpec
from tsx.ir.text import parse_graph
from tsx.ir.types import DType
from tsx.ops.dtypes import Array, cast
from tsx.runtime import border, convert
from tsx.runtime.border import Executable
from tsx.runtime.signature import signature
from tsx.runtime.tree import Record


def executable(text: str, *parameters: Parameter, **facts: Any) -> Executable:
    return Executable(Module("m", {"forward": Method(parse_graph(text), parameters, **facts)}))


IDENTITY = "graph(%x : Float(s0)):\n  %y : Float(s0) = aten::neg(%x)\n  return (%y)\n"


def neg(given: Any) -> Any:
    return executable(IDENTITY).run("forward", (given,))


class HasArray:
    def __array__(self, dtype: object = None, copy: object = None) -> Array:
        return floats(1, 2)


class HasDlpack:
    def __dlpack__(self, **options: Any) -> Any:
        return floats(1, 2).__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        return (1, 0)


class Refuses:
    def __array__(self, dtype: object = None, copy: object = None) -> Array:
        raise RuntimeError("lives on another device")


def read_only() -> Array:
    array = floats(1, 2)
    array.flags.writeable = False
    return array


def matrix() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy warns of the class as such
        return np.matrix([[1, 2]], np.float32)


@pytest.mark.parametrize("engine", ["native", "numpy"])
@pytest.mark.parametrize(
    ("given", "words"),
    [
        (np.ma.masked_array(floats(1, 2, 3), [0, 1, 0]), "a masked array, 1 of whose 3 elements is hidden"),
        (np.ma.masked, "a masked array, 1 of whose 1 elements is hidden"),
        (matrix(), "an np.matrix, whose * is the matrix product"),
    ],
)  # fmt: skip
def test_arrays_that_say_more_than_their_elements_are_refused(
    given: Any, words: str, engine: Any
) -> None:
    program = Module(
        "m",
        {
            "forward": Method(
                parse_graph(IDENTITY.replace("Float(s0)", "Tensor")), (Parameter("x"),)
            )
        },
    )
    with pytest.raises(TsxError, match="TSX5012") as caught:
        Api(program, engine=engine)(given)
    assert f"got {words}" in caught.value.message
    assert "np.asarray(x)" in caught.value.help or "x.filled(0)" in caught.value.help
    with pytest.raises(TsxError, match="TSX2006") as caught:
        tsx.trace(lambda x: x + 1, (given,))
    assert words in str(caught.value)


@pytest.mark.parametrize("engine", ["native", "numpy"])
def test_a_mask_that_hides_nothing_is_no_matter(engine: Any) -> None:
    program = Module("m", {"forward": Method(parse_graph(IDENTITY), (Parameter("x"),))})
    given = np.ma.masked_array(floats(1, 2), [0, 0])
    np.testing.assert_array_equal(Api(program, engine=engine)(given), [-1, -2])


class Subclass(np.ndarray[Any, Any]):
    pass


@pytest.mark.parametrize(
    "given",
    [
        floats(1, 2),
        [1, 2],
        (1.0, 2.0),
        HasArray(),
        HasDlpack(),
        read_only(),
        floats(1, 9, 2)[::2],
        floats(2, 1)[::-1],
        floats(1, 2).astype(">f4"),
        floats(1, 2).view(Subclass),
    ],
    ids=["array", "list", "tuple", "array-like", "dlpack", "read-only", "strided", "reversed",
         "big-endian", "subclass"],
)  # fmt: skip
def test_anything_like_an_array_goes_in(given: Any) -> None:
    result = neg(given)
    assert type(result) is np.ndarray
    assert result.tolist() == [-1.0, -2.0]


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (Refuses(), "a value of type Refuses (lives on another device)"),
        (np.array(["a"]), "an array of <U1[1]"),
        ([[1], [2, 3]], "a value of type list"),
        (np.array([1], np.uint64), "an array of uint64"),
        (object(), "a value of type object"),
        (None, "None"),
    ],
)
def test_what_is_no_tensor_is_refused(given: Any, found: str) -> None:
    with pytest.raises(RunError, match="TSX5012") as caught:
        neg(given)
    assert found in caught.value.message


@pytest.mark.parametrize("given", [np.float64([1, 2]), np.int32([1, 2]), [1j]])
def test_dtypes_are_never_converted_silently(given: Any) -> None:
    with pytest.raises(RunError, match="TSX5013"):
        neg(given)


def test_views_work_whatever_the_layout_of_the_input() -> None:
    text = """graph(%x : Float(s0, s1)):
  %m : int = prim::Constant[value=-1]()
  %s : int[] = prim::ListConstruct(%m)
  %y : Float = aten::view(%x, %s)
  return (%y)
"""
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    assert executable(text).run("forward", (x.T,)).tolist() == [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]


def test_numbers_without_a_program_dtype_get_torch_defaults() -> None:
    identity = executable("graph(%x : Tensor):\n  %y : Tensor = aten::neg(%x)\n  return (%y)\n")
    assert identity.run("forward", ([1.5],)).dtype == np.float32
    assert identity.run("forward", (2,)).dtype == np.int64
    assert identity.run("forward", (np.float64(2),)).dtype == np.float64


SCALARS = """graph(%n : int, %f : float, %b : bool, %s : str, %o : int?, %l : float[], %z : Scalar):
  return (%n, %f, %b, %s, %o, %l, %z)
"""


def test_scalars_and_lists() -> None:
    tuple_of = TreeSpec("tuple", (LEAF,) * 7)
    run = executable(SCALARS, result=tuple_of).run
    given = (np.int64(1), 2, np.bool_(True), "s", None, [1, 2.5], 3)
    assert run("forward", given) == (1, 2.0, True, "s", None, [1.0, 2.5], 3)


@pytest.mark.parametrize(
    ("place", "value"),
    [(0, True), (0, 1.0), (0, 2**63), (1, "x"), (1, True), (2, 1), (3, 1), (4, "x"), (5, 1.0), (5, ["a"]), (6, "x")],
)  # fmt: skip
def test_scalars_of_another_type_are_refused(place: int, value: Any) -> None:
    given = [1, 2.0, True, "s", None, [1.0], 3]
    given[place] = value
    with pytest.raises(RunError, match="TSX5012"):
        executable(SCALARS, result=TreeSpec("tuple", (LEAF,) * 7)).run("forward", given)


TWO = """graph(%x : Tensor, %y : Tensor):
  %o : int = prim::Constant[value=1]()
  %z : Tensor = aten::sub.Tensor(%x, %y, %o)
  return (%z)
"""


def test_arguments_bind_by_position_and_by_name() -> None:
    run = executable(TWO, Parameter("x"), Parameter("y")).run
    x, y = floats(5), floats(3)
    assert run("forward", (x, y)).item() == 2.0
    assert run("forward", (x,), {"y": y}).item() == 2.0
    assert run("forward", (), {"y": x, "x": y}).item() == -2.0


def test_wrong_arguments_are_named() -> None:
    only = executable(TWO, Parameter("x"), Parameter("scale", keyword_only=True))
    assert signature(only.module.forward) == "(x, *, scale)"
    one = floats(1)
    for args, kwargs, said in (
        ((one,), {}, "TSX5010: the input scale is missing: forward takes (x, *, scale)"),
        ((one, one), {}, "TSX5011: positional argument number 2 is not an input"),
        ((one,), {"x": one}, "TSX5011: x, given a second time, is not"),
        ((one,), {"scal": one}, "did you mean scale?"),
        ((one,), {"other": one}, "TSX5011: other is not an input"),
    ):
        with pytest.raises(RunError) as caught:
            only.run("forward", args, kwargs)
        assert said in str(caught.value)


def test_an_unknown_method_has_a_hint() -> None:
    with pytest.raises(RunError, match=r"TSX5008.*did you mean forward"):
        executable(TWO).run("forwards")


def test_an_unknown_engine_is_a_usage_error() -> None:
    module = executable(TWO).module
    with pytest.raises(RunError, match="TSX5021") as caught:
        Api(module, engine="warp")
    assert caught.value.exit_status == 2
    assert not isinstance(caught.value, UsageError)


@dataclass
class Batch:
    x: Array
    y: Array


SPECS = {
    "tuple": (TreeSpec("tuple", (LEAF, LEAF)), (floats(5), floats(3))),
    "list": (TreeSpec("list", (LEAF, LEAF)), [floats(5), floats(3)]),
    "dict": (TreeSpec("dict", (LEAF, LEAF), ("a", "b")), {"b": floats(3), "a": floats(5)}),
    "record": (TreeSpec("record", (LEAF, LEAF), ("x", "y"), "m.Batch"), Batch(floats(5), floats(3))),
    "record as dict": (TreeSpec("record", (LEAF, LEAF), ("x", "y")), {"x": floats(5), "y": floats(3)}),
    "namedtuple": (TreeSpec("namedtuple", (LEAF, LEAF), ("x", "y")), Batch(floats(5), floats(3))),
    "namedtuple as tuple": (TreeSpec("namedtuple", (LEAF, LEAF), ("x", "y")), (floats(5), floats(3))),
    "nested": (
        TreeSpec("tuple", (TreeSpec("list", (LEAF,)), TreeSpec("dict", (LEAF,), (7,)))),
        ([floats(5)], {7: floats(3)}),
    ),
    "none and constants": (
        TreeSpec("tuple", (LEAF, TreeSpec("none"), TreeSpec("constant", value=2), LEAF)),
        (floats(5), None, 2, floats(3)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SPECS)
def test_structures_go_in(name: str) -> None:
    spec, given = SPECS[name]
    assert executable(TWO, Parameter("batch", spec)).run("forward", (given,)).item() == 2.0


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("tuple", (1,), "the input batch must be a tuple of 2, got a tuple of 1"),
        ("tuple", 3, "the input batch must be a tuple of 2, got 3"),
        ("dict", {"a": 1}, "a dict with the keys 'a', 'b', got a dict with the keys 'a'"),
        ("record", {"x": 1}, "a record with the fields x, y"),
        ("nested", ([1], {}), "the input batch[1] must be a dict with the keys 7"),
        ("none and constants", (1, 2, 2, 1), "the input batch[1] must be None, got 2"),
        ("none and constants", (1, None, 3, 1), "the input batch[2] was 2 when the model was captured"),
        ("none and constants", (1, None, 2.0, 1), "the input batch[2] was 2 when"),
    ],
)  # fmt: skip
def test_other_structures_are_refused(name: str, given: Any, said: str) -> None:
    spec, _ = SPECS[name]
    with pytest.raises(RunError) as caught:
        executable(TWO, Parameter("batch", spec)).run("forward", (given,))
    assert said in caught.value.message
    assert caught.value.code == ("TSX5017" if "captured" in said or "was 2" in said else "TSX5018")


def test_constants_may_be_left_out() -> None:
    mode = Parameter("mode", TreeSpec("constant", value="mean"))
    run = executable(TWO, Parameter("x"), Parameter("y"), mode).run
    assert run("forward", (floats(5), floats(3))).item() == 2.0
    assert run("forward", (floats(5), floats(3)), {"mode": "mean"}).item() == 2.0
    with pytest.raises(RunError, match="TSX5017"):
        run("forward", (floats(5), floats(3)), {"mode": "sum"})


def outputs(spec: TreeSpec) -> Any:
    text = "graph(%x : Tensor, %y : Tensor):\n  return (%x, %y)\n"
    return executable(text, result=spec).run("forward", (floats(1), floats(2)))


def test_results_have_the_structure_that_capture_saw() -> None:
    assert {
        k: v.tolist() for k, v in outputs(TreeSpec("dict", (LEAF, LEAF), ("a", "b"))).items()
    } == {"a": [1.0], "b": [2.0]}
    named = outputs(TreeSpec("namedtuple", (LEAF, LEAF), ("values", "indices"), "torch.max"))
    assert (type(named).__name__, named.values.tolist()) == ("max", [1.0])
    mixed = outputs(TreeSpec("list", (LEAF, TreeSpec("none"), TreeSpec("tuple", (LEAF,)))))
    assert (mixed[1], mixed[2][0].tolist()) == (None, [2.0])


def test_a_record_is_read_by_name_key_and_index() -> None:
    made = outputs(TreeSpec("record", (LEAF, LEAF), ("logits", "hidden"), "m.ModelOutput"))
    assert isinstance(made, Record)
    assert made.logits is made["logits"] is made[0]
    assert list(made) == ["logits", "hidden"]
    assert repr(made).startswith("ModelOutput(logits=array([1.]")
    with pytest.raises(AttributeError, match="ModelOutput has no field 'loss'"):
        made.loss  # noqa: B018  (reading it is what raises)


WRITES = """graph(%x : Float(s0), %y : Float(s0)):
  %o : int = prim::Constant[value=1]()
  %z : Float(s0) = aten::add_.Tensor(%x, %y, %o)
  return (%z)
"""


def test_the_callers_arrays_stay_as_they_were() -> None:
    x = floats(1, 2)
    assert executable(WRITES).run("forward", (x, floats(1, 2))).tolist() == [2.0, 4.0]
    assert x.tolist() == [1.0, 2.0]


def test_a_caller_is_safe_even_from_a_write_that_nobody_foresaw(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(border, "written_inputs", lambda graph, module: frozenset())
    x = floats(1, 2)
    with pytest.raises(RunError, match="TSX5002"):
        executable(WRITES).run("forward", (x, x))
    assert x.tolist() == [1.0, 2.0]


def test_inplace_writes_into_the_callers_arrays() -> None:
    x = floats(1, 2)
    executable(WRITES).run("forward", (x, floats(1, 1)), inplace=True)
    assert x.tolist() == [2.0, 3.0]


def test_an_array_given_twice_is_one_array() -> None:
    x = floats(1, 2)
    assert executable(WRITES).run("forward", (x, x)).tolist() == [2.0, 4.0]
    text = """graph(%x : Float(s0), %y : Float(s0)):
  %o : int = prim::Constant[value=1]()
  %z : Float(s0) = aten::add_.Scalar(%x, %o, %o)
  return (%y)
"""
    assert executable(text).run("forward", (x, x)).tolist() == [2.0, 3.0]
    assert x.tolist() == [1.0, 2.0]


def test_inputs_that_overlap_and_are_written_are_refused() -> None:
    x = floats(1, 2, 3)
    with pytest.raises(RunError, match=r"TSX5022.*x and y overlap"):
        executable(WRITES).run("forward", (x[:2], x[1:]))
    pairs = floats(1, 2, 3, 4)
    assert executable(WRITES).run("forward", (pairs[::2], pairs[1::2])).tolist() == [3.0, 7.0]


def test_inplace_into_what_cannot_be_written_is_refused() -> None:
    run = executable(WRITES).run
    with pytest.raises(RunError, match="TSX5019"):
        run("forward", (floats(1).astype(">f4"), floats(1)), inplace=True)
    with pytest.raises(RunError, match="TSX5002"):
        run("forward", (read_only(), floats(1, 1)), inplace=True)


@pytest.mark.parametrize("text", [
    "graph(%x : Float(s0)):\n  return (%x)\n",
    "graph(%x : Float(s0)):\n  %y : Tensor = aten::detach(%x)\n  return (%y)\n",
    "graph(%x : Float(s0)):\n  %y : Tensor[] = prim::ListConstruct(%x)\n  return (%y)\n",
])  # fmt: skip
def test_results_never_share_memory_with_inputs(text: str) -> None:
    x = floats(1, 2)
    result = executable(text).run("forward", (x,))
    array = result[0] if isinstance(result, list) else result
    assert not np.shares_memory(array, x)
    assert array.flags.writeable


def test_bfloat16_goes_out_as_it_came_in() -> None:
    run = executable(
        "graph(%x : BFloat16(s0)):\n  %y : BFloat16(s0) = aten::neg(%x)\n  return (%y)\n"
    ).run
    bits = cast(floats(1.5, 2), DType.BFLOAT16)
    result = run("forward", (bits,))
    assert np.uint16 == result.dtype
    assert cast(result, DType.FLOAT32).tolist() == [-1.5, -2.0]


def test_bfloat16_of_another_package_comes_back_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for ml_dtypes.bfloat16, which is a void type of two bytes to NumPy."""
    theirs = np.dtype((np.void, 2))
    run = executable(
        "graph(%x : BFloat16(s0)):\n  %y : BFloat16(s0) = aten::neg(%x)\n  return (%y)\n"
    ).run
    given = cast(floats(1.5, 2), DType.BFLOAT16).view(theirs)
    with pytest.raises(RunError, match="TSX5012"):
        run("forward", (given,))
    monkeypatch.setattr(convert, "_is_ml_bfloat16", lambda dtype: dtype == theirs)
    result = run("forward", (given,))
    assert theirs == result.dtype
    assert cast(result.view(np.uint16), DType.FLOAT32).tolist() == [-1.5, -2.0]


PINNED = "graph(%x : Float(s0, 3)):\n  return (%x)\n"


def test_a_pin_names_its_line() -> None:
    pin = Pin("x", 1, 3, "range(x.shape[1]) unrolls", Span("model.py", 12, 8))
    with pytest.raises(RunError, match="TSX5015") as caught:
        executable(PINNED, pins=(pin,)).run("forward", (np.ones((2, 4), np.float32),))
    assert caught.value.where == "model.py:12:8"
    assert (
        "dimension 1 was fixed to 3 when traced, because range(x.shape[1]) unrolls"
        in caught.value.message
    )


@pytest.mark.parametrize(
    ("types", "shapes", "fits"),
    [
        (("s0, s1", "s1"), ((2, 3), (3,)), True),
        (("s0, s1", "s1"), ((2, 3), (2,)), False),
        (("s0", "(s0 + 1) // 2"), ((5,), (3,)), True),
        (("s0", "(s0 + 1) // 2"), ((5,), (2,)), False),
        (("2*s0", "s0"), ((4,), (2,)), True),
        (("2*s0", "2*s0 + 1"), ((4,), (5,)), True),
        (("2*s0", "*"), ((5,), (1,)), False),
        (("s0 + 3", "*"), ((2,), (1,)), False),
        (("s0*s1", "s0"), ((6,), (2,)), True),
        (("*", "..."), ((6,), (2, 2, 2)), True),
    ],
)
def test_symbols_agree_across_inputs(types: Any, shapes: Any, fits: bool) -> None:
    text = "graph(%x : Float({}), %y : {}):\n  return (%x, %y)\n"
    second = "Float" if types[1] == "..." else f"Float({types[1]})"
    tuple_of = TreeSpec("tuple", (LEAF, LEAF))
    run = executable(text.format(types[0], second), result=tuple_of).run
    given = tuple(np.ones(shape, np.float32) for shape in shapes)
    if fits:
        run("forward", given)
    else:
        with pytest.raises(RunError, match="TSX5016"):
            run("forward", given)


def test_a_size_that_waits_for_another_input_is_checked_as_well() -> None:
    text = "graph(%x : Float(s0 + s1), %y : Float(2*s0), %z : Float(s1 + 3)):\n  return (%x)\n"
    run = executable(text).run
    run("forward", (np.ones(3, np.float32), np.ones(4, np.float32), np.ones(4, np.float32)))
    with pytest.raises(RunError, match="TSX5016"):
        run("forward", (np.ones(3, np.float32), np.ones(4, np.float32), np.ones(5, np.float32)))
    run = executable(text.replace("s0 + s1), %y", "s0*s1), %y")).run
    with pytest.raises(RunError, match="TSX5016"):
        run("forward", (np.ones(3, np.float32), np.ones(4, np.float32), np.ones(4, np.float32)))


QUANTIZED = """graph(%x : Float(2)):
  %s : float = prim::Constant[value=0.5]()
  %z : int = prim::Constant[value=3]()
  %d : int = prim::Constant[value=13]()
  %q : QUInt8(2) = aten::quantize_per_tensor(%x, %s, %z, %d)
  return (%q)
"""


def test_a_quantised_result_is_refused() -> None:
    with pytest.raises(RunError, match="a result holds a quantised tensor") as caught:
        executable(QUANTIZED).run("forward", [np.zeros(2, np.float32)])
    assert caught.value.code == "TSX5044"
