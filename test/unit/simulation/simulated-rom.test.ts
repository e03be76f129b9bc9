import { describe, expect, it } from 'vitest';
import { SnapshotHost } from '../../../lib/host/snapshot-host.ts';
import { SimulatedHost } from '../../../lib/simulation/simulated-host.ts';
import { buildHost } from '../../support/host-builder.ts';
import { gigabitNic, hostBridge } from '../../support/hosts/functions.ts';
import { joined, romOf } from '../../support/option-rom.ts';

// As Linux 6.12 was seen to do it: test/lab/test-rom.ts.

const ADDRESS = '0000:00:19.0';
const ROM = `/sys/bus/pci/devices/${ADDRESS}/rom`;
const IMAGES = romOf({}, { codeType: 3 });

function host(bytes?: Uint8Array, driver?: string): SimulatedHost {
  const built = buildHost({
    label: 'built',
    functions: [hostBridge(), gigabitNic(ADDRESS, { driver })],
    change: (tree) => {
      if (bytes !== undefined) tree.bytes(`/sys/devices/pci0000:00/${ADDRESS}/rom`, bytes);
    },
  });
  return new SimulatedHost(new SnapshotHost(built));
}

describe('the ROM of a simulated function', () => {
  it('reads while it is switched on, up to the end of its last image', async () => {
    const simulated = host(joined(IMAGES, new Uint8Array(4096).fill(0xff)));
    expect(simulated.readBytes(ROM)).toEqual({ unknown: 'broken', detail: 'EINVAL' });
    expect(await simulated.write(ROM, '1\n')).toBe('written');
    expect(simulated.readBytes(ROM)).toEqual(IMAGES);
    expect(await simulated.write(ROM, '0\n')).toBe('written');
    expect(simulated.readBytes(ROM)).toEqual({ unknown: 'broken', detail: 'EINVAL' });
  });

  it('is switched on by anything but a zero with a line end, a zero among it', async () => {
    for (const text of ['0', '00\n', 'off', '\n']) {
      const simulated = host(IMAGES);
      await simulated.write(ROM, text);
      expect(simulated.readBytes(ROM)).toEqual(IMAGES);
    }
  });

  it('fails to be read where there is no image in it', async () => {
    const simulated = host(new Uint8Array(4096).fill(0xff));
    await simulated.write(ROM, '1\n');
    expect(simulated.readBytes(ROM)).toEqual({ unknown: 'broken', detail: 'EIO' });
  });

  it('is not known where nobody put it there, or where vfio-pci may have it asleep', async () => {
    for (const simulated of [host(), host(IMAGES, 'vfio-pci')]) {
      await simulated.write(ROM, '1\n');
      expect(simulated.readBytes(ROM)).toMatchObject({ unknown: 'unread' });
    }
  });

  it('is off again after the function was found anew', async () => {
    const simulated = host(IMAGES);
    await simulated.write(ROM, '1\n');
    await simulated.write(`/sys/bus/pci/devices/${ADDRESS}/remove`, '1');
    await simulated.write('/sys/bus/pci/rescan', '1');
    expect(simulated.readBytes(ROM)).toEqual({ unknown: 'broken', detail: 'EINVAL' });
  });
});
