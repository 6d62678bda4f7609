"""Section 1.1: scalar types, Tensor, None, Optional, Union, Any."""

import math
from typing import Any, List, Optional, Tuple, Union

import torch
from torch import Tensor

from tests.script.rows import Rows

rows = Rows("1.1", "Scalars, Tensor, Optional, Union, Any")

X = torch.arange(6.0).reshape(2, 3) - 2


def unannotated_tensor(x, y):
    return x * y + 1


rows.add(unannotated_tensor, "a parameter without annotation is a Tensor", (X, X + 1))


def annotated_tensor(x: Tensor, scale: float) -> Tensor:
    return torch.relu(x) * scale


rows.add(annotated_tensor, "`Tensor` and `float` parameters", (X, 0.5), (X, -2.0))


def tensor_of_legacy_class(x: torch.FloatTensor) -> Tensor:
    return x.sum()


rows.add(tensor_of_legacy_class, "`torch.FloatTensor` as an annotation", X)


def int_parameter(n: int) -> int:
    return n * n - n // 3


rows.add(int_parameter, "`int`", 7, -7, 0)


def float_parameter(a: float, b: float) -> float:
    return a / b - a * 0.25


rows.add(float_parameter, "`float`", (1.5, 4.0), (-1e300, 1e-10))


def bool_parameter(flag: bool, n: int) -> int:
    if flag and n > 2:
        return n
    return -n


rows.add(bool_parameter, "`bool`", (True, 5), (False, 5), (True, 1))


def str_parameter(name: str) -> str:
    return "model." + name + ".weight"


rows.add(str_parameter, "`str`", "fc", "")


def complex_parameter(z: complex, w: complex) -> complex:
    return z * w + 2


rows.add(complex_parameter, "`complex`", (1 + 2j, 3 - 1j), (0j, 1j))


def complex_parts(z: complex) -> float:
    return z.real * z.real + z.imag


rows.add(complex_parts, "`complex.real` and `.imag`", 3 - 4j)


def none_result(x: Tensor) -> None:
    x.sum()


rows.add(none_result, "`-> None`", X)


def none_parameter(x: int, nothing: None) -> bool:
    return nothing is None and x > 0


rows.add(none_parameter, "`None` as a parameter's type", (1, None), (-1, None))


def optional_parameter(x: Tensor, bias: Optional[Tensor]) -> Tensor:
    if bias is not None:
        x = x + bias
    return x


rows.add(optional_parameter, "`Optional[Tensor]`", (X, None), (X, X[0]))


def optional_default(n: int, step: Optional[int] = None) -> int:
    if step is None:
        step = 1
    return n + step


rows.add(optional_default, "`Optional[int] = None`", 3, (3, 5))


def pipe_optional(n: int | None, other: int) -> int:
    if n is None:
        return other
    return n + other


rows.add(pipe_optional, "`int | None`", (None, 4), (2, 4))


def optional_result(values: List[int], wanted: int) -> Optional[int]:
    for i in range(len(values)):
        if values[i] == wanted:
            return i
    return None


rows.add(optional_result, "`-> Optional[int]`", ([4, 5, 6], 6), ([4], 1))


def union_parameter(value: Union[int, str]) -> int:
    if isinstance(value, int):
        return value + 1
    return len(value)


rows.add(union_parameter, "`Union[int, str]`", 4, "four")


