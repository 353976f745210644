#!/usr/bin/env bash
# Makes what is derived from one place: the RPC code from proto/, the node's panel from the parameter descriptors, its
# icons in pixels from the drawings.
# usage: generate.sh [--check]     --check: change nothing, fail when a committed file is not what would be made
set -euo pipefail
cd "$(dirname "$0")/.."
BIN=.venv/bin
PANEL=ofx_bridge/plugin/resources/effects.json
RPC=engine/reelmend/rpc/v1
NANOPB=ofx_bridge/transport/rpc
ICONS=ofx_bridge/plugin/resources/icons
MADE=("$RPC/engine_pb2.py" "$RPC/engine_pb2.pyi" "$RPC/engine_pb2_grpc.py" "$PANEL" "$NANOPB/engine.pb.c" "$NANOPB/engine.pb.h")
for drawing in $ICONS/*.svg; do MADE+=("${drawing%.svg}.png"); done

into() {
    mkdir -p "$1/engine" "$1/$(dirname $PANEL)" "$1/$NANOPB"
    $BIN/python -m grpc_tools.protoc -Iproto --python_out="$1/engine" --pyi_out="$1/engine" \
        --grpc_python_out="$1/engine" proto/reelmend/rpc/v1/engine.proto
    $BIN/python -m reelmend.effects.panel "$1/$PANEL"
    $NANOPB/generate.sh "$1/$NANOPB"
    $BIN/python tools/icons.py "$1/$ICONS"
}

if [ "${1:-}" = --check ]; then
    made=$(mktemp -d)
    trap 'rm -rf "$made"' EXIT
    into "$made"
    for file in "${MADE[@]}"; do
        cmp -s "$made/$file" "$file" || { echo "$file is out of date; run 'make generate'" >&2; exit 1; }
    done
else
    into .
fi
