import { isUnknown, knownValue } from '../../base/known.ts';
import { escapeControls, formatSize } from '../../base/text.ts';
import type { Capability } from '../../pci/config/capability-list.ts';
import type { DeviceWith } from '../../pci/device.ts';
import { type IdentityField, identityOf } from '../../pci/identity.ts';
import { factText } from '../layout/facts.ts';

/** The rows of a section about a device, or why there are none. */
export type Rows = readonly (readonly string[])[] | string;

/** The BARs, one row each. */
export function barRows({ bars }: DeviceWith<'bars'>): Rows {
  if (bars === null || isUnknown(bars)) return factText(bars);
  return bars.map(({ index, kind, address, sizeBytes, width, prefetchable }) => [
    String(index),
    kind === 'io' ? 'I/O' : 'memory',
    formatSize(sizeBytes),
    address ?? 'not assigned',
    width === null ? '' : `${width}-bit`,
    prefetchable ? 'prefetchable' : '',
  ]);
}

/** The attachments of a device, one row each. */
export function attachmentRows({ attachments }: DeviceWith<'attachments'>): Rows {
  if (attachments === null) return [];
  if (isUnknown(attachments)) return factText(attachments);
  return attachments.map(({ name, kind, mac, state, serial, sizeBytes }) => [
    escapeControls(name),
    kind,
    [
      ...(mac === null ? [] : [factText(mac)]),
      ...(state === null ? [] : [factText(state)]),
      ...(serial === null ? [] : [`serial ${factText(serial)}`]),
      ...(sizeBytes === null ? [] : [factText(sizeBytes, formatSize)]),
    ].join(', '),
  ]);
}

/** The capabilities in configuration space, one row each. */
export function capabilityRows({ config }: DeviceWith<'config'>): Rows {
  if (config === null || isUnknown(config)) return factText(config);
  const { capabilities, extendedCapabilities } = config;
  if (isUnknown(capabilities)) return factText(capabilities);
  const rows = [...(capabilities ?? []), ...(knownValue(extendedCapabilities) ?? [])].map(capabilityRow);
  return isUnknown(extendedCapabilities)
    ? [...rows, ['', `extended: ${factText(extendedCapabilities)}`]]
    : rows;
}

function capabilityRow({ offset, name, version }: Capability): readonly string[] {
  return [`${offset.toString(16).padStart(2, '0')}`, version === null ? name : `${name} v${version}`];
}

/** The identity of a device. */
export function identityRows(device: DeviceWith<IdentityField | 'lastSeen'>): Rows {
  const { path, id, subsystem, serial, mac, slotLabel } = identityOf(device);
  const seen = Object.values(knownValue(device.lastSeen) ?? {}).filter((mark) => mark !== null);
  const parts = {
    ...{ path, id, subsystem, serial, mac, 'slot label': slotLabel },
    'seen before': seen.length === 0 ? null : seen.join(', '),
  };
  return Object.entries(parts).flatMap(([name, value]) =>
    value === null ? [] : [[name, escapeControls(value)]],
  );
}
