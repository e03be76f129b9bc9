import { describe, expect, it } from 'vitest';
import type { LeftJournal } from '../../lib/apply/journal/journal-parser.ts';
import { SnapshotHost } from '../../lib/host/snapshot/snapshot-host.ts';
import { readLeftBound } from '../../lib/operations/recovery/left-bound.ts';
import type { PciAddress } from '../../lib/pci/address.ts';
import { NO_NAMES } from '../../lib/pci/pci-ids.ts';
import {
  BINDINGS_PATH,
  PERSISTED_FIELDS,
  type PersistedBinding,
  persistedBindingOf,
  serializeBindings,
} from '../../lib/plan/binding/persisted-bindings.ts';
import type { Change } from '../../lib/plan/change.ts';
import { readInventory } from '../../lib/sysfs/device/read-inventory.ts';
import { buildHost } from '../support/host-builder.ts';
import { gigabitNic, hostBridge, nvmeController, rootPort } from '../support/hosts/functions.ts';

const NIC = '0000:01:00.0' as PciAddress;
const DRIVE = '0000:02:00.0' as PciAddress;
const VFIO = { driver: 'vfio-pci', override: 'vfio-pci' };

/** A host with two devices, on the drivers that they are given, and what is recorded on it. */
function hostWith(nic: string, drive: string, record: string | null): SnapshotHost {
  return new SnapshotHost(
    buildHost({
      label: 'left',
      functions: [
        hostBridge(),
        rootPort('0000:00:01.0', 1),
        rootPort('0000:00:02.0', 2),
        gigabitNic(NIC, { under: '0000:00:01.0', driver: nic }),
        nvmeController(DRIVE, { under: '0000:00:02.0', driver: drive }),
      ],
      change(tree) {
        if (record !== null) tree.attribute(BINDINGS_PATH, record);
      },
    }),
  );
}

const { devices } = readInventory(hostWith('e1000e', 'nvme', null), NO_NAMES, PERSISTED_FIELDS);
const [nicEntry, driveEntry] = [NIC, DRIVE].map((at) => {
  const device = devices.find(({ address }) => address === at);
  if (device === undefined) throw new Error(`nothing is at ${at}`);
  return persistedBindingOf(device, 'vfio-pci', null, devices);
}) as [PersistedBinding, PersistedBinding];

const fileOf = (from: readonly PersistedBinding[], to: readonly PersistedBinding[]): Change => ({
  kind: 'file',
  path: BINDINGS_PATH,
  from: serializeBindings(from),
  to: serializeBindings(to),
});

function journalOf(changes: readonly Change[], id = '8086:10d3'): LeftJournal {
  return {
    ...{ id: '1', bootId: 'before', startedAt: '2026-11-22T07:00:00.000Z' },
    plan: {
      title: 'Give group 1 to vfio-pci: 1 device',
      guards: [{ address: NIC, id, subsystem: null, iommuGroup: null }],
      steps: changes.map((change) => ({ words: change.kind, change })),
    },
    ...{ allowed: new Set<string>(), marks: new Map(), confirmByMs: null },
  };
}

const driverStep: Change = {
  kind: 'driver',
  address: NIC,
  from: { driver: 'e1000e', override: null },
  to: VFIO,
};
const leftOn = (host: SnapshotHost, journal: LeftJournal, boot = 'now') =>
  readLeftBound(host, [journal], boot).map(({ address, driver, command }) => [address, driver, command]);

describe('what stays bound though the change that bound it is undone', () => {
  const left = [[NIC, 'vfio-pci', `pci unbind ${NIC}`]];

  it('is what the boot in between had bound by the record', () => {
    const journal = journalOf([fileOf([driveEntry], [driveEntry, nicEntry])]);
    const before = serializeBindings([driveEntry]);
    expect(leftOn(hostWith('vfio-pci', 'vfio-pci', before), journal)).toEqual(left);
    expect(leftOn(hostWith('e1000e', 'vfio-pci', before), journal)).toEqual([]);
    // Another change wrote it down again.
    const both = serializeBindings([driveEntry, nicEntry]);
    expect(leftOn(hostWith('vfio-pci', 'vfio-pci', both), journal)).toEqual([]);
    // In the boot of the change it was bound before it.
    expect(leftOn(hostWith('vfio-pci', 'vfio-pci', before), journal, 'before')).toEqual([]);
  });

  it('is what could not be put back in the boot of the change', () => {
    const host = hostWith('vfio-pci', 'nvme', null);
    expect(leftOn(host, journalOf([driverStep]), 'before')).toEqual(left);
    expect(leftOn(host, journalOf([driverStep], '8086:1533'))).toEqual([]);
    expect(leftOn(host, journalOf([{ ...driverStep, from: VFIO }]))).toEqual([]);
    expect(leftOn(host, journalOf([]))).toEqual([]);
  });
});
