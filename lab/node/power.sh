#!/bin/bash
# The power of one node; runs in the instance's root. Both the lab's verbs and the BMC come here.
# Off is a power cut: links go first, so that no peer hears a goodbye, then the node's init is
# killed and takes every process of the node with it. "Off" is read only when the last of them is
# gone.
#
#   power.sh STATE_DIRECTORY get|on|off|reset NODE
set -euo pipefail
state=$1 verb=$2
. "$state/nodes/$3/node.conf"
scripts=$state/run/scripts
run=/run/holdfast/nodes/$NODE
mkdir -p "$run"
exec 7<> <(:) # read -t on this never gets anything: a sleep without a process

start_time() { # PID: its start time, or nothing if there is no such process
  local stat
  { read -r stat < "/proc/$1/stat"; } 2> /dev/null || return 0
  stat=${stat##*) }
  set -- $stat
  case $1 in Z | X) ;; *) echo "${20}" ;; esac
}

is_on() {
  local pid started
  read -r pid started 2> /dev/null < "$run/init" || return 1
  [ "$(start_time "$pid")" = "$started" ]
}

each_link() { # COMMAND...: a batch of "ip link" lines, LINK replaced by each fabric interface
  local link
  for link in $LINKS; do
    if [ "$1" = up ] && [ -e "/run/holdfast/links/$link.down" ]; then continue; fi
    case $1 in up | down) echo "link set $link $1" ;; delete) echo "link delete $link" ;; esac
  done
}

off() {
  local pid started
  each_link down | ip -force -batch - 2> /dev/null || true
  if is_on; then
    read -r pid started < "$run/init"
    kill -KILL "$pid"
    for ((i = 0; i < 1000; i++)); do
      [ -z "$(start_time "$pid")" ] && break
      read -rt 0.01 <&7 || true
    done
    if is_on; then
      echo "node $NODE: a process would not die within 10 s" >&2
      return 1
    fi
  fi
  rm -f "$run/init" "$run/paused"
  each_link delete | ip -force -batch - 2> /dev/null || true
  ip netns delete "$NODE" 2> /dev/null || true
}

on() {
  is_on && return
  off # whatever an earlier, unfinished power-on left
  ip netns add "$NODE"
  ip -batch "$NODE_DIRECTORY/fabric.batch"
  ip -n "$NODE" -batch "$NODE_DIRECTORY/links.batch"
  each_link up | ip -batch -
  local -a namespaces=(--mount --uts --ipc) init=(tini -s)
  # A BMC outlives its host and must reach this script, so it keeps the root's processes in sight.
  if [ "$KIND" != bmc ]; then
    namespaces+=(--pid --fork --kill-child)
    init=(tini)
  fi
  # The lock (fd 9) and the caller's pipes must not live on in the node.
  setsid nsenter --net="/run/netns/$NODE" unshare "${namespaces[@]}" \
    "${init[@]}" -- bash "$scripts/boot.sh" "$state" "$NODE" \
    < /dev/null >> "$NODE_DIRECTORY/log/boot.log" 2>&1 7>&- 9>&- &
  local pid started
  for ((i = 0; i < 1000; i++)); do
    if is_on; then
      read -r pid started < "$run/init"
      [ -e "/proc/$pid/root/run/holdfast/booted" ] && return
    fi
    read -rt 0.01 <&7 || true
  done
  echo "node $NODE did not boot within 10 s; $NODE_DIRECTORY/log/boot.log ends with:" >&2
  tail -n 5 "$NODE_DIRECTORY/log/boot.log" >&2
  return 1
}

if [ "$verb" = get ]; then
  if is_on; then echo "power:1"; else echo "power:0"; fi
  exit 0
fi
exec 9> "$run/lock"
flock --wait 30 9
case $verb in
  on) on ;;
  off) off ;;
  reset) off; on ;;
  *) echo "power.sh: unknown verb $verb" >&2; exit 2 ;;
esac
