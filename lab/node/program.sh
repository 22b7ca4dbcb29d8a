#!/bin/bash
# Stops (SIGKILL, and no respawn), ends (by a signal it may react to, and no respawn), starts, kills
# (SIGKILL; its supervisor starts it again), freezes or thaws a supervised program; runs in the node.
#
#   program.sh stop|start|kill|freeze|thaw PROGRAM
#   program.sh end PROGRAM SIGNAL SECONDS     exit 4: it has not ended within that time
set -uo pipefail
run=/run/holdfast/programs/$2
exec 7<> <(:)
if [ ! -d "$run" ]; then
  echo "no program $2 is supervised here" >&2
  exit 3
fi
if [ "$1" = start ]; then
  rm -f "$run/stopped"
  exit 0
fi

signal_of() { case $1 in kill) echo KILL ;; freeze) echo STOP ;; thaw) echo CONT ;; esac; }

signal=$(signal_of "$1")
if [ -n "$signal" ]; then
  # The program leads a session of its own: its children in it are meant too.
  if { read -r pid < "$run/pid"; } 2> /dev/null && kill -"$signal" -- "-$pid" 2> /dev/null; then exit 0; fi
  echo "program $2 does not run now" >&2
  exit 1
fi

has_stopped() { # the directory goes when the program was removed
  local state=
  { read -r state < "$run/state"; } 2> /dev/null
  [ "$state" = stopped ] || [ ! -d "$run" ]
}

if [ "$1" = end ]; then
  # First the signal: once it rests, a program that is just being started would be killed.
  if { read -r pid < "$run/pid"; } 2> /dev/null; then kill -"$3" "$pid" 2> /dev/null; fi
  : > "$run/stopped"
  for ((i = 0; i < $4 * 20; i++)); do
    if has_stopped; then exit 0; fi
    read -rt 0.05 <&7
  done
  echo "program $2 has not ended within $4 s" >&2
  exit 4
fi
: > "$run/stopped"
for ((i = 0; i < 200; i++)); do
  if has_stopped; then exit 0; fi
  # The program leads a session of its own: its children in it go too.
  if { read -r pid < "$run/pid"; } 2> /dev/null; then kill -KILL -- "-$pid" 2> /dev/null; fi
  read -rt 0.05 <&7
done
echo "program $2 would not stop within 10 s" >&2
exit 1
