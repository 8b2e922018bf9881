#!/bin/sh
# The first program of an emulated guest: pivot_root(2) cannot leave the initial RAM disk, and every job is a
# pivot_root, so everything moves to a tmpfs first.
mkdir /root.new
mount -t tmpfs -o mode=0755 root /root.new
for entry in /*; do
  [ "$entry" = /root.new ] || cp -a "$entry" /root.new/
done
exec switch_root /root.new /sbin/init
