#!/bin/sh
# Grades every submission of a directory (default: submissions, beside this script), one a line of jobs.jsonl, prints a table, and writes results.jsonl, table.csv and junit.xml
# into the current directory. Ends as sandbox batch does: with 1 if a submission was not ok.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
submissions=$(cd "${1:-$here/submissions}" && pwd)

# job NAME FILE SOURCE COMPILER PROGRAM COMMAND MEMORY: how a submission is compiled, what is kept of that, and how it runs.
job() {
  printf '{ "name": "%s", "steps": [ ' "$1"
  printf '{ "name": "compile", "job": { "command": %s, "files": { "/work/%s": { "from": "%s" } }, ' "$4" "$3" "$2"
  printf '"limits": { "cpuTime": "20s", "wallTime": "40s", "memory": "1GiB", "processes": 64, "output": "256KiB" } }, '
  printf '"keep": { "program": "/work/%s" } }, ' "$5"
  printf '{ "name": "tests", "job": { "command": %s, ' "$6"
  printf '"limits": { "cpuTime": "2s", "wallTime": "10s", "memory": "%s", "processes": 64, "output": "1MiB" } }, ' "$7"
  printf '"use": { "/work/%s": "compile/program" }, "forEach": [ ' "$5"
  comma=
  for input in "$here"/tests/*.in; do
    test=$(basename "$input" .in)
    case $test in [12]) group=small ;; *) group=large ;; esac
    printf '%s{ "name": "%s", "stdin": { "from": "%s" }, "answer": { "from": "%s" }, "group": "%s" }' "$comma" "$test" "$input" "${input%.in}.ans" "$group"
    comma=', '
  done
  printf ' ], "groups": { "small": { "points": 40 }, "large": { "points": 60, "requires": ["small"] } }, "check": "tokens", "onFailure": "skipGroup" } ] }\n'
}

for file in "$submissions"/*; do
  name=$(basename "$file")
  case $name in
    # A name that would have to be escaped in JSON is not graded by a script as short as this one.
    *[!A-Za-z0-9._-]*) echo "$name: only letters, digits, '.', '_' and '-', please" >&2 && exit 2 ;;
    *.c) job "$name" "$file" main.c '["gcc", "-O2", "-o", "main", "main.c", "-lm"]' main '["/work/main"]' 64MiB ;;
    *.cpp) job "$name" "$file" main.cpp '["g++", "-O2", "-o", "main", "main.cpp"]' main '["/work/main"]' 64MiB ;;
    *.java) job "$name" "$file" Main.java '["sh", "-c", "javac Main.java && jar cfe main.jar Main *.class"]' main.jar \
      '["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx64m", "-jar", "/work/main.jar"]' 256MiB ;;
    *.py) job "$name" "$file" main.py '["python3", "-I", "-m", "py_compile", "main.py"]' main.py '["python3", "-I", "/work/main.py"]' 128MiB ;;
    *) echo "$name: no language has this ending" >&2 && exit 2 ;;
  esac
done > jobs.jsonl

status=0
sandbox batch --quiet --order input --csv table.csv --junit junit.xml jobs.jsonl > results.jsonl || status=$?

# Of each result the first members: name, verdict, message and points are of all its steps.
sed -n -E 's/^\{"schema":"sandbox.batch\/1","index":[0-9]+,"input":"[^"]*","line":[0-9]+,"result":\{"schema":"[^"]*","name":"([^"]*)","verdict":"([^"]*)","message":"([^"\\]|\\.)*","points":([0-9.]*).*/\1 \4 \2/p' results.jsonl |
  while read -r name points verdict; do printf '%-12s %6s  %s\n' "$name" "$points" "$verdict"; done
exit $status
