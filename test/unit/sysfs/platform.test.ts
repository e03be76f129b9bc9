import { describe, expect, it } from 'vitest';
import { SnapshotHost } from '../../../lib/host/snapshot/snapshot-host.ts';
import { iommuAdvice } from '../../../lib/pci/group/iommu-state.ts';
import { hasSmmu, readIommuState } from '../../../lib/sysfs/iommu-state.ts';
import { HostTree } from '../../support/host-tree.ts';

/** What a host says of itself: files by their paths; names of tables. */
interface Told {
  readonly cpu?: string;
  readonly tables?: readonly string[];
  readonly commandLine?: string;
  readonly files?: Readonly<Record<string, string>>;
}

function stateOf({ cpu, tables, commandLine = 'ro', files = {} }: Told) {
  const tree = new HostTree();
  tree.attribute('/proc/cmdline', commandLine);
  if (cpu !== undefined) tree.text('/proc/cpuinfo', `${cpu}\n`);
  if (tables === undefined) tree.directory('/sys/firmware');
  else for (const name of [...tables, 'FACP']) tree.attribute(`/sys/firmware/acpi/tables/${name}`, '');
  for (const [path, text] of Object.entries(files)) tree.text(path, text);
  return readIommuState(new SnapshotHost(tree.snapshot('x')));
}

const advice = (told: Told): string => iommuAdvice(stateOf(told));
const X86_WORDS = /VT-d|AMD-Vi|(intel|amd)_iommu/;
const INTEL = 'vendor_id\t: GenuineIntel\nflags\t\t: fpu vmx';
const ARM = 'CPU implementer\t: 0x48\nCPU architecture: 8';

describe('the architecture of a host', () => {
  it.each([
    ['arm', { cpu: ARM }],
    ['arm', { files: { '/proc/sys/kernel/arch': 'aarch64\n' } }],
    ['arm', { files: { '/proc/sys/kernel/osrelease': '6.8.5-301.fc40.aarch64\n' } }],
    ['arm', { tables: ['GTDT'] }],
    ['power', { cpu: 'cpu\t\t: POWER9, altivec supported' }],
    ['s390', { cpu: 'vendor_id       : IBM/S390' }],
    ['riscv', { cpu: 'hart\t\t: 1\nisa\t\t: rv64imafdc' }],
    ['loongarch', { cpu: 'CPU Family\t\t: Loongson-64bit' }],
    ['mips', { files: { '/proc/sys/kernel/arch': 'mips64\n' } }],
    ['other', { files: { '/proc/sys/kernel/arch': 'sparc64\n' } }],
  ] as const)('is %s, of which nobody hears of Intel or AMD (%o)', (architecture, told) => {
    expect(stateOf(told).architecture).toBe(architecture);
    expect(advice(told)).not.toMatch(X86_WORDS);
  });

  it('is x86, or is not told', () => {
    expect(stateOf({ cpu: INTEL }).architecture).toBe('x86');
    expect(stateOf({ files: { '/proc/sys/kernel/osrelease': '6.12.9-amd64' } }).architecture).toBe('x86');
    expect(stateOf({}).architecture).toBeNull();
  });
});

