"""Types that don't go together, and values of an unknown one."""

from typing import Callable, Dict, List, Optional, Set, Tuple, Union

import torch
from torch import Tensor

from tests.script.wrong_programs import Wrong

wrong = Wrong()
X = torch.arange(6.0).reshape(2, 3) - 2


def result_or_message(x: Tensor, n: int):
    if n > 0:
        return x * n
    else:
        return "failed"


def result_or_message_fixed(x: Tensor, n: int):
    if n > 0:
        return x * n
    else:
        raise ValueError("failed")


wrong.add(result_or_message, result_or_message_fixed, (X, 2), (X, 0))


def number_or_text(flag: bool) -> int:
    if flag:
        value = 3
    else:
        value = "three"
    return len(str(value))


def number_or_text_fixed(flag: bool) -> int:
    if flag:
        value = str(3)
    else:
        value = "three"
    return len(value)


wrong.add(number_or_text, number_or_text_fixed, True, False)


def adds_none(n: Optional[int]) -> int:
    return n + 1


def adds_none_fixed(n: Optional[int]) -> int:
    assert n is not None
    return n + 1


wrong.add(adds_none, adds_none_fixed, 3, (None,))


def calls_on_optional(mask: Optional[Tensor], x: Tensor) -> Tensor:
    return x.masked_fill(mask.bool(), 0.0)


def calls_on_optional_fixed(mask: Optional[Tensor], x: Tensor) -> Tensor:
    if mask is not None:
        return x.masked_fill(mask.bool(), 0.0)
    return x


wrong.add(calls_on_optional, calls_on_optional_fixed, (X > 0, X), (None, X))


def optional_item(d: Dict[str, Optional[int]]) -> int:
    if d["n"] is not None:
        return d["n"] + 1
    return 0


def optional_item_fixed(d: Dict[str, Optional[int]]) -> int:
    n = d["n"]
    if n is not None:
        return n + 1
    return 0


wrong.add(optional_item, optional_item_fixed, {"n": 1}, {"n": None})


def union_arithmetic(value: Union[int, str]) -> int:
    return value * 2


def union_arithmetic_fixed(value: Union[int, str]) -> int:
    if isinstance(value, int):
        return value * 2
    return len(value)


wrong.add(union_arithmetic, union_arithmetic_fixed, 3, "abc")


def wrong_result(x: Tensor) -> int:
    return x.sum()


def wrong_result_fixed(x: Tensor) -> int:
    return int(x.sum())


wrong.add(wrong_result, wrong_result_fixed, X)


def takes_words(words: List[str]) -> int:
    return len(words)


def wrong_argument(values: List[int]) -> int:
    return takes_words(values)


def wrong_argument_fixed(values: List[int]) -> int:
    return takes_words([str(v) for v in values])


wrong.add(wrong_argument, wrong_argument_fixed, ([1, 2],))


def takes_optionals(values: List[Optional[int]]) -> int:
    values.append(None)
    return len(values)


def invariant_list(values: List[int]) -> int:
    return takes_optionals(values)


def invariant_list_fixed(values: List[int]) -> int:
    wider: List[Optional[int]] = [v for v in values]
    return takes_optionals(wider)


wrong.add(invariant_list, invariant_list_fixed, ([1, 2],))


def text_plus_number(name: str, n: int) -> str:
    return name + n


def text_plus_number_fixed(name: str, n: int) -> str:
    return name + str(n)


wrong.add(text_plus_number, text_plus_number_fixed, ("a", 3))


def text_less_than_number(text: str, n: int) -> bool:
    return text < n


def text_less_than_number_fixed(text: str, n: int) -> bool:
    return int(text) < n


wrong.add(text_less_than_number, text_less_than_number_fixed, ("3", 5))


def missing_result(n: int) -> int:
    if n > 0:
        return n


def missing_result_fixed(n: int) -> int:
    if n > 0:
        return n
    raise ValueError("n must be positive")


