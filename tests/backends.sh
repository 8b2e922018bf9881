# Where the kernel tests run, for tests/run.sh: on this machine or in a guest kernel, and which cgroups they may
# divide there. Each way is a function that takes VARIABLE=VALUE words and a command, and becomes it: what ends
# the process that the way was called in ends the tests.

GUEST=$ROOT/tests/guest/run-in-guest.sh
# Where tests/guest/init.sh puts the directory that belongs to the user.
GUEST_CGROUP=/sys/fs/cgroup/delegated
# All of it takes about half; a guest or a run that hangs must not use up the time of the whole suite.
GUEST_SECONDS=900
HOST_SECONDS=1500
LONG_GUEST_SECONDS=3000
CGROUP1_DIRECTORIES=()

on_host_as_user() { on_host_as "$TEST_USER" "$@"; }

# Another user, because the tests of the first one run at the same time, and would see these processes.
in_cgroup1() { on_host_as "$CGROUP1_USER" "$@"; }

on_host_as() {
  local user=$1
  shift
  prepare_work
  chown "$user:" "$WORK"
  cd "$WORK" && exec setpriv --reuid "$user" --regid "$user" --clear-groups -- "${HOST_ENVIRONMENT[@]}" "$@"
}

on_host_as_self() {
  prepare_work
  cd "$WORK" && exec "${HOST_ENVIRONMENT[@]}" "$@"
}

# A directory of its own for every run: what one leaves behind must not disturb the next.
prepare_work() {
  WORK=$(mktemp -d "$STAGE/work.XXXXXX")
  # A job of root has another uid, and comes to what it overlays through here.
  chmod 0755 "$WORK"
  # The environment is made, not inherited: what the caller's shell exports must not decide a test.
  HOST_ENVIRONMENT=(env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME="$WORK" TMPDIR="$WORK"
    timeout -k 5 "$HOST_SECONDS" prlimit --nproc=8000 --core=0 env)
}

# With swap on, a limit on memory alone is none.
in_guest() {
  exec "$GUEST" -u "$(guest_user)" -o "$STAGED_REPORTS" -s 512 -t "$GUEST_SECONDS" -- env "$@"
}

in_guest_with_disk() {
  exec "$GUEST" -u "$(guest_user)" -o "$STAGED_REPORTS" -m 6144 -s 512 -D 4096 -t "$LONG_GUEST_SECONDS" -- env "$@"
}

in_guest_with_manager() {
  exec "$GUEST" -u "$(guest_user)" -o "$STAGED_REPORTS" -d -t "$GUEST_SECONDS" -- env "$@"
}

guest_user() {
  if [[ $(id -u) -eq 0 ]]; then echo "$TEST_USER"; else id -u; fi
}

# --- a whole machine, emulated: another kernel than the one at hand, with little in it ---

has_emulator() { has qemu-system-x86_64 && has busybox && [[ $(uname -m) == x86_64 ]]; }

# The kernel of a Debian package, which is only unpacked. Prints its path.
fetch_guest_kernel() {
  local directory=$OUT/obj/guest-kernel package
  if ! compgen -G "$directory/boot/vmlinuz-*" >/dev/null; then
    package=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null | sed -n 's/^ *Depends: \(linux-image-.*\)/\1/p' | head -1)
    [[ -n $package ]] || return 1
    rm -rf "$directory"
    mkdir -p "$directory"
    (cd "$directory" && apt-get download -qq "$package" >&2 && dpkg-deb --fsys-tarfile ./*.deb | tar -x ./boot && rm ./*.deb) || return 1
  fi
  compgen -G "$directory/boot/vmlinuz-*"
}

run_jobs_in_emulator() {
  local kernel=$1 files=() file
  for file in "$ROOT"/tests/guest/jobs/*.json; do files+=(-f "$file=/jobs/${file##*/}"); done
  for file in say eat_memory burn_user fork_bomb_forever; do files+=(-f "$OUT/probes/$file=/probes/$file"); done
  # found by name at run time, so that ldd does not tell of it
  for file in /usr/lib*/libseccomp.so.2 /usr/lib/*/libseccomp.so.2; do
    if [[ -e $file ]]; then files+=(-f "$file"); fi
  done
  GUEST_KERNEL=$kernel "$GUEST" -b qemu -m 512 -t 90 -f "$OUT/sandbox=/sandbox" "${files[@]}" -- "$ROOT/tests/guest/smoke.sh" >&2
}

# --- cgroup v1: sub-directories of our own on the machine's hierarchies, given to a user of these tests ---

# A hierarchy may have several controllers, so "cpu" must not be taken for a part of "cpuacct".
cgroup1_mount() {
  findmnt -rn -t cgroup -o TARGET,OPTIONS | while read -r target options; do
    if [[ ,$options, == *,$1,* ]]; then echo "$target"; return; fi
  done
}

# Fails where there is no such hierarchy, or none that we may add to.
make_cgroup1_directories() {
  local controller mount seen=' '
  [[ $(id -u) -eq 0 ]] || return 1
  for controller in memory pids cpuacct cpu cpuset; do
    mount=$(cgroup1_mount "$controller")
    [[ -n $mount ]] || return 1
    [[ $seen != *" $mount "* ]] || continue
    seen+="$mount "
    make_cgroup1_directory "$mount" || return 1
  done
}

make_cgroup1_directory() {
  local mount=$1 directory file
  directory=$(mktemp -d "$mount/sandbox-test.XXXXXX" 2>/dev/null) || return 1
  CGROUP1_DIRECTORIES+=("$directory")
  # A new directory of the cpuset controller has no processor and no memory, and takes no process (cpuset(7)).
  for file in cpuset.cpus cpuset.mems; do
    if [[ -e $directory/$file ]]; then cat "$mount/$file" >"$directory/$file" || return 1; fi
  done
  chmod 0755 "$directory" && chown "$CGROUP1_USER:" "$directory" "$directory/tasks" "$directory/cgroup.procs"
}

# All that is in these directories was started by the tests.
remove_cgroup1_directories() {
  local directory tries
  for directory in "${CGROUP1_DIRECTORIES[@]}"; do
    find "$directory" -mindepth 1 -type d -printf 'left behind: %p\n' >&2
    for ((tries = 0; tries < 50; tries++)); do
      find "$directory" -name cgroup.procs -exec cat {} + 2>/dev/null | xargs -r kill -KILL 2>/dev/null || true
      find "$directory" -depth -type d -exec rmdir {} + 2>/dev/null || true
      [[ -d $directory ]] || break
      sleep 0.1
    done
    [[ ! -d $directory ]] || echo "cannot remove $directory" >&2
  done
  CGROUP1_DIRECTORIES=()
}
