# Two commands set up everything on a fresh machine: `make demo` and `make test`. `make help` lists the rest.

PYTHON ?= python3
# The CPU build of torch is enough. Where the package index serves CUDA builds by default, name one that has CPU
# wheels: make test TORCH_INDEX="--index-url https://download.pytorch.org/whl/cpu"
TORCH ?= torch==2.13.0
TRANSFORMERS ?= transformers==5.23.0
TORCH_INDEX ?=
# make test STAGE=python runs one stage: python, matrix, zoo, script or native.
STAGE ?= all

VENV := .venv
TEST_VENV := .venv-test
PIP := -m pip --disable-pip-version-check install --quiet
# What of the engine's Python tests runs on the build with sanitizers.
SANITIZED := tests/engine/test_run.py tests/engine/test_plain_kernels.py tests/engine/test_limits.py
# What of them runs in CI (make engine STAGE=slice).
READERS := golden_archives_load hostile_msgpack_gets_the_same_code what_is_wrong_is_refused_alike \
	what_crashed_a_reader_gets_the_same_code broken_programs_break_the_same_invariants
ENGINE_slice := tests/engine/test_run.py tests/engine/test_lower.py tests/engine/test_limits.py tests/engine/test_operator_list.py \
	tests/engine/test_rules.py $(READERS:%=tests/engine/test_readers.py::test_%)
# The demo is built against an installed tree and runs where no Python is; its size and libraries are checked.
ENGINE_DEMO := sh tools/engine_demo.sh engine/build fixtures/golden/v1.0/model_resblock.tsx
STAGE_all := -m "not engine" tests
STAGE_python := -m "not matrix and not zoo and not script and not engine" tests
STAGE_matrix := -m matrix tests
STAGE_zoo := -m zoo tests
STAGE_script := -m script tests
# The other stages prove the definition, on NumPy; this one proves the engine with the same tests, and on the same inputs
# each time: what is new to it is looked for on purpose.
NATIVE := tests/runtime/test_native.py tests/cli tests/capture tests/script tests/zoo
STAGE_native := -m "not matrix and not engine" --hypothesis-seed=0 $(NATIVE)
ENGINE_native := auto

# Sanitized builds of the engine, with clang: one for ASan, UBSan and the fuzz targets, one for TSan. They are built in CI,
# so: one instruction set, headers precompiled, and no more optimisation than the fuzz targets' speed needs.
CLANG := -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=Debug -DTSX_LEVELS=baseline -DTSX_PCH=ON
# make fuzz FUZZ_SECONDS=14400 CORPUS=/somewhere is a campaign; docs/ledger.md takes the rows that it prints.
FUZZ_SECONDS ?= 200
CORPUS ?=

.PHONY: help demo test engine engine-demo sanitizers asan-build fuzz aarch64 lint format generate full clean

help:
	@echo "make demo      convert, optimise, inspect and run a model in a fresh .venv without torch (builds the engine first)"
	@echo "make test      all tests but the engine's in a fresh .venv-test with torch (STAGE=python|matrix|zoo|script|native for one stage)"
	@echo "make engine    build the C++ engine in engine/build, run its tests, compare it with NumPy and torch, run its demo"
	@echo "make engine-demo  build the engine and only its C++ demo, from an installed tree, and run that without Python"
	@echo "make sanitizers  build the engine with ASan and UBSan, and with TSan, and run its tests"
	@echo "make fuzz      run the engine's fuzz targets for 4 minutes (FUZZ_SECONDS=N CORPUS=folder for longer)"
	@echo "make aarch64   cross-compile the engine for 64-bit Arm and run its tests under qemu"
	@echo "make lint      ruff, mypy, the import contract and the drift of generated files"
	@echo "make format    let ruff format and mend what it can"
	@echo "make generate  write the generated docs again"
	@echo "make full      what does not fit in CI; adds a row to docs/ledger.md"

