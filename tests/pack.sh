#!/usr/bin/env bash
# Tests what "build.sh pack" makes: its contents, what the executable asks of a host, what the package says, and
# docs/install.md word for word. Sourced by tests/run.sh. Every function is one test.
PACK=$OUT/pack

make_release_twice() {
  local first
  SANDBOX_REPOSITORY_URL=https://example.org/sandbox ./build.sh pack >&2 || return 1
  first=$(cat "$PACK/SHA256SUMS")
  SANDBOX_REPOSITORY_URL=https://example.org/sandbox ./build.sh pack >&2 || return 1
  [[ -n $first && $first == "$(cat "$PACK/SHA256SUMS")" ]] || { echo "made twice, the release differs" >&2; return 1; }
  (cd "$PACK" && sha256sum --check --strict --quiet SHA256SUMS) >&2 &&
    [[ $(wc -l <"$PACK/SHA256SUMS") -eq 3 && $(find "$PACK" -type f | wc -l) -eq 4 ]]
}

# Linked against native/glibc: what is newer than 2.28, or another library, is a host on which nothing starts.
needs_an_old_c_library_only() {
  local newest needed
  newest=$(objdump -T "$OUT/sandbox" | grep -oE 'GLIBC_[0-9.]+' | sort -Vu | tail -1)
  needed=$(readelf -d "$OUT/sandbox" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -vE '^(libc\.so\.6|libdl\.so\.2|libpthread\.so\.0|ld-linux-.*)$')
  [[ -n $newest && $(printf '%s\n' "$newest" GLIBC_2.28 | sort -V | tail -1) == GLIBC_2.28 && -z $needed ]] ||
    { echo "the executable needs $newest ${needed//$'\n'/ }" >&2; return 1; }
}

has_what_belongs_in() {
  local list=$1/list part
  tar -tzf "$PACK"/sandbox-*.tar.gz | sed 's,^[^/]*/,,' >"$list"
  for part in bin/sandbox share/bash-completion/completions/sandbox share/zsh/site-functions/_sandbox \
    share/fish/vendor_completions.d/sandbox.fish share/man/man1/sandbox{,-run,-exec,-image}.1 share/man/man5/sandbox-job.5 \
    share/doc/sandbox/{README.md,SECURITY.md,CHANGELOG.md,LICENSE,THIRD-PARTY-NOTICES.txt,docs/install.md,schemas/job.schema.json} \
    share/doc/sandbox/{packaging/apparmor/sandbox,examples/hello/job.json,examples/grade-c/grade.sh,policies/default.json}; do
    grep -qxF "$part" "$list" || { echo "the archive has no $part" >&2; return 1; }
  done
  if grep -E '/(bin|obj|out)/|__pycache__|grade-c/main$' "$list" >&2; then return 1; fi
  # owner root, no time of packing, nothing that others may write to
  [[ $(tar --numeric-owner --full-time -tvzf "$PACK"/sandbox-*.tar.gz | awk '{ print $2, $4, $5 }' | sort -u | wc -l) -eq 1 ]] &&
    ! tar -tvzf "$PACK"/sandbox-*.tar.gz | grep -E '^.(.{4}w|.{7}w|.{2}s)' >&2
}

# Relative links of the documents lead to something that is in the archive.
has_no_dead_links() {
  mkdir "$1/unpacked" && tar -xzf "$PACK"/sandbox-*.tar.gz -C "$1/unpacked" --strip-components=1
  python3 - "$1/unpacked/share/doc/sandbox" <<'END'
import os, re, sys
dead = []
for folder, _, files in os.walk(sys.argv[1]):
    for name in (name for name in files if name.endswith(".md")):
        # Pages of the sources travel along for the sake of links to them, not of their own.
        if os.path.relpath(folder, sys.argv[1]).startswith(("native", "tests")):
            continue
        text = open(os.path.join(folder, name), encoding="utf-8").read()
        for target in re.findall(r"\]\(([^)#\s]+)", text):
            if "://" not in target and not os.path.exists(os.path.join(folder, target)):
                dead.append(f"{name}: {target}")
print("\n".join(dead), file=sys.stderr)
sys.exit(bool(dead))
END
}

# The package says what it is, where it is from, and only what a user of it can call.
describes_the_package() {
  python3 - "$PACK" <<'END'
import glob, re, sys, zipfile
package = zipfile.ZipFile(glob.glob(sys.argv[1] + "/Sandbox.*.nupkg")[0])
symbols = zipfile.ZipFile(glob.glob(sys.argv[1] + "/Sandbox.*.snupkg")[0])
nuspec = package.read("Sandbox.nuspec").decode()
for part in ('<license type="expression">MIT</license>', "<readme>README.md</readme>", "<authors>The Sandbox developers</authors>",
             "<projectUrl>https://example.org/sandbox</projectUrl>", 'url="https://example.org/sandbox"', "<tags>sandbox "):
    assert part in nuspec, part + " is missing in " + nuspec
assert len(re.search("<description>(.*)</description>", nuspec)[1]) > 60
assert not re.search(r"PolicyCompiler|ILCompiler", nuspec), nuspec
names = package.namelist()
for part in ("README.md", "THIRD-PARTY-NOTICES.txt", "lib/net10.0/Sandbox.dll", "lib/net10.0/Sandbox.xml"):
    assert part in names, part
assert "lib/net10.0/Sandbox.pdb" in symbols.namelist()
members = re.findall('member name="([^"]*)"', package.read("lib/net10.0/Sandbox.xml").decode())
assert "M:Sandbox.SandboxRunner.RunAsync" in {member.split("(")[0] for member in members}
internal = [member for member in members if re.match(r"T:Sandbox\.\w+\.", member) or "Sandbox.Interop" in member.split("(")[0]]
assert not internal, internal
for name, archive in (("lib/net10.0/Sandbox.dll", package), ("lib/net10.0/Sandbox.pdb", symbols)):
    assert not re.search(rb"/(home|root|work|tmp)/[\w/.-]+\.cs", archive.read(name)), name + " names a folder of this machine"
END
}

