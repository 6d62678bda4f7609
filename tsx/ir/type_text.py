"""Types from text: the inverse of ``str(type)``.

type   = atom { "?" | "[" "]" }
atom   = tensor | "int" | "float" | … | "(" [ type { "," type } ] ")" | "Dict" "(" type "," type ")"
       | ("Future" | "Await" | "RRef") "(" type ")" | "Union" "[" type { "," type } "]"
       | "NamedTuple" "<" name ">" "(" [ name ":" type { "," … } ] ")"
       | ("Function" | "Interface" | "Enum" | "Class") "<" name ">" | dotted class name
tensor = ("Tensor" | "Float" | …) [ "(" [ size | "..." { "," size | strides | requires_grad | device } ] ")" ]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tsx.errors import TsxError
from tsx.ir import types as ty
from tsx.ir.dims import Dim, Expr, parse_dim, sym
from tsx.ir.lexer import MAX_STRING, Token, TokenStream, text_error, unquote

_NAMED = {
    "Function": ty.FunctionType,
    "Interface": ty.InterfaceType,
    "Enum": ty.EnumType,
    "Class": ty.ClassType,
}
MAX_RANK = 64  # of text; the verifier's own limit is lower
_MAX_SIZE_TEXT = 1024


class TypeParser(TokenStream):
    """Reads types; ``sizes`` are the names of the ``where`` table."""

    def __init__(self, text: str, file: str) -> None:
        super().__init__(text, file)
        self.sizes: dict[str, Dim] = {}

    def type(self, depth: int = 0) -> ty.Type:
        self.check_depth(depth, "types")
        found = self._atom(depth)
        while True:
            if self.accept("?"):
                found = ty.OptionalType(found)
            elif self.accept("["):
                self.expect("]")
                found = ty.ListType(found)
            else:
                return found
            depth += 1
            self.check_depth(depth, "types")

    def _atom(self, depth: int) -> ty.Type:
        if self.token.text == "(":
            return ty.TupleType(self._types("(", ")", depth))
        token = self.expect_kind("name", "a type")
        name = token.text
        if name == "Tensor" or name in ty.DTYPE_BY_TYPE_NAME:
            return self._tensor(ty.DTYPE_BY_TYPE_NAME.get(name))
        if name in ty.ATOMS:
            return ty.ATOMS[name]
        if name == "Union":
            return ty.UnionType(self._types("[", "]", depth))
        if name == "Dict":
            parts = self._types("(", ")", depth)
            if len(parts) != 2:
                raise self.error("Dict(key, value)", token=token, found=f"{len(parts)} types")
            return ty.DictType(*parts)
        if name in ("Future", "Await", "RRef"):
            self.expect("(")
            element = self.type(depth + 1)
            self.expect(")")
            return ty.FutureType(element, name)
        if name == "NamedTuple":
            return self._named_tuple(depth)
        if name in _NAMED:
            return _NAMED[name](self._angled())
        return ty.ClassType(name)

    def _types(self, opening: str, closing: str, depth: int) -> tuple[ty.Type, ...]:
        self.expect(opening)
        found: list[ty.Type] = []
        while not self.accept(closing):
            found.append(self.type(depth + 1))
            if self.token.text != closing:
                self.expect(",")
        return tuple(found)

    def _angled(self) -> str:
        self.expect("<")
        name = self.dotted()
        self.expect(">")
        return name

    def dotted(self, meaning: str = "a name") -> str:
        """A dotted name, quoted if it has other characters."""
        if self.token.kind == "string":
            return self.string()
        return self.expect_kind("name", meaning).text

    def string(self) -> str:
        return self.unquoted(self.expect_kind("string", "a string"))

    def unquoted(self, token: Token) -> str:
        """What a string token means."""
        value = unquote(token.text) if len(token.text) <= MAX_STRING else None
        if value is None:
            wanted = f"a string with JSON's escapes, of at most {MAX_STRING} characters"
            raise self.error(wanted, token=token)
        return value

    def _named_tuple(self, depth: int) -> ty.Type:
        name = self._angled()
        fields: list[str] = []
        elements: list[ty.Type] = []
        self.expect("(")
        while not self.accept(")"):
            fields.append(self.dotted())
            self.expect(":")
            elements.append(self.type(depth + 1))
            if self.token.text != ")":
                self.expect(",")
        return ty.TupleType(tuple(elements), name, tuple(fields))

    def _tensor(self, dtype: ty.DType | None) -> ty.TensorType:
        if not self.accept("("):
            return ty.TensorType(dtype)
        shape: list[Dim | None] | None = []
        known: dict[str, object] = {}
        while not self.accept(")"):
            if self.accept("..."):
                shape = None
            elif self.token.text in ("strides", "requires_grad", "device"):
                name = self.take().text
                self.expect("=")
                known[name] = self._property(name)
            elif shape is None or known or len(shape) == MAX_RANK:
                raise self.error("')'")
            else:
                shape.append(self._size())
            if self.token.text != ")":
                self.expect(",")
        return ty.TensorType(
            dtype,
            None if shape is None else tuple(shape),
            **known,  # type: ignore[arg-type]  # each of its field's type, by `_property`
        )

    def _property(self, name: str) -> object:
        if name == "requires_grad":
            return bool(self.integer())
        if name == "device":
            if self.token.kind == "string":
                return self.string()
            device = self.expect_kind("name", "a device").text
            return f"{device}:{self.integer()}" if self.accept(":") else device
        strides: list[int] = []
        self.expect("[")
        while not self.accept("]"):
            strides.append(self.integer())
            if self.token.text != "]":
                self.expect(",")
        return tuple(strides)

    def integer(self) -> int:
        """An int64 literal."""
        token = self.expect_kind("int", "an integer")
        if len(token.text) <= 20 and -(1 << 63) <= (value := int(token.text)) < 1 << 63:
            return value
        raise self.error("an integer of 64 bits", token=token)

    def _size(self) -> Dim | None:
        if self.accept("*"):
            return None
        return self.size(",", ")")

    def size(self, *ends: str) -> Dim:
        """A size expression up to one of ``ends`` outside of parentheses, or to a token of another kind."""
        first, last = self.token, self.token
        depth, count = 0, 0
        while self.token.kind in ("name", "int", "mark"):
            if depth == 0 and (
                self.token.text in ends or (count and _ends_before(last, self.token))
            ):
                break
            depth += {"(": 1, ")": -1}.get(self.token.text, 0)
            last = self.take()
            count += 1
            if last.end - first.start > _MAX_SIZE_TEXT:
                raise self.error("a shorter size expression", token=first)
        text = self.text[first.start : last.end] if count else ""
        if count == 1 and text in self.sizes:
            return self.sizes[text]
        try:
            return parse_dim(text)
        except TsxError as error:
            raise text_error(
                self.text, self.file, first.start, "a size expression", repr(text)
            ) from error


def _ends_before(last: Token, token: Token) -> bool:
    """Whether ``token`` can't go on an expression that ends in ``last``: two operands in a row."""
    ends_operand = last.kind in ("name", "int") or last.text == ")"
    return ends_operand and token.kind in ("name", "int") and not token.text.startswith("-")


