#!/bin/bash
# One TCP stream from the host's loopback to a network namespace that another program connects with it: prints MiB/s.
# Usage: network_peer.sh slirp4netns|pasta STREAM-PROGRAM PORT
set -euo pipefail
tool=${1:?usage: network_peer.sh slirp4netns|pasta STREAM-PROGRAM PORT} stream=${2:?} port=${3:?}
command -v "$tool" >/dev/null || { echo "there is no $tool" >&2; exit 1; }
# pasta of Debian 12 leaves a child behind where it cannot, and that keeps whatever it writes to open
{ : <>/dev/net/tun; } 2>/dev/null || { echo "/dev/net/tun cannot be opened" >&2; exit 1; }
work=$(mktemp -d)
pids=()
trap 'for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done; rm -rf "$work"' EXIT
case $tool in
  pasta)
    # an address of its own, whatever the host has; what goes to the gateway is for the host's loopback. Root's would become nobody, and hang.
    as=()
    [[ $(id -u) != 0 ]] || as=(--runas 0:0)
    timeout 60 pasta --config-net --quiet "${as[@]}" -a 10.90.0.2 -n 255.255.255.0 -g 10.90.0.1 -t none -u none -T none -U none -- "$stream" read 10.90.0.1 "$port" >"$work/out" 2>"$work/err" </dev/null || { cat "$work/err" >&2; exit 1; }
    ;;
  slirp4netns)
    mkfifo "$work/go" "$work/ready"
    timeout 60 unshare --user --map-root-user --net sh -c 'echo $$ >"$1/pid"; read -r _ <"$1/go"; exec "$2" read 10.0.2.2 "$3"' sh "$work" "$stream" "$port" >"$work/out" 2>"$work/err" &
    pids+=("$!")
    until [[ -s $work/pid ]]; do sleep 0.02; done
    timeout 60 slirp4netns --configure --mtu=65520 --ready-fd=3 "$(<"$work/pid")" tap0 3>"$work/ready" >"$work/log" 2>&1 &
    pids+=("$!")
    read -r -n 1 -t 10 _ <"$work/ready" || { cat "$work/log" >&2; exit 1; }
    echo >"$work/go"
    wait "${pids[0]}" || { cat "$work/err" >&2; exit 1; }
    ;;
  *) echo "usage: network_peer.sh slirp4netns|pasta STREAM-PROGRAM PORT" >&2; exit 2 ;;
esac
cat "$work/out"
