#!/usr/bin/env bash
# Is the regimen auto better than the best plain blend? The study of docs/results/recipes.md: the
# paper's study (benchmarks/paper/) with auto added. Needs VERMEIL_DATA and an environment with
# vermeil[train]. Cells that the paper's study has finished are borrowed from there, so mostly those of
# auto are trained here (each with the folds of its judge).
# Auto also trains on 9,000 more sentences without annotation, within the same budget
# (study.plain_documents=0: without them).
#
#   benchmarks/recipes/run.sh                   both sizes, and the weaker teacher
#   benchmarks/recipes/run.sh gold-250          one of them
#   benchmarks/recipes/run.sh gold-250 'study.seeds=[0,1]'   with settings changed
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source benchmarks/paper/study.sh

borrowed=()
trap 'rm -f "${borrowed[@]}"' EXIT

borrow() {
  local path
  while read -r path; do borrowed+=("$path"); done \
    < <(python benchmarks/pack_cells.py --unpack-into "$2" "$1")
}

for name in gold-250 gold-1000 uniner-1000; do
  if [[ -n $only && $only != "$name" ]]; then continue; fi
  output="docs/results/recipes/$name"
  borrow "docs/results/paper/$name/study" "$output/study"
  study "$name" "run.output=$PWD/$output" 'study.baseline="simple_mix"' \
    'study.regimens=["gold_only", "pooled", "simple_mix", "auto"]' study.plain_documents=9000
  rm -f "${borrowed[@]}"
  borrowed=()
  python benchmarks/pack_cells.py "$output/study"
done
