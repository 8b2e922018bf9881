#!/bin/sh
# Builds the archive that the sandbox executable links: early_start.c, fatal_signals.c, hand_over.c, server_call.c and the launcher as bytes.
# Usage: build.sh LAUNCHER OUTPUT.a
set -eu
here=$(cd "$(dirname "$0")" && pwd)
launcher=${1:?usage: build.sh LAUNCHER OUTPUT.a}
output=${2:?usage: build.sh LAUNCHER OUTPUT.a}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$launcher" "$work/launcher"
for source in early_start fatal_signals hand_over server_call; do
  gcc -std=gnu2x -O2 -Wall -Wextra -Werror -c -o "$work/$source.o" "$here/$source.c"
done
(cd "$work" && ld -r -b binary -z noexecstack -o bytes.o launcher &&
  objcopy --rename-section .data=.rodata,alloc,load,readonly,data,contents bytes.o)
rm -f "$output"
ar rcs "$output" "$work/early_start.o" "$work/fatal_signals.o" "$work/hand_over.o" "$work/server_call.o" "$work/bytes.o"
