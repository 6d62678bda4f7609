"""Random expressions of a wanted type, as source text. Every one is well typed; some raise, as programs do."""

from __future__ import annotations

import re

from tests.script.generate.scope import (
    TENSOR,
    Maker,
    Scope,
    Type,
    element_of,
    inner_of,
    key_and_value,
    parts_of,
)
from tests.script.generate.templates import FORMS, HOLE

_DEEPEST = 3
_WORDS = ("", "a", "ab", "Ab c", "x1", " pad ", "é", "b,c", "12")
_NUMBERS = ("0.0", "0.5", "1.0", "-1.5", "2.25", "0.1", "1e3", "-0.0")
_SPECS = {
    "int": ("", ":d", ":04d", ":>5"),
    "float": ("", ":.2f", ":e", ":8.3f"),
    "str": ("", ":>6", "!r"),
    "bool": ("",),
}


class Expressions(Maker):
    """Expressions by type."""

    def expr(self, type: Type, scope: Scope) -> str:
        """An expression of ``type``: a leaf when it is nested deep enough."""
        names = scope.of(type) + self.constants_of(type)
        if names and self.chance(0.35 + 0.2 * self.depth):
            return self.pick(names)
        if self.depth >= _DEEPEST:
            return self.pick(names) if names and self.chance(0.6) else self.literal(type, scope)
        with self.deeper():
            calls = [f for f in self.functions if f.result == type]
            if calls and self.chance(0.12):
                chosen = self.random.choice(calls)
                return f"{chosen.name}({', '.join(self.expr(p, scope) for p in chosen.parameters)})"
            if type != TENSOR and self.chance(0.08):
                test = self.expr("bool", scope)
                return f"({self.expr(type, scope)} if {test} else {self.expr(type, scope)})"
            if type.startswith("tuple["):
                return f"({', '.join(self.expr(p, scope) for p in parts_of(type))})"
            if type.startswith("Optional["):
                return "None" if self.chance(0.3) else self.expr(inner_of(type), scope)
            return self.form(type, scope)

    def form(self, type: Type, scope: Scope) -> str:
        """One of the forms of ``type``, its holes filled from left to right."""
        forms = FORMS["dict" if type.startswith("dict[") else type]
        text = self.random.choices([form for _, form in forms], [weight for weight, _ in forms])[0]
        return HOLE.sub(lambda hole: self.fill(hole, type, scope), text)

    def fill(self, hole: re.Match[str], type: Type, scope: Scope) -> str:
        wanted = hole[1]
        if wanted.startswith(":"):
            return self.pick(wanted[1:].split("|"))
        if wanted == "self":
            return self.expr(type, scope)
        if wanted == "element":
            return self.expr(element_of(type), scope)
        if not wanted.startswith("!"):
            return self.expr(wanted, scope)
        name, _, kind = wanted[1:].partition("_")
        match name:
            case "generator":
                return self.generator(element_of(type) if kind == "element" else kind, scope)
            case "item":
                return self.item(f"list[{kind}]", scope)
            case "get":
                return self.get(_DICT_WITH[kind], scope)
            case "or":
                return self.or_default(f"Optional[{kind}]", scope)
            case "pair" | "pairs":
                return self.pairs(type, scope, 1 if name == "pair" else 2)
            case "dict":
                return self.dict_comprehension(type, scope)
            case "divisor":
                return self.divisor(scope)
            case "fstring":
                return self.fstring(scope)
            case "slice":
                return self.slice()
            case "comparison":
                return self.pick(("<", "<=", "==", "!=", ">", ">="))
            case "bits":
                return self.pick("&|^")
            case "word":
                return self.literal("str", scope)
            case "is":
                return self.is_none(scope)
        raise AssertionError(f"a form has the unknown hole {wanted}")

    def constants_of(self, type: Type) -> list[str]:
        """Globals, lists as copies: a program must not write into its module's lists."""
        names = [name for name, known in self.constants.items() if known == type]
        return [f"list({name})" if type.startswith("list[") else name for name in names]

    def literal(self, type: Type, scope: Scope) -> str:
        """A literal of ``type``."""
        if type == "int":
            return str(self.random.choice((0, 1, 2, 3, 5, -1, -2, 7, 10, 100)))
        if type == "float":
            return self.pick(_NUMBERS)
        if type == "bool":
            return self.pick(("True", "False"))
        if type == "str":
            return repr(self.pick(_WORDS))
        if type == TENSOR:
            return f"torch.tensor([{', '.join(self.pick(_NUMBERS) for _ in range(3))}])"
        if type.startswith("Optional["):
            return "None" if self.chance(0.5) else self.literal(inner_of(type), scope)
        if type.startswith("tuple["):
            return f"({', '.join(self.literal(p, scope) for p in parts_of(type))})"
        if type.startswith("dict["):
            key, value = key_and_value(type)
            return f"{{{self.literal(key, scope)}: {self.literal(value, scope)}}}"
        return f"[{self.literal(element_of(type), scope)}]"

    # -- what forms call for -------------------------------------------------------------------------------------

    def divisor(self, scope: Scope) -> str:
        """Seldom zero."""
        if self.chance(0.1):
            return self.expr("int", scope)
        return self.pick(("2", "3", "5", "-2", "-3", "7"))

    def is_none(self, scope: Scope) -> str:
        names = scope.of("Optional[int]") + scope.of("Optional[str]")
        if not names:
            return self.literal("bool", scope)
        return f"({self.pick(names)} {self.pick(('is', 'is not'))} None)"

    def or_default(self, type: Type, scope: Scope) -> str:
        """An Optional made into its inner type."""
        inner, names = inner_of(type), scope.of(type)
        if not names:
            return self.literal(inner, scope)
        name = self.pick(names)
        if self.chance(0.5):
            return f"({name} if {name} is not None else {self.expr(inner, scope)})"
        return f"({name} or {self.expr(inner, scope)})"

    def fstring(self, scope: Scope) -> str:
        names = [name for name, type in scope.names.items() if type in _SPECS]
        chosen = self.random.sample(names, min(2, len(names)))
        parts = [f"{n}={{{n}{self.pick(_SPECS[scope.names[n]])}}}" for n in chosen]
        return f"f'{' '.join(parts)}'"

    def slice(self) -> str:
        bounds = [self.pick(("", "1", "-1", "2", "-2", "0", "9")) for _ in range(2)]
        return f"{bounds[0]}:{bounds[1]}{self.pick(('', '', ':2', ':-1'))}"

    def item(self, type: Type, scope: Scope) -> str:
        """An element of a list: most often within its bounds."""
        names, other = scope.of(type), self.literal(element_of(type), scope)
        if not names:
            return other
        name = self.pick(names)
        if self.chance(0.12):
            return f"{name}[{self.expr('int', scope)}]"
        index = self.pick(("0", "-1", f"{self.expr('int', scope)} % len({name})"))
        return f"({name}[{index}] if {name} else {other})"

    def get(self, type: Type, scope: Scope) -> str:
        """A dict's value: most often with a default."""
        key, value = key_and_value(type)
        container = self.expr(type, scope)
        if self.chance(0.12):
            return f"{container}[{self.expr(key, scope)}]"
        return f"{container}.get({self.expr(key, scope)}, {self.expr(value, scope)})"

    def generator(self, type: Type, scope: Scope) -> str:
        """``EXPRESSION for NAME in ITERABLE if CONDITION`` of elements of ``type``."""
        name = self.fresh("q")
        item, container = self.random.choice(
            (("int", ""), ("int", "list[int]"), ("str", "list[str]"), ("str", "str"), ("float", "list[float]"))
        )  # fmt: skip
        source = self.expr(container, scope) if container else f"range({self.pick('035')})"
        inner = scope.inner(**{name: item})
        text = f"{self.expr(type, inner)} for {name} in {source}"
        return f"{text} if {self.expr('bool', inner)}" if self.chance(0.4) else text

    def pairs(self, type: Type, scope: Scope, count: int) -> str:
        key, value = key_and_value(type)
        pairs = [f"{self.expr(key, scope)}: {self.expr(value, scope)}" for _ in range(count)]
        return f"{{{', '.join(pairs)}}}"

    def dict_comprehension(self, type: Type, scope: Scope) -> str:
        key, value = key_and_value(type)
        name = self.fresh("q")
        inner = scope.inner(**{name: key})
        source = self.expr(f"list[{key}]", scope)
        return f"{{{name}: {self.expr(value, inner)} for {name} in {source}}}"


_DICT_WITH = {"int": "dict[str, int]", "float": "dict[int, float]", "str": "dict[int, str]"}
