#!/usr/bin/env bash
# Rewrite requirements.lock and requirements.deploy.lock with uv, for Python 3.11 to 3.13 on every system.
#
#     tools/lock.sh              keep the locked versions where pyproject.toml allows them
#     tools/lock.sh --upgrade    take the newest allowed releases
#
# UV names an installed uv; without it, one is installed into a temporary environment.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [[ -z "${UV:-}" ]]; then
  python3 -m venv "$work/env"
  "$work/env/bin/pip" install --quiet "uv>=0.9,<1"
  UV="$work/env/bin/uv"
fi

# resolve LOCK EXTRAS [OPTION…]: one resolution for all systems; differences are markers on the lines.
resolve() {
  local lock=$1 extras=$2 options=() extra
  shift 2
  for extra in ${extras//,/ }; do options+=(--extra "$extra"); done
  cp "$lock" "$work/$lock" 2>/dev/null || true
  "$UV" pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate \
    "${options[@]}" "$@" --output-file "$work/$lock" pyproject.toml
}

# replace LOCK: the header comes from standard input. What only the CUDA build of torch needs is left
# out: each build of torch pins it.
replace() {
  { cat; grep -vE '^(nvidia-|cuda-|triton)' "$work/$1"; } >"$work/new"
  mv "$work/new" "$1"
}

resolve requirements.lock train,deploy,export,serve,ray,spacy,dev "$@"
replace requirements.lock <<'EOF'
# Versions of everything that `make` installs, for Python 3.11 to 3.13: constraints for pip.
# Written by tools/lock.sh (make lock). No hashes, so that any build of torch satisfies its line.
EOF

resolve requirements.deploy.lock deploy,serve --generate-hashes --constraint requirements.lock "$@"
replace requirements.deploy.lock <<'EOF'
# The service without torch (extras deploy and serve), for Python 3.11 to 3.13, with hashes:
# pip install --require-hashes -r requirements.deploy.lock, then vermeil itself with --no-deps.
# Written by tools/lock.sh (make lock).
EOF
