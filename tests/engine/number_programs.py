"""Random programs over numbers: arithmetic, branches and loops that nest, as IR text.

They are what the engine's registers can get wrong and a kernel can't: values that wait on the stack across branches,
loops that hand values round, values that nobody uses. Well typed by construction; a run may stop (overflow, division
by zero), which is a result too.
"""

from __future__ import annotations

import random

_INT_OPS = ("add.int", "sub.int", "mul.int", "floordiv.int", "remainder.int")
_FLOAT_OPS = ("add.float", "sub.float", "mul.float", "div.float")
_COMPARE = ("lt", "le", "gt", "ge", "eq", "ne")
_MODULI = ("2", "7", "8", "1000003", "4611686018427387903", "4611686018427387905")
_CONSTANTS = {
    "int": ("-3", "0", "1", "2", "7", "8", "1000003"),
    "float": ("-1.5", "0.", "0.25", "3."),
    "bool": ("True", "False"),
}


class Writer:
    """Writes one graph; ``pool`` has the values in sight, by type."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.lines: list[str] = []
        self.count = 0

    def graph(self) -> str:
        pool = {"int": ["%n", "%m"], "float": ["%f"], "bool": ["%c"]}
        self.steps(pool, 10, 3, "  ")
        outputs = [*pool["int"][-3:], *pool["float"][-2:], *pool["bool"][-1:]]
        body = "".join(self.lines)
        head = "graph(%n : int, %m : int, %f : float, %c : bool):\n"
        return f"{head}{body}  return ({', '.join(outputs)})\n"

    def fresh(self) -> str:
        self.count += 1
        return f"%v{self.count}"

    def pick(self, pool: dict[str, list[str]], type: str, indent: str) -> str:
        """A value in sight, rather a late one; sometimes a constant."""
        if not pool[type] or self.random.random() < 0.25:
            value = self.random.choice(_CONSTANTS[type])
            return self.define(type, f"prim::Constant[value={value}]()", indent)
        return self.random.choice(pool[type][-4:])

    def define(self, type: str, expression: str, indent: str) -> str:
        name = self.fresh()
        self.lines.append(f"{indent}{name} : {type} = {expression}\n")
        return name

    def steps(self, pool: dict[str, list[str]], count: int, depth: int, indent: str) -> None:
        for _ in range(self.random.randint(1, count)):
            choice = self.random.random()
            if depth and choice < 0.2:
                self.branch(pool, depth, indent)
            elif depth and choice < 0.4:
                self.loop(pool, depth, indent)
            elif choice < 0.5:
                self.rest(pool, indent)
            else:
                self.number(pool, indent)

    def number(self, pool: dict[str, list[str]], indent: str) -> None:
        type = self.random.choice(("int", "int", "float"))
        a, b = self.pick(pool, type, indent), self.pick(pool, type, indent)
        if self.random.random() < 0.3:
            kind = f"aten::{self.random.choice(_COMPARE)}.{type}"
            pool["bool"].append(self.define("bool", f"{kind}({a}, {b})", indent))
        else:
            kind = self.random.choice(_INT_OPS if type == "int" else _FLOAT_OPS)
            pool[type].append(self.define(type, f"aten::{kind}({a}, {b})", indent))

    def rest(self, pool: dict[str, list[str]], indent: str) -> None:
        """What the engine has steps of its own for: (a + b) % n, a % 2 == 0."""
        value = self.pick(pool, "int", indent)
        for kind in self.random.choice(((), ("add",), ("sub",))):
            other = self.pick(pool, "int", indent)
            value = self.define("int", f"aten::{kind}.int({value}, {other})", indent)
        by = f"prim::Constant[value={self.random.choice(_MODULI)}]()"
        value = self.define(
            "int", f"aten::remainder.int({value}, {self.define('int', by, indent)})", indent
        )
        if self.random.random() < 0.5:
            zero = self.define("int", "prim::Constant[value=0]()", indent)
            kind = f"aten::{self.random.choice(('eq', 'ne'))}.int"
            pool["bool"].append(self.define("bool", f"{kind}({value}, {zero})", indent))
        else:
            pool["int"].append(value)

    def branch(self, pool: dict[str, list[str]], depth: int, indent: str) -> None:
        condition = self.pick(pool, "bool", indent)
        types = [self.random.choice(("int", "float")) for _ in range(self.random.randint(0, 3))]
        names = [self.fresh() for _ in types]
        self.lines.append(f"{indent}{_typed(names, types)} = prim::If({condition})\n")
        for index in range(2):
            self.lines.append(f"{indent}  block{index}():\n")
            inside = {key: list(values) for key, values in pool.items()}
            if self.random.random() < 0.8:
                self.steps(inside, 3, depth - 1, indent + "    ")
            results = [self.pick(inside, type, indent + "    ") for type in types]
            self.lines.append(f"{indent}    -> ({', '.join(results)})\n")
        for name, type in zip(names, types, strict=True):
            pool[type].append(name)

    def loop(self, pool: dict[str, list[str]], depth: int, indent: str) -> None:
        types = [self.random.choice(("int", "float")) for _ in range(self.random.randint(0, 3))]
        starts = [self.pick(pool, type, indent) for type in types]
        trips = self.define("int", f"prim::Constant[value={self.random.randint(0, 4)}]()", indent)
        condition = self.pick(pool, "bool", indent)
        names, carried, trip = (
            [self.fresh() for _ in types],
            [self.fresh() for _ in types],
            self.fresh(),
        )
        operands = ", ".join([trips, condition, *starts])
        self.lines.append(f"{indent}{_typed(names, types)} = prim::Loop({operands})\n")
        inputs = ", ".join(
            f"{n} : {t}" for n, t in zip([trip, *carried], ["int", *types], strict=True)
        )
        self.lines.append(f"{indent}  block0({inputs}):\n")
        inside = {key: list(values) for key, values in pool.items()}
        inside["int"].append(trip)
        for name, type in zip(carried, types, strict=True):
            inside[type].append(name)
        self.steps(inside, 4, depth - 1, indent + "    ")
        results = [self.pick(inside, type, indent + "    ") for type in ["bool", *types]]
        self.lines.append(f"{indent}    -> ({', '.join(results)})\n")
        for name, type in zip(names, types, strict=True):
            pool[type].append(name)


def _typed(names: list[str], types: list[str]) -> str:
    return ", ".join(f"{n} : {t}" for n, t in zip(names, types, strict=True))
