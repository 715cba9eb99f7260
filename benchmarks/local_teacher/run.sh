#!/bin/sh
# All runs with the real model, in the order of their information. Replies and cells are stored, so
# that the same command continues. From the root: benchmarks/local_teacher/run.sh FOLDER [PYTHON]
# Needs VERMEIL_GGUF, and VERMEIL_DATA for CoNLL-2003.
set -u
folder=$1
python=${2:-python}
part() { "$python" -m "benchmarks.local_teacher.$1" --folder "$folder" $2 || echo "failed: $1 $2"; }
part quality newswire
part record "--files pool train"
part students ""
part quality zero-shot
part quality smaller
part optimise ""
part quality conll
part optimise --conll
part optimise --reflective
part quality tags
part record "--files dev test"
