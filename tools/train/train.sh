#!/bin/sh
# From nothing to the model folder.  train.sh [WORK [MODEL]]
# Needs Debian or Ubuntu (the pictures come from its packages; installing them needs root) and
# python3 with requirements.txt. A run that was stopped goes on where its checkpoints end.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=${1:-/tmp/restyle-train}
model=${2:-$here/../../samples/model}
python=${PYTHON:-python3}
# minutes of training on two CPU cores; a GPU wants about a tenth
vae=${VAE_MINUTES:-20} unet=${UNET_MINUTES:-120} judge=${JUDGE_MINUTES:-12}
mkdir -p "$work"
cd "$here"
run() { echo "== $*"; "$python" "$@"; }

for p in $(cat packages.txt); do
    dpkg -s "$p" >/dev/null 2>&1 || apt-get install -y --no-install-recommends "$p"
done
[ -d "$work/photos" ] || run data.py sources "$work"
[ -f "$work/big.txt" ] || run data.py render "$work"
[ -f "$work/tokenizer/vocab.json" ] || run text.py "$work"
run train_vae.py "$work" "$vae"
[ -f "$work/scale.txt" ] || run encode.py "$work"
run train_unet.py "$work" "$unet"
run export.py "$work" "$model"
[ -f "$work/judge.ckpt" ] || run classifier.py "$work" "$judge"
run evaluate.py "$work" "$model" --write
