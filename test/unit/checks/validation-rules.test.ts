import { describe, expect, it } from 'vitest';
import { UNREAD } from '../../../lib/base/known.ts';
import type { Finding } from '../../../lib/checks/finding.ts';
import { validateHost } from '../../../lib/checks/validation/validate.ts';
import type { ValidatedHost } from '../../../lib/checks/validation/validated-host.ts';
import { PURPOSES } from '../../../lib/checks/validation/validation-rule.ts';
import { DEVICE_RULES, HOST_RULES, MACHINE_RULES } from '../../../lib/checks/validation/validation-rules.ts';
import type { Verdict } from '../../../lib/checks/validation/verdict.ts';
import type { MachineNeeds } from '../../../lib/facts/machine-needs.ts';
import type { FunctionSpec, HostSpec } from '../../support/host-spec.ts';
import type { HostTree } from '../../support/host-tree.ts';
import {
  AT,
  goodFunctions,
  goodHost,
  machineWith,
  neededDevice,
  putStatus,
  readValidated,
  SECURE_BOOT,
} from '../../support/validated-hosts.ts';

// Every rule has a host that it finds well, and one that it does not; and hosts of which it can't tell.

/** A host, by what is other in it than in one on which all is well. */
interface Case {
  readonly change?: (tree: HostTree) => void;
  readonly spec?: Partial<HostSpec>;
  readonly functions?: Readonly<Record<string, Partial<FunctionSpec>>>;
  readonly more?: Partial<ValidatedHost>;
  readonly machine?: Partial<MachineNeeds>;
  /** The device that a rule of devices is about; that to be given away where it is left out. */
  readonly device?: string;
  /** What the rule says of it. */
  readonly says: string | RegExp;
}

const without = (...paths: readonly string[]) => ({
  change: (tree: HostTree) => {
    for (const path of paths) tree.remove(path);
  },
});
const attribute = (path: string, text: string) => ({
  change: (tree: HostTree) => {
    tree.remove(path);
    tree.attribute(path, text);
  },
});
const IRQ = '/sys/kernel/irq';
const CONTROLLERS = '/sys/fs/cgroup/cgroup.controllers';
const controllers = (text: string) => attribute(CONTROLLERS, text);
const NO_IOMMU: Partial<HostSpec> = {
  functions: goodFunctions().map(({ group: _, sriov: __, ...each }) => each),
  commandLine: 'root=/dev/vda1 ro',
};
/** All that it says since it stopped to answer. */
const SILENT: Partial<FunctionSpec> = { config: new Uint8Array(256).fill(0xff) };
const FIRST = { ...machineWith(), isRunning: true, name: 'first' };
const HELD: Finding = {
  name: 'net-address',
  severity: 'refuses',
  ruleSeverity: 'refuses',
  subject: AT.graphics,
  message: 'carries 10.0.0.5/24',
  evidence: [],
  remedy: 'move the address',
};
const DIRECT = { groups: { 5: { reservedRegions: ['0x0000000000000000 0x0000000000000fff direct'] } } };

