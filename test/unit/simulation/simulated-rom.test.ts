import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SnapshotHost } from '../../../lib/host/snapshot/snapshot-host.ts';
import { SimulatedHost } from '../../../lib/simulation/simulated-host.ts';
import { parseRecordedRomWrites } from '../../contract/rom-writes.ts';
import { buildHost } from '../../support/host-builder.ts';
import { gigabitNic, hostBridge } from '../../support/hosts/functions.ts';
import { joined, romOf } from '../../support/option-rom.ts';

const ADDRESS = '0000:00:19.0';
const ROM = `/sys/bus/pci/devices/${ADDRESS}/rom`;
const IMAGES = romOf({}, { codeType: 3 });
const OFF = { unknown: 'broken', detail: 'EINVAL' };
const RECORDED = parseRecordedRomWrites(
  readFileSync(join(import.meta.dirname, '../../contract/rom-writes.jsonl'), 'utf8'),
);

function host(
  bytes?: Uint8Array,
  { driver, kernelRelease }: { readonly driver?: string; readonly kernelRelease?: string } = {},
): SimulatedHost {
  const built = buildHost({
    label: 'built',
    ...(kernelRelease === undefined ? {} : { kernelRelease }),
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
    expect(simulated.readBytes(ROM)).toEqual(OFF);
    expect(await simulated.write(ROM, '1\n')).toBe('written');
    expect(simulated.readBytes(ROM)).toEqual(IMAGES);
    expect(await simulated.write(ROM, '0\n')).toBe('written');
    expect(simulated.readBytes(ROM)).toEqual(OFF);
  });

  it.each(RECORDED.map(({ kernel, writes }) => [kernel, writes] as const))(
    'takes what is written to it as Linux %s was seen to',
    async (kernel, writes) => {
      for (const [text, outcome] of Object.entries(writes)) {
        for (const start of ['1\n', '0\n']) {
          const simulated = host(IMAGES, { kernelRelease: kernel });
          await simulated.write(ROM, start);
          const before = simulated.readBytes(ROM);
          const said = await simulated.write(ROM, text);
          const after = { on: IMAGES, off: OFF, EINVAL: before }[outcome];
          expect([text, said, simulated.readBytes(ROM)]).toEqual([
            text,
            outcome === 'EINVAL' ? { failed: 'EINVAL' } : 'written',
            after,
          ]);
        }
      }
    },
  );

  it.each(['6.8.0-31-generic', '6.13.5', 'next'])(
    'is known of Linux %s as far as all kernels agree on it',
    async (kernelRelease) => {
      const simulated = host(IMAGES, { kernelRelease });
      // What we write ourselves is of that kind.
      expect(await simulated.write(ROM, '1\n')).toBe('written');
      expect(simulated.readBytes(ROM)).toEqual(IMAGES);
      expect(await simulated.write(ROM, '0\n')).toBe('written');
      expect(simulated.readBytes(ROM)).toEqual(OFF);
      await expect(simulated.write(ROM, '0')).rejects.toMatchObject({ code: 'NOT_SIMULATED' });
    },
  );

  it('fails to be read where there is no image in it', async () => {
    const simulated = host(new Uint8Array(4096).fill(0xff));
    await simulated.write(ROM, '1\n');
    expect(simulated.readBytes(ROM)).toEqual({ unknown: 'broken', detail: 'EIO' });
  });

  it('is not known where nobody put it there, or where vfio-pci may have it asleep', async () => {
    for (const simulated of [host(), host(IMAGES, { driver: 'vfio-pci' })]) {
      await simulated.write(ROM, '1\n');
      expect(simulated.readBytes(ROM)).toMatchObject({ unknown: 'unread' });
    }
  });

  it('is off again after the function was found anew', async () => {
    const simulated = host(IMAGES);
    await simulated.write(ROM, '1\n');
    await simulated.write(`/sys/bus/pci/devices/${ADDRESS}/remove`, '1');
    await simulated.write('/sys/bus/pci/rescan', '1');
    expect(simulated.readBytes(ROM)).toEqual(OFF);
  });
});
