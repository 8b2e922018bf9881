#!/usr/bin/env bash
# Runs every test and ends with one line, "N passed, N failed". build.sh calls it after the build.
# The kernel tests run twice, as an unprivileged user and (when there is root) as root, from a copy
# that every user can read: the clone itself may lie in a folder that only its owner can enter.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
OUT=$ROOT/out
REPORTS=$OUT/reports
TEST_USER=sandbox-test
PASSED=0
FAILED=0
cd "$ROOT"
# shellcheck source=tests/packages.sh
. "$ROOT/tests/packages.sh"

say() { printf '== %s\n' "$*" >&2; }

count_one() {
  local what=$1
  shift
  say "$what"
  if "$@"; then PASSED=$((PASSED + 1)); else
    FAILED=$((FAILED + 1))
    echo "FAILED: $what" >&2
  fi
}

attribute() { sed -n "s/.*<assembly [^>]*[[:space:]]$1=\"\([0-9]*\)\".*/\1/p" "$2" | head -1; }

# A skip hides a hole, so in continuous integration only the listed ones pass.
count_skips() {
  local report=$1 name
  grep -o '<test [^>]*result="Skip"[^>]*' "$report" | sed -n 's/.* name="\([^"]*\)".*/\1/p' |
    while read -r name; do
      if [[ ${CI:-} == true ]] && ! grep -qxF -- "${name%%(*}" <(sed 's/[[:space:]]*#.*//' tests/allowed-skips.txt); then
        echo "FAILED: $name was skipped and is not in tests/allowed-skips.txt" >&2
        echo unlisted
      else
        echo "skipped: $name" >&2
      fi
    done | grep -c unlisted || true
}

# A runner that crashed wrote no report, or says so with its exit status alone: both count as a failure.
count_report() {
  local what=$1 report=$2 status=$3 passed failed errors unlisted
  passed=$(attribute passed "$report" 2>/dev/null || true)
  failed=$(attribute failed "$report" 2>/dev/null || true)
  errors=$(attribute errors "$report" 2>/dev/null || true)
  if [[ -z $passed || -z $failed ]]; then
    echo "FAILED: $what wrote no report (exit status $status)" >&2
    FAILED=$((FAILED + 1))
    return
  fi
  unlisted=$(count_skips "$report")
  PASSED=$((PASSED + passed))
  FAILED=$((FAILED + failed + ${errors:-0} + unlisted))
  if [[ $status -ne 0 && $((failed + ${errors:-0})) -eq 0 ]]; then
    echo "FAILED: $what ended with status $status although no test failed" >&2
    FAILED=$((FAILED + 1))
  fi
}

build_tests() {
  say "test projects and probes"
  "$DOTNET" build Sandbox.sln -c Release -v quiet -nologo >&2 && "$ROOT/tests/probes/build.sh"
}

run_unit_tests() {
  local status=0
  say "unit tests"
  timeout -k 5 180 tests/Sandbox.Tests/bin/Release/net10.0/Sandbox.Tests -noColor -noLogo \
    -result-xml "$REPORTS/unit.xml" >&2 || status=$?
  count_report "unit tests" "$REPORTS/unit.xml" "$status"
}

ensure_user() {
  id "$TEST_USER" >/dev/null 2>&1 ||
    useradd --system --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin "$TEST_USER"
}

# The runtime of an SDK in root's home is out of reach for the test user, so it travels with the tests.
stage_runtime() {
  local stage=$1
  if [[ $(id -u) -ne 0 ]] || as_user test -x "$DOTNET_ROOT/dotnet"; then
    echo "$DOTNET_ROOT"
    return
  fi
  mkdir -p "$stage/dotnet/shared"
  cp -r "$DOTNET_ROOT/host" "$DOTNET_ROOT/dotnet" "$stage/dotnet/"
  cp -r "$DOTNET_ROOT/shared/Microsoft.NETCore.App" "$stage/dotnet/shared/"
  echo "$stage/dotnet"
}

stage_tests() {
  STAGE=$(mktemp -d "${TMPDIR:-/tmp}/sandbox-tests.XXXXXX")
  trap 'rm -rf --one-file-system "$STAGE"' EXIT
  chmod 0755 "$STAGE"
  cp -r tests/Sandbox.KernelTests/bin/Release/net10.0 "$STAGE/kernel"
  cp -r "$OUT/probes" "$STAGE/probes"
  cp "$OUT/sandbox" "$STAGE/sandbox"
  chmod -R a+rX,go-w "$STAGE"
}

as_user() { setpriv --reuid "$TEST_USER" --regid "$TEST_USER" --clear-groups -- "$@"; }
as_self() { "$@"; }

# The environment is made, not inherited: what the caller's shell exports must not decide a test.
run_kernel_tests() {
  local what=$1 as=$2 filter=$3 status=0 work=$STAGE/work-$1
  say "kernel tests as $what"
  mkdir -p "$work"
  : >"$STAGE/$what.xml"
  if [[ $as == as_user ]]; then chown "$TEST_USER:" "$work" "$STAGE/$what.xml"; fi
  (cd "$work" && $as env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME="$work" TMPDIR="$work" \
    DOTNET_ROOT="$RUNTIME" DOTNET_NOLOGO=1 CI="${CI:-}" SANDBOX_EXE="$STAGE/sandbox" SANDBOX_PROBES="$STAGE/probes" \
    timeout -k 5 240 prlimit --nproc=8000 --core=0 \
    "$STAGE/kernel/Sandbox.KernelTests" -noColor -noLogo -parallelMode none -result-xml "$STAGE/$what.xml" $filter >&2) || status=$?
  cp "$STAGE/$what.xml" "$REPORTS/kernel-$what.xml"
  count_report "kernel tests as $what" "$REPORTS/kernel-$what.xml" "$status"
}

main() {
  rm -rf "$REPORTS"
  mkdir -p "$REPORTS"
  if ! build_tests; then
    echo "0 passed, 1 failed"
    exit 1
  fi
  run_unit_tests
  count_one "fuzz the plan reader" timeout -k 5 120 "$ROOT/native/fuzz/run.sh" 15
  stage_tests
  if [[ $(id -u) -eq 0 ]]; then
    ensure_user
    RUNTIME=$(stage_runtime "$STAGE")
    run_kernel_tests unprivileged as_user "-trait- needs=root"
    run_kernel_tests root as_self "-trait- as=unprivileged"
  else
    RUNTIME=$DOTNET_ROOT
    run_kernel_tests unprivileged as_self "-trait- needs=root"
  fi
  echo "$PASSED passed, $FAILED failed"
  [[ $FAILED -eq 0 ]]
}

main
