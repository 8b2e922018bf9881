#!/bin/bash
# What a way out costs: the time of "sandbox exec" for a job without a network, with a loopback and with egress, taken in turn; and one TCP stream through
# the relay against the same one over the host's loopback. Usage: egress.sh SANDBOX STREAM-PROGRAM [ROUNDS]
set -euo pipefail
sandbox=${1:?usage: egress.sh SANDBOX STREAM-PROGRAM [ROUNDS]} stream=${2:?} rounds=${3:-60}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
declare -A spent
for network in '"none"' '"loopback"' '{ "egress": ["example.org:443"] }'; do
  name=$(tr -dc a-z <<<"$network")
  printf '{ "command": ["true"], "network": %s }' "$network" >"$work/${name:0:6}.json"
done
for ((round = 0; round < rounds; round++)); do
  for job in "$work"/*.json; do
    begin=$(date +%s%N)
    "$sandbox" exec --server none "$job" >"$work/result"
    name=$(basename "$job" .json)
    spent[$name]="${spent[$name]:-} $((($(date +%s%N) - begin) / 1000))"
  done
done
for name in none loopba egress; do
  tr ' ' '\n' <<<"${spent[$name]}" | grep . | sort -n | awk -v name="$name" '{ at[NR] = $1 } END { printf "%-7s median %d us\n", name, at[int((NR + 1) / 2)] }'
done
"$stream" serve $((2 << 30)) 6 >"$work/port" &
server=$!
until [[ -s $work/port ]]; do sleep 0.05; done
port=$(<"$work/port")
for _ in 1 2 3; do
  printf 'loopback %s MiB/s, relay %s MiB/s\n' "$("$stream" read 127.0.0.1 "$port")" \
    "$("$sandbox" run --server none -v "$(dirname "$(realpath "$stream")"):/bench" --allow "host.sandbox.internal:$port" -- "/bench/$(basename "$stream")" read host.sandbox.internal "$port")"
done
wait "$server"
