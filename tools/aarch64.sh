#!/bin/sh
# Cross-compiles the engine for 64-bit Arm with Debian's compiler and runs its tests under qemu-user, and then tsx_run and
# kernels on inputs whose results NumPy knows. Takes the build folder and the Python of the tests. Packages:
# g++-aarch64-linux-gnu qemu-user libc6-arm64-cross.
set -eu
build=$1
python=$2
source=$(cd "$(dirname "$0")/.." && pwd)
cmake -S "$source/engine" -B "$build" -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64 \
  -DCMAKE_CXX_COMPILER=aarch64-linux-gnu-g++ -DCMAKE_C_COMPILER=aarch64-linux-gnu-gcc \
  "-DCMAKE_CROSSCOMPILING_EMULATOR=qemu-aarch64;-L;/usr/aarch64-linux-gnu" "-DCMAKE_CXX_FLAGS_RELEASE=-O1" \
  ${TSX_LAUNCHER:+"-DCMAKE_CXX_COMPILER_LAUNCHER=$TSX_LAUNCHER"}
cmake --build "$build" -j2
# Debian 12's qemu-user (7.2) dies of an assertion of its own (qemu_plugin_vcpu_init_hook) when the child of a fork starts
# a thread, which is all that test_fork does.
ctest --test-dir "$build" --output-on-failure -E '^test_fork$'
cd "$source"
TSX_ENGINE_BUILD="$build" TSX_EMULATOR="qemu-aarch64 -L /usr/aarch64-linux-gnu" OMP_NUM_THREADS=1 TSX_ENGINE=numpy \
  "$python" -m pytest -q tests/engine/test_golden_run.py tests/engine/test_run.py tests/engine/test_lower.py \
  tests/engine/test_plain_kernels.py tests/engine/test_tensor_kernels_torch.py tests/engine/test_ulps.py \
  tests/engine/test_rules.py tests/engine/test_readers.py
