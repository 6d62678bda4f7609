"""The elementwise operators for the C++ engine: their formulas as code, from the records in ``tsx/ops``.

Takes the registry; gives the text of ``engine/gen/formulas.inc``. An expression is a stream of numbers, in prefix
order: its named parts, then its result. ``engine/src/tile/formula.cc`` walks it exactly as ``tsx/ops/scalar.py`` walks
the tree, once for each signature of operands, so no formula is ever written in C++ by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tsx.ir.op import Op, all_ops
from tsx.ir.types import DTYPE_BY_NAME, DType
from tsx.ops.formula import Formula
from tsx.ops.functions import FUNCTIONS
from tsx.ops.primitives import PRIMITIVES
from tsx.ops.promote import Kind
from tsx.ops.scalar import Apply, Expression, Name, Number, Tree, parse

NUMBER, NAME, PRIMITIVE, CALL, CAST, CAST_TO, DEFAULT, POLY, LET = range(9)
_CLASSES = {"bool": 1, "integer": 2, "float": 4, "complex": 8}
_WORDS = {"pi": "M_PI", "e": "M_E", "inf": "INFINITY", "nan": "NAN"}


@dataclass(slots=True)
class Tables:
    """The streams so far; equal expressions and numbers are kept once."""

    code: list[int] = field(default_factory=list)
    starts: dict[tuple[int, ...], int] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    functions: dict[str, int] = field(default_factory=dict)

    def number(self, text: str) -> int:
        return self.numbers.setdefault(text, len(self.numbers))

    def expression(self, expression: Expression, names: Mapping[str, int]) -> int:
        """The place where the stream of ``expression`` starts; ``names`` gives the slots of its operands."""
        slots = dict(names)
        stream: list[int] = []
        for name, tree in expression.parts:
            value = self._tree(tree, slots)
            slots[name] = max(slots.values(), default=-1) + 1
            stream += [LET, slots[name], *value]
        stream += self._tree(expression.result, slots)
        key = tuple(stream)
        if key not in self.starts:
            self.starts[key] = len(self.code)
            self.code += stream
        return self.starts[key]

    def _tree(self, tree: Tree, slots: Mapping[str, int]) -> list[int]:
        if isinstance(tree, Number):
            return [NUMBER, self.number(_literal(tree.value))]
        if isinstance(tree, Name):
            if tree.name in slots:
                return [NAME, slots[tree.name]]
            return [NUMBER, self.number(f"{{false, 0, {_WORDS[tree.name]}}}")]
        return self._apply(tree, slots)

    def _apply(self, tree: Apply, slots: Mapping[str, int]) -> list[int]:
        if tree.function == "cast" and len(tree.operands) == 2:
            target = tree.operands[1]
            assert isinstance(target, Name)
            code = DTYPE_BY_NAME[target.name].code
            return [CAST_TO, code, *self._tree(tree.operands[0], slots)]
        operands = [item for operand in tree.operands for item in self._tree(operand, slots)]
        if tree.function == "cast":
            return [CAST, *operands]
        if tree.function == "default":
            return [DEFAULT, *operands]
        if tree.function == "poly":
            return [POLY, len(tree.operands), *operands]
        if tree.function in PRIMITIVES:
            return [PRIMITIVE, list(PRIMITIVES).index(tree.function), *operands]
        return [CALL, self.functions[tree.function], *operands]


def _literal(value: int | float) -> str:
    if isinstance(value, int):
        return f"{{true, {value}, {value}.0}}"
    return f"{{false, 0, {value!r}}}"


def functions(tables: Tables) -> list[str]:
    """A row for each function of the language: its arity, its text in float32 and its text otherwise."""
    tables.functions = {name: place for place, name in enumerate(FUNCTIONS)}
    rows = []
    for name, function in FUNCTIONS.items():
        names = {parameter: place for place, parameter in enumerate(function.parameters)}
        plain = tables.expression(function.expression(DType.FLOAT64), names)
        single = tables.expression(function.expression(DType.FLOAT32), names)
        others = set(function.texts) - {"", "float32"}
        assert not others, f"{name} has texts that the engine's table has no room for: {others}"
        rows.append(f"    {{{len(names)}, {plain}, {single}}},  // {name}")
    return rows


def formula_ops() -> list[Op]:
    """The operators that have a formula, sorted by kind: the order of their rows."""
    return [op for op in all_ops() if isinstance(op.formula, Formula)]


def formulas(tables: Tables) -> tuple[list[str], list[str], list[str]]:
    """(a row for each formula, a row for each of their cases, a row for each kind that a case has)."""
    rows: list[str] = []
    cases: list[str] = []
    kinds: list[str] = []
    for op in formula_ops():
        formula = op.formula
        assert isinstance(formula, Formula)
        names = [argument.name for argument in op.schema.arguments]
        slots = {name: place for place, name in enumerate([*names, "largest", "lowest"])}
        first = len(cases)
        for case, text in formula.texts.items():
            cases.append(f'    {{"{case}", {tables.expression(parse(text), slots)}}},')
        rows.append(_row(op, formula, names, first, len(kinds)))
        if not isinstance(formula.kind, Kind):
            kinds += [f'    {{"{c}", Kind::{kind.name}}},' for c, kind in formula.kind.items()]
    return rows, cases, kinds


def _row(op: Op, formula: Formula, names: list[str], first_case: int, first_kind: int) -> str:
    def place(name: str) -> int:
        return names.index(name) if name else -1

    def code(dtype: DType | None) -> int:
        return -1 if dtype is None else dtype.code

    fixed = {place(name): dtype.code for name, dtype in formula.fixed.items()}
    assert len(fixed) <= 1, f"{op.kind}: the engine's table has room for one fixed argument"
    (argument, dtype), *_ = [*fixed.items(), (-1, -1)]
    promotes = sum(1 << place(name) for name in formula.promotes)
    refuses = sum(_CLASSES[name] for name in formula.refuses)
    plain, kinds = (
        (formula.kind, 0) if isinstance(formula.kind, Kind) else (Kind.DEFAULT, len(formula.kind))
    )
    return (
        f"    {{{promotes}, {first_case}, {len(formula.texts)}, {first_kind}, {kinds}, {len(names)}, {argument}, "
        f"{dtype}, {place(formula.select)}, {refuses}, {code(formula.compute)}, {place(formula.becomes)}, "
        f"Kind::{plain.name}}},  // {op.kind}"
    )


def text() -> str:
    """engine/gen/formulas.inc."""
    tables = Tables()
    function_rows = functions(tables)
    formula_rows, case_rows, kind_rows = formulas(tables)
    assert len(tables.code) < 1 << 15
    lines = [
        "// Generated from tsx/ops by `make generate` (tools/engine_formulas.py); see src/tile/formula.cc.",
        "",
        "constexpr NumberRow kNumbers[] = {",
    ]
    lines += [f"    {number}," for number in tables.numbers]
    lines += ["};", "", "constexpr std::int16_t kCode[] = {"]
    for start in range(0, len(tables.code), 20):
        lines.append("    " + ", ".join(map(str, tables.code[start : start + 20])) + ",")
    lines += ["};", "", "// operands, the place of its code, the place of its code in float32"]
    lines += ["constexpr FunctionRow kFunctions[] = {", *function_rows, "};"]
    lines += ["", "// case, the place of its code", "constexpr CaseRow kCases[] = {", *case_rows]
    lines += [
        "};",
        "",
        "constexpr KindRow kKinds[] = {",
        *kind_rows,
        "};",
        "",
        "// see FormulaRow in src/tile/formula.h",
        "constexpr FormulaRow kFormulas[] = {",
    ]
    lines += [*formula_rows, "};"]
    return "\n".join(lines) + "\n"
