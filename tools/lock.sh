#!/bin/sh
# Resolve pyproject.toml into hash-pinned requirements/*.txt. Pinned versions stay unless `--upgrade` is given.
set -eu
cd "$(dirname "$0")/.."

compile() {
    "$BIN/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header "$@"
}

echo uv | compile - --output-file requirements/uv.txt "$@"
compile pyproject.toml requirements/build.in --extra all --output-file requirements/run.txt "$@"
compile pyproject.toml requirements/build.in --extra all --group dev --constraints requirements/run.txt \
    --output-file requirements/dev.txt "$@"
