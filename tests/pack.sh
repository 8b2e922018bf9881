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
    [[ $(wc -l <"$PACK/SHA256SUMS") -eq 5 && $(find "$PACK" -type f | wc -l) -eq 6 ]]
}

# Linked against native/glibc: what is newer than 2.28, or another library, is a host on which nothing starts.
needs_an_old_c_library_only() {
  local program newest needed
  for program in sandbox sandboxd; do
    newest=$(objdump -T "$OUT/$program" | grep -oE 'GLIBC_[0-9.]+' | sort -Vu | tail -1)
    needed=$(readelf -d "$OUT/$program" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -vE '^(libc\.so\.6|libdl\.so\.2|libpthread\.so\.0|ld-linux-.*)$')
    [[ -n $newest && $(printf '%s\n' "$newest" GLIBC_2.28 | sort -V | tail -1) == GLIBC_2.28 && -z $needed ]] ||
      { echo "$program needs $newest ${needed//$'\n'/ }" >&2; return 1; }
  done
}

has_what_belongs_in() {
  local list=$1/list part
  tar -tzf "$PACK"/sandbox-*.tar.gz | sed 's,^[^/]*/,,' >"$list"
  for part in bin/sandbox bin/sandboxd share/bash-completion/completions/sandbox share/zsh/site-functions/_sandbox \
    share/fish/vendor_completions.d/sandbox.fish share/man/man1/sandbox{,-run,-exec,-image}.1 share/man/man5/sandbox-job.5 \
    share/systemd/user/sandbox.{service,socket} lib/systemd/system/sandbox.service lib/sysusers.d/sandbox.conf \
    share/doc/sandbox/{README.md,SECURITY.md,CHANGELOG.md,LICENSE,THIRD-PARTY-NOTICES.txt,docs/install.md,schemas/job.schema.json} \
    share/doc/sandbox/{packaging/apparmor/sandbox,examples/hello/job.json,examples/grade-c/grade.sh,policies/default.json}; do
    grep -qxF "$part" "$list" || { echo "the archive has no $part" >&2; return 1; }
  done
  if grep -E '/(bin|obj|out)/|__pycache__|grade-c/main$' "$list" >&2; then return 1; fi
  # owner root, no time of packing, nothing that others may write to
  [[ $(tar --numeric-owner --full-time -tvzf "$PACK"/sandbox-*.tar.gz | awk '{ print $2, $4, $5 }' | sort -u | wc -l) -eq 1 ]] &&
    ! tar -tvzf "$PACK"/sandbox-*.tar.gz | grep -E '^.(.{4}w|.{7}w|.{2}s)' >&2
}

# Relative links of the documents, and what README names, lead to something that is in the archive.
has_no_dead_links() {
  mkdir "$1/unpacked" && tar -xzf "$PACK"/sandbox-*.tar.gz -C "$1/unpacked" --strip-components=1
  python3 - "$1/unpacked/share/doc/sandbox" <<'END'
import os, re, sys
dead = []
for directory, _, files in os.walk(sys.argv[1]):
    for name in (name for name in files if name.endswith(".md")):
        # Pages of the sources travel along for the sake of links to them, not of their own.
        if os.path.relpath(directory, sys.argv[1]).startswith(("native", "tests")):
            continue
        text = open(os.path.join(directory, name), encoding="utf-8").read()
        for target in re.findall(r"\]\(([^)#\s]+)", text):
            if "://" not in target and not os.path.exists(os.path.join(directory, target)):
                dead.append(f"{name}: {target}")
        if directory == sys.argv[1] and name == "README.md":
            text = re.sub(r"(?m)^```.*$", "", text)
            named = re.findall(r"`([\w./-]+[./][\w./-]+)`", text) + re.findall(r"(?<= )[\w-]+/[\w./-]+\.\w+", text)
            prefixes = [directory, os.path.join(directory, "../../..")]
            dead += [f"{name}: {path}" for path in named if not any(os.path.exists(os.path.join(prefix, path)) for prefix in prefixes)]
print("\n".join(dead), file=sys.stderr)
sys.exit(bool(dead))
END
}

