#!/bin/sh
# Grades every submission of this directory and prints a table; --check compares it with expected.txt.
here=$(cd "$(dirname "$0")" && pwd)
exec python3 "$here/../grade.py" "$@" "$here"
