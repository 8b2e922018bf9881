#!/bin/sh
# Builds the C side of the benchmarks into the given directory, musl-static like the launcher.
set -eu
here=$(dirname "$0")
output=${1:?usage: build.sh OUTPUT-DIRECTORY}
mkdir -p "$output"
multiarch=$(gcc -print-multiarch 2>/dev/null || true)
compile() {
  musl-gcc -std=gnu2x -O2 -static -s -Wall -Wextra -Werror \
    -idirafter /usr/include -idirafter "/usr/include/$multiarch" -o "$@"
}
for program in noop burn idle measure rusage noperf staleness pingpong stream; do
  compile "$output/$program" "$here/$program.c"
done
compile "$output/account" -D_GNU_SOURCE -Wno-unused-function "$here/../probes/account.c"
compile "$output/floor" "$here"/floor*.c
