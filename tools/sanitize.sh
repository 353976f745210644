#!/usr/bin/env bash
# The transport and the shim under ASan+UBSan, TSan and valgrind.
#   tools/sanitize.sh                      all of it, some ten minutes (make sanitize)
#   tools/sanitize.sh build NAME TARGET…   builds the transport's test programs: NAME is address or thread
set -euo pipefail
cd "$(dirname "$0")/.."
BUILD=${REELMEND_SANITIZE_BUILD:-$PWD/build/sanitize}
PYTHON=${PYTHON:-$PWD/.venv/bin/python}
CMAKE=$(command -v cmake || echo .venv/bin/cmake)
declare -A SANITIZERS=([address]=address,undefined [thread]=thread)
export ASAN_OPTIONS=exitcode=99 UBSAN_OPTIONS=exitcode=99:print_stacktrace=1 TSAN_OPTIONS=exitcode=99

# build NAME SOURCE-FOLDER BUILD-FOLDER TARGET…
build() {
    local name=$1 source=$2 folder=$3 launcher=()
    shift 3
    mkdir -p "$folder"
    exec {lock}>"$folder/.lock"
    flock "$lock"
    if command -v ccache >/dev/null; then
        launcher=(-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
    fi
    "$CMAKE" -S "$source" -B "$folder" -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-O1 -DCMAKE_C_FLAGS_DEBUG=-O1 \
        -DREELMEND_SANITIZE="${SANITIZERS[$name]}" -DREELMEND_BUILD_HOST=OFF "${launcher[@]}" >"$folder/configure.log"
    "$CMAKE" --build "$folder" -j2 --target "$@"
    flock -u "$lock"
}

run() {
    printf '\n== %s\n' "$*"
    "$@"
}

if [ "${1:-}" = build ]; then
    build "$2" ofx_bridge/transport "$BUILD/$2" "${@:3}"
    exit
fi

programs=(transport_tests transport_pixel_tests plugin_tests ofxpp_tests)
for name in address thread; do
    folder=$BUILD/all-$name
    build "$name" . "$folder" "${programs[@]}" transport_probe
    run "$folder/tests/ofx_bridge/transport/transport_tests"
    run "$folder/tests/ofx_bridge/transport/transport_pixel_tests"
    run "$folder/tests/ofx_bridge/plugin/plugin_tests"
    run "$folder/tests/ofx_bridge/ofxpp/ofxpp_tests"
    # Every test of the transport again, through a watched probe. Three of them look at what a watched program changes:
    # its descriptors, its symbols, its timing.
    run env REELMEND_TRANSPORT_BUILT="$folder/tests/ofx_bridge/transport" "$PYTHON" -m pytest -q -p no:xdist \
        tests/ofx_bridge/transport --deselect tests/ofx_bridge/transport/test_build.py \
        --deselect tests/ofx_bridge/transport/test_sanitizers.py \
        -k "not inherits_nothing and not deadline_is_kept and not abort"
done

if ! command -v valgrind >/dev/null; then
    echo "sanitize: valgrind is not installed; skipped" >&2
    exit
fi
folder=$BUILD/plain
"$CMAKE" -S . -B "$folder" -DCMAKE_BUILD_TYPE=RelWithDebInfo -DREELMEND_BUILD_HOST=OFF >/dev/null
"$CMAKE" --build "$folder" -j2 --target "${programs[@]}"
watched=(valgrind --quiet --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite)
run "${watched[@]}" "$folder/tests/ofx_bridge/transport/transport_tests" quick
run "${watched[@]}" "$folder/tests/ofx_bridge/transport/transport_pixel_tests" quick
run "${watched[@]}" "$folder/tests/ofx_bridge/plugin/plugin_tests"
run "${watched[@]}" "$folder/tests/ofx_bridge/ofxpp/ofxpp_tests"
echo "sanitize: all clean"