/** Where a rule does not find a host well. */
const VIOLATED: Readonly<Record<string, Case>> = {
  'hardware-virtualization': {
    ...attribute('/proc/cpuinfo', 'flags\t: fpu hypervisor'),
    says: /neither vmx nor svm/,
  },
  'kvm-device': { ...without('/dev/kvm', '/sys/module/kvm_intel'), says: 'there is no /dev/kvm' },
  'kvm-accessible': {
    ...attribute('/etc/passwd', 'libvirt-qemu:x:64055:64055::/:/bin/false'),
    says: /libvirt-qemu .* cannot open/,
  },
  nested: { ...attribute('/sys/module/kvm_intel/parameters/nested', 'N'), says: /does not allow nested/ },
  'vhost-net': { ...without('/dev/vhost-net'), says: /no \/dev\/vhost-net/ },
  tun: { ...without('/dev/net'), says: /no \/dev\/net\/tun/ },
  'cgroup-cpu': { ...controllers('cpuset io memory'), says: /cpu is not available/ },
  'cgroup-cpuacct': { ...controllers('cpuset io memory'), says: /cpuacct is not available/ },
  'cgroup-cpuset': { ...controllers('cpu io memory'), says: /cpuset is not available/ },
  'cgroup-memory': { ...controllers('cpu cpuset io'), says: /memory is not available/ },
  'cgroup-devices': {
    ...attribute('/boot/config-6.12.9-amd64', 'CONFIG_PCI_IOV=y'),
    says: /devices is not available/,
  },
  'cgroup-blkio': { ...controllers('cpu cpuset memory'), says: /blkio is not available/ },
  'secure-guest': { says: /cannot encrypt/ },
  'iommu-firmware': { ...without('/sys/firmware/acpi/tables/DMAR'), says: /describes no IOMMU/ },
  'iommu-in-effect': { spec: NO_IOMMU, says: /runs without an IOMMU/ },
  'iommu-dma-type': { spec: { groups: { 5: { type: 'identity' } } }, says: /can access all memory/ },
  'interrupt-remapping': { ...without(`${IRQ}/0`, `${IRQ}/1`), says: /VFIO passes no device/ },
  'iommu-address-width': {
    ...attribute('/proc/cpuinfo', 'address sizes\t: 46 bits physical, 48 bits virtual'),
    says: /39 address bits, and the processor has 46/,
  },
  'iommu-large-pages': {
    ...attribute('/sys/devices/virtual/iommu/dmar0/intel-iommu/cap', '660462'),
    says: /only pages of 4 KiB/,
  },
  'vfio-modules': {
    ...without('/sys/module/vfio_pci', '/lib/modules/6.12.9-amd64/modules.dep'),
    says: /has no vfio_pci/,
  },
  'vfio-blocked': {
    change: (tree) => {
      tree.remove('/sys/module/vfio_pci');
      tree.text('/etc/modprobe.d/local.conf', 'blacklist vfio-pci\n');
    },
    says: /vfio_pci must not be loaded/,
  },
  'vfio-node': {
    change: (tree) => chmod(tree, '/dev/vfio/vfio', 0o600),
    says: /cannot open \/dev\/vfio\/vfio/,
  },
  'group-isolation': { functions: { [AT.drive]: { group: 5 } }, says: /several cards share 1 group/ },
  'acs-override': {
    spec: { commandLine: 'root=/dev/vda1 pcie_acs_override=downstream' },
    functions: { '0000:00:01.0': { extended: [] } },
    says: /00:01.0 look isolated but are not/,
  },
  'firmware-regions': { spec: DIRECT, says: /uses memory through 1 group/ },
  reset: { functions: { [AT.drive]: { resetMethods: '' } }, says: '1 device cannot be reset' },
  'unassigned-bars': { functions: { [AT.drive]: unassigned() }, says: /1 BAR of devices/ },
  'sriov-devices': {
    functions: { [AT.network]: { sriov: undefined, extended: [] } },
    says: /no card can create/,
  },
  'sriov-driver': {
    functions: { [AT.network]: { sriov: undefined } },
    says: /02:00.0 cannot create VFs/,
  },
  'sriov-firmware': {
    functions: { [AT.network]: { extended: withoutRoom() } },
    says: /no room for VFs of 02:00.0/,
  },
  'sriov-isolation': {
    functions: { [AT.network]: { group: 8 } },
    says: /02:10.0 cannot be passed through: the card is in the same group/,
  },
  'boot-framebuffer': { ...memoryHeldBy('BOOTFB', '6000000000-60000fffff'), says: /holds memory of 01:00.0/ },
  'spare-display': {
    functions: { [AT.graphics]: { classCode: '020000' } },
    says: /00:02.0 is the only display/,
  },
  lockdown: {
    ...attribute('/sys/kernel/security/lockdown', 'none [integrity] confidentiality'),
    says: /locked down \(integrity\)/,
  },
  'secure-boot': {
    change: (tree) => tree.bytes(SECURE_BOOT, new Uint8Array([6, 0, 0, 0, 1])),
    says: /Secure Boot is on/,
  },
  qemu: { ...without('/usr/bin/qemu-system-x86_64'), says: 'QEMU is not installed' },
  libvirt: { ...without('/run/libvirt/libvirt-sock'), says: 'libvirt does not answer' },
  'security-driver': {
    ...attribute('/etc/libvirt/qemu.conf', 'security_driver = "none"'),
    says: /configured to confine no VM/,
  },
  hooks: {
    change: (tree) => putStatus(tree, '/etc/libvirt/hooks/qemu', { kind: 'file', mode: 0o644 }),
    says: /skips it/,
  },
  uefi: { ...without('/usr/share/OVMF/OVMF_CODE_4M.fd'), says: /no UEFI/ },
  virtiofsd: { ...without('/usr/libexec/virtiofsd'), says: /virtiofsd is not installed/ },
  'folders-9p': { more: { folderDrivers: ['virtiofs'] }, says: 'QEMU is built without 9p' },
  'huge-pages': {
    ...attribute('/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages', '0'),
    says: /no huge pages/,
  },
  persisted: {
    more: { persistence: ['write /etc/portal-gun/early-bindings'] },
    says: /1 step of the persisted changes/,
  },

  'device-kind': { device: '0000:00:01.0', says: /is a bridge/ },
  'bound-elsewhere': {
    change: (tree) => tree.text('/etc/modprobe.d/vfio.conf', 'options vfio-pci ids=10de:2206\n'),
    says: /take 00:02.0 \(i915\) from the host/,
  },
  'device-answers': { functions: { [AT.graphics]: SILENT }, says: /does not answer/ },
  'device-own-group': {
    device: AT.vf,
    functions: { [AT.network]: { group: 8 } },
    says: /it cannot be passed through/,
  },
  'device-domain': {
    functions: { [AT.graphics]: { address: '10000:01:00.0', under: undefined } },
    device: '10000:01:00.0',
    says: /domain 10000/,
  },
  'device-group': {
    functions: { [AT.graphics]: { group: undefined, driver: 'nouveau' } },
    says: 'is not in an IOMMU group',
  },
  'device-neighbours': { functions: { [AT.drive]: { group: 5 } }, says: /only together with 03:00.0/ },
  'device-region': { spec: DIRECT, says: /the firmware uses memory/ },
  'device-spare': { more: { findings: new Map([[AT.graphics, [HELD]]]) }, says: /the host uses it/ },
  'device-reset': {
    functions: { [AT.graphics]: { resetMethods: 'bus' } },
    says: /a bus reset is its only reset/,
  },
  'device-bars': { functions: { [AT.graphics]: unassigned() }, says: /left no room/ },
  'device-framebuffer': { ...memoryHeldBy('efifb', '6000000000-60000fffff'), says: 'efifb holds its memory' },
  'device-rom': { functions: { [AT.graphics]: { bootVga: true } }, says: /is the boot display/ },
  'device-vfs': {
    device: AT.network,
    functions: { [AT.network]: { sriov: undefined } },
    says: /its driver creates no VFs/,
  },

  'machine-type': { ...without('/dev/kvm'), says: /uses KVM/ },
  'machine-memory': { machine: { memoryBytes: 2 ** 36 }, says: /has 64 GiB, and the host 16 GiB/ },
  'machine-memlock': { machine: { hardLimitBytes: 2 ** 31 }, says: /needs 3 GiB locked, and may lock 2 GiB/ },
  'machine-huge-pages': {
    machine: { hugePageBytes: 2 ** 30 },
    says: /requests 2 GiB in huge pages of 1 GiB, and 0 B are free/,
  },
  'machine-files': {
    machine: { files: new Map([['/var/lib/a.rom', false]]) },
    says: /lacks \/var\/lib\/a.rom/,
  },
  'machine-uefi': { ...without('/usr/share/qemu'), machine: { wantsUefi: true }, says: /requests UEFI/ },
  'machine-virtiofs': {
    ...without('/usr/libexec/virtiofsd'),
    machine: { wantsVirtiofs: true },
    says: /virtiofsd is not installed/,
  },
  'machine-devices': {
    functions: {},
    machine: { devices: [neededDevice('0000:09:00.0' as typeof AT.vf)] },
    says: /0000:09:00.0 is not on the bus/,
  },
  'machine-neighbours': {
    functions: { [AT.drive]: { group: 5 } },
    says: /03:00.0 in group 5 is held by nvme/,
  },
  'machine-guest-iommu': {
    functions: { [AT.drive]: { group: 5 } },
    machine: {
      iommu: 'intel',
      devices: [
        neededDevice(AT.graphics, { requester: '1:0.0' }),
        neededDevice(AT.drive, { requester: '2:0.0' }),
      ],
    },
    says: /01:00.0 and 03:00.0 of group 5 have separate address spaces in the guest/,
  },
  'machine-saved': { machine: { hasManagedSave: true }, says: /restores the devices of that time/ },
  'machine-alone': { more: { machines: [FIRST] }, says: `first uses ${AT.graphics} as well` },
  'machine-uplink': {
    functions: { [AT.network]: { below: { 'net/enp2s0/flags': '0x1002', 'net/enp2s0/operstate': 'down' } } },
    machine: { devices: [neededDevice(AT.vf, { kind: 'interface' })] },
    says: /enp2s0, the interface of the PF of .*, is down/,
  },
};

