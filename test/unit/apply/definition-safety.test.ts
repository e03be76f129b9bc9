import { describe, expect, test } from 'vitest';
import { findDefinitionSafety, findSafety } from '../../../lib/apply/safety-reading.ts';
import { safetyProblem } from '../../../lib/apply/step-safety.ts';
import { SAFETY_FIELDS } from '../../../lib/checks/safety/safety-fields.ts';
import type { HostReader } from '../../../lib/host/host-reader.ts';
import { openHost } from '../../../lib/host/open-host.ts';
import { plainHostDevice } from '../../../lib/libvirt/hostdev/host-device.ts';
import type { PciAddress } from '../../../lib/pci/address.ts';
import { groupDevices } from '../../../lib/pci/group/iommu-group.ts';
import { NO_NAMES } from '../../../lib/pci/pci-ids.ts';
import type { Change } from '../../../lib/plan/change.ts';
import { readInventory } from '../../../lib/sysfs/device/read-inventory.ts';
import { readGroupAttributes } from '../../../lib/sysfs/read-groups.ts';
import { uuidOf } from '../../support/made-up-libvirt.ts';
import { fixture } from '../../support/pci-program.ts';

test('what only a running host tells does not keep a captured one from planning a definition', () => {
  const host = openHost(fixture('lab-intel'));
  const inventory = readInventory(host, NO_NAMES, SAFETY_FIELDS);
  const groups = groupDevices(inventory.devices, (id) => readGroupAttributes(host, id));
  const addresses = ['0000:03:00.0' as PciAddress];
  const unknown = findSafety(host, inventory, groups, addresses, null)
    .filter(({ severity }) => severity === 'unknown')
    .map(({ name }) => name);
  expect([...new Set(unknown)].sort()).toEqual(['net-stack', 'node-open', 'session']);
  const planned = findDefinitionSafety(host, inventory, groups, addresses);
  expect(planned.filter(({ severity }) => severity === 'unknown')).toEqual([]);
});

describe('on the running machine', () => {
  const address = '0000:03:00.0' as PciAddress;
  const captured = openHost(fixture('lab-intel'));
  // Its processes cannot be seen, as from another PID namespace.
  const running: HostReader = new Proxy(captured, {
    get: (host, key) => {
      const member: unknown = Reflect.get(host, key);
      return key === 'ask' ? () => null : typeof member === 'function' ? member.bind(host) : member;
    },
  });
  const RULES = ['net-stack', 'node-open', 'session'];

  test('what could not be read stays unknown', () => {
    const inventory = readInventory(running, NO_NAMES, SAFETY_FIELDS);
    const groups = groupDevices(inventory.devices, (id) => readGroupAttributes(running, id));
    const planned = findDefinitionSafety(running, inventory, groups, [address]);
    const unknown = planned.filter(({ severity }) => severity === 'unknown').map(({ name }) => name);
    expect([...new Set(unknown)].sort()).toEqual(RULES);
  });

  test('it stops the step as well, unless it was allowed', () => {
    const device = { ...plainHostDevice(address), alias: 'ua-portal-gun-0000-03-00-0' };
    const change: Change = {
      ...{ kind: 'assignment', uri: 'qemu:///system', machine: uuidOf(1), metadata: null },
      from: { devices: [], rootPorts: [] },
      to: { devices: [{ alias: device.alias, assignment: null, device }], rootPorts: [] },
    };
    expect(safetyProblem(running, change, 'to', new Set())).toMatchObject({
      code: 'USE_UNKNOWN',
      message: expect.stringMatching(/cannot be checked.*\((net|node|session)/),
    });
    expect(safetyProblem(running, change, 'to', new Set(RULES))).toBe(null);
    expect(safetyProblem(captured, change, 'to', new Set())).toBe(null);
  });
});
