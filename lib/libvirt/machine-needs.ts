import { BROKEN, type Known } from '../base/known.ts';
import type { MachineNeeds } from '../pci/machine-needs.ts';
import { bytesIn } from './machine.ts';
import { type KnownMachine, mainDocument } from './read-machines.ts';
import { childOf, childrenOf, childText, type XmlElement } from './xml-element.ts';

/**
 * What the definition of a machine asks of its host: https://libvirt.org/formatdomain.html. A machine that has none is taken by
 * what runs.
 *
 * @param isThere whether a file of the host is
 */
export function needsOf(known: KnownMachine, isThere: (path: string) => Known<boolean>): MachineNeeds {
  const { document, machine } = mainDocument(known);
  const { root } = document;
  const devices = childOf(root, 'devices');
  return {
    name: known.name,
    isRunning: known.state !== 'shut-off',
    type: machine.type,
    memoryBytes: machine.memoryBytes,
    hardLimitBytes: bytesIn(childOf(childOf(root, 'memtune'), 'hard_limit')),
    hugePageBytes: hugePageBytesOf(childOf(childOf(root, 'memoryBacking'), 'hugepages')),
    iommu: iommuOf(root),
    wantsUefi: childOf(root, 'os')?.attributes.get('firmware') === 'efi',
    wantsVirtiofs: childrenOf(devices, 'filesystem').some(
      (each) => childOf(each, 'driver')?.attributes.get('type') === 'virtiofs',
    ),
    files: new Map(filesOf(root).map((path) => [path, isThere(path)])),
    devices: machine.devices.flatMap(({ device }) =>
      'address' in device ? [{ address: device.address, isInterface: device.kind === 'interface' }] : [],
    ),
  };
}

function hugePageBytesOf(element: XmlElement | undefined): Known<number> {
  if (element === undefined) return null;
  const page = childOf(element, 'page');
  if (page === undefined) return 0;
  const size = page.attributes.get('size') ?? '';
  const unit = page.attributes.get('unit') ?? 'KiB';
  return bytesIn({ ...page, text: size, attributes: new Map([['unit', unit]]) }) ?? BROKEN;
}

function iommuOf(root: XmlElement): string | null {
  const element = childOf(childOf(root, 'devices'), 'iommu');
  if (element !== undefined) return element.attributes.get('model') ?? 'unknown';
  const words = root.children
    .filter(({ name }) => name.endsWith(':commandline'))
    .flatMap(({ children }) => children.map(({ attributes }) => attributes.get('value') ?? ''));
  return words.some((word) => /^(intel|virtio|amd)-iommu\b/.test(word)) ? 'arguments' : null;
}

/** The files that it names by a path and can't start without. */
function filesOf(root: XmlElement): readonly string[] {
  const devices = childOf(root, 'devices');
  const os = childOf(root, 'os');
  const disks = childrenOf(devices, 'disk').filter(
    // A disk that may be missing, and one that is empty, keep no machine from starting.
    (disk) =>
      disk.attributes.get('type') === 'file' && !childOf(disk, 'source')?.attributes.has('startupPolicy'),
  );
  const paths = [
    childText(devices, 'emulator'),
    ...['loader', 'kernel', 'initrd'].map((name) => childText(os, name)),
    ...disks.map((disk) => childOf(disk, 'source')?.attributes.get('file')),
    ...[...childrenOf(devices, 'hostdev'), ...childrenOf(devices, 'interface')].map((device) =>
      childOf(device, 'rom')?.attributes.get('file'),
    ),
  ];
  return [...new Set(paths.filter((path) => path?.startsWith('/')))] as readonly string[];
}
