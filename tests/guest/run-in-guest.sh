#!/usr/bin/env bash
# Runs one command in a small guest kernel that has what this machine may lack: cgroup v2 alone, with a
# part of the tree delegated to an unprivileged user. README.md tells what each kind of guest offers.
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)

usage() {
  cat <<'END_OF_USAGE'
usage: run-in-guest.sh [OPTION]... [--] COMMAND [ARGUMENT]...

  -b uml|qemu   the guest: user-mode Linux (default; sees this machine's files, read-only), or an
                emulated machine (sees only COMMAND, the files given with -f, and busybox)
  -m MB         memory of the guest (default 2048)
  -s MB         swap of the guest (default 0: none)
  -D MB         a disk for HOME and TMPDIR: ext4, which has what a tmpfs of this kernel may lack (uml; default 0: none)
  -t SECONDS    end the guest after this time (default 120)
  -u USER       who runs COMMAND in the guest: a name or a number (default 1500)
  -o DIR        a directory that COMMAND can write to, under the same name as here (uml)
  -d            delegate the cgroup to a systemd user manager that runs beside COMMAND (uml)
  -f FILE[=AS]  put this file into the guest too, with its libraries, under this name (qemu; repeatable)

In the guest COMMAND finds CGROUP (the delegated directory; without -d it starts in $CGROUP/run), HOME, TMPDIR
(both on a tmpfs, or on the disk) and, with -d, XDG_RUNTIME_DIR and DBUS_SESSION_BUS_ADDRESS; nothing else is inherited.
Exit status: that of COMMAND; 124 when the time was over, 125 when the guest did not get that far.
END_OF_USAGE
}

die() {
  printf 'run-in-guest.sh: %s\n' "$*" >&2
  exit 125
}

parse_options() {
  local option
  BACKEND=uml MEMORY=2048 SWAP=0 DISK=0 TIME=120 GUEST_USER=1500 OUTPUT='' MANAGER='' FILES=()
  while getopts :b:m:s:D:t:u:o:df:h option; do
    case $option in
      b) BACKEND=$OPTARG ;;
      m) MEMORY=$OPTARG ;;
      s) SWAP=$OPTARG ;;
      D) DISK=$OPTARG ;;
      t) TIME=$OPTARG ;;
      u) GUEST_USER=$OPTARG ;;
      o) OUTPUT=$OPTARG ;;
      d) MANAGER=yes ;;
      f) FILES+=("$OPTARG") ;;
      h) usage; exit 0 ;;
      *) usage >&2; die "not an option, or without its value: -$OPTARG" ;;
    esac
  done
  shift $((OPTIND - 1))
  [[ $# -gt 0 ]] || { usage >&2; die "no command"; }
  COMMAND=("$@")
}

check_options() {
  local number
  for number in "$MEMORY" "$SWAP" "$DISK" "$TIME"; do
    [[ $number =~ ^[0-9]+$ ]] || die "not a number: $number"
  done
  [[ $BACKEND == uml || $BACKEND == qemu ]] || die "not a guest: $BACKEND (uml or qemu)"
  [[ $BACKEND == uml || -z $OUTPUT$MANAGER ]] || die "-o and -d need -b uml"
  [[ -z $OUTPUT || -d $OUTPUT ]] || die "not a directory: $OUTPUT"
  [[ -z $OUTPUT ]] || OUTPUT=$(cd "$OUTPUT" && pwd -P)
  if GUEST_UID=$(id -u -- "$GUEST_USER" 2>/dev/null); then
    GUEST_GID=$(id -g -- "$GUEST_USER")
  elif [[ $GUEST_USER =~ ^[0-9]+$ ]]; then
    GUEST_UID=$GUEST_USER GUEST_GID=$GUEST_USER
  else
    die "no such user: $GUEST_USER"
  fi
}

require() {
  command -v "$1" >/dev/null 2>&1 || die "$1 is missing (Debian package $2)"
}

# The guest runs in the background and is waited for, so that a signal to this script reaches it as well.
boot() {
  VM_STATUS=0
  timeout -k 5 "$TIME" "$@" </dev/null >>"$WORK/console" 2>&1 &
  VM=$!
  wait "$VM" || VM_STATUS=$?
  VM=
}

clean_up() {
  if [[ -n ${VM:-} ]]; then
    kill "$VM" 2>/dev/null || true
    wait "$VM" 2>/dev/null || true
  fi
  rm -rf --one-file-system "$WORK"
}

# What init.sh needs to know, in a form that its shell reads.
write_parameters() {
  local name
  for name in GUEST_UID GUEST_GID SWAP DISK OUTPUT MANAGER HERE PWD; do
    printf '%s=%q\n' "$name" "${!name}"
  done >"$WORK/parameters"
  printf 'exec' >"$WORK/command"
  printf ' %q' "${COMMAND[@]}" >>"$WORK/command"
}

# The guest's memory is a file that the kernel maps executable. It wants a tmpfs for speed; that of a container is small.
memory_directory() {
  local room
  room=$(df --output=avail -m /dev/shm 2>/dev/null | tail -1)
  if [[ ${room:-0} -gt $MEMORY && -w /dev/shm && ,$(findmnt -no OPTIONS /dev/shm 2>/dev/null), != *,noexec,* ]]; then
    echo /dev/shm
  else
    echo "$WORK"
  fi
}

# Prints what is to be preloaded: whole_xstate.c says why. Without a compiler a guest runs on processors without AMX.
complete_registers() {
  [[ $(uname -m) == x86_64 ]] && command -v cc >/dev/null 2>&1 || return 0
  cc -std=gnu11 -O2 -shared -fPIC -o "$WORK/whole_xstate.so" "$HERE/whole_xstate.c" >&2 && echo "$WORK/whole_xstate.so"
}

run_uml() {
  local disks=() preloaded
  require linux.uml user-mode-linux
  require busybox busybox-static
  if [[ $SWAP -gt 0 ]]; then
    truncate -s "${SWAP}M" "$WORK/swap"
    disks+=("ubd0=$WORK/swap")
  fi
  if [[ $DISK -gt 0 ]]; then
    require mke2fs e2fsprogs
    truncate -s "${DISK}M" "$WORK/disk"
    mke2fs -q -t ext4 -E lazy_itable_init=1,lazy_journal_init=1 "$WORK/disk"
    disks+=("ubd1=$WORK/disk")
  fi
  : >"$WORK/out"
  : >"$WORK/err"
  : >"$WORK/status"
  # The parameter is for pid 1: the kernel hands on what it does not know itself.
  preloaded=$(complete_registers)
  boot env TMPDIR="$(memory_directory)" ${preloaded:+LD_PRELOAD="$preloaded"} linux.uml mem="${MEMORY}M" uml_dir="$WORK/uml" "${disks[@]}" \
    root=/dev/root rootfstype=hostfs rootflags=/ ro init="$HERE/init.sh" guest_work="$WORK" \
    con=null con0=null,fd:1 quiet
}

# --- qemu: what the guest sees is an initramfs of a few files ---

# A file under the name it shall have, and the libraries it names at the same places as here.
put_file() {
  local file=$1 name=$2 library
  [[ -f $file ]] || die "no such file: $file"
  copy_to_tree "$file" "$name"
  for library in $(ldd "$file" 2>/dev/null | grep -oE '/[^ )]+' || true); do
    copy_to_tree "$library" "$library"
  done
}

copy_to_tree() {
  mkdir -p "$TREE$(dirname "$2")"
  cp -L "$1" "$TREE$2"
}

make_tree() {
  local applet program file
  TREE=$WORK/tree
  mkdir -p "$TREE"/{bin,sbin,dev,proc,sys,run,etc,tmp,usr/bin,lib64}
  cp "$(command -v busybox)" "$TREE/bin/busybox"
  for applet in $(busybox --list); do ln -s busybox "$TREE/bin/$applet" 2>/dev/null || true; done
  program=$(command -v "${COMMAND[0]}") || die "not found: ${COMMAND[0]}"
  for file in "$program" /usr/bin/setpriv "${FILES[@]}"; do
    put_file "${file%%=*}" "$(realpath -s "${file#*=}")"
  done
  cp "$HERE/leave-initramfs.sh" "$TREE/init"
  cp "$HERE/init.sh" "$TREE/sbin/init"
  cp "$WORK/parameters" "$WORK/command" "$TREE/run/"
  (cd "$TREE" && find . | busybox cpio -o -H newc 2>/dev/null | gzip -1) >"$WORK/initrd"
}

run_qemu() {
  local kernel name
  require qemu-system-x86_64 qemu-system-x86
  require busybox busybox-static
  kernel=${GUEST_KERNEL:-$(find /boot -name 'vmlinuz-*-cloud-amd64' 2>/dev/null | sort -V | tail -1)}
  [[ -r $kernel ]] || die "no kernel: name one in GUEST_KERNEL, or install the Debian package linux-image-cloud-amd64"
  [[ $SWAP$DISK == 00 ]] || die "-s and -D need -b uml"
  make_tree
  boot qemu-system-x86_64 -accel tcg,thread=multi -cpu max -M q35 -smp 2 -m "$MEMORY" -nic none -display none -no-reboot \
    -kernel "$kernel" -initrd "$WORK/initrd" -append 'console=ttyS0 panic=-1 quiet mitigations=off' \
    -serial "file:$WORK/console" -serial "file:$WORK/out.crlf" -serial "file:$WORK/err.crlf" -serial "file:$WORK/status.crlf"
  for name in out err status; do
    tr -d '\r' <"$WORK/$name.crlf" >"$WORK/$name" 2>/dev/null || : >"$WORK/$name"
  done
}

main() {
  parse_options "$@"
  check_options
  WORK=$(mktemp -d "${TMPDIR:-/tmp}/guest.XXXXXX")
  trap clean_up EXIT
  trap 'exit 125' INT TERM HUP
  chmod 0755 "$WORK"
  write_parameters
  "run_$BACKEND"
  cat "$WORK/out"
  cat "$WORK/err" >&2
  status=$(tail -n 1 "$WORK/status" | tr -dc 0-9)
  if [[ -n $status ]]; then exit "$status"; fi
  echo "run-in-guest.sh: the end of the guest's console:" >&2
  tail -n 30 "$WORK/console" >&2 || true
  [[ $VM_STATUS -ne 124 && $VM_STATUS -ne 137 ]] || { echo "run-in-guest.sh: not done after $TIME s" >&2; exit 124; }
  die "the guest ended early (status $VM_STATUS of its monitor)"
}

main "$@"