describe('what a host runs under', () => {
  const dmi = (vendor: string, product: string) => ({
    '/sys/class/dmi/id/sys_vendor': `${vendor}\n`,
    '/sys/class/dmi/id/product_name': `${product}\n`,
  });

  it.each([
    [
      { '/sys/hypervisor/type': 'xen\n', '/proc/xen/capabilities': 'control_d\n' },
      { kind: 'xen', isHost: true },
    ],
    [
      { '/sys/hypervisor/type': 'xen\n', '/sys/hypervisor/uuid': '00000000-0000-0000-0000-000000000000\n' },
      { kind: 'xen', isHost: true },
    ],
    [
      { '/sys/hypervisor/type': 'xen\n', '/proc/xen/capabilities': '' },
      { kind: 'xen', isHost: false },
    ],
    [{ '/sys/bus/vmbus/devices/a/id': '1' }, { kind: 'hyper-v', isHost: false }],
    [dmi('Microsoft Corporation', 'Virtual Machine'), { kind: 'hyper-v', isHost: false }],
    [dmi('Microsoft Corporation', 'Surface Pro'), null],
    [dmi('QEMU', 'Standard PC (Q35 + ICH9, 2009)'), { kind: 'kvm', isHost: false }],
    [dmi('VMware, Inc.', 'VMware7,1'), { kind: 'vmware', isHost: false }],
    [dmi('Amazon EC2', 'm5.large'), { kind: 'kvm', isHost: false }],
    [dmi('Amazon EC2', 'm5.metal'), null],
    [dmi('Dell Inc.', 'PowerEdge R750'), null],
  ] as const)('is told by its files: %o', (files, expected) => {
    expect(stateOf({ cpu: INTEL, files }).hypervisor).toEqual(expected);
  });

  it('is told by the flag of the processor, or not at all', () => {
    expect(stateOf({ cpu: `${INTEL} hypervisor` }).hypervisor).toEqual({ kind: 'other', isHost: false });
    expect(stateOf({}).hypervisor).toEqual({ unknown: 'unread' });
  });
});

describe('the advice on a host without an IOMMU', () => {
  it('sends nobody from Xen to the firmware', () => {
    const xen = { '/sys/hypervisor/type': 'xen\n', '/proc/xen/capabilities': 'control_d\n' };
    for (const told of [
      { cpu: INTEL, files: xen },
      { cpu: INTEL, tables: ['XMAR'] },
    ]) {
      expect(advice(told)).toMatch(/^this is Xen dom0/);
      expect(advice(told)).not.toMatch(X86_WORDS);
    }
  });

  it('is about the hypervisor on a virtual machine, until that shows an IOMMU', () => {
    const cpu = `${INTEL} hypervisor`;
    expect(advice({ cpu, tables: [] })).toMatch(/virtual IOMMU to it on the host that runs it/);
    expect(advice({ cpu: ARM, tables: ['IORT'], files: { '/sys/bus/vmbus/devices/a': '' } })).toMatch(
      /Hyper-V/,
    );
    expect(advice({ cpu, tables: ['DMAR'] })).toBe('add intel_iommu=on to the kernel command line');
  });

  it('does not ask for what is there already', () => {
    const told = { cpu: INTEL, tables: ['DMAR'] };
    expect(advice(told)).toBe('add intel_iommu=on to the kernel command line');
    for (const commandLine of ['intel_iommu=on', 'intel_iommu=off intel_iommu=sm_on,on iommu=pt']) {
      expect(advice({ ...told, commandLine })).toMatch(/already: .*dmesg/);
    }
    expect(advice({ ...told, commandLine: 'intel_iommu=on intel_iommu=off' })).toMatch(
      /^remove intel_iommu=off from/,
    );
  });

  it('is about the SMMU on Arm: of the firmware with ACPI, of the board without', () => {
    expect(advice({ cpu: ARM, tables: ['IORT'] })).toMatch(/SMMU in the firmware setup/);
    expect(advice({ cpu: ARM })).toMatch(/no firmware setting enables it/);
  });
});

describe('an IORT', () => {
  const table = (...types: readonly number[]): Uint8Array => {
    const bytes = new Uint8Array(48 + 16 * types.length);
    const view = new DataView(bytes.buffer);
    view.setUint32(36, types.length, true);
    view.setUint32(40, 48, true);
    for (const [index, type] of types.entries()) {
      view.setUint8(48 + 16 * index, type);
      view.setUint16(49 + 16 * index, 16, true);
    }
    return bytes;
  };

  it('describes an SMMU, or none', () => {
    expect(hasSmmu(table(0, 4, 2))).toBe(true);
    expect(hasSmmu(table(0, 2, 3))).toBe(true);
    expect(hasSmmu(table(0, 1, 2))).toBe(false);
  });

  it('may be damaged', () => {
    expect(hasSmmu(new Uint8Array(20))).toBeNull();
    expect(hasSmmu(table(0, 0).subarray(0, 64))).toBeNull();
    expect(hasSmmu(table(0).map((byte, index) => (index === 49 ? 0 : byte)))).toBeNull();
  });
});
