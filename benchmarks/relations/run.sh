#!/usr/bin/env bash
# The studies of docs/results/relations.md on CoNLL04. Needs VERMEIL_DATA and an environment with
# vermeil[train]. Finished cells are kept in docs/results/relations/*/study, so a run that was
# stopped continues with the missing cells.
#
#   benchmarks/relations/run.sh supervised     all 910 gold sentences, five seeds: the upper bound
#   benchmarks/relations/run.sh first          100 and 250 gold: gold_only and simple_mix
#   benchmarks/relations/run.sh conll04        100 and 250 gold: all regimens, after "first"
#   benchmarks/relations/run.sh longer         100 gold, twice the budget: gold_only and simple_mix
#   benchmarks/relations/run.sh supervised student.learning_rate=2e-4   with settings changed
#
# Processor time on one core of an AMD EPYC with AVX-512 and bfloat16: 80 to 120 seconds per cell of
# 120,000 wordpieces, 5 minutes per supervised cell; auto trains four further students unless
# selection.folds=0 is set. "first" has 20 cells (30 minutes), "conll04" 60 more, "longer" 10 (26 minutes).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
data=$PWD/build/relations
if [[ ! -f $data/test.jsonl ]]; then python benchmarks/relations/prepare.py "$data"; fi

name=${1:?name a study: supervised, first or conll04}
shift
folder=conll04
settings=()
for part in gold silver dev test; do settings+=(--set "corpora.$part.path=$data/$part.jsonl"); done
case $name in
  supervised)
    folder=supervised
    settings+=(--set 'study.regimens=["gold_only"]' --set study.gold_documents=910)
    settings+=(--set blending.budget.gold_epochs=15 --set blending.budget.wordpieces=none)
    ;;
  first) settings+=(--set 'study.regimens=["gold_only","simple_mix"]') ;;
  conll04) ;;
  longer)
    folder=longer
    settings+=(--set 'study.regimens=["gold_only","simple_mix"]' --set study.gold_documents=100)
    settings+=(--set blending.budget.wordpieces=240000)
    ;;
  *) echo "unknown study $name; expected supervised, first, conll04 or longer" >&2; exit 2 ;;
esac
settings+=(--set "run.output=$PWD/docs/results/relations/$folder")
for setting in "$@"; do settings+=(--set "$setting"); done
vermeil study --config benchmarks/relations/conll04.toml "${settings[@]}"
python benchmarks/pack_cells.py "docs/results/relations/$folder/study"
