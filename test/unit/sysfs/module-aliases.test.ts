import { describe, expect, it, vi } from 'vitest';
import { BROKEN, DENIED } from '../../../lib/base/known.ts';
import { SnapshotHost } from '../../../lib/host/snapshot/snapshot-host.ts';
import { cpuTimeMs } from '../../support/cpu-time.ts';
import { buildHost } from '../../support/host-builder.ts';
import type { HostTree } from '../../support/host-tree.ts';
import { ONE, ONE_SPEC, readHost, readOne } from '../../support/reading.ts';

const PATH = '/lib/modules/6.12.9-amd64/modules.alias';
const modules = (aliases: readonly string[], change?: (tree: HostTree) => void) =>
  readOne('modules', {}, change, { aliases });

describe('the modules of a device', () => {
  it.each<readonly [string, readonly string[], readonly string[]]>([
    ['no line', [], []],
    ['its ids', ['alias pci:v00008086d000010C9sv*sd*bc*sc*i* igb'], ['igb']],
    ['its class', ['alias pci:v*d*sv*sd*bc02sc00i00* some_class'], ['some_class']],
    ['its subsystem', ['alias pci:v00008086d*sv00001AF4sd00001100bc*sc*i* board'], ['board']],
    ['the whole text', ['alias pci:v00008086d000010C9sv00001AF4sd00001100bc02sc00i00 exact'], ['exact']],
    [
      'several lines, each module once and in order',
      [
        'alias pci:v00008086d000010C9sv*sd*bc*sc*i* zeta',
        'alias pci:v00008086d*sv*sd*bc02sc*i* alpha',
        'alias pci:v00008086d000010C9sv*sd*bc*sc*i* alpha',
      ],
      ['alpha', 'zeta'],
    ],
    [
      'VFIO drivers that are made for it',
      [
        'alias vfio_pci:v00008086d000010C9sv*sd*bc*sc*i* igb_vfio_pci',
        'alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci',
      ],
      ['igb_vfio_pci', 'vfio_pci'],
    ],
    [
      'no line of another device',
      [
        'alias pci:v00008086d000010CAsv*sd*bc*sc*i* igbvf',
        'alias pci:v00001002d000010C9sv*sd*bc*sc*i* radeon',
        'alias pci:v*d*sv*sd*bc03sc00i00* display',
        'alias pci:v00008086d000010C9sv*sd*bc*sc*i1 longer',
        'alias pci:v00008086d000010C9 shorter',
        'alias pci:v00008086d000010C9sv00001AF4sd00001100bc02*bc02sc00i00 twice',
        'alias usb:v00008086p10C9d* usb',
      ],
      [],
    ],
    [
      'no line that is no alias',
      ['alias pci:v00008086d000010C9sv*sd*bc*sc*i*', 'alias pci:v00008086d* two words', '# alias pci:v* x'],
      [],
    ],
  ])('are found by %s', (_, aliases, expected) => {
    expect(modules(aliases)).toEqual({ value: expected, messages: [] });
  });

  it('are found in a table of a thousand stars without waiting', () => {
    const took = cpuTimeMs(() => {
      expect(modules([`alias pci:v${'*0'.repeat(99)}* slow`]).value).toEqual([]);
    });
    expect(took).toBeLessThan(5000);
  });

  it('are sought in the table once for all devices of the same ids', () => {
    const addresses = ['0000:00:03.0', '0000:00:04.0', '0000:00:05.0'] as const;
    const functions = addresses.map((address) => ({ ...ONE_SPEC, address }));
    const other = { ...ONE_SPEC, address: '0000:00:06.0', ids: '1af4:1000' } as const;
    const aliases = ['alias pci:v00008086d000010C9sv*sd*bc*sc*i* igb', 'alias pci:v* any'];
    const host = new SnapshotHost(buildHost({ label: 'counted', aliases, functions: [...functions, other] }));
    const reads = vi.spyOn(host, 'readLines');
    const { devices } = readHost(host, ['modules']);
    expect(devices.map((device) => device.modules)).toEqual([
      ...addresses.map(() => ['any', 'igb']),
      ['any'],
    ]);
    expect(reads).toHaveBeenCalledTimes(2);
  });

  it('are not known without the table', () => {
    expect(readOne('modules')).toEqual({ value: null, messages: [] });
    expect(modules([], (tree) => tree.deny(PATH)).value).toEqual(DENIED);
    expect(modules([], (tree) => tree.fail(PATH, 'EFBIG')).value).toEqual(BROKEN);
  });

  it('are not known without the release of the kernel', () => {
    const release = '/proc/sys/kernel/osrelease';
    const aliases = ['alias pci:v* any'];
    expect(modules(aliases).value).toEqual(['any']);
    expect(modules(aliases, (tree) => tree.remove(release)).value).toBeNull();
    expect(modules(aliases, (tree) => tree.attribute(release, '../../../etc')).value).toBeNull();
    expect(modules(aliases, (tree) => tree.deny(release)).value).toEqual(DENIED);
  });

  it('need the device to say what it is', () => {
    const aliases = ['alias pci:v* any'];
    expect(modules(aliases, (tree) => tree.remove(`${ONE}/modalias`)).value).toBeNull();
    expect(modules(aliases, (tree) => tree.attribute(`${ONE}/modalias`, 'platform:x')).value).toEqual(BROKEN);
  });
});
