#!/usr/bin/env bash
# The study of an added label: what the other labels lose, and what the new one gains. Needs
# VERMEIL_DATA and an environment with vermeil[train]. Finished cells are kept in build/added, so a
# run that was stopped continues with the missing cells.
#
#   benchmarks/added/run.sh                                  2 regimens, 3 seeds, 40,000 wordpieces
#   benchmarks/added/run.sh 'study.seeds=[0]'                with settings changed
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
: "${VERMEIL_DATA:?set VERMEIL_DATA to the folder of the research data}"
data=$(cd "$VERMEIL_DATA/conll2003" && pwd)
settings=(--set "corpora.test.path=$data/test.jsonl.gz")
for part in gold silver; do settings+=(--set "corpora.$part.path=$data/train.jsonl.gz"); done
for setting in "$@"; do settings+=(--set "$setting"); done
vermeil study --config benchmarks/added/conll2003.toml "${settings[@]}"
