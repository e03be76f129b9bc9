import { describe, expect, it } from 'vitest';
import { BROKEN, DENIED, UNREAD } from '../../../lib/base/known.ts';
import type { DeviceHolder, InputDevice, LiveUse, OpenNode } from '../../../lib/facts/host-use.ts';
import type { PciAddress } from '../../../lib/pci/address.ts';
import { extended } from '../../support/config-bytes.ts';
import type { HostTree } from '../../support/host-tree.ts';
import { findingsOf, functionHere, HERE, linesOf, openNode, type State } from '../../support/host-use.ts';
import { hostBridge, memory, rootPort, usbController } from '../../support/hosts/functions.ts';
import { display, networkInterface, soundCard } from '../../support/things.ts';

const there = (address: string) => address as PciAddress;
/** Another function, which stays. */
const THERE = '0000:00:1f.0';
/** A process that has nodes of a function open. */
const holding = (on: string, ...nodes: string[]): Partial<LiveUse> => {
  const open = nodes.map((path) => openNode(path, [on]));
  const holder: DeviceHolder = { pid: 7, command: 'Xorg', machine: null, nodes: open };
  return { holders: [holder] };
};
const GPU = functionHere({
  classCode: '030000',
  bars: { 0: memory(0xe0000000, 1024) },
  bootVga: false,
  below: display(0, 'HDMI-A-1'),
});
const lines = (state: State) => linesOf(state);

describe('a display', () => {
  it('that shows nothing of the host is not in the way', () => {
    const displayClaims = [{ start: '0xd0000000', end: '0xd00fffff', owner: 'efifb' }];
    const framebuffers = [{ name: 'fb0', function: null }];
    const use = { displayClaims, framebuffers, framebufferConsole: true };
    expect(lines({ functions: [GPU], use, live: holding(THERE, '/dev/dri/card1') })).toEqual([]);
  });

  it('that the host booted with is found', () => {
    expect(lines({ functions: [{ ...GPU, bootVga: true }] })).toEqual([
      'boot-display refuses 00:03.0 is the boot display: the host loses its screen',
    ]);
  });

  it('whose memory the boot display holds is found', () => {
    const displayClaims = [{ start: '0xe0000000', end: '0xe007ffff', owner: 'BOOTFB' }];
    const [found] = findingsOf({ functions: [GPU], use: { displayClaims } });
    expect(found).toMatchObject({
      name: 'boot-display',
      message: 'is the boot display, and BOOTFB holds its memory',
      evidence: ['/proc/iomem: BOOTFB holds 0xe0000000 to 0xe007ffff'],
    });
  });

  it('that has the console is found, as is a serial port', () => {
    const framebuffers = [{ name: 'fb0', function: HERE }];
    expect(lines({ functions: [GPU], use: { framebuffers, framebufferConsole: true } })).toEqual([
      'console refuses 00:03.0 has a console of the host: fb0',
    ]);
    expect(lines({ functions: [GPU], use: { framebuffers, framebufferConsole: false } })).toEqual([]);
    expect(lines({ use: { consoles: [{ name: 'ttyS4', function: HERE, source: 'active' }] } })).toEqual([
      'console refuses 00:03.0 has a console of the host: ttyS4',
    ]);
  });

  it('that a program draws with is found', () => {
    const [found] = findingsOf({
      functions: [GPU],
      live: holding(HERE, '/dev/dri/card0', '/dev/dri/renderD128'),
    });
    expect(found).toMatchObject({
      name: 'drm-in-use',
      message: 'is in use for graphics by Xorg (pid 7)',
      evidence: ['Xorg (pid 7) has /dev/dri/card0, /dev/dri/renderD128 open'],
    });
  });

  it('is not cleared where that could not be read', () => {
    const framebuffers = [{ name: 'fb0', function: HERE }];
    expect(
      lines({
        functions: [GPU],
        use: { displayClaims: DENIED, framebuffers, framebufferConsole: BROKEN },
        live: { unseen: UNREAD },
      }),
    ).toEqual([
      'boot-display unknown 00:03.0 cannot be checked for the boot display: requires root',
      'console unknown 00:03.0 cannot be checked for consoles of the host: the data is unreadable or invalid',
      'drm-in-use unknown 00:03.0 cannot be checked for programs that use it for graphics: the snapshot does not contain the data',
    ]);
    expect(lines({ use: { displayClaims: DENIED }, live: { unseen: DENIED } })).toEqual([]);
    const serial = [functionHere({ classCode: '070002' })];
    for (const state of [
      { functions: [GPU], use: { framebuffers: DENIED } },
      { functions: serial, use: { consoles: DENIED } },
    ])
      expect(lines(state)).toEqual([expect.stringMatching(/^console unknown /)]);
    expect(lines({ use: { framebuffers: DENIED, consoles: DENIED } })).toEqual([]);
  });
});