/** Where a rule finds a host well; as the good host is, where it is not said. */
const HOLDS: Readonly<Record<string, Omit<Case, 'says'>>> = {
  'secure-guest': {
    change: (tree) => {
      tree.remove('/proc/cpuinfo');
      tree.attribute('/proc/cpuinfo', 'flags\t: fpu svm sev');
      tree.attribute('/sys/module/kvm_amd/parameters/sev', 'Y');
    },
  },
  'device-vfs': { device: AT.network },
  'device-own-group': { device: AT.vf },
  'machine-huge-pages': { machine: { hugePageBytes: 0, memoryBytes: 2 ** 28 } },
  'machine-uefi': { machine: { wantsUefi: true } },
  'machine-virtiofs': { machine: { wantsVirtiofs: true } },
  'machine-guest-iommu': {
    functions: { [AT.drive]: { group: 5 } },
    machine: {
      iommu: 'intel',
      devices: [
        neededDevice(AT.graphics, { requester: 'bus 3' }),
        neededDevice(AT.drive, { requester: 'bus 3' }),
      ],
    },
  },
  'machine-uplink': {
    functions: { [AT.network]: { below: { 'net/enp2s0/flags': '0x1003', 'net/enp2s0/operstate': 'up' } } },
    machine: { devices: [neededDevice(AT.vf, { kind: 'interface' })] },
  },
};

