import { describe, expect, it } from 'vitest';
import { readForSafety } from '../../../lib/apply/safety-inventory.ts';
import { safetyHost } from '../../../lib/apply/safety-reading.ts';
import type { Finding } from '../../../lib/checks/finding.ts';
import { checkSafety } from '../../../lib/checks/safety/check-safety.ts';
import { SAFETY_FIELDS, type SafetyDevice } from '../../../lib/checks/safety/safety-fields.ts';
import type { HostReader } from '../../../lib/host/host-reader.ts';
import { openHost } from '../../../lib/host/open-host.ts';
import type { PciAddress } from '../../../lib/pci/address.ts';
import { groupDevices } from '../../../lib/pci/group/iommu-group.ts';
import type { Inventory } from '../../../lib/pci/inventory.ts';
import { NO_NAMES } from '../../../lib/pci/pci-ids.ts';
import { concernedWith } from '../../../lib/pci/selector/concerned-devices.ts';
import { readInventory } from '../../../lib/sysfs/device/read-inventory.ts';
import { readGroupAttributes } from '../../../lib/sysfs/read-groups.ts';
import { FIXTURE_NAMES } from '../../support/fixture-hosts.ts';
import { fixture } from '../../support/pci-program.ts';

function findingsOn(
  host: HostReader,
  { devices }: Inventory<SafetyDevice>,
  address: PciAddress,
): readonly Finding[] {
  const groups = groupDevices(devices, (group) => readGroupAttributes(host, group));
  return checkSafety([address], safetyHost(host, devices, groups));
}

function readFor(host: HostReader, wanted: PciAddress): Inventory<SafetyDevice> {
  return readForSafety(host, NO_NAMES, SAFETY_FIELDS, (all) =>
    all.filter(({ address }) => address === wanted),
  );
}

/** The first and the last of many. */
function spread<T>(all: readonly T[]): readonly T[] {
  return all.length <= 24 ? all : [...all.slice(0, 8), ...all.slice(-4)];
}

describe('what is read for a question about one function', () => {
  it.each(FIXTURE_NAMES.filter((name) => name !== 'no-pci'))(
    'is all that its verdict needs, on %s',
    (name) => {
      const host = openHost(fixture(name));
      const { devices } = readInventory(host, NO_NAMES, ['location']);
      for (const { address } of spread(devices)) {
        const whole = readInventory(host, NO_NAMES, SAFETY_FIELDS, (all) =>
          concernedWith(
            all,
            all.filter((device) => device.address === address),
          ),
        );
        const found = findingsOn(host, readFor(host, address), address);
        expect({ address, found }).toEqual({ address, found: findingsOn(host, whole, address) });
      }
    },
  );

  it('leaves the others unread, which clears none of them', () => {
    const host = openHost(fixture('lab-intel-vfio'));
    const asked = readFor(host, '0000:06:00.0' as PciAddress);
    const other = asked.devices.find(({ address }) => address === '0000:03:00.0');
    expect(other).toMatchObject({ attachments: { unknown: 'unread' }, netInterfaces: { unknown: 'unread' } });
    const findings = findingsOn(host, asked, '0000:03:00.0' as PciAddress);
    expect(findings.filter(({ severity }) => severity === 'unknown').map(({ name }) => name)).toContain(
      'no-reset',
    );
  });
});