wrong.add(missing_result, missing_result_fixed, 3, -3)


def list_without_elements(values: list) -> int:
    return len(values)


def list_without_elements_fixed(values: list[int]) -> int:
    return len(values)


wrong.add(list_without_elements, list_without_elements_fixed, ([1, 2],))


def unknown_type(x: "Tensr") -> int:
    return x.dim()


def unknown_type_fixed(x: "Tensor") -> int:
    return x.dim()


wrong.add(unknown_type, unknown_type_fixed, X)


def function_parameter(f: Callable[[int], int], n: int) -> int:
    return f(n)


def double(n: int) -> int:
    return n * 2


def function_parameter_fixed(n: int) -> int:
    return double(n)


wrong.add(function_parameter, function_parameter_fixed, 3)


def bytes_parameter(data: bytes) -> int:
    return len(data)


def bytes_parameter_fixed(data: Tensor) -> int:
    return len(data)


wrong.add(bytes_parameter, bytes_parameter_fixed, torch.tensor([1, 2], dtype=torch.uint8))


def list_as_key(values: Dict[List[int], int]) -> int:
    return len(values)


def list_as_key_fixed(values: Dict[Tuple[int, int], int]) -> int:
    return len(values)


wrong.add(list_as_key, list_as_key_fixed, {(1, 2): 3})


def tuple_by_variable(item: Tuple[int, str], i: int) -> str:
    return str(item[i])


def tuple_by_variable_fixed(item: Tuple[int, str], i: int) -> str:
    first, second = item
    return str(first) if i == 0 else second


wrong.add(tuple_by_variable, tuple_by_variable_fixed, ((1, "a"), 0), ((1, "a"), 1))


def tuple_too_short(pair: Tuple[int, int]) -> int:
    return pair[2]


def tuple_too_short_fixed(pair: Tuple[int, int]) -> int:
    return pair[1]


wrong.add(tuple_too_short, tuple_too_short_fixed, ((1, 2),))


def arms_of_two_types(flag: bool, n: int) -> str:
    value = n if flag else "none"
    return str(value)


def arms_of_two_types_fixed(flag: bool, n: int) -> str:
    value = str(n) if flag else "none"
    return value


wrong.add(arms_of_two_types, arms_of_two_types_fixed, (True, 3), (False, 3))


def appends_other_type(values: List[int]) -> int:
    values.append("x")
    return len(values)


def appends_other_type_fixed(values: List[int]) -> int:
    values.append(0)
    return len(values)


wrong.add(appends_other_type, appends_other_type_fixed, ([1],))


def tolist_of_unknown(x: Tensor) -> int:
    values = x.tolist()
    return len(values)


def tolist_of_unknown_fixed(x: Tensor) -> int:
    values: List[List[float]] = x.tolist()
    return len(values)


wrong.add(tolist_of_unknown, tolist_of_unknown_fixed, X)


def too_large() -> int:
    return 99999999999999999999


def too_large_fixed() -> float:
    return 99999999999999999999.0


wrong.add(too_large, too_large_fixed)


def tuple_of_list(values: List[int]) -> Tuple[int, int]:
    return tuple(values)


def tuple_of_list_fixed(values: List[int]) -> Tuple[int, int]:
    return values[0], values[1]


wrong.add(tuple_of_list, tuple_of_list_fixed, ([1, 2],))


def tests_a_copy(values: Dict[str, Optional[Tensor]]) -> Tensor:
    if values["a"] is not None:
        return values["a"].sum()
    return torch.zeros(())


def tests_a_copy_fixed(values: Dict[str, Optional[Tensor]]) -> Tensor:
    value = values["a"]
    if value is not None:
        return value.sum()
    return torch.zeros(())


wrong.add(tests_a_copy, tests_a_copy_fixed, ({"a": X},), ({"a": None},))


def tests_too_little(x: Optional[Tensor], n: int) -> Tensor:
    if x is not None and n > 2:
        n = 2
    return x.sum() + n


