#!/bin/sh
# Declares what is public now: of the errors of a build it takes what PublicAPI.Unshipped.txt lacks (RS0016) and what is public no longer
# (RS0017). "dotnet format analyzers" would, but loses lines with reference types (SDK 10.0.401): it loads the project without nullability.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dotnet build -c Release -v quiet -nologo > "$work/log" || true
sed -n "s/.*error RS0016: Symbol '\(.*\)' is not part of the declared public API.*/\1/p" "$work/log" > "$work/new"
sed -n "s/.*error RS0017: Symbol '\(.*\)' is part of the declared API.*/\1/p" "$work/log" > "$work/gone"
tail -n +2 PublicAPI.Unshipped.txt | cat - "$work/new" | grep -vxF -f "$work/gone" | LC_ALL=C sort -u > "$work/all"
{ echo '#nullable enable'; cat "$work/all"; } > PublicAPI.Unshipped.txt
git diff --stat -- PublicAPI.Unshipped.txt
