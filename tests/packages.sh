# Which system packages each verb of build.sh needs, and how they come onto the machine.
# Everything is checked by trying to use it: package names differ between releases, abilities do not.

has() { command -v "$1" >/dev/null 2>&1; }

has_musl() { has musl-gcc; }
has_c() { has gcc && [[ -e /usr/include/stdio.h ]]; }
has_zlib() { [[ -e /usr/include/zlib.h ]]; }
has_libseccomp() { compgen -G '/usr/lib*/libseccomp.so.2' >/dev/null || compgen -G '/usr/lib/*/libseccomp.so.2' >/dev/null; }
has_kernel_headers() { [[ -e /usr/include/linux/seccomp.h ]]; }

has_guest() { has linux.uml && has busybox; }
has_browser() { has chromium && has npm && has node && [[ $(node --version) =~ ^v([0-9]+) && ${BASH_REMATCH[1]} -ge 20 ]]; }
has_user_manager() { [[ -x /lib/systemd/systemd ]] && has busctl && has dbus-daemon; }

# The fuzzer needs clang together with its run-time library, which is a package of its own.
fuzzing_clang() {
  local compiler
  for compiler in clang clang-{20,19,18,17,16,15,14}; do
    has "$compiler" || continue
    if echo 'int LLVMFuzzerTestOneInput(const char *d, unsigned long n) { return 0; }' |
      "$compiler" -x c - -fsanitize=fuzzer,address -o /dev/null 2>/dev/null; then
      echo "$compiler"
      return 0
    fi
  done
  return 1
}

clang_format() {
  local candidate
  for candidate in clang-format clang-format-{20,19,18,17,16,15,14}; do
    if has "$candidate"; then echo "$candidate"; return 0; fi
  done
  return 1
}

# Prints the Debian package for everything this verb needs and cannot find.
missing_packages() {
  has_c || echo gcc libc6-dev
  has_kernel_headers || echo linux-libc-dev
  has_musl || echo musl-tools
  has_zlib || echo zlib1g-dev
  has_libseccomp || echo libseccomp2
  case $1 in
    test)
      has g++ || echo g++
      # the proof of the bindings compares them with the library's own header
      [[ -e /usr/include/seccomp.h ]] || echo libseccomp-dev
      has python3 || echo python3
      has perl || echo perl
      has setpriv || echo util-linux
      has curl || echo curl
      fuzzing_clang >/dev/null || fuzzing_packages
      ;;
    bench)
      has bwrap || echo bubblewrap
      has crun || echo crun
      has python3 || echo python3
      ;;
    format) clang_format >/dev/null || echo clang-format ;;
  esac
}

# What some tests and benchmarks need that a distribution may not have; without it they are skipped, and say so.
optional_packages() {
  [[ $1 != toolchains ]] || toolchain_packages
  [[ $1 != bench ]] || compared_packages
  [[ $1 == test ]] || return 0
  has linux.uml || echo user-mode-linux
  has mke2fs || echo e2fsprogs
  has busybox || echo busybox-static
  has newuidmap || echo uidmap
  has zsh || echo zsh
  has fish || echo fish
  has groff || echo groff-base
  has mandoc || echo mandoc
  [[ -x /lib/systemd/systemd ]] || echo systemd
  has dbus-daemon || bus_package
  # Debian's npm brings some four hundred packages; a node from elsewhere has one of its own.
  has chromium || echo chromium
  has node || echo nodejs
  has npm || echo npm
}

# What others are measured with: without it they are not, and the table says so.
compared_packages() {
  has slirp4netns || echo slirp4netns
  has pasta || echo passt
}

# The packages of the toolchains that are not here, or not where a job sees them. A toolchain that a distribution does not have is left out.
toolchain_packages() {
  local file need
  for file in "$ROOT"/tests/toolchains/*/toolchain; do
    for need in $(sed -n 's/^needs = //p' "$file"); do
      if ! { [[ $need == /* ]] && compgen -G "$need" >/dev/null; } && ! PATH=/usr/local/bin:/usr/bin:/bin has "$need"; then
        sed -n 's/^packages = \(.\)/\1/p' "$file"
        break
      fi
    done
  done | tr ' ' '\n' | sort -u
}

# The daemon has a package of its own since Debian 12.
bus_package() {
  if ! apt-cache show dbus-daemon >/dev/null 2>&1 && apt-cache show dbus >/dev/null 2>&1; then
    echo dbus
  else
    echo dbus-daemon
  fi
}

# Those of the words on stdin that can be installed.
known_to_apt() {
  # One start for all of them: it takes a third of a second. What it does not know it only tells on stderr.
  { xargs -r apt-cache show 2>/dev/null || true; } | sed -n 's/^Package: //p' | sort -u
}

# "clang" alone does not pull in libFuzzer everywhere: name the run-time library of the same version.
fuzzing_packages() {
  local version
  version=$(clang -dumpversion 2>/dev/null || apt-cache show clang 2>/dev/null |
    sed -n 's/^Version: [0-9]*:\{0,1\}\([0-9]*\).*/\1/p' | head -1)
  echo clang
  version=${version%%.*}
  version=${version##*:}
  [[ -z $version ]] || echo "libclang-rt-$version-dev"
}

# The package lists of a fresh machine are empty, so names that depend on a version come after the update.
require_packages() {
  local missing optional
  missing=$(missing_packages "$1" | tr '\n' ' ')
  optional=$(optional_packages "$1" | tr '\n' ' ')
  [[ -n ${missing// /}${optional// /} ]] || return 0
  if [[ $(id -u) -ne 0 ]] || ! has apt-get; then
    ask_for_packages "$missing" "$optional"
    return
  fi
  apt-get update -qq >&2
  missing=$(missing_packages "$1" | tr '\n' ' ')
  optional=$(optional_packages "$1" | known_to_apt | tr '\n' ' ')
  [[ -n ${missing// /}${optional// /} ]] || return 0
  say "installing: $missing$optional"
  # shellcheck disable=SC2086
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing $optional >&2
  missing=$(missing_packages "$1" | tr '\n' ' ')
  [[ -z ${missing// /} ]] || die "still missing after the installation: $missing"
}

# Who may not install packages is told which; the optional ones alone stop nothing.
ask_for_packages() {
  local missing=$1 optional=$2
  if [[ -z ${missing// /} ]]; then
    say "some tests will be skipped for want of packages (names as on Debian):
  sudo apt-get install -y --no-install-recommends $optional"
    return
  fi
  has apt-get || die "these are missing (names as on Debian): $missing$optional"
  die "these packages are missing; install them with:
  sudo apt-get install -y --no-install-recommends $missing$optional"
}
