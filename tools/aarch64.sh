#!/bin/sh
# Cross-compiles the engine for 64-bit Arm with Debian's compiler and runs its tests under qemu-user. Takes the build
# folder. Packages: g++-aarch64-linux-gnu qemu-user libc6-arm64-cross.
set -eu
build=$1
source=$(cd "$(dirname "$0")/.." && pwd)
cmake -S "$source/engine" -B "$build" -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64 \
  -DCMAKE_CXX_COMPILER=aarch64-linux-gnu-g++ -DCMAKE_C_COMPILER=aarch64-linux-gnu-gcc \
  "-DCMAKE_CROSSCOMPILING_EMULATOR=qemu-aarch64;-L;/usr/aarch64-linux-gnu" "-DCMAKE_CXX_FLAGS_RELEASE=-O1" \
  ${TSX_LAUNCHER:+"-DCMAKE_CXX_COMPILER_LAUNCHER=$TSX_LAUNCHER"}
cmake --build "$build" -j2
ctest --test-dir "$build" --output-on-failure
