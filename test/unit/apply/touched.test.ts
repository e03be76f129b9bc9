import { describe, expect, it } from 'vitest';
import type { LeftJournal } from '../../../lib/apply/journal/journal-parser.ts';
import { isOfGuests, journalInTheWay, touchedByAll } from '../../../lib/apply/touched.ts';
import { pendingProblem } from '../../../lib/operations/change/pending-recovery.ts';
import type { PciAddress } from '../../../lib/pci/address.ts';
import {
  BINDINGS_PATH,
  type PersistedBinding,
  parseBindings,
  serializeBindings,
} from '../../../lib/plan/binding/persisted-bindings.ts';
import type { Change } from '../../../lib/plan/change.ts';

const at = (address: string): PciAddress => address as PciAddress;
const NIC = at('0000:03:00.0');
const DISK = at('0000:04:00.0');

const driver = (address: PciAddress): Change => ({
  ...{ kind: 'driver', address },
  ...{ from: { driver: 'e1000e', override: null }, to: { driver: 'vfio-pci', override: 'vfio-pci' } },
});

function bindingOf(address: PciAddress, slot: string): PersistedBinding {
  return {
    ...{ address, driver: 'vfio-pci', path: `pci0000:00/${slot}.0/00.0`, id: '8086:10d3', subsystem: null },
    ...{ deviceSerial: null, productSerial: null, mac: null },
  };
}
const [nic, disk] = [bindingOf(NIC, '06'), bindingOf(DISK, '07')];
const record = (...bindings: readonly PersistedBinding[]): string | null => serializeBindings(bindings);

/** A change of an earlier boot that was cut short while it added the binding of the disk. */
function leftBy(...changes: readonly Change[]): LeftJournal {
  return {
    ...{ id: 'x', bootId: 'one', startedAt: '2026-11-22T07:00:00.000Z', confirmByMs: null },
    plan: { title: 'Bind', guards: [], steps: changes.map((change) => ({ words: '-', change })) },
    allowed: new Set(),
    marks: new Map(changes.map((_, index) => [index, 'begun'])),
  };
}
const persisting = leftBy(
  driver(DISK),
  { kind: 'file', path: BINDINGS_PATH, from: record(nic), to: record(nic, disk) },
  { kind: 'initramfs', from: 'stale', to: 'abc' },
);
const planOf = (...changes: readonly Change[]) => leftBy(...changes).plan;

describe('what a change that was cut short may still change', () => {
  it('is files and the initramfs in a later boot, and drivers too in its own', () => {
    expect([...touchedByAll([persisting], 'two')]).toEqual([BINDINGS_PATH, 'initramfs']);
    for (const boot of ['one', null]) expect([...touchedByAll([persisting], boot)]).toContain(DISK);
  });

  it('stops a plan that changes the same, and no other', () => {
    expect(journalInTheWay(planOf(driver(DISK)), [persisting], 'two')).toBeNull();
    expect(journalInTheWay(planOf(driver(DISK)), [persisting], 'one')).toBe(persisting);
    expect(journalInTheWay(planOf(driver(NIC)), [persisting], 'one')).toBeNull();
    const again: Change = { kind: 'initramfs', from: 'abc', to: 'stale' };
    expect(journalInTheWay(planOf(again), [persisting], 'two')).toBe(persisting);
    const module: Change = { kind: 'module', module: 'vfio-pci', driver: 'vfio-pci', from: false, to: true };
    expect(journalInTheWay(planOf(module), [leftBy(module)], 'one')).toBeNull();
  });

  it('leaves of what is persisted what it writes down or changes, by its name', () => {
    const problem = (binding: PersistedBinding, bootId: string, addresses: readonly PciAddress[]) =>
      pendingProblem(
        { journals: [persisting], now: { bootId, uptimeMs: 0 } },
        binding,
        addresses,
        BINDINGS_PATH,
        parseBindings,
      );
    expect(problem(nic, 'two', [NIC])).toBeNull();
    expect(problem(disk, 'two', [DISK])).toBe(
      '"Bind" changes it, and was interrupted in an earlier boot: run pci recover, or pci recover --finish',
    );
    // A VF whose PF it changes.
    expect(problem(nic, 'one', [NIC, DISK])).toContain('was interrupted in this boot');
  });

  it('is all that it writes down where what was written down can not be read', () => {
    const spoilt = leftBy({ kind: 'file', path: BINDINGS_PATH, from: '?', to: record(nic) });
    expect(
      pendingProblem(
        { journals: [spoilt], now: { bootId: 'two', uptimeMs: 0 } },
        nic,
        [NIC],
        BINDINGS_PATH,
        parseBindings,
      ),
    ).not.toBeNull();
  });
});

describe('a change that is of guests only', () => {
  const guest: Change = {
    ...{ kind: 'guest-setting', machine: 'r0', setting: 'hostname', name: '' },
    ...{ from: 'a', to: 'b' },
  } as never;
  const planOf = (...changes: readonly Change[]) => leftBy(...changes).plan;

  it('has steps, and all of them change guests', () => {
    expect(isOfGuests(planOf(guest))).toBe(true);
    expect(isOfGuests(planOf(guest, driver(NIC)))).toBe(false);
    expect(isOfGuests(planOf())).toBe(false);
  });
});
