#!/bin/sh
# Builds the archive that the sandbox executable links: its first code, which knows no C library, the launcher as bytes, and a constructor.
# Usage: build.sh LAUNCHER OUTPUT.a
set -eu
here=$(cd "$(dirname "$0")" && pwd)
launcher=${1:?usage: build.sh LAUNCHER OUTPUT.a}
output=${2:?usage: build.sh LAUNCHER OUTPUT.a}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$launcher" "$work/launcher"
warnings='-Wall -Wextra -Werror -Wshadow -Wstrict-prototypes'
# Before the loader there is no memory for a stack protector, and nobody who would find functions of the C library or relocate anything.
for source in before_the_loader hand_over launch loader memory server_call warm; do
  # shellcheck disable=SC2086 # several words
  gcc -std=gnu2x -O2 $warnings -ffreestanding -fno-builtin -fno-stack-protector -fno-pic -fno-pie -fcf-protection=none \
    -fno-tree-loop-distribute-patterns -fno-asynchronous-unwind-tables -U_FORTIFY_SOURCE -D_GNU_SOURCE -c -o "$work/$source.o" "$here/$source.c"
done
gcc -c -o "$work/entry.o" "$here/entry.S"
(cd "$work" && ld -r -b binary -z noexecstack -o bytes.o launcher &&
  objcopy --rename-section .data=.rodata,alloc,load,readonly,data,contents bytes.o &&
  ld -r -z noexecstack -o first.o entry.o before_the_loader.o hand_over.o launch.o loader.o memory.o server_call.o warm.o bytes.o &&
  objcopy --localize-symbol=memset --localize-symbol=memcpy first.o)
unknown=$(nm -u "$work/first.o" | grep -v -w _start || true)
[ -z "$unknown" ] || { echo "build.sh: what runs before the loader uses $unknown" >&2; exit 1; }
for source in fatal_signals constructor; do
  # shellcheck disable=SC2086 # several words
  gcc -std=gnu2x -O2 $warnings -c -o "$work/$source.o" "$here/$source.c"
done
# One object: nothing refers to the constructor.
(cd "$work" && ld -r -z noexecstack -o all.o first.o fatal_signals.o constructor.o)
rm -f "$output"
ar rcs "$output" "$work/all.o"
