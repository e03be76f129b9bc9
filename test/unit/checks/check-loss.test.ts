import { describe, expect, it } from 'vitest';
import { knownValue } from '../../../lib/base/known.ts';
import { checkLoss } from '../../../lib/checks/safety/check-safety.ts';
import { SAFETY_FIELDS } from '../../../lib/checks/safety/safety-fields.ts';
import type { LiveUse } from '../../../lib/facts/host-use.ts';
import { openHost } from '../../../lib/host/open-host.ts';
import type { PciAddress } from '../../../lib/pci/address.ts';
import { readLiveUse } from '../../../lib/sysfs/host-use/live-use.ts';
import { readHostUse } from '../../../lib/sysfs/host-use/read-host-use.ts';
import { openNode } from '../../support/host-use.ts';
import { fixture } from '../../support/pci-program.ts';
import { readHost } from '../../support/reading.ts';

const VFS = ['0000:01:10.0', '0000:01:10.2', '0000:01:10.4'] as PciAddress[];

const NOTHING_RUNS: Partial<LiveUse> = {
  sessionAddress: null,
  unseen: null,
  packetSockets: null,
  connections: null,
  elsewhere: { interfaces: [], unseen: [], missed: null },
};

/** What speaks against VFs going, on a host with three of a card; the second is on vfio-pci. */
function findings(devices: readonly PciAddress[], use: object = {}, live: object = {}) {
  const host = openHost(fixture('lab-intel-vfio'));
  const read = readHostUse(host);
  // The snapshot is older than what reads who uses an interface.
  const interfaces = (knownValue(read.interfaces) ?? []).map((each) => ({
    ...each,
    linkLayer: 'ethernet' as const,
    users: [],
  }));
  return checkLoss(devices, {
    devices: readHost(host, SAFETY_FIELDS).devices,
    groups: [],
    use: { ...read, interfaces, ...use },
    live: { ...readLiveUse(host), ...NOTHING_RUNS, ...live },
    tellsResetMethods: true,
  }).map(({ name, severity, subject }) => [name, severity, subject]);
}

describe('what speaks against VFs going away', () => {
  it('is nothing where nobody uses them', () => {
    expect(findings(VFS)).toEqual([]);
    expect(findings([])).toEqual([]);
  });

  it('is a machine that has one, and not that it could not be given away', () => {
    const nodes = [openNode('/dev/vfio/23', [VFS[1] as string])];
    const holder = { pid: 7, command: 'qemu', machine: 'galaxy', nodes };
    expect(findings(VFS, {}, { holders: [holder] })).toEqual([['machine-has-it', 'forbids', VFS[1]]]);
    expect(findings([VFS[0] as PciAddress], {}, { holders: [holder] })).toEqual([]);
  });

  it('is an address on one', () => {
    const address = { address: '192.0.2.1', prefixLength: 24, interfaces: ['enp1s0v2'] };
    expect(findings(VFS, { ipv4: { addresses: [address], routes: [] } })).toEqual([
      ['net-address', 'refuses', VFS[2]],
    ]);
  });

  it('is asked of devices of the host', () => {
    expect(() => findings(['0000:77:00.0' as PciAddress])).toThrow('is not a device of this host');
  });
});
