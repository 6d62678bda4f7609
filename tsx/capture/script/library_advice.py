"""What to do instead of a library that programs don't have: files, clocks, logs, threads, images, tables.

Takes the live object that a line uses, and how the line spells it; gives one sentence, or None where nothing special is
known. The longest dotted name decides.
"""

from __future__ import annotations

import ast
from types import ModuleType

from tsx.capture.script.source import Place

_FILES = "a program reads no files: read it outside, and pass what it holds as an argument"
_IMAGES = (
    "load and prepare images outside, and pass the array in;"
    " resizing a tensor is torch.nn.functional.interpolate(x, size=(h, w))"
)
_TABLES = 'take the columns out before (df["a"].to_numpy()), and pass the arrays in as arguments'
_LOG = "write print(…), which programs have, or leave the line out"
_RANDOM = "draw it with torch.rand or torch.randint, or pass it in as an argument"
_CLOCK = (
    "leave the timing out (`tsx run --profile` shows the time by operator), or pass the time in"
)
_THREADS = "call the function directly: a program runs its lines one after the other"
_REGEX = (
    "use the methods of str (split, replace, find, startswith, strip), or match outside and pass"
    " the parts in"
)
_ENVIRONMENT = (
    'read it at the top of the file, DEBUG = os.environ.get("DEBUG"), and use that constant here'
)
_WEIGHTS = "load it in __init__ of the module, and keep the tensors with register_buffer"

_ADVICE: dict[str, str] = {
    "builtins.input": "a program asks nobody: pass the text in as an argument",
    "builtins.exec": "write the code itself where it is run",
    "builtins.eval": "write the expression itself, or choose with an if",
    "io": _FILES,
    "_io": _FILES,
    "pathlib": _FILES,
    "os": "ask the operating system outside, and pass the answer in",
    "os.environ": _ENVIRONMENT,
    "os.getenv": _ENVIRONMENT,
    "os.path": "make the path outside, and pass it in as a str; join texts with + or an f-string",
    "posixpath": "make the path outside, and pass it in as a str; join texts with + or an f-string",
    "genericpath": _FILES,
    "glob": _FILES,
    "shutil": _FILES,
    "csv": _FILES,
    "json": "read or write JSON outside: a program takes and gives dicts, lists, str and numbers",
    "pickle": _FILES,
    "_pickle": _FILES,
    "yaml": _FILES,
    "torch.load": _WEIGHTS,
    "torch.save": "give the tensors back, and save them outside",
    "sys.stdout": "write print(…): a program prints to one place, which its runner chooses",
    "sys.stderr": "leave file= out: a program prints to one place, which its runner chooses",
    "sys.argv": "pass it in as an argument",
    "sys.exit": 'raise an exception: raise RuntimeError("message")',
    "loguru": _LOG,
    "wandb": "give the value back, and log it outside",
    "tqdm": "loop over the values themselves, without tqdm(…)",
    "rich": _LOG,
    "time": _CLOCK,
    "datetime": _CLOCK,
    "timeit": _CLOCK,
    "random": _RANDOM,
    "secrets": _RANDOM,
    "uuid": _RANDOM,
    "numpy.random": _RANDOM,
    "threading": _THREADS,
    "_thread": _THREADS,
    "concurrent": _THREADS,
    "multiprocessing": _THREADS,
    "asyncio": _THREADS,
    "queue": _THREADS,
    "joblib": _THREADS,
    "re": _REGEX,
    "regex": _REGEX,
    "collections.deque": "use a list: append(x) and pop(0)",
    "collections.defaultdict": "use a dict: counts[key] = counts.get(key, 0) + 1, or setdefault",
    "collections.Counter": "count in a dict: counts[key] = counts.get(key, 0) + 1",
    "collections.ChainMap": "merge into one dict: {**first, **second}",
    "itertools": "write the loops, or a list comprehension",
    "heapq": "keep a list, and sort it: values.sort()",
    "bisect": "walk the sorted list, or use torch.searchsorted",
    "string": "write the characters as a str of your own",
    "warnings.catch_warnings": "leave the with out",
    "contextlib": "leave the with out: a program holds nothing that has to be closed",
    "decimal": "use a float, or scaled ints",
    "fractions": "use a float, or two ints",
    "hashlib": "use the value itself as the key of a dict, or hash outside",
    "subprocess": "run it outside, and pass the result in",
    "requests": "fetch it outside, and pass the result in",
    "urllib": "fetch it outside, and pass the result in",
    "socket": "fetch it outside, and pass the result in",
    "pandas": _TABLES,
    "polars": _TABLES,
    "pyarrow": _TABLES,
    "cv2": _IMAGES,
    "PIL": _IMAGES,
    "skimage": _IMAGES,
    "imageio": _IMAGES,
    "torchvision.io": _IMAGES,
    "librosa": "load and prepare audio outside, and pass the array in",
    "soundfile": "load and prepare audio outside, and pass the array in",
    "matplotlib": "give the values back, and draw them outside",
    "scipy": "use torch or NumPy functions that `tsx ops` lists, or compute it outside and pass the result in",
    "sklearn": "keep the fitted numbers as buffers of a module and compute with them, or call it outside",
    "transformers": "make token ids outside and pass them in; a model of theirs is converted by tsx convert",
    "tokenizers": "make token ids outside, and pass them in as a Tensor or a list[int]",
    "sentencepiece": "make token ids outside, and pass them in as a Tensor or a list[int]",
}


def for_library(obj: object, spelled: str, at: Place) -> str | None:
    """The sentence for ``obj``, which the line at ``at`` uses; ``spelled`` is a name that is known of it."""
    names = [_dotted_path(at), spelled, _own_name(obj)]
    found = [key for name in names for key in _prefixes(name) if key in _ADVICE]
    return _ADVICE[max(found, key=lambda key: key.count("."))] if found else None


def _prefixes(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:count]) for count in range(len(parts), 0, -1)]


def _own_name(obj: object) -> str:
    """The module and name of a function or class, or those of the class of an object."""
    owner = obj if hasattr(obj, "__qualname__") else type(obj)
    bound = getattr(obj, "__self__", None)
    module = getattr(owner, "__module__", None)
    if module is None and bound is not None and not isinstance(bound, ModuleType):
        owner = bound if isinstance(bound, type) else type(bound)
        module = owner.__module__
    return f"{module}.{getattr(owner, '__qualname__', '')}"


def _dotted_path(at: Place) -> str:
    """The name that a line calls or reads, from the module on: ``os.environ.get`` for ``environ.get("A")``."""
    node = at.node.func if isinstance(at.node, ast.Call) else at.node
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    try:
        root = at.source.namespace(node.id)
    except KeyError:
        return ""
    start = root.__name__ if isinstance(root, ModuleType) else _own_name(root)
    return ".".join([start, *reversed(names)])