# A package says what it is, where it is from, what it needs, and only what a user of it can call.
describes_the_packages() {
  python3 - "$PACK" <<'END'
import glob, re, sys, zipfile

def describe(name, tag, notices, needs, member):
    package = zipfile.ZipFile(glob.glob(f"{sys.argv[1]}/{name}.[0-9]*.nupkg")[0])
    symbols = zipfile.ZipFile(glob.glob(f"{sys.argv[1]}/{name}.[0-9]*.snupkg")[0])
    nuspec = package.read(name + ".nuspec").decode()
    for part in ('<license type="expression">MIT</license>', "<readme>README.md</readme>", "<authors>The Sandbox developers</authors>",
                 "<projectUrl>https://example.org/sandbox</projectUrl>", 'url="https://example.org/sandbox"', "<tags>" + tag):
        assert part in nuspec, part + " is missing in " + nuspec
    assert len(re.search("<description>(.*)</description>", nuspec)[1]) > 60
    assert not re.search(r"PolicyCompiler|ILCompiler", nuspec), nuspec
    assert sorted(re.findall('<dependency id="([^"]*)"', nuspec)) == needs, nuspec
    names = package.namelist()
    for part in ["README.md", f"lib/net10.0/{name}.dll", f"lib/net10.0/{name}.xml"] + notices:
        assert part in names, part
    assert f"lib/net10.0/{name}.pdb" in symbols.namelist()
    members = re.findall('member name="([^"]*)"', package.read(f"lib/net10.0/{name}.xml").decode())
    assert member in {known.split("(")[0] for known in members}, members
    for part, archive in ((f"lib/net10.0/{name}.dll", package), (f"lib/net10.0/{name}.pdb", symbols)):
        assert not re.search(rb"/(home|root|work|tmp)/[\w/.-]+\.cs", archive.read(part)), part + " names a directory of this machine"
    return members

members = describe("Sandbox", "sandbox ", ["THIRD-PARTY-NOTICES.txt"], ["Tmds.DBus.Protocol", "Tmds.LibC", "ZstdSharp.Port"],
                   "M:Sandbox.SandboxRunner.RunAsync")
internal = [member for member in members if re.match(r"T:Sandbox\.\w+\.", member) or "Sandbox.Interop" in member.split("(")[0]]
assert not internal, internal
extensions = ["Configuration.Binder", "Diagnostics.HealthChecks", "Hosting.Abstractions", "Logging.Abstractions", "Options.ConfigurationExtensions"]
members = describe("Sandbox.Hosting", "sandbox ", [], ["Microsoft.Extensions." + name for name in extensions] + ["Sandbox"],
                   "M:Microsoft.Extensions.DependencyInjection.SandboxServices.AddSandbox")
assert sorted(member for member in members if member.startswith("T:")) == [
    "T:Microsoft.Extensions.DependencyInjection.SandboxServices", "T:Sandbox.Hosting.SandboxHostOptions"], members
END
}

# blocks HEADING: the shell blocks of a section of docs/install.md.
blocks() { awk -v heading="## $1" '/^## / { in_it = $0 == heading } /^```/ { shown = in_it && /^```sh / && !shown; next } shown' docs/install.md; }

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

# What packaging/archive/README.md shows works where the archive was unpacked.
follows_its_readme() {
  local documents=$1/unpacked/share/doc/sandbox
  mkdir -p "$1/reader"
  [[ $(id -u) -ne 0 ]] || chown "$TEST_USER:" "$1/reader"
  sed -n '/^```sh/,/^```$/p' "$documents/README.md" | grep -v '^```' >"$1/readme.sh"
  [[ -s $1/readme.sh ]] &&
    as_test_user "$1/reader" timeout -k 5 60 env -C "$documents" PATH="$1/unpacked/bin:$PATH" sh -eux "$1/readme.sh" >"$1/readme.log" 2>&1 || { cat "$1/readme.log" >&2; return 1; }
}

# A program outside of the repository uses a package, compiled ahead of time, without a warning. Packages that this machine has are taken from
# where they are; ours go into a directory of its own, for the next release has the same version.
# make_program DIRECTORY DOCUMENT PACKAGE...: the csharp blocks of the document are the program.
make_program() {
  local work=$1 document=$2 cached package
  shift 2
  cached=$("$DOTNET" nuget locals global-packages --list | sed 's/^[^:]*: *//')
  mkdir -p "$work/home/run"
  cat >"$work/Consumer.csproj" <<END
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings>
    <Nullable>enable</Nullable>
    <PublishAot>true</PublishAot>
    <InvariantGlobalization>true</InvariantGlobalization>
    <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
    <RestoreAdditionalProjectSources>$PACK</RestoreAdditionalProjectSources>
    <RestoreFallbackFolders>$cached</RestoreFallbackFolders>
    <RestorePackagesPath>$work/packages</RestorePackagesPath>
  </PropertyGroup>
  <ItemGroup>
$(for package in "$@"; do printf '    <PackageReference Include="%s" Version="%s" />\n' "${package%=*}" "${package#*=}"; done)
  </ItemGroup>
</Project>
END
  sed -n '/^```csharp/,/^```/p' "$document" | grep -v '^```' >"$work/Program.cs"
  (cd "$work" && "$DOTNET" publish -c Release -r "$(basename "$PACK"/sandbox-*.tar.gz .tar.gz | grep -o "linux-.*")" -o "$work/out" -v minimal -nologo) >"$work/build" 2>&1 &&
    ! grep -iE '\bwarn(ing)?\b' "$work/build" >&2 || { cat "$work/build" >&2; return 1; }
  [[ $(id -u) -ne 0 ]] || chown -R "$TEST_USER:" "$work/home"
}

