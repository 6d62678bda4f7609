#!/bin/sh
# The main job on a fixture, without torch: convert, optimise, inspect, run. Takes the bin folder of an environment.
set -eu
bin=$(cd "$1" && pwd)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

cp fixtures/resblock.py "$out/model.py"
cd "$out"
say() { printf '\n\033[1m$ %s\033[0m\n' "$*"; }

"$bin/python" -c 'import importlib.util, sys; sys.exit(importlib.util.find_spec("torch") is not None)' ||
    { echo "this environment has torch; the demo shows that none is needed" >&2; exit 1; }

say "tsx convert model.py --trace"
"$bin/tsx" convert model.py --trace
say "tsx optimize model.tsx --passes dce,fold,fuse -o fast.tsx"
"$bin/tsx" optimize model.tsx --passes dce,fold,fuse -o fast.tsx
say "tsx inspect fast.tsx"
"$bin/tsx" inspect fast.tsx
say "tsx run fast.tsx --input x.npy --output y.npy"
"$bin/python" -c 'import numpy; numpy.save("x.npy", numpy.random.default_rng(0).standard_normal((4, 3, 64, 64), dtype="float32"))'
"$bin/tsx" run fast.tsx --input x.npy --output y.npy
"$bin/tsx" run model.tsx --input x.npy --output plain.npy >plain.txt
"$bin/python" - y.npy plain.npy <<'PY'
import sys

import numpy as np

fast, plain = (np.load(path) for path in sys.argv[1:])
assert fast.shape == (4, 3, 64, 64) and np.ptp(fast) > 0.1, fast.shape
worst = float(np.abs(fast - plain).max())
assert np.allclose(fast, plain, rtol=1e-4, atol=1e-5 * np.abs(plain).max()), worst
print(f"batch 4 at 64x64 through a model traced at batch 1 and 32x32; optimised and plain differ by at most {worst:.1e}")
PY
