"""Small programs, each about a builtin of numbers, `math` or text.

``test_builtins`` tries them on many values. Their annotations say what they take.
"""

import cmath
import math

# --- numbers -----------------------------------------------------------------------------------------------------------


def conversions(a: int, x: float, flag: bool) -> tuple[int, float, float, bool, bool, int]:
    return int(flag), float(a), float(flag), bool(a), bool(x), int(a)


def int_of_float(x: float) -> int:
    return int(x)


def int_of_text(text: str) -> int:
    return int(text)


def int_of_base(text: str, base: int) -> int:
    return int(text, base)


def float_of_text(text: str) -> float:
    return float(text)


def complex_parts(x: float, y: float) -> tuple[float, float, complex]:
    z = complex(x, y)
    return z.real, z.imag, z.conjugate()


def complex_of_text(text: str) -> complex:
    return complex(text)


def absolute(a: int, x: float, flag: bool) -> tuple[int, float, int, float]:
    return abs(a), abs(x), abs(flag), math.fabs(a)


def rounded(x: float) -> int:
    return round(x)


def rounded_to(x: float, a: int, n: int) -> tuple[float, int]:
    return round(x, n), round(a, n)


def rounded_to_nothing(x: float, a: int) -> tuple[int, int]:
    return round(x, None), round(a)


def quotients(a: int, b: int) -> tuple[int, int]:
    return divmod(a, b)


def float_quotients(x: float, b: int, flag: bool) -> tuple[float, float]:
    q, r = divmod(x, b)
    return q + r, divmod(flag, x)[0]


def powers(a: int, x: float) -> tuple[int, float, int, float]:
    return a**2, x**2, pow(a, 3), float(abs(a)) ** 0.5


def negative_power(a: int) -> float:
    return a**-2


def power_modulo(a: int, n: int, m: int) -> int:
    return pow(a, n, m)


def float_division(a: int, b: int, x: float, y: float) -> tuple[float, float, float]:
    return a / b, x / y, x // y + x % y


def bool_arithmetic(a: bool, b: bool, n: int) -> tuple[int, int, int, float, int]:
    return a + b, a * n, -a, a / 2, ~b


def bool_bits(a: bool, b: bool, n: int) -> tuple[bool, bool, bool, int]:
    return a & b, a | b, a ^ b, a & n


def shifts(a: int, n: int) -> tuple[int, int]:
    return a << n, a >> n


def bit_methods(a: int) -> tuple[int, int]:
    return a.bit_length(), a.bit_count()


def whole(x: float) -> bool:
    return x.is_integer()


def hashes(a: int, flag: bool) -> tuple[int, int]:
    return hash(a), hash(flag)


def chained(a: int, b: int, x: float) -> tuple[bool, bool, bool]:
    return a < b < x, a == b, (a != b) is True


# --- math ----------------------------------------------------------------------------------------------------------------


def roots(x: float) -> float:
    return math.sqrt(x)


def logarithms(x: float, base: float) -> tuple[float, float]:
    return math.log(x), math.log(x, base)


def circle(x: float) -> tuple[float, float, float, float]:
    return math.sin(x), math.cos(x), math.tan(x), math.atan2(x, 2)


def exponentials(x: float) -> tuple[float, float]:
    return math.exp(x), math.expm1(x)


def arcs(x: float) -> tuple[float, float]:
    return math.asin(x), math.acos(x)


def special(x: float) -> tuple[float, float, float]:
    return math.erf(x), math.gamma(x), math.lgamma(x)


def floors(x: float) -> tuple[int, int, int]:
    return math.floor(x), math.ceil(x), math.trunc(x)


def whole_functions(a: int, b: int) -> tuple[int, int, int]:
    return math.gcd(a, b, 12), math.lcm(a, b), math.isqrt(a)


def choices(a: int, b: int) -> tuple[int, int, int]:
    return math.comb(a, b), math.perm(a, b), math.factorial(a)


def float_tests(x: float, y: float) -> list[bool]:
    return [
        math.isnan(x),
        math.isinf(x),
        math.isfinite(x),
        math.isclose(x, y, rel_tol=0.5),
        math.isclose(x, y),
    ]


def float_parts(x: float, n: int) -> tuple[float, float, float, int, float]:
    a, b = math.modf(x)
    m, e = math.frexp(x)
    return a, b, m, e, math.ldexp(x, n)


def distances(xs: list[float], ys: list[float]) -> tuple[float, float, float]:
    return math.dist(xs, ys), math.fsum(xs), math.hypot(1.5, len(xs))


def products(values: list[int], xs: list[float]) -> tuple[int, float]:
    return math.prod(values), math.prod(xs, start=2.0)


