#!/usr/bin/env python3
"""Writes docs/toolchains.md from what matrix.py found: table.py NAME=CELLS.json..., one for each thing that held the limits."""

import json
import os
import platform
import sys

sys.dont_write_bytecode = True
import matrix

HEAD = """# Toolchains

Whatever compiles and runs on a machine compiles and runs in a sandbox with the defaults. This table is written by `./build.sh test toolchains`, which installs
what it lists (on Debian and Ubuntu, as root; it takes some 4 GB) and then compiles and runs a small program with each: a line of text that is not ASCII from stdin (some by
`/dev/stdin`), a temporary file, threads, the time zone, random numbers, modules that need data files of their own. The steps are jobs of their own, which have nothing but
`command`, `seccomp`, `files`, `stdin` and `outputs`: `"rootfs": "host"`, 512 MiB of memory, 128 processes, 60 s, no network. `./build.sh test` does a
smaller round: everything that is there already, both steps in one job, as a user under `judge` and as root under `default`.

Last written on {system}, Linux {kernel}, {machine}, by an unprivileged user. Limits were held by: {ways}. {count} toolchains.

*yes*: both steps worked, whatever held the limits. A number: it does not work with the defaults, and the note says why and what to add to the job; that this is so, and that
it then works, is part of the test. To add a toolchain, see `tests/toolchains/README.md`.

| toolchain | version | compile | run | {policies} |
|---|---|---|---|{rules}|
"""


def cell_of(results, name, policy, note):
    """One word for what all ways of holding limits found."""
    found = {way: cells[name][policy] for way, cells in results.items() if policy in cells.get(name, {})}
    if all(found.values()):
        return "yes"
    if note:
        return f"[{note}](#notes)"
    return "**no** (" + ", ".join(way for way, works in found.items() if not works) + ")"


def code(text):
    return "`" + text.replace("|", "\\|") + "`" if text else ""


def main():
    results = {way: json.load(open(path, encoding="utf-8")) for way, path in (argument.split("=", 1) for argument in sys.argv[1:])}
    rows, notes = [], []
    for name, toolchain in matrix.definitions().items():
        version = next((cells[name]["version"] for cells in results.values() if name in cells), None)
        row = [toolchain["title"], version or "not installed", code(toolchain.get("compile", "")), code(toolchain["run"])]
        for policy in matrix.POLICIES:
            why, cure = matrix.explanation(toolchain, policy)
            if why:
                notes.append(f"{toolchain['title']}, `{policy}`: {why}" + (f". Add `{json.dumps(cure)[1:-1]}`" if cure else "") + ".")
            row.append(cell_of(results, name, policy, len(notes) if why else None) if version else "")
        rows.append("| " + " | ".join(row) + " |")

    system = platform.freedesktop_os_release()["PRETTY_NAME"]
    print(HEAD.format(system=system, kernel=os.uname().release, machine=os.uname().machine, ways=", ".join(results), count=len(rows),
                      policies=" | ".join(f"`{policy}`" for policy in matrix.POLICIES), rules="---|" * (len(matrix.POLICIES) - 1) + "---"), end="")
    print("\n".join(rows))
    print("\n## Notes\n")
    print("\n".join(f"{number}. {note}" for number, note in enumerate(notes, 1)))


main()
