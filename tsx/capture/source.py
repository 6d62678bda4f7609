"""model.py → the thing to convert: runs the file, picks the entry, reads sample inputs.

Takes a path and what the command line says about entry and inputs; gives a live object and NumPy or torch samples.
Whatever the file does wrong becomes one error that names its line; what it prints goes to stderr.
"""

from __future__ import annotations

import contextlib
import difflib
import importlib.util
import inspect
import io
import linecache
import sys
import traceback
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO

import numpy as np

from tsx.errors import TsxError, fail
from tsx.ir.types import DTYPE_BY_NAME
from tsx.ops.dtypes import Array, cast, to_numpy
from tsx.runtime.ways import TRUTH, way_out

_PACKAGE = Path(__file__).parents[1]
MODULE_BASES = {("torch.nn.modules.module", "Module"), ("tsx.nn.module", "Module")}


@dataclass(slots=True)
class Source:
    """A loaded file: its entry and the samples it brings (``example_inputs``)."""

    path: Path
    entry: Any
    entry_name: str
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)

    @property
    def uses_torch(self) -> bool:
        """Whether the entry computes with torch: a torch module, or code of a file that imports from torch."""
        if is_module(self.entry):
            return type_key_in_mro(type(self.entry), "torch.nn.modules.module")
        entry: Any = inspect.unwrap(self.entry)
        if not hasattr(entry, "__globals__"):  # an object of a class of theirs: its method's file
            entry = vars(type(entry)).get("__call__")
        namespace = getattr(entry, "__globals__", {})
        return any(map(_is_torchs, list(namespace.values())))


def _is_torchs(value: object) -> bool:
    """Whether a global is torch, or something that was imported from it."""
    name = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None)
    return isinstance(name, str) and name.partition(".")[0] == "torch"


def is_module(value: object) -> bool:
    """Whether ``value`` is a layer of torch.nn or tsx.nn, told without importing either."""
    return any((c.__module__, c.__name__) in MODULE_BASES for c in type(value).__mro__)


def type_key_in_mro(type_: type, module: str) -> bool:
    return any(c.__module__ == module for c in type_.__mro__)


@contextlib.contextmanager
def load_source(path: Path, entry: str = "") -> Iterator[Source]:
    """Runs the file with its folder on ``sys.path``, until the caller is done with the model.

    Whatever the file or the model prints meanwhile goes to stderr.

    Raises ``TraceError`` TSX2050-2054: the file is no Python, raised, or has no entry.
    """
    folder = str(path.resolve().parent)
    name = path.stem if path.stem.isidentifier() else "model"
    before = sys.modules.get(name)
    sys.path.insert(0, folder)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            module = _execute(path, name)
            yield _source_of(path, module, entry)
    finally:
        with contextlib.suppress(ValueError):
            sys.path.remove(folder)
        if before is None:
            sys.modules.pop(name, None)
        else:
            sys.modules[name] = before


