#!/usr/bin/env bash
# The same without Pulumi: creates deployments, then polls each operation every three seconds until all have ended.
# usage: script.sh COUNT, with ONVERA_BASE_URL and ONVERA_API_KEY set
set -euo pipefail

call() {
  curl --silent --show-error --fail-with-body -H "X-API-Key: $ONVERA_API_KEY" -H "Content-Type: application/json" "$@"
}

make_one() {
  local operation status
  operation=$(call --data '{"app_type":"superset"}' "$ONVERA_BASE_URL/deployments" | sed -E 's/.*"operation_id":"([^"]+)".*/\1/')
  while status=$(call "$ONVERA_BASE_URL/operations/$operation" | sed -E 's/.*"status":"([^"]+)".*/\1/'); [ "$status" != succeeded ]; do
    [ "$status" != failed ] || return 1
    sleep 3
  done
}

for ((i = 0; i < $1; i++)); do make_one & done
wait
