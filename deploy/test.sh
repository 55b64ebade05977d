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
# Most tests wait for something: three processes keep two cores busy. Each has services of its own.
exec pytest -n 3 --dist worksteal "$@"
