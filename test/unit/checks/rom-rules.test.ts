import { describe, expect, it } from 'vitest';
import { refusalsAmong } from '../../../lib/checks/finding.ts';
import { checkRomReading } from '../../../lib/checks/safety/check-safety.ts';
import { ROM_SAFETY_FIELDS } from '../../../lib/checks/safety/safety-fields.ts';
import type { LiveUse } from '../../../lib/facts/host-use.ts';
import { SnapshotHost } from '../../../lib/host/snapshot/snapshot-host.ts';
import { readHostUse } from '../../../lib/sysfs/host-use/read-host-use.ts';
import { buildHost } from '../../support/host-builder.ts';
import type { FunctionSpec } from '../../support/host-spec.ts';
import { functionHere, HERE, IDLE_LIVE, openNode } from '../../support/host-use.ts';
import { readHost } from '../../support/reading.ts';

const ROM = { at: 0xfe000000, sizeBytes: 0x20000 };

function findings(facts: Partial<FunctionSpec>, live: Partial<LiveUse> = {}) {
  const functions = [functionHere({ rom: ROM, ...facts })];
  const host = new SnapshotHost(buildHost({ label: 'described', functions }));
  const { devices } = readHost(host, ROM_SAFETY_FIELDS);
  const view = {
    devices,
    groups: [],
    use: readHostUse(host),
    live: { ...IDLE_LIVE, ...live },
    tellsResetMethods: true,
  };
  return checkRomReading(HERE, view);
}

describe('reading a ROM', () => {
  it('is free where nobody has the device, or VFIO and no machine', () => {
    expect(findings({})).toEqual([]);
    expect(findings({ driver: 'vfio-pci' })).toEqual([]);
  });

  it('is refused while a host driver uses it, unless that is allowed', () => {
    const found = findings({ driver: 'e1000e' });
    expect(found).toMatchObject([
      {
        name: 'driver-bound',
        severity: 'refuses',
        message: 'is on e1000e, which may use it while its ROM is read',
      },
    ]);
    expect(refusalsAmong(found, new Set(['driver-bound']))).toEqual([]);
  });

  it('is free of a copy in memory, whoever has the card', () => {
    expect(findings({ driver: 'i915', rom: { at: 0xc0000, sizeBytes: 0x20000, isShadow: true } })).toEqual(
      [],
    );
  });

  it('is forbidden while a machine has it, and stopped where that can not be seen', () => {
    const nodes = [openNode('/dev/vfio/3', [HERE])];
    const holder = { pid: 7, command: 'qemu-system-x86', machine: 'galaxy', nodes };
    expect(findings({ driver: 'vfio-pci' }, { holders: [holder] })).toMatchObject([
      { name: 'machine-has-it', severity: 'forbids', message: 'is in use by VM galaxy (pid 7)' },
    ]);
    const unseen = findings({ driver: 'vfio-pci' }, { unseen: { unknown: 'denied' } });
    expect(unseen).toMatchObject([{ name: 'machine-has-it', severity: 'unknown' }]);
    expect(refusalsAmong(unseen, new Set())).toHaveLength(1);
  });
});
