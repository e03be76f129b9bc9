/** A PC that the lab can be: what is in it, as QEMU's arguments. */
export interface LabMachine {
  readonly summary: string;
  /** What `-machine` takes. */
  readonly board: string;
  /** QEMU's arguments for the devices that only this machine has. */
  readonly devices: readonly string[];
  /** What the disk that it runs from is attached to, if that is not a virtio controller: its drive is `root`. */
  readonly rootDisk?: readonly string[];
  /** The last `root=` counts. */
  readonly kernelArguments: readonly string[];
  /** Shell commands run once it is up, before anything else is. */
  readonly prepare: readonly string[];
}

type Settings = Readonly<Record<string, string | number>>;

function device(model: string, settings: Settings): readonly string[] {
  return [
    '-device',
    [model, ...Object.entries(settings).map(([name, value]) => `${name}=${value}`)].join(','),
  ];
}

/** A root port in a slot of the root bus (`slot.function`, hexadecimal); what hangs on it names `id` as its bus. */
function rootPort(id: string, addr: string, settings: Settings = {}): readonly string[] {
  const [slot = '', fn = ''] = addr.split('.');
  const chassis = Number.parseInt(slot, 16) * 8 + Number(fn);
  return device('pcie-root-port', { id, chassis, addr, ...settings });
}

/** A network card with a link, to a network that leads nowhere. `number` tells it from the others, in its MAC too. */
function nic(model: string, number: number, settings: Settings): readonly string[] {
  const mac = `52:54:00:00:00:${number.toString(16).padStart(2, '0')}`;
  return [
    ...['-netdev', `user,id=net${number},restrict=on`],
    ...device(model, { netdev: `net${number}`, mac, ...settings }),
  ];
}

/** An NVMe controller with room for `vfs` virtual functions. */
function nvme(id: string, bus: string, vfs: number): readonly string[] {
  return [
    ...device('nvme-subsys', { id: `${id}-subsystem` }),
    ...device('nvme', {
      id,
      bus,
      serial: `LAB-${id.toUpperCase()}`,
      subsys: `${id}-subsystem`,
      sriov_max_vfs: vfs,
      // Two queues and one interrupt for each VF, and what the PF keeps for itself.
      sriov_vq_flexible: 2 * vfs,
      sriov_vi_flexible: vfs,
      max_ioqpairs: 2 * vfs + 2,
      msix_qsize: 2 * vfs + 1,
    }),
  ];
}

/** By which the machine would be reached: the guest gives it an address and the default route by its MAC. */
const UPLINK = nic('e1000e', 1, { addr: '0a.0' });

/** An SR-IOV network card and an SR-IOV NVMe controller, each behind a root port of its own. */
function sriovCards(networkSlot: string, driveSlot: string): readonly string[] {
  return [
    ...rootPort('port-igb', networkSlot),
    ...nic('igb', 2, { bus: 'port-igb' }),
    ...rootPort('port-nvme', driveSlot),
    ...nvme('nvme0', 'port-nvme', 4),
    // Empty, and what is written is kept while the machine is up.
    ...['-drive', 'driver=null-co,size=67108864,read-zeroes=on,snapshot=on,if=none,id=empty'],
    ...device('nvme-ns', { bus: 'nvme0', drive: 'empty' }),
  ];
}

const SRIOV_CARDS = sriovCards('04.0', '05.0');

/** Two functions of one card without isolation between them: one group of two. */
function twoFunctions(slot: string): readonly string[] {
  return [
    ...rootPort('port-pair', slot),
    ...nic('e1000e', 3, { bus: 'port-pair', addr: '00.0', multifunction: 'on' }),
    ...nic('e1000e', 4, { bus: 'port-pair', addr: '00.1' }),
  ];
}

