import type { Diagnostic } from '../../base/diagnostic.ts';
import { isUnknown, type Known, mapKnown } from '../../base/known.ts';
import type { DeviceRequest, PciDevice } from '../../pci/device.ts';
import type { Inventory } from '../../pci/inventory.ts';

/**
 * Merges the inventories of this machine from its kernel and its libvirt. The kernel has priority, because libvirt
 * gets its data from it; facts that could not be read from it come from libvirt. If the two differ, a diagnostic is
 * reported.
 *
 * @param fields that were requested from the kernel
 */
export function mergeInventories(
  kernels: Inventory,
  libvirts: Inventory,
  fields: readonly DeviceRequest[],
): Inventory {
  const theirs = new Map(libvirts.devices.map((device) => [device.address, device]));
  const own = new Set(kernels.devices.map(({ address }) => address));
  const extra = libvirts.devices.filter(({ address }) => !own.has(address));
  const disagree = (subject: string, message: string): Diagnostic => ({
    subject,
    code: 'SOURCES_DISAGREE',
    message,
  });
  return {
    host: { ...kernels.host, ...libvirts.host, label: kernels.host.label },
    devices: kernels.devices.map((device) => {
      const other = theirs.get(device.address);
      return other === undefined ? device : filled(device, other, fields);
    }),
    iommu: kernels.iommu,
    diagnostics: [
      ...kernels.diagnostics,
      ...libvirts.diagnostics,
      ...kernels.devices.flatMap((device) => {
        const other = theirs.get(device.address);
        return other === undefined
          ? [disagree(device.address, 'is on the bus, but libvirt does not list it')]
          : differencesOf(device, other).map((message) => disagree(device.address, message));
      }),
      ...extra.map(({ address }) => disagree(address, 'is listed by libvirt, but is not on the bus')),
    ],
  };
}

/** Fills unreadable facts from libvirt. */
function filled(device: PciDevice, other: PciDevice, requests: readonly DeviceRequest[]): PciDevice {
  const fields = new Set(requests.map((request) => (request === 'vfCounts' ? 'sriov' : request)));
  const gained = [...fields].filter((field) => isUnknown(device[field]) && !isUnknown(other[field]));
  return gained.length === 0
    ? device
    : { ...device, ...Object.fromEntries(gained.map((field) => [field, other[field]])) };
}

/** The comparison and name of each fact that both report. */
const COMPARED: readonly (readonly [name: string, fact: (device: PciDevice) => Known<string | number>])[] = [
  ['the driver', ({ driver }) => driver],
  ['the IOMMU group', ({ iommuGroup }) => iommuGroup],
  ['the NUMA node', ({ numaNode }) => numaNode],
  ['the class', (device) => mapKnown(device.class, ({ code }) => code)],
  ['the vendor', (device) => mapKnown(device.vendor, ({ id }) => id)],
  ['the device id', (device) => mapKnown(device.device, ({ id }) => id)],
  [
    'the physical function',
    ({ sriov }) => mapKnown(sriov, (role) => (role.role === 'vf' ? role.physicalFunction : null)),
  ],
  [
    'the virtual functions',
    ({ sriov }) =>
      mapKnown(sriov, (role) => (role.role === 'pf' ? role.virtualFunctions.join(' ') || null : null)),
  ],
];

function differencesOf(device: PciDevice, other: PciDevice): readonly string[] {
  return COMPARED.flatMap(([name, fact]) => {
    const [kernels, libvirts] = [fact(device), fact(other)];
    if (isUnknown(kernels) || isUnknown(libvirts) || kernels === libvirts) return [];
    return [`${name} is ${kernels ?? 'none'} to the kernel, and ${libvirts ?? 'none'} to libvirt`];
  });
}
