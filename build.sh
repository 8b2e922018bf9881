#!/usr/bin/env bash
# The one entry point: builds, runs, tests, measures, formats and packs the sandbox.
# Works from any directory, without git and without HOME; writes only to out/ and the usual bin/ and obj/.
set -euo pipefail

CALLER=$PWD
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
OUT=$ROOT/out
cd "$ROOT"
# shellcheck source=tests/packages.sh
. "$ROOT/tests/packages.sh"

say() { printf '== %s\n' "$*" >&2; }
die() { printf 'build.sh: %s\n' "$*" >&2; exit 1; }

usage() {
  cat <<'END'
usage: ./build.sh VERB [ARGUMENTS]

  build            build out/sandbox, and out/sandboxd, which "sandbox serve" executes
  run JOB.json...  build if anything changed, then run the jobs one after the other: out/sandbox exec JOB.json...
  test [RUN...]    build, then run every test, or only the named runs; ends with one line: N passed, N failed
                   test toolchains installs some 80 compilers and interpreters, tries all of them, and writes docs/toolchains.md
  soak [SECONDS]   run jobs on a server at twice its capacity, 10 minutes by default, while processes are killed and clients misbehave
  bench            measure against other tools, side by side
  format           format the C# and C sources in place
  pack             out/pack: a tar.gz of the command, the NuGet packages of the SDK, and their checksums (docs/install.md)
  help             this text

Missing Debian or Ubuntu packages are installed when run as root; otherwise the command to do so is printed.
END
}

# The .NET command line refuses to start without a home, and its first run talks about telemetry.
prepare_environment() {
  mkdir -p "$OUT/obj"
  umask 022
  export HOME=${HOME:-$OUT/obj/home} DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 \
    DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1 DOTNET_SKIP_WORKLOAD_INTEGRITY_CHECK=1 TESTINGPLATFORM_TELEMETRY_OPTOUT=1 \
    DOTNET_CLI_UI_LANGUAGE=en MSBUILDDISABLENODEREUSE=1
  mkdir -p "$HOME"
  # Without ICU the SDK refuses to start, unless told to do without; with ICU the telling would only warn.
  if ! compgen -G '/usr/lib*/libicuuc.so.*' >/dev/null && ! compgen -G '/usr/lib/*/libicuuc.so.*' >/dev/null; then
    export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
  fi
}

find_dotnet() {
  local candidate version
  for candidate in dotnet "${DOTNET_ROOT:-/nowhere}/dotnet" "$HOME/.dotnet/dotnet" \
    /usr/share/dotnet/dotnet /usr/lib/dotnet/dotnet /usr/local/share/dotnet/dotnet; do
    # Started outside the repository, or global.json turns "too old" into an unreadable error.
    version=$(cd / && "$candidate" --list-sdks 2>/dev/null | sed -n 's/^\([0-9]*\)\..*/\1/p' | sort -n | tail -1) || continue
    [[ ${version:-0} -ge 10 ]] || continue
    DOTNET=$(command -v "$candidate")
    DOTNET_ROOT=$(dirname "$(readlink -f "$DOTNET")")
    export DOTNET DOTNET_ROOT
    return
  done
  die "the .NET SDK 10 is needed and was not found.
Install it as the package dotnet-sdk-10.0 where the distribution has it, or with Microsoft's dotnet-install.sh:
  ./dotnet-install.sh --channel 10.0 --install-dir \"\$HOME/.dotnet\""
}

architecture() {
  case $(uname -m) in
    x86_64) echo linux-x64 ;;
    aarch64) echo linux-arm64 ;;
    *) die "only x86_64 and aarch64 are supported, this is $(uname -m)" ;;
  esac
}

build_native() {
  say "native launcher"
  "$ROOT/native/launcher/build.sh" "$OUT/obj/launcher"
}

# publish PROJECT NAME: one program, as out/NAME. Rules of style are checked by the tests: they take most of a build's time.
publish() {
  local project=$1 name=$2
  say "$name (NativeAOT; about a minute the first time)"
  "$DOTNET" publish "src/$project/$project.csproj" -c Release -r "$(architecture)" \
    -o "$OUT/obj/publish/$name" -p:RunAnalyzers=false -v quiet -nologo ||
    die "not built. A function of the C library that is said to be undefined is newer than glibc 2.28, or to be added in native/glibc (symbols; build.sh for libm)"
  # A new name and a rename: the old one may be running (ETXTBSY), and nobody sees half a file.
  install -m 0755 "$OUT/obj/publish/$name/$project" "$OUT/.$name.new"
  mv -f "$OUT/.$name.new" "$OUT/$name"
  say "built ${OUT#"$PWD"/}/$name"
}

build_command() {
  require_packages build
  find_dotnet
  build_native
  publish_programs
}

publish_programs() {
  publish Sandbox.Server sandboxd
  publish Sandbox.Cli sandbox
}

# build_solution [RUN]...: before the whole suite everything is compiled anew, because what was compiled for a program was not checked.
build_solution() {
  local anew=()
  [[ $# -gt 0 ]] || anew=(--no-incremental)
  say "all projects, with their rules of style"
  "$DOTNET" build Sandbox.sln -c Release -v quiet -nologo "${anew[@]}" >&2
}

is_stale() {
  [[ ! -x $OUT/sandbox || ! -x $OUT/sandboxd ]] && return 0
  [[ -n $(find src native policies schemas build.sh Directory.*.props global.json \
    \( -name bin -o -name obj \) -prune -o -type f -newer "$OUT/sandbox" -print -quit 2>/dev/null) ]]
}

run_job() {
  [[ $# -gt 0 ]] || die "run: which job? For example: ./build.sh run examples/hello/job.json"
  # The build talks on stderr only: stdout belongs to the result.
  if is_stale; then build_command >&2; fi
  cd "$CALLER"
  exec "$OUT/sandbox" exec "$@"
}

run_tests() {
  require_packages test
  # Four gigabytes: only for who asks.
  [[ " $* " != *" toolchains "* ]] || require_packages toolchains
  require_packages build
  find_dotnet
  build_native
  build_solution "$@" || { echo "0 passed, 1 failed"; exit 1; }
  publish_programs
  exec "$ROOT/tests/run.sh" "$@"
}

# As whoever calls it: a server of root's would run jobs as root's.
run_soak() {
  require_packages test
  if is_stale; then build_command; fi
  exec python3 "$ROOT/tests/soak/soak.py" --seconds "${1:-600}" "${@:2}" "$OUT/sandbox"
}

run_benchmarks() {
  require_packages bench
  build_command
  exec "$ROOT/tests/benchmarks/run.sh" "$@"
}

format_sources() {
  require_packages format
  find_dotnet
  "$DOTNET" format Sandbox.sln --no-restore || "$DOTNET" format Sandbox.sln
  find native tests -name obj -prune -o \( -name '*.c' -o -name '*.h' \) -print0 |
    xargs -0 -r "$(clang_format)" -i
}

pack_release() {
  build_command
  "$ROOT/packaging/pack.sh" "$OUT/sandbox" "$DOTNET" "$(architecture)" "$OUT/pack"
}

main() {
  local verb=${1:-help}
  [[ $# -gt 0 ]] && shift
  prepare_environment
  case $verb in
    build) build_command ;;
    run) run_job "$@" ;;
    test) run_tests "$@" ;;
    soak) run_soak "$@" ;;
    bench) run_benchmarks "$@" ;;
    format) format_sources ;;
    pack) pack_release ;;
    help | -h | --help) usage ;;
    *) usage >&2; exit 2 ;;
  esac
}

main "$@"
