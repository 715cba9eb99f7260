#!/usr/bin/env bash
# How much gold alone does it take to equal 1,000 (or 250) gold sentences with silver? Students of 2,000,
# 3,000 and 5,000 gold sentences, trained as long as those of benchmarks/recipes/run.sh: on 316,000
# wordpieces (these: 314,466 with 1,000 gold sentences, 316,277 with 250). Needs VERMEIL_DATA and an
# environment with vermeil[train].
#
#   benchmarks/recipes/gold_alone.sh
#   benchmarks/recipes/gold_alone.sh 'study.seeds=[0,1]'   with settings changed
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source benchmarks/paper/study.sh

# Ceiling: people's labels on silver's sentences, too.
study gold-1000 "run.output=$PWD/docs/results/recipes/gold-alone" 'study.baseline="ceiling"' \
  'study.regimens=["ceiling"]' 'study.silver_documents=[1000, 2000, 4000]' \
  blending.budget.wordpieces=316000 'study.mechanism.regimens=[]'
python benchmarks/pack_cells.py docs/results/recipes/gold-alone/study