# What the C++ extension is made of: pip builds it (where there is a compiler) when one of these is newer.
ENGINE := $(wildcard engine/CMakeLists.txt engine/cmake/*.cmake engine/python/*.cc engine/python/CMakeLists.txt \
	engine/gen/*.inc engine/include/tsx/*.h engine/src/*/*.cc engine/src/*/*.h engine/src/*/*.inc engine/src/*/*/*)

$(VENV)/ready: pyproject.toml $(ENGINE)
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python $(PIP) -e .
	@touch $@

$(TEST_VENV)/ready: pyproject.toml $(ENGINE)
	$(PYTHON) -m venv $(TEST_VENV)
	$(TEST_VENV)/bin/python $(PIP) $(TORCH_INDEX) "$(TORCH)"
	$(TEST_VENV)/bin/python $(PIP) -e ".[test,lint]" "$(TRANSFORMERS)"
	@touch $@

demo: $(VENV)/ready
	@sh tools/demo.sh $(VENV)/bin

# The tests start many interpreters, so those keep their bytecode, whatever the environment says.
test: $(TEST_VENV)/ready
	PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 TSX_ENGINE=$(or $(ENGINE_$(STAGE)),numpy) $(TEST_VENV)/bin/python -m pytest -q -n 2 --dist worksteal $(STAGE_$(STAGE))

engine: $(TEST_VENV)/ready
	cmake -S engine -B engine/build
	cmake --build engine/build -j2
	ctest --test-dir engine/build --output-on-failure
	OMP_NUM_THREADS=1 $(TEST_VENV)/bin/python -m pytest -q -n 2 --dist worksteal $(or $(ENGINE_$(STAGE)),-m engine tests)
	$(ENGINE_DEMO)

asan-build:
	cmake -S engine -B engine/build-asan $(CLANG) -DCMAKE_CXX_FLAGS_DEBUG="-O1 -g1" -DTSX_SANITIZE=address,undefined -DTSX_FUZZ=ON
	cmake --build engine/build-asan -j2

sanitizers: $(TEST_VENV)/ready asan-build
	ctest --test-dir engine/build-asan --output-on-failure
	TSX_ENGINE_BUILD=engine/build-asan OMP_NUM_THREADS=1 $(TEST_VENV)/bin/python -m pytest -q -n 2 --dist worksteal $(SANITIZED)
	cmake -S engine -B engine/build-tsan $(CLANG) -DCMAKE_CXX_FLAGS_DEBUG="-O0 -g1" -DTSX_SANITIZE=thread
	cmake --build engine/build-tsan -j2 --target tsx_tests
	engine/build-tsan/tests/tsx_tests test_threads test_concurrent test_api test_limits

fuzz: $(TEST_VENV)/ready asan-build
	PYTHONPATH=. $(TEST_VENV)/bin/python tools/fuzz.py engine/build-asan --seconds $(FUZZ_SECONDS) $(if $(CORPUS),--corpus $(CORPUS))

aarch64: $(TEST_VENV)/ready
	sh tools/aarch64.sh $(CURDIR)/engine/build-aarch64 $(CURDIR)/$(TEST_VENV)/bin/python

engine-demo:
	cmake -S engine -B engine/build
	cmake --build engine/build -j2 --target tsx tsx_shared tsx_run
	$(ENGINE_DEMO)

lint: $(TEST_VENV)/ready
	$(TEST_VENV)/bin/ruff format --check .
	$(TEST_VENV)/bin/ruff check .
	$(TEST_VENV)/bin/mypy
	$(TEST_VENV)/bin/lint-imports
	$(TEST_VENV)/bin/python tools/generate.py --check

format: $(TEST_VENV)/ready
	$(TEST_VENV)/bin/ruff format .
	$(TEST_VENV)/bin/ruff check --fix .

generate: $(TEST_VENV)/ready
	$(TEST_VENV)/bin/python tools/generate.py

full: $(TEST_VENV)/ready
	OMP_NUM_THREADS=2 $(TEST_VENV)/bin/python tools/full.py

clean:
	rm -rf $(VENV) $(TEST_VENV) build dist tsx/runtime/_engine*.so
	git clean -fdXq engine/python
