#!/bin/sh
# Installs reconciler for a pipeline: every package by its hash, reconciler itself by its commit (see requirements/).
set -eu
cd "$(dirname "$0")/.."
pip() { python -m pip --disable-pip-version-check --no-input --quiet "$@"; }
pip install --require-hashes -r requirements/dependencies.txt
pip install --no-deps --no-build-isolation -r requirements/reconciler.txt
reconciler --version
