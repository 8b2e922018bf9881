# What tests/run.sh counts, and what it says of it: one number of passed, one of failed, and at the end all failures by name.

PASSED=0
FAILED=0
# Told again before the last line: of a log that is cut, the end is kept.
FAILURES=()
# How many tests of one run may have a second try.
SECOND_TRIES=3

say() { printf '== %s\n' "$*" >&2; }

fail_one() {
  FAILED=$((FAILED + 1))
  FAILURES+=("FAILED: $*")
  echo "FAILED: $*" >&2
}

count_one() {
  local what=$1
  shift
  say "$what"
  if "$@"; then PASSED=$((PASSED + 1)); else fail_one "$what"; fi
}

# run_and_judge WHAT COMMAND...: as count_one, where lanes run it.
run_and_judge() {
  local what=$1
  shift
  say "$what"
  if "$@"; then later count_one "$what" true; else later count_one "$what" false; fi
}

tell_all() {
  [[ ${#FAILURES[@]} -eq 0 ]] || printf '%s\n' "${FAILURES[@]}" >&2
  echo "$PASSED passed, $FAILED failed"
  [[ $FAILED -eq 0 ]]
}

# The list names tests, and after "guest" those that only a run in a guest may skip. Not by a pipe: grep is done with the first name that it finds,
# and a sed that still writes then is ended by SIGPIPE, which would count as "not found" (pipefail).
may_skip() {
  local where=$1 name=$2
  [[ ${CI:-} != true ]] ||
    grep -qxF -e "$name" -e "$where $name" < <(sed 's/[[:space:]]*#.*//' tests/allowed-skips.txt)
}

# A skip hides a hole, so in continuous integration only the listed ones pass.
count_skips() {
  local report=$1 where=$2 name
  while read -r name; do
    if may_skip "$where" "${name%%(*}"; then
      echo "skipped: $name" >&2
    else
      fail_one "$name was skipped and is not in tests/allowed-skips.txt"
    fi
  done < <(grep -o '<test [^>]*result="Skip"[^>]*' "$report" | sed -n 's/.* name="\([^"]*\)".*/\1/p')
}

# A whole run that this machine cannot do is a skip like any other.
skip_run() {
  local what=$1 reason=$2
  wants "$what" || return 0
  if may_skip host "kernel tests as $what"; then
    echo "skipped: kernel tests as $what: $reason" >&2
  else
    fail_one "kernel tests as $what were skipped ($reason) and are not in tests/allowed-skips.txt"
  fi
}

attribute() { sed -n "s/.*<assembly [^>]*[[:space:]]$1=\"\([0-9]*\)\".*/\1/p" "$2" | head -1; }

# count_report NAME REPORT STATUS [host|guest [SECOND]]: a runner that crashed wrote no report, or says so with its
# exit status alone: both count as a failure. SECOND is the report of a second try of what failed.
count_report() {
  local what=$1 report=$2 status=$3 where=${4:-host} second=${5:-} passed failed errors times line
  passed=$(attribute passed "$report" 2>/dev/null || true)
  failed=$(attribute failed "$report" 2>/dev/null || true)
  errors=$(attribute errors "$report" 2>/dev/null || true)
  if [[ -z $passed || -z $failed ]]; then
    fail_one "$what wrote no report (exit status $status)"
    return
  fi
  count_skips "$report" "$where"
  PASSED=$((PASSED + passed))
  while IFS=$'\t' read -r times line; do
    if [[ $times == once ]]; then
      PASSED=$((PASSED + 1))
      FAILURES+=("failed once, and passed by itself: $what: $line")
    else
      fail_one "$what: $line"
    fi
  done < <(tests/failures.py "$report" ${second:+"$second"})
  if [[ ${errors:-0} -gt 0 ]]; then fail_one "$what: $errors errors outside of tests"; fi
  if [[ $status -ne 0 && $((failed + ${errors:-0})) -eq 0 ]]; then
    fail_one "$what ended with status $status although no test failed"
  fi
}

# Prints "-method NAME" for each method that failed, if they are few enough to be tried once more by themselves.
# What watches a job from outside takes processor time that other programs of the machine may have taken at that
# moment. A test that fails always fails again, and more than a few failures are nobody's bad luck.
second_tries() {
  local report=$1 methods
  methods=$(tests/failures.py "$report" 2>/dev/null | cut -f1 | sort -u) || return 0
  [[ -n $methods && $(wc -l <<<"$methods") -le $SECOND_TRIES ]] || return 0
  sed 's/^/-method /' <<<"$methods"
}
