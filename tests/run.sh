#!/usr/bin/env bash
# Runs the tests and ends with one line, "N passed, N failed". build.sh calls it after the build; with names
# of runs (unit, pack, fuzz, soak, browser, unprivileged, root, cgroup1, cgroup2, cgroup2-found, systemd, emulator, toolchains-here,
# toolchains-here-root) it does only those. Two take long and are done only by their names: toolchains, and kernel-6.1, all
# kernel tests of an ordinary user on Debian 12's kernel.
# The kernel tests run once for everything that can hold a job's limits, from a copy that every user
# can read: the clone itself may lie in a directory that only its owner can enter.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
OUT=$ROOT/out
REPORTS=$OUT/reports
TEST_USER=sandbox-test
CGROUP1_USER=sandbox-test-2
RUNNING=
LANES=()
# In user-mode Linux everything takes ten times as long; ghc does not come to an end.
GUEST_TOOLCHAINS=gcc,clang,gxx,gfortran,fpc,gnucobol,make,cmake,java,mono,go,python3,node,ruby,perl,php,lua,bash,gawk,sqlite,ocaml,sbcl,tcl,r,erlang,nasm
ONLY=" $* "
cd "$ROOT"
# shellcheck source=tests/packages.sh
. "$ROOT/tests/packages.sh"
# shellcheck source=tests/counting.sh
. "$ROOT/tests/counting.sh"
# shellcheck source=tests/backends.sh
. "$ROOT/tests/backends.sh"
# shellcheck source=tests/pack.sh
. "$ROOT/tests/pack.sh"

named() { [[ $ONLY == *" $1 "* ]]; }

wants() { [[ $ONLY == "  " || $ONLY == *" $1 "* ]]; }

build_probes() {
  say "probes"
  "$ROOT/tests/probes/build.sh"
}

run_unit_tests() {
  local status=0
  say "unit tests"
  timeout -k 5 400 tests/Sandbox.Tests/bin/Release/net10.0/Sandbox.Tests -noColor -noLogo \
    -result-xml "$REPORTS/unit.xml" >&2 || status=$?
  count_report "unit tests" "$REPORTS/unit.xml" "$status"
}

# ensure_user NAME IDS: IDS is a range.
ensure_user() {
  local user=$1 ids=$2
  id "$user" >/dev/null 2>&1 ||
    useradd --system --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin "$user"
  # Subordinate ids, as an ordinary user gets them when it is made; a system user gets none (useradd(8)).
  if has newuidmap && ! grep -q "^$user:" /etc/subuid /etc/subgid 2>/dev/null; then
    usermod --add-subuids "$ids" --add-subgids "$ids" "$user" ||
      echo "no subordinate ids for $user: tests that need them are skipped" >&2
  fi
}

# The runtime of an SDK in root's home is out of reach for the test user, so it travels with the tests.
stage_runtime() {
  local stage=$1
  if [[ $(id -u) -ne 0 ]] || setpriv --reuid "$TEST_USER" --clear-groups --regid "$TEST_USER" test -x "$DOTNET_ROOT/dotnet"; then
    echo "$DOTNET_ROOT"
    return
  fi
  mkdir -p "$stage/dotnet/shared"
  cp -r "$DOTNET_ROOT/host" "$DOTNET_ROOT/dotnet" "$stage/dotnet/"
  cp -r "$DOTNET_ROOT/shared/Microsoft.NETCore.App" "$stage/dotnet/shared/"
  echo "$stage/dotnet"
}

end_running() {
  local pid
  for pid in $RUNNING "${LANES[@]}"; do
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
}

# Who is ended by a signal leaves no tests running: they would hold the cgroups that are to go.
clean_up() {
  end_running
  remove_cgroup1_directories
  rm -rf --one-file-system "$STAGE"
}

