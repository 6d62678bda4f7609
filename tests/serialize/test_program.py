"""One case for each rule of the program and debug sections: what breaks it alone is refused for that reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.serialize.corpus import CORPUS
from tests.serialize.surgery import Parts, take_apart
from tsx.errors import ArchiveError
from tsx.serialize import limits
from tsx.serialize.archive import load, to_bytes

Change = Callable[[Any], object]


def first_method(program: Any) -> Any:
    return program["methods"][0]


def first_class(program: Any) -> Any:
    return program["classes"][0]


def blocks(program: Any) -> Any:
    return program["unit"]["graphs"][0][2]


def node(program: Any, number: int = 0) -> Any:
    return blocks(program)[0][1][number]


def attribute(program: Any) -> Any:
    """The attributes of the first object."""
    return program["objects"][0][1]


RULES: list[tuple[str, str, Change]] = [
    # methods, functions and graphs
    ("not in the order of their uses", "functions", lambda p: first_method(p).__setitem__(1, 1)),
    ("a graph has no use", "functions", lambda p: p["functions"].clear()),
    ("methods have 'forward' twice", "functions", lambda p: use_again(p, p["methods"][0])),
    ("functions have 'twice' twice", "functions", lambda p: function_again(p)),
    ("classes have '__torch__.Counter' twice", "state", lambda p: p["classes"].append(first_class(p))),
    ("no source of a method", "arithmetic", lambda p: first_method(p).__setitem__(6, "magic")),
    ("inputs of method 'forward' has a name twice", "arithmetic", lambda p: first_method(p)[2][1].__setitem__(0, "x")),
    ("has to be a name", "arithmetic", lambda p: first_method(p)[2][1].__setitem__(0, "")),
    ("has 6 elements, not 7", "arithmetic", lambda p: first_method(p).pop()),
    ("keyword-only has to be true or false", "arithmetic", lambda p: first_method(p)[2][0].__setitem__(2, 0)),
    ("dimension of a pin", "guards_and_pins", lambda p: first_method(p)[4][0].__setitem__(1, 16)),
    ("size of a pin", "guards_and_pins", lambda p: first_method(p)[4][0].__setitem__(2, -1)),
    ("dict with 2 keys", "trees", lambda p: first_method(p)[2][2][1][2].pop()),
    ("tuple with 1 keys", "trees", lambda p: first_method(p)[2][1][1][2].append("k")),
    # classes and objects
    ("members of class __torch__.Color has a name twice", "every_type", lambda p: color(p)[7][1].__setitem__(0, "RED")),
    ("buffers of class __torch__.Net has a name twice", "tree_module", lambda p: p["classes"][1][5].append("steps")),
    ("has 'x' twice|have 'x' twice", "every_type", lambda p: first_class(p)[2].append(["x", 0])),
    ("identifiers joined by dots", "state", lambda p: first_class(p).__setitem__(0, "a b")),
    ("'n' is no dictionary", "state", lambda p: attribute(p)[0].__setitem__(1, ["dict", 1])),
    ("'n' is no dictionary", "state", lambda p: attribute(p)[0].__setitem__(1, ["dict", ["list"], 1])),
    ("is no value", "state", lambda p: attribute(p)[0].__setitem__(1, ["unknown", 1])),
    ("is no value", "state", lambda p: attribute(p)[0].__setitem__(1, [])),
    ("have 'n' twice", "state", lambda p: attribute(p).append(["n", 1])),
    ("an object is not an index", "state", lambda p: p.__setitem__("root", 1)),
    ("an object is not an index", "state", lambda p: p.__setitem__("root", True)),
    # graphs
    ("inputs of graph 0 has a name twice", "arithmetic", lambda p: p["unit"]["graphs"][0].__setitem__(1, ["x", "x"])),
    ("input names of graph 0 has 1 elements", "arithmetic", lambda p: p["unit"]["graphs"][0][1].pop()),
    ("name of graph 0 has to be a name", "arithmetic", lambda p: p["unit"]["graphs"][0].__setitem__(0, "")),
    ("a block that no node owns", "arithmetic", lambda p: blocks(p).append([[], [], []])),
    ("lacks the blocks of a node", "control_flow", lambda p: blocks(p).pop()),
    ("lacks the blocks of a node", "arithmetic", lambda p: node(p).extend([2**40])),
    ("has no block 0", "nothing", lambda p: blocks(p).clear()),
    ("has 2 fields", "arithmetic", lambda p: node(p, 1).pop()),
    ("has 6 fields", "control_flow", lambda p: node(p, 1).append(0)),
    ("empty field at its end", "arithmetic", lambda p: node(p, 1).append([])),
    ("blocks of a node of graph 0 has to be an integer from 1", "arithmetic", lambda p: node(p).append(0)),
    ("namespace::name", "arithmetic", lambda p: p["unit"]["strings"].__setitem__(0, "Constant")),
    ("a node kind in graph 0 is not an index", "arithmetic", lambda p: node(p).__setitem__(0, 99)),
    ("have to ascend", "guards_and_pins", lambda p: node(p)[3].reverse()),
    ("have to ascend", "guards_and_pins", lambda p: node(p)[3].append(node(p)[3][-1])),
    ("an identifier", "arithmetic", lambda p: p["unit"]["strings"].__setitem__(1, "a value")),
    ("attribute value of a prim::Constant is no value", "arithmetic",
     lambda p: node(p)[3][0].__setitem__(1, ["list", 1])),
    ("is no value", "arithmetic", lambda p: node(p)[3][0].__setitem__(1, ["complex", 1, 2])),
    ("has to be an integer from", "arithmetic", lambda p: node(p)[3][0].__setitem__(1, 2**63)),
    ("an output type in graph 0 is not an index", "arithmetic", lambda p: node(p)[2].__setitem__(0, -1)),
    ("an input type in graph 0 is not an index", "arithmetic", lambda p: blocks(p)[0][0].__setitem__(0, 50)),
    ("unit has the keys", "arithmetic", lambda p: p["unit"].pop("sizes")),
    ("the number of graphs is 65537", "nothing", lambda p: p["unit"].update(graphs=[None] * (limits.GRAPHS + 1))),
    # types and sizes
    ("is no type", "arithmetic", lambda p: p["unit"]["types"].append(["set", 0])),
    ("is no type", "arithmetic", lambda p: p["unit"]["types"].append(["list", 0, 0])),
    ("the kind of a type has to be a string", "arithmetic", lambda p: p["unit"]["types"].append([])),
    ("'Number' is no type", "arithmetic", lambda p: p["unit"]["types"].append(["atom", "Number"])),
    ("'float8' is no dtype", "arithmetic", lambda p: p["unit"]["types"].append(tensor("float8"))),
    ("rank of a type", "arithmetic", lambda p: p["unit"]["types"].append(tensor(None, [1] * 17))),
    ("a size has to be an integer from 0", "arithmetic", lambda p: p["unit"]["types"].append(tensor(None, [-1]))),
    ("a size is not an index", "arithmetic", lambda p: p["unit"]["types"].append(tensor(None, [[7]]))),
    ("a stride has to be", "arithmetic", lambda p: p["unit"]["types"].append(tensor(None, None, ["1"]))),
    ("requires_grad has to be", "arithmetic", lambda p: p["unit"]["types"].append([*tensor()[:4], 1, None])),
    ("a device has to be a name", "arithmetic", lambda p: p["unit"]["types"].append([*tensor()[:5], ""])),
    ("a part of a type is not an index", "nothing", lambda p: p["unit"]["types"].append(["list", 0])),
    ("a NamedTuple has a name twice", "every_type",
     lambda p: p["unit"]["types"].append(["tuple", [0, 0], "m.P", ["a", "a"]])),
    ("has to be a name", "every_type", lambda p: p["unit"]["types"].append(["tuple", [0], "", ["a"]])),
    ("normal form", "arithmetic", lambda p: p["unit"]["sizes"].append([])),
    ("normal form", "arithmetic", lambda p: p["unit"]["sizes"].append([[0, "s0"]])),
    ("normal form", "arithmetic", lambda p: p["unit"]["sizes"].append([[1, "s0"], [1, "s0"]])),
    ("normal form", "arithmetic", lambda p: p["unit"]["sizes"].append([[5]])),
    ("coefficient and at most 63 factors", "arithmetic", lambda p: p["unit"]["sizes"].append([[]])),
    ("coefficient and at most 63 factors", "arithmetic", lambda p: p["unit"]["sizes"].append([[1] + ["s0"] * 64])),
    ("an identifier", "arithmetic", lambda p: p["unit"]["sizes"].append([[1, "s 0"]])),
    ("the size in a floor division is not an index", "nothing", lambda p: p["unit"]["sizes"].append([[1, [0, 2]]])),
    ("divisor of a size has to be", "arithmetic", lambda p: p["unit"]["sizes"].append([[1, [0, 1]]])),
]  # fmt: skip

DEBUG_RULES: list[tuple[str, str, Change]] = [
    ("debug data has the keys", "origins", lambda d: d.pop("pins")),
    ("graphs of the debug data has 0 elements", "origins", lambda d: d["graphs"].clear()),
    ("pins of the debug data has 0 elements", "origins", lambda d: d["pins"].clear()),
    ("pins of a method has 1 elements", "guards_and_pins", lambda d: d["pins"][0].pop()),
    ("the origins has 3 elements", "origins", lambda d: d["graphs"][0][1].pop()),
    ("an origin has 2 elements", "origins", lambda d: d["graphs"][0][1][0].pop()),
    ("an id has to be", "origins", lambda d: d["graphs"][0][1][0].__setitem__(0, [-1])),
    ("a span is not an index", "origins", lambda d: d["graphs"][0][1][0].__setitem__(1, [99])),
    ("a scope is not an index", "origins", lambda d: d["graphs"][0][1][0].__setitem__(2, 99)),
    ("caller of a span is not an index", "origins", lambda d: d["spans"][0].__setitem__(4, 0)),
    ("column of a span", "origins", lambda d: d["spans"][0].__setitem__(2, -2)),
    ("line of a span", "origins", lambda d: d["spans"][0].__setitem__(1, "3")),
    ("file of a span is not an index", "origins", lambda d: d["spans"][0].__setitem__(0, 99)),
    ("come in pairs", "arithmetic", lambda d: d["graphs"][0][0].pop()),
    ("number of a named value", "arithmetic", lambda d: d["graphs"][0][0].__setitem__(0, 0)),
    ("number of a named value", "arithmetic", lambda d: d["graphs"][0][0].extend(d["graphs"][0][0])),
    ("number of a named value", "arithmetic", lambda d: d["graphs"][0][0].__setitem__(0, 99)),
    ("two values have the name", "containers", lambda d: d["graphs"][0][0].__setitem__(3, d["graphs"][0][0][1])),
    ("two values have the name 'x'", "arithmetic", lambda d: d["strings"].__setitem__(d["graphs"][0][0][1], "x")),
    ("nesting of spans", "origins", lambda d: chain(d)),
]  # fmt: skip


def use_again(program: Any, method: Any) -> None:
    """A second method of the same name, with a graph of its own."""
    program["methods"].append([method[0], 1, *method[2:]])
    program["functions"].clear()


def function_again(program: Any) -> None:
    program["unit"]["graphs"].append(program["unit"]["graphs"][1])
    program["functions"].append([program["functions"][0][0], 2])


def color(program: Any) -> Any:
    return next(row for row in program["classes"] if row[1] == "enum")


def tensor(dtype: Any = None, shape: Any = None, strides: Any = None) -> list[Any]:
    return ["tensor", dtype, shape, strides, None, None]


def chain(debug: Any) -> None:
    """Calls within calls, more than may nest."""
    for _ in range(limits.DEPTH + 1):
        debug["spans"].append([0, 1, 1, 0, len(debug["spans"]) - 1])


def check(section: str, sentence: str, name: str, change: Change) -> None:
    parts: Parts = take_apart(to_bytes(CORPUS[name]()))
    change(parts.sections[section])
    with pytest.raises(ArchiveError, match=rf"TSX600[45].*({sentence})"):
        load(parts.assemble())


@pytest.mark.parametrize(("sentence", "name", "change"), RULES)
def test_rules_of_the_program(sentence: str, name: str, change: Change) -> None:
    check("program", sentence, name, change)


@pytest.mark.parametrize(("sentence", "name", "change"), DEBUG_RULES)
def test_rules_of_the_debug_data(sentence: str, name: str, change: Change) -> None:
    check("debug", sentence, name, change)
