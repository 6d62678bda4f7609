"""Complex conjugates: ``conj`` (torch's is a view with a mark on it) and ``conj_physical``, which computes at once.

Of a real tensor the conjugate is the tensor itself. Of a complex one it is computed here and read-only: torch's shares
memory, and a write can't go through ours.
"""

from __future__ import annotations

import numpy as np

from tsx.ops.checked import VIEW, define, define_with_inplace, same_as_self
from tsx.ops.dtypes import Array


def _conj(x: Array) -> Array:
    if x.dtype.kind != "c":
        return x
    result = np.asarray(np.conjugate(x))
    result.flags.writeable = False
    return result


def _conj_physical(x: Array) -> Array:
    return np.asarray(np.conjugate(x)) if x.dtype.kind == "c" else x.copy()


define("aten::conj(Tensor(a) self) -> Tensor(a)", same_as_self, _conj, VIEW)
define("aten::_conj(Tensor(a) self) -> Tensor(a)", same_as_self, _conj, VIEW)
define_with_inplace("aten::conj_physical(Tensor self) -> Tensor", same_as_self, _conj_physical)
define("aten::_conj_physical(Tensor self) -> Tensor", same_as_self, _conj_physical)
