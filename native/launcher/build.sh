#!/bin/sh
# Builds the launcher: musl-static, because every exec of a glibc program costs a millisecond where
# CPUID traps, and one file has to run on every distribution. Usage: build.sh OUTPUT-FILE
set -eu
here=$(dirname "$0")
output=${1:?usage: build.sh OUTPUT-FILE}
mkdir -p "$(dirname "$output")"
multiarch=$(gcc -print-multiarch 2>/dev/null || true)
exec musl-gcc -std=gnu2x -O2 -static -s -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes \
  -fstack-protector-strong -D_FORTIFY_SOURCE=2 -Wl,-z,noexecstack -Wl,-z,relro,-z,now \
  -idirafter /usr/include -idirafter "/usr/include/$multiarch" \
  -o "$output" "$here"/*.c
