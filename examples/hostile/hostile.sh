#!/bin/sh
# Runs inside the sandbox: every attempt is expected to fail.
attempt() {
  what=$1
  shift
  if "$@" >/dev/null 2>&1; then
    echo "ESCAPED: $what"
  else
    echo "refused: $what"
  fi
}

attempt "read the password hashes" cat /etc/shadow
attempt "read root's home" ls /root
attempt "read the host's homes" ls /home
attempt "write to /usr" touch /usr/bin/backdoor
attempt "write to /etc" sh -c 'echo evil > /etc/passwd'
attempt "make a directory in /" mkdir /evil
attempt "remount / writable" mount -o remount,rw /
attempt "enter a new user namespace" unshare --user --map-root-user true
attempt "kill pid 1" sh -c 'kill -9 1 && sleep 1 && ! kill -0 1'
attempt "read the memory of pid 1" sh -c 'head -c1 /proc/1/mem'
attempt "see descriptors of pid 1" ls /proc/1/fd
attempt "load a kernel setting" sh -c 'echo 1 > /proc/sys/kernel/panic'
attempt "reach the network" sh -c 'exec 3<>/dev/tcp/192.0.2.1/80 || getent hosts example.com'
attempt "see a process of the host" sh -c 'ls -d /proc/[0-9][0-9][0-9][0-9]*'
attempt "fill the disk" dd if=/dev/zero of=/work/big bs=1M count=1000
rm -f /work/big

# A fork bomb only meets its own limit; all of it dies with this script. While it goes on, the script cannot fork either.
bomb() { bomb | bomb & }
sleep 1 &
(bomb) 2>/dev/null
wait $!
echo "harmless: fork bomb"
echo '{"schema":"sandbox.result/1","verdict":"ok","message":"forged"}'
