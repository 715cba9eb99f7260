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

five="0,1,2,3,4"

step_1() { # the strong teacher with 250 gold sentences, and what needs no teacher
  cells gold 250 "gold_only ceiling" "$five"
  cells strong 250 "simple_mix pooled silver_only" "$five"
}

step_2() { # 100 gold sentences and the strong teacher against 3,000 gold sentences
  cells gold 100 "gold_only" "$five"
  cells strong 100 "simple_mix pooled silver_only" "$five"
  cells gold 3000 "gold_only" "$five"
}

step_3() { # the other teachers with 250 gold sentences
  for teacher in chatgpt uniner; do cells "$teacher" 250 "simple_mix pooled silver_only" "$five"; done
  for teacher in mixed-83 mixed-89; do cells "$teacher" 250 "simple_mix pooled" "$five"; done
}

step_4() { # 1,000 gold sentences
  cells gold 1000 "gold_only" "$five"
  for teacher in strong chatgpt uniner; do cells "$teacher" 1000 "simple_mix pooled" "$five"; done
  for teacher in mixed-83 mixed-89; do cells "$teacher" 1000 "simple_mix pooled" "0,1,2"; done
}

step_5() { # 100 gold sentences with the other teachers
  for teacher in chatgpt uniner mixed-83 mixed-89; do cells "$teacher" 100 "simple_mix pooled" "$five"; done
}

step_6() { # 3,000 gold sentences
  for teacher in strong chatgpt uniner; do cells "$teacher" 3000 "simple_mix pooled" "0,1,2"; done
}

step_7() { # schedules and the reverse order
  for teacher in strong chatgpt uniner; do
    cells "$teacher" 250 "sigmoid power linear reverse_mix" "$five"
  done
}

step_8() { # refined silver
  for teacher in strong chatgpt uniner; do cells "$teacher" 250 "auto" "0,1,2"; done
}

step_9() { # the paper's mix of data: silver of CoNLL-2003, of the BBC, and of both
  for gold in 250 1000; do
    mix both "$gold" "gold_only simple_mix pooled"
    mix conll "$gold" "simple_mix pooled"
    mix bbc "$gold" "simple_mix pooled"
  done
}

# mix SILVER GOLD REGIMENS: gold and silver of different articles; half the budget, as there is less silver.
mix() {
  cells "mix-$1" "$2" "$3" "$five" "corpora.gold.path=$PWD/$corpora/mix-gold.jsonl" \
    "blending.budget.wordpieces=120000"
}

for step in "${@:-1 2 3 4 5 6 7 8 9}"; do for number in $step; do "step_$number"; done; done
python benchmarks/pack_cells.py "$results"/*/study
