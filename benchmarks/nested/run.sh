#!/usr/bin/env bash
# A student with a head per label against a flat one, on CoNLL-2003 with inner names by rule. Both
# are trained with the same budget: the flat one on the outer spans, for it cannot hold others.
# Needs VERMEIL_DATA and an environment with vermeil[train]. A finished cell is not run again.
#
#   benchmarks/nested/run.sh                                    3 seeds, 40,000 wordpieces
#   benchmarks/nested/run.sh blending.budget.wordpieces=8000    with settings changed
#   SEEDS=0 NAME=trial benchmarks/nested/run.sh                 one seed, in a folder of its own
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
: "${VERMEIL_DATA:?set VERMEIL_DATA to the folder of the research data}"
data=build/nested
if [[ ! -f $data/counts.json ]]; then python benchmarks/nested/prepare.py "$data"; fi
settings=()
for setting in "$@"; do settings+=(--set "$setting"); done
for seed in ${SEEDS:-0 1 2}; do
  for kind in nested flat; do
    cell=$data/${NAME:-cells}/$kind-$seed
    if [[ -f $cell/found.jsonl ]]; then continue; fi
    own=(--set "run.seed=$seed" --set "run.output=$PWD/$cell")
    own+=(--set "corpora.gold.path=$PWD/$data/$kind.train.jsonl")
    if [[ $kind == flat ]]; then own+=(--set task.nested=false); fi
    vermeil train --config benchmarks/nested/nested.toml "${own[@]}" \
      ${settings[@]+"${settings[@]}"}
    vermeil predict "$cell/model" "$data/plain.jsonl" --output "$cell/found.jsonl"
  done
done
python benchmarks/nested/score.py "$data" "${NAME:-cells}"