describe('input', () => {
  const USB = usbController(HERE, { group: 3 });
  const input = (name: string, on: string | null, kind: InputDevice['kind'] = 'keyboard'): InputDevice => ({
    name,
    function: on === null ? null : there(on),
    title: `a ${String(kind)}`,
    kind,
    isPs2: false,
    isVirtual: false,
    isBluetooth: false,
  });

  it('is missed where the last keyboard or mouse goes', () => {
    const inputs = [input('input3', HERE), input('input4', HERE, 'pointer'), input('input0', null, 'other')];
    expect(lines({ functions: [USB], use: { inputs } })).toEqual([
      "last-input-usb refuses 00:03.0 has the host's only keyboard and pointer: a keyboard, a pointer",
    ]);
    expect(
      lines({ functions: [USB], use: { inputs: [...inputs, input('input9', '0000:00:14.0')] } }),
    ).toEqual(["last-input-usb refuses 00:03.0 has the host's only pointer: a pointer"]);
  });

  it('is not where there is another, or none on it', () => {
    expect(lines({ functions: [USB], use: { inputs: [input('a', HERE), input('b', null)] } })).toEqual([]);
    expect(lines({ functions: [USB], use: { inputs: [input('b', null)] } })).toEqual([]);
  });

  it('is missed where two controllers go together', () => {
    const functions = [USB, usbController('0000:00:14.0', { group: 3 })];
    const inputs = [input('a', HERE), input('b', '0000:00:14.0')];
    expect(lines({ functions, use: { inputs } })).toHaveLength(2);
  });

  it('is missed where what is left was made by a program', () => {
    const inputs = [input('a', HERE), { ...input('b', null), isVirtual: true }];
    expect(lines({ functions: [USB], use: { inputs } })).toHaveLength(1);
  });

  it('may not be known', () => {
    expect(lines({ functions: [USB], use: { inputs: DENIED } })).toEqual([
      'last-input-usb unknown 00:03.0 cannot be checked for its keyboards: requires root',
    ]);
    expect(
      lines({ functions: [USB], use: { inputs: [{ ...input('a', HERE), kind: BROKEN }] } }),
    ).toHaveLength(1);
    expect(lines({ use: { inputs: DENIED } })).toEqual([]);
  });
});

describe('a TPM', () => {
  it('is found, and on another function is not', () => {
    expect(lines({ use: { tpms: [{ name: 'tpm0', function: HERE }] } })).toEqual([
      'tpm refuses 00:03.0 has the TPM of the host: tpm0',
    ]);
    expect(lines({ functions: [functionHere({ below: { 'tpm/tpm0/dev': '10:224' } })] })).toHaveLength(1);
    expect(lines({ use: { tpms: [{ name: 'tpm0', function: null }] } })).toEqual([]);
  });
});

describe('sound', () => {
  const SOUND = functionHere({ classCode: '040300', below: soundCard(1) });

  it('is in use while a stream or a node is open', () => {
    const soundStreams = [{ card: 'card1', stream: 'pcm0p', function: HERE, ownerPid: 99 }];
    expect(findingsOf({ functions: [SOUND], use: { soundStreams } })).toMatchObject([
      { name: 'sound-in-use', evidence: ['/proc/asound/card1/pcm0p is open, by process 99'] },
    ]);
    expect(lines({ functions: [SOUND], live: holding(HERE, '/dev/snd/controlC1') })).toEqual([
      'sound-in-use refuses 00:03.0 has sound in use: Xorg (pid 7)',
    ]);
    expect(
      lines({ functions: [SOUND], live: holding(THERE, '/dev/snd/controlC0', '/dev/snd/controlC11') }),
    ).toEqual([]);
  });

  it('may not be known', () => {
    expect(lines({ functions: [SOUND], use: { soundStreams: BROKEN } })).toHaveLength(1);
    expect(lines({ functions: [SOUND], live: { unseen: DENIED } })).toHaveLength(1);
    expect(lines({ use: { soundStreams: BROKEN } })).toEqual([]);
  });
});

describe('a device that a virtual machine could have', () => {
  const GIVEN = functionHere({ driver: 'vfio-pci', below: { 'vfio-dev/vfio0/dev': '511:0' } });
  const machine = (...nodes: OpenNode[]): Partial<LiveUse> => ({
    holders: [{ pid: 812, command: 'qemu-system-x86', machine: 'galaxy0', nodes }],
  });

  it.each(['/dev/vfio/3', '/dev/vfio/noiommu-3', '/dev/vfio/devices/vfio0'])('has it by %s', (node) => {
    const found = findingsOf({ functions: [GIVEN], live: machine(openNode(node, [HERE])) });
    expect(found).toMatchObject([
      { name: 'machine-has-it', severity: 'forbids', message: 'is in use by VM galaxy0 (pid 812)' },
    ]);
  });

  it('has it not by another, nor by a group that is not known, while a driver of the host has it', () => {
    expect(lines({ functions: [GIVEN], live: machine(openNode('/dev/vfio/33', [THERE])) })).toEqual([]);
    const ours = functionHere({ driver: 'igb', below: networkInterface('eth0', 'a') });
    expect(lines({ functions: [ours], live: machine(openNode('/dev/vfio/3', UNREAD)) })).toEqual([]);
  });

  it('may have it for all that is known', () => {
    expect(lines({ functions: [GIVEN], live: { unseen: DENIED } })).toEqual([
      'machine-has-it unknown 00:03.0 cannot be checked for VMs that have it: requires root',
    ]);
  });
});

