"""What is certain about the size of a symbolic expression: is it at least so much, for every binding?

A symbol stands for any size, 0 included. Rules use this to say ``x[:, :n]`` has exactly ``n`` columns only where that
is so for every size the model may be run at; where it can't be told, the answer is "not known", never a guess.
"""

from __future__ import annotations

from math import lcm

from tsx.ir.dims import Dim, Expr, FloorDiv, Symbol


def at_least(dim: Dim | None, low: int) -> bool:
    """Whether ``dim`` is known to be ``low`` or more for every binding of its symbols."""
    if dim is None:
        return False
    above = dim - low
    return _is_never_negative(above) or _is_never_negative(_relaxed(above))


def _is_never_negative(dim: Dim) -> bool:
    """Whether no term is: symbols are not, nor is a floor division of what is not."""
    if isinstance(dim, int):
        return dim >= 0
    return all(
        coefficient >= 0
        and all(isinstance(a, Symbol) or _is_never_negative(a.numerator) for a in monomial)
        for monomial, coefficient in dim.terms
    )


def no_less(a: Dim | None, b: Dim | None) -> bool:
    """Whether ``a >= b`` for every binding."""
    return a is not None and b is not None and at_least(a - b, 0)


def smaller(a: Dim | None, b: Dim | None) -> Dim | None:
    """The smaller of two sizes, when it is certain which one that is."""
    if no_less(b, a):
        return a
    return b if no_less(a, b) else None


def never_one(dim: Dim | None) -> bool:
    """Whether ``dim`` is known not to be 1 (so that ``squeeze`` keeps it, whatever the binding)."""
    return dim == 0 or at_least(dim, 2)


def _relaxed(dim: Dim) -> Dim:
    """A polynomial without floor divisions that is not above a positive multiple of ``dim``.

    ``(n - d + 1) / d <= n // d <= n / d`` replaces each division, by the side that makes the whole smaller.
    """
    while isinstance(dim, Expr):
        divisions = {
            atom.divisor for m, _ in dim.terms if len(m) == 1 for atom in m if isinstance(atom, FloorDiv)
        }  # fmt: skip
        if not divisions:
            return dim
        scale = lcm(*divisions)
        total: Dim = 0
        for monomial, coefficient in dim.terms:
            atom = monomial[0] if len(monomial) == 1 else None
            if isinstance(atom, FloorDiv):
                slack = atom.divisor - 1 if coefficient > 0 else 0
                total = total + (atom.numerator - slack) * (coefficient * (scale // atom.divisor))
            else:
                total = (
                    total + Expr(((monomial, coefficient * scale),))
                    if monomial
                    else total + coefficient * scale
                )
        dim = total
    return dim