def pipe_union(value: int | float | str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return "int"
    return "float"


rows.add(pipe_union, "`int | float | str`", 1, 2.5, "x")


def union_of_lists(value: Union[List[int], List[str]]) -> int:
    if isinstance(value, list):
        return len(value)
    return -1


rows.add(
    union_of_lists,
    "`Union[list[int], list[str]]` and `len`",
    ([1, 2],),
    (["a"],),
    refused="an operation on several types is compiled for each: narrow the value to one first",
    code="TSX3018",
)


def union_with_none(value: Union[int, str, None]) -> str:
    if value is None:
        return "none"
    elif isinstance(value, str):
        return value
    else:
        return str(value)


rows.add(union_with_none, "`Union[int, str, None]`", 3, "s", (None,))


def number_union(value: Union[int, float, complex]) -> bool:
    return isinstance(value, int)


rows.add(number_union, "`Union[int, float, complex]`, the type of `.item()`", 1, 1.5, 1j)


def item_is_a_number(x: Tensor) -> float:
    return float(x.item()) * 2.0


rows.add(item_is_a_number, "`.item()` into `float()`", torch.tensor(3), torch.tensor(2.5))


def any_parameter(value: Any) -> bool:
    return isinstance(value, int)


rows.add(any_parameter, "`Any` and `isinstance`", 1, "a", 2.5)


def any_is_returned(flag: bool) -> Any:
    if flag:
        return 1
    return "one"


rows.add(any_is_returned, "`-> Any` with results of two types", True, False)


def any_local(n: int) -> int:
    value: Any = n
    if isinstance(value, int):
        return value + 1
    return 0


rows.add(any_local, "a local of type `Any`, narrowed", 4)


def any_is_compared(value: Any) -> bool:
    return value is None


rows.add(any_is_compared, "`is None` on `Any`", 1, (None,))


def bool_is_an_int(flag: bool) -> int:
    total = 0
    total += int(flag)
    return total + True


rows.add(bool_is_an_int, "bool in integer arithmetic", True, False)


def bool_to_int_parameter(flag: bool) -> int:
    def double(n: int) -> int:
        return n * 2

    return double(flag)


rows.add(bool_to_int_parameter, "a bool where an int is expected", True, False)


def takes_float(x: float) -> float:
    return x / 4


def int_to_float_parameter(n: int) -> float:
    return takes_float(n) + takes_float(3)


rows.add(int_to_float_parameter, "an int where a float is expected", 2, -1)


def int_to_float_local(n: int) -> float:
    total: float = 0
    total = total + n
    return total / 2


rows.add(int_to_float_local, "`x: float = 0`", 5)


def int_returned_as_float(n: int) -> float:
    return n


rows.add(
    int_returned_as_float,
    "an int returned where a float is declared becomes a float",
    3,
    widens=True,
)


def dtype_parameter(x: Tensor, dtype: torch.dtype) -> Tensor:
    return x.to(dtype)


rows.add(dtype_parameter, "`torch.dtype` as a parameter", (X, torch.int64), (X, torch.float64))


def dtype_compared(x: Tensor) -> bool:
    return x.dtype == torch.float32


rows.add(dtype_compared, "dtypes are compared", X, X.long())


def device_parameter(x: Tensor, device: torch.device) -> Tensor:
    return x.to(device)


rows.add(device_parameter, "`torch.device` as a parameter", (X, torch.device("cpu")))


def device_from_str(x: Tensor) -> Tensor:
    return torch.zeros([2], device="cpu") + x.sum()


rows.add(device_from_str, "a string where a device is expected", X)


def device_compared(x: Tensor) -> bool:
    return x.device == torch.device("cpu")


rows.add(device_compared, "devices are compared", X)


def device_type(x: Tensor) -> str:
    return x.device.type


rows.add(device_type, "`device.type`", X)


def layout_compared(x: Tensor) -> bool:
    return x.layout == torch.strided


rows.add(layout_compared, "`torch.layout`", X)


def memory_format_argument(x: Tensor) -> Tensor:
    return x.contiguous(memory_format=torch.contiguous_format)


rows.add(memory_format_argument, "`torch.memory_format`", X)


def tuple_covariant(pair: Tuple[Optional[int], int]) -> int:
    first, second = pair
    if first is None:
        return second
    return first


def passes_narrow_tuple(a: int, b: int) -> int:
    return tuple_covariant((a, b))


rows.add(passes_narrow_tuple, "tuples are covariant", (1, 2))


def overflow_raises(n: int) -> int:
    return n * n


rows.add(
    overflow_raises,
    "int is int64: what overflows raises",
    3037000500,
    -3037000500,
    stops="OverflowError",
)


def float_is_double() -> float:
    return 0.1 + 0.2 + 1e-17


rows.add(float_is_double, "float is a double")


def infinity_and_nan() -> Tuple[float, bool, bool]:
    big = float("inf")
    nan = big - big
    return -big, nan == nan, math.isnan(nan)


rows.add(infinity_and_nan, "infinities and NaN")


def literal_annotation(mode: "Literal['sum', 'mean']", x: Tensor) -> Tensor:
    if mode == "sum":
        return x.sum()
    return x.mean()


from typing import Callable, Generic, Literal, Sequence, Set, TypeVar

rows.add(
    literal_annotation, "`Literal['sum', 'mean']` is its values' type", ("sum", X), ("mean", X)
)


def sequence_annotation(values: Sequence[int]) -> int:
    total = 0
    for value in values:
        total += value
    return total


rows.add(sequence_annotation, "`Sequence[int]` is read as a list", ([1, 2, 3],))


def callable_parameter(f: Callable[[int], int], n: int) -> int:
    return f(n) + 1


rows.add(
    callable_parameter,
    "`Callable[[int], int]` as an entry's parameter",
    refused="a function is no value of a program: it can't cross the border or be saved",
    code="TSX3202",
)


def set_annotation(values: Set[int]) -> Set[int]:
    return values | {len(values)}


rows.add(set_annotation, "`Set[int]` as a parameter and a result", ({3, 4},), (set(),))


def bytes_annotation(data: bytes) -> int:
    return len(data)


rows.add(
    bytes_annotation,
    "`bytes`",
    refused="tsx has no bytes; pass a uint8 tensor or a str",
    code="TSX3202",
)

T = TypeVar("T")


def type_variable(value: T) -> T:
    return value


rows.add(
    type_variable,
    "a `TypeVar` in an entry's signature",
    refused="the border needs a type; a callee with a TypeVar takes it from the call",
    code="TSX3066",
)


def first_of(values: List[T]) -> T:
    return values[0]


def type_variable_in_callee(a: List[int], b: List[str]) -> Tuple[int, str]:
    return first_of(a), first_of(b)


rows.add(type_variable_in_callee, "a `TypeVar` in a callee is what the call gives", ([3], ["x"]))


class Box(Generic[T]):
    def __init__(self, value: T):
        self.value = value


def size_annotation(x: Tensor, size: torch.Size) -> Tensor:
    return x.reshape(size)


rows.add(size_annotation, "`torch.Size` is a list of ints", (X, torch.Size([3, 2])))


def object_annotation(value: object) -> bool:
    return value is None


rows.add(object_annotation, "`object` is `Any`", 1, (None,))


def unknown_annotation(value: "NoSuchType") -> int:
    return 1


rows.add(
    unknown_annotation,
    "an annotation that names nothing",
    refused="the name has no meaning where the function was defined",
    code="TSX3200",
)


def module_annotation(x: Tensor, layer: torch.nn.Module) -> Tensor:
    return layer(x)


rows.add(
    module_annotation,
    "`nn.Module` as a parameter's type",
    refused="which methods it has is unknown; use an interface or make it an attribute",
    code="TSX3201",
)
