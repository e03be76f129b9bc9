import { expect, test } from 'vitest';
import { changeProblem } from '../../../lib/cli/safety.ts';
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
