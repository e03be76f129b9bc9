interface ProblemEntry {
  readonly summary: string;
  /** An action that solves the problem, if possible with a command. */
  readonly remedy: string;
}

/** Why a step of a plan failed, or could not be undone. The reference is generated from this table. */
export const PROBLEMS = {
  CHANGED_MEANWHILE: {
    summary: 'The host is no longer in the state that the plan was made for.',
    remedy: 'run the same command again',
  },
  NO_EFFECT: {
    summary: 'Every part of the step succeeded, but the host is not in the requested state.',
    remedy: 'see the kernel log: dmesg',
  },
  JOURNAL_UNWRITTEN: {
    summary: 'The journal cannot be written, so the plan stops.',
    remedy: 'check that /var/lib/portal-gun can be written, and that its disk is not full',
  },
  DEVICE_GONE: {
    summary: 'The function is not on the PCI bus.',
    remedy: 'list the functions of the host: pci list',
  },
  DEVICE_REPLACED: {
    summary: 'Another device is at the address now.',
    remedy: 'find the device: pci list; then run the command again',
  },
  DEVICE_UNIDENTIFIED: {
    summary:
      'The plan does not contain the ids of the function, so it is unknown whether the function is the same.',
    remedy: 'run the command again as root',
  },
  GROUP_CHANGED: {
    summary: 'The function is in another IOMMU group than when the plan was made.',
    remedy: 'check the groups: pci groups; then run the command again',
  },
  GROUP_UNREADABLE: {
    summary: 'The IOMMU group of the function cannot be read.',
    remedy: 'run it as root on the host itself: containers often hide parts of /sys',
  },
  GROUP_SHARED: {
    summary: 'A VF shares its IOMMU group with another device, so a VM cannot have it.',
    remedy: 'list the devices in the group: pci groups',
  },
  IN_USE: {
    summary: 'The host or a VM uses a device of the step. The name of the safety rule is in parentheses.',
    remedy:
      'free the device; docs/reference/safety-rules.md describes the rule, and whether --allow lifts it',
  },
  USE_UNKNOWN: {
    summary: 'It is unknown whether a device is in use. The name of the safety rule is in parentheses.',
    remedy: 'run it as root on the host itself; docs/reference/safety-rules.md describes the rule',
  },
  HELD_BY_KERNEL: {
    summary:
      'The kernel waits, probably for a process that holds the device, and makes the change when that process ends.',
    remedy: 'end the process or VM that holds the device',
  },
  DRIVER_UNREADABLE: {
    summary: 'The driver of the function cannot be read.',
    remedy: 'run it as root on the host itself: containers often hide parts of /sys',
  },
  UNBIND_FAILED: {
    summary: 'A driver does not release the function.',
    remedy: 'end the programs that use the device; see the kernel log: dmesg',
  },
  DRIVER_DECLINED: {
    summary: 'The kernel offered the function to the driver, and the driver did not bind it.',
    remedy: 'see the kernel log: dmesg; check whether the host can pass the device through: pci validate',
  },
  PROBE_FAILED: {
    summary: 'The kernel refuses to look for a driver for the function.',
    remedy: 'see the kernel log: dmesg',
  },
  OVERRIDE_FAILED: {
    summary: 'The attribute driver_override of the function cannot be written.',
    remedy: 'check whether the kernel is locked down, or pci runs in a container: pci validate',
  },
  MODULE_IN_USE: {
    summary: 'A module cannot be removed, because a device is bound to its driver.',
    remedy: 'list the devices on the driver: pci list driver=NAME',
  },
  MODULE_FAILED: {
    summary: 'modprobe could not load or remove a module.',
    remedy: 'see the output of modprobe, and the kernel log: dmesg',
  },
  PROGRAM_MISSING: {
    summary: 'A program that the step needs is not installed.',
    remedy: 'install the package that contains it',
  },
  PROGRAM_FAILED: {
    summary: 'A program that the step needs failed.',
    remedy: 'see its output',
  },
  FILE_FAILED: {
    summary: 'A file cannot be read, written or removed.',
    remedy: 'check its folder, its permissions and the free space',
  },
  INITRAMFS_UNCHANGED: {
    summary: 'update-initramfs succeeded, but did not write the initramfs.',
    remedy: 'see /etc/initramfs-tools/update-initramfs.conf; check whether /boot can be written',
  },
  ARGUMENTS_MISSING: {
    summary: 'update-grub succeeded, but no entry of GRUB has the kernel arguments.',
    remedy: 'check which file in /etc/default/grub.d sets the same variable',
  },
  INTERFACE_MISSING: {
    summary: 'The function has no network interface.',
    remedy: 'check whether it is bound to a host driver: pci show DEVICE',
  },
  LINK_FAILED: {
    summary: 'The network interface of the function cannot be read or set.',
    remedy: 'see the output of ip, and the kernel log: dmesg',
  },
  VFS_UNREADABLE: {
    summary: 'The number of VFs of the PF cannot be read.',
    remedy: 'run it as root on the host itself: containers often hide parts of /sys',
  },
  NO_VFS: {
    summary: 'The function cannot have VFs: it is not a PF, or its driver does not create VFs.',
    remedy: 'list the functions that can: pci sriov list',
  },
  VF_COUNT_FAILED: {
    summary: 'The PF does not get the requested number of VFs.',
    remedy: 'see the kernel log: dmesg; try fewer VFs',
  },
  AUTOPROBE_FAILED: {
    summary: 'The attribute sriov_drivers_autoprobe of the PF cannot be written.',
    remedy: 'see the kernel log: dmesg',
  },
  VF_MISSING: {
    summary: 'The PF does not have a VF with this index.',
    remedy: 'list the VFs: pci sriov list',
  },
  VF_MOVED: {
    summary: 'The VF at an address is not the one in the plan.',
    remedy: 'list the VFs: pci sriov list; then run the command again',
  },
  VF_SETTING_REFUSED: {
    summary: 'The driver of the PF refuses a setting of a VF.',
    remedy: 'omit the setting, or see the reason in the kernel log: dmesg',
  },
  LIBVIRT_FAILED: {
    summary: 'libvirt did not answer, or virsh failed.',
    remedy: 'check that libvirt runs: systemctl status libvirtd virtqemud',
  },
  DOCUMENT_UNREADABLE: {
    summary: 'libvirt does not return the XML of a VM.',
    remedy: 'check whether the VM still exists: portal list',
  },
  DEFINITION_REFUSED: {
    summary: 'libvirt refuses the new definition of a VM.',
    remedy: 'see the error of libvirt',
  },
  CATEGORY_REFUSED: {
    summary: 'libvirt refuses the category of a VM.',
    remedy: 'see the error of libvirt',
  },
  NOT_RUNNING: {
    summary: 'The VM no longer runs.',
    remedy: 'start it: virsh start NAME; then run the command again',
  },
  ALIAS_TAKEN: {
    summary: 'The VM has another device with the same alias.',
    remedy: 'list its devices: pci assignments',
  },
  PLUG_REFUSED: {
    summary: 'libvirt does not plug the device into the running VM.',
    remedy: 'see the error of libvirt; or assign the device without --live, for the next start of the VM',
  },
  UNPLUG_REFUSED: {
    summary: 'libvirt does not unplug the device from the running VM.',
    remedy: 'see the error of libvirt; or shut the VM down',
  },
  GUEST_KEEPS_DEVICE: {
    summary: 'The guest did not release the device in time. It can still release it later.',
    remedy: 'stop using the device in the guest, or shut the VM down',
  },
  IMAGE_UNREADABLE: {
    summary: 'A disk image cannot be read.',
    remedy: 'see what qemu-img info prints for it',
  },
  IMAGE_FAILED: {
    summary: 'qemu-img cannot create a disk image.',
    remedy: 'see the error of qemu-img; check the free space: df /var/lib/portal-gun',
  },
  IMAGE_TAKEN: {
    summary: 'Another image is at the path of a disk image of a machine.',
    remedy: 'move it to another directory; or remove it with the machine: portal destroy NAME --data',
  },
  DATA_GONE: {
    summary: 'A disk image was removed, and the data on it with it.',
    remedy: 'restore it from a backup; a new, empty one is created by portal up',
  },
  NETWORK_REFUSED: {
    summary: 'libvirt refuses to create, start or remove a network.',
    remedy: 'see the error of libvirt, and the networks: virsh net-list --all',
  },
  GUEST_UNREADABLE: {
    summary: 'The state of a file or setting in a guest is unknown, so it is not changed.',
    remedy: 'show what differs: portal diff NAME',
  },
  GUEST_FAILED: {
    summary: 'The agent of a guest did not answer, or a command in the guest failed.',
    remedy: 'read what the guest prints: portal console NAME --log; then run the same command again',
  },
  STATE_UNREADABLE: {
    summary: 'libvirt does not report whether a VM runs.',
    remedy: 'check it: virsh list --all',
  },
  HOOKS_NOT_CALLED: {
    summary: 'libvirt does not call a hook that was installed, although it reloaded its configuration.',
    remedy: 'restart libvirt: systemctl restart libvirtd, or virtqemud; then run the command again',
  },
  START_FAILED: {
    summary: 'libvirt cannot start, pause or resume a VM.',
    remedy: 'see the error of libvirt, and the log of QEMU: /var/log/libvirt/qemu/NAME.log',
  },
  STOP_FAILED: {
    summary: 'libvirt cannot stop a VM.',
    remedy: 'see the processes of QEMU: ps -C qemu-system-x86_64',
  },
  STOP_INTERRUPTED: {
    summary: 'The wait for a guest to shut down was interrupted. The guest was asked, and can still do it.',
    remedy: 'see whether it runs: portal status; end it: portal halt NAME --force',
  },
} as const satisfies Record<string, ProblemEntry>;

export type ProblemCode = keyof typeof PROBLEMS;

/**
 * Why a state could not be reached: a code, and a sentence without its subject, such as `e1000e does not release it:
 * EBUSY`. It is a value and not an error, because the plan then undoes its earlier steps.
 */
export class Problem {
  readonly code: ProblemCode;
  readonly message: string;

  constructor(code: ProblemCode, message: string) {
    this.code = code;
    this.message = message;
  }

  /** The same problem with the name of a part before it: `VF 1: …`. */
  of(part: string): Problem {
    return new Problem(this.code, `${part}: ${this.message}`);
  }
}
