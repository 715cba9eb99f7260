#!/usr/bin/env bash
# The study of docs/results/topics.md: regimens x teachers on BBC topics. Needs VERMEIL_DATA and an
# environment with vermeil[train]. Finished cells are in docs/results/topics/*/study and are not run
# again, so an interrupted study continues.
#
#   benchmarks/topics/run.sh                            all three teachers
#   benchmarks/topics/run.sh weak                       one of them
#   benchmarks/topics/run.sh two 'study.seeds=[0]'      with settings changed
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
: "${VERMEIL_DATA:?set VERMEIL_DATA to the folder of the research data}"
names=(two weak strong)
if [[ $# -gt 0 && -f benchmarks/topics/$1.toml ]]; then names=("$1"); shift; fi
changed=()
for setting in "$@"; do changed+=(--set "$setting"); done
python benchmarks/topics/prepare.py build/topics
for name in "${names[@]}"; do
  vermeil study --config "benchmarks/topics/$name.toml" ${changed[@]+"${changed[@]}"}
done
