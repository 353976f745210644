#!/usr/bin/env bash
# Every linter once; the last line says whether all passed.
set -uo pipefail
cd "$(dirname "$0")/.."
BIN=.venv/bin
failed=()

check() {
    local name=$1
    shift
    "$@" || failed+=("$name")
}

mapfile -t NATIVE < <(git ls-files 'ofx_bridge/*.cpp' 'ofx_bridge/*.h' 'tests/*.cpp' 'tests/*.h')

check "ruff check" $BIN/ruff check .
check "ruff format" $BIN/ruff format --check .
check "mypy" $BIN/mypy
check "clang-format" $BIN/clang-format --dry-run --Werror "${NATIVE[@]}"
check "import-linter" $BIN/lint-imports
check "buf" $BIN/buf lint
check "generated files" tools/generate.sh --check

if [ "${#failed[@]}" != 0 ]; then
    printf 'lint: failed: %s\n' "$(IFS=,; echo "${failed[*]}")" >&2
    exit 1
fi
echo "lint: all passed"
