"""Symbolic sizes: integer polynomials over named symbols and floor divisions, in one normal form.

A dimension (``Dim``) is an int, or an ``Expr`` when it depends on a symbol (``s0``, ``s1``, …). Two sizes are
equal for every binding if and only if their normal forms are equal, up to the identities below; what can't be
expressed is a fresh symbol, made by the caller. Modulo is written ``a - d*(a // d)``, so there is one kind of atom.

Identities used: ``(d*q + r) // d = q + r // d``; ``(x // a + c) // b = (x + a*c) // (a*b)`` for a, b > 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from tsx.errors import fail


@dataclass(frozen=True, slots=True)
class Symbol:
    """A size that is not known before the model runs."""

    name: str
    weight: ClassVar[int] = 1

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class FloorDiv:
    """``numerator // divisor`` with a positive divisor; the numerator's coefficients are below it."""

    numerator: Expr
    divisor: int
    weight: int = field(init=False, repr=False, compare=False)  # how many atoms stand in it

    def __post_init__(self) -> None:
        object.__setattr__(self, "weight", 1 + _weight(self.numerator.terms))

    def __str__(self) -> str:
        text = str(self.numerator)
        return f"{text if text.isidentifier() else f'({text})'} // {self.divisor}"


# No model's sizes come near these; without them, a few lines of hostile text could fill the memory.
_MAX_TERMS = 1024
_MAX_DEGREE = 64
_MAX_WEIGHT = 4096

Atom = Symbol | FloorDiv
Monomial = tuple[Atom, ...]  # sorted by text; () is the constant term


