#!/bin/sh
# Makes a directory to link the sandbox executable against (-L): stand-ins for the C library of glibc 2.28, so that the program
# runs on every distribution since, whatever this machine has. They hold names and versions and no code (file "symbols").
# libm.a is real, the functions of doubles of musl: six are used, some of which would otherwise be newer versions, and to load
# the library would cost a twentieth of a millisecond at every start. Usage: build.sh OUTPUT-DIRECTORY
set -eu
here=$(cd "$(dirname "$0")" && pwd)
output=${1:?usage: build.sh OUTPUT-DIRECTORY}
case $(uname -m) in
  x86_64) oldest=2.2.5 loader=ld-linux-x86-64.so.2 ;;
  aarch64) oldest=2.17 loader=ld-linux-aarch64.so.1 ;;
  *) echo "build.sh: no versions are known for $(uname -m)" >&2 && exit 1 ;;
esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# stand_in LIBRARY SONAME FILE: the linker reads names, types, sizes and versions of it.
stand_in() {
  awk -v library="$1" -v oldest="$oldest" -v script="$work/versions" -v code="$work/code.s" '
    function number(version, part) { split(version, part, "."); return part[1] * 1000000 + part[2] * 1000 + part[3] }
    $1 == library {
      version = number($2) < number(oldest) ? oldest : $2
      count = split($3, names, "=")
      print ($4 ? ".data" : ".text") > code
      for (i = 1; i <= count; i++) {
        kind = $4 ? "object" : "function"
        print ".globl " names[i] "\n.type " names[i] ", %" kind "\n.size " names[i] ", " ($4 ? $4 : 8) > code
        members[version] = members[version] " " names[i] ";"
      }
      for (i = 1; i <= count; i++) print names[i] ":" > code
      print ".skip " ($4 ? $4 : 8) > code
    }
    END {
      for (version in members) print "GLIBC_" version " { global:" members[version] " };" > script
    }' "$here/symbols"
  gcc -c -o "$work/code.o" "$work/code.s"
  ld -shared -z noexecstack -soname "$2" --version-script "$work/versions" -o "$3" "$work/code.o"
}

# musl-gcc knows where its library is; the linker tells which it read.
musl_library() {
  echo 'int main(void) { return 0; }' | musl-gcc -static -x c - -o "$work/any" -Wl,-t | grep '/libc\.a$' | head -1
}

rm -rf "$output"
mkdir -p "$output"
output=$(cd "$output" && pwd)
stand_in libpthread libpthread.so.0 "$output/libpthread.so"
stand_in libdl libdl.so.2 "$output/libdl.so"
stand_in libc libc.so.6 "$output/libc.so.6"
stand_in ld "$loader" "$output/$loader"
echo "GROUP ( $output/libc.so.6 -lc_nonshared AS_NEEDED ( $output/$loader ) )" >"$output/libc.so"

library=$(musl_library)
mkdir "$work/math"
# shellcheck disable=SC2046
(cd "$work/math" && ar x "$library" $(ar t "$library" |
  grep -E '^(a?(sin|cos|tan)h?|atan2|cbrt|ceil|expm?[12]?|fabs|floor|fmod|hypot|log(1p|2|10)?|modf|pow|rint|round|scalbn|sqrt|trunc)\.l?o$|^(__(sin|cos|tan|expo2|rem_pio2(_large)?|math_.*)|(exp|log2?|pow|sqrt)_data)\.l?o$'))
ar rcsD "$output/libm.a" "$work/math"/*
gcc -std=gnu2x -O2 -fPIC -Wall -Wextra -Werror -c -o "$output/start.o" "$here/start.c"
