#!/usr/bin/env bash
# Regimens x teachers x gold sizes of docs/results/paper.md, in the order of information per hour. Needs
# VERMEIL_DATA and an environment with vermeil[train]. Finished cells are kept in
# docs/results/teachers/*/study and are not run again: a run that was stopped continues, and all
# studies share the cells that do not depend on the teacher.
#
#   benchmarks/paper/teachers.sh            everything
#   benchmarks/paper/teachers.sh 1 3        steps 1 and 3
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
data="${VERMEIL_DATA:?set VERMEIL_DATA to the folder of the research data}/conll2003"
corpora=build/paper
results=docs/results/teachers
[[ -f $corpora/teachers.json ]] || python benchmarks/paper/prepare.py "$corpora"

# cells TEACHER GOLD REGIMENS SEEDS [SETTING…]: run the cells of one teacher and one gold size. TEACHER
# "gold" stands for the regimens that use no labels of a teacher.
cells() {
  local teacher=$1 gold=$2 regimens=$3 seeds=$4 setting settings=() passes=16 silver=$1; shift 4
  [[ $teacher == gold ]] && silver=strong
  [[ $gold -ge 1000 ]] && passes=4
  for setting in "$@"; do settings+=(--set "$setting"); done
  vermeil study --config benchmarks/paper/teachers.toml \
    --set "run.output=$PWD/$results/$teacher-$gold" --set "corpora.gold.path=$PWD/$corpora/gold.jsonl" \
    --set "corpora.silver.path=$PWD/$corpora/$silver.jsonl" \
    --set "corpora.dev.path=$data/dev.jsonl.gz" --set "corpora.test.path=$data/test.jsonl.gz" \
    --set "study.gold_documents=$gold" --set "blending.budget.gold_epochs=$passes" \
    --set "study.regimens=[$(quoted $regimens)]" --set "study.baseline=${regimens%% *}" \
    --set "study.seeds=[$seeds]" "${settings[@]}"
}

# quoted NAME…: the names as strings of TOML, with commas.
quoted() { printf '"%s",' "$@"; }

# small GROUP TEACHER GOLD REGIMENS SEEDS [SETTING…]: cells of 100,000 wordpieces, half of them gold, at
# most 2,000 silver sentences, the first 60 articles of dev (1,012 sentences), in a folder of their own.
small() {
  local group=$1 gold=$3 size=none; shift
  [[ $1 == gold || $group == mix ]] || size="[$(( 4005 - gold < 2000 ? 4005 - gold : 2000 ))]"
  results=$results/$group cells "$@" "corpora.dev.path=$PWD/$corpora/dev.jsonl" \
    blending.budget.wordpieces=100000 blending.budget.gold_fraction=0.5 study.curve_points=0 \
    "study.silver_documents=$size"
}

five="0,1,2,3,4"

step_1() { # the strong teacher with 250 gold sentences, and what needs no teacher
  cells gold 250 "gold_only ceiling" "$five"
  cells strong 250 "simple_mix pooled silver_only" "$five"
  cells strong-bbc 250 "pooled" "$five"
  cells strong-plain 250 "self_training" "0,1,2"
}

step_2() { # 100 gold sentences and the strong teacher against 3,000 gold sentences
  cells gold 3000 "gold_only" "$five"
  cells strong 100 "simple_mix pooled silver_only" "0,1"
  cells strong 100 "pooled" "$five"
}

step_3() { # teachers x gold sizes: where does the order vanish?
  local gold teacher
  for gold in 250 1000; do
    small grid gold "$gold" "gold_only" "$five"
    for teacher in uniner chatgpt strong mixed-83 mixed-89; do
      small grid "$teacher" "$gold" "simple_mix pooled" "0,1,2"
    done
  done
  small grid gold 100 "gold_only" "$five"
  for teacher in uniner chatgpt strong; do
    small grid "$teacher" 100 "simple_mix pooled" "0,1,2"
  done
}

step_4() { # refined silver
  local gold teacher
  for gold in 250 100 1000; do
    for teacher in chatgpt uniner strong; do small grid "$teacher" "$gold" "auto" "0,1,2"; done
  done
}

step_5() { # schedules and the reverse order
  for teacher in strong chatgpt uniner; do
    small grid "$teacher" 250 "sigmoid power linear reverse_mix silver_only" "0,1,2"
  done
}

step_6() { # the paper's mix of data: silver of CoNLL-2003, of the BBC, and of both
  local gold part
  for gold in 250 1000; do
    small mix gold "$gold" "gold_only" "$five" "corpora.gold.path=$PWD/$corpora/mix-gold.jsonl"
    for part in both conll bbc; do
      small mix "mix-$part" "$gold" "simple_mix pooled" "$five" \
        "corpora.gold.path=$PWD/$corpora/mix-gold.jsonl"
    done
  done
}

step_7() { # 3,000 gold sentences
  small grid gold 3000 "gold_only" "0,1,2"
  for teacher in strong chatgpt uniner; do
    small grid "$teacher" 3000 "simple_mix pooled" "0,1,2"
  done
}

step_8() { # what the last phase changes: observed cells of Simple Mix and pooling
  for teacher in strong chatgpt; do
    small mechanism "$teacher" 250 "simple_mix pooled" "0,1" \
      'study.mechanism.regimens=["simple_mix","pooled"]' study.mechanism.documents=200
  done
}

for step in "${@:-1 2 3 4 5 6 7 8}"; do for number in $step; do "step_$number"; done; done
python benchmarks/pack_cells.py "$results"/*-*/study "$results"/{grid,mix,mechanism}/*/study
