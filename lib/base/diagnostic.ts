/** Something that the reader met and could not make sense of; it never hides the rest. */
export interface Diagnostic {
  /** What it is about: a PCI address, a path of the host, or the name or UUID of a machine. */
  readonly subject: string;
  /** Stable name, in capitals: `DEVICE_NOT_ON_BUS`. */
  readonly code: DiagnosticCode;
  /** One sentence for a person. */
  readonly message: string;
}

/** Every diagnostic that a reader can give, with what it means. The reference is generated from this table. */
export const DIAGNOSTICS = {
  ATTRIBUTE_BROKEN: 'An attribute could not be read, or does not hold what the kernel writes there.',
  ATTRIBUTE_MISSING: 'An attribute that every PCI function has is not there.',
  ATTRIBUTES_DISAGREE: 'Two attributes of one device contradict each other.',
  BAD_DEVICE_NAME: 'An entry among the devices is not named like a PCI address.',
  CONFIG_SPACE_BROKEN: 'The configuration space is damaged: a list loops, ends early, or points outside.',
  DEVICE_LINK_BROKEN: 'The entry of a device on the bus leads nowhere, or out of the host.',
  DEVICE_NOT_ON_BUS: 'The device tree holds a PCI function that the PCI bus does not list.',
  GROUPS_MISSING: 'Devices name IOMMU groups, but the groups themselves are not there to be read.',
  MACHINE_BROKEN:
    'The document that libvirt has of a machine is none, or a part of it makes no sense. Where that is what pci assign keeps in it, the machine is left out of assigning; one that is named, or is of the type that is meant, is an error.',
  NODE_DEVICE_BROKEN: 'libvirt lists a device, and what it says of it can not be read.',
  SOURCES_DISAGREE: 'The kernel and libvirt say different things of one device.',
  VF_LINK_BROKEN: 'The links between a physical function and its virtual functions contradict each other.',
  WALK_TRUNCATED: 'A device has more below it than is read.',
} as const;

export type DiagnosticCode = keyof typeof DIAGNOSTICS;
