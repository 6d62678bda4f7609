#!/bin/sh
# Deploys models with no Python: installs the built engine, builds engine/examples against the installed tree, and runs
# them where no python is on the PATH. Takes the build folder (engine/build) and an archive for the demo.
set -eu
build=$(cd "$1" && pwd)
model=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")
source=$(cd "$(dirname "$0")/.." && pwd)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

cmake --install "$build" --prefix "$out/tsx" >/dev/null
for example in demo kernel; do
  cmake -S "$source/engine/examples/$example" -B "$out/$example" -DCMAKE_PREFIX_PATH="$out/tsx" -DCMAKE_BUILD_TYPE=Release >/dev/null
  cmake --build "$out/$example" >/dev/null
done
strip "$out/demo/demo"

env -i PATH=/nonexistent "$out/demo/demo" "$model"
status=0
env -i PATH=/nonexistent "$out/demo/demo" "$out/no-such-model.tsx" 2>"$out/error" || status=$?
[ "$status" = 3 ] || { echo "expected exit status 3 for a missing model, got $status" >&2; exit 1; }

peaks=$(env -i PATH=/nonexistent "$out/kernel/kernel" "$source/fixtures/host/peaks.tsx")
[ "$peaks" = "peaks: 40 50 60 70 80" ] || { echo "the kernel example found $peaks" >&2; exit 1; }
echo "$peaks"

bytes=$(wc -c <"$out/demo/demo")
[ "$bytes" -lt 3000000 ] || { echo "the stripped demo has $bytes bytes; it is to stay under 3,000,000" >&2; exit 1; }
others=$(ldd "$out/demo/demo" | grep -Ev 'libc\.so|libm\.so|libstdc\+\+\.so|libgcc_s\.so|libpthread\.so|ld-linux|linux-vdso' || true)
[ -z "$others" ] || { echo "the demo needs other libraries: $others" >&2; exit 1; }
echo "the stripped demo, libtsx in it, has $bytes bytes and needs the C and C++ libraries only"
