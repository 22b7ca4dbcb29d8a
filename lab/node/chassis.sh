#!/bin/bash
# What the BMC calls to read and switch its host's power (ipmi_sim's chassis_control); runs in the
# BMC's node, whose process 1 is the instance's init: there lies the power of all nodes.
#
#   chassis.sh STATE_DIRECTORY HOST get power | set power 0|1 | set reset 1
set -euo pipefail
power() {
  nsenter --target 1 --mount --net --uts --ipc bash "$state/run/scripts/power.sh" \
    "$state" "$1" "$host" 2>> "$state/nodes/bmc-$host/log/chassis.log"
}
state=$1 host=$2
shift 2
case "$*" in
  "get power") power get ;;
  "set power 0") power off ;;
  "set power 1") power on ;;
  "set reset"*) power reset ;;
  "set shutdown"*) power off ;;
  *) echo "chassis.sh: cannot $*" >&2; exit 1 ;;
esac
