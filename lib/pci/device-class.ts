/**
 * The categories of functions in selectors (`class=network`) and listings. The first entry that the class code begins
 * with decides; class codes are those of the PCI Code and ID Assignment Specification. SMBus controllers (0c05) are
 * not input devices, and wireless (0d) is network.
 */
const CATEGORIES = [
  ['0001', 'display'],
  ['01', 'storage'],
  ['02', 'network'],
  ['03', 'display'],
  ['0401', 'audio'],
  ['0403', 'audio'],
  ['04', 'multimedia'],
  ['05', 'memory'],
  ['06', 'bridge'],
  ['07', 'communication'],
  ['08', 'system'],
  ['09', 'input'],
  ['0a', 'dock'],
  ['0b', 'processor'],
  ['0c03', 'usb'],
  ['0c', 'serial'],
  ['0d', 'network'],
  ['10', 'crypto'],
  ['11', 'signal'],
  ['12', 'accelerator'],
  ['40', 'accelerator'],
] as const;

export type DeviceCategory = (typeof CATEGORIES)[number][1] | 'other';

/** Every category, each once. */
export const DEVICE_CATEGORIES: readonly DeviceCategory[] = [
  ...new Set<DeviceCategory>(CATEGORIES.map(([, category]) => category)),
  'other',
];

// A host has few different codes, and a large one thousands of devices.
const categories = new Map<string, DeviceCategory>();

/** The category of a class code of six hex digits (`020000`). */
export function categoryOf(classCode: string): DeviceCategory {
  let category = categories.get(classCode);
  if (category === undefined) {
    category = CATEGORIES.find(([prefix]) => classCode.startsWith(prefix))?.[1] ?? 'other';
    categories.set(classCode, category);
  }
  return category;
}

/** Whether a class code is that of a bridge to another PCI bus (PCI-PCI, CardBus, semi-transparent). */
export function isBusBridge(classCode: string): boolean {
  return /^06(04|07|09)/.test(classCode);
}