def constants(x: float) -> float:
    return x * math.pi + math.e - math.tau


def complex_functions(z: complex) -> tuple[complex, complex, float]:
    return cmath.sqrt(z), cmath.exp(z), cmath.phase(z)


def complex_waves(z: complex) -> tuple[complex, complex]:
    return cmath.sin(z), cmath.cos(z)


def degrees(x: float) -> tuple[float, float]:
    return math.degrees(x), math.radians(x)


# --- text ----------------------------------------------------------------------------------------------------------------


def texts(a: int, x: float, flag: bool, text: str) -> str:
    return str(a) + repr(x) + str(flag) + repr(text) + str(None) + ascii(text)


def container_texts(values: list[int], d: dict[str, float], pair: tuple[int, str]) -> str:
    return str(values) + str(d) + repr(pair) + str([pair]) + str((values, d))


def formats(a: int, x: float, text: str) -> str:
    return f"{a:>6}|{x:.3f}|{text!r:<8}|{x:e}|{a:+d}|{x!s}|{a:x}|{a:,}|{text:^9}|{x:10.2g}"


def nested_format(x: float, width: int) -> str:
    return f"{x:{width}.1f}|{x:>{abs(width) + 1}}"


def format_of(a: int, spec: str) -> str:
    return format(a, spec)


def format_method(a: int, text: str, x: float) -> str:
    return "{} {1} {{}}".replace("{1}", "-").format(a) + f"{a}{x:.2f}{text!r}{a:03d}"


def format_names(a: int, values: list[int]) -> str:
    return "{n:>4} {v[0]} {}".format("x", n=a, v=values)


def dynamic_template(template: str, a: int) -> str:
    return template.format(a)


def percents(a: int, x: float, text: str) -> str:
    return "%d|%5.2f|%s|%r|%x|%%|%-6s|%03d|%e" % (a, x, text, text, abs(a), text, a, x)


def percent_of_one(values: list[int]) -> str:
    return "%s" % values + "%5s" % len(values)


def characters(text: str, a: int) -> str:
    return chr(a + 200) + hex(a) + oct(a) + bin(a) + str(ord(text))


def prints(a: int, x: float, text: str, values: list[str]) -> None:
    print(a, x, text, values, a > 1, None)
    print()
    print(text, end="!")
    print(a, x, sep=text, end="\n\n")


def text_sequence(text: str, i: int, j: int) -> tuple[str, str, str, int]:
    return text[i:j], text[::-1], text[i:j:-2], len(text)


def text_item(text: str, i: int) -> str:
    return text[i]


def text_walk(text: str) -> list[str]:
    found: list[str] = []
    for place, letter in enumerate(text, start=1):
        found.append(letter * place)
    return found + list(text) + [c.upper() for c in reversed(text)]


def text_operators(a: str, b: str, n: int) -> tuple[str, bool, bool, bool, str]:
    return a + b, a < b, a in b, a == b, a * n


def methods_of_cases(text: str) -> list[str]:
    return [
        text.upper(),
        text.lower(),
        text.title(),
        text.swapcase(),
        text.casefold(),
        text.capitalize(),
    ]


def methods_of_filling(text: str, n: int) -> list[str]:
    return [
        text.center(n),
        text.ljust(n, "."),
        text.rjust(n, "*"),
        text.zfill(n),
        text.expandtabs(3),
    ]


def methods_of_splitting(text: str, sep: str) -> list[str]:
    return (
        text.split()
        + text.split(",", 1)
        + text.rsplit(maxsplit=1)
        + text.splitlines(keepends=True)
        + text.split(sep)
    )


def methods_of_searching(text: str, part: str, i: int) -> list[int]:
    return [text.find(part), text.rfind(part, i), text.count(part), text.find(part, i, 3)]


def method_index(text: str, part: str) -> int:
    return text.index(part) + text.rindex(part)


def methods_of_ends(text: str, part: str) -> list[bool]:
    return [
        text.startswith(part),
        text.endswith(part, 1),
        text.startswith(("a", "b")),
        text.isdigit(),
        text.isalpha(),
    ]


def methods_of_parts(text: str, part: str) -> tuple[str, str, str, str]:
    return text.strip(), text.lstrip("ab"), text.removeprefix(part), text.replace("a", part, 2)


def partition(text: str) -> tuple[tuple[str, str, str], str]:
    return text.partition("b"), text.rpartition("b")[2]


def joining(values: list[str], n: int) -> str:
    return ",".join(values) + "-".join(str(i) for i in range(n)) + "/".join(("a", "b"))
