#!/bin/bash
# A node's boot: runs in the node's fresh namespaces under tini, gives the node its own /proc, /sys,
# /dev, /run and /etc, starts the node's programs and waits.
#
#   boot.sh STATE_DIRECTORY NODE
set -euo pipefail
umask 022
state=$1
. "$state/nodes/$2/node.conf"

# /proc is still the root's: there our parent, the node's init, has the number the root knows it by.
read -r stat < /proc/self/stat
stat=${stat##*) }
set -- $stat
init=$2
read -r stat < "/proc/$init/stat"
stat=${stat##*) }
set -- $stat
echo "$init ${20}" > "/run/holdfast/nodes/$NODE/init.new"
mv "/run/holdfast/nodes/$NODE/init.new" "/run/holdfast/nodes/$NODE/init"

hostname "$NODE"
umount -R -l /run/netns
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/holdfast/programs /run/lock
[ "$KIND" = bmc ] || mount -t proc proc /proc
# Without the cgroups: nothing in a node may touch the machine's.
umount -R -l /sys
mount -t sysfs sysfs /sys
for family in all default; do
  echo 1 > "/proc/sys/net/ipv6/conf/$family/disable_ipv6" || true
done 2> /dev/null

# A /dev without /dev/kvm: TCG guests only, as a nested KVM may answer and then hang.
umount -R -l /dev
mount -t tmpfs -o mode=755 tmpfs /dev
mkdir /dev/net /dev/pts /dev/shm
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts /dev/pts
ln -s pts/ptmx /dev/ptmx
ln -s /proc/self/fd /dev/fd
ln -s /proc/self/fd/0 /dev/stdin
ln -s /proc/self/fd/1 /dev/stdout
ln -s /proc/self/fd/2 /dev/stderr
mknod -m 666 /dev/null c 1 3
mknod -m 666 /dev/zero c 1 5
mknod -m 666 /dev/full c 1 7
mknod -m 666 /dev/random c 1 8
mknod -m 666 /dev/urandom c 1 9
mknod -m 666 /dev/tty c 5 0
mknod -m 666 /dev/net/tun c 10 200

mkdir -p /run/holdfast/etc/upper /run/holdfast/etc/work
mount -t overlay overlay \
  -o "lowerdir=/etc,upperdir=/run/holdfast/etc/upper,workdir=/run/holdfast/etc/work" /etc
cp --remove-destination "$state/run/hosts" /etc/hosts
rm -f /etc/resolv.conf
: > /etc/resolv.conf
echo "$NODE" > /etc/hostname

if [ "$KIND" != bmc ]; then
  # The kernel's boot id is the machine's; a node's own is new at every power-on.
  cp /proc/sys/kernel/random/uuid /run/holdfast/boot-id
  chmod 444 /run/holdfast/boot-id
  mount --bind /run/holdfast/boot-id /proc/sys/kernel/random/boot_id
fi

if [ "$KIND" = host ]; then
  # libvirt looks its default user up before it reads that QEMU is to run as root. The user comes
  # with a package that would start a libvirtd on the machine itself.
  getent group libvirt-qemu > /dev/null || echo 'libvirt-qemu:x:64055:' >> /etc/group
  getent passwd libvirt-qemu > /dev/null ||
    echo 'libvirt-qemu:x:64055:64055::/var/lib/libvirt:/usr/sbin/nologin' >> /etc/passwd
  for directory in lib log cache; do
    mkdir -p "$NODE_DIRECTORY/libvirt/$directory"
    mount --bind "$NODE_DIRECTORY/libvirt/$directory" "/var/$directory/libvirt"
  done
  mkdir -p /etc/libvirt /run/libvirt
  mount --bind "$NODE_DIRECTORY/libvirt/etc" /etc/libvirt
  pki=$NODE_DIRECTORY/pki
  rm -rf /etc/pki/CA /etc/pki/libvirt /etc/pki/qemu
  mkdir -p -m 755 /etc/pki/CA /etc/pki/libvirt/private
  mkdir -p -m 700 /etc/pki/qemu
  cp "$pki/ca-cert.pem" /etc/pki/CA/cacert.pem
  cp "$pki/ca-cert.pem" /etc/pki/qemu/ca-cert.pem
  for side in server client; do
    cp "$pki/cert.pem" "/etc/pki/libvirt/${side}cert.pem"
    cp "$pki/cert.pem" "/etc/pki/qemu/$side-cert.pem"
    cp "$pki/key.pem" "/etc/pki/libvirt/private/${side}key.pem"
    cp "$pki/key.pem" "/etc/pki/qemu/$side-key.pem"
  done
fi
[ "$KIND" = san ] && mkdir -p /run/tgtd

: > /run/holdfast/booted
for program in "$NODE_DIRECTORY"/programs/*/; do
  [ -d "$program" ] || continue
  setsid -f bash "$state/run/scripts/supervise.sh" "$NODE_DIRECTORY" "$(basename "$program")"
done
exec sleep infinity
