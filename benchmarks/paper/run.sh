#!/usr/bin/env bash
# The study of docs/results/paper.md: regimens x seeds on CoNLL-2003 with real LLM labels. Needs
# VERMEIL_DATA (see there) and an environment with vermeil[train]. Finished cells lie in
# docs/results/paper/*/study/cells.jsonl.gz. Those with a key of the present version are not run again, so
# that a study that was stopped continues with the missing cells. Delete the file to start anew.
#
#   benchmarks/paper/run.sh                     all of it: the required cells first, then the variants
#   benchmarks/paper/run.sh gold-1000           one study of it
#   benchmarks/paper/run.sh teachers            teachers x regimens x gold sizes (teachers.sh has its steps)
#   benchmarks/paper/run.sh gold-1000 'study.seeds=[0]'   with settings changed
#   TAILS='"sigmoid_tail", "linear_tail"' benchmarks/paper/run.sh   other schedules with a gold tail
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source benchmarks/paper/study.sh

required='"gold_only", "silver_only", "pooled", "simple_mix", "reverse_mix", "sigmoid", "power", "linear"'
variants="${TAILS-\"sigmoid_tail\", \"power_tail\"}, \"simple_mix_restart\""

study gold-1000
study gold-250
study uniner-1000
for name in gold-1000 gold-250; do study "$name" "study.regimens=[$required, $variants]"; done
python benchmarks/pack_cells.py docs/results/paper/*/study
python benchmarks/paper/tabulate.py
if [[ -z $only || $only == teachers ]]; then
  benchmarks/paper/teachers.sh
  python benchmarks/paper/blends.py
  python benchmarks/paper/mechanism.py
  python benchmarks/paper/cost.py build/paper
fi
