#!/bin/sh
# Writes into a linked program where its calls through interfaces keep their targets (warm.c). Usage: warm.sh PROGRAM FILE-WITH-ITS-SYMBOLS
set -eu
program=${1:?usage: warm.sh PROGRAM FILE-WITH-ITS-SYMBOLS}
symbols=${2:?usage: warm.sh PROGRAM FILE-WITH-ITS-SYMBOLS}
page=4096
# bytes of an unsigned long, the lowest first
word() {
  value=$1
  for _ in 1 2 3 4 5 6 7 8; do
    # shellcheck disable=SC2059 # the format is the byte
    printf "\\$(printf '%03o' $((value % 256)))"
    value=$((value / 256))
  done
}
range=$(nm "$symbols" | awk '
  $3 ~ /^__InterfaceDispatchCell_/ || $3 ~ /^__GCSTATICS/ && $3 !~ /PreInitData$/ { print $1 }' | sort | sed -n '1p;$p')
place=$(nm "$symbols" | awk '$3 == "sandbox_warm" { print $1 }')
[ -n "$range" ] && [ -n "$place" ] || { echo "warm.sh: $symbols names no such places" >&2; exit 1; }
begin=$((0x$(echo "$range" | head -1) / page * page))
end=$(((0x$(echo "$range" | tail -1) / page + 1) * page))
[ $((end - begin)) -le $((1 << 20)) ] || { echo "warm.sh: the places are $((end - begin)) bytes apart" >&2; exit 1; }
# where the section with the address is in the file
offset=$(readelf -lW "$program" | while read -r type offset address _ size _; do
  if [ "$type" = LOAD ] && [ $((0x$place)) -ge $((address)) ] && [ $((0x$place)) -lt $((address + size)) ]; then
    echo $((offset + 0x$place - address))
  fi
done)
[ -n "$offset" ] || { echo "warm.sh: $program has no such place" >&2; exit 1; }
{ word "$begin"; word "$end"; } | dd of="$program" bs=1 seek="$offset" conv=notrunc status=none
