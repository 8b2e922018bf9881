#!/usr/bin/env bash
# The benchmark: builds its programs and runs everybody side by side, as an unprivileged user.
# usage: tests/benchmarks/run.sh [ROUNDS [PART,...]]   (out/sandbox must have been built: ./build.sh bench does)
# Parts: contenders, overshoot, accuracy, staleness, files, pipes, networks, server, fronts, endurance. BENCH_CGROUPS: see Mechanism.cs; root makes groups of its own
# for the user, of each version that is there. BENCH_WITHOUT_PERF=1: as where perf counters are forbidden.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
root=$(cd "$here/../.." && pwd -P)
rounds=${1:-30}
parts=${2:-contenders,overshoot,accuracy,staleness,files,pipes,networks,server,fronts,endurance}
dotnet=${DOTNET:-dotnet}

[[ -x $root/out/sandbox ]] || { echo "out/sandbox is missing: ./build.sh build" >&2; exit 2; }
mkdir -p "$root/out/bench"
"$here/build.sh" "$root/out/bench/bin"
"$dotnet" build "$here/Sandbox.Benchmarks/Sandbox.Benchmarks.csproj" -c Release -o "$root/out/bench/driver" -v quiet -nologo >&2

as_user=()
if [[ $(id -u) == 0 ]]; then
  if id sandbox-test >/dev/null 2>&1; then
    as_user=(setpriv --reuid sandbox-test --regid "$(id -g sandbox-test)" --clear-groups env "HOME=/tmp")
  else
    echo "running as real root: there is no user sandbox-test (./build.sh test makes it); jobs get an id of the root range" >&2
  fi
fi

# A directory of the user's own, at the path the jobs see: the generated files are not ours to keep.
work=$(mktemp -d)
cp "$root"/out/bench/bin/* "$here/network_peer.sh" "$work"
"$here/image.sh" "$work/noop" "$work/image.tar"
chmod 755 "$work"
if [[ ${#as_user[@]} -gt 0 ]]; then chown -R sandbox-test "$work"; fi
groups=()
group_before=
clean_up() {
  # What podman keeps running for its user would keep the groups busy (podman-system-migrate(1)).
  if command -v podman >/dev/null && [[ $parts == *files* ]]; then "${as_user[@]}" podman system migrate >/dev/null 2>&1 || true; fi
  if [[ -n $group_before ]]; then echo $$ >"$group_before/cgroup.procs" || true; fi
  if [[ ${#groups[@]} -gt 0 ]]; then find "${groups[@]}" -depth -type d -exec rmdir {} + || true; fi
  rm -rf "$work"
}
trap clean_up EXIT

# A process may only move within what its user owns, so this one goes into a leaf of the new group (cgroup-v2.rst).
delegate_version2() {
  local mount own
  mount=$(findmnt -n -o TARGET -t cgroup2 | head -1)
  if [[ -z $mount ]] || ! mkdir "$mount/bench.$$" 2>/dev/null; then return 0; fi
  groups+=("$mount/bench.$$")
  mkdir "$mount/bench.$$/shell"
  chown -R sandbox-test "$mount/bench.$$"
  own=$mount$(sed -n 's/^0:://p' /proc/self/cgroup)
  echo $$ >"$mount/bench.$$/shell/cgroup.procs"
  group_before=${own%/}
  BENCH_CGROUPS+="$mount/bench.$$;"
}

delegate_version1() {
  local controller mount directory directories=
  for controller in memory pids cpuacct cpu; do
    mount=$(findmnt -n -o TARGET,OPTIONS -t cgroup | awk -v c="$controller" '{ split($2, o, ","); for (i in o) if (o[i] == c) { print $1; exit } }')
    directory=$mount/bench.$$
    if [[ -z $mount || $directories == *"$directory"* ]] || ! mkdir "$directory" 2>/dev/null; then continue; fi
    groups+=("$directory")
    chown -R sandbox-test "$directory"
    directories+=${directories:+:}$directory
  done
  if [[ $directories == *cpuacct* ]]; then BENCH_CGROUPS+="$directories;"; fi
}

if [[ ${#as_user[@]} -gt 0 && -z ${BENCH_CGROUPS:-}${SANDBOX_CGROUP:-} ]]; then
  BENCH_CGROUPS=
  delegate_version2
  delegate_version1
  if [[ -n $BENCH_CGROUPS ]]; then export BENCH_CGROUPS; else unset BENCH_CGROUPS; fi
fi
if [[ ${BENCH_WITHOUT_PERF:-} == 1 ]]; then as_user+=("$work/noperf"); fi
status=0
# Others keep images and their state below HOME and XDG_RUNTIME_DIR.
install -d -m 0700 ${as_user:+-o sandbox-test} "$work/run"
as_user+=(env "HOME=$work" "XDG_RUNTIME_DIR=$work/run" "SANDBOX_STORE=$work/store")
cd "$work"
"${as_user[@]}" "$dotnet" "$root/out/bench/driver/Sandbox.Benchmarks.dll" "$work" "$root/out/sandbox" "$rounds" "$work/bench.json" "$parts" || status=$?
[[ -f $work/bench.json ]] && cp "$work/bench.json" "$root/out/bench.json"
exit "$status"
