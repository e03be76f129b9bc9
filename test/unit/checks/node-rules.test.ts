import { describe, expect, it } from 'vitest';
import { DENIED, type Known, UNREAD } from '../../../lib/base/known.ts';
import type { DeviceHolder, OpenNode } from '../../../lib/facts/host-use.ts';
import type { FunctionSpec } from '../../support/host-spec.ts';
import { findingsOf, functionHere, HERE, linesOf, openNode } from '../../support/host-use.ts';
import { rootPort } from '../../support/hosts/functions.ts';

const THERE = '0000:00:1f.0';

/** What is found of a function while processes have nodes open. */
function linesWith(
  spec: Partial<FunctionSpec>,
  ...holders: readonly (readonly OpenNode[])[]
): readonly string[] {
  const live = { holders: holders.map((nodes, index) => holder(nodes, index)) };
  return linesOf({ functions: [functionHere(spec)], live });
}

function holder(nodes: readonly OpenNode[], index = 0): DeviceHolder {
  return { pid: 7 + index, command: 'prog', machine: null, nodes };
}

const kindsOf = (lines: readonly string[]) => lines.map((line) => line.split(' ', 2).join(' '));
const CONTROLLER = { classCode: '078000', driver: 'serial' };

describe('a node that is open', () => {
  it.each([
    ['/dev/ttyS4', 'node-open'],
    ['/dev/bus/usb/001/004', 'node-open'],
    ['/dev/infiniband/uverbs0', 'node-open'],
    ['/dev/uio0', 'node-open'],
    ['/dev/st0', 'node-open'],
    ['/dev/sg0', 'node-open'],
    ['/dev/ptp0', 'node-open'],
    ['/dev/i2c-0', 'node-open'],
    ['/dev/input/event3', 'input-open'],
    ['/dev/dri/renderD128', 'drm-in-use'],
    ['/dev/fb0', 'drm-in-use'],
    ['/dev/accel/accel0', 'drm-in-use'],
    ['/dev/nvidia0', 'drm-in-use'],
    ['/dev/snd/controlC0', 'sound-in-use'],
    ['/dev/vfio/77', 'machine-has-it'],
    ['/dev/sda', 'block-open'],
  ])('is one rule’s: %s', (path, rule) => {
    const severity = rule === 'machine-has-it' ? 'forbids' : 'refuses';
    expect(kindsOf(linesWith(CONTROLLER, [openNode(path, [HERE])]))).toEqual([`${rule} ${severity}`]);
    expect(linesWith(CONTROLLER, [openNode(path, [THERE])])).toEqual([]);
    expect(linesWith(CONTROLLER, path === '/dev/sda' ? [] : [openNode(path, [])])).toEqual([]);
  });

  it('is told with who has it, and what frees it', () => {
    const getty = { ...holder([openNode('/dev/ttyS4', [HERE])]), command: 'agetty' };
    const machine = { ...holder([openNode('/dev/bus/usb/001/004', [HERE])], 1), machine: 'galaxy0' };
    const [found] = findingsOf({
      functions: [functionHere(CONTROLLER)],
      live: { holders: [getty, machine] },
    });
    expect(found).toMatchObject({
      name: 'node-open',
      message:
        'has nodes that programs have open: /dev/ttyS4, /dev/bus/usb/001/004, by agetty (pid 7), VM galaxy0 (pid 8)',
      evidence: ['agetty (pid 7) has /dev/ttyS4 open', 'VM galaxy0 (pid 8) has /dev/bus/usb/001/004 open'],
      remedy:
        'systemctl stop serial-getty@ttyS4, shut down galaxy0, or detach the device from it; or accept it: --allow node-open',
    });
  });
});

