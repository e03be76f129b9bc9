import { expect, test } from 'vitest';
import type { Finding } from '../../../lib/checks/finding.ts';
import { changeProblem, refuseUse } from '../../../lib/cli/safety.ts';
import { openHost } from '../../../lib/host/open-host.ts';
import { plainHostDevice } from '../../../lib/libvirt/host-device.ts';
import type { PciAddress } from '../../../lib/pci/address.ts';
import type { AttachmentChange } from '../../../lib/plan/change.ts';

const host = openHost('fixtures/lab-intel.snapshot');

function plugging(address: string): AttachmentChange {
  const device = plainHostDevice(address as PciAddress);
  return {
    ...{ kind: 'attachment', uri: 'qemu:///system', machine: 'a', address: device.address },
    ...{ from: null, to: device },
  };
}

test('what the host uses is not plugged into what runs, and goes back to it', () => {
  // Of a captured host it is not known where this session came from.
  const allowed = new Set(['session']);
  const uplink = plugging('0000:00:0a.0');
  expect(changeProblem(host, uplink, allowed)).toMatch(/^0000:00:0a\.0 .* \([a-z-]+\)$/);
  expect(changeProblem(host, { ...uplink, from: uplink.to, to: null }, allowed)).toBe(null);
  expect(changeProblem(host, plugging('0000:07:00.0'), allowed)).toBe(null);
});

test('what is known to be in the way is said before what is not known, and what can never be first of all', () => {
  const finding = (name: string, severity: Finding['severity']) =>
    ({ name, severity, subject: '0000:03:00.0', message: name, remedy: 'see to it' }) as Finding;
  const open = finding('block-open', 'unknown');
  const address = finding('net-address', 'refuses');
  const disk = finding('system-disk', 'forbids');
  const all = 'see to it; all that is in the way: ';
  const refused = (...refusals: readonly Finding[]) => {
    try {
      refuseUse(refusals);
    } catch (error) {
      return error;
    }
    return null;
  };
  expect(refused(open)).toMatchObject({ message: 'block-open', hint: `${all}block-open` });
  expect(refused(open, address)).toMatchObject({
    message: 'net-address',
    hint: `${all}block-open, net-address`,
  });
  expect(refused(open, address, disk)).toMatchObject({ message: 'system-disk', hint: 'see to it' });
  expect(refused()).toBe(null);
});
