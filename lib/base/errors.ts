import { FILE_ERRORS } from './file-errors.ts';
import { MACHINE_ERRORS } from './machine-errors.ts';

/** Exit codes of both programs. A contract: `docs/reference/exit-codes.md` is generated from it. */
export const EXIT = {
  ok: 0,
  findings: 1,
  usage: 2,
  notFound: 3,
  refused: 4,
  permission: 5,
  unsupported: 6,
  toolFailed: 7,
  partial: 8,
  internal: 70,
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitName = keyof typeof EXIT;

interface ErrorEntry {
  readonly exit: ExitName;
  readonly summary: string;
  readonly remedy: string;
}

/** Every error of the programs and the library. The reference is generated from this table. */
export const ERRORS = {
  BAD_ARGUMENT: {
    exit: 'usage',
    summary: 'The command does not accept an argument or option.',
    remedy: 'run the command with --help',
  },
  BAD_SELECTOR: {
    exit: 'usage',
    summary: 'A selector has an unknown form.',
    remedy:
      'a selector is an address (01:00.0), vendor:device (8086:10c9), pf, vf, class=, driver=, group=, netdev=, block=, numa=, or a word of a name',
  },
  BAD_HOST: {
    exit: 'usage',
    summary: '--host names neither a snapshot nor a directory that contains sys/.',
    remedy: 'use a file made by pci snapshot, or a directory that contains sys/',
  },
  BAD_SNAPSHOT: {
    exit: 'usage',
    summary: 'A snapshot file is damaged, incomplete, or has a newer format.',
    remedy: 'capture it again with pci snapshot',
  },
  BAD_NAMES: {
    exit: 'usage',
    summary: 'The file named by --pci-ids is not a list of PCI ids.',
    remedy: 'use a file in the format of pci.ids, or the word bundled',
  },
  BAD_POLICY: {
    exit: 'usage',
    summary: 'A policy file is not valid YAML, or has an entry that is not allowed.',
    remedy: 'see the format in docs/reference/policy.md',
  },
  BAD_RULES: {
    exit: 'usage',
    summary: 'A file of assignment rules is not valid YAML, or has an entry that is not allowed.',
    remedy:
      'see the format in docs/reference/assignment-rules.md; pci assign --print-rules prints an example',
  },
  BAD_DEFINITION: {
    exit: 'usage',
    summary:
      'The definition of a machine has a value that is not allowed, or is not valid YAML, JSON or TypeScript.',
    remedy: 'list everything that is wrong with it: portal check NAME',
  },
  BAD_XML: {
    exit: 'usage',
    summary: 'A document is not valid XML, or not a document of libvirt.',
    remedy: 'check the line and column; virsh dumpxml and virsh nodedev-dumpxml print valid input',
  },
  NOT_FOUND: {
    exit: 'notFound',
    summary: 'A named file or directory does not exist.',
    remedy: 'check the path',
  },
  DEVICE_NOT_FOUND: {
    exit: 'notFound',
    summary: 'The host has no such device.',
    remedy: 'list the devices: pci list',
  },
  MACHINE_NOT_FOUND: {
    exit: 'notFound',
    summary: 'libvirt has no VM with this name.',
    remedy: 'list the VMs: portal list',
  },
  NO_FOLDER: {
    exit: 'notFound',
    summary: 'There is no folder of a machine with this name.',
    remedy: 'list the machines: portal list; create one: portal new NAME',
  },
  AMBIGUOUS_DEVICE: {
    exit: 'usage',
    summary: 'A selector matches several devices, but only one is allowed.',
    remedy: 'use the full address',
  },
  PERMISSION_DENIED: {
    exit: 'permission',
    summary: 'The kernel or libvirt denied access.',
    remedy: 'run the command as root',
  },
  NO_PCI: {
    exit: 'unsupported',
    summary: 'The host has no PCI bus.',
    remedy: 'run it on the host itself: containers and sandboxes often hide /sys/bus/pci',
  },
  NO_IOMMU: {
    exit: 'unsupported',
    summary: 'The kernel runs without an IOMMU, so no device can be passed through safely.',
    remedy: 'enable the IOMMU in the firmware, and on the kernel command line: pci validate --fix',
  },
  NO_DRIVER: {
    exit: 'unsupported',
    summary: 'The kernel does not have this driver, neither built in nor as a module.',
    remedy: 'check the spelling; for vfio-pci, install a kernel with all its modules (CONFIG_VFIO_PCI)',
  },
  NO_SRIOV: {
    exit: 'unsupported',
    summary: 'The device cannot create VFs: it is not a PF, or its driver does not support SR-IOV.',
    remedy: 'list the devices that can: pci sriov list',
  },
  NO_ROM: {
    exit: 'notFound',
    summary: 'The device has no option ROM.',
    remedy: 'list the devices that have one: pci rom list',
  },
  ROM_UNREADABLE: {
    exit: 'toolFailed',
    summary: 'The kernel returned no data for an option ROM, or different data on the second read.',
    remedy: 'read the kernel log: dmesg',
  },
  BAD_ROM: {
    exit: 'refused',
    summary: 'The option ROM is damaged or belongs to another device. It was not written.',
    remedy: 'show the problem: pci rom inspect; write it anyway: --allow bad-rom',
  },
  TOO_FEW_VFS: {
    exit: 'refused',
    summary: 'A PF has fewer free VFs than there are VMs that need one.',
    remedy: 'show the VFs of each VM: pci assignments, portal list',
  },
  NOT_OURS: {
    exit: 'refused',
    summary:
      'Another program or person created a file at a path that portal-gun needs. The file was not changed.',
    remedy: 'rename that file, or apply the fix that pci validate shows by hand',
  },
  CANNOT_BE_GIVEN: {
    exit: 'refused',
    summary: 'The device cannot be passed through to a VM.',
    remedy: 'show the reason: pci show DEVICE, pci groups',
  },
  DOMAIN_TOO_LARGE: {
    exit: 'unsupported',
    summary:
      'A device is in a PCI domain above 16 bits, for example behind VMD, so no VM can get it by its address.',
    remedy: 'pass through the controller that creates the domain, or disable the controller in the firmware',
  },
  NO_GUEST_SLOT: {
    exit: 'unsupported',
    summary: 'A VM has no free PCI slot for a device, or its slots could not be determined.',
    remedy: 'omit the guest address: libvirt then chooses one, and adds a port if needed',
  },
  CANNOT_PERSIST: {
    exit: 'refused',
    summary:
      'A binding, or the VFs of a PF, cannot be persisted, because the device could not be found again.',
    remedy: 'run it without --persist, after each boot',
  },
  BAD_RECORD: {
    exit: 'usage',
    summary: 'The record of persisted bindings or VFs is damaged, or has a newer format.',
    remedy: 'fix the record, or delete it and persist again: pci bind --persist, pci sriov set --persist',
  },
  ASSIGNED_ELSEWHERE: {
    exit: 'refused',
    summary: 'A device is assigned to another VM, and only one VM may have it.',
    remedy: 'list the assignments: pci assignments',
  },
  DEVICE_IN_USE: {
    exit: 'refused',
    summary: 'The host uses a device that the change would take from it.',
    remedy: 'stop using the device, or accept the finding with --allow NAME if it can be accepted',
  },
  HOST_LOCKED: {
    exit: 'refused',
    summary: 'Another process is changing this host.',
    remedy: 'wait until it finishes',
  },
  RECOVERY_NEEDED: {
    exit: 'refused',
    summary: 'An earlier change was interrupted, or awaits confirmation.',
    remedy: 'undo it: pci recover; or finish it: pci recover --finish',
  },
  NOTHING_TO_CONFIRM: {
    exit: 'notFound',
    summary: 'No change awaits confirmation.',
    remedy: 'a change that was not confirmed in time was undone; pci list shows the driver of each device',
  },
  WATCHDOG_FAILED: {
    exit: 'toolFailed',
    summary: 'The watchdog, which undoes a change that is not confirmed, cannot start. Nothing was changed.',
    remedy: 'check why systemd-run fails, or omit --confirm-within',
  },
  JOURNAL_FAILED: {
    exit: 'toolFailed',
    summary: 'The journal of a change cannot be written or read. Without a journal, nothing is changed.',
    remedy: 'check that /var/lib/portal-gun is writable and its disk is not full',
  },
  TOOL_MISSING: {
    exit: 'toolFailed',
    summary: 'A required program is not installed.',
    remedy: 'install the package that provides it',
  },
  TOOL_FAILED: {
    exit: 'toolFailed',
    summary: 'A required program failed.',
    remedy: 'read its error message',
  },
  NO_LIBVIRT: {
    exit: 'toolFailed',
    summary: 'libvirt does not answer at this URI.',
    remedy: 'start it: systemctl start libvirtd, or virtqemud and virtnodedevd',
  },
  LIBVIRT_TOO_OLD: {
    exit: 'unsupported',
    summary: 'virsh, or the libvirt that it connects to, is older than version 8.',
    remedy: 'install libvirt 8 or newer',
  },
  NOT_SIMULATED: {
    exit: 'unsupported',
    summary: 'The snapshot does not contain enough data to simulate this write.',
    remedy: 'capture the host again as root with this version, or try it on the host itself',
  },
  ...FILE_ERRORS,
  ...MACHINE_ERRORS,
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

export interface ErrorDetails {
  /** The subject of the error: an address, a path, an option. */
  readonly subject?: string;
  /** An action for the user; by default the remedy of the table. */
  readonly hint?: string;
  readonly cause?: unknown;
  readonly part?: FilePart;
}

/** A part of the file that an error is about, by keys and indices from the root: `withPlace` adds its line. */
interface FilePart {
  readonly text: string;
  readonly path: readonly PropertyKey[];
}

/** An error with a code: the request cannot be completed. The code decides the exit status. */
export class PortalGunError extends Error {
  readonly code: ErrorCode;
  readonly subject: string | null;
  readonly hint: string;
  readonly part: FilePart | null;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'PortalGunError';
    this.code = code;
    this.subject = details.subject ?? null;
    this.hint = details.hint ?? ERRORS[code].remedy;
    this.part = details.part ?? null;
  }

  get exitCode(): number {
    return EXIT[ERRORS[this.code].exit];
  }
}