stage_tests() {
  STAGE=$(mktemp -d "${TMPDIR:-/tmp}/sandbox-tests.XXXXXX")
  trap clean_up EXIT
  chmod 0755 "$STAGE"
  STAGED_REPORTS=$STAGE/reports
  mkdir "$STAGED_REPORTS"
  cp -r tests/Sandbox.KernelTests/bin/Release/net10.0 "$STAGE/kernel"
  cp -r "$OUT/probes" "$STAGE/probes"
  cp "$OUT/sandbox" "$OUT/sandboxd" "$STAGE/"
  cp -r tests/toolchains "$STAGE/toolchains"
  cp -r tests/soak "$STAGE/soak"
  chmod -R a+rX,go-w "$STAGE"
}

# in_lanes FUNCTION...: runs them at the same time, each one run after the other, and then counts, and tries again, what they ran. Their tests
# are other users' or another kernel's, so none sees the processes and files of another; most of their time is waiting.
in_lanes() {
  local lane pid=0
  for lane in "$@"; do
    (
      LANES=()
      trap 'end_running; exit 143' TERM
      COUNTS=$STAGE/counts.$lane
      : >"$COUNTS"
      "$lane"
    ) &
    LANES+=($!)
  done
  for lane in "$@"; do
    wait "${LANES[pid++]}" || fail_one "$lane ended with status $?"
  done
  LANES=()
  # shellcheck disable=SC1090 # written by later
  for lane in "$@"; do . "$STAGE/counts.$lane"; done
}

# later COMMAND...: where lanes run it is done after them, else at once.
later() {
  if [[ -n ${COUNTS:-} ]]; then printf '%q ' "$@" >>"$COUNTS" && echo >>"$COUNTS"; else "$@"; fi
}

# run_kernel_tests NAME WAY FILTER [VARIABLE=VALUE]...: the ways are those of tests/backends.sh. NAME-alone is a part of the run NAME.
run_kernel_tests() {
  local what=$1 way=$2 filter=$3 status=0 command
  shift 3
  wants "${what%-alone}" || return 0
  say "kernel tests as $what"
  # shellcheck disable=SC2206 # the filter is several words
  command=("$way" "$@" "$STAGE/kernel/Sandbox.KernelTests" -noColor -noLogo -parallelMode none -longRunning 60 $filter)
  run_for_report "$what" "${command[@]}" || status=$?
  later count_kernel_tests "$what" "$status" "${command[@]}"
}

# count_kernel_tests NAME STATUS COMMAND...: of the run that ended with STATUS; the command runs it once more.
count_kernel_tests() {
  local what=$1 status=$2 where=host again second=
  shift 2
  [[ $1 != in_guest* ]] || where=guest
  again=$(second_tries "$REPORTS/kernel-$what.xml")
  if [[ -n $again ]]; then
    say "by themselves, what failed as $what"
    second=$REPORTS/kernel-$what-again.xml
    # shellcheck disable=SC2086 # options and names
    run_for_report "$what-again" "$@" $again || true
  fi
  count_report "kernel tests as $what" "$REPORTS/kernel-$what.xml" "$status" "$where" "$second"
}

# run_and_count NAME WAY [VARIABLE=VALUE]... COMMAND...: the command also takes -result-xml FILE, and writes there.
run_and_count() {
  local what=$1 where=host status=0
  wants "$what" || return 0
  say "kernel tests as $what"
  [[ $2 != in_guest* ]] || where=guest
  run_for_report "$@" || status=$?
  later count_report "kernel tests as $what" "$REPORTS/kernel-$what.xml" "$status" "$where"
}

# run_for_report NAME WAY [VARIABLE=VALUE]... COMMAND...: leaves what the command wrote as $REPORTS/kernel-NAME.xml.
run_for_report() {
  local report=$STAGED_REPORTS/$1.xml kept=$REPORTS/kernel-$1.xml way=$2 status=0
  shift 2
  # Made here, because in a guest nobody can make files in a directory of the host's root.
  : >"$report"
  chmod 0666 "$report"
  "$way" DOTNET_ROOT="$RUNTIME" DOTNET_NOLOGO=1 CI="${CI:-}" SANDBOX_EXE="$STAGE/sandbox" SANDBOX_PROBES="$STAGE/probes" \
    "$@" -result-xml "$report" >&2 &
  RUNNING=$!
  wait "$RUNNING" || status=$?
  RUNNING=
  cp "$report" "$kept"
  return "$status"
}

