#!/usr/bin/env python3
"""Compiles and runs a small program with every toolchain, each step a job with the defaults of the sandbox.

A toolchain is a folder beside this file: the program, and a file `toolchain` that says how users build and run it.
README.md tells what stands in that file. Whatever is not on the machine is skipped.
"""

import argparse
import glob
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import xml.sax.saxutils as xml

HERE = pathlib.Path(__file__).resolve().parent
POLICIES = ("default", "judge", "build")
# Not ASCII, so that a toolchain that takes text for something else than UTF-8 is found out.
STDIN = "žluťoučký\n"
EXPECTED = "žluťoučký 42"
# That of a job: what lies elsewhere, in a home folder for example, no job sees.
SEARCH = "/usr/local/bin:/usr/bin:/bin"


def definitions():
    """All toolchains by name, in order."""
    return {file.parent.name: read_definition(file) for file in sorted(HERE.glob("*/toolchain"))}


def read_definition(file):
    lines = (line.split(" = ", 1) for line in file.read_text("utf-8").splitlines() if " = " in line)
    return {key: value.strip() for key, value in lines}


def is_here(toolchain):
    """Whether the machine has it where a job sees it."""
    if toolchain.get("only", os.uname().machine) != os.uname().machine:
        return False
    return all(glob.glob(need) if need.startswith("/") else shutil.which(need, path=SEARCH)
               for need in toolchain["needs"].split())


def version(toolchain):
    command = toolchain.get("version", toolchain["needs"].split()[0] + " --version")
    run = subprocess.run(["sh", "-c", command], env=os.environ | {"PATH": SEARCH}, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=60)
    found = re.search(r"\d+(\.\d+)+", run.stdout + run.stderr)
    return found.group() if found else "?"


def files_of(folder):
    """Everything in a folder, as the `files` of a job."""
    return {"/work/" + str(path.relative_to(folder)): {"from": str(path), "mode": "0755" if os.access(path, os.X_OK) else "0644"}
            for path in sorted(pathlib.Path(folder).rglob("*")) if path.is_file() and path.name != "toolchain"}


def run_job(members, command, files, products=None):
    """One job with the defaults but for these members. Returns the result."""
    job = {"command": ["sh", "-c", command], "files": files, "stdin": {"text": STDIN}} | members
    if products:
        job["outputs"] = [{"path": "/work/**/*", "to": str(products) + "/"}]
    run = subprocess.run([os.environ["SANDBOX_EXE"], "exec", "-"], input=json.dumps(job), capture_output=True, text=True)
    try:
        return json.loads(run.stdout)
    except ValueError:
        return {"verdict": f"exit status {run.returncode}", "message": run.stderr, "stdout": {"text": ""}, "stderr": {"text": ""}}


def complaint(result):
    """What is wrong with the result of a job that should have ended well, or None."""
    if result["verdict"] == "ok":
        return None
    told = (result["stderr"].get("text") or "") + (result["stdout"].get("text") or "")
    return f"{result['verdict']}: {result['message']}\n{told[-1500:]}"


def complaint_about_answer(result):
    wrong = complaint(result)
    lines = (result["stdout"].get("text") or "").splitlines()
    if wrong is None and (not lines or lines[-1].strip() != EXPECTED):
        wrong = f"printed {result['stdout'].get('text')!r}, not {EXPECTED!r}; on stderr {result['stderr'].get('text')!r}"
    return wrong


def try_steps(name, toolchain, members):
    """Compiles in one job and runs what came of it in another."""
    files = files_of(HERE / name)
    with tempfile.TemporaryDirectory() as products:
        if "compile" in toolchain:
            wrong = complaint(run_job(members, toolchain["compile"], files, products))
            if wrong:
                return "compile: " + wrong
            files = files_of(products)
        wrong = complaint_about_answer(run_job(members, toolchain["run"], files))
        return "run: " + wrong if wrong else None