version_of_package() { basename "$PACK/$1".[0-9]*.nupkg .nupkg | sed "s/^$1\.//"; }

serves_a_program_elsewhere() {
  local work=$1/consumer
  make_program "$work" packaging/nuget/README.md "Sandbox=$(version_of_package Sandbox)" || return 1
  as_test_user "$work/home" timeout -k 5 60 "$work/out/Consumer" >"$work/said" || return 1
  grep -qx 42 "$work/said" && grep -q '^Ok: ' "$work/said" || { cat "$work/said" >&2; return 1; }
}

# The program of docs/sdk.md says what its comments say.
serves_a_program_that_stays_with_its_job() {
  local work=$1/live kinds='Created Started Ended Collected Completed' kind
  make_program "$work" docs/sdk.md "Sandbox=$(version_of_package Sandbox)" || return 1
  as_test_user "$work/home" timeout -k 5 60 "$work/out/Consumer" >"$work/said" 2>"$work/told" || { cat "$work/told" >&2; return 1; }
  { printf '%s\n' ready 'got hello' heard '' 'ExitCode 7'; tr ' ' '\n' <<<"$kinds"; echo Cancelled; } >"$work/expected"
  diff "$work/expected" "$work/said" >&2 || return 1
  for kind in talk late; do
    [[ $(awk -v job="$kind" '$2 == job { printf "%s ", $3 }' "$work/told") == "$kinds " ]] || { cat "$work/told" >&2; return 1; }
  done
}

# A host that is told to stop while its job runs lets the job end, and ends well itself.
serves_a_host() {
  local work=$1/host pid status=0
  make_program "$work" packaging/nuget/hosting/README.md "Sandbox.Hosting=$(version_of_package Sandbox.Hosting)" \
    "Microsoft.Extensions.Hosting=$(sed -n 's/.*"Microsoft.Extensions.Hosting" Version="\([^"]*\)".*/\1/p' Directory.Packages.props)" || return 1
  as_test_user "$work/home" sh -c 'echo $$ >pid; exec env Logging__LogLevel__Sandbox=Debug Sandbox__DrainTimeout=00:00:10 "$1"' sh "$work/out/Consumer" \
    >"$work/said" 2>&1 &
  pid=$!
  timeout 30 sh -c 'until grep -q "(count) started" "$1"; do sleep 0.1; done' sh "$work/said" || { cat "$work/said" >&2; return 1; }
  kill -TERM "$(cat "$work/home/pid")"
  timeout 40 tail --pid="$(cat "$work/home/pid")" -f /dev/null || kill -KILL "$(cat "$work/home/pid")"
  wait "$pid" || status=$?
  [[ $status -eq 0 ]] && grep -q 'No more jobs are taken; running: 1,' "$work/said" && grep -qx 'Ok: done' "$work/said" &&
    grep -q '(count): Ok after' "$work/said" && grep -q 'No job runs any more' "$work/said" || { echo "status $status" >&2; cat "$work/said" >&2; return 1; }
}

run_pack_tests() {
  local work
  work=$(mktemp -d "${TMPDIR:-/tmp}/sandbox-pack.XXXXXX")
  chmod 0755 "$work"
  [[ $(id -u) -ne 0 ]] || ensure_user
  count_one "a release made twice is the same" make_release_twice
  count_one "the archive has what belongs in it" has_what_belongs_in "$work"
  count_one "links between the documents of the archive" has_no_dead_links "$work"
  count_one "the archive's README, word for word" follows_its_readme "$work"
  count_one "the packages describe themselves" describes_the_packages
  count_one "docs/install.md, word for word" follows_the_install_page "$work"
  count_one "a program elsewhere uses the package" serves_a_program_elsewhere "$work"
  count_one "a program elsewhere stays with its job" serves_a_program_that_stays_with_its_job "$work"
  count_one "a host elsewhere drains on SIGTERM" serves_a_host "$work"
  chmod -R u+rwX "$work"
  rm -rf --one-file-system "$work"
}
