"""Reading state dicts: mappings, ``.npz`` files and ``.safetensors`` files, without torch.

A safetensors file is an 8-byte little-endian header length, a JSON header and raw little-endian tensors
(github.com/huggingface/safetensors, "Format"). Nothing is executed; pickled arrays are refused.
"""

from __future__ import annotations

import json
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tsx.errors import TsxError, fail
from tsx.ir.types import DType
from tsx.ops.dtypes import Array, from_numpy, to_numpy

_LIMIT = 100_000_000  # bytes of header, as the format's own reader allows
_DTYPES = {
    "BOOL": DType.BOOL,
    "U8": DType.UINT8,
    "I8": DType.INT8,
    "I16": DType.INT16,
    "I32": DType.INT32,
    "I64": DType.INT64,
    "F16": DType.FLOAT16,
    "BF16": DType.BFLOAT16,
    "F32": DType.FLOAT32,
    "F64": DType.FLOAT64,
    "C64": DType.COMPLEX64,
}


def read_state(state: Mapping[str, Any] | str | Path) -> dict[str, Array]:
    """The arrays of a state dict by name. Raises TSX1035 when a file holds none."""
    if isinstance(state, Mapping):
        return {str(key): _array(str(key), value) for key, value in state.items()}
    path = Path(state)
    try:
        with path.open("rb") as file:
            start = file.read(4)
        return _read_npz(path) if start[:2] == b"PK" else _read_safetensors(path)
    except TsxError:
        raise
    except (OSError, ValueError, KeyError, TypeError, struct.error, zipfile.BadZipFile) as error:
        raise fail("TSX1035", path=path, detail=error) from None


def _array(key: str, value: Any) -> Array:
    """An entry as an array: an ndarray, a number, or what converts itself (a torch tensor on the CPU)."""
    if hasattr(value, "detach"):
        value = value.detach()
        if "bfloat16" in str(value.dtype):
            # NumPy has no bfloat16: the exact float32 values are taken.
            value = value.float()
    array = np.asarray(value)
    try:
        from_numpy(array.dtype)
    except TsxError:
        raise fail("TSX1035", path=key, detail=f"an entry of type {type(value).__name__}") from None
    return array


def _read_npz(path: Path) -> dict[str, Array]:
    with np.load(path, allow_pickle=False) as entries:
        return {key: _array(key, entries[key]) for key in entries.files}


def _read_safetensors(path: Path) -> dict[str, Array]:
    size = path.stat().st_size
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        if not 2 <= length <= min(_LIMIT, size - 8):
            raise ValueError("it is no .npz and no .safetensors file")
        header = json.loads(file.read(length).decode("utf-8"))
    body = (
        np.memmap(path, np.uint8, "r", offset=8 + length)
        if size > 8 + length
        else np.empty(0, np.uint8)
    )
    return {
        name: _slice(name, entry, body)
        for name, entry in header.items()
        if name != "__metadata__"
    }  # fmt: skip


def _slice(name: str, entry: Mapping[str, Any], body: Array) -> Array:
    dtype, shape = to_numpy(_DTYPES[entry["dtype"]]), tuple(entry["shape"])
    start, stop = entry["data_offsets"]
    count = int(np.prod(shape, dtype=np.int64))
    if not 0 <= start <= stop <= len(body) or stop - start != count * dtype.itemsize:
        raise ValueError(f"the tensor {name} does not lie inside the file")
    if any(not isinstance(s, int) or s < 0 for s in shape):
        raise ValueError(f"the tensor {name} has sizes {list(shape)}")
    return body[start:stop].view(dtype.newbyteorder("<")).reshape(shape)
