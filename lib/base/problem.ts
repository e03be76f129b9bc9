interface ProblemEntry {
  readonly summary: string;
  /** What a person can do. */
  readonly remedy: string;
}

/** Why a step of a plan was not made, or could not be undone. The reference is generated from this table. */
export const PROBLEMS = {
  CHANGED_MEANWHILE: {
    summary: 'The host is no longer in the state that the plan was made for.',
    remedy: 'plan it again: run the same command once more',
  },
  NO_EFFECT: {
    summary: 'Every part of the step succeeded, and the host is still not in the state that was asked for.',
    remedy: 'see the log of the kernel: dmesg',
  },
  JOURNAL_UNWRITTEN: {
    summary: 'The journal cannot be written, so nothing more is changed.',
    remedy: 'check that /var/lib/portal-gun can be written, and that its disk is not full',
  },
  DEVICE_GONE: {
    summary: 'The function is not on the PCI bus.',
    remedy: 'see which functions there are: pci list',
  },
  DEVICE_REPLACED: {
    summary: 'Another device is at the address now.',
    remedy: 'see where the device is now: pci list; then plan it again',
  },
  DEVICE_UNIDENTIFIED: {
    summary:
      'The ids of the function were not known when the plan was made, so nothing shows that it is still the same.',
    remedy: 'plan it again as root',
  },
  GROUP_CHANGED: {
    summary: 'The function is in another IOMMU group than when the plan was made.',
    remedy: 'see the groups: pci groups; then plan it again',
  },
  GROUP_UNREADABLE: {
    summary: 'The IOMMU group of the function cannot be read.',
    remedy: 'run it as root',
  },
  GROUP_SHARED: {
    summary: 'A VF shares its IOMMU group with another device, so a VM cannot have it.',
    remedy: 'see what shares the group: pci groups',
  },
  IN_USE: {
    summary:
      'The host or a VM uses a device that the step would take. The name of the safety rule is in parentheses.',
    remedy: 'free the device; see docs/reference/safety-rules.md for the rule and whether --allow lifts it',
  },
  USE_UNKNOWN: {
    summary: 'Whether a device is in use could not be read. The name of the safety rule is in parentheses.',
    remedy: 'run it as root on the host itself; see docs/reference/safety-rules.md for the rule',
  },
  HELD_BY_KERNEL: {
    summary:
      'The kernel waits, most likely for a process that holds the device, and makes the change once that ends.',
    remedy: 'end the process or VM that holds the device',
  },
  DRIVER_UNREADABLE: {
    summary: 'The driver of the function cannot be read.',
    remedy: 'run it as root',
  },
  UNBIND_FAILED: {
    summary: 'A driver does not let go of the function.',
    remedy: 'end what uses the device; see the log of the kernel: dmesg',
  },
  DRIVER_DECLINED: {
    summary: 'The kernel asked the driver, which did not take the function.',
    remedy: 'see the log of the kernel: dmesg; and whether the host can pass it through: pci validate',
  },
  PROBE_FAILED: {
    summary: 'The kernel refuses to look for a driver for the function.',
    remedy: 'see the log of the kernel: dmesg',
  },
  OVERRIDE_FAILED: {
    summary: 'The attribute driver_override of the function cannot be written.',
    remedy: 'see whether the kernel is locked down, or runs in a container: pci validate',
  },
  MODULE_IN_USE: {
    summary: 'A module stays loaded, because a device is on its driver.',
    remedy: 'see which devices are on the driver: pci list driver=NAME',
  },
  MODULE_FAILED: {
    summary: 'modprobe could not load or remove a module.',
    remedy: 'see what modprobe printed, and the log of the kernel: dmesg',
  },
  PROGRAM_MISSING: {
    summary: 'A program that the step needs is not installed.',
    remedy: 'install the package that has it',
  },
  PROGRAM_FAILED: {
    summary: 'A program that the step needs failed.',
    remedy: 'see what it printed',
  },
  FILE_FAILED: {
    summary: 'A file cannot be read, written or removed.',
    remedy: 'check its folder, the permissions and the free space',
  },
  INITRAMFS_UNCHANGED: {
    summary: 'update-initramfs succeeded, and the initramfs was not made again.',
    remedy: 'see /etc/initramfs-tools/update-initramfs.conf, and whether /boot can be written',
  },
  ARGUMENTS_MISSING: {
    summary: 'update-grub succeeded, and no entry of GRUB has the kernel arguments.',
    remedy: 'see which file in /etc/default/grub.d sets the same variable',
  },
  INTERFACE_MISSING: {
    summary: 'The function has no network interface.',
    remedy: 'see whether a driver of the host has it: pci show DEVICE',
  },
  LINK_FAILED: {
    summary: 'The network interface of the function cannot be read or switched.',
    remedy: 'see what ip printed, and the log of the kernel: dmesg',
  },
  VFS_UNREADABLE: {
    summary: 'The number of VFs of the PF cannot be read.',
    remedy: 'run it as root',
  },
  NO_VFS: {
    summary: 'The function cannot have VFs: it is not a PF, or its driver does not make any.',
    remedy: 'see which functions can: pci sriov list',
  },
  VF_COUNT_FAILED: {
    summary: 'The PF does not get the number of VFs that was asked for.',
    remedy: 'see the log of the kernel: dmesg; try fewer VFs',
  },
  AUTOPROBE_FAILED: {
    summary: 'The attribute sriov_drivers_autoprobe of the PF cannot be written.',
    remedy: 'see the log of the kernel: dmesg',
  },
  VF_MISSING: {
    summary: 'The PF does not have a VF of that index.',
    remedy: 'see which VFs there are: pci sriov list',
  },
  VF_MOVED: {
    summary: 'The VF at an address is not the one that the plan means.',
    remedy: 'see which VFs there are: pci sriov list; then plan it again',
  },
  VF_SETTING_REFUSED: {
    summary: 'The driver of the PF refuses a setting of a VF.',
    remedy: 'leave the setting out, or see what the driver supports: dmesg',
  },
  LIBVIRT_FAILED: {
    summary: 'libvirt did not answer, or virsh failed.',
    remedy: 'check that libvirt runs: systemctl status libvirtd virtqemud',
  },
  DOCUMENT_UNREADABLE: {
    summary: 'libvirt does not give the document of a VM.',
    remedy: 'see whether the VM still exists: portal list',
  },
  DEFINITION_REFUSED: {
    summary: 'libvirt refuses the new definition of a VM.',
    remedy: 'see what libvirt printed',
  },
  CATEGORY_REFUSED: {
    summary: 'libvirt refuses the category of a VM.',
    remedy: 'see what libvirt printed',
  },
  NOT_RUNNING: {
    summary: 'The VM does not run any more.',
    remedy: 'start it, and plan it again',
  },
  ALIAS_TAKEN: {
    summary: 'The VM has another device with the same alias.',
    remedy: 'see which devices it has: pci assignments',
  },
  PLUG_REFUSED: {
    summary: 'libvirt does not plug the device into the running VM.',
    remedy: 'see what libvirt printed; or assign it without --live, from the next start of the VM on',
  },
  UNPLUG_REFUSED: {
    summary: 'libvirt does not take the device out of the running VM.',
    remedy: 'see what libvirt printed; or shut the VM down',
  },
  GUEST_KEEPS_DEVICE: {
    summary: 'The guest was asked for the device and did not let go of it in time. It may do so later.',
    remedy: 'stop using the device in the guest, or shut the VM down',
  },
} as const satisfies Record<string, ProblemEntry>;

export type ProblemCode = keyof typeof PROBLEMS;

/**
 * Why a state could not be reached: with a code, and in a sentence without its subject: `e1000e does not let go of it:
 * EBUSY`. An answer, and no error: the plan goes on to undo what was made.
 */
export class Problem {
  readonly code: ProblemCode;
  readonly message: string;

  constructor(code: ProblemCode, message: string) {
    this.code = code;
    this.message = message;
  }

  /** The same, said of a part: `VF 1: …`. */
  of(part: string): Problem {
    return new Problem(this.code, `${part}: ${this.message}`);
  }
}
