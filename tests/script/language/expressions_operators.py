"""Section 1.3: operators, comparisons, and/or/not, the conditional expression."""

from typing import Dict, List, Optional, Tuple

import torch
from torch import Tensor

from tests.script.rows import Rows

rows = Rows("1.3", "Operators")

X = torch.arange(6.0).reshape(2, 3) - 2
I = torch.arange(-4, 4)


def int_arithmetic(a: int, b: int) -> List[int]:
    return [a + b, a - b, a * b, a // b, a % b, -a]


rows.add(int_arithmetic, "`+ - * // %` and `-` on ints", (7, 2), (-7, 2), (7, -2), (-7, -2), (1, 0))


def float_arithmetic(a: float, b: float) -> List[float]:
    return [a + b, a - b, a * b, a / b, a // b, a % b, -a]


rows.add(
    float_arithmetic,
    "`+ - * / // %` and `-` on floats",
    (7.5, 2.0),
    (-7.5, 2.0),
    (7.5, -2.0),
    (1.0, 0.1),
)


def mixed_arithmetic(n: int, x: float) -> List[float]:
    return [n + x, x - n, n * x, n / x, x // n, n % x, x**n]


rows.add(mixed_arithmetic, "int with float", (7, 2.5), (-3, 0.5))


def int_true_division(a: int, b: int) -> float:
    return a / b


rows.add(int_true_division, "`int / int` is a float", (7, 2), (-1, 3), (1, 0), (2**53 + 1, 1))


def int_power(a: int, b: int) -> int:
    return a**2 + b**3


rows.add(int_power, "`int ** int` with a known exponent is an int", (3, 2), (-3, -2))


def int_power_unknown(a: int, b: int) -> int:
    return int(a**b)


rows.add(
    int_power_unknown,
    "`int ** int` with an exponent that is 0 or more",
    (3, 4),
    (2, 0),
    (-2, 5),
)


def int_power_negative(a: int) -> float:
    return a**-2


rows.add(int_power_negative, "a negative exponent gives a float", 4, 0)


def float_power(a: float, b: float) -> float:
    return a**b


rows.add(float_power, "`float ** float`", (2.0, 0.5), (2.0, -1.0), (0.0, 0.0), (0.0, -1.0))


def int_shift(a: int, n: int) -> List[int]:
    return [a << n, a >> n]


rows.add(int_shift, "`<<` and `>>`", (5, 2), (-5, 1), (5, -1))


def int_bits(a: int, b: int) -> List[int]:
    return [a & b, a | b, a ^ b]


rows.add(int_bits, "`& | ^` on ints", (12, 10), (-12, 7))


def bool_bits(a: bool, b: bool) -> List[bool]:
    return [a & b, a | b, a ^ b]


rows.add(bool_bits, "`& | ^` on bools are bools", (True, False), (True, True))


def invert_int(n: int) -> int:
    return ~n


rows.add(invert_int, "`~` on an int", 5, -1)


def unary_plus(n: int, x: float) -> float:
    return +n + +x


rows.add(unary_plus, "unary `+`", (2, 0.5))


def unary_plus_tensor(x: Tensor) -> Tensor:
    return +x - (-x)


rows.add(unary_plus_tensor, "unary `+` on a Tensor", X)


def tensor_arithmetic(x: Tensor, y: Tensor) -> Tensor:
    return (x + y) * (x - y) / (y * y + 1)


rows.add(tensor_arithmetic, "`+ - * /` on Tensors", (X, X + 1))


def tensor_scalar(x: Tensor) -> List[Tensor]:
    return [x + 1, 1 + x, x - 2, 2 - x, x * 0.5, 3 / (x + 10), x / 2, x**2, 2**x]


rows.add(tensor_scalar, "a Tensor and a number, in both orders", X)


def tensor_floor(x: Tensor, n: int) -> List[Tensor]:
    return [x // n, x % n, n // (x + 10), n % (x + 10)]


rows.add(tensor_floor, "`//` and `%` with a Tensor, in both orders", (I, 3), (I.float(), 3))


def tensor_bits(x: Tensor, y: Tensor) -> List[Tensor]:
    return [x & y, x | y, x ^ y, ~x, x << 1, x >> 1]


rows.add(tensor_bits, "`& | ^ ~ << >>` on Tensors", (I, I + 3))


def tensor_bits_scalar(x: Tensor) -> List[Tensor]:
    return [x & 3, 3 & x, x | 8, 8 | x, x ^ 5]


rows.add(tensor_bits_scalar, "`& | ^` with a Tensor and an int, in both orders", I)


def tensor_logic(x: Tensor) -> Tensor:
    return (x > 0) & ~(x > 2) | (x == -2)


rows.add(tensor_logic, "masks are combined", X)


def matmul(x: Tensor) -> Tensor:
    return x @ x.t() @ x


rows.add(matmul, "`@`", X)


def int_tensor_division(x: Tensor) -> Tensor:
    return x / 2 + x // 2


rows.add(int_tensor_division, "`/` on an integer Tensor is a float", I)


def str_concat(a: str, b: str) -> str:
    return a + "/" + b


rows.add(str_concat, "`str + str`", ("a", "b"))


def str_times(text: str, n: int) -> str:
    return text * n + n * "-"


rows.add(str_times, "`str * int` and `int * str`", ("ab", 3), ("ab", 0), ("ab", -1))


def list_concat(a: List[int], b: List[int]) -> List[int]:
    return a + b + [0]


rows.add(list_concat, "`list + list`", ([1], [2, 3]))


def list_times(values: List[int], n: int) -> List[int]:
    return values * n + n * [0]


rows.add(list_times, "`list * int` and `int * list`", ([1, 2], 2), ([1], 0))


def tuple_concat(a: Tuple[int, str], n: int) -> Tuple[int, str, int]:
    return a + (n,)


rows.add(tuple_concat, "`tuple + tuple`", ((1, "a"), 3))


def tuple_times(n: int) -> Tuple[int, int, int, int]:
    return (n, n + 1) * 2


rows.add(tuple_times, "`tuple * int`", 3)


def percent_format(name: str, n: int) -> str:
    return "%s has %d items" % (name, n)


rows.add(percent_format, "`str % tuple`", ("a", 3))


def percent_one(x: float) -> str:
    return "%f|" % x


rows.add(percent_one, "`str % value`", 0.5)


def percent_precision(x: float, n: int) -> str:
    return "%.3f %5d %x %g" % (x, n, n, x)


rows.add(percent_precision, "`%.3f %5d %x %g`", (0.12345, 42), (1e10, 255))


def complex_arithmetic(z: complex, x: float) -> complex:
    return (z + x) * (z - 1) / (z * z + 2)


rows.add(complex_arithmetic, "arithmetic on complex numbers", (1 + 2j, 0.5))


def precedence(a: int, b: int, c: int) -> int:
    return a + b * c - (a - b) // c % 4 + -(a**2) + (a << 1 & b)


rows.add(precedence, "precedence", (7, 3, 2), (-7, 3, 2))


logic = Rows("1.3", "Comparisons and logic")


def compare_ints(a: int, b: int) -> List[bool]:
    return [a < b, a <= b, a > b, a >= b, a == b, a != b]


logic.add(compare_ints, "comparisons of ints", (1, 2), (2, 2))


def compare_mixed(n: int, x: float, flag: bool) -> List[bool]:
    return [n < x, x <= n, n == x, n != x, n == flag, flag < x]


logic.add(compare_mixed, "comparisons of int, float and bool", (1, 1.0, True), (2, 2.5, False))


def compare_big(n: int, x: float) -> List[bool]:
    return [n == x, n < x, n > x]


logic.add(compare_big, "an int and a float beyond 2**53 are compared exactly", (2**53 + 1, 2.0**53))


def compare_nan(x: float) -> List[bool]:
    return [x == x, x != x, x < x, x >= x]


logic.add(compare_nan, "NaN", float("nan"))


def compare_strings(a: str, b: str) -> List[bool]:
    return [a < b, a <= b, a == b, a != b, a > b]


logic.add(
    compare_strings, "comparisons of strings", ("abc", "abd"), ("a", "a"), ("é", "z"), ("", "a")
)


def compare_lists(a: List[int], b: List[int]) -> List[bool]:
    return [a == b, a != b]


logic.add(compare_lists, "`==` of lists", ([1, 2], [1, 2]), ([1], [2]))


def order_lists(a: List[int], b: List[int]) -> List[bool]:
    return [a < b, a <= b, a > b]


logic.add(order_lists, "`<` of lists", ([1, 2], [1, 3]), ([1], [1, 0]), ([], []))


def compare_tuples(a: Tuple[int, str], b: Tuple[int, str]) -> List[bool]:
    return [a == b, a != b, a < b]


logic.add(
    compare_tuples,
    "`==` and `<` of tuples",
    ((1, "a"), (1, "a")),
    ((1, "b"), (1, "a")),
    ((0, "b"), (1, "a")),
)


def compare_dicts(a: Dict[str, int], b: Dict[str, int]) -> bool:
    return a == b


logic.add(
    compare_dicts, "`==` of dicts", ({"a": 1, "b": 2}, {"b": 2, "a": 1}), ({"a": 1}, {"a": 2})
)


def compare_tensor(x: Tensor, y: Tensor) -> List[Tensor]:
    return [x < y, x <= 0, 1 > y, x == y, x != 0]


logic.add(compare_tensor, "comparisons of Tensors", (X, -X))


def compare_none(n: Optional[int]) -> bool:
    return n == None


logic.add(compare_none, "`x == None`", (None,), 3)


def compare_optional(n: Optional[int], m: int) -> bool:
    return n == m


logic.add(compare_optional, "`Optional[int] == int`", (None, 1), (1, 1), (2, 1))


def compare_str_int(text: str, n: int) -> bool:
    return text == n


logic.add(compare_str_int, "`str == int` is False", ("1", 1))


def order_str_int(text: str, n: int) -> bool:
    return text < n


logic.add(
    order_str_int,
    "`str < int`",
    ("1", 1),
    refused="no order between these types, in Python as well",
    code="TSX3116",
)


def chained(a: int, b: int, c: int) -> bool:
    return a < b < c


logic.add(chained, "`a < b < c`", (1, 2, 3), (1, 3, 2), (2, 1, 3))


def chained_many(x: float) -> bool:
    return 0 <= x < 1 != 2 > x >= 0.25


logic.add(chained_many, "a longer chain", 0.5, 0.1, 1.5)


def in_list(n: int, values: List[int]) -> bool:
    return n in values


logic.add(in_list, "`in` a list", (2, [1, 2]), (3, []))


def not_in_list(word: str, words: List[str]) -> bool:
    return word not in words


logic.add(not_in_list, "`not in` a list", ("a", ["a"]), ("b", ["a"]))


def in_tuple(n: int) -> bool:
    return n in (1, 2, 5)


logic.add(in_tuple, "`in` a tuple", 5, 3)


def in_dict(key: str, d: Dict[str, int]) -> bool:
    return key in d and "z" not in d


logic.add(in_dict, "`in` a dict", ("a", {"a": 1}), ("b", {"a": 1}), ("a", {"a": 1, "z": 2}))


def in_str(part: str, text: str) -> bool:
    return part in text


logic.add(in_str, "`in` a str", ("bc", "abcd"), ("x", "abcd"), ("", ""))


def in_set(n: int) -> bool:
    return n in {1, 2, 5}


logic.add(in_set, "`in` a set literal", 5, 3)


def in_range(n: int) -> bool:
    return n in range(0, 10, 3)


logic.add(in_range, "`in` a range", 6, 7, 12)


def in_tensor(x: Tensor, v: float) -> bool:
    return v in x


logic.add(in_tensor, "`in` a Tensor", (X, 3.0), (X, 9.0))


def is_none(x: Optional[Tensor]) -> bool:
    return x is None


logic.add(is_none, "`is None`", X, (None,))


def is_true(flag: bool) -> Tuple[bool, bool]:
    return flag is True, flag is not False


logic.add(is_true, "`is True`, `is not False`", True, False)


def is_tensor_identity(x: Tensor) -> Tuple[bool, bool]:
    y = x
    return x is y, x is not x.clone()


logic.add(is_tensor_identity, "`is` between Tensors", X)


def is_list_identity(values: List[int]) -> Tuple[bool, bool]:
    other = values
    copied = list(values)
    return other is values, copied is values


logic.add(is_list_identity, "`is` between lists", ([1],))


def not_values(n: int, text: str, values: List[int], x: Tensor) -> List[bool]:
    return [not n, not text, not values, not x]


logic.add(not_values, "`not`", (0, "a", [], torch.tensor(1.0)), (1, "", [1], torch.tensor(0)))


def and_or_bools(a: bool, b: bool) -> List[bool]:
    return [a and b, a or b, not a or b, not (a and b)]


logic.add(and_or_bools, "`and`, `or`, `not` on bools", (True, False), (False, False), (True, True))


def and_or_ints(a: int, b: int) -> Tuple[int, int]:
    return a and b, a or b


logic.add(and_or_ints, "`and` and `or` give an operand", (3, 4), (0, 4), (3, 0))


def or_default(values: List[int]) -> List[int]:
    return values or [1]


logic.add(or_default, "`values or [1]`", ([],), ([5],))


def or_str(name: str) -> str:
    return name or "default"


logic.add(or_str, '`name or "default"`', "", "x")


def or_optional(n: Optional[int]) -> int:
    return n or 7


logic.add(or_optional, "`optional or 7` is an int", (None,), 0, 3)


def short_circuit(values: List[int]) -> bool:
    return len(values) > 0 and values[0] == 1 or len(values) > 3


logic.add(short_circuit, "what need not be evaluated is not", ([],), ([1],), ([0, 0, 0, 0],))


def and_or_tensor(x: Tensor, y: Tensor) -> Tensor:
    if x.sum() > 0 and y.sum() > 0:
        return x
    return y


logic.add(and_or_tensor, "`and` of Tensors of one element in a condition", (X, X), (X + 1, X + 1))


def conditional(n: int) -> int:
    return n if n > 0 else -n


logic.add(conditional, "`a if c else b`", 3, -3)


def conditional_nested(n: int) -> str:
    return "neg" if n < 0 else "zero" if n == 0 else "pos"


logic.add(conditional_nested, "nested conditional expressions", -1, 0, 1)


def conditional_lazy(values: List[int]) -> int:
    return values[0] if len(values) > 0 else -1


logic.add(conditional_lazy, "only the chosen side is evaluated", ([],), ([4],))


def conditional_none(x: Tensor, flag: bool) -> Optional[Tensor]:
    return x if flag else None


logic.add(conditional_none, "a value or None", (X, True), (X, False))


def conditional_int_float(flag: bool) -> float:
    return 1 if flag else 2.5


logic.add(
    conditional_int_float, "an int or a float, where a float is wanted", True, False, widens=True
)


def evaluation_order(values: List[int]) -> int:
    return values.pop() * 100 + values.pop() * 10 + values.pop(0)


logic.add(evaluation_order, "operands are evaluated from left to right", ([1, 2, 3],))
