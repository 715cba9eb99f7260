#!/usr/bin/env bash
# The comparison of regimens on CoNLL-2003 with real ChatGPT labels, as docs/results/conll2003.md
# reports it. Needs VERMEIL_DATA (see there) and an environment with vermeil[train]. Finished
# cells are in docs/results/conll2003/*/study/cells.jsonl.gz. Those with a key of the present version are
# not run again. Delete the file to start anew.
#
#   benchmarks/conll2003/run.sh                 all of it
#   benchmarks/conll2003/run.sh 'study.seeds=[0]'   with settings changed
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
data="${VERMEIL_DATA:?set VERMEIL_DATA to the folder of the research data}/conll2003"

for size in full full-context gold-250 gold-1000; do
  settings=(
    --set "corpora.gold.path=$data/train.jsonl.gz"
    --set "corpora.test.path=$data/test.jsonl.gz"
  )
  if [[ $size != full* ]]; then settings+=(--set "corpora.silver.path=$data/train.jsonl.gz"); fi
  for setting in "$@"; do settings+=(--set "$setting"); done
  vermeil study --config "benchmarks/conll2003/$size.toml" "${settings[@]}"
done
python benchmarks/pack_cells.py docs/results/conll2003/*/study
python benchmarks/conll2003/tabulate.py