function chmod(tree: HostTree, path: string, mode: number): void {
  tree.remove(path);
  putStatus(tree, path, { mode });
}

function memoryHeldBy(owner: string, range: string) {
  return {
    change: (tree: HostTree) => {
      tree.remove('/proc/iomem');
      tree.text('/proc/iomem', `${range} : ${owner}\n`);
    },
  };
}

/** A BAR of 1 MiB for which there was no room (IORESOURCE_UNSET). */
function unassigned(): Partial<FunctionSpec> {
  const lines = [
    '0x0000000000000000 0x00000000000fffff 0x0000000020040200',
    ...Array(12).fill(`${`0x${'0'.repeat(16)} `.repeat(3).trim()}`),
  ];
  return { bars: {}, attributes: { resource: lines.join('\n') } };
}

function withoutRoom(): NonNullable<FunctionSpec['extended']> {
  const [network] = goodFunctions().filter(({ address }) => address === AT.network);
  const [sriov] = network?.extended ?? [];
  if (sriov === undefined) throw new Error('it has SR-IOV');
  const body = [...sriov.body];
  body.fill(0, 32, 36);
  return [{ ...sriov, body }];
}

const RULES = [...HOST_RULES, ...DEVICE_RULES, ...MACHINE_RULES];

function verdictOn(id: string, each: Omit<Case, 'says'>): Verdict {
  const functions = each.functions === undefined ? {} : { functions: goodFunctions(each.functions) };
  const host = readValidated(goodHost(each.change, { ...functions, ...each.spec }), each.more);
  const ofHost = HOST_RULES.find((rule) => rule.id === id);
  if (ofHost !== undefined) return ofHost.evaluate(host);
  const ofMachine = MACHINE_RULES.find((rule) => rule.id === id);
  if (ofMachine !== undefined) return ofMachine.evaluate(machineWith(each.machine), host);
  const device = host.devices?.find(({ address }) => address === (each.device ?? AT.graphics));
  if (device === undefined) throw new Error('there is no such device');
  const ofDevice = DEVICE_RULES.find((rule) => rule.id === id);
  if (ofDevice === undefined) throw new Error(`there is no rule ${id}`);
  return ofDevice.evaluate(device, host);
}

