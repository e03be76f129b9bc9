import { describe, expect, it } from 'vitest';
import { SnapshotHost } from '../../../lib/host/snapshot/snapshot-host.ts';
import type { PciDevice } from '../../../lib/pci/device.ts';
import { tellsResetMethods } from '../../../lib/sysfs/kernel-release.ts';

const RELEASE = '/proc/sys/kernel/osrelease';

function hostWith(release: string | null): SnapshotHost {
  const entry = release === null ? ({ kind: 'absent' } as const) : ({ kind: 'text', text: release } as const);
  return new SnapshotHost({ label: 'x', identifiers: 'raw', entries: new Map([[RELEASE, entry]]) });
}

const device = (resetMethods: readonly string[] | null): PciDevice => ({ resetMethods }) as PciDevice;

describe('whether the kernel says how devices can be reset', () => {
  it.each([
    ['5.14.0-70.el9.x86_64\n', false],
    ['5.15.0\n', true],
    ['6.12.48+deb13-amd64\n', true],
    ['4.19.0\n', false],
    ['10.0\n', true],
  ])('is told by its release %j', (release, tells) => {
    expect(tellsResetMethods(hostWith(release), [device(['flr'])])).toBe(tells);
    expect(tellsResetMethods(hostWith(release), [])).toBe(tells);
  });

  it.each([[null], ['unknown\n']])('is told by its devices where the release is %j', (release) => {
    expect(tellsResetMethods(hostWith(release), [device(null), device(['bus'])])).toBe(true);
    expect(tellsResetMethods(hostWith(release), [device(null)])).toBe(false);
  });
});
