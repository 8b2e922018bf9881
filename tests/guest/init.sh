#!/bin/sh
# The first process of a guest that run-in-guest.sh starts: mounts what a system has, delegates a cgroup
# to the user, runs the command as that user, leaves its exit status and switches the guest off.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

CGROUPS=/sys/fs/cgroup

mount_basics() {
  mount -t proc proc /proc
  mount -t sysfs sysfs /sys
  mountpoint -q /dev || mount -t devtmpfs devtmpfs /dev
  mkdir -p /dev/shm /dev/pts
  for link in fd:fd stdin:fd/0 stdout:fd/1 stderr:fd/2; do
    [ -e "/dev/${link%%:*}" ] || ln -s "/proc/self/${link#*:}" "/dev/${link%%:*}"
  done
  mount -t tmpfs -o mode=1777 shm /dev/shm
  mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts /dev/pts
  # As systemd mounts it: a cgroup namespace is then a border that its members cannot move out of.
  mount -t cgroup2 -o nsdelegate,memory_recursiveprot cgroup2 $CGROUPS
}

# In user-mode Linux the parameters and results lie in a directory of the host, which must not vanish under a
# fresh /run; in the emulated guest they came with the initramfs, and results go out by serial line.
open_channels() {
  if [ -n "$guest_work" ]; then
    mount -t tmpfs -o mode=0755 run /run
    mkdir /run/guest
    mount -t hostfs -o "$guest_work" guest /run/guest
    WORK=/run/guest OUT=$WORK/out ERR=$WORK/err STATUS=$WORK/status
  else
    WORK=/run OUT=/dev/ttyS1 ERR=/dev/ttyS2 STATUS=/dev/ttyS3
  fi
  . $WORK/parameters
}

# Kernels keep the reading of other sockets in modules, and a guest has nobody to load them on demand.
load_modules() {
  modules=/usr/lib/uml/modules/$(uname -r)/kernel
  for module in net/unix/unix_diag lib/crc-ccitt net/ipv6/ipv6 net/ipv4/udp_diag \
    fs/overlayfs/overlay; do
    [ ! -e "$modules/$module.ko" ] || busybox insmod "$modules/$module.ko"
  done
}

enable_swap() {
  [ "$SWAP" -gt 0 ] || return 0
  busybox mkswap /dev/ubda >/dev/null && busybox swapon /dev/ubda
}

bring_up() {
  ulimit -Hn 524288
  busybox hostname guest
  busybox ifconfig lo 127.0.0.1 up
  mkdir -p /run/place
  [ "$DISK" -eq 0 ] || mount -t ext4 -o nosuid,nodev /dev/ubdb /run/place
  mkdir -p /run/place/tmp /run/place/home
  ln -s place/tmp /run/tmp
  ln -s place/home /run/home
  chmod 1777 /run/place/tmp
  chown "$GUEST_UID:$GUEST_GID" /run/place/home
  [ -z "$OUTPUT" ] || { mkdir -p "$OUTPUT" 2>/dev/null; mount -t hostfs -o "$OUTPUT" output "$OUTPUT"; }
}

# Some programs refuse to serve a user without a name, dbus-daemon for one.
name_user() {
  ! grep -q "^[^:]*:[^:]*:$GUEST_UID:" /etc/passwd 2>/dev/null || return 0
  cp /etc/passwd /run/passwd 2>/dev/null
  echo "guest:x:$GUEST_UID:$GUEST_GID::/run/home:/bin/sh" >>/run/passwd
  if [ -e /etc/passwd ]; then mount --bind /run/passwd /etc/passwd; else cp /run/passwd /etc/passwd; fi
}

enable_controllers() {
  for controller in $(cat "$1/cgroup.controllers"); do
    echo "+$controller" >"$1/cgroup.subtree_control" 2>/dev/null
  done
}

# cgroups(7), "cgroup delegation": the directory and the files on the kernel's own list change hands, the limits do not.
delegate() {
  chown "$GUEST_UID:$GUEST_GID" "$1"
  while read -r file; do
    [ ! -e "$1/$file" ] || chown "$GUEST_UID:$GUEST_GID" "$1/$file"
  done </sys/kernel/cgroup/delegate
}

