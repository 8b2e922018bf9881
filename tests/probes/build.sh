#!/usr/bin/env bash
# Builds every probe, one static executable per C file, into out/probes.
# Static and musl: a probe must run in an empty root and must not depend on what the host has installed.
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
OUT=$HERE/../../out/probes
# The kernel's own headers come from the distribution; musl's are found first.
FLAGS=(-static -std=gnu11 -O1 -Wall -Wextra -Werror -Wno-unused-parameter -Wno-unused-function
  -D_GNU_SOURCE -pthread -idirafter /usr/include -idirafter "/usr/include/$(gcc -dumpmachine)")

mkdir -p "$OUT"
for source in "$HERE"/*.c; do
  target=$OUT/$(basename "$source" .c)
  if [[ $target -nt $source && $target -nt $HERE/probe.h && $target -nt ${BASH_SOURCE[0]} ]]; then continue; fi
  musl-gcc "${FLAGS[@]}" "$source" -o "$target.new"
  mv -f "$target.new" "$target"
done
