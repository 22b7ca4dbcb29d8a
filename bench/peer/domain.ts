/** The VM's domain, device for device like one of Holdfast's, so that its QEMU starts as fast. */
import { GUEST_BRIDGE, ISCSI_PORT, type GuestImage } from '@holdfast/lab';

export interface PeerDomain {
  name: string;
  memoryMiB: number;
  image: GuestImage;
  iscsi: { portal: string; target: string; lun: number };
}

export function domainXml({ name, memoryMiB, image, iscsi }: PeerDomain): string {
  return `<domain type='qemu'>
  <name>${name}</name>
  <memory unit='MiB'>${memoryMiB}</memory>
  <vcpu placement='static'>1</vcpu>
  <os>
    <type arch='x86_64' machine='pc'>hvm</type>
    <kernel>${image.kernel}</kernel>
    <initrd>${image.initrd}</initrd>
    <cmdline>${image.commandLine}</cmdline>
  </os>
  <features><acpi/><apic/></features>
  <cpu mode='custom' match='exact' check='none'><model fallback='forbid'>qemu64</model></cpu>
  <clock offset='utc'/>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>
    <disk type='network' device='disk'>
      <driver name='qemu' type='raw' cache='none' error_policy='stop' rerror_policy='stop'/>
      <source protocol='iscsi' name='${iscsi.target}/${iscsi.lun}'>
        <host name='${iscsi.portal}' port='${ISCSI_PORT}'/>
      </source>
      <target dev='vda' bus='virtio'/>
    </disk>
    <interface type='bridge'>
      <mac address='52:54:00:68:66:01'/>
      <source bridge='${GUEST_BRIDGE}'/>
      <model type='virtio'/>
      <driver name='qemu'/>
      <rom enabled='no'/>
    </interface>
    <serial type='pty'><target port='0'/></serial>
    <controller type='usb' model='none'/>
    <memballoon model='none'/>
  </devices>
</domain>
`;
}
