#!/bin/sh
# Writes engine.pb.c and engine.pb.h from the contract, beside this script or into the folder named.
# Needs Debian's package nanopb, of the same version as libnanopb-dev (0.4.7).
set -eu
target=$(cd "${1:-$(dirname "$0")}" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
contract=$here/../../../proto/reelmend/rpc/v1
generator=${NANOPB_GENERATOR:-nanopb_generator.py}
cd "$here"
"$generator" --quiet --strip-path --proto-path "$contract" --options-path "$here" --output-dir "$target" engine.proto
