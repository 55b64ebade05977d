#!/usr/bin/env bash
# Shows the worker at work, with a RabbitMQ and a PostgreSQL of its own: deploy/demo.sh [ARGUMENTS of checkout demo]
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
. deploy/prepare.sh
prepare
exec .venv/bin/checkout demo "$@"