describe('each rule', () => {
  it('has a case in which it does not hold', () => {
    expect(Object.keys(VIOLATED).sort()).toEqual(RULES.map(({ id }) => id).sort());
  });

  it.each(RULES.map(({ id }) => id))('%s finds what is not well, and says what to do', (id) => {
    const each = VIOLATED[id] as Case;
    const verdict = verdictOn(id, each);
    expect(verdict).toMatchObject({ kind: 'violated', message: expect.stringMatching(each.says) });
    expect('remedy' in verdict && verdict.remedy.length).toBeGreaterThan(5);
  });

  it.each(RULES.map(({ id }) => id))('%s holds where all is well', (id) => {
    expect(verdictOn(id, HOLDS[id] ?? {})).toMatchObject({ kind: 'holds' });
  });

  it('has an id of its own, and is for something', () => {
    expect(new Set(RULES.map(({ id }) => id)).size).toBe(RULES.length);
    for (const { id, purposes } of RULES) {
      expect(id).toMatch(/^[a-z0-9-]+$/);
      expect(purposes.length).toBeGreaterThan(0);
      expect(purposes.filter((purpose) => !PURPOSES.includes(purpose))).toEqual([]);
    }
  });
});

describe('a rule about all devices, where some are asked about,', () => {
  const askedFor = (id: string, functions: Case['functions'], ...addresses: readonly string[]): Verdict => {
    const spec = { functions: goodFunctions().map((each) => ({ ...each, ...functions?.[each.address] })) };
    const host = readValidated(goodHost(() => {}, spec));
    const asked = host.devices?.filter(({ address }) => addresses.includes(address)) ?? [];
    const rule = HOST_RULES.find((each) => each.id === id);
    return rule?.evaluate({ ...host, asked }) as Verdict;
  };

  it.each([
    ['unassigned-bars', { [AT.drive]: unassigned() }],
    ['group-isolation', { [AT.drive]: { group: 6 } }],
  ])('%s judges these', (id, functions) => {
    expect(askedFor(id, functions, AT.drive)).toMatchObject({ kind: 'violated' });
    expect(askedFor(id, functions, AT.graphics)).toMatchObject({ kind: 'holds' });
  });
});

describe('a host of which nothing was read but its devices', () => {
  const host = readValidated(
    { label: 'bare', functions: goodFunctions() },
    { persistence: null, folderDrivers: UNREAD, machines: UNREAD },
  );
  const results = validateHost(host, { purposes: [...PURPOSES], devices: [], machine: null });

  it('passes no rule that looks at more', () => {
    const passed = results.filter(({ outcome }) => outcome === 'pass').map(({ rule }) => rule.id);
    expect(passed.sort()).toEqual([
      'acs-override',
      'firmware-regions',
      'group-isolation',
      'iommu-dma-type',
      'iommu-in-effect',
      'reset',
      'spare-display',
      'sriov-devices',
      'sriov-driver',
      'sriov-firmware',
      'sriov-isolation',
      'unassigned-bars',
    ]);
  });

  it('fails none either', () => {
    expect(results.filter(({ outcome }) => outcome === 'fail' || outcome === 'warn')).toEqual([]);
  });
});
