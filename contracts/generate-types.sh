#!/usr/bin/env bash
# Types from the schemas, by quicktype (needs node 20.19, 22.12 or newer, and npm):
#   bash generate-types.sh typescript|go|csharp|java [DIR]
# One file or package a schema, because a cart in a command and a cart in an event are not the same type.
set -euo pipefail

language=${1:?typescript, go, csharp or java}
to=${2:-types}
schemas=$(cd "$(dirname "$0")/schemas" && pwd)

case $language in
  typescript | go | csharp | java) ;;
  *) echo "no recipe for $language" >&2; exit 2 ;;
esac
# quicktype 26 is CommonJS and requires a package that is an ES module.
if ! node -e 'process.exit(process.features.require_module ? 0 : 1)'; then
  echo "node 20.19, 22.12 or newer is needed; here is $(node -v 2>/dev/null || echo none)" >&2
  exit 2
fi
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
echo "fetching quicktype" >&2
npm install --loglevel=error --no-audit --no-fund --prefix "$tools" quicktype@26.0.0 >&2
quicktype=("$tools/node_modules/.bin/quicktype" --src-lang schema --lang "$language")

for schema in "$schemas"/*.json; do
  message=$(basename "$schema" .json)
  name=$(awk -F. '{for (i = 1; i <= NF; i++) printf "%s%s", toupper(substr($i, 1, 1)), substr($i, 2)}' <<<"$message")
  package=$(tr -d . <<<"$message")
  mkdir -p "$to/$package"
  case $language in
    # A JavaScript Date holds milliseconds only: timestamps stay text.
    typescript) sed '/"format": "date-time",/d' "$schema" | "${quicktype[@]}" --out "$to/$package/$name.ts" ;;
    go)         "${quicktype[@]}" --package "$package" --out "$to/$package/$name.go" "$schema" ;;
    csharp)     "${quicktype[@]}" --framework SystemTextJson --namespace "CheckoutContract.$name" \
                  --out "$to/$package/$name.cs" "$schema" ;;
    java)       "${quicktype[@]}" --package "checkoutcontract.$package" --out "$to/$package/$name.java" "$schema" ;;
  esac
  echo "$to/$package" >&2
done
