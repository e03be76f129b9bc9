/** A problem that a reader found in the data of a host. It never hides other results. */
export interface Diagnostic {
  /** The subject: a PCI address, a path on the host, or the name or UUID of a VM. */
  readonly subject: string;
  /** Stable name, in capitals: `DEVICE_NOT_ON_BUS`. */
  readonly code: DiagnosticCode;
  /** One sentence for the user. */
  readonly message: string;
}

/** All diagnostics with their meanings. The reference is generated from this table. */
export const DIAGNOSTICS = {
  ATTRIBUTE_BROKEN: 'An attribute could not be read, or has a value that the kernel never writes.',
  ATTRIBUTE_MISSING: 'An attribute that every PCI function has is missing.',
  ATTRIBUTES_DISAGREE: 'Two attributes of one device contradict each other.',
  BAD_DEVICE_NAME: 'An entry in the device directory is not named like a PCI address.',
  CONFIG_SPACE_BROKEN:
    'The configuration space is damaged: a capability list loops, ends early, or points outside.',
  DEVICE_LINK_BROKEN: 'The bus entry of a device is a dangling link, or a link that leaves the host.',
  DEVICE_NOT_ON_BUS: 'The device tree contains a PCI function that the PCI bus does not list.',
  GROUPS_MISSING: 'Devices name IOMMU groups, but the group directories cannot be read.',
  MACHINE_BROKEN:
    'The definition of a VM is missing, or a part of it is invalid. If the invalid part is an assignment of pci assign, the VM is left out of assignments. If you named that VM or its category, this is an error.',
  NODE_DEVICE_BROKEN: 'libvirt lists a device, but its document cannot be read.',
  SOURCES_DISAGREE: 'The kernel and libvirt report different values for one device.',
  VF_LINK_BROKEN: 'The links between a physical function and its virtual functions contradict each other.',
  WALK_TRUNCATED: 'A device has more children than pci reads.',
} as const;

export type DiagnosticCode = keyof typeof DIAGNOSTICS;
