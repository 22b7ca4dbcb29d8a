#!/bin/bash
# Runs one of the peer's programs on a host of the lab; after each power-on the first of them makes
# the host ready, as packages and an administrator would have.
#
#   host.sh SOFTWARE_DIRECTORY PEER_DIRECTORY corosync|pacemakerd|events
#
# PEER_DIRECTORY is the host's own, on its disk: files to be put into /etc, and what the programs keep. Nothing starts
# before it has a file `booted`.
set -euo pipefail
software=$1 peer=$2 program=$3

make_ready() {
  echo 'haclient:x:64100:' >> /etc/group
  echo 'hacluster:x:64100:64100::/var/lib/pacemaker:/usr/sbin/nologin' >> /etc/passwd
  cp -a --no-clobber "$software/etc/." /etc
  cp -r "$peer/etc/." /etc
  chown -R root:haclient /etc/pacemaker
  local directory
  for directory in lib/corosync lib/pacemaker log/corosync log/pacemaker; do
    [ -d "$peer/$directory" ] || {
      mkdir -p "$peer/${directory%/*}"
      cp -a "$software/var/$directory" "$peer/$directory"
    }
    mount --bind "$peer/$directory" "/var/$directory"
  done
  chown -R hacluster:haclient /var/lib/pacemaker /var/log/pacemaker
  chmod 750 /var/lib/pacemaker/*
  mkdir -p -m 1755 /run/resource-agents
}

# A real host boots for a minute. The lab's is there after a second, in the midst of the recovery, where Pacemaker's
# coordinator then changed while a start was under way, and the VM was started twice. So whoever measures says when.
until [ -e "$peer/booted" ]; do sleep 0.2; done

exec 9> /run/holdfast/peer.lock
flock 9
if [ ! -e /run/holdfast/peer-ready ]; then
  make_ready
  : > /run/holdfast/peer-ready
fi
exec 9>&-

case $program in
  corosync) exec corosync -f ;;
  pacemakerd)
    until corosync-cfgtool -s > /dev/null 2>&1; do sleep 0.2; done
    exec pacemakerd
    ;;
  events) exec stdbuf -oL virsh --connect qemu:///system event --event lifecycle --loop --timestamp ;;
esac
