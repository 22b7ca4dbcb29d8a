#!/bin/bash
# Pulls or plugs one cable of a node, at the fabric's end; runs in the instance's root. A cable that
# is pulled stays so when the node is switched off and on.
#
#   link.sh LINK up|down
set -euo pipefail
flag=/run/holdfast/links/$1.down
if [ "$2" = down ]; then : > "$flag"; else rm -f "$flag"; fi
# A node that is off has no link; it will be made as the flag says.
if ip link show "$1" > /dev/null 2>&1; then ip link set "$1" "$2"; fi