def tests_too_little_fixed(x: Optional[Tensor], n: int) -> Tensor:
    if x is not None and n > 2:
        n = 2
    assert x is not None
    return x.sum() + n


wrong.add(tests_too_little, tests_too_little_fixed, (X, 3), (X, 1))


def starts_with_none(x: Tensor) -> Tensor:
    last = None
    for i in range(3):
        if i > 0:
            x = x + last.tanh()
        last = x
    return x


def starts_with_none_fixed(x: Tensor) -> Tensor:
    last = None
    for i in range(3):
        if last is not None:
            x = x + last.tanh()
        last = x
    return x


wrong.add(starts_with_none, starts_with_none_fixed, X)


def lists_of_a_name(x: Tensor) -> float:
    rows = x.tolist()
    total = 0.0
    for row in rows:
        total += row[0]
    return total + len(rows)


def lists_of_a_name_fixed(x: Tensor) -> float:
    rows: list[list[float]] = x.tolist()
    total = 0.0
    for row in rows:
        total += row[0]
    return total + len(rows)


wrong.add(lists_of_a_name, lists_of_a_name_fixed, X)


def lists_returned(x: Tensor):
    return x.argmax(dim=-1).tolist()


def lists_returned_fixed(x: Tensor) -> list[int]:
    return x.argmax(dim=-1).tolist()


wrong.add(lists_returned, lists_returned_fixed, X)


def lists_in_a_tuple(x: Tensor):
    return x, x.argmax(dim=-1).tolist()


def lists_in_a_tuple_fixed(x: Tensor):
    values: list[int] = x.argmax(dim=-1).tolist()
    return x, values


wrong.add(lists_in_a_tuple, lists_in_a_tuple_fixed, X)


def inserts_by_text(values: List[int]) -> List[int]:
    values.insert("0", 3)
    return values


def inserts_by_text_fixed(values: List[int]) -> List[int]:
    values.insert(0, 3)
    return values


wrong.add(inserts_by_text, inserts_by_text_fixed, ([1, 2],))


def extends_with_floats(values: List[int]) -> List[int]:
    values.extend([1.5, 2.0])
    return values


def extends_with_floats_fixed(values: List[int]) -> List[int]:
    values.extend([int(v) for v in [1.5, 2.0]])
    return values


wrong.add(extends_with_floats, extends_with_floats_fixed, ([1, 2],))


def bare_dict(values: dict) -> int:
    return values["a"]


def bare_dict_fixed(values: dict[str, int]) -> int:
    return values["a"]


wrong.add(bare_dict, bare_dict_fixed, ({"a": 1},))


def fills_with_a_key(values: Dict[str, int], n: int) -> int:
    return values.setdefault(n, 4)


def fills_with_a_key_fixed(values: Dict[str, int], n: int) -> int:
    return values.setdefault(str(n), 4)


wrong.add(fills_with_a_key, fills_with_a_key_fixed, ({"a": 1}, 3))


def adds_text(x: Tensor, name: str) -> Tensor:
    return x + name


def adds_text_fixed(x: Tensor, name: str) -> Tensor:
    return x + float(name)


wrong.add(adds_text, adds_text_fixed, (X, "2.5"))


def int_or_text(b: Optional[int]) -> str:
    x = b if b is not None else "none"
    return f"{x}"


def int_or_text_fixed(b: Optional[int]) -> str:
    x: Union[int, str] = b if b is not None else "none"
    return f"{x}"


wrong.add(int_or_text, int_or_text_fixed, (None,), (3,))


def int_or_text_by_path(b: Optional[int]) -> str:
    if b is not None:
        x = b
    else:
        x = "none"
    return f"{x}"


def int_or_text_by_path_fixed(b: Optional[int]) -> str:
    x: Union[int, str]
    if b is not None:
        x = b
    else:
        x = "none"
    return f"{x}"


wrong.add(int_or_text_by_path, int_or_text_by_path_fixed, (None,), (3,))
