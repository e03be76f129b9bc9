import type { HostReader } from '../../lib/host/host-reader.ts';
import { SnapshotHost } from '../../lib/host/snapshot/snapshot-host.ts';
import type { DeviceField, PciDevice } from '../../lib/pci/device.ts';
import type { Inventory } from '../../lib/pci/inventory.ts';
import type { PciNames } from '../../lib/pci/pci-ids.ts';
import { ALL_FIELDS, type ProbedDevices, readInventory } from '../../lib/sysfs/device/read-inventory.ts';
import { buildHost } from './host-builder.ts';
import type { FunctionSpec, HostSpec } from './host-spec.ts';
import type { HostTree } from './host-tree.ts';

/** Names that repeat the requested id. */
const ECHO_NAMES: PciNames = {
  source: 'an echo',
  vendor: (id) => `vendor ${id}`,
  device: (vendor, id) => `device ${vendor}:${id}`,
  subsystem: (vendor, id, subVendor, subDevice) => `subsystem ${vendor}:${id}:${subVendor}:${subDevice}`,
  deviceClass: (code) => `class ${code}`,
};

export function readHost(
  host: HostReader,
  fields: readonly DeviceField[] = ALL_FIELDS,
  probed?: ProbedDevices,
): Inventory {
  return readInventory(host, ECHO_NAMES, fields, probed);
}

/** Reads a described host. */
export function readSpec(spec: Omit<HostSpec, 'label'>, fields?: readonly DeviceField[]): Inventory {
  return readHost(new SnapshotHost(buildHost({ label: 'described', ...spec })), fields);
}

/** The directory of the function of {@link readOne}. */
export const ONE = '/sys/devices/pci0000:00/0000:00:03.0';

/** A function of no particular kind, for changes. */
export const ONE_SPEC: FunctionSpec = {
  address: '0000:00:03.0',
  ids: '8086:10c9',
  subsystem: '1af4:1100',
  classCode: '020000',
  revision: '01',
};

/** Reads one fact of one function, with its messages. */
export function readOne<F extends DeviceField>(
  field: F,
  spec: Partial<FunctionSpec> = {},
  change: (tree: HostTree) => void = () => {},
  host: Omit<HostSpec, 'label' | 'functions' | 'change'> = {},
): { readonly value: PciDevice[F]; readonly messages: readonly string[] } {
  const { devices, diagnostics } = readSpec({ ...host, functions: [{ ...ONE_SPEC, ...spec }], change }, [
    field,
  ]);
  const device = devices[0];
  if (device === undefined || devices.length !== 1) throw new Error('one function was described');
  return { value: device[field], messages: diagnostics.map(({ code, message }) => `${code} ${message}`) };
}
