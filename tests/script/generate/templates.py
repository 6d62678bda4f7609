"""What expressions of each type look like, a line for each form: its weight, then its text.

``{int}`` is an expression of that type, ``{:a|b}`` one of the texts, ``{!name}`` what the maker gives
for ``name``. What is read from a tensor has 0.0 added: which of two zeros a tensor operator gives is nobody's promise.
"""

from __future__ import annotations

import re

from tests.script.generate.scope import TENSOR, Type

HOLE = re.compile(r"\{(:[^}]*|![a-z_]+|[^}:!][^}]*)\}")

INT = """
3    ({int} {:+|-} {int})
1    ({int} * {int})
2    ({int} {://|%} {!divisor})
1    ({int} {!bits} {int})
0.7  ({int} {:<<|>>} {:0|1|2|5})
0.5  ({int} ** {:0|1|2|3})
0.7  {:-|+|~}{int}
0.7  abs({int})
0.7  {:min|max}({int}, {int})
0.4  len({str})
0.4  len({list[int]})
0.3  len({dict[str, int]})
0.3  int({bool})
0.3  int({float})
0.3  round({float})
0.7  sum({list[int]})
0.8  sum({!generator_int})
1.5  {!item_int}
0.7  {!get_int}
0.6  {str}.{:find|count}({str})
0.4  {list[int]}.count({int})
0.6  {tuple[int, str]}[0]
0.5  {!or_int}
0.3  divmod({int}, {!divisor})[{:0|1}]
0.3  ({int} {:and|or} {int})
0.3  {torch.Tensor}.size(0)
0.2  ord({str}[0])
"""

FLOAT = """
3    ({float} {:+|-|*} {float})
1.5  ({float} {:+|-|*} {int})
1    ({int} / {!divisor})
1    ({float} {:/|//|%} {:0.5|2.0|-3.0|0.1})
0.7  -{float}
0.7  abs({float})
0.4  float({int})
0.3  float({bool})
0.6  {:min|max}({float}, {float})
0.7  math.{:sin|cos|atan|tanh}({float})
0.5  math.sqrt(abs({float}))
0.4  round({float}, {:0|1|2|3})
1    {!item_float}
0.5  {!get_float}
0.5  {tuple[int, float]}[1]
0.5  sum({list[float]}, 0.0)
0.7  (float({torch.Tensor}[{:0|1|2|-1|-3}]) + 0.0)
0.4  (float({torch.Tensor}.{:sum|max|min}().item()) + 0.0)
"""

BOOL = """
3    ({int} {!comparison} {int})
0.7  ({float} {!comparison} {float})
0.4  ({float} {!comparison} {int})
1    ({str} {!comparison} {str})
0.6  ({int} {!comparison} {int} {!comparison} {int})
2    ({bool} {:and|or} {bool})
0.5  (not {bool})
0.3  (not {int})
0.3  (not {list[int]})
0.7  ({int} {:in|not in} {list[int]})
0.4  ({str} in {str})
0.4  ({str} in {list[str]})
0.4  ({str} not in {dict[str, int]})
0.5  ({list[int]} {:==|!=} {list[int]})
0.4  ({tuple[int, str]} == {tuple[int, str]})
0.5  {:any|all}({!generator_bool})
0.5  {str}.{:isdigit|isalpha|isupper|islower}()
0.4  {str}.{:startswith|endswith}({str})
0.3  bool({float})
0.3  bool({str})
0.7  {!is_none}
0.3  bool(({torch.Tensor} > {float}).{:any|all}())
"""

STR = """
2    ({str} + {str})
0.4  str({int})
0.3  str({float})
0.2  str({bool})
0.2  str({list[int]})
0.2  str({tuple[int, str]})
0.7  ({str} * {:0|1|2|3})
1    {str}.{:upper|lower|strip|title|swapcase|capitalize}()
0.7  {str}.replace({!word}, {!word})
0.5  {str}.{:zfill|ljust|rjust|center}({:0|3|6})
1    {str}[{!slice}]
0.7  {:','|''|'é'}.join({list[str]})
0.5  ','.join({!generator_str})
1    {!fstring}
0.4  ('%s=%d' % ({str}, {int}))
1    {!item_str}
0.5  {tuple[int, str]}[1]
0.5  {!or_str}
0.3  chr(97 + {int} % 26)
0.3  repr({str})
0.2  repr({float})
0.3  {!get_str}
"""

TENSORS = """
3    ({torch.Tensor} {:+|-|*} {torch.Tensor})
2    ({torch.Tensor} {:+|-|*} {float})
1    ({:-2|2|3} {:+|-|*} {torch.Tensor})
1    torch.{:relu|abs|neg|clone|sign}({torch.Tensor})
0.7  {torch.Tensor}.{:clamp(-2.0, 2.0)|flip(0)|clone()|cumsum(0)}
0.7  torch.{:maximum|minimum}({torch.Tensor}, {torch.Tensor})
0.5  torch.where({torch.Tensor} > 0, {torch.Tensor}, {torch.Tensor})
0.5  torch.stack([{torch.Tensor}[0], {torch.Tensor}[1], {torch.Tensor}[-1]])
0.4  torch.cat([{torch.Tensor}[:1], {torch.Tensor}[1:]])
0.5  torch.tensor([{float}, {float}, {float}])
"""

# Of any list, of any dict; ``{self}`` is the type itself, ``{element}``, ``{key}`` and ``{value}`` its parts.
LIST = """
1    [{element}]
2    [{element}, {element}]
1    ({self} + {self})
0.6  {self}[{!slice}]
0.5  ([{element}] * {:0|1|2})
1.5  [{!generator_element}]
0.5  list(reversed({self}))
0.4  list({self})
"""

ORDERED_LIST = """
0.7  sorted({self})
0.3  sorted({self}, reverse={bool})
"""

INT_LIST = """
0.7  list(range({:0|2|5}))
0.5  [{int} + k for k in range(3)]
0.4  sorted({dict[int, float]})
0.4  list({dict[str, int]}.values())
0.4  sorted({list[int]}, key=lambda v: (v % 3, -v))
"""

STR_LIST = """
0.7  {str}.split({:|','})
0.4  list({str})
0.4  list({dict[str, int]}.keys())
0.4  sorted({list[str]}, key=lambda w: (len(w), w))
"""

DICT = """
1    {!pair}
1    {!pairs}
1    {!dict_comprehension}
0.5  dict({self})
0.4  ({self} | {!pair})
"""

Form = tuple[float, str]


def _forms(text: str) -> list[Form]:
    pairs = [line.split(maxsplit=1) for line in text.splitlines() if line]
    return [(float(weight), form) for weight, form in pairs]


FORMS: dict[Type, list[Form]] = {
    "int": _forms(INT),
    "float": _forms(FLOAT),
    "bool": _forms(BOOL),
    "str": _forms(STR),
    TENSOR: _forms(TENSORS),
    "list[int]": _forms(LIST + ORDERED_LIST + INT_LIST),
    "list[float]": _forms(LIST + ORDERED_LIST),
    "list[str]": _forms(LIST + ORDERED_LIST + STR_LIST),
    "list[list[int]]": _forms(LIST),
    "dict": _forms(DICT),
}
