#!/bin/sh
# Makes the image of the benchmark, an archive as docker save writes them: image.sh NOOP IMAGE.tar
# Five layers of a few files each, the program in the last one.
set -eu
program=${1:?usage: image.sh NOOP IMAGE.tar}
image=$(realpath -m "${2:?usage: image.sh NOOP IMAGE.tar}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
layers= ids=
for number in 1 2 3 4 5; do
  mkdir -p "$work/tree/etc" "$work/tree/usr/share/part$number"
  for file in 1 2 3 4 5 6 7 8; do echo "$number $file" >"$work/tree/usr/share/part$number/$file"; done
  [ "$number" != 5 ] || cp "$program" "$work/tree/noop"
  tar -C "$work/tree" --owner=0 --group=0 -cf "$work/layer$number.tar" .
  rm -rf "$work/tree"
  layers="$layers${layers:+,}\"layer$number.tar\""
  ids="$ids${ids:+,}\"sha256:$(sha256sum "$work/layer$number.tar" | cut -d' ' -f1)\""
done
case $(uname -m) in x86_64) machine=amd64 ;; *) machine=arm64 ;; esac
printf '{"architecture":"%s","os":"linux","config":{"Cmd":["/noop"]},"rootfs":{"type":"layers","diff_ids":[%s]}}' "$machine" "$ids" >"$work/config.json"
printf '[{"Config":"config.json","RepoTags":["sandbox-bench:latest"],"Layers":[%s]}]' "$layers" >"$work/manifest.json"
tar -C "$work" -cf "$image" manifest.json config.json layer1.tar layer2.tar layer3.tar layer4.tar layer5.tar
