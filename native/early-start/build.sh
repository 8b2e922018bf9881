#!/bin/sh
# Builds the archive that the sandbox executable links: early_start.c and the launcher as bytes.
# Usage: build.sh LAUNCHER OUTPUT.a
set -eu
here=$(cd "$(dirname "$0")" && pwd)
launcher=${1:?usage: build.sh LAUNCHER OUTPUT.a}
output=${2:?usage: build.sh LAUNCHER OUTPUT.a}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$launcher" "$work/launcher"
gcc -std=gnu2x -O2 -Wall -Wextra -Werror -c -o "$work/early_start.o" "$here/early_start.c"
(cd "$work" && ld -r -b binary -z noexecstack -o bytes.o launcher &&
  objcopy --rename-section .data=.rodata,alloc,load,readonly,data,contents bytes.o)
rm -f "$output"
ar rcs "$output" "$work/early_start.o" "$work/bytes.o"
