"""Random statements, as lines of source: assignments, writes into containers, branches, loops and their exits."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tests.script.generate.expressions import Expressions
from tests.script.generate.scope import (
    LISTS,
    SCALARS,
    TENSOR,
    VALUES,
    Scope,
    Type,
    element_of,
    inner_of,
    key_and_value,
    parts_of,
)

_LONGEST = 14  # lists are kept shorter than this where a loop makes them grow


@dataclass(frozen=True)
class Place:
    """Where a statement stands: how deep, in a loop or not, and what the function returns."""

    depth: int
    in_loop: bool
    result: Type
    returned: str = ""  # what an early return gives, where that is fixed

    def deeper(self, *, loop: bool | None = None) -> Place:
        in_loop = self.in_loop if loop is None else loop
        return replace(self, depth=self.depth + 1, in_loop=in_loop)


class Statements(Expressions):
    """Statements, each as its lines."""

    def block(self, scope: Scope, place: Place, count: int) -> list[str]:
        """Up to ``count`` statements, at least one."""
        lines: list[str] = []
        for _ in range(self.random.randint(1, count)):
            lines += self.statement(scope, place)
        return lines

    def statement(self, scope: Scope, place: Place) -> list[str]:
        nested = place.depth < 3
        choices = [
            (5.0, self.define), (4, self.assign), (3, self.augment), (3, self.mutate), (1, self.unpack),
            (0.7, self.show), (0.5, self.check), (0.5, self.tensor_write), (0.4, self.delete),
            (3 if nested else 0, self.branch), (0.7 if nested else 0, self.refine),
            (2 if nested else 0, self.for_loop), (1 if nested else 0, self.while_loop),
            (0.5 if nested else 0, self.nested_function), (0.3, self.retype),
            (1.5 if place.in_loop else 0, self.leave), (0.3 if place.depth else 0, self.early_return),
        ]  # fmt: skip
        weights = [weight for weight, _ in choices]
        make = self.random.choices([make for _, make in choices], weights)[0]
        return make(scope, place)

    def define(self, scope: Scope, place: Place) -> list[str]:
        type = self.pick(VALUES)
        name = self.fresh("v")
        value = self.short(type, scope, place)
        needs = type.startswith(("Optional", "dict", "list[list"))
        scope.names[name] = type
        if needs or self.chance(0.2):
            scope.declared.add(name)
            return [f"{name}: {type} = {value}"]
        return [f"{name} = {value}"]

    def assign(self, scope: Scope, place: Place) -> list[str]:
        type = self.pick(VALUES)
        names = scope.assignable(type)
        if not names:
            return self.define(scope, place)
        return [f"{self.pick(names)} = {self.short(type, scope, place)}"]

    def short(self, type: Type, scope: Scope, place: Place) -> str:
        """An expression whose value does not double with each round of a loop."""
        text = self.expr(type, scope)
        if not place.in_loop or text in scope.names:
            return text
        return f"({text})[:20]" if type == "str" or type.startswith("list[") else text

    def result(self, scope: Scope, place: Place) -> str:
        """What ``return`` gives."""
        return place.returned or self.expr(place.result, scope)

    def retype(self, scope: Scope, place: Place) -> list[str]:
        """A name gets another type, in the straight-line code of a function."""
        fixed = scope.kept | scope.declared
        names = [n for t in SCALARS for n in scope.assignable(t) if n not in fixed]
        if place.depth or not names:
            return self.assign(scope, place)
        name, type = self.pick(names), self.pick(SCALARS)
        line = f"{name} = {self.expr(type, scope)}"
        scope.names[name] = type
        return [line]

    def augment(self, scope: Scope, place: Place) -> list[str]:
        type = self.pick(("int", "int", "float", "str", "list[int]", TENSOR))
        names = scope.assignable(type)
        if not names:
            return self.assign(scope, place)
        name = self.pick(names)
        if type == "int":
            sign = self.pick(("+=", "-=", "*=", "//=", "%=", "|=", "&=", "^="))
            value = self.divisor(scope) if sign in ("//=", "%=") else self.expr("int", scope)
            return [f"{name} {sign} {value}"]
        if type == "float":
            return [f"{name} {self.pick(('+=', '-=', '*='))} {self.expr('float', scope)}"]
        if type == "str":
            return [f"if len({name}) < 40:", f"    {name} += {self.expr('str', scope)}"]
        if type == "list[int]":
            return self.growing(name, f"{name} += {self.expr('list[int]', scope)}")
        value = self.expr(self.pick(("float", TENSOR)), scope)
        return [f"{name} {self.pick(('+=', '-=', '*='))} {value}"]

    def growing(self, name: str, line: str) -> list[str]:
        """``line``, while the list is short."""
        return [f"if len({name}) < {_LONGEST}:", f"    {line}"]

    def mutate(self, scope: Scope, place: Place) -> list[str]:
        """A write into a list or a dict."""
        if self.chance(0.4):
            return self.write_dict(scope, place)
        type = self.pick(LISTS)
        names = scope.of(type)
        if not names:
            return self.define(scope, place)
        name, item = self.pick(names), self.expr(element_of(type), scope)
        index = self.pick(("0", "-1", f"{self.expr('int', scope)} % len({name})"))
        kind = self.random.randint(0, 7)
        if kind <= 1:
            return self.growing(name, f"{name}.append({item})")
        if kind == 2:
            return self.growing(name, f"{name}.insert({self.expr('int', scope)}, {item})")
        if kind == 3:
            return self.growing(name, f"{name}.extend({self.expr(type, scope)})")
        if kind == 4:
            return [f"if {name}:", f"    {name}.pop({self.pick(('', '0', '-1'))})"]
        if kind == 5:
            return [f"{name}.reverse()"]
        if kind == 6 and type != "list[list[int]]":
            return [f"{name}.sort()"]
        return [f"if {name}:", f"    {name}[{index}] = {item}"]

    def write_dict(self, scope: Scope, place: Place) -> list[str]:
        names = [n for n, t in scope.names.items() if t.startswith("dict[")]
        names = [n for n in names if n not in scope.iterated]
        if not names:
            return self.define(scope, place)
        name = self.pick(names)
        key_type, value_type = key_and_value(scope.names[name])
        key, value = self.expr(key_type, scope), self.expr(value_type, scope)
        kind = self.random.randint(0, 5)
        if kind == 0:
            return [f"{name}.setdefault({key}, {value})"]
        if kind == 1:
            return [f"{name}.update({self.expr(scope.names[name], scope)})"]
        if kind == 2:
            return [f"{name}.pop({key}, {value})"]
        if kind == 3 and value_type == "int":
            return [f"{name}[{key}] = {name}.get({key}, 0) + {self.expr('int', scope)}"]
        return [f"{name}[{key}] = {value}"]

    def delete(self, scope: Scope, place: Place) -> list[str]:
        names = [n for n in scope.of("list[int]") if n not in scope.iterated]
        if not names:
            return self.show(scope, place)
        name = self.pick(names)
        return [f"if len({name}) > 1:", f"    del {name}[{self.pick(('0', '-1', '1:', ':1'))}]"]

    def unpack(self, scope: Scope, place: Place) -> list[str]:
        type = self.pick(("tuple[int, str]", "tuple[int, float]", "tuple[int, int]"))
        value = self.expr(type, scope)
        names = [self.fresh("u") for _ in parts_of(type)]
        scope.names.update(zip(names, parts_of(type), strict=True))
        return [f"{', '.join(names)} = {value}"]

    def tensor_write(self, scope: Scope, place: Place) -> list[str]:
        names = scope.of(TENSOR)
        if not names:
            return self.define(scope, place)
        name = self.pick(names)
        target = self.pick((f"{name}[0]", f"{name}[1:]", f"{name}[-1]", f"{name}[{name} < 0]"))
        return [f"{target} {self.pick(('=', '+=', '*='))} {self.expr('float', scope)}"]

    def show(self, scope: Scope, place: Place) -> list[str]:
        types = ("int", "float", "str", "bool", "list[int]", "list[str]", "dict[str, int]")
        return [f"print({', '.join(self.expr(self.pick(types), scope) for _ in range(2))})"]

    def check(self, scope: Scope, place: Place) -> list[str]:
        """What may stop the program: an assertion that mostly holds, or a rare ``raise``."""
        test = self.expr("bool", scope)
        if self.chance(0.5):
            return [f"assert {test} or True, 'never'"]
        error = self.pick(("ValueError", "RuntimeError", "KeyError", "IndexError"))
        guard = f"{test} and {self.expr('int', scope)} == {self.random.randint(20, 99)}"
        return [f"if {guard}:", f"    raise {error}({self.expr('str', scope)})"]

    # -- control flow --------------------------------------------------------------------------------------------

    def branch(self, scope: Scope, place: Place) -> list[str]:
        """``if``; sometimes both branches define a name that is used after it."""
        shared = self.fresh("w") if self.chance(0.3) else ""
        type = self.pick(SCALARS)
        lines = [f"if {self.expr(self.pick(('bool', 'bool', 'int', 'list[int]')), scope)}:"]
        arms = (
            ["elif", "else"] if self.chance(0.3) else ["else"] if shared or self.chance(0.6) else []
        )
        lines += self.arm(scope, place, shared, type)
        for arm in arms:
            lines.append("else:" if arm == "else" else f"elif {self.expr('bool', scope)}:")
            lines += self.arm(scope, place, shared, type)
        if shared:
            scope.names[shared] = type
        return lines

    def arm(self, scope: Scope, place: Place, shared: str, type: Type) -> list[str]:
        inner = scope.inner()
        body = self.block(inner, place.deeper(), 3)
        if shared:
            body.append(f"{shared} = {self.expr(type, inner)}")
        return indented(body)

    def refine(self, scope: Scope, place: Place) -> list[str]:
        """A branch on None, where the name is no Optional any more."""
        names = scope.assignable("Optional[int]") + scope.assignable("Optional[str]")
        if not names:
            return self.define(scope, place)
        name = self.pick(names)
        inner = scope.inner(**{name: inner_of(scope.names[name])})
        inner.frozen.add(name)
        if self.chance(0.3):
            lines = [
                f"if {name} is None:",
                f"    {name} = {self.literal(inner.names[name], scope)}",
            ]
            if place.depth == 0 and name not in scope.kept:
                scope.names[name] = inner.names[name]
            return lines
        return [f"if {name} is not None:", *indented(self.block(inner, place.deeper(), 3))]

    def for_loop(self, scope: Scope, place: Place) -> list[str]:
        inner = scope.inner()
        sources = [self.over_range, self.over_list, self.over_dict, self.over_pairs, self.over_str]
        head = self.random.choices(sources, (2, 2, 1, 0.7, 0.5))[0](scope, inner)
        lines = [head, *indented(self.block(inner, place.deeper(loop=True), 4))]
        if self.chance(0.12):
            lines += ["else:", *indented(self.block(scope.inner(), place.deeper(), 2))]
        return lines

    def over_range(self, scope: Scope, inner: Scope) -> str:
        name = self.fresh("i")
        inner.names[name] = "int"
        bound = self.pick(("3", "4", f"min(5, {self.expr('int', scope)})"))
        return f"for {name} in range({self.pick(('', '1, '))}{bound}):"

    def over_list(self, scope: Scope, inner: Scope) -> str:
        """Sometimes over a list that the body may change."""
        type = self.pick(("list[int]", "list[str]", "list[list[int]]"))
        names = scope.of(type)
        name = self.fresh("i")
        inner.names[name] = element_of(type)
        if names and self.chance(0.6):
            chosen = self.pick(names)
            inner.iterated.add(chosen)
            return f"for {name} in {chosen}:"
        if self.chance(0.3):
            index = self.fresh("i")
            inner.names[index] = "int"
            return f"for {index}, {name} in enumerate({self.expr(type, scope)}):"
        return f"for {name} in {self.expr(type, scope)}:"

    def over_dict(self, scope: Scope, inner: Scope) -> str:
        type = self.pick(("dict[str, int]", "dict[int, float]"))
        key_type, value_type = key_and_value(type)
        key, value = self.fresh("i"), self.fresh("i")
        source = self.expr(type, scope)
        inner.names[key] = key_type
        inner.iterated.update(scope.of(type))
        if self.chance(0.5):
            return f"for {key} in {self.pick((source, f'sorted({source})'))}:"
        inner.names[value] = value_type
        return f"for {key}, {value} in {source}.items():"

    def over_pairs(self, scope: Scope, inner: Scope) -> str:
        a, b = self.fresh("i"), self.fresh("i")
        inner.names[a], inner.names[b] = "int", "str"
        first, second = self.expr("list[int]", scope), self.expr("list[str]", scope)
        return f"for {a}, {b} in zip({first}, {second}):"

    def over_str(self, scope: Scope, inner: Scope) -> str:
        name = self.fresh("i")
        inner.names[name] = "str"
        return f"for {name} in {self.expr('str', scope)}:"

    def while_loop(self, scope: Scope, place: Place) -> list[str]:
        """A loop with a counter that ends it at the latest."""
        counter = self.fresh("n")
        limit = self.random.randint(1, 5)
        test = self.expr("bool", scope)
        condition = self.pick((f"{counter} < {limit}", f"{counter} < {limit} and {test}", "True"))
        inner = scope.inner(**{counter: "int"})
        inner.frozen.add(counter)
        body = [f"{counter} += 1"]
        if condition == "True":
            body += [f"if {counter} > {limit}:", "    break"]
        body += self.block(inner, place.deeper(loop=True), 4)
        lines = [f"{counter} = 0", f"while {condition}:", *indented(body)]
        if self.chance(0.12):
            lines += ["else:", *indented(self.block(scope.inner(), place.deeper(), 2))]
        scope.names[counter] = "int"
        return lines

    def leave(self, scope: Scope, place: Place) -> list[str]:
        word = self.pick(("break", "continue", f"return {self.result(scope, place)}"))
        return [f"if {self.expr('bool', scope)}:", f"    {word}"]

    def early_return(self, scope: Scope, place: Place) -> list[str]:
        return [f"if {self.expr('bool', scope)}:", f"    return {self.result(scope, place)}"]

    def nested_function(self, scope: Scope, place: Place) -> list[str]:
        """A function or lambda over the names around it, and a call of it."""
        name, parameter = self.fresh("f"), self.fresh("p")
        type = self.pick(("int", "str"))
        inner = scope.inner(**{parameter: type})
        inner.frozen.update(inner.names)
        result = self.fresh("v")
        if self.chance(0.4):
            lines = [f"{name} = lambda {parameter}: {self.expr(type, inner)}"]
        else:
            inside = Place(place.depth + 2, False, type)
            body = [*self.block(inner, inside, 2), f"return {self.expr(type, inner)}"]
            lines = [f"def {name}({parameter}: {type}) -> {type}:", *indented(body)]
        lines.append(f"{result} = {name}({self.expr(type, scope)})")
        scope.names[result] = type
        return lines


def indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]
