import type { XmlNode } from '../../libvirt/xml/xml-text.ts';
import { nodeIn } from './xml-node.ts';

/*
 * Which element of one document is the same thing as one of another: a disk is by its target, a network card by its MAC
 * address. Fragments, the comparison of definitions and changes of them agree on it.
 */

type KeyOf = (node: XmlNode) => string | undefined;

/** Devices that a machine may have several of, by their keys. */
const DEVICE_KEYS: ReadonlyMap<string, KeyOf> = new Map<string, KeyOf>([
  ['disk', within('target', 'dev')],
  ['interface', (node) => within('mac', 'address')(node)?.toLowerCase()],
  ['filesystem', within('target', 'dir')],
  ['controller', ({ attributes = {} }) => joined(attributes['type'], attributes['index'])],
  ['channel', within('target', 'name')],
  ['serial', (node) => within('target', 'port')(node) ?? '0'],
  ['parallel', (node) => within('target', 'port')(node) ?? '0'],
  ['console', (node) => within('target', 'port')(node) ?? '0'],
  ['input', ({ attributes = {} }) => joined(attributes['type'], attributes['bus'])],
  ['graphics', ({ attributes = {} }) => attributes['type']],
  ['audio', ({ attributes = {} }) => attributes['id']],
  ['hostdev', within('alias', 'name')],
]);
/** Devices that a machine has once. */
const SINGLE_DEVICES: ReadonlySet<string> = new Set([
  'emulator',
  'iommu',
  'memballoon',
  'nvram',
  'tpm',
  'vsock',
  'watchdog',
]);
/** Elements outside of devices that may be there several times, by the attribute that they are known by; else by none. */
const OTHER_KEYS: ReadonlyMap<string, string | null> = new Map([
  ['vcpupin', 'vcpu'],
  ['iothreadpin', 'iothread'],
  ['feature', 'name'],
  ['timer', 'name'],
  ['cell', 'id'],
  ['memnode', 'cellid'],
  ['entry', 'name'],
  ['boot', null],
  ['page', null],
  ['seclabel', null],
  ['sysinfo', null],
  ['vcpusched', null],
  ['iothreadsched', null],
  ['cachetune', null],
  ['memorytune', null],
  ['iothread', null],
  ['device', null],
  ['property', null],
  ['bandwidth', null],
  ['arg', null],
  ['env', null],
  ['add', null],
  ['del', null],
]);

/**
 * The key of an element among those beside it; `null` if nothing tells it from others of its name.
 *
 * @param parent the name of the element that it is in
 */
export function keyOf(node: XmlNode, parent: string): string | null {
  const { name } = node;
  if (parent === 'metadata') return null;
  if (parent === 'devices') {
    if (SINGLE_DEVICES.has(name)) return `${name} `;
    const key = DEVICE_KEYS.get(name)?.(node);
    return key === undefined ? null : `${name} ${key}`;
  }
  const local = name.slice(name.indexOf(':') + 1);
  const attribute = OTHER_KEYS.get(local);
  if (attribute === undefined) return `${name} `;
  const value = attribute === null ? undefined : node.attributes?.[attribute];
  return value === undefined ? null : `${name} ${value}`;
}

function within(child: string, attribute: string): KeyOf {
  return (node) => nodeIn(node, child)?.attributes?.[attribute];
}

function joined(...parts: readonly (string | undefined)[]): string | undefined {
  return parts.includes(undefined) ? undefined : parts.join(' ');
}
