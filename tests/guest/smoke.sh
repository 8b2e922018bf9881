#!/bin/sh
# Runs each job file named jobs/VERDICT.json with the built command and compares the verdict; for a guest that
# has little more than a shell. Exit status 0 when all are right.
status=0
for job in /jobs/*.json; do
  expected=$(basename "$job" .json)
  result=$(/sandbox exec "$job")
  case $result in
    *"\"verdict\":\"$expected\""*) echo "$expected" ;;
    *)
      echo "expected $expected: $result" >&2
      status=1
      ;;
  esac
done
exit $status
