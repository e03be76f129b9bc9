import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { PAIR, routerCluster } from '../support/router-cluster.ts';

/** The files that were on the way whenever the address of the device was read: who read it, and all who had called that. */
const passed = new Set<string>();

const READING = '../../lib/sysfs/device/read-inventory.ts';

beforeAll(() => {
  vi.doMock(READING, async (original) => {
    const real = await original<typeof import('../../lib/sysfs/device/read-inventory.ts')>();
    return {
      ...real,
      readInventory: (...args: Parameters<typeof real.readInventory>) => {
        const inventory = real.readInventory(...args);
        return { ...inventory, devices: inventory.devices.map(watched) };
      },
    };
  });
  // Other tests have loaded it already.
  vi.resetModules();
});

afterAll(() => {
  vi.doUnmock(READING);
  vi.resetModules();
});

function watched<T extends { readonly address: string }>(device: T): T {
  const { address } = device;
  if (address !== PAIR[0]) return device;
  return Object.defineProperty({ ...device }, 'address', {
    enumerable: true,
    get() {
      for (const file of filesOnStack()) passed.add(file);
      return address;
    },
  });
}

function filesOnStack(): readonly string[] {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 200;
  const stack = new Error().stack ?? '';
  Error.stackTraceLimit = stackTraceLimit;
  const files = [...stack.matchAll(/\/(lib\/[\w/.-]+\.ts)/g)].map(([, file]) => file ?? '');
  // What only judges is not on the way to the plan.
  return files.some((file) => file.startsWith('lib/checks/')) ? [] : files;
}

/**
 * The facts of a device that are asked for on the way (`lib/pci`, but for the selection) and helpers that know of no device
 * (`lib/base`) are left out; what is made of the address as text, in definitions of VMs, is not followed.
 */
it('a device that is given to pci assign passes through few files on its way to the plan and its text', async () => {
  const { ports } = routerCluster();
  const { pciOn } = await import('../support/pci-program.ts');
  const shown = await pciOn(ports, ['assign', PAIR[0], '--type', 'router', '--dry-run']);
  expect(shown).toMatchObject({ exitCode: 0, stderr: '' });
  const files = [...passed].filter((file) => !/^lib\/(base\/|pci\/(?!selector\/))/.test(file));
  expect(files.sort()).toEqual([
    'lib/cli/commands/machines/assign.ts',
    'lib/cli/main.ts',
    'lib/cli/run-proposal.ts',
    'lib/libvirt/hostdev/rom-policy.ts',
    'lib/libvirt/hostdev/to-hostdev.ts',
    'lib/operations/assignment/hostdev-state.ts',
    'lib/operations/assignment/propose-assignment.ts',
    'lib/pci/selector/selector-parser.ts',
    'lib/pci/selector/selector.ts',
    'lib/plan/assignment/plan-assignment.ts',
    'lib/plan/guard.ts',
    'lib/render/machine/assignment-text.ts',
  ]);
});
