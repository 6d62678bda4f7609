"""Section 1.4: the methods of str."""

from typing import List, Tuple

from tests.script.rows import Rows

rows = Rows("1.4", "Methods of str")

WORDS = ("Hello World", "añb ÉCOLE", "", "a1 b2", "  x\t\n")


def str_upper(s: str) -> str:
    return s.upper()


rows.add(str_upper, "`upper`", *WORDS)


def str_lower(s: str) -> str:
    return s.lower()


rows.add(str_lower, "`lower`", *WORDS)


def str_swapcase(s: str) -> str:
    return s.swapcase()


rows.add(str_swapcase, "`swapcase`", *WORDS)


def str_title(s: str) -> str:
    return s.title()


rows.add(str_title, "`title`", *WORDS, "they're bill's")


def str_capitalize(s: str) -> str:
    return s.capitalize()


rows.add(str_capitalize, "`capitalize`", *WORDS)


def str_casefold(s: str) -> str:
    return s.casefold()


rows.add(str_casefold, "`casefold`", "Straße", "ABC")


def str_center(s: str) -> str:
    return s.center(9) + "|" + s.center(8, "*")


rows.add(str_center, "`center`", "ab", "abc", "longer than nine")


def str_just(s: str) -> str:
    return s.ljust(6) + "|" + s.rjust(6, ".") + "|" + s.zfill(5)


rows.add(str_just, "`ljust`, `rjust`, `zfill`", "ab", "-3", "+12", "longer")


def str_strip(s: str) -> str:
    return s.strip() + "|" + s.lstrip() + "|" + s.rstrip()


rows.add(str_strip, "`strip`, `lstrip`, `rstrip`", "  a b\t", "\n", "x")


def str_strip_chars(s: str) -> str:
    return s.strip("xy") + "|" + s.lstrip("x") + "|" + s.rstrip("y")


rows.add(str_strip_chars, "`strip(chars)`", "xxaybyy", "xyx")


def str_remove(s: str) -> str:
    return s.removeprefix("module.") + "|" + s.removesuffix(".weight")


rows.add(str_remove, "`removeprefix`, `removesuffix`", "module.fc.weight", "fc")


def str_find(s: str, part: str) -> List[int]:
    return [s.find(part), s.rfind(part), s.find(part, 2), s.find(part, 0, 3), s.count(part)]


rows.add(
    str_find, "`find`, `rfind`, `count`", ("abcabc", "bc"), ("abc", "z"), ("añbñ", "ñ"), ("aaa", "")
)


def str_index_of(s: str, part: str) -> int:
    return s.index(part)


rows.add(str_index_of, "`index`", ("abc", "c"), ("abc", "z"))


def str_rindex(s: str, part: str) -> int:
    return s.rindex(part)


rows.add(str_rindex, "`rindex`", ("abcabc", "a"), ("abc", "z"))


def str_starts(s: str) -> List[bool]:
    return [s.startswith("ab"), s.endswith("bc"), s.startswith("b", 1), s.endswith("a", 0, 1)]


rows.add(str_starts, "`startswith`, `endswith`", "abc", "bc", "")


def str_starts_tuple(s: str) -> bool:
    return s.startswith(("re", "un")) or s.endswith((".py", ".txt"))


rows.add(str_starts_tuple, "`startswith` a tuple", "redo", "a.txt", "do")


def str_replace(s: str) -> str:
    return s.replace("ab", "x") + "|" + s.replace("a", "", 1)


rows.add(str_replace, "`replace`", "abcab", "aab", "")


def str_split(s: str) -> List[str]:
    return s.split()


rows.add(str_split, "`split()`", " a  b c ", "", "abc")


def str_split_sep(s: str) -> Tuple[List[str], List[str]]:
    return s.split(","), s.split(",", 1)


rows.add(str_split_sep, "`split(sep)` and `split(sep, n)`", "a,b,,c", "", "abc")


def str_split_empty(s: str) -> List[str]:
    return s.split("")


rows.add(str_split_empty, '`split("")`', "abc")


def str_rsplit(s: str) -> List[str]:
    return s.rsplit(".", 1) + s.rsplit()


rows.add(str_rsplit, "`rsplit`", "a.b.c", "x y")


def str_splitlines(s: str) -> List[str]:
    return s.splitlines() + s.splitlines(True)


rows.add(str_splitlines, "`splitlines`", "a\nb\r\nc", "", "a\n\nb")


def str_partition(s: str) -> Tuple[str, str, str]:
    a, b, c = s.partition("=")
    d, e, f = s.rpartition("=")
    return a + d, b + e, c + f


rows.add(str_partition, "`partition`, `rpartition`", "k=v=w", "none")


def str_join(words: List[str]) -> str:
    return ", ".join(words) + "".join(words)


rows.add(str_join, "`join`", (["a", "b", "c"],), ([],))


def str_tests(s: str) -> List[bool]:
    return [
        s.isalpha(), s.isdigit(), s.isalnum(), s.isspace(), s.isupper(), s.islower(), s.istitle(),
        s.isdecimal(), s.isnumeric(), s.isidentifier(), s.isprintable(), s.isascii(),
    ]  # fmt: skip


rows.add(
    str_tests,
    "`isalpha` and the other tests",
    "abc",
    "12",
    "a1",
    " ",
    "ABC",
    "Title Case",
    "é",
    "½",
    "²",
    "",
)


def str_expandtabs(s: str) -> str:
    return s.expandtabs() + "|" + s.expandtabs(4)


rows.add(str_expandtabs, "`expandtabs`", "a\tb\tc", "\t")


def str_len_unicode(s: str) -> int:
    return len(s)


rows.add(str_len_unicode, "`len` counts characters", "añb", "日本", "🙂", "abc")


def str_translate(s: str) -> str:
    out = ""
    for c in s:
        if c.isdigit():
            out += chr(ord("a") + int(c))
        elif c == " ":
            continue
        else:
            out += c.swapcase()
    return out


rows.add(str_translate, "a str is rebuilt character by character", "a1 B2 é")


def str_encode(s: str) -> int:
    return len(s.encode())


rows.add(str_encode, "`encode`", "añb", refused="tsx has no bytes", code="TSX3011")


def parse_config(text: str) -> int:
    total = 0
    for line in text.split("\n"):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        key, sep, value = line.partition(":")
        if sep == "":
            raise ValueError("no colon in " + repr(line))
        total += len(key.strip()) * int(value)
    return total


rows.add(parse_config, "a small parser", "a: 1\n# no\n bc : 20\n", "x", "a: z")


def word_pieces(text: str, vocabulary: List[str]) -> List[str]:
    pieces: List[str] = []
    start = 0
    while start < len(text):
        end = len(text)
        while end > start and text[start:end] not in vocabulary:
            end -= 1
        if end == start:
            return ["?"]
        pieces.append(text[start:end])
        start = end
    return pieces


rows.add(
    word_pieces,
    "the longest match of a tokenizer",
    ("unhappy", ["un", "hap", "happy", "py"]),
    ("xyz", ["x"]),
)
