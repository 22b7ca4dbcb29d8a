#!/bin/bash
# Stops (SIGKILL, and no respawn) or starts a supervised program; runs in the node.
#
#   program.sh stop|start PROGRAM
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
: > "$run/stopped"
for ((i = 0; i < 200; i++)); do
  state=
  { read -r state < "$run/state"; } 2> /dev/null
  # The directory goes when the program was removed.
  if [ "$state" = stopped ] || [ ! -d "$run" ]; then exit 0; fi
  # The program leads a session of its own: its children in it go too.
  if { read -r pid < "$run/pid"; } 2> /dev/null; then kill -KILL -- "-$pid" 2> /dev/null; fi
  read -rt 0.05 <&7
done
echo "program $2 would not stop within 10 s" >&2
exit 1
