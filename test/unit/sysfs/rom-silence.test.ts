import { describe, expect, it } from 'vitest';
import { SnapshotHost } from '../../../lib/host/snapshot/snapshot-host.ts';
import { whyRomIsSilent } from '../../../lib/sysfs/device/rom-silence.ts';
import { buildHost } from '../../support/host-builder.ts';
import type { HostTree } from '../../support/host-tree.ts';
import { functionHere, HERE } from '../../support/host-use.ts';

const PATH = `/sys/devices/pci0000:00/${HERE}`;

function why(change: (tree: HostTree) => void): string | null {
  const host = buildHost({ label: 'described', functions: [functionHere()], change });
  return whyRomIsSilent(new SnapshotHost(host), HERE);
}

describe('a ROM that does not answer', () => {
  it('is of a device that sleeps, or whose memory is switched off', () => {
    const asleep = why((tree) => tree.attribute(`${PATH}/power_state`, 'D3hot'));
    expect(asleep).toContain('it sleeps (D3hot)');
    const off = why((tree) => tree.bytes(`${PATH}/config`, new Uint8Array(64)));
    expect(off).toContain(`its memory is disabled`);
    expect(off).toContain(`echo 1 > /sys/bus/pci/devices/${HERE}/enable`);
  });

  it('may be so for no reason that is known', () => {
    const on = new Uint8Array(64);
    on[4] = 0x02;
    expect(why((tree) => tree.bytes(`${PATH}/config`, on))).toBeNull();
    expect(why((tree) => tree.deny(`${PATH}/config`))).toBeNull();
  });
});
