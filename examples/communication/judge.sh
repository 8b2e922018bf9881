#!/bin/sh
# Tries every solution and prints what became of it, and whose doing that was; --check compares that with expected.txt.
here=$(cd "$(dirname "$0")" && pwd)
cd "$here" || exit 2

judge() {
  for solution in solutions/*.py; do
    sed "s|solutions/right.py|$solution|" job.json | sandbox exec - | python3 -c '
import json, sys
result = json.load(sys.stdin)
print("%-12s %-16s %s" % (sys.argv[1], result["verdict"], result["culprit"] or "-"))' "$(basename "$solution")"
  done
}

case ${1-} in
  --check) judge | diff expected.txt - ;;
  *) judge ;;
esac