# What the runs on the host leave out: what root finds by itself depends on the machine, so what needs groups is left to the runs that are given them.
WITHOUT_GROUPS="-trait- needs=groups -trait- needs=group2 -trait- needs=manager"

# Those that measure what a busy machine changes run when nothing else does.
ALONE="-trait alone=true"
NOT_ALONE="-trait- alone=true"

# The same by their classes: a test that has one of two traits is run where both are asked for, but classes narrow traits.
alone_classes() {
  grep -l '^\[Trait("alone", "true")\]' tests/Sandbox.KernelTests/*.cs | sed 's|.*/\(.*\)\.cs|-class Sandbox.KernelTests.\1|' | paste -sd' '
}

# run_as_user NAME FILTER: without any cgroup the limits are watched from outside.
run_as_user() {
  local way=on_host_as_user
  [[ $(id -u) -eq 0 ]] || way=on_host_as_self
  run_kernel_tests "$1" "$way" "$WITHOUT_GROUPS -trait- needs=root $2" SANDBOX_CGROUP=none SANDBOX_EXPECT=watchdog
}

run_as_root() {
  [[ $(id -u) -eq 0 ]] || return 0
  run_kernel_tests "$1" on_host_as_self "$WITHOUT_GROUPS -trait- as=unprivileged -trait- as=any $2"
}

