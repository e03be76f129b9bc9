import { expect, test } from 'vitest';
import { findDefinitionSafety, findSafety } from '../../../lib/apply/safety-reading.ts';
import { SAFETY_FIELDS } from '../../../lib/checks/check-safety.ts';
import { openHost } from '../../../lib/host/open-host.ts';
import type { PciAddress } from '../../../lib/pci/address.ts';
import { groupDevices } from '../../../lib/pci/iommu-group.ts';
import { NO_NAMES } from '../../../lib/pci/pci-ids.ts';
import { readGroupAttributes } from '../../../lib/sysfs/read-groups.ts';
import { readInventory } from '../../../lib/sysfs/read-inventory.ts';
import { fixture } from '../../support/pci-program.ts';

test('what only a running host tells does not keep a captured one from planning a definition', () => {
  const host = openHost(fixture('lab-intel'));
  const inventory = readInventory(host, NO_NAMES, SAFETY_FIELDS);
  const groups = groupDevices(inventory.devices, (id) => readGroupAttributes(host, id));
  const addresses = ['0000:03:00.0' as PciAddress];
  const unknown = findSafety(host, inventory, groups, addresses, null)
    .filter(({ severity }) => severity === 'unknown')
    .map(({ name }) => name);
  expect([...new Set(unknown)].sort()).toEqual(['net-stack', 'net-user', 'node-open', 'session']);
  const planned = findDefinitionSafety(host, inventory, groups, addresses);
  expect(planned.filter(({ severity }) => severity === 'unknown')).toEqual([]);
});
