import { UNREAD } from '../../base/known.ts';
import type { HostReader } from '../../host/host-reader.ts';
import type { Runner } from '../../host/runner.ts';
import { mergeInventories } from '../../libvirt/node-device/merge-inventories.ts';
import { toInventory } from '../../libvirt/node-device/node-inventory.ts';
import { type NodeKind, readNodeDevices } from '../../libvirt/node-device/read-node-devices.ts';
import { Virsh } from '../../libvirt/virsh.ts';
import type { DeviceRequest } from '../../pci/device.ts';
import { type InventorySource, sysfsSource } from './sysfs-source.ts';

/**
 * The inventory of a libvirt.
 *
 * @param connect its URI, `null` for that of this machine
 * @param host the kernel of the same machine, which then has priority; `null` for only libvirt
 */
export function libvirtSource(
  runner: Runner,
  connect: string | null,
  host: HostReader | null,
): InventorySource {
  const virsh = new Virsh(runner, connect);
  const kernels = host === null ? null : sysfsSource(host);
  return {
    label: kernels === null ? virsh.uri : `${kernels.label}, with libvirt at ${virsh.uri}`,
    files: host,
    // Facts that both report are compared for all devices.
    async read(names, fields, probed) {
      const kinds = kindsFor(fields);
      const told = toInventory(await readNodeDevices(virsh, kinds), kinds, names, virsh.uri);
      return kernels === null
        ? told
        : mergeInventories(await kernels.read(names, fields, probed), told, fields);
    },
    groupAttributes: kernels?.groupAttributes ?? (() => ({ type: UNREAD, reservedRegions: UNREAD })),
    iommuState:
      kernels?.iommuState ??
      (() => ({
        units: [],
        firmwareTables: UNREAD,
        cpuMaker: UNREAD,
        kernelArguments: UNREAD,
        architecture: UNREAD,
        hypervisor: UNREAD,
      })),
    tellsResetMethods: kernels?.tellsResetMethods ?? (() => false),
  };
}

function kindsFor(fields: readonly DeviceRequest[]): readonly NodeKind[] {
  return [
    'pci',
    ...(fields.includes('netInterfaces') ? (['net'] as const) : []),
    ...(fields.includes('blockDevices') ? (['storage'] as const) : []),
  ];
}
