import { describe, expect, it } from 'vitest';
import { DENIED, UNREAD } from '../../../lib/base/known.ts';
import { traitsOf } from '../../../lib/pci/device-traits.ts';
import { lastSeenAs } from '../../../lib/pci/persisted/last-seen.ts';
import { BOOT_ID_PATH, EARLIER_DRIVERS_PATH } from '../../../lib/sysfs/paths.ts';
import type { FunctionSpec } from '../../support/host-spec.ts';
import type { HostTree } from '../../support/host-tree.ts';
import { ONE_SPEC, readOne, readSpec } from '../../support/reading.ts';

const BOOT = '11111111-2222-3333-4444-555555555555';
const MARKS = { drive: null, model: null, wwn: null, guid: null, mac: '52:54:00:00:00:09' };
const SEEN = lastSeenAs(BOOT, '1af4:1100', MARKS);
const ENTRY = { id: '8086:10c9', driver: 'igb', override: null, seen: SEEN };

const record = (entry: object, schema = 'portal-gun/earlier-drivers/v1'): string =>
  JSON.stringify({ schema, devices: { [ONE_SPEC.address]: entry } });

/** What is known of a function, by a record of it. */
function lastSeen(text: string | null, spec: Partial<FunctionSpec> = {}, boot: string | null = BOOT) {
  return readOne('lastSeen', { driver: 'vfio-pci', ...spec }, (tree: HostTree) => {
    if (text !== null) tree.attribute(EARLIER_DRIVERS_PATH, text);
    if (boot !== null) tree.attribute(BOOT_ID_PATH, boot);
  });
}

describe('what was seen of a device before a VFIO driver took it', () => {
  it('is known while it is there, on such a driver, in the same boot', () => {
    expect(lastSeen(record(ENTRY))).toEqual({ value: MARKS, messages: [] });
    expect(lastSeen(record(ENTRY), { driver: 'pci-stub' }).value).toEqual(MARKS);
  });

  it.each<readonly [string, string | null, Partial<FunctionSpec>, string]>([
    ['on a driver of the host', record(ENTRY), { driver: 'igb' }, BOOT],
    ['in another boot', record(ENTRY), {}, BOOT.replaceAll('1', '6')],
    ['of another device', record(ENTRY), { ids: '8086:10d3' }, BOOT],
    ['of another board', record(ENTRY), { subsystem: '1af4:1101' }, BOOT],
    ['of one that another bound', null, {}, BOOT],
    ['of one that an earlier version bound', record({ ...ENTRY, seen: undefined }), {}, BOOT],
    ['by a record of another form', record(ENTRY, 'portal-gun/earlier-drivers/v9'), {}, BOOT],
    ['by an entry that makes no sense', record({ ...ENTRY, seen: { ...SEEN, mac: 7 } }), {}, BOOT],
    ['by a record that is cut short', record(ENTRY).slice(0, 40), {}, BOOT],
  ])('is not there: %s', (_, text, spec, boot) => {
    expect(lastSeen(text, spec, boot).value).toBeNull();
  });

  it('is not known where that can not be read', () => {
    const denied = readOne('lastSeen', { driver: 'vfio-pci' }, (tree) => tree.deny(EARLIER_DRIVERS_PATH));
    expect(denied.value).toEqual(DENIED);
    expect(lastSeen(record(ENTRY), {}, null).value).toEqual(UNREAD);
  });

  it('finds the device again', () => {
    const { devices } = readSpec({
      functions: [{ ...ONE_SPEC, driver: 'vfio-pci' }],
      change(tree) {
        tree.attribute(EARLIER_DRIVERS_PATH, record(ENTRY));
        tree.attribute(BOOT_ID_PATH, BOOT);
      },
    });
    expect(devices.map(traitsOf)).toMatchObject([{ mac: MARKS.mac, drive: null }]);
  });
});