def parse_type(text: str) -> ty.Type:
    """The type that ``str`` printed as ``text``; TSX8001 says what does not parse."""
    parser = TypeParser(text, "<type>")
    found = parser.type()
    parser.expect_kind("end", "the end of the type")
    return found


def type_text(type: ty.Type, sizes: Mapping[Expr, str]) -> str:
    """``str(type)`` with the sizes of a ``where`` table written as their names."""
    if not sizes:
        return str(type)

    def shorten(tensor: ty.TensorType) -> ty.Type:
        if tensor.shape is None:
            return tensor
        shape = (sym(sizes[s]) if isinstance(s, Expr) and s in sizes else s for s in tensor.shape)
        return replace(tensor, shape=tuple(shape))

    return str(ty.map_tensors(type, shorten))


def expand_sizes(type: ty.Type, sizes: Mapping[str, Dim]) -> ty.Type:
    """The inverse: ``type`` with each size that is a name of the table replaced by what it means."""
    if not sizes:
        return type

    def expand(tensor: ty.TensorType) -> ty.Type:
        if tensor.shape is None:
            return tensor
        shape = (s if s is None else sizes.get(str(s), s) for s in tensor.shape)
        return replace(tensor, shape=tuple(shape))

    return ty.map_tensors(type, expand)
