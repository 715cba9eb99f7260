#!/bin/sh
# Packed attention and training speed on one GPU, at most ten minutes: benchmarks/gpu.py.
#
#     benchmarks/gpu.sh [PYTHON] [options of gpu.py]
#
# PYTHON has vermeil[train] and accelerate. Result: RESULT lines, and gpu.json in the current folder.
set -eu
python=${1:-python3}
[ $# -eq 0 ] || shift
exec timeout 600 "$python" "$(dirname "$0")/gpu.py" --json gpu.json "$@"
