#!/usr/bin/env bash
# One experiment from its configuration to the comparison of its methods.
#
#   configs/experiment.sh CONFIG RUN METHOD...
#
# DATASET: data set folder; without it the configuration's phantom is made. FOLDS: folds to run ("0" by default).
# Every stage that is done is skipped or done again in seconds: after a kill, give the same command once more.
set -euo pipefail
config=$1 run=$2
shift 2
methods=("$@")
last_method=${methods[-1]}
stage() {
    echo "+ tfpartial $*" >&2
    tfpartial "$1" --config "$config" "${@:2}"
}

if [ -z "${DATASET:-}" ]; then
    DATASET=$run/dataset
    if [ ! -f "$DATASET/dataset.json" ]; then
        rm -rf "$DATASET" # what a killed run left
        stage phantom --out "$DATASET"
    fi
fi
stage ingest --dataset "$DATASET" --out "$run/manifest.json"
stage split --manifest "$run/manifest.json" --out "$run/splits.json"
stage simulate --manifest "$run/manifest.json" --splits "$run/splits.json" --out "$run/annotations.json"
stage prepare --manifest "$run/manifest.json" --out "$run/store"

for fold in ${FOLDS:-0}; do
    folder=$run/fold$fold
    scores=()
    for method in "${methods[@]}"; do
        stage train --store "$run/store" --splits "$run/splits.json" --annotations "$run/annotations.json" \
            --fold "$fold" --method "$method" --out "$folder/train/$method"
        stage predict --model "$folder/train/$method" --manifest "$run/manifest.json" --splits "$run/splits.json" \
            --fold "$fold" --out "$folder/predictions/$method"
        stage score --manifest "$run/manifest.json" --predictions "$folder/predictions/$method" --out "$folder/scores/$method"
        scores+=("$folder/scores/$method")
    done
    stage compare --manifest "$run/manifest.json" --scores "${scores[@]}" --out "$folder/comparison"
    # The last method is the one to serve.
    [ -d "$folder/served/1" ] || stage export --model "$folder/train/$last_method" --out "$folder/served"
    first_case=$(find "$run/store/cases" -mindepth 1 -maxdepth 1 | sort | head -n 1)
    saved_model_cli run --dir "$folder/served/1" --tag_set serve --signature_def serving_default \
        --inputs "hu=$first_case/image.npy" --outdir "$folder/served_outputs" --overwrite > "$folder/served_outputs.log" 2>&1
    echo "picture: $folder/comparison/figure.png   model: $folder/served/1   its outputs: $folder/served_outputs"
done