/** A switch without ACS, the only kind that QEMU has: each downstream port is in the group of what is below it. */
function switchWith(card: readonly string[]): readonly string[] {
  return [
    ...rootPort('port-switch', '07.0'),
    ...device('x3130-upstream', { id: 'switch', bus: 'port-switch' }),
    ...device('xio3130-downstream', { id: 'switch-0', bus: 'switch', chassis: 1, addr: '00.0' }),
    ...device('xio3130-downstream', { id: 'switch-1', bus: 'switch', chassis: 2, addr: '01.0' }),
    ...card,
    // No driver of Linux takes it.
    ...device('edu', { bus: 'switch-1' }),
  ];
}

/** Conventional PCI behind a bridge: one group of the bridge and both cards. */
function conventional(slot: string): readonly string[] {
  return [
    ...rootPort('port-conventional', slot),
    ...device('pcie-pci-bridge', { id: 'conventional', bus: 'port-conventional' }),
    ...nic('e1000', 6, { bus: 'conventional', addr: '01.0' }),
    ...['-audiodev', 'none,id=silence'],
    ...device('AC97', { bus: 'conventional', addr: '02.0', audiodev: 'silence' }),
  ];
}

/** Two root ports without ACS as functions of one slot: one group of both and of all that is behind them. */
const PORTS_WITHOUT_ACS = [
  ...rootPort('port-usb', '09.0', { multifunction: 'on', 'disable-acs': 'on' }),
  ...rootPort('port-display', '09.1', { 'disable-acs': 'on' }),
  ...device('qemu-xhci', { bus: 'port-usb' }),
  ...device('bochs-display', { bus: 'port-display' }),
];

const RICH = [
  ...UPLINK,
  ...SRIOV_CARDS,
  ...twoFunctions('06.0'),
  ...switchWith(nic('e1000e', 5, { bus: 'switch-0' })),
  ...conventional('08.0'),
  ...PORTS_WITHOUT_ACS,
];

/** In which slot of the root bus twins are that no serial number in their configuration space tells apart. */
interface TwinSlots {
  readonly spareDrive: string;
  readonly rootDrive: string;
  readonly spareNic: string;
  readonly otherNic: string;
}

const TWIN_SLOTS: TwinSlots = {
  spareDrive: '11.0',
  rootDrive: '12.0',
  spareNic: '13.0',
  otherNic: '14.0',
};

/** The same after both pairs were swapped. */
const SWAPPED_SLOTS: TwinSlots = {
  spareDrive: TWIN_SLOTS.rootDrive,
  rootDrive: TWIN_SLOTS.spareDrive,
  spareNic: TWIN_SLOTS.otherNic,
  otherNic: TWIN_SLOTS.spareNic,
};

/** Where both SR-IOV network cards of one kind are: the one that all machines have, and its twin. */
const IGB_SLOTS = ['05.0', '15.0'] as const;

/** One namespace, and no VFs. */
function plainNvme(serial: string, bus: string, drive: string): readonly string[] {
  return device('nvme', { bus, serial, drive });
}

/**
 * The same, after somebody has moved cards: the SR-IOV cards, which changed places, the pair, and the one in the switch, in
 * whose place is another of its kind. And twins: the NVMe controllers LAB-SPARE and LAB-ROOT, two e1000, and the igb's.
 */
function moved([igb, igbTwin]: readonly [string, string], twins: TwinSlots): readonly string[] {
  return [
    ...UPLINK,
    ...sriovCards(igb, '04.0'),
    ...conventional('06.0'),
    ...switchWith(nic('e1000e', 7, { bus: 'switch-0' })),
    ...twoFunctions('08.0'),
    ...PORTS_WITHOUT_ACS,
    ...rootPort('port-moved', '10.0'),
    ...nic('e1000e', 5, { bus: 'port-moved' }),
    ...['-blockdev', 'driver=null-co,node-name=spare,size=67108864,read-zeroes=on'],
    ...rootPort('port-spare', twins.spareDrive),
    ...plainNvme('LAB-SPARE', 'port-spare', 'spare'),
    ...rootPort('port-root', twins.rootDrive),
    ...nic('e1000', 8, { addr: twins.spareNic }),
    ...nic('e1000', 9, { addr: twins.otherNic }),
    ...rootPort('port-igb-twin', igbTwin),
    ...nic('igb', 10, { bus: 'port-igb-twin' }),
  ];
}

