#!/usr/bin/env bash
# Gold only, Simple Mix and auto where silver may do harm; see docs/results/auto.md. Needs VERMEIL_DATA and
# an environment with vermeil[train]. Finished cells are kept in docs/results/auto/*/study and are not
# run again: a run that was stopped continues. CoNLL-2003 is part of benchmarks/paper/teachers.sh.
#
#   benchmarks/auto/run.sh                       every set, five seeds
#   benchmarks/auto/run.sh 'wnut 250' 'study.seeds=[0]'   one set and size, with settings changed
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
corpora=$PWD/build/auto
[[ -f $corpora/teachers.json ]] || python benchmarks/auto/prepare.py "$corpora"

# cells SET GOLD LABELS [SETTING…]
cells() {
  local set=$1 gold=$2 label settings=() part; shift 2
  for label in $1; do settings+=(--set "task.labels.$label={}"); done
  for part in gold silver dev test; do settings+=(--set "corpora.$part.path=$corpora/$set/$part.jsonl"); done
  shift
  for setting in "$@"; do settings+=(--set "$setting"); done
  vermeil study --config benchmarks/auto/auto.toml --set "run.output=$PWD/docs/results/auto/$set-$gold" \
    --set 'study.regimens=["gold_only","simple_mix","auto"]' --set 'study.seeds=[0,1,2,3,4]' \
    --set "study.gold_documents=$gold" "${settings[@]}"
}

declare -A labels=(
  [newswire]="PER ORG LOC MISC" [newswire-local]="PER ORG LOC MISC" [conll04]="Peop Loc Org Other"
  [finer]="Person Location Organisation" [wnut]="corporation creative-work group location person product"
)
every=('wnut 250' 'newswire-local 100' 'finer 100' 'conll04 100' 'newswire 100'
  'wnut 1000' 'newswire-local 250' 'finer 250' 'conll04 250' 'newswire 250')
[[ $# -gt 0 ]] && every=("$1") && shift
for one in "${every[@]}"; do
  read -r set gold <<<"$one"
  silver=(); [[ $set == wnut ]] && silver=('study.silver_documents=[2000]')
  cells "$set" "$gold" "${labels[$set]}" "${silver[@]}" "$@"
done
cp "$corpora/teachers.json" docs/results/auto/
python benchmarks/pack_cells.py docs/results/auto/*/study
