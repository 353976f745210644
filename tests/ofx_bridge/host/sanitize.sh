#!/usr/bin/env bash
# The host under the address and undefined-behaviour sanitizers: its core without Python, then its Python tests.
# usage: tests/ofx_bridge/host/sanitize.sh [BUILD_FOLDER]
set -euo pipefail
cd "$(dirname "$0")/../../.."
ROOT=$PWD
BUILD=${1:-build/sanitize-host}
PYTHON=${PYTHON:-.venv/bin/python}
FLAGS="-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -g -O1"

cmake -S . -B "$BUILD" -G Ninja -DPython_EXECUTABLE="$(realpath -s "$PYTHON")" -DCMAKE_BUILD_TYPE=None \
    -DREELMEND_BUILD_PLUGIN=OFF -DREELMEND_BUILD_TESTS=ON -DCMAKE_CXX_FLAGS="$FLAGS" -DCMAKE_C_FLAGS="$FLAGS" \
    -DPYOPENFX_MODULE_DIR="$(realpath -m "$BUILD")/python/pyopenfx" >/dev/null
cmake --build "$BUILD" -j "${JOBS:-2}" --target host_core_test _host host_test_plugins host_test_broken host_test_no_exports

export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
ctest --test-dir "$BUILD" -R '^host_core$' --output-on-failure

# The package's Python beside the sanitized module. The interpreter itself leaks by design.
for part in "$ROOT"/ofx_bridge/python/pyopenfx/*; do
    case $part in *.so | *__pycache__) continue ;; esac
    ln -sfn "$part" "$BUILD/python/pyopenfx/$(basename "$part")"
done
RUNTIME="$(${CXX:-g++} -print-file-name=libasan.so):$(${CXX:-g++} -print-file-name=libstdc++.so.6)"
LD_PRELOAD=$RUNTIME ASAN_OPTIONS=detect_leaks=0 PYTHONMALLOC=malloc \
    PYTHONPATH="$(realpath "$BUILD")/python:$ROOT/engine:$ROOT/models:$ROOT/tests:$ROOT" \
    REELMEND_TEST_PLUGINS="$(realpath "$BUILD")/test_plugins" \
    "$PYTHON" -m pytest --import-mode=importlib -q -p no:cacheprovider tests/ofx_bridge/host \
    -k "not validation and not cli and not a_millisecond"