describe('a node whose device was not found', () => {
  const lost = (path: string) => [openNode(path, UNREAD)];

  it.each<[string, Partial<FunctionSpec>, string[]]>([
    ['/dev/dri/card1 (deleted)', { classCode: '030000', driver: 'amdgpu' }, ['drm-in-use unknown']],
    ['/dev/dri/card1 (deleted)', { classCode: '078000', driver: 'serial' }, []],
    ['/dev/bus/usb/001/004', { classCode: '0c0330', driver: 'xhci_hcd' }, ['node-open unknown']],
    ['/dev/bus/usb/001/004', { classCode: '078000', driver: 'serial' }, []],
    ['/dev/card', { classCode: '078000', driver: 'dahdi' }, ['node-open unknown']],
    ['/dev/card', { classCode: '078000' }, []],
    ['/dev/card', { classCode: '078000', driver: 'vfio-pci' }, []],
    ['/dev/vfio/3', { classCode: '078000', driver: 'vfio-pci' }, ['machine-has-it unknown']],
    ['/dev/vfio/4', { classCode: '078000', driver: 'vfio-pci' }, []],
    ['/dev/vfio/3', { classCode: '078000', driver: 'serial' }, []],
  ])('may be of a function of its kind: %s, %o', (path, spec, expected) => {
    expect(kindsOf(linesWith(spec, lost(path)))).toEqual(expected);
  });

  it('is never of a bridge', () => {
    const functions = [rootPort(HERE, 1, { group: 3 })];
    expect(linesOf({ functions, live: { holders: [holder(lost('/dev/card'))] } })).toEqual([]);
  });

  it('may be of a disk', () => {
    const DRIVE = {
      classCode: '010601',
      driver: 'ahci',
      below: { 'ata1/host0/target0:0:0/0:0:0:0/block/sda/size': '1' },
    };
    expect(kindsOf(linesWith(DRIVE, lost('/dev/sdb (deleted)')))).toContain('block-open unknown');
    expect(kindsOf(linesWith(CONTROLLER, lost('/dev/sdb (deleted)')))).toEqual([]);
  });

  it('goes by the name of a driver, or of what hangs on a function', () => {
    const shared: OpenNode = {
      path: '/dev/hfi1_0',
      name: 'hfi1_0',
      subsystem: 'hfi1_user',
      block: null,
      functions: [],
    };
    const ADAPTER = { classCode: '020800', driver: 'hfi1' };
    const named = { ...ADAPTER, below: { 'infiniband/hfi1_0/node_guid': '0' } };
    expect(kindsOf(linesWith(named, [shared]))).toEqual(['node-open refuses']);
    expect(kindsOf(linesWith(ADAPTER, [shared]))).toEqual(['node-open unknown']);
    expect(linesWith(CONTROLLER, [shared])).toEqual([]);
  });
});

describe('a node of a driver for all of its devices', () => {
  const GPU = { classCode: '030000', driver: 'nvidia' };
  const control = openNode('/dev/nvidiactl', UNREAD);

  it('may be of any of them, unless the process has nodes of others', () => {
    expect(kindsOf(linesWith(GPU, [control]))).toEqual(['drm-in-use unknown']);
    expect(kindsOf(linesWith(GPU, [control, openNode('/dev/nvidia1', [THERE])]))).toEqual([]);
    expect(kindsOf(linesWith(GPU, [control], [openNode('/dev/nvidia1', [THERE])]))).toEqual([
      'drm-in-use unknown',
    ]);
    expect(linesWith({ classCode: '030000', driver: 'amdgpu' }, [control])).toEqual([]);
  });

  it.each([
    ['/dev/kfd', 'amdgpu', '030000'],
    ['/dev/sev', 'ccp', '108000'],
  ])('is %s of %s', (path, driver, classCode) => {
    const node = openNode(path, UNREAD);
    expect(kindsOf(linesWith({ driver, classCode }, [node]))[0]).toMatch(/ unknown$/);
    expect(linesWith({ driver: 'other', classCode: '030000' }, [node])).toEqual([]);
  });
});

describe('processes that could not be looked at', () => {
  const unseen = (deviceNodes: Known<[]>, spec: Partial<FunctionSpec> = CONTROLLER) =>
    kindsOf(linesOf({ functions: [functionHere(spec)], use: { deviceNodes }, live: { unseen: DENIED } }));

  it('may have nodes open where there are any, or where that is not known', () => {
    expect(unseen([])).toEqual([]);
    expect(unseen(UNREAD)).toEqual(['node-open unknown']);
    expect(unseen(UNREAD, { classCode: '078000' })).toEqual([]);
    const own = (subsystem: string) =>
      kindsOf(
        linesOf({
          functions: [functionHere(CONTROLLER)],
          use: { deviceNodes: [{ name: 'one', subsystem, function: functionHere().address as never }] },
          live: { unseen: DENIED },
        }),
      );
    expect(own('ptp')).toEqual(['node-open unknown']);
    expect(own('input')).toEqual(['input-open unknown']);
  });
});
