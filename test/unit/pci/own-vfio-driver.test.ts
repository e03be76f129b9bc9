import { describe, expect, test } from 'vitest';
import { toHostdev } from '../../../lib/libvirt/hostdev/to-hostdev.ts';
import type { PciDevice } from '../../../lib/pci/device.ts';
import { groupDevices } from '../../../lib/pci/group/iommu-group.ts';
import { passthroughNotes } from '../../../lib/pci/group/passthrough.ts';
import { planBind, planUnbind } from '../../../lib/plan/binding/binding.ts';
import type { FunctionSpec } from '../../support/host-spec.ts';
import { readSpec } from '../../support/reading.ts';

const PORT: FunctionSpec = {
  address: '0000:00:01.0',
  ids: '8086:0001',
  classCode: '060400',
  bridge: { secondary: 1, subordinate: 1 },
  driver: 'pcieport',
};
const HOST = { iommu: true, tellsResetMethods: true };

/** A function on a driver, with what is below it. */
function deviceOn(driver: string | undefined, below: Readonly<Record<string, string>> = {}) {
  const { devices } = readSpec({
    functions: [
      PORT,
      {
        address: '0000:01:00.0',
        parent: '0000:00:01.0',
        ids: '10de:27b8',
        classCode: '030200',
        driver,
        group: 7,
        below,
        resetMethods: 'flr',
      } as FunctionSpec,
    ],
  });
  const device = devices.find(({ address }) => address === '0000:01:00.0') as PciDevice;
  const groups = groupDevices(devices, () => ({ type: 'DMA', reservedRegions: [] }));
  return { device, groups, group: groups.find(({ id }) => id === 7) };
}

const NODE = { 'vfio-dev/vfio3/dev': '511:3' };
const WISHES = {
  as: null,
  rom: 'auto',
  category: null,
  isManaged: null,
  mac: null,
  vlan: null,
  bootOrder: null,
  persistentPeer: null,
} as const;

describe('a function that its own driver gives to VMs', () => {
  test.each([
    ['nvidia', { ...NODE, 'nvidia/current_vgpu_type': '1147' }],
    ['nvidia', { 'nvidia/current_vgpu_type': '1147' }],
    ['acme', NODE],
    ['mlx5_vfio_pci', {}],
    ['nvgrace_gpu_vfio_pci', NODE],
    ['xe-vfio-pci', NODE],
  ])('on %s, with %j, goes as it is', (driver, below) => {
    const { device, groups, group } = deviceOn(driver, below);
    expect(group?.verdict).toBe('ready');
    const notes = passthroughNotes(device, group, HOST);
    expect(notes.filter(({ level }) => level === 'needs' || level === 'blocks')).toEqual([]);
    expect(planBind([device], groups, HOST).moving).toEqual([]);
    expect(toHostdev(device, WISHES, notes, new Map()).device.isManaged).toBe(false);
  });

  test('that is none of VFIO by its name stays on it, whoever asks', () => {
    const { device, groups, group } = deviceOn('nvidia', { ...NODE, 'nvidia/current_vgpu_type': '1147' });
    expect(() => planBind([device], groups, HOST, () => 'vfio-pci')).toThrow(
      expect.objectContaining({ code: 'CANNOT_BE_GIVEN' }),
    );
    const notes = passthroughNotes(device, group, HOST);
    expect(() => toHostdev(device, { ...WISHES, isManaged: true }, notes, new Map())).toThrow(
      expect.objectContaining({ code: 'CANNOT_BE_GIVEN' }),
    );
    expect(planUnbind([device], groups, new Map()).moving).toEqual([]);
  });

  test('and has no vGPU type yet needs one, and is not bound', () => {
    const { device, groups, group } = deviceOn('nvidia', { ...NODE, 'nvidia/current_vgpu_type': '0' });
    expect(group).toMatchObject({ verdict: 'bindable', obstacles: [{ code: 'OWN_DRIVER' }] });
    expect(passthroughNotes(device, group, HOST)).toContainEqual(
      expect.objectContaining({ level: 'needs', code: 'vgpu-type' }),
    );
    expect(() => planBind([device], groups, HOST)).toThrow(
      expect.objectContaining({ code: 'CANNOT_BE_GIVEN' }),
    );
  });

  test('is not free where its vGPU type makes no sense', () => {
    const { device, groups, group } = deviceOn('nvidia', { ...NODE, 'nvidia/current_vgpu_type': 'x' });
    expect(group?.verdict).not.toBe('ready');
    expect(passthroughNotes(device, group, HOST)).toContainEqual(
      expect.objectContaining({ level: 'unknown', code: 'vgpu-type' }),
    );
    expect(() => planBind([device], groups, HOST)).toThrow();
  });
});

describe('a function on another driver', () => {
  test.each([
    ['nvidia', {}, 'bindable', true],
    ['vfio-pci', NODE, 'ready', true],
  ])('%s, with %j, is %s, and managed', (driver, below, verdict, isManaged) => {
    const { device, group } = deviceOn(driver, below);
    expect(group?.verdict).toBe(verdict);
    const notes = passthroughNotes(device, group, HOST);
    expect(toHostdev(device, WISHES, notes, new Map()).device.isManaged).toBe(isManaged);
  });
});
