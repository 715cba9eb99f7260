# What the scripts of this folder and of ../recipes have in common; to be sourced at the root of the
# checkout, with the script's arguments: [NAME] [SETTING…].
#
# Defines `study NAME [SETTING…]`: runs benchmarks/paper/NAME.toml on the data of VERMEIL_DATA, with
# settings changed, unless another NAME was asked for.
data="${VERMEIL_DATA:?set VERMEIL_DATA to the folder of the research data}/conll2003"

only=""
if [[ $# -gt 0 && -f benchmarks/paper/$1.toml ]]; then only=$1; shift; fi
changed=()
for setting in "$@"; do changed+=(--set "$setting"); done

study() {
  local name=$1; shift
  if [[ -n $only && $only != "$name" ]]; then return; fi
  local settings=() setting
  for setting in "$@"; do settings+=(--set "$setting"); done
  vermeil study --config "benchmarks/paper/$name.toml" \
    --set "corpora.gold.path=$data/train.jsonl.gz" --set "corpora.silver.path=$data/train.jsonl.gz" \
    --set "corpora.dev.path=$data/dev.jsonl.gz" --set "corpora.test.path=$data/test.jsonl.gz" \
    "${settings[@]}" "${changed[@]}"
}
