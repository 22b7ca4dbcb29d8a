#!/bin/bash
# One hypervisor for a test: PID 1 of its own PID, mount, UTS and network namespaces. Gives itself
# private /run, /dev and libvirt directories, starts virtlogd and libvirtd, and reaps what they
# leave behind.
#
#   host.sh DIRECTORY NAME ADDRESS
set -euo pipefail
directory=$1 name=$2 address=$3

mount -t proc proc /proc
mount -t sysfs sysfs /sys
hostname "$name"
mkdir -p "$directory"/{run,etc,lib,log,cache,layer}
# Mount points that the machine may lack are made on a view of its /var, not on the machine.
mount -t tmpfs tmpfs "$directory/layer"
mkdir "$directory"/layer/{upper,work}
mount -t overlay overlay -o "lowerdir=/var,upperdir=$directory/layer/upper,workdir=$directory/layer/work" /var
mkdir -p /var/lib/libvirt /var/log/libvirt /var/cache/libvirt
mount --bind "$directory/etc" /etc/libvirt
mount --bind "$directory/lib" /var/lib/libvirt
mount --bind "$directory/log" /var/log/libvirt
mount --bind "$directory/cache" /var/cache/libvirt
mount --bind "$directory/hosts" /etc/hosts
mount --bind "$directory/resolv.conf" "$(readlink -f /etc/resolv.conf)"
# Libvirt looks its default user up even when another is configured; a bare libvirt-daemon has not
# made it.
cp /etc/passwd /etc/group "$directory/"
grep -q ^libvirt-qemu: /etc/passwd \
  || echo 'libvirt-qemu:x:64055:64055::/nonexistent:/usr/sbin/nologin' >> "$directory/passwd"
grep -q ^libvirt-qemu: /etc/group || echo 'libvirt-qemu:x:64055:' >> "$directory/group"
mount --bind "$directory/passwd" /etc/passwd
mount --bind "$directory/group" /etc/group
mount --bind "$directory/run" /run

# No /dev/kvm: a nested one may answer and then hang.
mount -t tmpfs -o mode=755 tmpfs /dev
mkdir /dev/net /dev/pts /dev/shm
mount -t tmpfs tmpfs /dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts /dev/pts
ln -s pts/ptmx /dev/ptmx
ln -s /proc/self/fd /dev/fd
minor() { mknod -m 666 "/dev/$1" c "$2" "$3"; }
minor null 1 3; minor zero 1 5; minor full 1 7; minor random 1 8; minor urandom 1 9; minor tty 5 0
minor net/tun 10 200

# The fixture connects the hosts from outside once it knows this process.
echo started > "$directory/state"
until ip link show wire > /dev/null 2>&1; do sleep 0.05; done
ip link set lo up
ip link add guests type bridge
ip link set guests up
ip address add "$address/24" dev wire
ip link set wire up

mkdir -p /run/libvirt /run/tgtd
virtlogd -d
libvirtd -d -l -p /run/libvirtd.pid
echo ready > "$directory/state"
# An init must reap: with zombies about, libvirt waits 20 s for each QEMU to vanish.
while true; do
  sleep 3600 &
  wait -n || true
done
