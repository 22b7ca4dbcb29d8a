#!/bin/bash
# Freezes every process of a node, for a time or until it is thawed; runs in the instance's root, and
# ends its work even if whoever asked for it is gone. A process belongs to the node if it is in its pid namespace, so
# nothing else can be hit; the namespace is held open so that its number cannot be given away.
#
#   pause.sh NODE SECONDS|freeze|thaw
set -uo pipefail
read -r init _ < "/run/holdfast/nodes/$1/init" || exit 1
exec 5< "/proc/$init/ns/pid" || exit 1
exec 7<> <(:)

signal() { # SIGNAL: sends it to every process of the node that is not yet so; says if there was any
  local any=1 directory stat state
  for directory in /proc/[0-9]*; do
    [ "$directory/ns/pid" -ef /proc/self/fd/5 ] || continue
    { read -r stat < "$directory/stat"; } 2> /dev/null || continue
    state=${stat##*) }
    case $1:${state:0:1} in *:Z | *:X | STOP:T | STOP:t | CONT:[!Tt]) continue ;; esac
    kill -"$1" "${directory#/proc/}" 2> /dev/null && any=0
  done
  return $any
}

thaw() {
  rm -f "/run/holdfast/nodes/$node/paused"
  signal CONT
}

node=$1
if [ "$2" = thaw ]; then
  thaw
  exit 0
fi
[ "$2" = freeze ] || trap thaw EXIT
# A process may fork while we look: frozen is when a whole look finds nobody awake.
for ((i = 0; i < 200; i++)); do
  signal STOP || break
done
: > "/run/holdfast/nodes/$node/paused"
[ "$2" = freeze ] || sleep "$2"