@dataclass(frozen=True, slots=True)
class Expr:
    """A sum of ``coefficient * atom * atom …``; never a plain constant (that is an int)."""

    terms: tuple[tuple[Monomial, int], ...]

    def __add__(self, other: Dim) -> Dim:
        out = dict(self.terms)
        for monomial, coefficient in _terms(other):
            out[monomial] = out.get(monomial, 0) + coefficient
        return _make(out)

    __radd__ = __add__

    def __neg__(self) -> Dim:
        return _make({m: -c for m, c in self.terms})

    def __sub__(self, other: Dim) -> Dim:
        return self + -other

    def __rsub__(self, other: int) -> Dim:
        return -self + other

    def __mul__(self, other: Dim) -> Dim:
        terms = len(self.terms) * len(_terms(other))
        if terms > _MAX_TERMS or _degree(self) + _degree(other) > _MAX_DEGREE:
            raise fail("TSX8003", detail=f"a product of {terms} terms")
        out: dict[Monomial, int] = {}
        for m1, c1 in self.terms:
            for m2, c2 in _terms(other):
                m = tuple(sorted(m1 + m2, key=str))
                out[m] = out.get(m, 0) + c1 * c2
        return _make(out)

    __rmul__ = __mul__

    def __floordiv__(self, divisor: int) -> Dim:
        """Floor division by a positive int."""
        if divisor <= 0:
            raise ValueError(
                f"a symbolic size can be divided by a positive int only, not {divisor}"
            )
        whole = _make({m: c // divisor for m, c in self.terms})
        rest = _make({m: c % divisor for m, c in self.terms})
        if isinstance(rest, int):
            return whole + rest // divisor
        return whole + _floordiv_atom(rest, divisor)

    def __mod__(self, divisor: int) -> Dim:
        return self - (self // divisor) * divisor

    def symbols(self) -> Iterator[str]:
        """The names of the symbols in it, with repeats."""
        for monomial, _ in self.terms:
            for atom in monomial:
                if isinstance(atom, Symbol):
                    yield atom.name
                else:
                    yield from atom.numerator.symbols()

    def substitute(self, bindings: Mapping[str, Dim]) -> Dim:
        """The size with each bound symbol replaced; unbound ones stay."""
        total: Dim = 0
        for monomial, coefficient in self.terms:
            product: Dim = coefficient
            for atom in monomial:
                if isinstance(atom, Symbol):
                    product = product * bindings.get(atom.name, sym(atom.name))
                else:
                    product = product * (atom.numerator.substitute(bindings) // atom.divisor)
            total = total + product
        return total

    def __str__(self) -> str:
        return " + ".join(_term_text(m, c) for m, c in self.terms).replace("+ -", "- ")

    __repr__ = __str__  # messages of rules show lists of sizes


Dim = int | Expr
"""A size: known, or an expression over symbols. ``None`` beside it means unknown (prints ``*``)."""


def sym(name: str) -> Expr:
    """The size named ``name``."""
    return Expr((((Symbol(name),), 1),))


def evaluate(dim: Dim, bindings: Mapping[str, int]) -> int | None:
    """The value of ``dim`` when every symbol in it is bound, else None."""
    if isinstance(dim, int):
        return dim
    value = dim.substitute(bindings)
    return value if isinstance(value, int) else None


def exact_div(dim: Dim, divisor: Dim) -> Dim | None:
    """``dim / divisor`` where the division is known to leave no rest, else None (as for ``view(-1, …)``)."""
    if isinstance(divisor, int):
        if divisor == 0:
            return None
        if isinstance(dim, int):
            return dim // divisor if dim % divisor == 0 else None
        if any(c % divisor for _, c in dim.terms):
            return dim // divisor if divisor > 0 else None
        return _make({m: c // divisor for m, c in dim.terms})
    lead_m, lead_c = max(divisor.terms, key=_order)
    quotient: Dim = 0
    rest = dim
    for _ in range(64):  # every exact division of real sizes takes fewer steps
        if isinstance(rest, int) and rest == 0:
            return quotient
        m, c = max(_terms(rest), key=_order)
        left = _without(m, lead_m)
        if left is None or c % lead_c:
            return None
        step = _make({left: c // lead_c})
        quotient, rest = quotient + step, rest - step * divisor
    return None


def parse_dim(text: str) -> Dim:
    """Reads what ``str`` prints: sums, products, ``//`` by a positive int, parentheses, symbols, ints."""
    tokens = re.findall(r"\d+|[A-Za-z_]\w*|//|[-+*()%]|\S", text)
    value, end = _parse_sum(tokens, 0, 0)
    if end != len(tokens):
        raise _parse_error(text, tokens, end)
    return value


def _parse_error(text: str, tokens: list[str], at: int) -> Exception:
    found = tokens[at] if at < len(tokens) else "the end"
    return fail("TSX8001", expected="a size expression", found=repr(found), where=text)


def _parse_sum(tokens: list[str], at: int, depth: int) -> tuple[Dim, int]:
    value, at = _parse_product(tokens, at, depth)
    while at < len(tokens) and tokens[at] in "+-":
        sign = 1 if tokens[at] == "+" else -1
        term, at = _parse_product(tokens, at + 1, depth)
        value = value + term * sign
    return value, at


def _parse_product(tokens: list[str], at: int, depth: int) -> tuple[Dim, int]:
    value, at = _parse_atom(tokens, at, depth)
    while at < len(tokens) and tokens[at] in ("*", "//", "%"):
        operator = tokens[at]
        right, at = _parse_atom(tokens, at + 1, depth)
        if operator == "*":
            value = value * right
        elif not isinstance(right, int) or right <= 0:
            raise fail("TSX8001", expected="a positive divisor", found=str(right))
        else:
            value = value // right if operator == "//" else value % right
    return value, at


def _parse_atom(tokens: list[str], at: int, depth: int) -> tuple[Dim, int]:
    token = tokens[at] if at < len(tokens) else ""
    if depth > 32:
        raise fail("TSX8001", expected="at most 32 nested parentheses", found="more")
    if token == "(":
        value, at = _parse_sum(tokens, at + 1, depth + 1)
        if at < len(tokens) and tokens[at] == ")":
            return value, at + 1
    elif token == "-":
        value, at = _parse_atom(tokens, at + 1, depth + 1)
        return -value, at
    elif token.isdecimal():
        return int(token), at + 1
    elif token.isidentifier():
        return sym(token), at + 1
    raise _parse_error(" ".join(tokens), tokens, at)


def _terms(dim: Dim) -> tuple[tuple[Monomial, int], ...]:
    if isinstance(dim, Expr):
        return dim.terms
    return (((), dim),) if dim else ()


def _degree(dim: Dim) -> int:
    return max((len(monomial) for monomial, _ in _terms(dim)), default=0)


def _make(terms: Mapping[Monomial, int]) -> Dim:
    kept = {m: c for m, c in terms.items() if c}
    if not kept:
        return 0
    if len(kept) == 1 and () in kept:
        return kept[()]
    if (weight := _weight(kept.items())) > _MAX_WEIGHT:  # divisions in divisions grow like 2**n
        raise fail("TSX8003", detail=f"a size of {weight} terms")
    return Expr(tuple(sorted(kept.items(), key=_order, reverse=True)))


def _weight(terms: Iterable[tuple[Monomial, int]]) -> int:
    """How many symbols and divisions stand in a sum, those inside of divisions too."""
    return sum(atom.weight for monomial, _ in terms for atom in monomial)


def _order(term: tuple[Monomial, int]) -> tuple[int, list[str]]:
    """A monomial order: by degree, then by text; it makes printing stable and division terminate."""
    return len(term[0]), [str(atom) for atom in term[0]]


def _without(monomial: Monomial, factor: Monomial) -> Monomial | None:
    left = list(monomial)
    for atom in factor:
        if atom not in left:
            return None
        left.remove(atom)
    return tuple(left)


def _floordiv_atom(rest: Expr, divisor: int) -> Dim:
    *others, last = rest.terms
    if last[0] == () and len(others) == 1:
        (monomial, coefficient), constant = others[0], last[1]
    elif not others:
        (monomial, coefficient), constant = last, 0
    else:
        monomial, coefficient, constant = (), 0, 0
    if coefficient == 1 and len(monomial) == 1 and isinstance(monomial[0], FloorDiv):
        inner = monomial[0]
        return (inner.numerator + constant * inner.divisor) // (inner.divisor * divisor)
    return _make({(FloorDiv(rest, divisor),): 1})


def _term_text(monomial: Monomial, coefficient: int) -> str:
    if not monomial:
        return str(coefficient)
    factors = [
        f"({atom})"
        if isinstance(atom, FloorDiv) and (len(monomial) > 1 or coefficient != 1)
        else str(atom)
        for atom in monomial
    ]
    product = "*".join(factors)
    if coefficient == 1:
        return product
    return f"-{product}" if coefficient == -1 else f"{coefficient}*{product}"
