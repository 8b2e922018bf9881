#!/bin/bash
# What a network that jobs share costs: the time of "sandbox exec" for a job without a network, with a loopback and in a network, taken in turn; and one TCP
# stream from job to job against the same one within a job. Usage: shared_network.sh SANDBOX STREAM-PROGRAM [ROUNDS]
set -euo pipefail
sandbox=${1:?usage: shared_network.sh SANDBOX STREAM-PROGRAM [ROUNDS]} stream=$(realpath "${2:?}") rounds=${3:-60}
work=$(mktemp -d)
trap '"$sandbox" network rm bench || true; rm -rf "$work"' EXIT
export XDG_RUNTIME_DIR=$work/run
mkdir -m 700 "$work/run"
"$sandbox" network create bench
declare -A spent
for network in '"none"' '"loopback"' '{ "join": "bench" }'; do
  name=$(tr -dc a-z <<<"$network")
  printf '{ "command": ["true"], "network": %s }' "$network" >"$work/${name:0:4}.json"
done
for ((round = 0; round < rounds; round++)); do
  for job in "$work"/*.json; do
    begin=$(date +%s%N)
    "$sandbox" exec --server none "$job" >"$work/result"
    name=$(basename "$job" .json)
    spent[$name]="${spent[$name]:-} $((($(date +%s%N) - begin) / 1000))"
  done
done
for name in none loop join; do
  tr ' ' '\n' <<<"${spent[$name]}" | grep . | sort -n | awk -v name="$name" '{ at[NR] = $1 } END { printf "%-4s median %d us\n", name, at[int((NR + 1) / 2)] }'
done
run() { "$sandbox" run --server none --network bench --wall-time none -v "$(dirname "$stream"):/bench" "$@"; }
program=/bench/$(basename "$stream")
run --network-alias server -- "$program" serve $((2 << 30)) 3 any >"$work/port" &
server=$!
until [[ -s $work/port ]]; do sleep 0.05; done
for _ in 1 2 3; do
  printf 'job to job %s MiB/s, within a job %s MiB/s\n' "$(run -- "$program" read server "$(<"$work/port")")" \
    "$(run -- sh -c "$program serve $((2 << 30)) 1 >/work/port & until [ -s /work/port ]; do sleep 0.05; done; $program read 127.0.0.1 \$(cat /work/port)")"
done
wait "$server"
