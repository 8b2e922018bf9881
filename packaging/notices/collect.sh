#!/usr/bin/env bash
# Prints what the licences of everything inside of the published executable want to be told along with it: musl, the
# .NET runtime, and the NuGet packages that the last build of the command has used. Usage: collect.sh DOTNET
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
PACKAGES=$("$1" nuget locals global-packages --list | sed 's/^[^:]*: *//; s,/*$,,')

# Compilers are used and not included; the runtime is a download of its own ("name", then "version": "[10.0.1, 10.0.1]").
packages() {
  awk -F'"' '
    $2 == "path" && $4 ~ /^[^.].*\// { print $4 }
    $2 == "name" { runtime = $4 ~ /App\.Runtime\.NativeAOT/ ? tolower($4) : "" }
    $2 == "version" && runtime { sub(/^\[/, "", $4); sub(/,.*/, "", $4); print runtime "/" $4 }
  ' "$HERE/../../src/Sandbox.Cli/obj/project.assets.json" | grep -viE 'ilcompiler|illink' | sort -u
}

of_nuspec() { sed -n "s/.*<$1[^>]*>\(.*\)<\/$1>.*/\1/p" "$2" | head -1; }

# Identical texts, such as those of packages that are made together, are printed once.
texts() {
  local file sum
  for file in "$1"/LICENSE* "$1"/THIRD-PARTY-NOTICES*; do
    [[ -f $file ]] || continue
    sum=$(sha256sum "$file" | cut -d' ' -f1)
    if [[ -n ${PRINTED[$sum]:-} ]]; then
      printf '%s: as for %s\n\n' "$(basename "$file")" "${PRINTED[$sum]}"
    else
      PRINTED[$sum]=$2
      printf '%s:\n\n' "$(basename "$file")"
      tr -d '\r' <"$file" | sed $'1s/^\xef\xbb\xbf//'
      echo
    fi
  done
}

declare -A PRINTED
echo "What is inside of the sandbox executable, and under which terms."
echo
echo "Those under \"MIT\" without a text of their own are under the text that follows for musl, with their own copyright."
printf '\n======== musl ========\n\n'
cat "$HERE/musl.txt"
packages | while read -r package; do
  nuspec=$(echo "$PACKAGES/$package"/*.nuspec)
  printf '\n======== %s ========\n\n' "$(of_nuspec id "$nuspec") $(of_nuspec version "$nuspec")"
  printf 'Licence: %s\nCopyright: %s\n\n' "$(of_nuspec license "$nuspec")" "$(of_nuspec copyright "$nuspec")"
  texts "$PACKAGES/$package" "$(of_nuspec id "$nuspec")"
done