/** QEMU's limit for one NVMe controller. */
const MAX_NVME_VFS = 127;

const LARGE_CONTROLLERS = ['10.0', '11.0', '12.0'].flatMap((addr, index) => [
  ...rootPort(`port-large${index}`, addr),
  ...nvme(`large${index}`, `port-large${index}`, MAX_NVME_VFS),
]);

const BOARD = 'q35,kernel-irqchip=split';
const INTEL_IOMMU = device('intel-iommu', { intremap: 'on', 'caching-mode': 'on' });

/**
 * The machines, by name. In each, what it must never lose: the disk that it runs from, its uplink, and the
 * devices that the lab speaks to it through.
 */
export const MACHINES = {
  intel: {
    summary: 'Intel IOMMU; SR-IOV, a switch, conventional PCI, ports with and without ACS',
    board: BOARD,
    devices: [...INTEL_IOMMU, ...RICH],
    kernelArguments: ['intel_iommu=on'],
    prepare: [],
  },
  moved: {
    summary: 'intel with cards in other slots, another of the same kind where one was, and twins',
    board: BOARD,
    devices: [
      ...INTEL_IOMMU,
      ...moved(IGB_SLOTS, TWIN_SLOTS),
      ...['-blockdev', 'driver=null-co,node-name=other,size=67108864,read-zeroes=on'],
      ...plainNvme('LAB-ROOT', 'port-root', 'other'),
    ],
    kernelArguments: ['intel_iommu=on'],
    prepare: [],
  },
  swapped: {
    summary: 'moved with its twins swapped; the NVMe controller LAB-ROOT has the root file system',
    board: BOARD,
    devices: [...INTEL_IOMMU, ...moved([IGB_SLOTS[1], IGB_SLOTS[0]], SWAPPED_SLOTS)],
    rootDisk: plainNvme('LAB-ROOT', 'port-root', 'root'),
    kernelArguments: ['intel_iommu=on', 'root=/dev/disk/by-id/nvme-QEMU_NVMe_Ctrl_LAB-ROOT'],
    prepare: [],
  },
  amd: {
    summary: 'AMD IOMMU, the same cards',
    board: BOARD,
    devices: [...device('amd-iommu', { intremap: 'off' }), ...RICH],
    // With interrupts through the IO-APIC the kernel stops at its timer.
    kernelArguments: ['noapic'],
    prepare: [],
  },
  virtio: {
    summary: 'virtio-iommu, the same cards: a device has its group from its first driver on',
    board: BOARD,
    devices: [...device('virtio-iommu-pci', { addr: '01.0' }), ...RICH],
    kernelArguments: [],
    prepare: [],
  },
  none: {
    summary: 'no IOMMU, the same cards',
    board: BOARD,
    devices: RICH,
    kernelArguments: [],
    prepare: [],
  },
  plain: {
    summary: 'no IOMMU and no cards: the quickest to be up, for what asks for neither',
    board: BOARD,
    devices: UPLINK,
    kernelArguments: [],
    prepare: [],
  },
  large: {
    summary: 'Intel IOMMU; 392 VFs of SR-IOV cards',
    board: BOARD,
    devices: [...INTEL_IOMMU, ...UPLINK, ...SRIOV_CARDS, ...LARGE_CONTROLLERS],
    kernelArguments: ['intel_iommu=on'],
    prepare: [
      // Without drivers: a VF of NVMe answers to none before its PF has given it queues.
      `for pf in /sys/bus/pci/drivers/nvme/0* /sys/bus/pci/drivers/igb/0*; do
         echo 0 > "$pf/sriov_drivers_autoprobe"
         cat "$pf/sriov_totalvfs" > "$pf/sriov_numvfs"
       done`,
    ],
  },
} as const satisfies Readonly<Record<string, LabMachine>>;

export type MachineName = keyof typeof MACHINES;
