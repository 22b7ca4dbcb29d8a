#!/bin/busybox sh
# The test's guest: says once a second that it lives, powers down when its power button is pressed.
/bin/busybox mkdir -p /proc /sys /dev
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
/bin/busybox mount -t devtmpfs dev /dev
for module in virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci virtio_blk \
  failover net_failover virtio_net evdev button; do
  /bin/busybox insmod "/modules/$module.ko"
done
echo "guest up $(/bin/busybox cat /proc/sys/kernel/random/boot_id)" > /dev/ttyS0
for module in pvpanic pvpanic_mmio virtio_console; do
  /bin/busybox insmod "/modules/$module.ko"
done
# The kernel has no driver for the i6300esb: arms it by its registers, for two times half a second, and does not feed it.
starve() {
  for device in /sys/bus/pci/devices/*; do
    read -r model < "$device/device"
    [ "$model" = 0x25ab ] || continue
    echo 1 > "$device/enable"
    read -r watchdog _ < "$device/resource"
    for timer in 0 4; do
      for key in 0x80 0x86; do /bin/busybox devmem $((watchdog + 12)) 16 $key; done
      /bin/busybox devmem $((watchdog + timer)) 32 500
    done
    printf '\002' | /bin/busybox dd of="$device/config" bs=1 seek=104 conv=notrunc 2> /dev/null
  done
}
# As much of the QEMU guest agent as a ping needs, and a command to starve.
for port in /sys/class/virtio-ports/*; do
  [ -e "$port/name" ] || continue
  (
    exec 3<> "/dev/${port##*/}"
    while true; do
      if read -r line <&3; then
        id=${line##*:}
        case $line in
          *guest-sync*) echo "{\"return\": ${id%%\}*}}" >&3 ;;
          *starve*) starve; echo '{"return": {}}' >&3 ;;
          *) echo '{"return": {}}' >&3 ;;
        esac
      else
        /bin/busybox sleep 1
      fi
    done
  ) &
done
for button in /dev/input/event*; do
  (/bin/busybox head -c 24 "$button" > /dev/null && /bin/busybox poweroff -f) &
done
count=0
while true; do
  count=$((count + 1))
  echo "guest alive $count" > /dev/ttyS0
  if [ -b /dev/vda ]; then
    echo "write $count" | /bin/busybox dd of=/dev/vda bs=512 conv=sync,fsync 2> /dev/null \
      && echo "guest wrote $count" > /dev/ttyS0
  fi
  /bin/busybox sleep 1
done
