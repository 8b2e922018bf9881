#!/usr/bin/env bash
# The benchmark: builds its programs and runs everybody side by side, as an unprivileged user.
# usage: tests/benchmarks/run.sh [ROUNDS]   (out/sandbox must have been built: ./build.sh bench does)
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
root=$(cd "$here/../.." && pwd -P)
rounds=${1:-30}
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

# A folder of the user's own, at the path the jobs see: the generated files are not ours to keep.
work=$(mktemp -d)
cp "$root"/out/bench/bin/* "$work"
chmod 755 "$work"
if [[ ${#as_user[@]} -gt 0 ]]; then chown -R sandbox-test "$work"; fi
trap 'rm -rf "$work"' EXIT
status=0
cd "$work"
"${as_user[@]}" "$dotnet" "$root/out/bench/driver/Sandbox.Benchmarks.dll" "$work" "$root/out/sandbox" "$rounds" "$work/bench.json" || status=$?
[[ -f $work/bench.json ]] && cp "$work/bench.json" "$root/out/bench.json"
exit "$status"
