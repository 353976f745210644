#!/usr/bin/env bash
# Sets up the checkout: system packages that are missing, the virtual environment, the native build.
# usage: setup.sh run|dev     run: what the demo needs; dev: also what tests and linters need
set -euo pipefail
cd "$(dirname "$0")/.."

PACKAGES=(g++ pkg-config libnghttp2-dev libnanopb-dev libxxhash-dev nlohmann-json3-dev)
DEV_PACKAGES=(binutils nanopb procps ffmpeg)  # ffmpeg: peers of the bench
# Ubuntu has these as snaps only; what needs a browser is then skipped, and says so.
BROWSER=(chromium chromium-driver)
BUILD_REQUIRES=("scikit-build-core>=1.1" "nanobind>=3.1" "cmake>=3.26" ninja)
VENV=.venv

say() { printf '\033[1m%s\033[0m\n' "$*"; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif command -v sudo >/dev/null; then sudo "$@"
    else fail "neither root nor sudo here; ask an administrator to run: apt-get install ${MISSING[*]}"
    fi
}

find_python() {
    for candidate in "${PYTHON:-python3}" python3.13 python3.12 python3.11; do
        if command -v "$candidate" >/dev/null &&
            "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    fail "no Python 3.11 or newer; install one, or name it: make PYTHON=/path/to/python3.12 …"
}

missing_packages() {
    local python=$1 package
    shift
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || echo "$package"
    done
    # A Debian python comes without venv and headers; others (pyenv, conda) bring both.
    "$python" -c 'import ensurepip' 2>/dev/null || echo python3-venv
    [ -f "$("$python" -c 'import sysconfig; print(sysconfig.get_path("include"))')/Python.h" ] || echo python3-dev
}

install_packages() {
    mapfile -t MISSING < <(missing_packages "$@")
    [ "${#MISSING[@]}" = 0 ] && return
    command -v apt-get >/dev/null ||
        fail "this machine has no apt-get; install the counterparts of: ${MISSING[*]}"
    say "Installing ${MISSING[*]}"
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${MISSING[@]}" >/dev/null
}

pip_install() { "$VENV/bin/python" -m pip install -q --disable-pip-version-check "$@"; }

install_python_packages() {
    local extras=$1 with_tests=$2
    [ -x "$VENV/bin/python" ] || "$PYTHON_FOUND" -m venv "$VENV"
    pip_install "pip>=24" "${BUILD_REQUIRES[@]}"
    say "Installing Python packages and building the plug-in (reelmend[$extras])"
    # Without isolation the build folder stays valid, and only what changed is compiled again.
    pip_install --no-build-isolation -C cmake.define.REELMEND_BUILD_TESTS="$with_tests" -e ".[$extras]"
}

PYTHON_FOUND=$(find_python)
case "${1:-run}" in
    run)
        install_packages "$PYTHON_FOUND" "${PACKAGES[@]}"
        install_python_packages cpu,movies OFF
        ;;
    dev)
        install_packages "$PYTHON_FOUND" "${PACKAGES[@]}" "${DEV_PACKAGES[@]}"
        (install_packages "$PYTHON_FOUND" "${BROWSER[@]}") || say "No Chromium here: the report's browser tests are skipped"
        install_python_packages cpu,movies,train,dev ON
        ;;
    *) fail "usage: setup.sh run|dev" ;;
esac