def import_file(path: Path) -> None:
    """Runs a file for what it registers; it stays imported, and its folder on ``sys.path``. Raises TSX2050-2054."""
    folder = str(path.resolve().parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    with contextlib.redirect_stdout(sys.stderr):
        _execute(path, path.stem)


def _execute(path: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_loader(name, loader=None, origin=str(path))
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    module.__file__ = str(path)
    try:
        text = path.read_bytes()
        if b"\0" in text:
            raise fail("TSX2050", path=path, detail="it has NUL bytes (an archive?)", where=path)
        code = compile(text, str(path), "exec")
    except SyntaxError as error:
        raise fail(
            "TSX2050",
            path=path,
            detail=error.msg,
            where=f"{path}:{error.lineno}",
            excerpt=(error.text or "").rstrip(),
        ) from None
    except ValueError as error:  # a NUL byte in the text
        raise fail("TSX2050", path=path, detail=error, where=path) from None
    sys.modules[name] = module
    try:
        exec(code, module.__dict__)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # the file's own code may raise anything, SystemExit too
        raise raised_in_source(path, error) from error
    return module


def raised_in_source(path: Path, error: BaseException) -> TsxError:
    """What the user's own code raised, as one message that names the deepest line of theirs.

    What tsx's own code raised is a bug of ours and goes on as it is.
    """
    if isinstance(error, TsxError):
        return error
    frames = [
        f for f in traceback.extract_tb(error.__traceback__) if not f.filename.startswith("<")
    ]
    if (
        frames
        and Path(frames[-1].filename).is_relative_to(_PACKAGE)
        and not _is_execute(frames[-1])
    ):
        raise error
    missing = getattr(error, "name", None) if isinstance(error, ModuleNotFoundError) else None
    if missing:
        return fail("TSX2054", path=path, package=str(missing).partition(".")[0])
    if isinstance(error, ImportError) and "relative import" in str(error):
        return fail("TSX2058", path=path)
    return _raised("TSX2051", path, error, str(path))


def raised_in_model(source: Source, error: BaseException) -> TsxError:
    """What the model raised when it ran on the sample inputs."""
    help = way_out(type(error).__name__)
    if "truth value" in str(error) or "Boolean value of Tensor" in str(error):
        help = TRUTH
    elif isinstance(error, (NameError, AttributeError)) and help is None:
        help = "the model raises this by itself; run it with python to see the whole traceback"
    return _raised("TSX2057", source.path, error, source.entry_name, help)


def _raised(
    code: str, path: Path, error: BaseException, subject: str, help: str | None = None
) -> TsxError:
    """An error of the user's code: its deepest line in the folder of ``path``, else no line but the file."""
    folder = str(path.resolve().parent)
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if Path(f.filename).resolve().is_relative_to(folder)]
    where = f"{own[-1].filename}:{own[-1].lineno}" if own else str(path)
    line = linecache.getline(own[-1].filename, own[-1].lineno or 0).strip() if own else ""
    detail = " ".join(f"{type(error).__name__}: {error}".rstrip(": ").split())
    return fail(code, subject=subject, detail=detail, where=where, excerpt=line, help=help)


def _is_execute(frame: traceback.FrameSummary) -> bool:
    """Whether the frame is where this file runs the user's, so what was raised is theirs (a wrong import, say)."""
    return frame.filename == __file__ and frame.name == _execute.__name__


def _source_of(path: Path, module: ModuleType, entry: str) -> Source:
    name = entry or _default_entry(path, module)
    if not hasattr(module, name):
        names = [n for n, v in vars(module).items() if not n.startswith("_") and callable(v)]
        close = difflib.get_close_matches(name, names, n=1)
        hint = f" (closest: {close[0]})" if close else ""
        raise fail("TSX2053", path=path, entry=name, hint=hint)
    value = getattr(module, name)
    try:
        if inspect.isclass(value):
            value = value()
        args, kwargs = _examples(getattr(module, "example_inputs", ()))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a constructor of theirs may raise anything too
        raise raised_in_source(path, error) from error
    if not callable(value):
        raise fail("TSX2055", path=path, entry=name, type=type(value).__name__)
    return Source(path, value, name, args, kwargs)


def _default_entry(path: Path, module: ModuleType) -> str:
    """``model``, else the only Module class that needs no arguments, else ``forward``."""
    if hasattr(module, "model"):
        return "model"
    classes = [
        name
        for name, value in vars(module).items()
        if inspect.isclass(value)
        and value.__module__ == module.__name__
        and any((c.__module__, c.__name__) in MODULE_BASES for c in value.__mro__)
        and _needs_no_arguments(value)
    ]
    if len(classes) == 1:
        return classes[0]
    if callable(getattr(module, "forward", None)):
        return "forward"
    own = [
        n
        for n, v in vars(module).items()
        if callable(v) and getattr(v, "__module__", "") == module.__name__
    ]
    found = f"; it has {', '.join(own)}" if own else ""
    raise fail("TSX2052", path=path, found=found)


def _needs_no_arguments(class_: type) -> bool:
    parameters = list(inspect.signature(class_).parameters.values())
    variadic = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return all(p.default is not p.empty or p.kind in variadic for p in parameters)


def _examples(value: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    if callable(value):
        value = value()
    if isinstance(value, dict):
        return (), value
    if isinstance(value, (tuple, list)):
        return tuple(value), {}
    return (value,), {}


# -- sample inputs from the command line ------------------------------------------------------------------------


def read_inputs(specs: tuple[str, ...], stdin: BinaryIO) -> tuple[list[Array], dict[str, Array]]:
    """``x.npy``, ``name=x.npy``, ``all.npz`` or ``-`` (one .npy on stdin) as positional and named arrays.

    An .npz gives named arrays; its ``arr_0``, ``arr_1``, … are positional. Pickled objects are refused.
    """
    positional: list[Array] = []
    named: dict[str, Array] = {}
    for spec in specs:
        name, equals, file = spec.partition("=")
        if not equals or not name.isidentifier():
            name, file = "", spec
        loaded = _read_numpy(file, stdin)
        if isinstance(loaded, dict):
            for key, array in loaded.items():
                if key.startswith("arr_"):
                    positional.append(array)
                else:
                    named[key] = array
        elif name:
            named[name] = loaded
        else:
            positional.append(loaded)
    return positional, named


def _read_numpy(file: str, stdin: BinaryIO) -> Array | dict[str, Array]:
    try:
        data = io.BytesIO(stdin.read() if file == "-" else Path(file).read_bytes())
        if not data.getbuffer()[:6].tobytes().startswith((b"\x93NUMPY", b"PK")):
            raise fail("TSX1002", path=file, detail="it does not begin as one")
        loaded = np.load(data, allow_pickle=False)
        if isinstance(loaded, np.lib.npyio.NpzFile):
            with loaded:
                return {key: loaded[key] for key in loaded.files}
        return np.asarray(loaded)
    except FileNotFoundError:
        raise fail("TSX1001", path=file) from None
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise fail("TSX1002", path=file, detail=error) from None


def sample_of_shape(spec: str) -> tuple[str, Array]:
    """``[name=]1,3,224,224[:float32]`` as a deterministic array: normal floats, zeros and ones for the rest."""
    name, equals, rest = spec.partition("=")
    if not equals:
        name, rest = "", spec
    sizes_text, _, dtype_name = rest.partition(":")
    try:
        sizes = tuple(int(s) for s in sizes_text.split(",") if s.strip())
    except ValueError:
        raise fail("TSX1003", spec=spec) from None
    dtype = DTYPE_BY_NAME.get(dtype_name or "float32")
    if dtype is None or any(s < 0 for s in sizes):
        raise fail("TSX1003", spec=spec)
    generator = np.random.default_rng(0)
    if dtype.is_float:
        return name, cast(np.asarray(generator.standard_normal(sizes)), dtype)
    return name, np.asarray(generator.integers(0, 2, sizes), dtype=to_numpy(dtype))