def try_at_once(name, toolchain, members):
    """Both steps in one job."""
    command = " && ".join(toolchain[step] for step in ("compile", "run") if step in toolchain)
    return complaint_about_answer(run_job(members, command, files_of(HERE / name)))


def try_without_sandbox(name, toolchain, _):
    """The measure: what does not work on the machine itself says nothing of the sandbox."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(HERE / name, folder, dirs_exist_ok=True)
        command = " && ".join(toolchain[step] for step in ("compile", "run") if step in toolchain)
        environment = {"PATH": SEARCH, "HOME": folder, "LANG": "C.UTF-8"}
        run = subprocess.run(["sh", "-c", command], cwd=folder, env=environment, input=STDIN, capture_output=True, text=True)
        verdict = "ok" if run.returncode == 0 else f"exit code {run.returncode}"
        return complaint_about_answer({"verdict": verdict, "message": "", "stdout": {"text": run.stdout}, "stderr": {"text": run.stderr}})


def explanation(toolchain, policy):
    """Why it does not work under a policy, and the members of a job with which it does: both None where it has to work."""
    why, _, cure = toolchain.get(policy, "").partition(" | ")
    return why or None, json.loads(cure) if cure else None


def try_cell(attempt, name, toolchain, policy):
    """Whether it works, and what is wrong: an explanation that no longer holds, and a cure that is none, are wrong, too."""
    found = attempt(name, toolchain, {"seccomp": policy})
    why, cure = explanation(toolchain, policy)
    if why is None or attempt is try_without_sandbox:
        return found is None, found
    if found is None:
        return True, "it works, although its file says that it does not: " + why
    wrong = attempt(name, toolchain, {"seccomp": policy} | cure) if cure else None
    return False, f"with {cure}: {wrong}" if wrong else None


def write_report(path, tests):
    """In the form of xunit, which tests/run.sh counts."""
    counts = {result: sum(1 for _, outcome in tests if outcome == result) for result in ("Pass", "Fail", "Skip")}
    with open(path, "w", encoding="utf-8") as out:
        print(f'<assemblies><assembly name="toolchains" passed="{counts["Pass"]}" failed="{counts["Fail"]}" errors="0"><collection>', file=out)
        for name, outcome in tests:
            print(f'<test name={xml.quoteattr(name)} result="{outcome}"/>', file=out)
        print("</collection></assembly></assemblies>", file=out)
    return counts["Fail"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ways = {"steps": try_steps, "at-once": try_at_once, "without-sandbox": try_without_sandbox}
    parser.add_argument("--way", choices=ways, default="steps", help="a job for each step, one for both, or none at all")
    parser.add_argument("--policies", default=",".join(POLICIES))
    parser.add_argument("--only", help="names of toolchains, with commas between")
    parser.add_argument("--cells", help="where to write what became of each, for table.py")
    parser.add_argument("-result-xml", dest="report", help="where to write the tests, as xunit does")
    arguments = parser.parse_args()

    tests, cells = [], {}
    for name, toolchain in definitions().items():
        if arguments.only and name not in arguments.only.split(","):
            continue
        if not is_here(toolchain):
            tests.append((f"toolchain({name})", "Skip"))
            continue
        cells[name] = {"version": version(toolchain)}
        for policy in arguments.policies.split(","):
            start = time.monotonic()
            cells[name][policy], wrong = try_cell(ways[arguments.way], name, toolchain, policy)
            tests.append((f"toolchain({name}, {policy})", "Fail" if wrong else "Pass"))
            print(f"{'FAILED' if wrong else 'ok'} {name}, {policy} ({time.monotonic() - start:.1f} s){': ' + wrong if wrong else ''}", flush=True)

    if arguments.cells:
        pathlib.Path(arguments.cells).write_text(json.dumps(cells, indent=1), "utf-8")
    return 1 if write_report(arguments.report or os.devnull, tests) else 0


if __name__ == "__main__":
    sys.exit(main())
