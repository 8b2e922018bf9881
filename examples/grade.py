#!/usr/bin/env python3
"""Grades the submissions of a directory, every test case of each in a sandbox of its own.

usage: grade.py [--check] DIRECTORY

DIRECTORY/job.json      one test case; submission and input are exchanged for each run
DIRECTORY/compile.json  optional: makes an executable of the submission, in a sandbox too
DIRECTORY/tests/N.in, N.out;  DIRECTORY/submissions/*;  DIRECTORY/expected.txt (for --check)

SANDBOX names the command (default: out/sandbox of this repository if it is built, else the one in PATH).
"""
import collections
import json
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
BUILT = os.path.join(HERE, "..", "out", "sandbox")
SANDBOX = os.path.abspath(os.environ.get("SANDBOX") or (not os.path.exists(BUILT) and shutil.which("sandbox")) or BUILT)


def run(job, directory):
    """The result of one job; paths in it are relative to the directory."""
    done = subprocess.run([SANDBOX, "exec", "-"], input=json.dumps(job), cwd=directory, stdout=subprocess.PIPE, text=True)
    if done.returncode > 1:
        sys.stderr.write(done.stdout)
        sys.exit(f"grade.py: the sandbox did not run {job['name']} (exit status {done.returncode})")
    return json.loads(done.stdout)


def load(directory, name):
    with open(os.path.join(directory, name), encoding="utf-8") as file:
        return json.load(file)


def same(output, expected):
    """Equal but for white space at the ends of lines and of the text."""
    return [line.rstrip() for line in output.rstrip().splitlines()] == [
        line.rstrip() for line in expected.rstrip().splitlines()]


def judge(result, expected):
    if result["verdict"] != "ok":
        return result["verdict"]
    output = result["stdout"].get("text", "")
    if output.startswith("ESCAPED"):
        return "ESCAPED"
    return "accepted" if same(output, expected) else "wrong-answer"


def compile_submission(directory, submission, executable):
    """None, or what went wrong."""
    job = load(directory, "compile.json")
    source = next(iter(job["files"]))
    job["name"] = f"compile {submission}"
    job["files"][source]["from"] = f"submissions/{submission}"
    job["outputs"][0]["to"] = executable
    result = run(job, directory)
    return None if result["verdict"] == "ok" else f"compile: {result['verdict']}"


def run_case(directory, submission, program, case):
    job = load(directory, "job.json")
    target = next(iter(job["files"]))
    job["name"] = f"{submission} #{case}"
    job["files"][target]["from"] = program
    job["stdin"] = {"from": f"tests/{case}.in"}
    return run(job, directory)


def grade(directory, submission, scratch):
    """The verdicts in order of the cases, the largest CPU time and the largest memory."""
    program = f"submissions/{submission}"
    if os.path.exists(os.path.join(directory, "compile.json")):
        program = os.path.join(scratch, submission + ".out")
        failure = compile_submission(directory, submission, program)
        if failure:
            return [failure], 0.0, 0
    cases = sorted((name[:-3] for name in os.listdir(os.path.join(directory, "tests")) if name.endswith(".in")), key=int)
    verdicts, cpu, memory = [], 0.0, 0
    for case in cases:
        result = run_case(directory, submission, program, case)
        with open(os.path.join(directory, "tests", case + ".out"), encoding="utf-8") as file:
            verdicts.append(judge(result, file.read()))
        cpu = max(cpu, result["time"]["cpuMs"])
        memory = max(memory, result["memory"]["peakBytes"])
    return verdicts, cpu, memory


def summary(verdicts):
    """Such as "4 accepted, 6 cpu-time-limit"."""
    return ", ".join(f"{count} {verdict}" for verdict, count in collections.Counter(verdicts).items())


def main(arguments):
    check = "--check" in arguments
    directories = [argument for argument in arguments if argument != "--check"]
    if len(directories) != 1:
        sys.exit(__doc__)
    directory = os.path.abspath(directories[0])
    lines = []
    print(f"{'submission':<14}{'max cpu':>10}{'max memory':>13}   verdicts")
    with tempfile.TemporaryDirectory() as scratch:
        for submission in sorted(os.listdir(os.path.join(directory, "submissions"))):
            verdicts, cpu, memory = grade(directory, submission, scratch)
            lines.append(f"{submission}: {summary(verdicts)}")
            print(f"{submission:<14}{cpu:>7.0f} ms{memory / 2**20:>9.1f} MiB   {summary(verdicts)}", flush=True)
    if check:
        with open(os.path.join(directory, "expected.txt"), encoding="utf-8") as file:
            expected = file.read().split("\n")[:-1]
        if lines != expected:
            sys.exit("grade.py: expected was\n" + "\n".join(expected))


if __name__ == "__main__":
    main(sys.argv[1:])
