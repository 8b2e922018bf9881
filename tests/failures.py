#!/usr/bin/env python3
"""What failed in a report of xunit.

  failures.py REPORT         a line for each: METHOD<tab>NAME: MESSAGE
  failures.py REPORT SECOND  SECOND is the report of a second run of just these methods, and
                             each line starts with "once" or, if it failed there or was not run, "twice"
"""

import sys
import xml.etree.ElementTree


def tests(report):
    return list(xml.etree.ElementTree.parse(report).iter("test"))


def passes(report):
    try:
        return {test.get("name") for test in tests(report) if test.get("result") == "Pass"}
    except (OSError, xml.etree.ElementTree.ParseError):
        return set()


def main(report, second=None):
    passed = passes(second) if second else set()
    for test in tests(report):
        if test.get("result") != "Fail":
            continue
        name = test.get("name")
        first = (f"{test.get('type')}.{test.get('method')}") if second is None else "once" if name in passed else "twice"
        message = " ".join((test.findtext("failure/message") or "").split())
        print(f"{first}\t{name}: {message[:400]}")


if __name__ == "__main__":
    main(*sys.argv[1:])
