#!/bin/sh
# Writes src/Sandbox/Interop/Generated/*.cs and the tables in src/Sandbox/Policies/Tables from the installed headers
# (packages libseccomp-dev and linux-libc-dev). The results are checked in; a test proves them against the headers.
set -eu
cd "$(dirname "$0")/../.."
if ! command -v ClangSharpPInvokeGenerator > /dev/null; then
  echo "generate.sh: ClangSharpPInvokeGenerator is missing: dotnet tool install --global ClangSharpPInvokeGenerator --version 22.1.8" >&2
  exit 1
fi
for bindings in seccomp kernel; do
  ClangSharpPInvokeGenerator "@native/interop/$bindings.rsp"
done
native/interop/syscalls.sh
