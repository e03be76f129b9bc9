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

/** Every error a user can meet. The reference is generated from this table. */
export const ERRORS = {
  BAD_ARGUMENT: {
    exit: 'usage',
    summary: 'An argument or option is not one of those the command takes.',
    remedy: 'see the command with --help',
  },
  BAD_SELECTOR: {
    exit: 'usage',
    summary: 'A selector is not of a known form.',
    remedy:
      'a selector is an address (01:00.0), vendor:device (8086:10c9), pf, vf, class=, driver=, group=, netdev=, block=, numa=, or a word of a name',
  },
  BAD_HOST: {
    exit: 'usage',
    summary: 'What --host names is neither a snapshot nor a directory with a sys/ in it.',
    remedy: 'give a file made by pci snapshot, or a directory that holds sys/',
  },
  BAD_SNAPSHOT: {
    exit: 'usage',
    summary: 'A snapshot file is damaged, cut short, or of a later format.',
    remedy: 'capture it again with pci snapshot',
  },
  BAD_NAMES: {
    exit: 'usage',
    summary: 'The file that --pci-ids names is not a list of PCI ids.',
    remedy: 'give a file in the format of pci.ids, or the word bundled',
  },
  BAD_POLICY: {
    exit: 'usage',
    summary: 'A policy file is no YAML, or says something that a policy can not say.',
    remedy: 'see docs/reference/policy.md for what it can say',
  },
  BAD_RULES: {
    exit: 'usage',
    summary: 'A file of assignment rules is no YAML, or says something that such rules can not say.',
    remedy: 'see docs/reference/assignment-rules.md for what it can say; pci assign --print-rules writes one',
  },
  BAD_XML: {
    exit: 'usage',
    summary: 'A document is no XML, or not what libvirt would write.',
    remedy: 'see the line and column; virsh dumpxml and virsh nodedev-dumpxml write what is read',
  },
  NOT_FOUND: {
    exit: 'notFound',
    summary: 'A file or folder that was named does not exist.',
    remedy: 'check the path',
  },
  DEVICE_NOT_FOUND: {
    exit: 'notFound',
    summary: 'No device of the host is what was asked for.',
    remedy: 'see what there is: pci list',
  },
  MACHINE_NOT_FOUND: {
    exit: 'notFound',
    summary: 'libvirt knows no machine of that name.',
    remedy: 'see what there is: portal list',
  },
  AMBIGUOUS_DEVICE: {
    exit: 'usage',
    summary: 'More than one device is meant where one is needed.',
    remedy: 'give the whole address',
  },
  PERMISSION_DENIED: {
    exit: 'permission',
    summary: 'The kernel, or libvirt, refused access.',
    remedy: 'run it as root',
  },
  NO_PCI: {
    exit: 'unsupported',
    summary: 'The host shows no PCI bus.',
    remedy: 'run it on the machine itself: a container or sandbox often hides /sys/bus/pci',
  },
  NO_IOMMU: {
    exit: 'unsupported',
    summary: 'The kernel runs without an IOMMU: no device can be given to a VM safely.',
    remedy: 'switch it on in the firmware and on the kernel command line; see pci groups',
  },
  NO_DRIVER: {
    exit: 'unsupported',
    summary: 'The kernel has no such driver, neither built in nor as a module.',
    remedy:
      'see that it is spelt right; for vfio-pci, install the kernel with all of its modules (CONFIG_VFIO_PCI)',
  },
  NO_SRIOV: {
    exit: 'unsupported',
    summary: 'The device makes no virtual functions: it is no physical function, or its driver makes none.',
    remedy: 'see which can: pci sriov list',
  },
  NO_ROM: {
    exit: 'notFound',
    summary: 'The device has no option ROM.',
    remedy: 'see which devices have one: pci rom list',
  },
  ROM_UNREADABLE: {
    exit: 'toolFailed',
    summary: 'The kernel gave nothing of an option ROM, or not the same twice.',
    remedy: 'see what the kernel says of it: dmesg',
  },
  BAD_ROM: {
    exit: 'refused',
    summary: 'What was read of an option ROM is damaged, or for another device; it was not written.',
    remedy: 'see what is wrong with it: pci rom inspect; write it all the same: --allow bad-rom',
  },
  TOO_FEW_VFS: {
    exit: 'refused',
    summary: 'A PF has fewer free virtual functions than machines are to have one each.',
    remedy: 'see which machine has which: pci assignments, portal list',
  },
  NOT_OURS: {
    exit: 'refused',
    summary: 'A file that somebody else made stands where one of ours would be; it was left as it is.',
    remedy: 'move it to another name, or do by hand what pci validate says',
  },
  CANNOT_BE_GIVEN: {
    exit: 'refused',
    summary: 'The device can not be given to a VM, whatever is done.',
    remedy: 'pci show and pci groups say why',
  },
  DOMAIN_TOO_LARGE: {
    exit: 'unsupported',
    summary:
      'A device in a PCI domain beyond 16 bits, such as one behind VMD: no VM can be given it by its address.',
    remedy: 'give the controller that makes the domain, or have it switched off in the firmware',
  },
  NO_GUEST_SLOT: {
    exit: 'unsupported',
    summary: 'A VM has no PCI slot for a device, or it is not known how its slots are laid out.',
    remedy: 'leave the guest address out: libvirt then chooses one, and adds what it needs',
  },
  CANNOT_PERSIST: {
    exit: 'refused',
    summary:
      'A binding, or the VFs of a PF, can not be made to outlive a boot: the device could not be found again.',
    remedy: 'do it without --persist, after each boot',
  },
  BAD_RECORD: {
    exit: 'usage',
    summary: 'The record of the bindings or of the VFs that outlive a boot is damaged, or of a later format.',
    remedy:
      'put it in order, or remove it and say again what is to outlive a boot: pci bind --persist, pci sriov set --persist',
  },
  ASSIGNED_ELSEWHERE: {
    exit: 'refused',
    summary: 'A device is given to another machine, and one alone may have it.',
    remedy: 'see who was given what: pci assignments',
  },
  NOT_RUNNING: {
    exit: 'refused',
    summary: 'A machine that is to get or lose a device as it runs does not run, or is paused.',
    remedy: 'start it first, or leave --live out: a definition is changed whether or not its machine runs',
  },
  START_REFUSED: {
    exit: 'refused',
    summary:
      'A machine must not start: a device that was assigned to it is in use, or is not the one that was meant.',
    remedy:
      'see how assignments stand: pci assignments; put moved devices in order: pci assignments --repair',
  },
  CANNOT_GUARD: {
    exit: 'refused',
    summary: 'libvirt can not be told to ask before it starts a machine.',
    remedy: 'start pci from where it is installed',
  },
  DEVICE_IN_USE: {
    exit: 'refused',
    summary: 'The host uses a device that would be taken from it.',
    remedy: 'free the device; what may be lifted is lifted with --allow NAME',
  },
  HOST_LOCKED: {
    exit: 'refused',
    summary: 'Another process is changing this host.',
    remedy: 'wait until it is done',
  },
  RECOVERY_NEEDED: {
    exit: 'refused',
    summary: 'An earlier change was cut short, or awaits confirmation.',
    remedy: 'put the host in order first: pci recover',
  },
  NOTHING_TO_CONFIRM: {
    exit: 'notFound',
    summary: 'No change awaits confirmation.',
    remedy: 'what was not confirmed in time is undone: pci list shows which driver each device is on',
  },
  WATCHDOG_FAILED: {
    exit: 'toolFailed',
    summary:
      'What would undo a change that nobody confirms can not be started; without it nothing is changed.',
    remedy: 'see what keeps systemd-run from it, or leave --confirm-within out',
  },
  JOURNAL_FAILED: {
    exit: 'toolFailed',
    summary: 'The journal of a change can not be written or read; without one nothing is changed.',
    remedy: 'check that /var/lib/portal-gun can be written, and that its disk is not full',
  },
  TOOL_MISSING: {
    exit: 'toolFailed',
    summary: 'A program that is needed is not installed.',
    remedy: 'install the package that it is of',
  },
  TOOL_FAILED: {
    exit: 'toolFailed',
    summary: 'A program that is needed failed.',
    remedy: 'see what it said',
  },
  NO_LIBVIRT: {
    exit: 'toolFailed',
    summary: 'No libvirt answers where it was asked.',
    remedy: 'start it: systemctl start libvirtd, or virtqemud and virtnodedevd',
  },
  LIBVIRT_TOO_OLD: {
    exit: 'unsupported',
    summary: 'virsh, or the libvirt that it asks, is older than libvirt 8.',
    remedy: 'install libvirt 8 or later',
  },
  NOT_SIMULATED: {
    exit: 'unsupported',
    summary: 'What the kernel would answer to a write does not follow from the snapshot.',
    remedy: 'capture the host again, as root, with this version, or try it on the machine itself',
  },
  FILE_EXISTS: {
    exit: 'refused',
    summary: 'A file that would be written is there already, and holds something else.',
    remedy: 'write to another path, or replace it: --overwrite',
  },
  OUTPUT_FAILED: {
    exit: 'toolFailed',
    summary:
      'The output could not be written: a file, standard output or standard error. A change is made, or undone, all the same.',
    remedy: 'check the folder, its permissions and the free space',
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

export interface ErrorDetails {
  /** What the error is about: an address, a path, an option. */
  readonly subject?: string;
  /** What to do; the table's remedy where it is left out. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** What was asked for can't be delivered. The code decides the exit status. */
export class PortalGunError extends Error {
  readonly code: ErrorCode;
  readonly subject: string | null;
  readonly hint: string;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'PortalGunError';
    this.code = code;
    this.subject = details.subject ?? null;
    this.hint = details.hint ?? ERRORS[code].remedy;
  }

  get exitCode(): number {
    return EXIT[ERRORS[this.code].exit];
  }
}