# blocks HEADING: the shell blocks of a section of docs/install.md.
blocks() { awk -v heading="## $1" '/^## / { in_it = $0 == heading } /^```/ { shown = in_it && $0 == "```sh"; next } shown' docs/install.md; }

as_test_user() {
  local home=$1
  shift
  if [[ $(id -u) -eq 0 ]]; then
    set -- setpriv --reuid "$TEST_USER" --regid "$TEST_USER" --clear-groups -- "$@"
  fi
  (cd "$home" && env -i PATH="$PATH" HOME="$home" TMPDIR="$home" XDG_RUNTIME_DIR="$home/run" "$@")
}

# A user's whole story: installed, used, replaced under a running job, removed; nothing is left but what was there.
follows_the_install_page() {
  local home=$1/home step
  mkdir -p "$home/run" "$home/dist/usr/empty"
  cp "$PACK"/* "$home/dist"
  tar -C "$home/dist" -cf "$home/dist/image.tar" --mode=0555 usr
  rm -r "$home/dist/usr"
  for step in Install Upgrade Remove; do blocks "$step" >"$home/dist/$step.sh"; done
  cat >"$home/dist/story.sh" <<'END'
set -eux
cd dist
sh -eux ./Install.sh > installed
grep -q '"verdict": "ok"' installed
mkdir ../files && mkfifo ../files/start
PATH=$HOME/.local/bin:$PATH
sandbox image import image.tar
sandbox run -v "$HOME/files:/work:rw" sh -c 'read -r line < start; echo "$line" > said' &
sh -eux ./Upgrade.sh
echo still here > ../files/start
wait $!
grep -qx 'still here' ../files/said
sandbox run true
sh -eux ./Remove.sh
cd .. && rm -rf dist files && rmdir run
find . -not -type d | grep . && exit 1
find . -type d -name '*sandbox*' | grep . && exit 1
exit 0
END
  [[ $(id -u) -ne 0 ]] || chown -R "$TEST_USER:" "$home"
  as_test_user "$home" timeout -k 5 120 sh "$home/dist/story.sh" >"$1/story.log" 2>&1 || { cat "$1/story.log" >&2; return 1; }
}

# A program outside of the repository uses the package, compiled ahead of time. Packages that this machine has are taken from
# where they are; ours goes into a folder of its own, for the next release has the same version.
serves_a_program_elsewhere() {
  local work=$1/consumer cached
  cached=$("$DOTNET" nuget locals global-packages --list | sed 's/^[^:]*: *//')
  mkdir -p "$work"
  cat >"$work/Consumer.csproj" <<END
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings>
    <PublishAot>true</PublishAot>
    <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
    <RestoreAdditionalProjectSources>$PACK</RestoreAdditionalProjectSources>
    <RestoreFallbackFolders>$cached</RestoreFallbackFolders>
    <RestorePackagesPath>$work/packages</RestorePackagesPath>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Sandbox" Version="$(basename "$PACK"/Sandbox.*.nupkg .nupkg | sed 's/^Sandbox\.//')" />
  </ItemGroup>
</Project>
END
  sed -n '/^```csharp/,/^```/p' packaging/nuget/README.md | grep -v '^```' >"$work/Program.cs"
  (cd "$work" && "$DOTNET" publish -c Release -r "$(basename "$PACK"/sandbox-*.tar.gz .tar.gz | grep -o "linux-.*")" -o "$work/out" -v quiet -nologo) >&2 || return 1
  mkdir "$work/home"
  [[ $(id -u) -ne 0 ]] || chown "$TEST_USER:" "$work/home"
  as_test_user "$work/home" timeout -k 5 60 "$work/out/Consumer" >"$work/said" || return 1
  grep -qx 42 "$work/said" && grep -q '^Ok: ' "$work/said" || { cat "$work/said" >&2; return 1; }
}

run_pack_tests() {
  local work
  work=$(mktemp -d "${TMPDIR:-/tmp}/sandbox-pack.XXXXXX")
  chmod 0755 "$work"
  [[ $(id -u) -ne 0 ]] || ensure_user
  count_one "a release made twice is the same" make_release_twice
  count_one "the archive has what belongs in it" has_what_belongs_in "$work"
  count_one "links between the documents of the archive" has_no_dead_links "$work"
  count_one "the package describes itself" describes_the_package
  count_one "docs/install.md, word for word" follows_the_install_page "$work"
  count_one "a program elsewhere uses the package" serves_a_program_elsewhere "$work"
  chmod -R u+rwX "$work"
  rm -rf --one-file-system "$work"
}
