"""The skeletons of ``tools/new.py``: at most three files, Python that parses, and nothing that exists already."""

from __future__ import annotations

import ast
import importlib.util
import shutil
import sys
from pathlib import Path
from types import ModuleType

import pytest

import tsx.ops  # noqa: F401  (fills the registry)

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = 'aten::unheard_of.mode(Tensor self, int[] dim, Tensor? weight=None, *, str mode="mean") -> Tensor'
FILES = ("tsx/ops/losses.py", "tsx/ops/bodies/losses.py", "engine/src/kernels/sorting.cc")
RULE = "TSX_RULE(losses_infer_unheard_of_mode) { return in.result(0); }"


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("new", ROOT / "tools" / "new.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["new"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


@pytest.mark.parametrize(("kind", "count"), [("elementwise", 1), ("kernel", 3), ("composite", 3)])
def test_skeletons(
    tool: ModuleType, tree: Path, kind: str, count: int, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {name: (tree / name).read_text() for name in FILES}
    arguments = ["op", SCHEMA, "--kind", kind, "--in", "losses", "--engine", "sorting"]
    assert tool.main([*arguments, "--root", str(tree)]) == 0
    changed = [name for name in FILES if (tree / name).read_text() != before[name]]
    rules = [path.relative_to(tree).as_posix() for path in tree.glob("engine/src/rules/*.cc")]
    assert len(changed) + len(rules) == count
    assert all(RULE in (tree / name).read_text() for name in rules)
    for name in changed:
        text = (tree / name).read_text()
        assert set(before[name].splitlines()) <= set(text.splitlines())
        assert "unheard_of" in text
        if name.endswith(".py"):
            ast.parse(text)
        else:
            assert text.rstrip().endswith(
                'registry.add("aten::unheard_of.mode", unheard_of_mode);\n}'
            )
    said = capsys.readouterr().out
    assert all(name in said for name in [*changed, *rules])


def test_what_exists_is_left_alone(tool: ModuleType, tree: Path) -> None:
    before = {name: (tree / name).read_text() for name in FILES}
    relu = "aten::relu(Tensor self) -> Tensor"
    for arguments in (
        [relu, "--in", "losses"],
        [SCHEMA, "--in", "nowhere"],
        ["aten::x(Tensor", "--in", "losses"],
    ):
        assert tool.main(["op", *arguments, "--root", str(tree)]) == 2
    assert before == {name: (tree / name).read_text() for name in FILES}


@pytest.mark.torch
def test_torch_knows_the_schema(tool: ModuleType, tree: Path) -> None:
    arguments = ["--in", "losses", "--engine", "sorting", "--root", str(tree)]
    assert tool.main(["op", "aten::_fused_adagrad_", *arguments]) == 0
    assert "Tensor(a!)[] self" in (tree / FILES[0]).read_text()
    with pytest.raises(SystemExit, match="torch has no aten::no_such"):
        tool.main(["op", "aten::no_such", *arguments])
