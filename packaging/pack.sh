#!/usr/bin/env bash
# Makes the release: a tar.gz that is unpacked into a prefix, the NuGet packages of the SDK with their symbols, and
# checksums. Run by "build.sh pack" after the build. Usage: pack.sh SANDBOX DOTNET ARCHITECTURE OUTPUT-DIRECTORY
# The same sources and tools give the same bytes: times are SOURCE_DATE_EPOCH (reproducible-builds.org), by default that
# of the last commit, or of the newest source where there is no git.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
SANDBOX=$1
DOTNET=$2
ARCHITECTURE=$3
OUT=$4
cd "$ROOT"

source_date() {
  git log -1 --format=%ct 2>/dev/null ||
    find src native policies schemas docs -type f -not -path '*/obj/*' -not -path '*/bin/*' -printf '%Ts\n' | sort -n | tail -1
}

# What a clone has and git does not know must not get into a release.
copy_directory() {
  local directory=$1 destination=$2 file
  { git ls-files -- "$directory" 2>/dev/null | grep . || find "$directory" -type f -not -name '*.pyc' -not -path '*/grade-c/main' -not -path '*/judge/bin/*' -not -path '*/judge/obj/*'; } |
    while read -r file; do install -D -m "$([[ -x $file ]] && echo 755 || echo 644)" "$file" "$destination/$file"; done
}

write_completion() {
  mkdir -p "$(dirname "$2")"
  "$SANDBOX" completion "$1" >"$2"
}

# bin and share as under /usr, /usr/local or ~/.local; the documents are laid out as in the sources, so that their links lead somewhere.
lay_out() {
  local tree=$1 documents=$1/share/doc/sandbox part
  install -D -m 755 "$SANDBOX" "$tree/bin/sandbox"
  install -D -m 755 "$(dirname "$SANDBOX")/sandboxd" "$tree/bin/sandboxd"
  write_completion bash "$tree/share/bash-completion/completions/sandbox"
  write_completion zsh "$tree/share/zsh/site-functions/_sandbox"
  write_completion fish "$tree/share/fish/vendor_completions.d/sandbox.fish"
  "$SANDBOX" help --write-man "$tree/share/man"
  install -D -m 644 -t "$tree/share/systemd/user" packaging/systemd/user/*
  install -D -m 644 -t "$tree/lib/systemd/system" packaging/systemd/system/*
  install -D -m 644 -t "$tree/lib/sysusers.d" packaging/systemd/sysusers.d/*
  for part in SECURITY.md CHANGELOG.md LICENSE docs examples schemas policies packaging/apparmor \
    native/README.md packaging/nuget/hosting/README.md tests/guest/README.md; do
    copy_directory "$part" "$documents"
  done
  # README and this page are for whoever has the sources.
  rm "$documents/docs/architecture.md"
  install -m 644 packaging/archive/README.md "$documents/README.md"
  packaging/notices/collect.sh "$DOTNET" >"$documents/THIRD-PARTY-NOTICES.txt"
}

main() {
  local version name project
  version=$("$DOTNET" msbuild src/Sandbox/Sandbox.csproj -getProperty:Version)
  name=sandbox-$version-$ARCHITECTURE
  export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(source_date)} LC_ALL=C
  rm -rf "$OUT"
  mkdir -p "$OUT"
  lay_out "$OUT/$name"
  tar -C "$OUT" --format=gnu --sort=name --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX --mtime="@$SOURCE_DATE_EPOCH" \
    -cf - "$name" | gzip -9n >"$OUT/$name.tar.gz"
  rm -rf "${OUT:?}/$name"
  for project in Sandbox Sandbox.Hosting; do
    "$DOTNET" pack "src/$project/$project.csproj" -c Release -o "$OUT" -v quiet -nologo
  done
  (cd "$OUT" && sha256sum -- *.tar.gz *.nupkg *.snupkg >SHA256SUMS && cat SHA256SUMS)
}

main
