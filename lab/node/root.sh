#!/bin/bash
# The instance's root: what tini, PID 1 of the instance, runs. Makes the fabric (one bridge for each
# network) in the instance's own network namespace and then waits; nothing here touches the machine,
# whose namespaces were left behind before this script started.
#
#   root.sh STATE_DIRECTORY CODE_DIRECTORY NETWORK...
set -euo pipefail
umask 022
state=$1 code=$2
shift 2

# A directory that the machine lacks is made on a copy-on-write view of its parent, so that the
# machine itself stays as it was. What must stay shared with the machine is bound back over it.
ensure_directory() {
  [ -d "$1" ] && return
  local parent=${1%/*}
  ensure_directory "$parent"
  local layer=/run/holdfast/layers$parent keep=/run/holdfast/keep path
  # A second one of the same parent finds the view there.
  [ ! -d "$layer/upper" ] || { mkdir "$1"; return; }
  mkdir -p "$layer/upper" "$layer/work"
  local -a shared=()
  for path in "$state" "$code"; do
    case $path/ in
      "$parent"/*) mkdir -p "$keep$path"; mount --rbind "$path" "$keep$path"; shared+=("$path") ;;
    esac
  done
  mount -t overlay overlay -o "lowerdir=$parent,upperdir=$layer/upper,workdir=$layer/work" "$parent"
  for path in "${shared[@]}"; do
    mount --rbind "$keep$path" "$path"
    umount -R -l "$keep$path"
  done
  mkdir "$1"
}

mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/holdfast/nodes /run/holdfast/links
directories=(/var/lib/libvirt /var/log/libvirt /var/cache/libvirt)
if [ -e "$state/run/software.conf" ]; then
  . "$state/run/software.conf"
  mount -t overlay overlay -o "ro,lowerdir=$SOFTWARE/usr:/usr" /usr
  directories+=("${SOFTWARE_DIRECTORIES[@]}")
fi
for directory in "${directories[@]}"; do
  ensure_directory "$directory"
done

# The first `ip netns add` turns /run/netns into a mount; done once here, later ones do not race.
ip netns add first
ip netns delete first
ip link set lo up
for network in "$@"; do
  ip link add name "$network" type bridge forward_delay 0 mcast_snooping 0
  ip link set "$network" up
done
: > /run/holdfast/ready
# What a day brings, once services run here.
daily=$state/run/scripts/daily.sh
while sleep 86400; do [ ! -e "$daily" ] || bash "$daily" < /dev/null || true; done