describe('virtual functions', () => {
  const sriov = (driver?: string) =>
    functionHere({
      address: '0000:00:03.0',
      sriov: {
        total: 7,
        active: 2,
        offset: 0x80,
        stride: 1,
        vfDevice: '10ca',
        vf: () => ({ driver, group: 9 }),
      },
    });

  it('that a driver has go with their PF', () => {
    expect(lines({ functions: [sriov('vfio-pci')] })).toEqual([
      'vfs-in-use refuses 00:03.0 has VFs in use, 2 of 2: 00:13.0 (vfio-pci), 00:13.1 (vfio-pci)',
    ]);
    expect(lines({ functions: [sriov()] })).toEqual([]);
  });

  it('are looked at themselves', () => {
    const VFS = ['0000:00:13.0', '0000:00:13.1'];
    const live = {
      holders: [{ pid: 1, command: 'qemu', machine: 'star0', nodes: [openNode('/dev/vfio/9', VFS)] }],
    };

    expect(
      lines({ functions: [sriov('vfio-pci')], live }).filter((line) => line.startsWith('machine')),
    ).toEqual([
      'machine-has-it forbids 00:13.0 is in use by VM star0 (pid 1)',
      'machine-has-it forbids 00:13.1 is in use by VM star0 (pid 1)',
    ]);
  });
});

describe('isolation', () => {
  it('is not to be had where the firmware uses memory', () => {
    const groups = { 3: { reservedRegions: ['0x00000000000e8000 0x00000000000e8fff direct'] } };
    const functions = [functionHere(), functionHere({ address: '0000:00:03.1' })];
    expect(lines({ functions, host: { groups } })).toEqual([
      'reserved-region forbids 00:03.0 is in group 3, through which the firmware uses memory (RMRR): 0xe8000 to 0xe8fff',
    ]);
    expect(lines({ functions, host: { groups: { 3: { denied: ['reserved_regions'] } } } })).toEqual([
      'reserved-region unknown 00:03.0 cannot be checked for reserved regions of group 3: requires root',
    ]);
    const old = { change: (tree: HostTree) => tree.remove('/sys/kernel/iommu_groups/3/reserved_regions') };
    expect(lines({ functions, host: old })[0]).toMatch(/^reserved-region unknown /);
    const relaxable = { 3: { reservedRegions: ['0x00000000000e8000 0x00000000000e8fff direct-relaxable'] } };
    expect(lines({ functions, host: { groups: relaxable } })).toEqual([]);
  });

  it('wants a reset', () => {
    expect(lines({ functions: [functionHere({ resetMethods: '' })] })).toEqual([
      'no-reset warns 00:03.0 cannot be reset: its state survives the VM',
    ]);
    const silent = [functionHere({ resetMethods: undefined })];
    expect(lines({ functions: silent })).toHaveLength(1);
    expect(lines({ functions: silent, tellsResetMethods: false })[0]).toMatch(/^no-reset unknown /);
    expect(lines({ functions: [functionHere({ denied: ['reset_method'] })] })[0]).toMatch(
      /^no-reset unknown /,
    );
    expect(lines({ functions: [hostBridge({ address: HERE, group: 3 })] })).toEqual([]);
  });

  it('wants a reset that does not hit others', () => {
    const under = '0000:00:01.0';
    const card = (fn: number, group: number) =>
      functionHere({ address: `0000:01:00.${fn}`, under, group, resetMethods: 'bus' });
    const take = ['0000:01:00.0'];
    const port = rootPort(under, 1, { group: 1 });
    expect(lines({ functions: [port, card(0, 3), card(1, 4)], take })).toEqual([
      'bus-reset warns 01:00.0 can be reset only with its whole bus, which also has 01:00.1',
    ]);
    expect(lines({ functions: [port, card(0, 3), card(1, 3)], take })).toEqual([]);
    expect(lines({ functions: [port, card(0, 3)], take })).toEqual([]);
  });

  it('wants access control above', () => {
    const port = (overrides: object) => [
      rootPort('0000:00:01.0', 1, { group: 1, ...overrides }),
      functionHere({ address: '0000:01:00.0', under: '0000:00:01.0' }),
    ];
    const at = (overrides: object) => lines({ functions: port(overrides), take: ['0000:01:00.0'] });
    expect(at({})).toEqual([]);
    expect(at({ extended: [extended.errorReporting()] })).toEqual([
      'no-acs warns 01:00.0 is not isolated from its neighbors: no ACS on 00:01.0',
    ]);
    expect(at({ extended: [extended.accessControl(0x1f, 0x01)] })).toHaveLength(1);
    expect(at({ readableConfigBytes: 64 })).toEqual([
      'no-acs unknown 01:00.0 cannot be checked for ACS on the ports above it: requires root',
    ]);
  });
});
