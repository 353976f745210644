#!/usr/bin/env bash
# Builds Reelmend.ofx.bundle for Linux with glibc 2.28 and newer (Rocky Linux 8); it needs no other library there.
# usage: build.sh [FOLDER]     FOLDER: where to build; build/portable unless given
set -euo pipefail
cd "$(dirname "$0")/../.."
BUILD=$(mkdir -p "${1:-build/portable}" && cd "${1:-build/portable}" && pwd)
PYTHON=${PYTHON:-.venv/bin/python}
# Two builds at once in one folder would undo each other's work: the second waits, and then finds all done.
exec 9>"$BUILD/.lock"
flock 9
LIBRARIES=(libnghttp2-dev libnanopb-dev libxxhash-dev nlohmann-json3-dev)
export REELMEND_ZIG REELMEND_LIBRARIES=$BUILD/libraries
export ZIG_GLOBAL_CACHE_DIR=${ZIG_GLOBAL_CACHE_DIR:-$BUILD/zig-cache}

fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

# The libraries' headers and static archives, without the C library's own headers that lie beside them in /usr/include.
# What in the archives is too young for the oldest C library, the linker names.
stage_libraries() {
    rm -rf "$REELMEND_LIBRARIES"
    mkdir -p "$REELMEND_LIBRARIES"
    dpkg -L "${LIBRARIES[@]}" | grep -E '\.(h|hpp|a|pc|cmake)$' | sed 's|^/||' | tar -C / -cf - -T - | tar -C "$REELMEND_LIBRARIES" -xf -
}

# Debian compiles its archives for programs, not for shared objects: they reach the C library's `stderr` as their own data,
# in a function for debugging that nobody calls. It gets an empty stand-in.
stand_in_for_stderr() {
    local archive=$REELMEND_LIBRARIES/usr/lib/$(uname -m)-linux-gnu/libnghttp2.a object=$BUILD/stand_in.o
    objcopy --redefine-sym stderr=reelmend_no_stream "$archive"
    echo '__attribute__((visibility("hidden"))) void* reelmend_no_stream;' | "$REELMEND_ZIG" cc -fPIC -x c -c - -o "$object"
    ar r "$archive" "$object"
}

zig() {
    "$PYTHON" -c 'import pathlib, ziglang; print(pathlib.Path(ziglang.__file__).with_name("zig"))' 2>/dev/null
}

# The one that the tests use, without all else that they need.
install_zig() {
    local wanted
    wanted=$("$PYTHON" -c 'import tomllib
extras = tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]
print(next(entry for entry in extras["dev"] if entry.startswith("ziglang")))')
    echo "Installing $wanted"
    "$PYTHON" -m pip install -q --disable-pip-version-check "$wanted"
}

zig >/dev/null || install_zig || fail "no compiler; run: $PYTHON -m pip install ziglang"
REELMEND_ZIG=$(zig)
[ -d .venv/bin ] && PATH=$PWD/.venv/bin:$PATH
staged=$(dpkg-query -W "${LIBRARIES[@]}" 2>/dev/null) || fail "libraries are missing; run: apt-get install ${LIBRARIES[*]}"
if [ "$(cat "$BUILD/staged" 2>/dev/null)" != "$staged" ]; then
    rm -f "$BUILD/staged"
    stage_libraries
    stand_in_for_stderr
    echo "$staged" >"$BUILD/staged"
fi
cmake -S . -B "$BUILD" -G Ninja --toolchain "$PWD/tools/portable/toolchain.cmake" -DCMAKE_BUILD_TYPE=Release \
    -DREELMEND_BUILD_HOST=OFF -DREELMEND_BUILD_TESTS=OFF --log-level=WARNING
cmake --build "$BUILD"
echo "built $BUILD/Reelmend.ofx.bundle"
