# Sourced by demo.sh and test.sh, in the project's directory: prepare [EXTRA] makes .venv and installs what is missing.

say() { printf '%s\n' "$*" >&2; }

fail() { say "$@"; exit 1; }

# What a step prints matters only when it fails.
step() {
  local title=$1 log status=0
  shift
  say "$title"
  log=$(mktemp)
  "$@" >"$log" 2>&1 </dev/null || status=$?
  if [ "$status" -ne 0 ]; then
    tail -n 40 "$log" >&2
    say "failed with status $status: $title"
  fi
  rm -f "$log"
  return "$status"
}

find_python() {
  local name
  for name in python3 python3.14 python3.13 python3.12 python3.11; do
    if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$name"
      return
    fi
  done
  return 1
}

has_venv() { local python; python=$(find_python) && "$python" -c 'import ensurepip, venv' 2>/dev/null; }

has_rabbitmq() { [ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] || command -v rabbitmq-server >/dev/null; }

has_postgresql() { compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null; }

missing_packages() {
  has_venv || echo python3-venv
  has_rabbitmq || echo rabbitmq-server
  has_postgresql || echo postgresql
}

as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi; }

apt() { as_root env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 apt-get -q -y "$@"; }

# Installs without starting anything, now or at the next boot; leaves none of its settings behind.
install_quietly() (
  policy=/usr/sbin/policy-rc.d
  clusters=/etc/postgresql-common/createcluster.d
  [ ! -e "$policy" ] || policy=
  trap 'as_root rm -f $policy "$clusters/checkout.conf"; as_root rmdir --ignore-fail-on-non-empty "$clusters"' EXIT
  if [ -n "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod 755 "$policy"
  fi
  as_root mkdir -p "$clusters"
  echo 'create_main_cluster = false' | as_root tee "$clusters/checkout.conf" >/dev/null
  apt install --no-install-recommends "$@" || exit
  case " $* " in *' rabbitmq-server '*) keep_from_boot ;; esac
)

keep_from_boot() { [ ! -d /run/systemd/system ] || as_root systemctl --quiet disable rabbitmq-server; }

install_packages() {
  command -v apt-get >/dev/null || fail "Please install, and run this again: Python 3.11 or newer with venv," \
    "RabbitMQ 3.10 or newer with its erl and epmd, PostgreSQL 15 or newer with its initdb." \
    "Not found: $*. (On Debian and Ubuntu this script installs them.)"
  [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null || fail "Please run as root: apt-get install $*"
  step "Updating the list of packages" apt update
  step "Installing $*" install_quietly "$@"
}

digest() { { pwd; "$PYTHON" -V; cat pyproject.toml deploy/constraints.txt; } | cksum; }

prepared() { [ "$(cat ".venv/prepared$1" 2>/dev/null)" = "$DIGEST" ]; }

install_project() {
  local extra=$1
  # By environment, because the build's own environment sees it too; relative, because pip splits it at spaces.
  step "Installing the project into .venv" env PIP_CONSTRAINT=deploy/constraints.txt \
    PIP_BUILD_CONSTRAINT=deploy/constraints.txt PIP_DISABLE_PIP_VERSION_CHECK=1 \
    .venv/bin/python -m pip install --quiet --editable ".${extra:+[$extra]}"
  printf '%s\n' "$DIGEST" >".venv/prepared${extra:+-$extra}"
}

prepare() {
  local extra=${1:-} missing
  missing=$(missing_packages)
  # shellcheck disable=SC2086 # one word per package
  [ -z "$missing" ] || install_packages $missing
  has_venv || fail "Please install Python 3.11 or newer with venv: there is only $(python3 -V 2>&1)."
  PYTHON=$(find_python)
  DIGEST=$(digest)
  if prepared -dev || prepared "${extra:+-$extra}"; then return; fi
  prepared "" || step "Making .venv" "$PYTHON" -m venv --clear .venv
  install_project "$extra"
}
