"""Types in the words of the source: ``int``, ``List[Tensor]``, ``Optional[str]``. Never in those of the IR."""

from __future__ import annotations

from tsx.ir import types as ty


def type_words(type: ty.Type) -> str:
    """A type as an annotation would spell it."""
    match type:
        case ty.TensorType():
            return "Tensor"
        case ty.NONE:
            return "None"
        case ty.NUMBER:
            return "Union[int, float]"
        case ty.DEVICE:
            return "torch.device"
        case ty.ListType(element):
            return f"List[{type_words(element)}]"
        case ty.OptionalType(element):
            return f"Optional[{type_words(element)}]"
        case ty.DictType(key, ty.NONE):
            return f"Set[{type_words(key)}]"
        case ty.DictType(key, value):
            return f"Dict[{type_words(key)}, {type_words(value)}]"
        case ty.TupleType(elements, name):
            if name:
                return name.rpartition(".")[2]
            return f"Tuple[{', '.join(map(type_words, elements)) or '()'}]"
        case ty.UnionType(members):
            return f"Union[{', '.join(map(type_words, members))}]"
        case ty.ClassType(name) | ty.InterfaceType(name) | ty.EnumType(name):
            return name.rpartition(".")[2]
    return str(type)


def described_type(type: ty.Type) -> str:
    """A value of a type in a sentence: ``an int``, ``a Tensor``."""
    words = type_words(type)
    if words == "?":
        return "an item of an empty container"
    if words == "None":
        return words
    return with_article(words)


def with_article(words: str) -> str:
    """``an int``, ``a Tensor``."""
    has_vowel = words[0] in "aeiouAEIOU" and not words.startswith(("Union", "user"))
    return f"{'an' if has_vowel else 'a'} {words}"
