#!/bin/sh
# Fuzzes the plan reader for a bounded time, starting from real plans. Usage: run.sh SECONDS [PLAN-FILE…]
# Fails if the seeds are not accepted: a target that refuses everything finds nothing.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
seconds=${1:?usage: run.sh SECONDS [PLAN-FILE...]}
shift
clang=$(command -v clang-14 || command -v clang) || { echo "run.sh: clang with libFuzzer is missing (Debian: apt-get install clang libclang-rt-dev)" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/corpus"
for build in "-fsanitize=fuzzer,address,undefined -o $work/fuzz $here/plan_fuzz.c" \
             "-fsanitize=address,undefined -o $work/seed $here/seed.c"; do
  # shellcheck disable=SC2086
  "$clang" -std=c2x -g -O1 -fno-sanitize-recover=undefined -fno-sanitize=alignment $build "$here/../launcher/plan.c" "$here/../launcher/netlink.c"
done
"$work/seed" "$work/corpus"
for plan in "$@"; do cp "$plan" "$work/corpus/"; done

"$work/fuzz" -max_total_time="$seconds" -max_len=8192 -rss_limit_mb=1024 -verbosity=0 -print_final_stats=1 \
  -artifact_prefix="$work/" "$work/corpus" >"$work/log" 2>&1 || { cat "$work/log"; cp "$work"/crash-* "$work"/oom-* "$work"/timeout-* . 2>/dev/null || true; exit 1; }
grep -E 'number_of_executed_units|new_units_added' "$work/log"
