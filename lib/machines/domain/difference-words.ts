import { escapeControls } from '../../base/text.ts';
import type { XmlNode } from '../../libvirt/xml/xml-text.ts';
import { formatExactSize } from '../definition/size.ts';
import { nodeIn, textOf } from './xml-node.ts';

/** Parts of a definition whose elements do not name themselves. */
const WORDS: Readonly<Record<string, string>> = {
  type: 'hypervisor',
  currentMemory: 'current memory',
  vcpu: 'virtual CPUs',
  'vcpu current': 'virtual CPUs at start',
  'os kernel': 'kernel',
  'os initrd': 'initramfs',
  'os cmdline': 'kernel arguments',
  'os type machine': 'machine type',
  'os type arch': 'architecture',
  on_poweroff: 'action at power-off',
  on_reboot: 'action at a reboot',
  on_crash: 'action at a crash',
};
const UNITS: Readonly<Record<string, number>> = {
  b: 1,
  bytes: 1,
  k: 2 ** 10,
  KiB: 2 ** 10,
  KB: 1e3,
  M: 2 ** 20,
  MiB: 2 ** 20,
  MB: 1e6,
  G: 2 ** 30,
  GiB: 2 ** 30,
  GB: 1e9,
  T: 2 ** 40,
  TiB: 2 ** 40,
  TB: 1e12,
};

/**
 * The name of a part of a definition: `memory`, `disk www: source file`.
 *
 * @param path the elements from `<domain>` to it
 * @param attribute of the last of them
 */
export function partName(path: readonly XmlNode[], attribute?: string): string {
  const [, section, device, ...below] = path;
  const rest = [...below.map(({ name }) => name), ...(attribute === undefined ? [] : [attribute])].join(' ');
  if (section?.name === 'devices' && device !== undefined) {
    return escapeControls(rest === '' ? deviceName(device) : `${deviceName(device)}: ${rest}`);
  }
  const words = [section?.name, device === undefined ? undefined : nameOf(device), rest]
    .filter((word) => word !== undefined && word !== '')
    .join(' ');
  return escapeControls(WORDS[words] ?? words);
}

/** The size in an element with a unit, in words; `null` if it is not one. */
export function sizeInBytes(node: XmlNode): string | null {
  if (!/^(memory|currentMemory|maxMemory)$/.test(node.name)) return null;
  const text = textOf(node);
  const factor = UNITS[node.attributes?.['unit'] ?? 'KiB'];
  if (!/^\d{1,15}$/.test(text) || factor === undefined) return null;
  return formatExactSize(Number(text) * factor).replace(/(?=[KMGT]iB$)/, ' ');
}

function deviceName(device: XmlNode): string {
  const attribute = (child: string, name: string): string | undefined =>
    nodeIn(device, child)?.attributes?.[name];
  switch (device.name) {
    case 'disk': {
      const serial = nodeIn(device, 'serial');
      return `disk ${(serial && textOf(serial)) || attribute('target', 'dev')}`;
    }
    case 'interface':
      return `network card ${attribute('mac', 'address')}`;
    case 'filesystem':
      return `share ${attribute('target', 'dir')}`;
    case 'channel':
      return `channel ${attribute('target', 'name')}`;
    case 'serial':
      return `serial port ${attribute('target', 'port') ?? '0'}`;
    case 'hostdev':
      return `device of the host ${hostAddress(device)}`.trim();
    case 'controller':
      return `${device.attributes?.['type']} controller ${device.attributes?.['index'] ?? ''}`.trim();
    case 'input':
    case 'graphics':
      return `${device.name} ${device.attributes?.['type']}`;
    default:
      return device.name;
  }
}

function hostAddress(device: XmlNode): string {
  const source = nodeIn(device, 'source');
  const parts = source === undefined ? undefined : nodeIn(source, 'address')?.attributes;
  const part = (name: string): string => parts?.[name]?.replace(/^0x/, '') ?? '';
  return parts?.['slot'] === undefined
    ? ''
    : `${part('domain')}:${part('bus')}:${part('slot')}.${part('function')}`;
}

function nameOf({ name, attributes = {} }: XmlNode): string {
  const key = attributes['name'] ?? attributes['vcpu'];
  return name === 'feature' || name === 'vcpupin' || name === 'timer' ? `${name} ${key ?? ''}`.trim() : name;
}
