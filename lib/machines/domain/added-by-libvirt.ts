import type { XmlNode } from '../../libvirt/xml/xml-text.ts';
import { isAssigned } from './matched-nodes.ts';

/*
 * The parts that libvirt adds to the definition of a VM or a network, and those that only a person adds.
 */

/** Parts of a domain that libvirt fills in, or that say nothing of the machine. */
const ADDED_SECTIONS: ReadonlySet<string> = new Set([
  ...[
    'name',
    'uuid',
    'metadata',
    'currentMemory',
    'vcpu',
    'resource',
    'os',
    'features',
    'cpu',
    'clock',
    'pm',
  ],
  ...['on_poweroff', 'on_reboot', 'on_crash', 'devices', 'seclabel'],
]);

/** Parts of a network that libvirt fills in; with any other it would be another network, for example one with addresses. */
const ADDED_TO_NETWORK: ReadonlySet<string> = new Set(['name', 'uuid', 'metadata', 'mac']);

/** Devices that every PC has, or that others need. */
const ADDED_DEVICES: ReadonlyMap<string, (device: XmlNode) => boolean> = new Map<
  string,
  (device: XmlNode) => boolean
>([
  ['emulator', () => true],
  ['controller', () => true],
  ['audio', () => true],
  // For more USB devices than the controller has ports.
  ['hub', () => true],
  // The same as the first serial port.
  ['console', () => true],
  ['input', ({ attributes = {} }) => attributes['bus'] === 'ps2'],
  // Part of the chipset of q35; shown by libvirt 9.1 and later.
  ['watchdog', ({ attributes = {} }) => attributes['model'] === 'itco'],
]);

/** Elements that libvirt does not add by itself to those that a definition has: a person did. */
const OF_PERSONS: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['os', new Set(['kernel', 'initrd', 'cmdline', 'dtb', 'smbios', 'bootmenu'])],
  ['features', new Set(['hyperv', 'kvm', 'vmport', 'pae', 'smm', 'hap', 'pmu'])],
  ['cpu', new Set(['topology', 'numa', 'feature', 'cache', 'maxphysaddr'])],
  ['clock', new Set(['timer'])],
  ['memoryBacking', new Set(['hugepages', 'nosharepages', 'locked', 'source', 'access', 'allocation'])],
  ['cputune', new Set(['shares', 'period', 'quota', 'vcpupin', 'emulatorpin', 'vcpusched'])],
  ['disk', new Set(['readonly', 'shareable', 'transient', 'iotune', 'boot', 'encryption', 'blockio'])],
  [
    'interface',
    new Set([
      'link',
      'bandwidth',
      'filterref',
      'boot',
      'vlan',
      'mtu',
      'driver',
      'tune',
      'virtualport',
      'port',
    ]),
  ],
  ['filesystem', new Set(['readonly', 'space_hard_limit', 'space_soft_limit', 'idmap'])],
  ['serial', new Set(['log'])],
  ['rng', new Set(['rate'])],
]);

const ATTRIBUTES_OF_PERSONS: ReadonlyMap<string, readonly string[]> = new Map([
  ['vcpu', ['current', 'cpuset']],
  ['driver', ['cache', 'io', 'error_policy', 'copy_on_read', 'iothread', 'queues', 'iommu', 'ats']],
  ['graphics', ['passwd']],
]);

/** Whether an element that the rendered document does not have is no difference. */
export function isAdded(node: XmlNode, parent: string): boolean {
  if (parent === 'network') return ADDED_TO_NETWORK.has(node.name);
  if (parent === 'domain') return ADDED_SECTIONS.has(node.name);
  if (parent === 'devices') return isAssigned(node) || (ADDED_DEVICES.get(node.name)?.(node) ?? false);
  return OF_PERSONS.get(parent)?.has(node.name) !== true;
}

/** The attributes of an element that are a difference if only the other document has them. */
export function personalAttributes({ name }: XmlNode): readonly string[] {
  return ATTRIBUTES_OF_PERSONS.get(name) ?? [];
}
