import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDefinition } from '../../../lib/machines/definition/definition-parser.ts';
import { writtenForm } from '../../../lib/machines/definition/written-form.ts';
import { lockedMachine } from '../../../lib/machines/project/locked-values.ts';
import { formatLock, parseLock } from '../../../lib/machines/project/portal-lock.ts';
import { errorOf } from '../../support/error-of.ts';

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,10}$/);
const size = fc.integer({ min: 32, max: 4096 }).map((amount) => `${amount * 2}MiB`);
const flag = fc.boolean();
const some = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const named = <T extends { readonly name: string }>(entry: fc.Arbitrary<T>) =>
  fc.uniqueArray(entry, { maxLength: 4, selector: (each) => each.name });

/** Definitions without a fault, as a file has them. */
const definition = fc.record({
  category: fc.constantFrom('router', 'service', 'application', 'my-own'),
  title: some(fc.string({ maxLength: 40 })),
  cpus: some(
    fc.oneof(fc.integer({ min: 1, max: 512 }), fc.record({ count: fc.integer({ min: 1, max: 8 }) })),
  ),
  memory: some(fc.oneof(size, fc.record({ size, hugepages: flag }))),
  boot: some(
    fc.record({ profile: fc.constantFrom('minivm', 'debian'), arguments: fc.constantFrom('quiet', 'a=b c') }),
  ),
  disks: some(named(fc.record({ name: name.filter((each) => each !== 'root'), size }))),
  nics: some(
    fc.array(
      fc.oneof(
        fc.record({ network: fc.constantFrom('isolated/lan', 'default') }),
        fc.record({ bridge: fc.constant('br0'), model: fc.constantFrom('virtio', 'e1000e') }),
      ),
      { maxLength: 4 },
    ),
  ),
  pci: some(
    fc.array(
      fc.oneof(
        fc.record({ select: fc.constantFrom('class=network !uplink', '03:00.0'), rom: flag }),
        fc.record({ id: fc.constant('8086:10c9'), slot: fc.constant('PCIe 1') }),
      ),
      { maxLength: 3 },
    ),
  ),
  shares: some(named(fc.record({ name, source: fc.constant('data'), mode: fc.constantFrom('ro', 'rw') }))),
  nested: some(flag),
  rng: some(flag),
  watchdog: some(fc.constantFrom('reset', 'pause')),
  'spare-root-ports': some(fc.integer({ min: 0, max: 24 })),
  on: some(fc.record({ reboot: fc.constantFrom('restart', 'destroy') })),
  after: some(
    fc.uniqueArray(
      name.filter((each) => each !== 'r0'),
      { maxLength: 3 },
    ),
  ),
});

describe('a definition with every value spelled out', () => {
  it('is read back as the same', () => {
    fc.assert(
      fc.property(definition, (written) => {
        const first = parseDefinition(JSON.stringify(written), 'r0', 'machine.json');
        expect(first.faults).toEqual([]);
        if (first.definition === null) throw new Error('a definition without faults is there');
        const again = parseDefinition(JSON.stringify(writtenForm(first.definition)), 'r0', 'machine.json');
        expect(again.faults).toEqual([]);
        expect(JSON.stringify(again.definition)).toBe(JSON.stringify(first.definition));
      }),
      { numRuns: 200 },
    );
  });
});

describe('the lock file', () => {
  const SEED = '0123456789abcdef0123456789abcdef';
  const nics = [{ network: 'isolated/lan' }, { network: 'isolated/lan' }, { bridge: 'br0' }].map((nic) => ({
    ...{ network: null, bridge: null, model: 'virtio' as const, mac: null, boot: false },
    ...nic,
  }));
  const empty = { seed: null, machines: {} };

  it('is read back as it was written, and keeps what it has', () => {
    const r0 = lockedMachine(empty, SEED, { name: 'r0', nics });
    const lock = { seed: SEED, machines: { r0 } };
    const text = formatLock(lock);
    expect(parseLock(text, 'portal.lock')).toEqual(lock);
    expect(formatLock(parseLock(text, 'portal.lock'))).toBe(text);
    const other = 'f'.repeat(32);
    expect(lockedMachine(lock, other, { name: 'r0', nics })).toEqual(r0);
    expect(lockedMachine(empty, other, { name: 'r0', nics }).uuid).not.toBe(r0.uuid);
  });

  it('gives each cable a MAC of its own, of one machine', () => {
    const { uuid, macs } = lockedMachine(empty, SEED, { name: 'r0', nics });
    expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(Object.keys(macs)).toEqual(['isolated/lan', 'isolated/lan#2', 'br0']);
    expect(new Set(Object.values(macs)).size).toBe(3);
    for (const mac of Object.values(macs)) expect(mac).toMatch(/^[0-9a-f][26ae](:[0-9a-f]{2}){5}$/);
    const second = lockedMachine(empty, SEED, { name: 'r1', nics });
    expect(Object.values(second.macs).some((mac) => Object.values(macs).includes(mac))).toBe(false);
  });

  it.each([
    ['machines: {}\n', 'portal.lock:1:1', 'is not a lock file'],
    ['portal-gun: lock/v1\nseed: 12\n', 'portal.lock:2:7', 'must be 32 hex digits'],
    [
      'portal-gun: lock/v1\nmachines: { r0: { uuid: 1 } }\n',
      'portal.lock:2:25',
      'must be a UUID in lowercase',
    ],
    [
      'portal-gun: lock/v1\nmachines: { R0: { uuid: 01234567-0123-4123-8123-0123456789ab } }\n',
      'portal.lock:2:17',
      '"R0" cannot be the name of a machine',
    ],
  ])('%j is a fault in its place', (text, subject, words) => {
    const error = errorOf(() => parseLock(text, 'portal.lock'));
    expect(error).toMatchObject({ code: 'BAD_DEFINITION' });
    expect(error.message).toContain(words);
    expect(error.subject).toBe(subject);
  });
});
