#!/usr/bin/env bash
# All strategies of vermeil rank on all settings, five seeds; see benchmarks/rank/simulate.py.
# Needs VERMEIL_DATA and an environment with vermeil[train], on a machine without other work.
# Finished cells are in the folder that is named first, and are not run again.
#
#   benchmarks/rank/run.sh cells                     all of it
#   benchmarks/rank/run.sh cells --settings people-wnut --seeds 0
set -euo pipefail
: "${VERMEIL_DATA:?set VERMEIL_DATA to the folder of the research data}"
cells="${1:?name a folder for the cells}"
shift
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
python "$root/benchmarks/rank/simulate.py" --output "$cells" "$@"
python "$root/benchmarks/rank/curves.py" "$cells"