run_in_cgroup1() {
  [[ ${#CGROUP1_DIRECTORIES[@]} -gt 0 ]] || return 0
  # Another clone's run may have directories of the same pattern: these are ours.
  say "cgroup v1 directories: ${CGROUP1_DIRECTORIES[*]}"
  run_kernel_tests "$1" in_cgroup1 "-trait limits=true -trait- needs=root -trait- needs=group2 $2" \
    SANDBOX_CGROUP="$(IFS=:; echo "${CGROUP1_DIRECTORIES[*]}")" SANDBOX_EXPECT=cgroup1
}

run_in_guests() {
  local what
  if ! has_guest; then
    for what in cgroup2 cgroup2-found systemd; do later skip_run "$what" "no user-mode Linux"; done
    return
  fi
  run_kernel_tests cgroup2 in_guest "-trait limits=true -trait- needs=root -trait- needs=native" SANDBOX_CGROUP="$GUEST_CGROUP" SANDBOX_EXPECT=cgroup2
  run_kernel_tests cgroup2-found in_guest "-class Sandbox.KernelTests.ReportTests" SANDBOX_EXPECT=cgroup2
  if has_user_manager; then
    run_kernel_tests systemd in_guest_with_manager "-trait limits=scope -trait- needs=root -trait- needs=group2 -trait- needs=native" SANDBOX_EXPECT=systemd
  else
    later skip_run systemd "no systemd or no dbus-daemon"
  fi
}

# Each toolchain that is on the machine already, once as a user and once as root.
TOOLCHAINS_HERE=(--way at-once --policies)

run_toolchains_here() {
  local way=on_host_as_user
  [[ $(id -u) -eq 0 ]] || way=on_host_as_self
  run_and_count toolchains-here "$way" SANDBOX_CGROUP=none "$STAGE/toolchains/matrix.py" "${TOOLCHAINS_HERE[@]}" judge
}

run_toolchains_here_as_root() {
  [[ $(id -u) -ne 0 ]] || run_and_count toolchains-here-root on_host_as_self SANDBOX_CGROUP=none "$STAGE/toolchains/matrix.py" "${TOOLCHAINS_HERE[@]}" default
}

users_lane() {
  run_as_user unprivileged "$NOT_ALONE"
  run_toolchains_here
}

roots_lane() {
  run_as_root root "$NOT_ALONE"
  run_toolchains_here_as_root
}

groups_lane() {
  run_in_guests
  run_in_cgroup1 cgroup1 "$NOT_ALONE"
  run_in_emulator
}

# All of them under every policy, by what holds the limits; docs/toolchains.md is what they found.
run_toolchains() {
  local ONLY="  " HOST_SECONDS=3600 way=on_host_as_user found=("watchdog=$STAGED_REPORTS/watchdog.json")
  touch "$STAGED_REPORTS"/{watchdog,cgroup1,cgroup2}.json && chmod 0666 "$STAGED_REPORTS"/*.json
  [[ $(id -u) -eq 0 ]] || way=on_host_as_self
  run_and_count toolchains-watchdog "$way" SANDBOX_CGROUP=none "$STAGE/toolchains/matrix.py" --cells "$STAGED_REPORTS/watchdog.json"
  if make_cgroup1_directories; then
    found+=("cgroup1=$STAGED_REPORTS/cgroup1.json")
    run_and_count toolchains-cgroup1 in_cgroup1 SANDBOX_CGROUP="$(IFS=:; echo "${CGROUP1_DIRECTORIES[*]}")" \
      "$STAGE/toolchains/matrix.py" --cells "$STAGED_REPORTS/cgroup1.json"
  else
    skip_run toolchains-cgroup1 "no cgroup v1 hierarchies that may be added to"
  fi
  remove_cgroup1_directories
  if has_guest; then
    found+=("cgroup2 (a part of them, under judge)=$STAGED_REPORTS/cgroup2.json")
    run_and_count toolchains-cgroup2 in_guest SANDBOX_CGROUP="$GUEST_CGROUP" "$STAGE/toolchains/matrix.py" \
      --policies judge --only "$GUEST_TOOLCHAINS" --cells "$STAGED_REPORTS/cgroup2.json"
  else
    skip_run toolchains-cgroup2 "no user-mode Linux"
  fi
  run_toolchains_here
  run_toolchains_here_as_root
  cp "$STAGED_REPORTS"/*.json "$REPORTS/"
  count_one "write docs/toolchains.md" write_table "${found[@]}"
}

write_table() { tests/toolchains/table.py "$@" >"$REPORTS/toolchains.md" && cp "$REPORTS/toolchains.md" docs/toolchains.md; }


# Its tmpfs has no user attributes, so overlays keep their changes on a disk there.
run_on_old_kernel() {
  named kernel-6.1 || return 0
  if has_guest; then
    run_kernel_tests kernel-6.1 in_guest_with_disk "-trait- needs=root -trait- needs=native -trait- needs=manager" SANDBOX_CGROUP="$GUEST_CGROUP" SANDBOX_EXPECT=cgroup2
  else
    skip_run kernel-6.1 "no user-mode Linux"
  fi
}

# The server at twice its capacity, with kills and clients that misbehave; build.sh soak does the same for longer.
run_soak() {
  local way=on_host_as_user
  wants soak || return 0
  [[ $(id -u) -eq 0 ]] || way=on_host_as_self
  count_one "a server for 30 s: hostile jobs, kills, clients that misbehave" soak_server "$way" --seconds 20 --burst 500
}

soak_server() {
  local way=$1
  shift
  ("$way" SANDBOX_CGROUP=none python3 "$STAGE/soak/soak.py" "$@" "$STAGE/sandbox" >&2)
}

# The pages of the server and of the judge, in a browser.
run_browser_tests() {
  local way=on_host_as_user report=$REPORTS/browser.tap status=0 passed failed
  wants browser || return 0
  if ! has_browser; then
    skip_run browser "no chromium, node 20 or npm"
    return
  fi
  say "the pages of the server and the judge in a browser"
  if ! install_browser_packages; then
    fail_one "the packages of tests/browser cannot be had"
    return
  fi
  [[ $(id -u) -eq 0 ]] || way=on_host_as_self
  ("$way" SANDBOX_EXE="$STAGE/sandbox" JUDGE_EXE="$STAGE/kernel/judge/Judge" SANDBOX_CGROUP=none \
    node --test --test-reporter=tap --test-timeout=120000 --test-concurrency=1 "$STAGE"/browser/*.test.mjs) >"$report" || status=$?
  cat "$report" >&2
  passed=$(sed -n 's/^# pass //p' "$report")
  failed=$(sed -n 's/^# fail //p' "$report")
  PASSED=$((PASSED + ${passed:-0}))
  if [[ $status -ne 0 || ${failed:-1} -ne 0 ]]; then
    fail_one "tests in a browser: ${failed:-all} failed (exit status $status): $(sed -n 's/^ *not ok [0-9]* - //p' "$report" | paste -sd';')"
  fi
}

# From the registry once, by the hashes of the lock file.
install_browser_packages() {
  local kept=$OUT/obj/browser
  mkdir -p "$kept"
  if ! cmp -s tests/browser/package-lock.json "$kept/installed"; then
    cp tests/browser/package.json tests/browser/package-lock.json tests/browser/.npmrc "$kept/"
    (cd "$kept" && npm ci >&2) || return 1
    cp tests/browser/package-lock.json "$kept/installed"
  fi
  cp -r tests/browser "$STAGE/browser"
  rm -rf "$STAGE/browser/node_modules"
  cp -r "$kept/node_modules" "$STAGE/browser/"
  chmod -R a+rX,go-w "$STAGE/browser"
}

# A second opinion from a kernel of another build; it is small, because everything is emulated.
run_in_emulator() {
  local kernel
  wants emulator || return 0
  if ! has_emulator; then
    later skip_run emulator "no qemu-system-x86_64 (Debian package qemu-system-x86)"
  elif ! kernel=$(fetch_guest_kernel); then
    later skip_run emulator "the Debian package linux-image-cloud-amd64 cannot be had"
  else
    run_and_judge "jobs in an emulated machine" run_jobs_in_emulator "$kernel"
  fi
}

main() {
  rm -rf "$REPORTS"
  mkdir -p "$REPORTS"
  if ! build_probes; then
    echo "0 passed, 1 failed"
    exit 1
  fi
  if wants unit; then run_unit_tests; fi
  if wants unit || wants pack; then count_one "the executable needs glibc 2.28 only" needs_an_old_c_library_only; fi
  # Only when asked for: it builds a release twice.
  if [[ $ONLY == *" pack "* ]]; then run_pack_tests; fi
  if wants fuzz; then count_one "fuzz the plan reader" timeout -k 5 120 "$ROOT/native/fuzz/run.sh" 15; fi
  # A moment of it is among the unit tests.
  if named fuzz; then count_one "fuzz the translators of other APIs" env SANDBOX_FUZZ_SECONDS=60 timeout -k 5 600 tests/Sandbox.Tests/bin/Release/net10.0/Sandbox.Tests -noColor -noLogo -namespace Sandbox.Tests.Server.Fronts; fi
  stage_tests
  if [[ $(id -u) -eq 0 ]]; then
    ensure_user "$TEST_USER" 1600000000-1600065535
    ensure_user "$CGROUP1_USER" 1600065536-1600131071
  fi
  RUNTIME=$(stage_runtime "$STAGE")
  run_soak
  run_browser_tests
  if wants cgroup1 && ! make_cgroup1_directories; then
    remove_cgroup1_directories
    skip_run cgroup1 "no cgroup v1 hierarchies that may be added to"
  fi
  in_lanes users_lane roots_lane groups_lane
  # One after the other: what watches a job from outside is measured in them, and needs the second processor.
  run_as_user unprivileged-alone "$ALONE"
  run_as_root root-alone "$ALONE"
  run_in_cgroup1 cgroup1-alone "$(alone_classes)"
  remove_cgroup1_directories
  run_on_old_kernel
  [[ $ONLY != *" toolchains "* ]] || run_toolchains
  tell_all
}

main "$@"
