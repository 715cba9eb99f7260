#!/usr/bin/env bash
# The studies of docs/results/relations.md on CoNLL04. Needs VERMEIL_DATA and an environment with
# vermeil[train]. Finished cells are kept in docs/results/relations/*/study, so a run that was stopped
# continues with the missing cells.
#
#   benchmarks/relations/run.sh supervised     all 910 gold sentences, five seeds: the upper bound
#   benchmarks/relations/run.sh conll04        100 and 250 gold sentences, the others as silver
#   benchmarks/relations/run.sh supervised student.learning_rate=2e-4   with settings changed
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
data=build/relations
if [[ ! -f $data/test.jsonl ]]; then python benchmarks/relations/prepare.py "$data"; fi

name=${1:?name a study: supervised or conll04}
shift
settings=(--set "run.output=docs/results/relations/$name")
for part in gold silver dev test; do settings+=(--set "corpora.$part.path=$data/$part.jsonl"); done
if [[ $name == supervised ]]; then
  settings+=(--set 'study.regimens=["gold_only"]' --set study.gold_documents=910)
  settings+=(--set blending.budget.gold_epochs=15)
fi
for setting in "$@"; do settings+=(--set "$setting"); done
vermeil study --config benchmarks/relations/conll04.toml "${settings[@]}"
