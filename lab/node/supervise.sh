#!/bin/bash
# The respawn loop of one program of a node; runs in the node. A program is a directory with an
# executable `run` (see program.ts). It is started again whenever it ends, after 0.1 s, or up to 2 s
# if it ends quickly again and again; while `stopped` exists in its run-time directory it rests.
#
#   supervise.sh NODE_DIRECTORY PROGRAM
set -uo pipefail
program=$1/programs/$2
run=/run/holdfast/programs/$2
# Before the lock: whoever comes with the socket must find it free.
if [ -e "$program/listens" ] && ! { : <&3; } 2> /dev/null; then
  echo "program $2: its listening socket is gone with the node's last power; start it anew" >&2
  exit 1
fi
mkdir -p "$run"
exec 8> "$run/lock"
flock --nonblock 8 || exit 0
exec 7<> <(:)

delay=0.1
while [ -d "$program" ]; do
  if [ -e "$run/stopped" ]; then
    echo stopped > "$run/state"
    read -rt 0.1 <&7
    continue
  fi
  started=$SECONDS
  setsid bash "$program/run" < /dev/null 7>&- 8>&- &
  pid=$!
  echo "$pid" > "$run/pid"
  echo running > "$run/state"
  # A stop that came between the look above and the pid just written has not seen the program.
  [ -e "$run/stopped" ] && kill -KILL "$pid"
  wait "$pid"
  rm -f "$run/pid"
  if ((SECONDS - started > 3)); then delay=0.1; fi
  [ -e "$run/stopped" ] || read -rt "$delay" <&7
  case $delay in 0.1) delay=0.3 ;; 0.3) delay=1 ;; *) delay=2 ;; esac
done
rm -rf "$run"
