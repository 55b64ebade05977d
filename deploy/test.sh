#!/usr/bin/env bash
# Runs every check, the fastest first, and stops at the first that fails: deploy/test.sh [ARGUMENTS of pytest]
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
. deploy/prepare.sh
prepare dev
export PATH="$PWD/.venv/bin:$PATH"
ruff format --check .
ruff check .
mypy
lint-imports
exec pytest "$@"
