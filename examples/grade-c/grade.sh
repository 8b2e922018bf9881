#!/bin/sh
# Grades every submission of this folder and prints a table; --check compares it with expected.txt.
here=$(cd "$(dirname "$0")" && pwd)
exec python3 "$here/../grade.py" "$@" "$here"