# The command may divide the directory in which its own is; nothing else runs there.
delegate_to_command() {
  CGROUP=$CGROUPS/delegated
  enable_controllers $CGROUPS
  mkdir $CGROUP $CGROUP/run
  enable_controllers $CGROUP
  delegate $CGROUP
  delegate $CGROUP/run
  echo $$ >$CGROUP/run/cgroup.procs
}

# The manager owns a directory, the command runs in another that it may not divide, as in a login session. A
# process may move between them if it may write to the cgroup.procs of their common parent, no more of it.
delegate_to_manager() {
  slice=$CGROUPS/slice
  CGROUP=$slice/user
  enable_controllers $CGROUPS
  mkdir $slice $CGROUP $slice/session
  enable_controllers $slice
  delegate $CGROUP
  chown "$GUEST_UID:$GUEST_GID" $slice/cgroup.procs
  XDG_RUNTIME_DIR=/run/user/$GUEST_UID
  DBUS_SESSION_BUS_ADDRESS=unix:path=$XDG_RUNTIME_DIR/bus
  # The manager refuses to start where this directory is missing, see sd_booted(3).
  mkdir -p /run/systemd/system /run/user "$XDG_RUNTIME_DIR"
  chown "$GUEST_UID:$GUEST_GID" "$XDG_RUNTIME_DIR"
  chmod 0700 "$XDG_RUNTIME_DIR"
  echo $$ >$CGROUP/cgroup.procs
  cp -r "$HERE/units" /run/units
  # The second is where a user puts units that end with the session (systemd.unit(5)).
  as_user env SYSTEMD_UNIT_PATH="/run/units:$XDG_RUNTIME_DIR/systemd/user" \
    /lib/systemd/systemd --user >$WORK/console.manager 2>&1 &
  echo $$ >$slice/session/cgroup.procs
  wait_for_manager
}

# The socket is there before the bus is, and the bus before the manager answers on it.
wait_for_manager() {
  deadline=$(($(seconds_up) + 60))
  until [ -S "$XDG_RUNTIME_DIR/bus" ] && ping_manager; do
    if [ "$(seconds_up)" -ge $deadline ]; then
      echo "init.sh: no systemd user manager on the bus:" >&2
      cat $WORK/console.manager "$XDG_RUNTIME_DIR/dbus.log" >&2
      as_user systemctl --user --no-pager status dbus.socket dbus.service >&2
      switch_off
    fi
    sleep 0.1
  done
}

ping_manager() {
  as_user busctl --user --quiet call org.freedesktop.systemd1 /org/freedesktop/systemd1 \
    org.freedesktop.DBus.Peer Ping >>$WORK/console.manager 2>&1
}

seconds_up() { cut -d. -f1 /proc/uptime; }

# The path is written out because the shell of busybox prefers its own setpriv, which cannot change the user.
# The environment is made, not inherited: the kernel puts there what it could not make sense of.
as_user() {
  env -i PATH="$PATH" HOME=/run/place/home TMPDIR=/run/place/tmp CGROUP="$CGROUP" \
    ${XDG_RUNTIME_DIR:+"XDG_RUNTIME_DIR=$XDG_RUNTIME_DIR"} \
    ${DBUS_SESSION_BUS_ADDRESS:+"DBUS_SESSION_BUS_ADDRESS=$DBUS_SESSION_BUS_ADDRESS"} \
    /usr/bin/setpriv --reuid "$GUEST_UID" --regid "$GUEST_GID" --clear-groups -- "$@"
}

switch_off() {
  sync
  busybox poweroff -f
}

mount_basics
open_channels
load_modules
enable_swap
bring_up
name_user
if [ -n "$MANAGER" ]; then delegate_to_manager; else delegate_to_command; fi
cd "$PWD" 2>/dev/null || cd /
as_user sh $WORK/command </dev/null >$OUT 2>$ERR
echo $? >$STATUS
switch_off
